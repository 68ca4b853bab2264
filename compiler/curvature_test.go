package compiler_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/compiler"
	"github.com/crux-pinn/crux/internal/exec"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// curvature asks for all layers of the programs and for exact blocks of the other parameters, the last of them by its diagonal.
func curvature(t *testing.T, rs []*run, w [][]float64, how compiler.Averaging) ([]compiler.LayerCurvature, []compiler.Block) {
	t.Helper()
	var programs []*compiler.Program
	residuals := 0
	for _, r := range rs {
		programs = append(programs, r.p)
		residuals += r.p.Len()
	}
	found, err := compiler.Layers(programs)
	if err != nil {
		t.Fatal(err)
	}
	var layers []compiler.LayerCurvature
	in := map[string]bool{}
	for _, l := range found {
		c := compiler.LayerCurvature{Layer: l}
		n, h := l.Weight.Shape[0], l.Weight.Shape[1]
		in[l.Weight.Path] = true
		if l.Bias.Param != nil {
			in[l.Bias.Path] = true
			n++
		}
		for range residuals {
			c.A, c.B = append(c.A, make([]float64, n*n)), append(c.B, make([]float64, h*h))
		}
		layers = append(layers, c)
	}
	var blocks []compiler.Block
	var last compiler.Block
	for _, e := range rs[0].p.Layout().Entries() {
		if in[e.Path] {
			continue
		}
		if len(blocks) > 0 && len(blocks[0].Entries) < 3 {
			blocks[0].Entries = append(blocks[0].Entries, e)
			continue
		}
		blocks = append(blocks, compiler.Block{Entries: []compiler.Entry{e}})
		last = compiler.Block{Entries: []compiler.Entry{e}, Diagonal: true}
	}
	if len(blocks) > 1 {
		blocks[len(blocks)-1] = last
	}
	for i, b := range blocks {
		n := 0
		for _, e := range b.Entries {
			n += e.Len
		}
		if !b.Diagonal {
			n *= n
		}
		blocks[i].M = make([]float64, n)
	}
	if err := compiler.Curvature(programs, rs[0].theta, rs[0].fixed, w, how, layers, blocks); err != nil {
		t.Fatal(err)
	}
	return layers, blocks
}

// rowMatrix is a row of J for a layer, as a matrix of inputs and outputs.
func rowMatrix(l compiler.Layer, row []float64) [][]float64 {
	k, h := l.Weight.Shape[0], l.Weight.Shape[1]
	var g [][]float64
	for p := range k {
		g = append(g, row[l.Weight.Offset+p*h:][:h])
	}
	if l.Bias.Param != nil {
		g = append(g, row[l.Bias.Offset:][:h])
	}
	return g
}

