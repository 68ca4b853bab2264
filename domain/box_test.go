package domain_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/domain"
	ph "github.com/crux-pinn/crux/placeholder"
)

func draw(t *testing.T, p *domain.Points) *domain.Cloud {
	t.Helper()
	c, err := p.Draw(stream(7))
	if err != nil {
		t.Fatal(err)
	}
	if c.Len() != p.Len() {
		t.Fatalf("drew %d points, Len says %d", c.Len(), p.Len())
	}
	if c.Normals != nil {
		if len(c.Normals) != len(c.X) {
			t.Fatalf("%d normals for %d coordinates", len(c.Normals), len(c.X))
		}
	}
	return c
}

// Faces of a 2×3×4 box have areas 12, 8 and 6 twice each, 52 in total.
func TestBoundaryIsSharedByArea(t *testing.T) {
	x, y, z := ph.Coords3("x", "y", "z")
	b := domain.NewBox(domain.In(x, 0, 2), domain.In(y, 0, 3), domain.In(z, 0, 4))
	if b.Volume() != 24 || b.Surface() != 52 {
		t.Errorf("volume %v, surface %v", b.Volume(), b.Surface())
	}
	c := draw(t, b.Boundary(520))
	count := map[string]int{}
	for i := range c.Len() {
		n := c.Normals[3*i : 3*i+3]
		count[fmt.Sprint(n)]++
		for j, v := range n {
			want := []float64{2, 3, 4}[j] * (1 + v) / 2
			if v != 0 && c.Row(i)[j] != want {
				t.Fatalf("point %v with normal %v is not on its face", c.Row(i), n)
			}
		}
	}
	for n, want := range map[string]int{
		"[-1 0 0]": 120, "[1 0 0]": 120, "[0 -1 0]": 80, "[0 1 0]": 80, "[0 0 -1]": 60, "[0 0 1]": 60,
	} {
		if count[n] != want {
			t.Errorf("face with normal %s has %d points, want %d", n, count[n], want)
		}
	}
	for n := 1; n < 40; n++ {
		if k := b.Boundary(n).Len(); k != n {
			t.Errorf("asked for %d boundary points, Len is %d", n, k)
		}
	}
}

func TestIntervalEnds(t *testing.T) {
	x := ph.NewCoord("x")
	b := domain.NewInterval(x, -1, 1)
	for _, n := range []int{1, 2, 100} {
		c := draw(t, b.Boundary(n))
		if !slices.Equal(c.X, []float64{-1, 1}) || !slices.Equal(c.Normals, []float64{-1, 1}) {
			t.Errorf("Boundary(%d) = %v with normals %v", n, c.X, c.Normals)
		}
	}
	p := b.Face(x, 1, 50)
	if p.Random() || p.Len() != 1 || p.Every(10).Err() != nil {
		t.Errorf("an end: random %v, %d points, %v", p.Random(), p.Len(), p.Every(10).Err())
	}
}

func TestInteriorIsStrictlyInside(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	b := domain.NewBox(domain.In(x, 1, math.Nextafter(1, 2)+1e-15), domain.In(y, -2, 5))
	for _, s := range []domain.Sampler{domain.Sobol{}, domain.Halton{}, domain.Uniform{}, domain.Hammersley{}} {
		p := domain.NewBox(domain.In(x, 0, 1), domain.In(y, -2, 5)).Interior(33).With(s)
		c := draw(t, p)
		for i := range c.Len() {
			if r := c.Row(i); r[0] <= 0 || r[0] >= 1 || r[1] <= -2 || r[1] >= 5 {
				t.Errorf("%T: point %v is not inside", s, r)
			}
		}
	}
	// An axis a few ulps wide still has inner points.
	draw(t, b.Interior(10))
}

func TestFacesAndSections(t *testing.T) {
	tc, x := ph.Coords2("t", "x")
	b := domain.NewBox(domain.In(tc, 0, 1), domain.In(x, -1, 1))
	for _, p := range []*domain.Points{b.Face(tc, 0, 9), b.Sides(x, 9), b.Section(x, 0.5, 9), b.Interior(3), b.Grid(2)} {
		lo, hi := p.Bounds()
		if !slices.Equal(lo, []float64{0, -1}) || !slices.Equal(hi, []float64{1, 1}) {
			t.Errorf("bounds %v %v are not those of the box", lo, hi)
		}
	}
	c := draw(t, b.Face(tc, 0, 9))
	for i := range c.Len() {
		if c.Row(i)[0] != 0 || c.Normals[2*i] != -1 {
			t.Errorf("point %v, normal %v", c.Row(i), c.Normals[2*i:2*i+2])
		}
	}
	if c := draw(t, b.Section(x, 0.5, 4)); c.Normals != nil || c.X[1] != 0.5 {
		t.Errorf("section %v with normals %v", c.X, c.Normals)
	}
	c = draw(t, b.Sides(x, 8))
	left := 0
	for i := range c.Len() {
		if c.Row(i)[1] == -1 {
			left++
		}
	}
	if left != 4 {
		t.Errorf("%d of 8 points on the left side", left)
	}
}

