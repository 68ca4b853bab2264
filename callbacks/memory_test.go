package callbacks_test

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
)

// steps notes parameters, gradients and points at every step.
type steps struct{ theta, grad, x [][]float64 }

func (s *steps) OnSolveBegin(context.Context, *crux.Run) error { return nil }

func (s *steps) OnStep(_ context.Context, st *crux.Step) error {
	s.theta = append(s.theta, st.Theta())
	s.grad = append(s.grad, append([]float64(nil), st.Grad...))
	s.x = append(s.x, st.Run.Points(0).X)
	return nil
}

// A quasi-Newton method knows more than the gradient after the points have changed: the first step on new points is not along
// the gradient, as the first step of all is.
func TestResamplingKeepsCurvature(t *testing.T) {
	for name, m := range map[string]func() optim.Method{
		"lbfgs":     func() optim.Method { return &optim.LBFGS{} },
		"ssbroyden": func() optim.Method { return &optim.SSBroyden{} },
		"ssbfgs":    func() optim.Method { return &optim.SSBroyden{BFGS: true} },
	} {
		for how, c := range map[string]crux.Callback{
			"rad": &callbacks.RAD{Interval: 10, K: 1, C: 1}, "rar_d": &callbacks.RARD{Interval: 10, Add: 20}, "r3": &callbacks.R3{Interval: 10}, "every": nil,
		} {
			x, y := ph.Coords2("x", "y")
			box := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
			u := ph.NewField("u", net.MLP{Hidden: []int{8}}, x, y)
			inside := box.Interior(60)
			watch := &steps{}
			cs := []crux.Callback{c, watch}
			if c == nil {
				inside, cs = inside.Every(11), cs[1:]
			}
			solver, err := crux.New(crux.Problem{Constraints: []crux.Constraint{
				{Name: "pde", Residual: ph.Laplacian(u, x, y).Add(ph.Sin(x.Scale(math.Pi))), On: inside},
				{Name: "bc", Residual: u, On: box.Boundary(40)},
			}}, crux.Options{Method: m()})
			if err != nil {
				t.Fatal(err)
			}
			_, err = solver.Solve(context.Background(), 13, cs...)
			solver.Close() //nolint:errcheck
			if err != nil {
				t.Fatal(err)
			}
			along := func(e int) float64 {
				d := make([]float64, len(watch.theta[e]))
				floats.SubTo(d, watch.theta[e], watch.theta[e+1])
				return floats.Dot(d, watch.grad[e]) / floats.Norm(d, 2) / floats.Norm(watch.grad[e], 2)
			}
			if floats.Equal(watch.x[10], watch.x[11]) || !floats.Equal(watch.x[9], watch.x[10]) {
				t.Fatalf("%s, %s: the points did not change at step 11", name, how)
			}
			if a := along(0); a < 1-1e-9 {
				t.Errorf("%s, %s: the first step has the cosine %v with the gradient", name, how, a)
			}
			if a := along(11); a > 0.9 {
				t.Errorf("%s, %s: the first step on new points has the cosine %v with the gradient: what was known is forgotten", name, how, a)
			}
		}
	}
}
