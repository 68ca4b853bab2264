package crux_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Different ways to the same numbers: what must not matter does not.

func TestSeveralSolvesAreOne(t *testing.T) {
	for name, method := range methods {
		t.Run(name, func(t *testing.T) {
			p := newPoisson()
			p.Constraints[0].On = p.Constraints[0].On.Every(4) // the counter of the resampling goes on as well
			one := newSolver(t, p.Problem, crux.Options{Method: method()})
			many := newSolver(t, p.Problem, crux.Options{Method: method()})
			solve(t, one, 12)
			for _, n := range []int{3, 0, 1, 8} {
				solve(t, many, n)
			}
			sameRun(t, many, one)
		})
	}
}

// A run that callbacks have stopped goes on as one that was not.
func TestInterruptedSolveGoesOn(t *testing.T) {
	for name, method := range methods {
		t.Run(name, func(t *testing.T) {
			p := newPoisson()
			one := newSolver(t, p.Problem, crux.Options{Method: method()})
			cut := newSolver(t, p.Problem, crux.Options{Method: method()})
			solve(t, one, 10)
			for e := 2; e <= 6; e += 2 {
				solve(t, cut, 10-cut.Epoch(), onStep(func(_ context.Context, s *crux.Step) error {
					if s.Epoch == e {
						return crux.Stop("a break")
					}
					return nil
				}))
			}
			solve(t, cut, 10-cut.Epoch())
			sameRun(t, cut, one)
		})
	}
}

func TestWorkersDoNotMatter(t *testing.T) {
	for name, method := range methods {
		for _, precision := range []crux.Precision{crux.Float64, crux.Float32} {
			t.Run(fmt.Sprintf("%s/%d", name, precision), func(t *testing.T) {
				p := newPoisson()
				p.Constraints[0].On = p.box.Interior(1500) // several chunks
				var first *crux.Solver
				for _, w := range []int{1, 2, 3, 1} {
					s := newSolver(t, p.Problem, crux.Options{Method: method(), Workers: w, Precision: precision, Seed: 3})
					if _, err := s.Solve(context.Background(), 6); err != nil {
						t.Fatal(err)
					}
					if first == nil {
						first = s
						continue
					}
					sameRun(t, s, first)
				}
			})
		}
	}
}

// Everything that a callback can look at leaves the trajectory alone, bit for bit.
func TestWatchingChangesNothing(t *testing.T) {
	for name, method := range methods {
		t.Run(name, func(t *testing.T) {
			p := newPoisson()
			p.Constraints = append(p.Constraints, crux.Constraint{Name: "shared", Residual: p.u.D(p.x), On: p.Constraints[0].On})
			plain := newSolver(t, p.Problem, crux.Options{Method: method()})
			seen := newSolver(t, p.Problem, crux.Options{Method: method()})
			solve(t, plain, 8)
			var e *crux.Evaluator
			watch := &hook{
				begin: func(r *crux.Run) (err error) {
					e, err = r.Solver().Compile(ph.Laplacian(p.u, p.x, p.y), p.box.Interior(20).With(domain.Uniform{}))
					return err
				},
				step: func(ctx context.Context, s *crux.Step) error {
					g, err := s.Run.Gradients().At(ctx, s)
					if err != nil {
						return err
					}
					if _, err := s.Run.Residuals(1).At(ctx, s); err != nil {
						return err
					}
					if _, err := e.Eval(); err != nil {
						return err
					}
					n := s.Run.Parameters()
					hv, other := make([]float64, n), s.Theta()
					if err := s.Run.HVP(hv, nil, g.RawRowView(0)); err != nil {
						return err
					}
					for i := range other {
						other[i] += hv[i]
					}
					return s.Run.LossesAt(make([]float64, 3), other)
				},
			}
			solve(t, seen, 4, watch)
			if err := seen.Measure(context.Background(), watch); err != nil {
				t.Fatal(err)
			}
			if _, err := seen.Eval(p.u, p.box.Grid(5)); err != nil {
				t.Fatal(err)
			}
			solve(t, seen, 4, watch)
			sameRun(t, seen, plain)
		})
	}
}