func TestQuadrature(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	b := domain.NewBox(domain.In(x, 0, 2), domain.In(y, -1, 3))
	c := draw(t, b.Quadrature(4, 3))
	sum, vol := 0.0, 0.0
	for i, w := range c.Weights {
		r := c.Row(i)
		sum += w * math.Pow(r[0], 7) * math.Pow(r[1], 5)
		vol += w
	}
	// ∫₀² x⁷ dx = 32, ∫₋₁³ y⁵ dy = 728/6
	if want := 32 * 728.0 / 6; math.Abs(sum-want) > 1e-11*want {
		t.Errorf("∫ x⁷y⁵ = %v, want %v", sum, want)
	}
	if math.Abs(vol-8) > 1e-13 {
		t.Errorf("weights sum to %v", vol)
	}
}

// Every wrong specification is an error that says what to do, at Err and at Draw, and it stays through With, Every and Where.
func TestMistakesAreSticky(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	x2 := ph.NewCoord("x")
	square := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
	all := func([]float64) bool { return true }
	for _, tc := range []struct {
		name string
		p    *domain.Points
		want string
	}{
		{"zero points", square.Interior(0), "ask for at least 1"},
		{"negative points", square.Boundary(-3), "ask for at least 1"},
		{"too many points", square.Interior(math.MaxInt), "at most"},
		{"no axes", domain.NewBox().Interior(1), "no coordinate"},
		{"nil coordinate", domain.NewBox(domain.In(nil, 0, 1)).Interior(1), "nil coordinate"},
		{"bad coordinate", domain.NewBox(domain.In(ph.NewCoord("1x"), 0, 1)).Interior(1), "coordinate name"},
		{"coordinate twice", domain.NewBox(domain.In(x, 0, 1), domain.In(x, 0, 1)).Boundary(1), "given twice"},
		{"name twice", domain.NewBox(domain.In(x, 0, 1), domain.In(x2, 0, 1)).Boundary(1), "two different coordinates"},
		{"reversed", domain.NewInterval(x, 1, 0).Grid(3), "lower bound must be less"},
		{"empty axis", domain.NewInterval(x, 1, 1).Grid(3), "lower bound must be less"},
		{"NaN", domain.NewInterval(x, math.NaN(), 1).Interior(3), "must be finite"},
		{"Inf", domain.NewInterval(x, 0, math.Inf(1)).Interior(3), "must be finite"},
		{"overflow", domain.NewInterval(x, -math.MaxFloat64, math.MaxFloat64).Interior(3), "overflows"},
		{"no such face", square.Face(x, 0.5, 3), "its faces are x = 0 and x = 1"},
		{"NaN face", square.Face(x, math.NaN(), 3), "not a face"},
		{"no such coordinate", square.Sides(x2, 3), "has no coordinate x"},
		{"nil side", square.Sides(nil, 3), "nil coordinate"},
		{"section outside", square.Section(x, 2, 3), "outside"},
		{"grid dimensions", square.GridN(3), "1 numbers of points for 2 axes"},
		{"grid size", square.Grid(1 << 20), "take fewer per axis"},
		{"grid zero", square.Grid(0), "ask for at least 1"},
		{"quadrature zero", square.Quadrature(0), "ask for at least 1"},
		{"nothing satisfies", square.Interior(3).Where(func(p []float64) bool { return p[0] > 2 }), "no point of it satisfies"},
		{"no face satisfies", square.Boundary(3).Where(func(p []float64) bool { return p[0] == 0.5 && p[1] == 0.5 }), "no point of it satisfies"},
		{"no grid point", square.Grid(3).Where(func(p []float64) bool { return p[0] > 2 }), "none of its 9 points"},
		{"nil predicate", square.Interior(3).Where(nil), "pass a predicate"},
		{"nil sampler", square.Interior(3).With(nil), "nil sampler"},
		{"negative interval", square.Interior(3).Every(-1), "positive number of steps"},
		{"same points again", square.Interior(3).With(domain.Sobol{}).Every(10), "draws the same points every time"},
		{"same data again", square.Grid(3).Every(10), "leave Every out"},
	} {
		for _, p := range []*domain.Points{tc.p, tc.p.Every(tc.p.Interval()).Where(all)} {
			if err := p.Err(); err == nil || !strings.Contains(err.Error(), tc.want) || !strings.HasPrefix(err.Error(), "domain: ") {
				t.Errorf("%s: Err is %v, want … %s …", tc.name, err, tc.want)
			}
			if c, err := p.Draw(stream(1)); err == nil || c != nil {
				t.Errorf("%s: Draw gave %v, %v", tc.name, c, err)
			}
		}
	}
	if _, err := square.Interior(3).Draw(nil); err == nil || !strings.Contains(err.Error(), "pass a *rand.Rand") {
		t.Errorf("drawing without random numbers: %v", err)
	}
	var none *domain.Points
	if none.Err() == nil || none.Len() != 0 {
		t.Error("a nil point set is no error")
	}
}

