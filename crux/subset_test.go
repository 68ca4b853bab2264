package crux_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Constraints are found as what they are, with a scale and without a name, and as the run itself shows them.
func TestSubset(t *testing.T) {
	x := ph.NewCoord("x")
	line := domain.NewInterval(x, 0, 1)
	u := ph.NewField("u", net.MLP{Hidden: []int{4}}, x)
	inside, ends := line.Interior(9), line.Boundary(2)
	pde := crux.Constraint{Name: "pde", Residual: u.D(x, x), On: inside, Scale: 3, Weight: 2}
	value := crux.Constraint{Residual: u, On: ends}
	slope := crux.Constraint{Residual: u.D(x), On: ends}
	s := newSolver(t, crux.Problem{Constraints: []crux.Constraint{pde, value, slope}}, crux.Options{})
	pde.Weight = 0 // a weight says nothing about which it is
	solve(t, s, 1, &hook{begin: func(r *crux.Run) error {
		for _, c := range []struct {
			names []string
			of    []crux.Constraint
			want  []int
		}{
			{nil, nil, []int{0, 1, 2}},
			{[]string{"2", "pde"}, nil, []int{2, 0}},
			{nil, []crux.Constraint{slope, pde}, []int{2, 0}},
			{nil, []crux.Constraint{r.Constraint(1), r.Constraint(0)}, []int{1, 0}},
			{[]string{}, nil, nil},
			{nil, []crux.Constraint{}, nil},
			{[]string{"1", "1"}, nil, nil},
			{nil, []crux.Constraint{slope, slope}, nil},
			{nil, []crux.Constraint{{Residual: u, On: inside}}, nil},
			{nil, []crux.Constraint{{Name: "1", Residual: u, On: ends}}, nil},
			{nil, []crux.Constraint{{}}, nil},
			{[]string{"pde"}, []crux.Constraint{value}, nil},
		} {
			at, err := r.Subset(c.names, c.of)
			if !slices.Equal(at, c.want) || (err == nil) != (c.want != nil) {
				t.Errorf("%q, %d constraints: %v (%v), want %v", c.names, len(c.of), at, err, c.want)
			}
		}
		return nil
	}})
}

func ExampleRun_Subset() {
	x := ph.NewCoord("x")
	u := ph.NewField("u", net.MLP{Hidden: []int{4}}, x)
	line := domain.NewInterval(x, 0, 1)
	pde, bc := crux.Constraint{Residual: u.D(x), On: line.Interior(9)}, crux.Constraint{Residual: u, On: line.Boundary(2)}
	s, err := crux.New(crux.Problem{Constraints: []crux.Constraint{pde, bc}}, crux.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	look := &hook{begin: func(r *crux.Run) error {
		fmt.Println(r.Subset([]string{"1"}, nil))
		fmt.Println(r.Subset(nil, []crux.Constraint{bc}))
		fmt.Println(r.Subset(nil, []crux.Constraint{bc, bc}))
		return nil
	}}
	if err := s.Measure(context.Background(), look); err != nil {
		fmt.Println(err)
	}
	// Output:
	// [1] <nil>
	// [1] <nil>
	// [] crux: constraint "1" is listed twice; name each once
}
