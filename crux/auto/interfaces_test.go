package auto_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/crux/auto"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

func below(a ph.Expr, v float64) ph.Expr { return ph.Compare(a, ph.Less, ph.Const(v)) }

// layered is −(k u')' = 0 on [0, 1] with k = 1 and 10, u(0) = 0 and u(1) = 1.
func layered(x *ph.Coord, line *domain.Box, u *ph.Field, k ph.Expr) []crux.Constraint {
	return []crux.Constraint{
		{Name: "pde", Residual: k.Mul(u.D(x)).D(x).Neg(), On: line.Interior(0)},
		{Name: "left", Residual: u, On: line.Face(x, 0, 0)},
		{Name: "right", Residual: u.Shift(-1), On: line.Face(x, 1, 0)},
	}
}

// What holds where materials meet, against closed forms: the flux is F where 1 = F/(2·1) + F/(2·10) + R·F without a jump and a source.
func TestLayers(t *testing.T) {
	if testing.Short() {
		t.Skip("trains")
	}
	for _, c := range []struct {
		name     string
		between  []auto.Interface
		at       map[float64]float64
		accuracy float64
	}{
		{"value and flux", nil, map[float64]float64{0.25: 5. / 11, 0.75: 1 - 0.5/11}, 1e-8},
		{
			"a contact resistance",
			[]auto.Interface{{Between: [2]string{"steel", "air"}, Resistance: ph.Const(0.2)}},
			map[float64]float64{0.25: 0.25 / 0.75, 0.5 - 1e-9: 0.5 / 0.75, 0.5 + 1e-9: 0.7 / 0.75, 0.75: 1 - 0.025/0.75},
			1e-6,
		},
		{
			"the same from the other side",
			[]auto.Interface{{Between: [2]string{"air", "steel"}, Resistance: ph.Const(0.2)}},
			map[float64]float64{0.25: 0.25 / 0.75, 0.75: 1 - 0.025/0.75},
			1e-6,
		},
		{
			"a jump",
			[]auto.Interface{{Between: [2]string{"steel", "air"}, Jump: ph.Const(0.5)}},
			map[float64]float64{0.25: 0.25 * 0.5 / 0.55, 0.75: 1 - 0.025*0.5/0.55},
			1e-6,
		},
		{"a source", []auto.Interface{{Between: [2]string{"steel", "air"}, Source: ph.Const(2)}}, // F₁ − F₂ = 2, F₁/2 + F₂/20 = 1
			map[float64]float64{0.25: 0.25 * 2, 0.75: 1}, 1e-6},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := ph.NewCoord("x")
			line := domain.NewInterval(x, 0, 1)
			u := ph.NewField("u", net.MLP{Hidden: []int{8, 8}}, x)
			list := []auto.Material{{Name: "steel", Where: below(x, 0.5)}, {Name: "air"}}
			k := auto.Property(list, ph.Const(1), ph.Const(10))
			s, err := auto.New(auto.Problem{Domain: line, Constraints: layered(x, line, u, k), Materials: list, Interfaces: c.between}, crux.Options{Seed: 1})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close() //nolint:errcheck // it only ends workers
			if _, err := s.Solve(t.Context(), 340); err != nil {
				t.Fatal(err)
			}
			for at, want := range c.at {
				v, err := s.Eval(u, domain.At([]*ph.Coord{x}, []float64{at}))
				if err != nil || math.Abs(v.At(0, 0)-want) > c.accuracy {
					t.Errorf("u(%v) = %v, want %v; %v", at, v, want, err)
				}
			}
		})
	}
}

