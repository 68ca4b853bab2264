package exact_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/domain/exact"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Fluxes through curved and straight sides, by one-sided differences of the function that is built, at random points of the boundary.
func TestHardSideFluxes(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	square := domain.NewBox(domain.In(x, -1, 1), domain.In(y, -1, 1))
	holes := domain.Difference(square, domain.NewDisk(x, y, 0.4, 0.4, 0.2), domain.NewDisk(x, y, -0.4, 0.1, 0.3))
	ring := domain.Difference(domain.NewDisk(x, y, 0, 0, 1), domain.NewDisk(x, y, 0, 0, 0.5))
	lens := domain.Difference(domain.NewDisk(x, y, 0, 0, 1), domain.NewBox(domain.In(x, -0.3, 0.3), domain.In(y, -0.2, 0.2)))
	triangle := domain.NewPolygon(x, y, [2]float64{-1, -1}, [2]float64{1, -1}, [2]float64{0, 1})
	edge := func(p []float64) bool { return math.Abs(p[0]) > 1-1e-9 || math.Abs(p[1]) > 1-1e-9 }
	hole := func(p []float64) bool { return !edge(p) }
	within := func(r float64) func(p []float64) bool {
		return func(p []float64) bool { return math.Hypot(p[0], p[1]) < r }
	}
	beyond := func(r float64) func(p []float64) bool {
		return func(p []float64) bool { return math.Hypot(p[0], p[1]) > r }
	}
	truth := ph.Sin(x.Scale(1.3).Add(y.Scale(0.7))).Add(x.Mul(y))
	dn := func(v ph.Expr) ph.Expr { return ph.NormalDerivative(v, x, y) }
	tip := [][2]float64{{-1, -1}, {1, -1}, {0, 1}}
	for _, c := range []struct {
		name  string
		shape *domain.Shape
		value func(p []float64) bool // nil for nowhere
		flux  func(p []float64) bool
		form  func(v ph.Expr) ph.Expr
		kept  string

		corners [][2]float64
	}{
		{"holes", holes, edge, hole, dn, "", nil},
		{"Robin", holes, edge, hole, func(v ph.Expr) ph.Expr { return dn(v).Scale(2).Add(v.Mul(x.Shift(3))) }, "", nil},
		{"coefficient that varies", holes, edge, hole, func(v ph.Expr) ph.Expr { return dn(v).Mul(ph.Exp(x)).Add(v) }, "", nil},
		{"outside of a ring", ring, within(0.7), beyond(0.7), dn, "", nil},
		{"inside of a ring", ring, beyond(0.7), within(0.7), dn, "", nil},
		{"whole boundary", ring, nil, beyond(0), dn, "", nil},
		{"clamped", ring, beyond(0), beyond(0), dn, "", nil},
		{"square hole", lens, beyond(0.9), within(0.9), dn, "", [][2]float64{{-0.3, -0.2}, {0.3, -0.2}, {0.3, 0.2}, {-0.3, 0.2}}},
		{"triangle", triangle, func(p []float64) bool { return p[1] < -1+1e-9 }, func(p []float64) bool { return p[1] > -1+1e-9 }, dn, "", tip},
		{"along x on a straight side", triangle, func(p []float64) bool { return p[1] < -1+1e-9 }, func(p []float64) bool { return p[1] > -1+1e-9 && p[0] > 0 }, func(v ph.Expr) ph.Expr { return v.D(x).Add(v) }, "", tip},
		{"along x on a curve", ring, within(0.7), beyond(0.7), func(v ph.Expr) ph.Expr { return v.D(x) }, "its derivative is not along the normal", nil},
		{"tangential", ring, within(0.7), beyond(0.7), func(v ph.Expr) ph.Expr { return ph.Normal(x).Mul(v.D(y)).Sub(ph.Normal(y).Mul(v.D(x))) }, "its derivative is not along the normal", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			u := ph.NewField("u", small, x, y)
			conditions := []exact.Condition{{Name: "flux", Residual: c.form(u).Sub(c.form(truth)), On: c.shape.Boundary(10).Where(c.flux)}}
			if c.value != nil {
				conditions = append([]exact.Condition{{Name: "value", Residual: u.Sub(truth), On: c.shape.Boundary(10).Where(c.value)}}, conditions...)
			}
			got := exact.Hard{Domain: c.shape, Conditions: conditions, All: true}.Apply(u)
			if got.Expr.Err() != nil {
				t.Fatal(got.Expr.Err())
			}
			if c.kept != "" {
				if len(got.Kept) != 1 || !strings.Contains(got.Kept[0].Why, c.kept) {
					t.Errorf("kept %v", got.Kept)
				}
				return
			}
			if len(got.Kept) > 0 {
				t.Fatalf("kept %v", got.Kept)
			}
			value := valuer(t, u, []*ph.Coord{x, y}, []float64{-1, -1}, []float64{1, 1})
			rng := rand.New(rand.NewPCG(9, 10))
			cloud, err := c.shape.Boundary(10).Where(c.flux).Draw(rng)
			if err != nil {
				t.Fatal(err)
			}
			// The residual is affine in u and its slope: with numbers for both it is the form of a linear function.
			off := got.Expr.Sub(truth)
			for i := range cloud.Len() {
				p, n := cloud.Row(i), cloud.Normals[2*i:2*i+2]
				if slices.ContainsFunc(c.corners, func(q [2]float64) bool { return math.Hypot(p[0]-q[0], p[1]-q[1]) < 0.05 }) {
					continue // differences are poor where the second derivative is infinite
				}
				const h = 1e-4
				at := func(k float64) float64 { return value(off, []float64{p[0] - k*h*n[0], p[1] - k*h*n[1]}) }
				slope := (25*at(0) - 48*at(1) + 36*at(2) - 16*at(3) + 3*at(4)) / (12 * h) // fourth order, from inside
				tangent := 0.0
				for s, w := range map[float64]float64{-2: 1, -1: -8, 1: 8, 2: -1} {
					q := []float64{p[0] - s*h*n[1], p[1] + s*h*n[0]}
					tangent += w / (12 * h) * value(off, q)
				}
				plane := ph.Const(at(0)).
					Add(x.Shift(-p[0]).Scale(slope*n[0] - tangent*n[1])).
					Add(y.Shift(-p[1]).Scale(slope*n[1] + tangent*n[0]))
				normals := func(e ph.Expr) ph.Expr {
					return ph.Replace(e, func(e ph.Expr) ph.Expr {
						if e.Op() != ph.OpNormal {
							return nil
						}
						return ph.Const(map[*ph.Coord]float64{x: n[0], y: n[1]}[e.Attr().(*ph.Coord)])
					})
				}
				if r := value(normals(c.form(plane)), p); !(math.Abs(r) < 1e-7) {
					t.Errorf("off by %g at %v", r, p)
				}
			}
			inside, err := c.shape.Interior(30).Draw(rng)
			if err != nil {
				t.Fatal(err)
			}
			for i := range inside.Len() {
				if l := value(ph.Laplacian(got.Expr, x, y), inside.Row(i)); math.IsNaN(l) || math.IsInf(l, 0) {
					t.Errorf("Laplacian %v at %v", l, inside.Row(i))
				}
			}
		})
	}
}

