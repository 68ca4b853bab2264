package exact_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/domain/exact"
	"github.com/crux-pinn/crux/internal/pointwise"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// valuer evaluates an expression with the initial parameters of a field.
func valuer(t testing.TB, f *ph.Field, coords []*ph.Coord, lo, hi []float64) func(e ph.Expr, x []float64) float64 {
	t.Helper()
	at := pointwise.Point{Params: map[*ph.Param][]float64{}, Bounds: map[*ph.Coord][2]float64{}}
	rng := rand.New(rand.NewPCG(1, 2))
	for _, p := range f.Parameters() {
		v := make([]float64, p.Size())
		p.Initialize(rng, v)
		for i := range v { // also biases, and not too small
			v[i] += 0.3 * rng.NormFloat64()
		}
		at.Params[p] = v
	}
	for i, c := range coords {
		at.Bounds[c] = [2]float64{lo[i], hi[i]}
	}
	return func(e ph.Expr, x []float64) float64 {
		at.Coords = map[*ph.Coord]float64{}
		for i, c := range coords {
			at.Coords[c] = x[i]
		}
		v, err := pointwise.Eval(e, at)
		if err != nil {
			t.Fatal(err)
		}
		return v[0]
	}
}

var small = net.MLP{Hidden: []int{5, 5}}

// A random smooth function of all coordinates gives the data on a random choice of faces of a random box: its values, its
// fluxes, Robin's combination of both. They agree in corners because they come from one function.
func TestHardBoxes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := rapid.IntRange(1, 3).Draw(rt, "dimensions")
		var coords []*ph.Coord
		var axes []domain.Axis
		var lo, hi []float64
		truth := ph.Const(rapid.Float64Range(-1, 1).Draw(rt, "phase"))
		for i := range d {
			c := ph.NewCoord([]string{"x", "y", "t"}[i])
			a := rapid.Float64Range(-2, 2).Draw(rt, "lo")
			b := a + rapid.Float64Range(0.1, 4).Draw(rt, "length")
			coords, axes, lo, hi = append(coords, c), append(axes, domain.In(c, a, b)), append(lo, a), append(hi, b)
			truth = truth.Add(c.Scale(rapid.Float64Range(-2, 2).Draw(rt, "frequency")))
		}
		truth = ph.Sin(truth).Add(ph.Cos(truth.Scale(0.7)))
		box := domain.NewBox(axes...)
		u := ph.NewField("u", small, coords...)
		var conditions []exact.Condition
		var forms []func(v ph.Expr) ph.Expr
		var at []struct{ axis, side int }
		for i, c := range coords {
			for side := range 2 {
				kind := rapid.IntRange(0, 4).Draw(rt, "kind")
				end := [2]float64{lo[i], hi[i]}[side]
				add := func(name string, form func(v ph.Expr) ph.Expr) {
					conditions = append(conditions, exact.Condition{Name: name, Residual: form(u).Sub(form(truth)), On: box.Face(c, end, 3)})
					forms = append(forms, func(v ph.Expr) ph.Expr { return form(v).Sub(form(truth)) })
					at = append(at, struct{ axis, side int }{i, side})
				}
				if kind == 1 || kind == 4 {
					add("value", func(v ph.Expr) ph.Expr { return v.Scale(2) })
				}
				if kind == 2 || kind == 4 {
					add("flux", func(v ph.Expr) ph.Expr { return v.D(c).Scale(-0.5) })
				}
				if kind == 3 {
					add("robin", func(v ph.Expr) ph.Expr { return v.Scale(1.5).Add(v.D(c)) })
				}
			}
		}
		got := exact.Hard{Domain: box, Conditions: conditions}.Apply(u)
		if got.Expr.Err() != nil {
			rt.Fatal(got.Expr.Err())
		}
		if len(got.Kept) > 0 {
			rt.Fatalf("kept %v", got.Kept)
		}
		value := valuer(t, u, coords, lo, hi)
		for k, form := range forms {
			e := form(got.Expr)
			for n := range 3 {
				x := make([]float64, d)
				for i := range x {
					x[i] = rapid.Float64Range(lo[i], hi[i]).Draw(rt, "point")
					if n == 2 || i == at[k].axis { // corners too
						x[i] = [2]float64{lo[i], hi[i]}[(n+i)%2]
					}
				}
				x[at[k].axis] = [2]float64{lo[at[k].axis], hi[at[k].axis]}[at[k].side]
				size := 10 / (hi[at[k].axis] - lo[at[k].axis]) // of slopes
				tol := 4e-14                                   // of numbers up to 4
				if conditions[k].Name != "value" {
					tol *= max(1, size)
				}
				if v := value(e, x); math.Abs(v) > tol {
					rt.Errorf("%s at %v: off by %g", conditions[k].Name, x, v)
				}
			}
		}
		// It is no constant: the network still matters inside, unless it cannot.
		x := make([]float64, d)
		for i := range x {
			x[i] = lo[i] + 0.37*(hi[i]-lo[i])
		}
		other := valuer(t, u, coords, lo, hi)
		if g := other(got.Expr, x); math.IsNaN(g) || math.IsInf(g, 0) {
			rt.Errorf("inside it is %v", g)
		}
	})
}

