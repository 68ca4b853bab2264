package exact_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/domain/exact"
	"github.com/crux-pinn/crux/internal/pointwise"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// step is a block of 2×1×2 without its upper half at x > 1: a solid with sides that no plane parts from it.
func step(x, y, z *ph.Coord) *domain.Shape {
	var list [][3][3]float64
	side := func(points ...[3]float64) { // a fan around the first
		for i := 2; i < len(points); i++ {
			list = append(list, [3][3]float64{points[0], points[i-1], points[i]})
		}
	}
	outline := [][2]float64{{1, 1}, {1, 2}, {0, 2}, {0, 0}, {2, 0}, {2, 1}} // counter-clockwise in x and z, a star from the first
	at := func(y float64, list ...[2]float64) (out [][3]float64) {
		for _, p := range list {
			out = append(out, [3]float64{p[0], y, p[1]})
		}
		return out
	}
	front := at(0, outline...)
	back := at(1, outline...)
	side(front...)
	slices.Reverse(back[1:])
	side(back...)
	for i, p := range outline {
		q := outline[(i+1)%len(outline)]
		side([3]float64{p[0], 0, p[1]}, [3]float64{p[0], 1, p[1]}, [3]float64{q[0], 1, q[1]}, [3]float64{q[0], 0, q[1]})
	}
	return domain.NewPolyhedron(x, y, z, domain.Facets{Triangles: list})
}

// Values on flat sides that have the whole solid on one side are built in, on others they are trained, and each says why.
func TestFlatSides(t *testing.T) {
	x, y, z := ph.Coords3("x", "y", "z")
	s := step(x, y, z)
	if s.Err() != nil || math.Abs(s.Volume()-3) > 1e-12 {
		t.Fatal(s.Err(), s.Volume())
	}
	u := ph.NewField("u", net.MLP{Hidden: []int{4}}, x, y, z)
	inner := s.Boundary(1).Where(func(p []float64) bool { return math.Abs(p[2]-1) < 1e-9 })
	built := exact.Hard{Domain: s, Conditions: []exact.Condition{
		{Name: "floor", Residual: u.Sub(x.Mul(y)), On: s.Face(z, 0, 1)},
		{Name: "top", Residual: u.Shift(-3), On: s.Face(z, 2, 1)},
		{Name: "tread", Residual: u, On: inner},
		{Name: "flux", Residual: u.D(x), On: s.Face(x, 0, 1)},
	}}.Apply(u)
	if built.Expr.Err() != nil {
		t.Fatal(built.Expr.Err())
	}
	if !slices.Equal(built.Built, []string{"floor", "top"}) {
		t.Errorf("built in %q, kept %v", built.Built, built.Kept)
	}
	for name, want := range map[string]string{"tread": "no distance function is known of *domain.Polyhedron", "flux": "slow to build in"} {
		if i := slices.IndexFunc(built.Kept, func(k exact.Kept) bool { return k.Name == name }); i < 0 || !strings.Contains(built.Kept[i].Why, want) {
			t.Errorf("%s: kept %v", name, built.Kept)
		}
	}
	// with any function in place of the network
	free := ph.Replace(built.Expr, func(e ph.Expr) ph.Expr {
		if e == ph.Expr(u) {
			return ph.Sin(x.Scale(3).Add(y)).Add(z.Pow(2))
		}
		return nil
	})
	value := func(p ...float64) float64 {
		v := []float64{0}
		pointwise.Function(free, []*ph.Coord{x, y, z})(v, p)
		return v[0]
	}
	if v := value(1.3, 0.7, 0); math.Abs(v-1.3*0.7) > 1e-12 {
		t.Errorf("floor: %v", v)
	}
	if v := value(0.3, 0.7, 2); math.Abs(v-3) > 1e-12 {
		t.Errorf("top: %v", v)
	}
	if a, b := value(1.5, 0.5, 1), value(1.2, 0.1, 1); math.Abs(a-b) < 1e-3 {
		t.Errorf("tread: %v and %v", a, b)
	}
}

// A convex solid has all values built in.
func TestConvexSolid(t *testing.T) {
	x, y, z := ph.Coords3("x", "y", "z")
	a, b, c, d := [3]float64{0, 0, 0}, [3]float64{1, 0, 0}, [3]float64{0, 1, 0}, [3]float64{0, 0, 1}
	s := domain.NewPolyhedron(x, y, z, domain.Facets{Triangles: [][3][3]float64{{a, c, b}, {a, b, d}, {a, d, c}, {b, c, d}}})
	u := ph.NewField("u", net.MLP{Hidden: []int{4}}, x, y, z)
	built := exact.Hard{Domain: s, Conditions: []exact.Condition{{Name: "bc", Residual: u.Sub(x), On: s.Boundary(1)}}}.Apply(u)
	if built.Expr.Err() != nil || len(built.Built) != 1 {
		t.Fatal(built.Expr.Err(), built.Kept)
	}
}

// Outlines of straight edges and circles have values built in on all of them, as the polygons and disks that they are; others on their flat sides.
func TestOutlines(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	type e = domain.Edge
	plate := []e{
		{From: [2]float64{0, 0}, To: [2]float64{2, 0}, Name: "base"},
		{From: [2]float64{2, 0}, To: [2]float64{2, 1}},
		{From: [2]float64{2, 1}, To: [2]float64{1, 1}},
		{From: [2]float64{1, 1}, To: [2]float64{1, 2}},
		{From: [2]float64{1, 2}, To: [2]float64{0, 2}},
		{From: [2]float64{0, 2}, To: [2]float64{0, 0}},
		{From: [2]float64{0.3, 0.5}, To: [2]float64{0.7, 0.5}, Bulge: 1, Name: "hole"},
		{From: [2]float64{0.7, 0.5}, To: [2]float64{0.3, 0.5}, Bulge: 1, Name: "hole"},
	}
	bent := slices.Clone(plate)
	bent[2].Bulge = 0.2
	u := ph.NewField("u", net.MLP{Hidden: []int{4}}, x, y)
	for _, tc := range []struct {
		edges []e
		built []string
		why   string
	}{
		{plate, []string{"hole", "base"}, ""},
		{bent, []string{"base"}, "arcs that are no whole circles"},
	} {
		s := domain.NewOutline(x, y, tc.edges...)
		got := exact.Hard{Domain: s, Conditions: []exact.Condition{
			{Name: "hole", Residual: u.Shift(-1), On: s.Part("hole", 1)},
			{Name: "base", Residual: u, On: s.Part("base", 1)},
		}}.Apply(u)
		if got.Expr.Err() != nil || !slices.Equal(got.Built, tc.built) {
			t.Errorf("%v, built %q, kept %v", got.Expr.Err(), got.Built, got.Kept)
		}
		if tc.why != "" && (len(got.Kept) != 1 || !strings.Contains(got.Kept[0].Why, tc.why)) {
			t.Errorf("kept %v", got.Kept)
		}
	}
}
