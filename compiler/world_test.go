package compiler_test

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/crux-pinn/crux/compiler"
	"github.com/crux-pinn/crux/internal/exec"
	"github.com/crux-pinn/crux/internal/pointwise"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// tb is what tests, benchmarks and rapid's checks have in common.
type tb interface {
	Helper()
	Cleanup(f func())
	Errorf(format string, args ...any)
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// world is a set of names for test problems, with boundary points that carry one data column.
type world struct {
	t, x, y *ph.Coord
	coords  []*ph.Coord
	bounds  map[*ph.Coord][2]float64
	u       *ph.Field // of t and x
	flow    *ph.Field // of x and y, three outputs
	k       *ph.Param
	inside  int // derivatives around the expression that draw is drawing
}

func newWorld() *world {
	w := &world{t: ph.NewCoord("t"), x: ph.NewCoord("x"), y: ph.NewCoord("y")}
	w.coords = []*ph.Coord{w.t, w.x, w.y}
	w.bounds = map[*ph.Coord][2]float64{w.t: {0, 1}, w.x: {-1, 1}, w.y: {-2, 2}}
	w.u = ph.NewField("u", net.MLP{Hidden: []int{4, 4}}, w.t, w.x)
	w.flow = ph.NewField("flow", net.MLP{Hidden: []int{5}, Out: 3, Act: net.SiLU}, w.x, w.y)
	w.k = ph.NewParam("kappa", 0.6)
	return w
}

// group holds the residuals e under the names a, b, c, ….
func (w *world) group(e ...ph.Expr) compiler.Group {
	g := compiler.Group{Name: "points", Coords: w.coords, Columns: []string{"data"}, Normals: true, Bounds: w.bounds}
	for i, r := range e {
		g.Residuals = append(g.Residuals, compiler.Residual{Name: string(rune('a' + i)), Expr: r})
	}
	return g
}

// batch draws n points.
func (w *world) batch(n int, seed uint64) compiler.Batch {
	rng := rand.New(rand.NewPCG(seed, 7))
	b := compiler.Batch{N: n, Columns: map[string][]float64{}}
	for range n {
		angle := 2 * math.Pi * rng.Float64()
		b.Normals = append(b.Normals, 0, math.Cos(angle), math.Sin(angle))
		for _, c := range w.coords {
			lim := w.bounds[c]
			b.X = append(b.X, lim[0]+(lim[1]-lim[0])*rng.Float64())
		}
		b.Columns["data"] = append(b.Columns["data"], rng.NormFloat64())
	}
	return b
}

// run is a compiled group with values for its parameters.
type run struct {
	w            *world
	g            compiler.Group
	p            *compiler.Program
	b            compiler.Batch
	theta, fixed []float64
}

// compile compiles a group and gives its parameters random values near their initial ones.
func (w *world) compile(t tb, c compiler.TraceCompiler, g compiler.Group, b compiler.Batch) *run {
	t.Helper()
	if c.Pool == nil {
		c.Pool = exec.NewPool(1)
		t.Cleanup(c.Pool.Close)
	}
	p, err := c.Compile(g)
	if err != nil {
		t.Fatal(err)
	}
	l := p.Layout()
	r := &run{w: w, g: g, p: p, b: b, theta: make([]float64, l.Len()), fixed: make([]float64, l.FixedLen())}
	l.Initialize(r.theta, r.fixed, func(name string) *rand.Rand {
		return rand.New(rand.NewPCG(uint64(len(name)), uint64(name[len(name)-1])))
	})
	r.theta = perturbed(r.theta)
	if err := p.SetPoints(b, r.fixed); err != nil {
		t.Fatal(err)
	}
	return r
}

// perturbed moves every parameter, biases and gates that start at 0 too.
func perturbed(theta []float64) []float64 {
	rng := rand.New(rand.NewPCG(3, 4))
	theta = slices.Clone(theta)
	for i := range theta {
		theta[i] += 0.1 * rng.NormFloat64()
	}
	return theta
}

func direction(n int, seed uint64) []float64 {
	rng := rand.New(rand.NewPCG(seed, 5))
	v := make([]float64, n)
	for i := range v {
		v[i] = rng.NormFloat64()
	}
	return v
}

func (r *run) residual(t tb, i int) []float64 {
	t.Helper()
	v := make([]float64, r.p.Points()*r.p.Dim(i))
	if err := r.p.Residuals(i, v, r.theta, r.fixed); err != nil {
		t.Fatal(err)
	}
	return v
}

func (r *run) ones() []float64 { return slices.Repeat([]float64{1}, r.p.Len()) }

// gradient is that of the losses' sum with weights w; nil means 1.
func (r *run) gradient(t tb, theta, w []float64) (grad, losses []float64) {
	t.Helper()
	if w == nil {
		w = r.ones()
	}
	grad, losses = make([]float64, len(r.theta)), make([]float64, r.p.Len())
	if err := r.p.Gradient(grad, theta, r.fixed, w, losses); err != nil {
		t.Fatal(err)
	}
	return grad, losses
}

func (r *run) hvp(t tb, w, v []float64) []float64 {
	t.Helper()
	if w == nil {
		w = r.ones()
	}
	dst := make([]float64, len(r.theta))
	if err := r.p.HVP(dst, r.theta, r.fixed, w, v); err != nil {
		t.Fatal(err)
	}
	return dst
}

// point is row i as the reference evaluator sees it, with the direction v in θ.
func (r *run) point(i int, v []float64) pointwise.Point {
	p := pointwise.Point{
		Coords: map[*ph.Coord]float64{}, Params: map[*ph.Param][]float64{}, Bounds: r.g.Bounds,
		Columns: map[string]float64{}, Normals: map[*ph.Coord]float64{}, Along: map[*ph.Param][]float64{},
	}
	d := len(r.g.Coords)
	for k, c := range r.g.Coords {
		p.Coords[c] = r.b.X[i*d+k]
		if r.g.Normals {
			p.Normals[c] = r.b.Normals[i*d+k]
		}
	}
	for _, c := range r.g.Columns {
		p.Columns[c] = r.b.Columns[c][i]
	}
	l := r.p.Layout()
	for _, e := range l.Entries() {
		p.Params[e.Param] = r.theta[e.Offset : e.Offset+e.Len]
		if v != nil {
			p.Along[e.Param] = v[e.Offset : e.Offset+e.Len]
		}
	}
	for _, e := range l.FixedEntries() {
		p.Params[e.Param] = r.fixed[e.Offset : e.Offset+e.Len]
	}
	return p
}

// expect compares residual values with the reference evaluator, and the gradient of the losses, along one direction, with
// its exact directional derivative: ∂L/∂v = Σ 2 r ∂r/∂v / nk for mean squares.
func (r *run) expect(t tb, tol float64) {
	t.Helper()
	v := direction(len(r.theta), 11)
	grad, losses := r.gradient(t, r.theta, nil)
	var slope, scale float64
	for i, res := range r.g.Residuals {
		got := r.residual(t, i)
		var want []float64
		var loss float64
		for k := range r.b.N {
			val, err := pointwise.Eval(res.Expr, r.point(k, nil))
			if err != nil {
				t.Fatal(err)
			}
			der, err := pointwise.Directional(res.Expr, r.point(k, v))
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, val...)
			f := 1 / float64(r.b.N*len(val))
			for j := range val {
				loss += f * val[j] * val[j]
				slope += f * 2 * val[j] * der[j]
				scale += f * 2 * math.Abs(val[j]*der[j])
			}
		}
		if e := relative(got, want); !(e <= tol) {
			t.Errorf("residual %q of %s: relative error %.2e\n got %v\nwant %v", res.Name, res.Expr, e, got, want)
		}
		if e := math.Abs(losses[i]-loss) / math.Max(loss, 1e-300); !(e <= 2*tol) && loss > 1e-200 {
			t.Errorf("loss %q of %s: %v, want %v", res.Name, res.Expr, losses[i], loss)
		}
	}
	var got float64
	for i := range grad {
		got += grad[i] * v[i]
		scale += math.Abs(grad[i] * v[i])
	}
	if !(math.Abs(got-slope) <= tol*math.Max(scale, 1e-4)) {
		t.Errorf("derivative along v: %v, want %v (scale %v)", got, slope, scale)
	}
}

// along is the exact derivative of residual i along v, at every point.
func (r *run) along(t tb, i int, v []float64) []float64 {
	t.Helper()
	var all []float64
	for k := range r.b.N {
		d, err := pointwise.Directional(r.g.Residuals[i].Expr, r.point(k, v))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, d...)
	}
	return all
}