// The wave's conditions: u and u_t at t = 0, u at both ends; derivatives against finite differences.
func TestHardWave(t *testing.T) {
	tt, x := ph.Coords2("t", "x")
	box := domain.NewBox(domain.In(tt, 0, 2), domain.In(x, 0, 1))
	u := ph.NewField("u", small, tt, x)
	g, h := ph.Sin(x.Scale(math.Pi)), ph.Sin(x.Scale(2*math.Pi)).Scale(3)
	got := exact.Hard{Domain: box, Conditions: []exact.Condition{
		{Name: "ic", Residual: u.Sub(g), On: box.Face(tt, 0, 1)},
		{Name: "velocity", Residual: u.D(tt).Sub(h), On: box.Face(tt, 0, 1)},
		{Name: "bc", Residual: u, On: box.Sides(x, 1)},
		{Name: "pde", Residual: u.D(tt, tt).Sub(u.D(x, x)), On: box.Interior(10)},
	}}.Apply(u)
	if strings.Join(got.Built, " ") != "ic velocity bc" || len(got.Kept) != 1 || got.Kept[0].Name != "pde" {
		t.Fatalf("built %v, kept %v", got.Built, got.Kept)
	}
	e := got.Expr
	value := valuer(t, u, []*ph.Coord{tt, x}, []float64{0, 0}, []float64{2, 1})
	rng := rand.New(rand.NewPCG(3, 4))
	for i := range 50 {
		p := rng.Float64()
		if i < 2 {
			p = float64(i)
		}
		for name, off := range map[string]float64{
			"u(0)":    value(e, []float64{0, p}) - math.Sin(math.Pi*p),
			"u_t(0)":  value(e.D(tt), []float64{0, p}) - 3*math.Sin(2*math.Pi*p),
			"u(x=0)":  value(e, []float64{2 * p, 0}),
			"u(x=1)":  value(e, []float64{2 * p, 1}),
			"u_tt(0)": value(e.D(tt, tt), []float64{2 * p, 0}),
		} {
			if math.Abs(off) > 1e-14 {
				t.Errorf("%s off by %g at %v", name, off, p)
			}
		}
	}
	const step = 1e-4
	for range 20 {
		p := []float64{0.1 + 1.8*rng.Float64(), 0.1 + 0.8*rng.Float64()}
		for j, c := range []*ph.Coord{tt, x} {
			at := func(s float64) float64 {
				q := []float64{p[0], p[1]}
				q[j] += s
				return value(e, q)
			}
			// central differences of fourth order: their error is about step⁴·u⁽⁵⁾/30, rounding 1e-12
			d1 := (at(-2*step) - 8*at(-step) + 8*at(step) - at(2*step)) / (12 * step)
			d2 := (-at(-2*step) + 16*at(-step) - 30*at(0) + 16*at(step) - at(2*step)) / (12 * step * step)
			if got := value(e.D(c), p); math.Abs(got-d1) > 1e-9*(1+math.Abs(d1)) {
				t.Errorf("∂/∂%s at %v: %v, by differences %v", c.Name(), p, got, d1)
			}
			if got := value(e.D(c, c), p); math.Abs(got-d2) > 1e-5*(1+math.Abs(d2)) {
				t.Errorf("∂²/∂%s² at %v: %v, by differences %v", c.Name(), p, got, d2)
			}
		}
	}
}

