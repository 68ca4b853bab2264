package crux_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/weights"
)

// emphasis is a point scheme made of a function, which writes down what it sees.
type emphasis struct {
	f    func(k int, p weights.Points) float64
	seen []weights.Points
}

func (s *emphasis) WeighPoints(dst []float64, p weights.Points) error {
	for k := range dst {
		dst[k] = s.f(k, p)
	}
	p.X, p.At, p.From = slices.Clone(p.X), slices.Clone(p.At), slices.Clone(p.From)
	p.Residual, p.Loss = slices.Clone(p.Residual), slices.Clone(p.Loss)
	s.seen = append(s.seen, p)
	return nil
}

func ones() *emphasis { return &emphasis{f: func(int, weights.Points) float64 { return 1 }} }

// three is a problem of three constraints, two of them on the same points.
func three() *poisson {
	p := newPoisson()
	p.Constraints = append(p.Constraints, crux.Constraint{
		Name: "shared", Residual: ph.Concat(p.u.D(p.x), p.u), On: p.Constraints[0].On, Weight: 0.3, Loss: crux.Loss{Kind: crux.Huber, Delta: 0.1},
	})
	return p
}

// pointSchemes are new instances of all that there are.
var pointSchemes = map[string]func() weights.PointScheme{
	"causal":       func() weights.PointScheme { return &weights.Causal{Time: "x", Slabs: 5, Delta: 0.5} },
	"selfadaptive": func() weights.PointScheme { return &weights.SelfAdaptive{Rate: 0.1} },
	"rba":          func() weights.PointScheme { return &weights.RBA{Gamma: 0.9, Eta: 0.1, Init: 1} },
}

// Weights that are all 1 are none, bit for bit: on points of one's own and on shared ones, in both precisions.
func TestPointWeightsOneAreNone(t *testing.T) {
	all := map[string]func() optim.Method{"LM": func() optim.Method { return &optim.LevenbergMarquardt{} }}
	for name, m := range methods {
		all[name] = m
	}
	for name, method := range all {
		for _, precision := range []crux.Precision{crux.Float64, crux.Float32} {
			t.Run(fmt.Sprintf("%s/%d", name, precision), func(t *testing.T) {
				p := three()
				if name == "LM" {
					p.Constraints[2].Loss = crux.Loss{}
				}
				o := crux.Options{Method: method(), Precision: precision}
				plain := newSolver(t, p.Problem, o)
				for i := range p.Constraints {
					p.Constraints[i].PointWeights = ones()
				}
				o.Method = method()
				on := newSolver(t, p.Problem, o)
				a, b := solve(t, plain, 8), solve(t, on, 8)
				sameRun(t, on, plain)
				sameBits(t, "losses", b.Losses, a.Losses)
			})
		}
	}
}

// Loss, gradient and gradient matrix of a step: the loss is that of the residuals and the weights, L_i are without them, the gradient
// is the slope of the loss at constant weights, and the gradient matrix is that of L_i.
func TestPointWeightsInAStep(t *testing.T) {
	for name, make := range pointSchemes {
		t.Run(name, func(t *testing.T) {
			p := three()
			witness := newSolver(t, p.Problem, crux.Options{})
			for i := range p.Constraints {
				p.Constraints[i].PointWeights = make()
			}
			s := newSolver(t, p.Problem, crux.Options{Method: &optim.LBFGS{}})
			steps := 0
			solve(t, s, 4, onStep(func(ctx context.Context, st *crux.Step) error {
				steps++
				var mu [3][]float64
				for i, c := range p.Constraints {
					var err error
					if mu[i], err = st.Run.Solver().PointWeights(c.Name); err != nil {
						return err
					}
				}
				at := func(theta []float64) float64 {
					if err := witness.SetTheta(theta); err != nil {
						t.Fatal(err)
					}
					total := 0.0
					for i, c := range p.Constraints {
						r, err := witness.Residuals(c.Name)
						if err != nil {
							t.Fatal(err)
						}
						n, dim := r.Dims()
						sum := 0.0
						for k := range n {
							for _, x := range r.RawRowView(k) {
								sum += mu[i][k] * c.Loss.Rho(x) / float64(n*dim)
							}
						}
						total += st.Weights[i] * sum / 3
					}
					return total
				}
				theta := st.Theta()
				near(t, "loss", []float64{st.Loss}, []float64{at(theta)}, 1e-13)
				losses, g := measure(t, witness)
				near(t, "losses", st.Losses, losses, 1e-13)
				own, err := st.Run.Gradients().At(ctx, st)
				if err != nil {
					return err
				}
				near(t, "gradient matrix", own.RawMatrix().Data, g.RawMatrix().Data, 1e-12)
				dir := slices.Clone(st.Grad)
				floats.Scale(1/floats.Norm(dir, 2), dir)
				const eps = 1e-4
				moved := func(h float64) float64 {
					x := slices.Clone(theta)
					floats.AddScaled(x, h, dir)
					return at(x)
				}
				slope := (8*(moved(eps)-moved(-eps)) - (moved(2*eps) - moved(-2*eps))) / (12 * eps)
				near(t, "slope", []float64{floats.Norm(st.Grad, 2)}, []float64{slope}, 1e-7)
				if st.Epoch > 0 && slices.Equal(mu[0], slices.Repeat([]float64{mu[0][0]}, len(mu[0]))) {
					t.Errorf("step %d: all weights are %v", st.Epoch, mu[0][0])
				}
				return nil
			}))
			if steps != 4 {
				t.Errorf("%d steps", steps)
			}
		})
	}
}

