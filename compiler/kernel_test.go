package compiler_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/compiler"
	"github.com/crux-pinn/crux/internal/exec"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// kernelPrograms are two groups with one layout: points with weights, systems with components and residuals that share
// points, and a network wide enough that some of its weights are factored.
func kernelPrograms(t *testing.T, c compiler.TraceCompiler, n int) (rs []*run, narrow, wide ph.Selector) {
	w := newWorld()
	deep := ph.NewField("deep", net.MLP{Hidden: []int{32, 32}, Out: 2}, w.t, w.x)
	first, b := weighted(w, n)
	first.Residuals = append(first.Residuals, compiler.Residual{Name: "deep", Expr: ph.Laplacian(deep.Index(0), w.t, w.x).Add(w.u)})
	second, b2 := w.group(deep, w.u.D(w.x), deep.Index(1).Mul(w.k), ph.Const(2)), w.batch(n/15+3, 2)
	var exprs []ph.Expr
	for _, g := range []compiler.Group{first, second} {
		for _, r := range g.Residuals {
			exprs = append(exprs, r.Expr)
		}
	}
	var err error
	if c.Layout, err = compiler.NewLayout(exprs...); err != nil {
		t.Fatal(err)
	}
	rs = []*run{w.compile(t, c, first, b), w.compile(t, c, second, b2)}
	rs[1].theta = rs[0].theta
	return rs, func(path string) bool { return !strings.HasPrefix(path, "deep") }, func(path string) bool { return strings.HasPrefix(path, "deep") }
}

// An entry of the kernel takes a multiplication for each parameter of narrow layers, and fewer where weights are factored.
func TestKernelWork(t *testing.T) {
	for _, c := range []struct {
		width  int
		factor bool
	}{{20, false}, {200, true}} {
		g := poisson(2, c.width, 2, net.Tanh)
		var tc compiler.TraceCompiler
		p, err := tc.Compile(g)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { p.Close() }) //nolint:errcheck // it only ends workers
		if err := p.SetPoints(batchOf(g, 4), nil); err != nil {
			t.Fatal(err)
		}
		work, err := compiler.KernelWork([]*compiler.Program{p})
		params := float64(p.Layout().Len())
		if ok := work == params; err != nil || ok == c.factor || work > params {
			t.Errorf("width %d: %v multiplications for %v parameters (%v)", c.width, work, params, err)
		}
	}
}

// The kernel of two programs against the products of rows of the Jacobians, with and without weights and for a choice of
// parameters.
func TestKernel(t *testing.T) {
	for _, single := range []bool{false, true} {
		for _, n := range []int{2, 140} {
			t.Run(fmt.Sprintf("single=%v,n=%d", single, n), func(t *testing.T) {
				tol := 1e-12
				if single {
					tol = 1e-4
				}
				var first [][]float64
				for _, workers := range []int{1, 2, 5} {
					pool := exec.NewPool(workers)
					t.Cleanup(pool.Close)
					rs, narrow, wide := kernelPrograms(t, compiler.TraceCompiler{Single: single, Pool: pool}, n)
					programs := []*compiler.Program{rs[0].p, rs[1].p}
					var all [][]float64
					for name, c := range []struct {
						weighted bool
						only     ph.Selector
					}{{false, nil}, {true, nil}, {false, narrow}, {true, wide}} {
						w, n := [][]float64{nil, nil}, 0
						for q, r := range rs {
							n += r.p.Rows()
							if c.weighted {
								w[q] = weightsOf(r)
							}
						}
						var only func(compiler.Entry) bool
						if c.only != nil {
							only = func(e compiler.Entry) bool { return c.only(e.Path) }
						}
						got := make([]float64, n*n)
						for x := range n {
							for y := range n {
								got[x*n+y] = math.NaN()
								if y < x {
									got[x*n+y] = 7 // not to be touched
								}
							}
						}
						if err := compiler.Kernel(got, programs, rs[0].theta, rs[0].fixed, w, only); err != nil {
							t.Fatal(err)
						}
						all = append(all, got)
						if first != nil {
							continue
						}
						j := mat.NewDense(n, len(rs[0].theta), nil)
						at := 0
						for q, r := range rs {
							rows, _ := scaled(t, r, w[q])
							for _, row := range rows {
								for _, e := range r.p.Layout().Entries() {
									if only != nil && !only(e) {
										clear(row[e.Offset : e.Offset+e.Len])
									}
								}
								j.SetRow(at, row)
								at++
							}
						}
						var k mat.SymDense
						k.SymOuterK(1, j)
						want := make([]float64, n*n)
						for x := range n {
							for y := range n {
								want[x*n+y] = k.At(x, y)
								if y < x {
									if got[x*n+y] != 7 {
										t.Fatal("written below the diagonal")
									}
									want[x*n+y] = 7
								}
							}
						}
						if e := relative(got, want); !(e <= tol) {
							t.Errorf("case %d: relative error %.2e", name, e)
						}
					}
					if first == nil {
						first = all
					} else if !slices.EqualFunc(all, first, slices.Equal) {
						t.Error("another number of workers gives other bits")
					}
				}
			})
		}
	}
}

func TestKernelRefuses(t *testing.T) {
	w := newWorld()
	a, b := w.compile(t, compiler.TraceCompiler{}, w.group(w.u), w.batch(5, 1)), w.compile(t, compiler.TraceCompiler{}, w.group(w.u), w.batch(5, 1))
	k := make([]float64, 100)
	for name, err := range map[string]error{
		"layouts": compiler.Kernel(k, []*compiler.Program{a.p, b.p}, a.theta, a.fixed, nil, nil),
		"size":    compiler.Kernel(k, []*compiler.Program{a.p}, a.theta, a.fixed, nil, nil),
		"none":    compiler.Kernel(nil, nil, a.theta, a.fixed, nil, nil),
		"weights": compiler.Kernel(k[:25], []*compiler.Program{a.p}, a.theta, a.fixed, [][]float64{nil, nil}, nil),
		"sign":    compiler.Kernel(k[:25], []*compiler.Program{a.p}, a.theta, a.fixed, [][]float64{{-1}}, nil),
	} {
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