// At all times of a cylinder, with a start that agrees, and only when asked for or where there is a value.
func TestHardSideFluxesInTime(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	tt := ph.NewCoord("t")
	disk := domain.NewDisk(x, y, 0.2, 0, 0.5)
	slab := domain.Cross(disk, domain.In(tt, 0, 2))
	u := ph.NewField("u", small, x, y, tt)
	q := x.Shift(-0.2).Pow(2).Add(y.Pow(2))
	truth := q.Sub(q.Pow(2).Scale(2)).Mul(ph.Exp(tt.Neg())) // its slope at r = 1/2 is 2r − 8r³ = 0
	dn := ph.NormalDerivative(u, x, y)
	start := exact.Condition{Name: "start", Residual: u.Sub(truth.At(tt, 0)), On: slab.Face(tt, 0, 5)}
	wall := exact.Condition{Name: "wall", Residual: dn, On: slab.Boundary(5)}
	edge := exact.Condition{Name: "edge", Residual: u.Sub(truth), On: slab.Boundary(5)}
	for _, c := range []struct {
		conditions  []exact.Condition
		fluxes      bool
		built, kept string
	}{
		{[]exact.Condition{start, wall}, true, "start wall", ""},
		{[]exact.Condition{wall, start}, true, "wall start", ""},
		{[]exact.Condition{start, wall}, false, "start", "slow to build in"},
		{[]exact.Condition{start, edge, wall}, false, "start edge wall", ""},
		{[]exact.Condition{wall, start, edge}, false, "start edge wall", ""},
		{[]exact.Condition{start, wall, wall}, true, "start wall", "has a derivative already"},
		{[]exact.Condition{{Name: "rate", Residual: u.D(tt), On: slab.Boundary(5)}}, true, "", "not along the normal"},
		{[]exact.Condition{{Name: "product", Residual: u.Mul(dn), On: slab.Boundary(5)}}, true, "", "not a combination"},
		{[]exact.Condition{{Name: "nothing", Residual: u.Sub(u), On: slab.Boundary(5)}}, true, "", "drops out"},
	} {
		got := exact.Hard{Domain: slab, Conditions: c.conditions, All: c.fluxes}.Apply(u)
		if got.Expr.Err() != nil || strings.Join(got.Built, " ") != c.built {
			t.Errorf("%v: built %v, want %s", got.Expr.Err(), got.Built, c.built)
		}
		if (len(got.Kept) == 0) != (c.kept == "") || c.kept != "" && !strings.Contains(got.Kept[0].Why, c.kept) {
			t.Errorf("kept %v, want %q", got.Kept, c.kept)
		}
		if !strings.Contains(c.built, "wall") {
			continue
		}
		value := valuer(t, u, []*ph.Coord{x, y, tt}, []float64{-0.3, -0.5, 0}, []float64{0.7, 0.5, 2})
		rng := rand.New(rand.NewPCG(11, 12))
		for range 20 {
			phi, s := 2*math.Pi*rng.Float64(), 2*rng.Float64()
			n := [2]float64{math.Cos(phi), math.Sin(phi)}
			at := func(r float64) float64 { return value(got.Expr, []float64{0.2 + r*n[0], r * n[1], s}) }
			const h = 1e-3
			if slope := (at(0.5-2*h) - 8*at(0.5-h) + 8*at(0.5+h) - at(0.5+2*h)) / (12 * h); math.Abs(slope) > 1e-8 {
				t.Errorf("%s: the flux is %g", c.built, slope)
			}
			p := []float64{0.2 + 0.4*n[0], 0.4 * n[1], 0}
			if off := value(got.Expr.Sub(truth), p); math.Abs(off) > 1e-14 {
				t.Errorf("%s: the start is off by %g", c.built, off)
			}
		}
	}
}