// Constraints in another order have the same losses and gradients, in that order. Points drawn for two constraints at once
// are the same too. Sums of residuals on one point set are formed in another order, so the last digits differ.
func TestPermutedConstraints(t *testing.T) {
	p := newPoisson()
	k := ph.NewParam("k", 0.7)
	p.Constraints = append(p.Constraints,
		crux.Constraint{Name: "shared", Residual: k.Mul(p.u.D(p.x)), On: p.Constraints[0].On},
		crux.Constraint{Name: "left", Residual: p.u.Shift(1), On: p.box.Face(p.x, 0, 9).With(domain.Uniform{})})
	order := []int{3, 2, 1, 0}
	q := crux.Problem{Name: p.Name}
	for _, i := range order {
		q.Constraints = append(q.Constraints, p.Constraints[i])
	}
	a, b := newSolver(t, p.Problem, crux.Options{}), newSolver(t, q, crux.Options{})
	la, ga := measure(t, a)
	lb, gb := measure(t, b)
	// θ is in order of first use, so entries are compared parameter by parameter.
	at := map[string]int{}
	off := 0
	for _, e := range a.Parameters() {
		at[e.Path] = off
		off += len(e.Data)
	}
	for i, j := range order {
		near(t, "loss", lb[i:i+1], la[j:j+1], 1e-14)
		off := 0
		for _, e := range b.Parameters() {
			n := len(e.Data)
			near(t, e.Path, gb.RawRowView(i)[off:off+n], ga.RawRowView(j)[at[e.Path]:at[e.Path]+n], 1e-12)
			off += n
		}
	}
}

