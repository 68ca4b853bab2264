package compiler_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/crux-pinn/crux/compiler"
	"github.com/crux-pinn/crux/internal/exec"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

func stack(width, depth int) []int {
	h := make([]int, depth)
	for i := range h {
		h[i] = width
	}
	return h
}

func problem(r []ph.Expr, coords ...*ph.Coord) compiler.Group {
	g := compiler.Group{Name: "points", Coords: coords, Bounds: map[*ph.Coord][2]float64{}}
	for _, c := range coords {
		g.Bounds[c] = [2]float64{-1, 1}
	}
	for i, e := range r {
		g.Residuals = append(g.Residuals, compiler.Residual{Name: fmt.Sprint("r", i), Expr: e})
	}
	return g
}

func poisson(d, width, depth int, act net.Activation) compiler.Group {
	var xs []*ph.Coord
	exact := ph.Expr(ph.Const(1))
	for i := range d {
		x := ph.NewCoord(fmt.Sprint("x", i))
		xs, exact = append(xs, x), exact.Mul(ph.Sin(x.Scale(math.Pi)))
	}
	u := ph.NewField("u", net.MLP{Hidden: stack(width, depth), Act: act}, xs...)
	return problem([]ph.Expr{ph.Laplacian(u, xs...).Add(exact.Scale(2 * math.Pi * math.Pi))}, xs...)
}

func burgers(width, depth int) compiler.Group {
	t, x := ph.Coords2("t", "x")
	u := ph.NewField("u", net.MLP{Hidden: stack(width, depth)}, t, x)
	return problem([]ph.Expr{u.D(t).Add(u.Mul(u.D(x))).Sub(u.D(x, x).Scale(0.01 / math.Pi))}, t, x)
}

func navierStokes(width, depth int) compiler.Group {
	x, y := ph.Coords2("x", "y")
	w := ph.NewField("w", net.MLP{Hidden: stack(width, depth), Out: 3}, x, y)
	u, v, p := w.Index(0), w.Index(1), w.Index(2)
	momentum := func(q ph.Expr, c *ph.Coord) ph.Expr {
		return ph.Advect([]ph.Expr{u, v}, q, x, y).Add(p.D(c)).Sub(ph.Laplacian(q, x, y).Scale(0.025))
	}
	return problem([]ph.Expr{momentum(u, x), momentum(v, y), u.D(x).Add(v.D(y))}, x, y)
}

func biharmonic(width, depth int) compiler.Group {
	x, y := ph.Coords2("x", "y")
	u := ph.NewField("u", net.MLP{Hidden: stack(width, depth)}, x, y)
	source := ph.Sin(x.Scale(math.Pi)).Mul(ph.Sin(y.Scale(math.Pi))).Scale(4 * math.Pow(math.Pi, 4))
	return problem([]ph.Expr{u.D(x, x, x, x).Add(u.D(x, x, y, y).Scale(2), u.D(y, y, y, y)).Sub(source)}, x, y)
}

func batchOf(g compiler.Group, n int) compiler.Batch {
	rng := rand.New(rand.NewPCG(1, 1))
	b := compiler.Batch{N: n, X: make([]float64, n*len(g.Coords))}
	for i := range b.X {
		b.X[i] = 2*rng.Float64() - 1
	}
	return b
}

// BenchmarkStep times one gradient of all parameters.
func BenchmarkStep(b *testing.B) {
	for _, s := range []struct {
		name   string
		group  func() compiler.Group
		points []int
	}{
		{"poisson_2-64x3-1", func() compiler.Group { return poisson(2, 64, 3, net.Tanh) }, []int{256, 1024, 8192}},
		{"poisson_5-64x3-1", func() compiler.Group { return poisson(5, 64, 3, net.Tanh) }, []int{1024}},
		{"poisson_sin_2-64x3-1", func() compiler.Group { return poisson(2, 64, 3, net.Sin) }, []int{1024}},
		{"poisson_gelu_2-64x3-1", func() compiler.Group { return poisson(2, 64, 3, net.GELU) }, []int{1024}},
		{"burgers_2-20x8-1", func() compiler.Group { return burgers(20, 8) }, []int{10000}},
		{"burgers_2-20x3-1", func() compiler.Group { return burgers(20, 3) }, []int{4000}},
		{"navier_stokes_2-64x4-3", func() compiler.Group { return navierStokes(64, 4) }, []int{4096}},
		{"biharmonic_2-32x3-1", func() compiler.Group { return biharmonic(32, 3) }, []int{2048}},
	} {
		for _, n := range s.points {
			for _, single := range []bool{false, true} {
				b.Run(fmt.Sprintf("%s/n=%d/%s", s.name, n, map[bool]string{false: "f64", true: "f32"}[single]), func(b *testing.B) {
					g := s.group()
					r := newWorld().compile(b, compiler.TraceCompiler{Single: single, Pool: workers(b)}, g, batchOf(g, n))
					grad, losses, w := make([]float64, len(r.theta)), make([]float64, r.p.Len()), r.ones()
					step := func() {
						if err := r.p.Gradient(grad, r.theta, r.fixed, w, losses); err != nil {
							b.Fatal(err)
						}
					}
					step()
					work, err := r.p.Work()
					if err != nil {
						b.Fatal(err)
					}
					b.ReportAllocs()
					b.ResetTimer()
					for range b.N {
						step()
					}
					b.StopTimer()
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/point")
					b.ReportMetric(float64(work.Flops)*float64(n)/(float64(b.Elapsed().Nanoseconds())/float64(b.N)), "GFLOP/s")
					b.ReportMetric(float64(work.Bytes)/1024, "KiB/worker")
				})
			}
		}
	}
}