// A scheme sees the residuals of the step before, at the very first step those at θ_0.
func TestWhatPointSchemesSee(t *testing.T) {
	p := three()
	e := ones()
	p.Constraints[2].PointWeights = e
	s := newSolver(t, p.Problem, crux.Options{Method: &optim.LBFGS{}})
	var rows [][]float64
	solve(t, s, 4, onStep(func(ctx context.Context, st *crux.Step) error {
		r, err := st.Run.Residuals(2).At(ctx, st)
		if err != nil {
			return err
		}
		rows = append(rows, slices.Clone(r.RawMatrix().Data))
		near(t, "mean of the shares", []float64{floats.Sum(e.seen[len(e.seen)-1].Loss) / 150}, []float64{st.Losses[2]}, map[bool]float64{true: 1e-13, false: math.Inf(1)}[st.Epoch == 0])
		return nil
	}))
	cloud, err := s.Cloud("shared")
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range e.seen {
		r := rows[max(0, k-1)]
		want := make([]float64, 150)
		for i := range want {
			want[i] = math.Hypot(r[2*i], r[2*i+1])
		}
		near(t, fmt.Sprintf("residuals seen at step %d", k), v.Residual, want, 1e-14)
		if v.Epoch != k || !slices.Equal(v.Coords, []string{"x", "y"}) || !slices.Equal(v.Hi, []float64{1, 1}) || !slices.Equal(v.X, cloud.X) || !slices.Equal(v.At, cloud.X) || v.From != nil {
			t.Errorf("step %d: %+v", k, v)
		}
	}
	if len(e.seen) != 4 {
		t.Errorf("asked %d times", len(e.seen))
	}
}

// Points that stay are found again, those that are new are known to be; weights of new points work at once.
func TestPointWeightsFollowThePoints(t *testing.T) {
	p := newPoisson()
	e := &emphasis{f: func(k int, p weights.Points) float64 { return p.X[2*k] }}
	p.Constraints[0].PointWeights = e
	s := newSolver(t, p.Problem, crux.Options{})
	solve(t, s, 3, onStep(func(ctx context.Context, st *crux.Step) error {
		mu, err := st.Run.Solver().PointWeights("pde")
		if err != nil {
			return err
		}
		r, err := st.Run.Residuals(0).At(ctx, st)
		if err != nil {
			return err
		}
		c := st.Run.Points(0)
		want := st.Losses[1]
		for k := range c.Len() {
			want += c.Row(k)[0] * r.At(k, 0) * r.At(k, 0) / float64(c.Len())
		}
		near(t, "loss", []float64{st.Loss}, []float64{want / 2}, 1e-13)
		if len(mu) != c.Len() {
			t.Errorf("%d weights for %d points", len(mu), c.Len())
		}
		if st.Epoch != 0 {
			return nil
		}
		next := c.Subset([]int{7, 3, 3})
		next.X = append(next.X, 0.125, 0.5)
		return st.Run.SetPoints(0, &domain.Cloud{Coords: next.Coords, X: next.X})
	}))
	if got := [][]int{e.seen[0].From, e.seen[1].From, e.seen[2].From}; got[0] != nil || got[2] != nil || !slices.Equal(got[1], []int{7, 3, 3, -1}) {
		t.Errorf("places %v", got)
	}
	if len(e.seen[1].Residual) != 150 || len(e.seen[1].At) != 300 || len(e.seen[2].Residual) != 4 {
		t.Errorf("residuals of %d and %d points", len(e.seen[1].Residual), len(e.seen[2].Residual))
	}
}

// A run in pieces, an interrupted step, and watching: each has the bits of the run in one go, with points that move.
func TestPointWeightsInPieces(t *testing.T) {
	for name, method := range methods {
		for scheme, make := range pointSchemes {
			t.Run(name+"/"+scheme, func(t *testing.T) {
				build := func() *crux.Solver {
					p := three()
					p.Constraints[0].On = p.box.Interior(60).Every(3)
					p.Constraints[0].PointWeights, p.Constraints[2].PointWeights = make(), make()
					return newSolver(t, p.Problem, crux.Options{Method: method()})
				}
				one, many := build(), build()
				solve(t, one, 12)
				for _, n := range []int{1, 4, 0, 4, 3} {
					if err := many.Measure(context.Background(), onStep(func(ctx context.Context, st *crux.Step) error {
						_, err := st.Run.Gradients().At(ctx, st)
						return err
					})); err != nil {
						t.Fatal(err)
					}
					stop := many.Epoch() + 1
					solve(t, many, n, onStep(func(_ context.Context, st *crux.Step) error {
						if st.Epoch == stop {
							return crux.Stop("a break")
						}
						return nil
					}))
					if k := stop - 1 + n - many.Epoch(); k > 0 {
						solve(t, many, k)
					}
				}
				sameRun(t, many, one)
			})
		}
	}
}

