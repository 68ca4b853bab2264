package trackers_test

import (
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers"
)

// Of conditions that say different things of one face the residuals stay; of one that is not trained yet they do not.
func TestErrorStays(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	box := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
	for _, c := range []struct {
		other float64 // the second value at x = 0, beside 1
		least float64 // of what stays
		most  float64
	}{{1, 0, 0.1}, {0.9, 0.8, 1.2}, {-1, 0.8, 1.2}} {
		u := ph.NewField("u", net.MLP{Hidden: []int{10, 10}}, x, y)
		s := trained(t, crux.Problem{Constraints: []crux.Constraint{
			{Name: "pde", Residual: ph.Laplacian(u, x, y), On: box.Interior(300)},
			{Name: "a", Residual: u.Shift(-1), On: box.Face(x, 0, 100)},
			{Name: "b", Residual: u.Shift(-c.other), On: box.Face(x, 0, 100)},
			{Name: "c", Residual: u, On: box.Face(x, 1, 100)},
		}}, crux.Options{Seed: 1, Method: &optim.LevenbergMarquardt{}}, 3)
		for _, r := range estimated(t, s, &trackers.Error{}).Residuals {
			switch {
			case r.Name != "a" && r.Name != "b":
				if len(r.Beside) > 0 {
					t.Errorf("%s is said to be beside %v", r.Name, r.Beside)
				}
			case len(r.Beside) != 1 || !(r.Stays >= c.least && r.Stays <= c.most):
				t.Errorf("1 and %g: %.3g of %s stays, want %g to %g; beside it are %v", c.other, r.Stays, r.Name, c.least, c.most, r.Beside)
			}
		}
	}
}
