package auto_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/crux/auto"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// A coefficient that neither data nor equations determine is taken to be smooth, and nothing else is.
func TestPriors(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	small := net.MLP{Hidden: []int{6}}
	u, v, k := ph.NewField("u", small, x, y), ph.NewField("v", small, x, y), ph.NewField("k", small, x)
	box := domain.NewBox(domain.In(x, 0, 2), domain.In(y, 0, 1))
	var at, values []float64
	for i := range 20 {
		at, values = append(at, float64(i)/10, float64(i*i%7)/7), append(values, float64(i))
	}
	data := domain.FromData([]*ph.Coord{x, y}, at, map[string][]float64{"u": values, "k": values})
	flow := crux.Constraint{Name: "flow", Residual: k.Mul(u.D(x)).D(x).Add(u.D(y, y)), On: box.Interior(0)}
	second := crux.Constraint{Name: "second", Residual: k.D(x).Sub(k), On: box.Interior(0)}
	seen := crux.Constraint{Name: "seen", Residual: u.Sub(data.Column("u")), On: data}
	known := crux.Constraint{Name: "known", Residual: k.Sub(data.Column("k")), On: data}
	taken := crux.Constraint{Name: "smooth_k", Residual: u, On: box.Face(y, 0, 10)}
	for _, c := range []struct {
		name string
		list []crux.Constraint
		p    auto.Problem
		want []string
	}{
		{"a coefficient", []crux.Constraint{flow, seen}, auto.Problem{}, []string{"smooth_k"}},
		{"a coefficient, and a constraint of the name", []crux.Constraint{flow, seen, taken}, auto.Problem{}, []string{"smooth_k_2"}},
		{"two functions that are open", []crux.Constraint{
			{Name: "flow", Residual: flow.Residual.Add(v), On: box.Interior(0)}, seen,
		}, auto.Problem{}, []string{"smooth_k", "smooth_v"}},
		{"as many equations", []crux.Constraint{flow, second, seen}, auto.Problem{}, nil},
		{"it is measured", []crux.Constraint{flow, seen, known}, auto.Problem{}, nil},
		{"no data", []crux.Constraint{flow, taken}, auto.Problem{}, nil},
		{"not wanted", []crux.Constraint{flow, seen}, auto.Problem{NoPrior: true}, nil},
	} {
		c.p.Domain, c.p.Constraints = box, c.list
		got, err := auto.Choose(c.p, crux.Options{})
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(got.Priors)
		if !slices.Equal(got.Priors, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got.Priors, c.want)
		}
	}
}

// What a file would say by smooth: auto, in Go.
func ExampleChoose_smooth() {
	x := ph.NewCoord("x")
	rod := domain.NewInterval(x, 0, 1)
	u, k := ph.NewField("u", net.MLP{Hidden: []int{8}}, x), ph.NewField("k", net.MLP{Hidden: []int{8}}, x)
	data := domain.FromData([]*ph.Coord{x}, []float64{0.2, 0.5, 0.8}, map[string][]float64{"u": {0.6, 1, 0.5}})
	choice, err := auto.Choose(auto.Problem{Domain: rod, Constraints: []crux.Constraint{
		{Name: "heat", Residual: k.Mul(u.D(x)).D(x).Shift(1), On: rod.Interior(0)},
		{Name: "cold", Residual: u, On: rod.Boundary(0)},
		{Name: "measured", Residual: u.Sub(data.Column("u")), On: data},
	}}, crux.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	last := choice.Decisions[len(choice.Decisions)-1]
	fmt.Println(choice.Priors)
	fmt.Println(last.What + ": " + last.Why)
	// Output:
	// [smooth_k]
	// k is as smooth as data allow, if they turn out to be noisy: no data measure it, and equations alone leave it open
}