// Shapes: values on random boundary points, and what is left to the network inside.
func TestHardShapes(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	tt := ph.NewCoord("t")
	square := domain.NewBox(domain.In(x, -1, 1), domain.In(y, -1, 1))
	lshape := domain.NewPolygon(x, y, [2]float64{-1, -1}, [2]float64{0, -1}, [2]float64{0, 0}, [2]float64{1, 0}, [2]float64{1, 1}, [2]float64{-1, 1})
	star := domain.NewPolygon(x, y, [2]float64{-1, -1}, [2]float64{0, -0.5}, [2]float64{0.5, -1}, [2]float64{0.7, -0.4}, [2]float64{1, 1}, [2]float64{0.2, 0.3}, [2]float64{-0.2, 0.8}, [2]float64{-0.1, 0}, [2]float64{-0.9, 0.1})
	cshape := domain.NewPolygon(x, y, [2]float64{1, -1}, [2]float64{1, -0.5}, [2]float64{0, -0.5}, [2]float64{0, 0.5}, [2]float64{1, 0.5}, [2]float64{1, 1}, [2]float64{-1, 1}, [2]float64{-1, -1})
	disk := domain.NewDisk(x, y, 0.3, -0.2, 0.7)
	for _, c := range []struct {
		name  string
		shape *domain.Shape
	}{
		{"disk", disk},
		{"L", lshape},
		{"star", star},
		{"C", cshape},
		{"L from boxes", domain.Difference(square, domain.NewBox(domain.In(x, 0, 2), domain.In(y, -2, 0)))},
		{"holes", domain.Difference(square, domain.NewDisk(x, y, 0.4, 0.4, 0.2), domain.NewDisk(x, y, -0.4, 0.1, 0.3))},
		{"square hole", domain.Difference(square, domain.NewBox(domain.In(x, -0.2, 0.3), domain.In(y, -0.5, 0.1)))},
		{"union", domain.Union(domain.NewDisk(x, y, 0, 0, 0.8), domain.NewBox(domain.In(x, -1, 1), domain.In(y, -0.3, 0.3)))},
		{"lens", domain.Intersection(domain.NewDisk(x, y, -0.3, 0, 0.8), domain.NewDisk(x, y, 0.3, 0, 0.8))},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.shape.Err() != nil {
				t.Fatal(c.shape.Err())
			}
			u := ph.NewField("u", small, x, y)
			g := ph.Exp(x).Mul(ph.Cos(y))
			got := exact.Hard{Domain: c.shape, Conditions: []exact.Condition{{Name: "bc", Residual: u.Sub(g), On: c.shape.Boundary(10)}}}.Apply(u)
			if len(got.Built) != 1 || got.Expr.Err() != nil {
				t.Fatalf("%v, kept %v", got.Expr.Err(), got.Kept)
			}
			value := valuer(t, u, []*ph.Coord{x, y}, []float64{-1, -1}, []float64{1, 1})
			rng := rand.New(rand.NewPCG(5, 6))
			cloud, err := c.shape.Boundary(400).Draw(rng)
			if err != nil {
				t.Fatal(err)
			}
			for i := range cloud.Len() {
				p := cloud.Row(i)
				if off := value(got.Expr.Sub(g), p); math.Abs(off) > 1e-12 {
					t.Errorf("off by %g at %v", off, p)
				}
				// first order zeros: the network decides about the normal derivative
				n := cloud.Normals[2*i : 2*i+2]
				in := []float64{p[0] - 1e-6*n[0], p[1] - 1e-6*n[1]}
				if c.shape.Distance(in) < -0.9e-6 {
					if slope := math.Abs(value(got.Expr.Sub(g).Div(u), in)) / 1e-6; !(slope > 1e-5 && slope < 50) {
						t.Errorf("the factor of the network has slope %g at %v", slope, p)
					}
				}
			}
			inside, err := c.shape.Interior(200).Draw(rng)
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
	t.Run("different values, and time", func(t *testing.T) {
		hole := domain.NewDisk(x, y, 0.4, 0.4, 0.2)
		slab := domain.Cross(domain.Difference(square, hole), domain.In(tt, 0, 1))
		near := func(p []float64) bool { return math.Hypot(p[0]-0.4, p[1]-0.4) < 0.3 }
		far := func(p []float64) bool { return !near(p) }
		u := ph.NewField("u", small, x, y, tt)
		start := ph.Sin(x.Scale(math.Pi)).Mul(ph.Sin(y.Scale(math.Pi)))
		got := exact.Hard{Domain: slab, Conditions: []exact.Condition{
			{Name: "outer", Residual: u.Sub(start.Mul(ph.Cos(tt))), On: slab.Boundary(10).Where(far)},
			{Name: "inner", Residual: u.Scale(3).Sub(start.Mul(tt.Shift(1)).Scale(3)), On: slab.Boundary(10).Where(near)},
			{Name: "initial", Residual: u.Sub(start), On: slab.Face(tt, 0, 10)},
			{Name: "velocity", Residual: u.D(tt).Sub(start).Shift(1), On: slab.Face(tt, 0, 10)},
		}}.Apply(u)
		if strings.Join(got.Built, " ") != "outer inner initial" || !strings.Contains(got.Kept[0].Why, `"outer"`) {
			t.Fatalf("built %v, kept %v", got.Built, got.Kept)
		}
	})
}

// Data that are no number in a corner of a shape cannot be built in: the function would be none there either.
func TestHardSingularCorner(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	triangle := domain.NewPolygon(x, y, [2]float64{0, 0}, [2]float64{1, 0}, [2]float64{0, 1})
	u := ph.NewField("u", small, x, y)
	g := x.Div(ph.Sqrt(x.Pow(2).Add(y.Pow(2)))) // cos θ
	got := exact.Hard{Domain: triangle, Conditions: []exact.Condition{{Name: "bc", Residual: u.Sub(g), On: triangle.Boundary(10)}}}.Apply(u)
	if len(got.Kept) != 1 || got.Kept[0].Why != "at x = 0, y = 0 its data are NaN" {
		t.Errorf("built %v, kept %v", got.Built, got.Kept)
	}
}

// Mistakes in the use of Hard are errors that say what to do.
func TestHardMistakes(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	line := domain.NewInterval(x, 0, 1)
	u := ph.NewField("u", small, x)
	two := ph.NewField("w", net.MLP{Hidden: []int{3}, Out: 2}, x)
	other := ph.NewField("v", small, y)
	var none *domain.Shape
	for _, c := range []struct {
		h    exact.Hard
		u    ph.Expr
		want string
	}{
		{exact.Hard{Domain: line}, nil, "nil function"},
		{exact.Hard{Domain: line}, two, "2 components"},
		{exact.Hard{Domain: line}, x.Scale(2), "pass a field"},
		{exact.Hard{Domain: line, Onset: -1}, u, "Onset is -1"},
		{exact.Hard{}, u, "no domain"},
		{exact.Hard{Domain: none}, u, "no domain"},
		{exact.Hard{Domain: domain.NewInterval(x, 1, 0)}, u, "lower bound"},
	} {
		e := c.h.Apply(c.u).Expr
		if e.Err() == nil || !strings.Contains(e.Err().Error(), c.want) {
			t.Errorf("error %v, want %q", e.Err(), c.want)
		}
	}
	for _, c := range []struct {
		residual ph.Expr
		on       *domain.Points
		want     string
	}{
		{nil, line.Boundary(2), "no residual"},
		{u, nil, "no point set"},
		{other, line.Boundary(2), "does not contain"},
		{u.Mul(u), line.Boundary(2), "not a combination"},
		{u.D(x, x), line.Boundary(2), "not a combination"},
		{u.Sub(u), line.Boundary(2), "drops out of it at x = 0"},
		{u.Add(ph.Column("u")), line.Boundary(2), "not a combination"},
		{u, domain.At([]*ph.Coord{x}, []float64{0}), "given"},
		{u, line.Interior(5), "boundary"},
		{u, line.Section(x, 0.5, 1), "boundary"},
		{ph.Log(ph.Const(-1)).Sub(u), line.Boundary(2), "NaN"},
	} {
		e := exact.Hard{Domain: line, Conditions: []exact.Condition{{Residual: c.residual, On: c.on}}}.Apply(u)
		if len(e.Kept) != 1 || !strings.Contains(e.Kept[0].Why, c.want) {
			t.Errorf("built %v, kept %v, want %q", e.Built, e.Kept, c.want)
		}
	}
	if e := (exact.Hard{Domain: line, Conditions: []exact.Condition{{Residual: two.Index(1).Shift(-2), On: line.Boundary(2)}}}).Apply(two.Index(1)); len(e.Built) != 1 {
		t.Errorf("a component of a field: kept %v", e.Kept)
	}
}

// Conditions along many axes are trained, where what joins them would have more terms than can be built; zeros are a factor and cost nothing.
func TestManyAxes(t *testing.T) {
	for _, c := range []struct {
		axes  int
		value float64
		built bool
	}{{4, 1, true}, {5, 1, false}, {10, 1, false}, {10, 0, true}} {
		var axes []domain.Axis
		var coords []*ph.Coord
		for i := range c.axes {
			x := ph.NewCoord(string(rune('a' + i)))
			coords, axes = append(coords, x), append(axes, domain.In(x, 0, 1))
		}
		box := domain.NewBox(axes...)
		u := ph.NewField("u", net.MLP{Hidden: []int{2}}, coords...)
		given := u.Sub(coords[0].Mul(coords[1]).Scale(c.value))
		f := exact.Hard{Domain: box, Conditions: []exact.Condition{{Name: "bc", Residual: given, On: box.Boundary(1)}}}.Apply(u)
		if built := len(f.Built) == 1; built != c.built {
			t.Errorf("%d axes, data %g times a product: built in: %t, kept: %v", c.axes, c.value, built, f.Kept)
		}
	}
}

// Conditions in other units, on domains of other lengths, are judged alike.
func TestAnyUnits(t *testing.T) {
	for _, size := range []float64{1, 1e-14, 1e14} {
		for _, length := range []float64{1, 1e-9, 1e9} {
			x, y := ph.Coords2("x", "y")
			box := domain.NewBox(domain.In(x, 0, length), domain.In(y, 0, length))
			disk := domain.NewDisk(x, y, 0, 0, length)
			ring := domain.Difference(disk, domain.NewDisk(x, y, 0, 0, length/2))
			u := ph.NewField("u", small, x, y)
			slope := func(c *ph.Coord) ph.Expr { return u.D(c).Scale(length) }
			inner := func(p []float64) bool { return p[0]*p[0]+p[1]*p[1] < length*length/2 }
			for name, c := range map[string]struct {
				on           domain.Domain
				one, another exact.Condition
				built        int
			}{
				"corner": {box, exact.Condition{Residual: u.Shift(-1), On: box.Face(x, 0, 9)}, exact.Condition{Residual: u, On: box.Face(y, 0, 9)}, 1},
				"agree":  {box, exact.Condition{Residual: u.Shift(-1), On: box.Face(x, 0, 9)}, exact.Condition{Residual: slope(y), On: box.Face(y, 0, 9)}, 2},
				"slopes": {
					box,
					exact.Condition{Residual: u.Sub(y.Scale(1 / length)), On: box.Face(x, 0, 9)},
					exact.Condition{Residual: slope(y), On: box.Face(y, 0, 9)},
					1,
				},
				"ring": {
					ring,
					exact.Condition{Residual: u.Shift(-1), On: ring.Boundary(9).Where(inner)},
					exact.Condition{Residual: u, On: ring.Boundary(9).Where(func(p []float64) bool { return !inner(p) })},
					2,
				},
			} {
				for i, q := range []*exact.Condition{&c.one, &c.another} {
					q.Name, q.Residual = []string{"one", "another"}[i], q.Residual.Scale(size)
				}
				got := exact.Hard{Domain: c.on, Conditions: []exact.Condition{c.one, c.another}}.Apply(u)
				if len(got.Built) != c.built {
					t.Errorf("%s of the size %v, length %v: built in are %v, kept %v", name, size, length, got.Built, got.Kept)
				}
			}
		}
	}
}