func TestPointWeightMistakes(t *testing.T) {
	shared := &weights.RBA{Gamma: 0.9}
	for says, set := range map[string]func(*poisson){
		"nil *weights.RBA":         func(p *poisson) { p.Constraints[0].PointWeights = (*weights.RBA)(nil) },
		`constraint "pde" as well`: func(p *poisson) { p.Constraints[0].PointWeights, p.Constraints[1].PointWeights = shared, shared },
		"may be negative": func(p *poisson) {
			p.Constraints[0].PointWeights, p.Constraints[0].Loss = shared, crux.Loss{Kind: crux.Sum}
		},
		`no coordinate "t"`: func(p *poisson) { p.Constraints[0].PointWeights = &weights.Causal{} },
		"Gamma is 1":        func(p *poisson) { p.Constraints[0].PointWeights = &weights.RBA{Gamma: 1} },
	} {
		p := newPoisson()
		set(p)
		if _, err := crux.New(p.Problem, crux.Options{}); err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "constraint") {
			t.Errorf("%s: %v", says, err)
		}
	}
	for says, f := range map[string]func(int, weights.Points) float64{
		"the weight of point 3 is NaN": func(k int, _ weights.Points) float64 { return map[bool]float64{true: math.NaN(), false: 1}[k == 3] },
		"the weight of point 0 is -1":  func(int, weights.Points) float64 { return -1 },
	} {
		p := newPoisson()
		p.Constraints[0].PointWeights = &emphasis{f: f}
		s := newSolver(t, p.Problem, crux.Options{})
		if res, err := s.Solve(context.Background(), 2); err == nil || !strings.Contains(err.Error(), says) || res.Steps != 0 {
			t.Errorf("%s: %v", says, err)
		}
	}
	p := newPoisson()
	p.Constraints[0].PointWeights = failing{}
	if _, err := newSolver(t, p.Problem, crux.Options{}).Solve(context.Background(), 1); !errors.Is(err, errFailing) || !strings.Contains(err.Error(), `"pde"`) {
		t.Errorf("%v", err)
	}
}

var errFailing = errors.New("no weights today")

type failing struct{ _ []int } // not comparable

func (failing) WeighPoints([]float64, weights.Points) error { return errFailing }

// A causal scheme may end the run, when all of time has been reached.
func TestCausalStop(t *testing.T) {
	x, time := ph.Coords2("x", "t")
	u := ph.NewField("u", net.MLP{Hidden: []int{5}}, x, time)
	box := domain.NewBox(domain.In(x, 0, 1), domain.In(time, 0, 2))
	c := &weights.Causal{Slabs: 4, Eps: []float64{1e-3, 1}, Delta: 0.9, Stop: true}
	s := newSolver(t, crux.Problem{Name: "relax", Constraints: []crux.Constraint{
		{Name: "pde", Residual: u.D(time).Add(u), On: box.Interior(50), PointWeights: c},
	}}, crux.Options{Method: &optim.LBFGS{}})
	res := solve(t, s, 500)
	if res.Status != crux.Stopped || !strings.Contains(res.Reason, "causal weights are above 0.9 at all times with the last ε, 1") || res.Steps == 0 {
		t.Errorf("%v after %d steps: %s", res.Status, res.Steps, res.Reason)
	}
}

// A step allocates nothing that grows with the number of points.
func TestPointWeightsDoNotAllocate(t *testing.T) {
	p := newPoisson()
	const n = 20000
	p.Constraints[0].On = p.box.Interior(n)
	for name, make := range pointSchemes {
		p.Constraints[0].PointWeights = make()
		s := newSolver(t, p.Problem, crux.Options{Workers: 1})
		solve(t, s, 3)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		solve(t, s, 4)
		runtime.ReadMemStats(&after)
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 8*n {
			t.Errorf("%s: 4 steps on %d points allocate %d bytes", name, n, grown)
		}
	}
}

// A step of Adam with and without point weights, on many points and a small network, where they cost most.
func BenchmarkPointWeights(b *testing.B) {
	names := []string{"none", "causal", "rba", "selfadaptive"}
	for _, name := range names {
		b.Run(name, func(b *testing.B) {
			p := newPoisson()
			p.u = ph.NewField("u", net.MLP{Hidden: []int{32, 32}}, p.x, p.y)
			p.Constraints = []crux.Constraint{{Residual: ph.Laplacian(p.u, p.x, p.y).Shift(1), On: p.box.Interior(8192)}}
			if f := pointSchemes[name]; f != nil {
				p.Constraints[0].PointWeights = f()
			}
			s := newSolver(b, p.Problem, crux.Options{})
			solve(b, s, 5)
			b.ReportAllocs()
			b.ResetTimer()
			solve(b, s, b.N)
		})
	}
}
