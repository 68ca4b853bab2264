package domain_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/domain"
	ph "github.com/crux-pinn/crux/placeholder"
)

// ellipse is a geometry of somebody else, to show that four methods are enough.
type ellipse struct {
	x, y *ph.Coord
	a, b float64
}

func (e ellipse) Coords() []*ph.Coord { return []*ph.Coord{e.x, e.y} }
func (e ellipse) Bounds() (lo, hi []float64) {
	return []float64{-e.a, -e.b}, []float64{e.a, e.b}
}
func (e ellipse) Distance(p []float64) float64 { return math.Hypot(p[0]/e.a, p[1]/e.b) - 1 }

// Patches parametrises by angle and keeps a point with probability proportional to the arc length per angle, so that what
// is kept is uniform in arc length.
func (e ellipse) Patches() []domain.Patch {
	return []domain.Patch{{Params: 2, Measure: 9.688448220547675, At: func(u, p, n []float64) bool {
		sin, cos := math.Sincos(2 * math.Pi * u[0])
		p[0], p[1] = e.a*cos, e.b*sin
		n[0], n[1] = cos/e.a, sin/e.b
		norm := math.Hypot(n[0], n[1])
		n[0], n[1] = n[0]/norm, n[1]/norm
		return u[1]*max(e.a, e.b) < math.Hypot(e.a*sin, e.b*cos)
	}}}
}

func TestGeometryOfOnesOwn(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	e := ellipse{x, y, 2, 1}
	s := domain.NewShape(e)
	if v := s.Volume(); math.Abs(v-2*math.Pi) > 2e-2 {
		t.Errorf("area %v, want 2π", v)
	}
	half := domain.Difference(e, rect(x, y, -3, 0, -3, 3))
	// Half the ellipse's perimeter 4a E(1−b²/a²) = 9.68845 and the cut of length 2.
	if p := half.Surface(); math.Abs(p-9.688448220547675/2-2) > 2e-2 {
		t.Errorf("perimeter %v", p)
	}
	draw(t, half.Boundary(100))
	draw(t, domain.Cross(e, domain.In(ph.NewCoord("t"), 0, 1)).Boundary(100))
}

// broken is a geometry that answers nonsense; it must give errors, not panics.
type broken struct {
	ellipse
	lo, hi  []float64
	patches []domain.Patch
}

func (b broken) Bounds() (lo, hi []float64) { return b.lo, b.hi }
func (b broken) Patches() []domain.Patch    { return b.patches }

func TestBrokenGeometry(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	e := ellipse{x, y, 2, 1}
	lo, hi := e.Bounds()
	for _, g := range []broken{
		{e, nil, hi, e.Patches()},
		{e, lo, hi[:1], e.Patches()},
		{e, hi, lo, e.Patches()},
		{e, lo, []float64{math.NaN(), 1}, e.Patches()},
		{e, lo, hi, []domain.Patch{{Params: 1, Measure: 1}}},
		{e, lo, hi, []domain.Patch{{Params: -1, Measure: 1, At: e.Patches()[0].At}}},
		{e, lo, hi, []domain.Patch{{Params: 2, Measure: math.NaN(), At: e.Patches()[0].At}}},
		{ellipse{x, nil, 1, 1}, lo, hi, nil},
	} {
		if domain.NewShape(g).Err() == nil {
			t.Errorf("no error for %+v", g)
		}
		_ = domain.Union(g, g).Err()
	}
	if p := domain.NewShape(broken{e, lo, hi, nil}).Boundary(5); p.Err() == nil {
		t.Error("no error for a boundary without patches")
	}
	never := broken{e, lo, hi, []domain.Patch{{Params: 1, Measure: 1, At: func(_, _, _ []float64) bool { return false }}}}
	if _, err := domain.NewShape(never).Boundary(5).Draw(stream(1)); err == nil {
		t.Error("no error for a boundary that cannot be hit")
	}
}

// wild is a sampler that breaks its promises.
type wild []float64

func (w wild) Sample(*rand.Rand, int, int) ([]float64, error) { return w, nil }
func (wild) Random() bool                                     { return false }

func TestSamplersThatBreakTheirPromises(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	b := rect(x, y, 0, 1, 0, 1)
	for want, s := range map[string]wild{"returned 1 numbers": {0.5}, "must lie in [0, 1)": {0.5, 1}, "NaN": {math.NaN(), 0.5}} {
		if _, err := b.Interior(1).With(s).Draw(nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want … %s …", err, want)
		}
	}
}

func TestCountAndEnds(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	b := rect(x, y, 0, 0.3, 0, 1)
	p := b.Boundary(10).Count(26)
	if n := draw(t, p).Len(); n != 26 {
		t.Errorf("%d points", n)
	}
	if p.Count(0).Err() == nil || b.Grid(3).Count(4).Err() == nil {
		t.Error("no error for a count that cannot be")
	}
	f := b.Face(x, 0.1+0.2, 5) // 0.30000000000000004
	if c := draw(t, f); c.X[0] != 0.3 {
		t.Errorf("the face lies at %v", c.X[0])
	}
	if f.String() == "" || b.Interior(0).String() == "" {
		t.Error("no description")
	}
}

func BenchmarkDrawBox(b *testing.B) {
	x, y := ph.Coords2("x", "y")
	p, rng := rect(x, y, 0, 1, 0, 1).Interior(100_000), stream(1)
	for b.Loop() {
		_, _ = p.Draw(rng)
	}
}

func BenchmarkDrawL(b *testing.B) {
	x, y := ph.Coords2("x", "y")
	l := domain.Difference(rect(x, y, -1, 1, -1, 1), rect(x, y, 0, 1, -1, 0))
	p, rng := l.Interior(100_000), stream(1)
	for b.Loop() {
		_, _ = p.Draw(rng)
	}
}