func TestWhere(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	square := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
	inner := square.Interior(500).Where(func(p []float64) bool { return p[0]+p[1] < 0.5 })
	if c := draw(t, inner); c.Len() != 500 {
		t.Errorf("%d points", c.Len())
	}
	// Of the bottom face a third is left, of the left face all: 100 and 300 of 400 points, uniformly.
	part := square.Boundary(400).Where(func(p []float64) bool { return p[0] == 0 || p[1] == 0 && p[0] < 1.0/3 })
	c := draw(t, part)
	bottom, mean := 0, 0.0
	for i := range c.Len() {
		if r := c.Row(i); c.Normals[2*i+1] == -1 {
			bottom++
			mean += r[0]
		}
	}
	if bottom != 100 || math.Abs(mean/100-1.0/6) > 2e-3 {
		t.Errorf("%d points at the bottom with mean x %v", bottom, mean/float64(bottom))
	}
	if p := square.Grid(11).Where(func(p []float64) bool { return p[0] == 0 }); p.Len() != 11 {
		t.Errorf("%d grid points at x = 0", p.Len())
	}
}

// Points are immutable, and what Draw returns belongs to the caller.
func TestPointsAreImmutable(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	square := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
	p := square.Interior(16)
	q := p.With(domain.Halton{}).Every(5)
	if p.Interval() != 0 || !p.Random() || q.Random() {
		t.Error("With or Every changed the original")
	}
	a, b := draw(t, p), draw(t, p)
	if !slices.Equal(a.X, b.X) {
		t.Error("the same stream gave different points")
	}
	c, _ := p.Draw(stream(8))
	if slices.Equal(a.X, c.X) {
		t.Error("another stream gave the same points")
	}
	g := square.Grid(2)
	draw(t, g).X[0] = 99
	if draw(t, g).X[0] != 0 {
		t.Error("changing a cloud changed the specification")
	}
	lo, _ := g.Bounds()
	lo[0] = 7
	if again, _ := g.Bounds(); again[0] != 0 {
		t.Error("changing the bounds changed the specification")
	}
}

func ExampleBox() {
	t, x := ph.Coords2("t", "x")
	strip := domain.NewBox(domain.In(t, 0, 1), domain.In(x, -1, 1))
	inside := strip.Interior(4000).Every(100)
	initial := strip.Face(t, 0, 100)
	walls := strip.Sides(x, 100)
	fmt.Println(strip)
	fmt.Println(inside.Len(), initial.Len(), walls.Len(), inside.Interval())
	// Output:
	// box [0, 1]×[-1, 1] in (t, x)
	// 4000 100 100 100
}

func ExampleBox_Grid() {
	x, y := ph.Coords2("x", "y")
	c, err := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 2)).Grid(2).Draw(nil)
	fmt.Println(c.X, err)
	// Output: [0 0 0 2 1 0 1 2] <nil>
}

func ExampleBox_Quadrature() {
	x := ph.NewCoord("x")
	c, _ := domain.NewInterval(x, 0, 1).Quadrature(3).Draw(nil)
	sum := 0.0
	for i, w := range c.Weights {
		sum += w * math.Exp(c.X[i])
	}
	fmt.Printf("%.5f, exactly %.5f\n", sum, math.E-1)
	// Output: 1.71828, exactly 1.71828
}