// BenchmarkCompile times everything up to the first step of a Navier–Stokes system: expressions, trace, graph, plan.
func BenchmarkCompile(b *testing.B) {
	pool := workers(b)
	for range b.N {
		g := navierStokes(64, 4)
		r := newWorld().compile(b, compiler.TraceCompiler{Pool: pool}, g, batchOf(g, 1))
		r.gradient(b, r.theta, nil)
	}
}

// BenchmarkMillionPoints reports what one step on a million points keeps in memory, its points included.
func BenchmarkMillionPoints(b *testing.B) {
	const n = 1_000_000
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	g := burgers(20, 3)
	r := newWorld().compile(b, compiler.TraceCompiler{Pool: workers(b)}, g, batchOf(g, n))
	for range b.N {
		r.gradient(b, r.theta, nil)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MiB-live")
	b.ReportMetric(float64(after.Sys)/(1<<20), "MiB-from-system")
	runtime.KeepAlive(r)
}

// workers is a pool of one worker for each core.
func workers(b *testing.B) *exec.Pool {
	p := exec.NewPool(0)
	b.Cleanup(p.Close)
	return p
}

// A step in steady state allocates nothing: no garbage, no pauses.
func TestStepAllocatesNothing(t *testing.T) {
	for _, single := range []bool{false, true} {
		g := navierStokes(16, 2)
		r := newWorld().compile(t, compiler.TraceCompiler{Single: single}, g, batchOf(g, 300))
		grad, losses, w := make([]float64, len(r.theta)), make([]float64, r.p.Len()), r.ones()
		if n := testing.AllocsPerRun(5, func() {
			if err := r.p.Gradient(grad, r.theta, r.fixed, w, losses); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%v allocations for each gradient", n)
		}
	}
}

// BenchmarkHVP times a Hessian-vector product; the gradient to compare with comes with it.
func BenchmarkHVP(b *testing.B) {
	for _, s := range []struct {
		name  string
		group compiler.Group
	}{
		{"poisson_2-64x3-1", poisson(2, 64, 3, net.Tanh)},
		{"burgers_2-20x3-1", burgers(20, 3)},
		{"navier_stokes_2-64x4-3", navierStokes(64, 4)},
		{"biharmonic_2-32x3-1", biharmonic(32, 3)},
	} {
		r := newWorld().compile(b, compiler.TraceCompiler{Pool: workers(b)}, s.group, batchOf(s.group, 1024))
		v, w, dst, losses, u := direction(len(r.theta), 1), r.ones(), make([]float64, len(r.theta)), make([]float64, r.p.Len()), direction(r.p.Rows(), 2)
		for _, part := range []struct {
			name string
			do   func() error
		}{
			{"gradient", func() error { return r.p.Gradient(dst, r.theta, r.fixed, w, losses) }},
			{"hvp", func() error { return r.p.HVP(dst, r.theta, r.fixed, w, v) }},
			{"JTu", func() error { return r.p.MulJT(dst, r.theta, r.fixed, w, u) }},
		} {
			b.Run(s.name+"/"+part.name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := part.do(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkGram times J, JᵀJ and JJᵀ of 1024 rows.
func BenchmarkGram(b *testing.B) {
	for _, width := range []int{20, 46, 64, 128} { // 921, 4509, 8577, 33537 parameters
		for _, single := range []bool{false, true} {
			g := poisson(2, width, 3, net.Tanh)
			r := newWorld().compile(b, compiler.TraceCompiler{Single: single, Pool: workers(b)}, g, batchOf(g, 1024))
			n, p := r.p.Rows(), len(r.theta)
			var j, a []float64
			k := make([]float64, n*n)
			for _, part := range []struct {
				name  string
				most  int     // parameters
				flops float64 // of the least number of products of columns of J
				do    func() error
			}{
				{"J", 8577, 0, func() error { return r.p.Jacobian(0, j, r.theta, r.fixed) }},
				{"JTJ", 4509, float64(n*p) * float64(p+1), func() error { return r.p.AddGaussNewton(a, r.theta, r.fixed, r.ones()) }},
				{"JJT", 1 << 30, float64(n*p) * float64(n+1), func() error {
					return compiler.Kernel(k, []*compiler.Program{r.p}, r.theta, r.fixed, nil, nil)
				}},
			} {
				b.Run(fmt.Sprintf("%s/p=%d/%s", part.name, p, map[bool]string{false: "f64", true: "f32"}[single]), func(b *testing.B) {
					if p > part.most {
						b.Skip("too large")
					}
					if part.name == "J" {
						j = make([]float64, n*p)
					} else if part.name == "JTJ" {
						a = make([]float64, p*p)
					}
					if err := part.do(); err != nil { // the first call finds memory that no one has touched
						b.Fatal(err)
					}
					for b.Loop() {
						if err := part.do(); err != nil {
							b.Fatal(err)
						}
					}
					b.ReportMetric(part.flops*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
				})
			}
		}
	}
}