// Materials and interfaces become inputs of networks, or networks, and conditions.
func TestInterfaces(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	square := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
	u := ph.NewField("u", net.MLP{Hidden: []int{4}}, x, y)
	two := []auto.Material{{Name: "core", Where: domain.Inside(domain.NewDisk(x, y, 0.5, 0.5, 0.2))}, {Name: "rest"}}
	var strips []auto.Material
	for i := range 5 {
		strips = append(strips, auto.Material{Name: string(rune('a' + i)), Where: below(x, float64(i+1)/5).Mul(ph.Compare(x, ph.GreaterEqual, ph.Const(float64(i)/5)))})
	}
	var one []ph.Expr
	for i := range 5 {
		one = append(one, ph.Const(float64(i+1)))
	}
	flux := func(k ph.Expr) ph.Expr { return k.Mul(ph.NormalDerivative(u, x, y)) }
	k2, k5 := auto.Property(two, ph.Const(1), ph.Const(2)), auto.Property(strips, one...)
	for _, c := range []struct {
		name      string
		residual  ph.Expr
		materials []auto.Material
		between   []auto.Interface
		want      string // names of conditions; or of the error
	}{
		{"by itself", ph.Divergence(k2.Mul(ph.Gradient(u, x, y)), x, y), nil, nil, "pde.flux"},
		{"materials", ph.Divergence(k2.Mul(ph.Gradient(u, x, y)), x, y), two, nil, "pde.flux"},
		{"nothing jumps", ph.Laplacian(u, x, y), two, nil, ""},
		{"a source that jumps", ph.Laplacian(u, x, y).Add(k2), two, nil, ""},
		{"no divergence", k2.Mul(ph.Laplacian(u, x, y)), two, nil, "leaves open what flows"},
		{"a flux that is named", k2.Mul(ph.Laplacian(u, x, y)), two, []auto.Interface{{Flux: flux(k2)}}, "pde.flux"},
		{
			"a resistance", ph.Divergence(k2.Mul(ph.Gradient(u, x, y)), x, y), two,
			[]auto.Interface{{Between: [2]string{"core", "rest"}, Resistance: ph.Const(1)}},
			"pde.core_rest_flux pde.core_rest_value",
		},
		{"a network each", ph.Divergence(k5.Mul(ph.Gradient(u, x, y)), x, y), strips, nil, "pde.flux pde.value"},
		{
			"one of several", ph.Divergence(k5.Mul(ph.Gradient(u, x, y)), x, y), strips,
			[]auto.Interface{{Between: [2]string{"a", "b"}, Jump: ph.Const(1)}},
			"pde.flux pde.a_b_flux pde.a_b_value pde.value",
		},
		{
			"not neighbours", ph.Divergence(k5.Mul(ph.Gradient(u, x, y)), x, y), strips,
			[]auto.Interface{{Between: [2]string{"a", "c"}, Jump: ph.Const(1)}},
			"interface of a and c: they do not touch",
		},
		{"no such material", ph.Laplacian(u, x, y), two, []auto.Interface{{Between: [2]string{"core", "air"}, Jump: ph.Const(1)}}, `there is no material "air"`},
		{"two rests", ph.Laplacian(u, x, y), []auto.Material{{Name: "a"}, {Name: "b"}}, nil, "only the last material"},
		{"a gap", ph.Laplacian(u, x, y), strips[:4], nil, "lies in no material"},
		{"an overlap", ph.Laplacian(u, x, y), []auto.Material{{Name: "a", Where: below(x, 0.6)}, {Name: "b", Where: below(ph.Const(0).Sub(x), -0.5)}}, nil, "lies in a, too"},
		{"outside", ph.Laplacian(u, x, y), []auto.Material{{Name: "a", Where: below(x, -1)}, {Name: "b"}}, nil, "material a: none of"},
		{"not of coordinates", ph.Laplacian(u, x, y), []auto.Material{{Name: "a", Where: below(u, 1)}, {Name: "b"}}, nil, "one condition on the coordinates"},
	} {
		choice, err := auto.Choose(auto.Problem{Domain: square, Materials: c.materials, Interfaces: c.between, Constraints: []crux.Constraint{
			{Name: "pde", Residual: c.residual, On: square.Interior(0)}, {Name: "bc", Residual: u, On: square.Boundary(0)},
		}}, crux.Options{})
		if err != nil {
			if c.want == "" || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		if got := strings.Join(choice.Interfaces, " "); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		s, err := crux.New(choice.Problem, choice.Options)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		s.Close() //nolint:errcheck // it only ends workers
	}
}

// Where each material has a network, there are as many points as these have parameters together, and more on boundaries and interfaces.
func TestPointsOfMaterials(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	square := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
	u := ph.NewField("u", net.MLP{Hidden: []int{20, 20}}, x, y) // 501 parameters
	var strips []auto.Material
	var k []ph.Expr
	for i := range 6 {
		strips = append(strips, auto.Material{Name: string(rune('a' + i)), Where: below(x, float64(i+1)/6).Mul(ph.Compare(x, ph.GreaterEqual, ph.Const(float64(i)/6)))})
		k = append(k, ph.Const(float64(i+1)))
	}
	strips[5].Where = nil
	choice, err := auto.Choose(auto.Problem{Domain: square, Materials: strips, Constraints: []crux.Constraint{
		{Name: "pde", Residual: ph.Divergence(auto.Property(strips, k...).Mul(ph.Gradient(u, x, y)), x, y), On: square.Interior(0)},
		{Name: "bc", Residual: u, On: square.Boundary(0)},
	}}, crux.Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, c := range choice.Problem.Constraints {
		got[c.Name] = c.On.Len()
	}
	if want := 6 * 501; got["pde"] != want || got["bc"] != 346 || got["pde.flux"] != 866 || got["pde.value"] != 866 {
		t.Errorf("points %v, want %d for the equation", got, want)
	}
}

// A kink of the initial values where materials meet is one of the solution at all times, not one that diffuses.
func TestKinkOfInitialValues(t *testing.T) {
	x, now := ph.Coords2("x", "t")
	rod := domain.NewBox(domain.In(x, 0, 1), domain.In(now, 0, 1))
	u := ph.NewField("u", net.MLP{Hidden: []int{4}}, x, now)
	for _, at := range []float64{0.5, 0.25} {
		start := ph.Where(below(x, at), x, ph.Const(at*1.1).Sub(x.Scale(0.1)))
		choice, err := auto.Choose(auto.Problem{Domain: rod, Constraints: []crux.Constraint{
			{Name: "pde", Residual: u.D(now).Sub(ph.Where(below(x, 0.5), ph.Const(1), ph.Const(10)).Mul(u.D(x)).D(x)), On: rod.Interior(0)},
			{Name: "ic", Residual: u.Sub(start), On: rod.Face(now, 0, 0)},
		}}, crux.Options{})
		if err != nil {
			t.Fatal(err)
		}
		spread := slices.ContainsFunc(choice.Decisions, func(d auto.Decision) bool { return strings.Contains(d.What, "spread") })
		if spread != (at != 0.5) {
			t.Errorf("kink at %v: %v", at, choice.Decisions)
		}
	}
}

func TestMaterialErrorIs(t *testing.T) {
	x := ph.NewCoord("x")
	line := domain.NewInterval(x, 0, 1)
	u := ph.NewField("u", net.MLP{Hidden: []int{4}}, x)
	_, err := auto.Choose(auto.Problem{Domain: line, Materials: []auto.Material{{Name: "a"}, {Name: "b"}}, Constraints: []crux.Constraint{
		{Residual: u.D(x), On: line.Interior(0)},
	}}, crux.Options{})
	var bad *auto.MaterialError
	if !errors.As(err, &bad) || bad.Material != "a" {
		t.Errorf("%v", err)
	}
	if auto.Property(nil, x).Err() == nil {
		t.Error("a property without a material")
	}
}

// Steel and air side by side: the flux is the same in both.
func ExampleMaterial() {
	x := ph.NewCoord("x")
	line := domain.NewInterval(x, 0, 1)
	u := ph.NewField("u", net.MLP{Hidden: []int{10}}, x)
	materials := []auto.Material{{Name: "steel", Where: ph.Compare(x, ph.Less, ph.Const(0.5))}, {Name: "air"}}
	k := auto.Property(materials, ph.Const(45), ph.Const(0.03))
	choice, err := auto.Choose(auto.Problem{
		Domain: line, Materials: materials,
		Interfaces: []auto.Interface{{Between: [2]string{"steel", "air"}, Resistance: ph.Const(1e-3)}},
		Constraints: []crux.Constraint{
			{Name: "heat", Residual: k.Mul(u.D(x)).D(x), On: line.Interior(0)},
			{Name: "left", Residual: u.Shift(-20), On: line.Face(x, 0, 0)},
			{Name: "right", Residual: u.Shift(-300), On: line.Face(x, 1, 0)},
		},
	}, crux.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, d := range choice.Decisions[:4] {
		fmt.Println(d.What)
	}
	// Output:
	// heat.steel_air_flux: what flows in flows out
	// heat.steel_air_value: the value jumps as is said
	// left: exact, built into u
	// right: exact, built into u
}