// In three dimensions, and where the region is a union, whose function needs to be normalised.
func TestHardSideFluxesElsewhere(t *testing.T) {
	x, y, z := ph.Coords3("x", "y", "z")
	space := []*ph.Coord{x, y, z}
	shell := domain.Difference(domain.NewBall(space, []float64{0, 0, 0}, 1), domain.NewBall(space, []float64{0.1, 0, 0}, 0.4))
	union := domain.Union(domain.NewDisk(x, y, -0.3, 0, 0.6), domain.NewDisk(x, y, 0.3, 0, 0.5))
	for _, c := range []struct {
		shape  *domain.Shape
		coords []*ph.Coord
		smooth func(p []float64) bool
	}{
		{shell, space, func([]float64) bool { return true }},
		{union, space[:2], func(p []float64) bool { return math.Abs(p[0]-0.11/1.2) > 0.1 }}, // away from where the circles cross
	} {
		u := ph.NewField("u", small, c.coords...)
		g := ph.Exp(x).Mul(y.Shift(2))
		got := exact.Hard{Domain: c.shape, All: true, Conditions: []exact.Condition{
			{Name: "flux", Residual: ph.NormalDerivative(u, c.coords...).Sub(g), On: c.shape.Boundary(10)},
		}}.Apply(u)
		if len(got.Built) != 1 {
			t.Fatalf("kept %v", got.Kept)
		}
		value := valuer(t, u, c.coords, []float64{-1, -1, -1}[:len(c.coords)], []float64{1, 1, 1}[:len(c.coords)])
		cloud, err := c.shape.Boundary(40).Draw(rand.New(rand.NewPCG(13, 14)))
		if err != nil {
			t.Fatal(err)
		}
		d := len(c.coords)
		for i := range cloud.Len() {
			p, n := cloud.Row(i), cloud.Normals[d*i:d*i+d]
			if !c.smooth(p) {
				continue
			}
			const h = 1e-4
			at := func(k float64) float64 {
				q := make([]float64, d)
				for j := range q {
					q[j] = p[j] - k*h*n[j]
				}
				return value(got.Expr, q)
			}
			slope := (25*at(0) - 48*at(1) + 36*at(2) - 16*at(3) + 3*at(4)) / (12 * h)
			if off := slope - value(g, p); math.Abs(off) > 1e-7 {
				t.Errorf("%s: off by %g at %v", c.shape, off, p)
			}
		}
	}
}