// Partial traces, blocks and diagonals of two programs against rows of the Jacobians: points with weights, systems, shared points.
func TestCurvature(t *testing.T) {
	for _, single := range []bool{false, true} {
		for _, n := range []int{2, 140} {
			t.Run(fmt.Sprintf("single=%v,n=%d", single, n), func(t *testing.T) {
				tol := 1e-11
				if single {
					tol = 1e-3
				}
				var first [][]float64
				for _, workers := range []int{1, 2, 5} {
					pool := exec.NewPool(workers)
					t.Cleanup(pool.Close)
					rs, _, _ := kernelPrograms(t, compiler.TraceCompiler{Single: single, Pool: pool}, n)
					var all [][]float64
					for _, weighted := range []bool{false, true} {
						w := [][]float64{nil, nil}
						if weighted {
							w = [][]float64{weightsOf(rs[0]), weightsOf(rs[1])}
						}
						layers, blocks := curvature(t, rs, w, compiler.Traces)
						expanded, _ := curvature(t, rs, w, compiler.Expand)
						for _, ls := range [][]compiler.LayerCurvature{layers, expanded} {
							for _, l := range ls {
								all = append(all, slices.Concat(l.A...), slices.Concat(l.B...))
							}
						}
						for _, b := range blocks {
							all = append(all, b.M)
						}
						if first != nil {
							continue
						}
						wanted := map[string]bool{}
						i := 0
						wantBlocks := make([][]float64, len(blocks))
						for b := range blocks {
							wantBlocks[b] = make([]float64, len(blocks[b].M))
						}
						for q, r := range rs {
							rows, _ := scaled(t, r, w[q])
							for res := range r.p.Len() {
								m := r.p.Points() * r.p.Dim(res)
								for _, l := range layers {
									wanted[l.Weight.Path] = true
									a, b := make([]float64, len(l.A[i])), make([]float64, len(l.B[i]))
									tau := 0.0
									for _, row := range rows[:m] {
										g := rowMatrix(l.Layer, row)
										for x := range g {
											for y := range g {
												for j := range g[x] {
													a[x*len(g)+y] += g[x][j] * g[y][j]
												}
											}
											for j := range g[x] {
												tau += g[x][j] * g[x][j]
												for k := range g[x] {
													b[j*len(g[x])+k] += g[x][j] * g[x][k]
												}
											}
										}
									}
									for x := range a {
										if tau > 0 {
											a[x] /= tau
										}
									}
									if e := relative(l.A[i], a); !(e <= tol) {
										t.Errorf("residual %d, %s: A is off by %.1e", i, l.Weight.Path, e)
									}
									if e := relative(l.B[i], b); !(e <= tol) {
										t.Errorf("residual %d, %s: B is off by %.1e", i, l.Weight.Path, e)
									}
								}
								for q, b := range blocks {
									for _, row := range rows[:m] {
										var x []float64
										for _, e := range b.Entries {
											x = append(x, row[e.Offset:][:e.Len]...)
										}
										for u := range x {
											if b.Diagonal {
												wantBlocks[q][u] += x[u] * x[u]
												continue
											}
											for v := range x {
												wantBlocks[q][u*len(x)+v] += x[u] * x[v]
											}
										}
									}
								}
								rows = rows[m:]
								i++
							}
						}
						for q, b := range blocks {
							if e := relative(b.M, wantBlocks[q]); !(e <= tol) {
								t.Errorf("block %d is off by %.1e", q, e)
							}
						}
						if !wanted["deep/layer1/weight"] || !wanted["deep/layer2/weight"] || wanted["deep/layer0/weight"] {
							t.Errorf("layers %v", wanted)
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

// The layers that are found, with their biases.
func TestLayers(t *testing.T) {
	w := newWorld()
	shared := ph.NewField("shared", net.MLP{Hidden: []int{3, 3}}, w.x)
	for name, c := range map[string]struct {
		e    []ph.Expr
		want string
	}{
		"laplacian":       {[]ph.Expr{ph.Laplacian(w.u, w.t, w.x)}, "u/layer1/weight+u/layer1/bias u/layer2/weight"},
		"value":           {[]ph.Expr{w.u}, "u/layer0/weight+u/layer0/bias u/layer1/weight+u/layer1/bias u/layer2/weight+u/layer2/bias"},
		"both":            {[]ph.Expr{w.u.D(w.x).Add(w.u), w.u.D(w.t)}, "u/layer1/weight+u/layer1/bias u/layer2/weight+u/layer2/bias"},
		"at two places":   {[]ph.Expr{shared.Sub(shared.At(w.x, -1))}, ""},
		"and a parameter": {[]ph.Expr{w.u.Mul(w.k)}, "u/layer0/weight+u/layer0/bias u/layer1/weight+u/layer1/bias u/layer2/weight+u/layer2/bias"},
	} {
		r := w.compile(t, compiler.TraceCompiler{}, w.group(c.e...), w.batch(3, 1))
		ls, err := compiler.Layers([]*compiler.Program{r.p})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, l := range ls {
			s := l.Weight.Path
			if l.Bias.Param != nil {
				s += "+" + l.Bias.Path
			}
			got = append(got, s)
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: %s, want %s", name, s, c.want)
		}
	}
}

// One linear layer, one coefficient, one point: the Kronecker product of either kind is the Gauss–Newton matrix itself.
func TestCurvatureIsExactForOnePoint(t *testing.T) {
	w := newWorld()
	r := w.compile(t, compiler.TraceCompiler{}, w.group(w.u), w.batch(1, 1))
	j, _ := scaled(t, r, []float64{3})
	for _, how := range []compiler.Averaging{compiler.Traces, compiler.Expand} {
		layers, _ := curvature(t, []*run{r}, [][]float64{{3}}, how)
		if len(layers) != 3 {
			t.Fatalf("%d layers", len(layers))
		}
		for _, l := range layers {
			g := slices.Concat(rowMatrix(l.Layer, j[0])...)
			h := l.Weight.Shape[1]
			n := len(g) / h
			var got, want []float64
			for x := range g {
				for y := range g {
					want = append(want, g[x]*g[y])
					got = append(got, l.A[0][x/h*n+y/h]*l.B[0][x%h*h+y%h])
				}
			}
			if e := relative(got, want); !(e <= 1e-13) {
				t.Errorf("%v, %s: relative error %.1e", how, l.Weight.Path, e)
			}
		}
	}
}

func TestCurvatureRefuses(t *testing.T) {
	w := newWorld()
	r := w.compile(t, compiler.TraceCompiler{}, w.group(w.u), w.batch(3, 1))
	other := w.compile(t, compiler.TraceCompiler{}, w.group(w.u), w.batch(3, 1))
	layers, _ := curvature(t, []*run{r}, nil, compiler.Traces)
	e := layers[0].Weight
	short := layers[1]
	short.A = [][]float64{short.A[0][1:]}
	for name, c := range map[string]struct {
		programs []*compiler.Program
		w        [][]float64
		layers   []compiler.LayerCurvature
		blocks   []compiler.Block
	}{
		"none":    {},
		"layouts": {programs: []*compiler.Program{r.p, other.p}},
		"weights": {programs: []*compiler.Program{r.p}, w: [][]float64{nil, nil}},
		"sign":    {programs: []*compiler.Program{r.p}, w: [][]float64{{-1}}},
		"size":    {programs: []*compiler.Program{r.p}, layers: []compiler.LayerCurvature{short}},
		"pairs":   {programs: []*compiler.Program{r.p}, layers: []compiler.LayerCurvature{{Layer: layers[1].Layer}}},
		"block":   {programs: []*compiler.Program{r.p}, blocks: []compiler.Block{{Entries: []compiler.Entry{e}, M: make([]float64, e.Len)}}},
		"twice":   {programs: []*compiler.Program{r.p}, layers: layers, blocks: []compiler.Block{{Entries: []compiler.Entry{e}, Diagonal: true, M: make([]float64, e.Len)}}},
		"layer 2": {programs: []*compiler.Program{r.p}, layers: append(slices.Clone(layers), layers[0])},
	} {
		if err := compiler.Curvature(c.programs, r.theta, r.fixed, c.w, compiler.Traces, c.layers, c.blocks); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// The factors of K-FAC against testdata/factors.py, a forward Laplacian in JAX: layers whose four coefficients are all read, and a last
// one of which the residual reads two.
func TestExpand(t *testing.T) {
	raw, err := os.ReadFile("testdata/factors.json")
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		Points  [][]float64
		Weights [][][]float64
		Biases  [][]float64
		Layers  []struct{ A, B [][]float64 }
	}
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	w := newWorld()
	f := ph.NewField("f", net.MLP{Hidden: []int{5, 4}}, w.x, w.y)
	g := compiler.Group{Name: "points", Coords: []*ph.Coord{w.x, w.y}, Bounds: map[*ph.Coord][2]float64{w.x: {-1, 1}, w.y: {-1, 1}}, Residuals: []compiler.Residual{{Name: "a", Expr: ph.Laplacian(f, w.x, w.y).Add(f)}}}
	r := w.compile(t, compiler.TraceCompiler{}, g, compiler.Batch{N: len(want.Points), X: slices.Concat(want.Points...)})
	for _, e := range r.p.Layout().Entries() {
		for l := range want.Weights {
			switch e.Path {
			case fmt.Sprintf("f/layer%d/weight", l):
				copy(r.theta[e.Offset:], slices.Concat(want.Weights[l]...))
			case fmt.Sprintf("f/layer%d/bias", l):
				copy(r.theta[e.Offset:], want.Biases[l])
			}
		}
	}
	layers, _ := curvature(t, []*run{r}, [][]float64{{1}}, compiler.Expand)
	if len(layers) != len(want.Layers) {
		t.Fatalf("%d layers", len(layers))
	}
	for i, l := range layers {
		for name, c := range map[string][2][]float64{"A": {l.A[0], slices.Concat(want.Layers[i].A...)}, "B": {l.B[0], slices.Concat(want.Layers[i].B...)}} {
			if e := relative(c[0], c[1]); !(e <= 1e-12) {
				t.Errorf("%s of %s: relative error %.1e", name, l.Weight.Path, e)
			}
		}
	}
}