// A thin part along a coordinate has its points at once, inside and on the boundary, of boxes and of shapes at all times; for a coordinate
// that is no parameter of a shape Between is Where.
func TestBetween(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	c := ph.NewCoord("t")
	box := domain.NewBox(domain.In(x, 0, 4), domain.In(y, 0, 4), domain.In(c, 0, 1))
	line := domain.NewBox(domain.In(x, 0, 4), domain.In(c, 0, 1))
	disk := domain.Cross(domain.NewDisk(x, y, 0, 0, 1), domain.In(c, 0, 1))
	for name, k := range map[string]struct {
		on     *domain.Points
		of     *ph.Coord
		lo, hi float64
	}{
		"box":              {box.Interior(40000), c, 1e-6, 3e-6},
		"its boundary":     {box.Boundary(40000), c, 1e-6, 3e-6},
		"curves":           {line.Boundary(4000), c, 1e-6, 3e-6},
		"a shape":          {disk.Interior(40000), c, 1e-6, 3e-6},
		"its edge":         {disk.Boundary(40000), c, 1e-6, 3e-6},
		"across the shape": {disk.Interior(4000), x, 0.2, 0.4},
	} {
		cloud, err := k.on.Between(k.of, k.lo, k.hi, false).Draw(stream(7))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		at := slices.Index(cloud.Coords, k.of)
		mean, n := 0.0, cloud.Len()
		for i := range n {
			v := cloud.Row(i)[at]
			if !(v >= k.lo && v <= k.hi) {
				t.Fatalf("%s: a point at %v", name, v)
			}
			mean += (v - k.lo) / (k.hi - k.lo) / float64(n)
		}
		if want := k.on.Len(); n != want || math.Abs(mean-0.5) > 0.02 {
			t.Errorf("%s: %d points of %d, their mean at %v of the part", name, n, want, mean)
		}
	}
	for _, p := range []*domain.Points{box.Interior(5).Between(ph.NewCoord("z"), 0, 1, false), box.Interior(5).Between(c, 1, 0, false), box.Interior(5).Between(c, 2, 3, false)} {
		if p.Err() == nil {
			t.Error("no error")
		}
	}
}

// Points of a part are as dense in all pieces of it, also where a piece is wider at one end of the axis.
func TestBetweenIsUniform(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	apart := domain.NewBox(domain.In(x, 0, 2), domain.In(y, 3, 4))
	bitten := domain.Difference(domain.NewBox(domain.In(x, 0, 2), domain.In(y, -1, 1)), domain.NewDisk(x, y, 2, 0, 0.9))
	in := func(c *domain.Cloud) (n int) {
		for i := range c.Len() {
			if c.Row(i)[1] > 2 {
				n++
			}
		}
		return n
	}
	both := domain.Union(bitten, apart).Interior(30000)
	for _, to := range []float64{1, 2} { // of areas 2 and 1, then of 2 − 0.405π and 1
		part := both.Between(x, to-1, to, true)
		cut := []float64{0, 0.405 * math.Pi}[int(to)-1]
		if got, want := float64(in(draw(t, part)))/30000, 1/(3-cut); math.Abs(got-want) > 0.01 {
			t.Errorf("up to %v: %v of the points lie in the box, want %v", to, got, want)
		}
		area := 0.0
		for _, p := range part.Patches() {
			area += p.Measure
		}
		if math.Abs(area-(3-cut)) > 0.02 {
			t.Errorf("up to %v: an area of %v, want %v", to, area, 3-cut)
		}
	}
}

func ExamplePoints_Between() {
	x, t := ph.NewCoord("x"), ph.NewCoord("t")
	bar := domain.NewBox(domain.In(x, 0, 1), domain.In(t, 0, 10))
	first := bar.Interior(100).Between(t, 0, 0.001, true)
	cloud, err := first.Draw(stream(7))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(cloud.Len(), cloud.Row(0)[1] <= 0.001)
	// Output: 100 true
}

func ExamplePoints_Part() {
	x := ph.NewCoord("x")
	line := domain.NewInterval(x, 0, 1).Interior(10)
	left := line.Where(func(p []float64) bool { return p[0] < 0.5 }).Part()
	fmt.Println(left([]float64{0.2}), left([]float64{0.7}), line.Part() == nil)
	// Output: true false true
}

func ExamplePoints_Where() {
	x, y := ph.Coords2("x", "y")
	square := domain.NewBox(domain.In(x, -1, 1), domain.In(y, 0, 1))
	left := square.Boundary(30).Where(func(p []float64) bool { return p[0] < 0 })
	fmt.Println(left.Len(), left.Err())
	none := square.Boundary(30).Where(func(p []float64) bool { return p[0] > 1 })
	fmt.Println(none.Err())
	// Output:
	// 30 <nil>
	// domain: boundary of box [-1, 1]×[0, 1] in (x, y): no point of it satisfies the predicate of Where; parts smaller than about 1/2048 of it are not seen, so give such a part bounds of its own
}