func measure(t testing.TB, s *crux.Solver) ([]float64, *mat.Dense) {
	t.Helper()
	l, err := s.Losses(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	g, err := s.Gradients(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return l, g
}

// L = mean r², so c·r has c² times the loss and the gradient. A power of two leaves the digits as they are.
func TestScaledResidual(t *testing.T) {
	p := newPoisson()
	l, g := measure(t, newSolver(t, p.Problem, crux.Options{}))
	for _, c := range []float64{4, 0.3} {
		p.Constraints[0].Residual = p.Constraints[0].Residual.Scale(c)
		lc, gc := measure(t, newSolver(t, p.Problem, crux.Options{}))
		near(t, "scaled loss", lc[:1], []float64{l[0] * c * c}, 1e-13)
		near(t, "scaled gradient norm", []float64{mat.Norm(gc.RowView(0), 2)}, []float64{mat.Norm(g.RowView(0), 2) * c * c}, 1e-12)
		sameBits(t, "other gradient", gc.RawRowView(1), g.RawRowView(1))
		l, g = lc, gc
	}
}

// A constant weight scales a loss in the training loss and nowhere else.
func TestConstantWeight(t *testing.T) {
	p := newPoisson()
	p.Constraints[1].Weight = 25
	s := newSolver(t, p.Problem, crux.Options{})
	solve(t, s, 1, onStep(func(_ context.Context, st *crux.Step) error {
		near(t, "loss", []float64{st.Loss}, []float64{(st.Losses[0] + 25*st.Losses[1]) / 2}, 1e-15)
		return nil
	}))
}

func TestResampling(t *testing.T) {
	p := newPoisson()
	p.Constraints[0].On = p.Constraints[0].On.Every(3)
	s := newSolver(t, p.Problem, crux.Options{})
	var clouds []*domain.Cloud
	keep := onStep(func(_ context.Context, st *crux.Step) error {
		clouds = append(clouds, st.Run.Points(0))
		if b := st.Run.Points(1); st.Epoch > 0 && b.Len() != 40 {
			t.Errorf("%d points on the boundary", b.Len())
		}
		return nil
	})
	solve(t, s, 4, keep)
	solve(t, s, 4, keep)
	for e := 1; e < 8; e++ {
		if fresh := !slices.Equal(clouds[e].X, clouds[e-1].X); fresh != (e%3 == 0) {
			t.Errorf("epoch %d: new points: %v", e, fresh)
		}
	}
	// Points that a callback sets come with the next step, and stay.
	set := &domain.Cloud{Coords: clouds[0].Coords, X: []float64{0.25, 0.5, 0.75, 0.5}}
	s = newSolver(t, withoutResampling(p), crux.Options{Method: &optim.LBFGS{}})
	solve(t, s, 3, onStep(func(ctx context.Context, st *crux.Step) error {
		want := 150
		if st.Epoch > 0 {
			want = 2
		}
		r, err := st.Run.Residuals(0).At(ctx, st)
		if err != nil {
			return err
		}
		if n, _ := r.Dims(); n != want || st.Run.Points(0).Len() != want {
			t.Errorf("epoch %d: %d residuals, %d points, want %d", st.Epoch, n, st.Run.Points(0).Len(), want)
		}
		near(t, "loss", st.Losses[:1], []float64{sumSquares(r) / float64(want)}, 1e-13)
		if st.Epoch > 0 {
			return nil
		}
		for _, bad := range []*domain.Cloud{nil, {}, {Coords: set.Coords[:1], X: []float64{1}}, {Coords: set.Coords, X: []float64{1, 2, 3}}} {
			if err := st.Run.SetPoints(0, bad); err == nil {
				t.Errorf("SetPoints accepts %v", bad)
			}
		}
		return st.Run.SetPoints(0, set)
	}))
	if c, err := s.Cloud("pde"); err != nil || c.Len() != 2 {
		t.Errorf("%d points in the end, %v", c.Len(), err)
	}
}

// withoutResampling is the problem without resampling.
func withoutResampling(p *poisson) crux.Problem {
	q := p.Problem
	q.Constraints = slices.Clone(q.Constraints)
	q.Constraints[0].On = q.Constraints[0].On.Every(0)
	return q
}

// Constraints on one point set, by pointer, have the same points; equal specifications have points of their own.
func TestSharedPoints(t *testing.T) {
	p := newPoisson()
	pts := p.box.Interior(30)
	s := newSolver(t, crux.Problem{Name: "shared", Constraints: []crux.Constraint{
		{Name: "a", Residual: p.u, On: pts},
		{Name: "b", Residual: p.u.D(p.x), On: pts},
		{Name: "c", Residual: p.u, On: p.box.Interior(30)},
	}}, crux.Options{})
	cloud := func(name string) *domain.Cloud {
		c, err := s.Cloud(name)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if cloud("a") != cloud("b") {
		t.Error("shared points differ")
	}
	if slices.Equal(cloud("a").X, cloud("c").X) {
		t.Error("points of another set are the same")
	}
	// the gradient of the training loss agrees with the rows, each from a sweep of its own
	_, g := measure(t, s)
	solve(t, s, 1, onStep(func(_ context.Context, st *crux.Step) error {
		sum := make([]float64, len(st.Grad))
		for i := range sum {
			for k := range 3 {
				sum[i] += g.At(k, i) / 3
			}
		}
		near(t, "gradient", st.Grad, sum, 1e-13)
		return nil
	}))
}

// The seed decides everything, and only it.
func TestSeed(t *testing.T) {
	run := func(seed uint64) *crux.Solver {
		p := newPoisson() // built again: nothing hangs on pointers
		s := newSolver(t, p.Problem, crux.Options{Seed: seed})
		solve(t, s, 3)
		return s
	}
	a, b, c := run(5), run(5), run(6)
	sameRun(t, b, a)
	if math.Float64bits(a.History().Loss[0]) == math.Float64bits(c.History().Loss[0]) {
		t.Error("another seed gives the same loss")
	}
}
