package optim_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/crux-pinn/crux/optim"
	"github.com/crux-pinn/crux/optim/internal/normal"
	"github.com/crux-pinn/crux/optim/internal/vec"
	"github.com/crux-pinn/crux/optim/optimtest"
)

// All forms give the same step and the same correction, up to the tolerance of the iteration; whether the sample has all rows, so
// that one iteration is enough, or fewer.
func TestMatrixFreeAgrees(t *testing.T) {
	for name, points := range map[string]int{"fewer rows than parameters": 24, "more": 200} {
		p := newPINN(points, 7, 7)
		theta := p.start(1)
		f := &optimtest.Func{F: p.eval, Squares: p.squares, Count: points}
		const lambda = 1e-6 // of the trace, which is exact for all forms but the one with few rows
		first, second := iterates(t, normal.Systems{Form: normal.Primal}, f, theta, lambda, 0)
		compare := func(form normal.Form, rows int, tol, want float64) {
			t.Helper()
			a, b := iterates(t, normal.Systems{Form: form, Rows: rows}, f, theta, lambda, tol)
			if e, g := relative(a, first), relative(b, second); !(e <= want && g <= want) {
				t.Errorf("%s, form %d, %d rows: steps differ by %.1e, corrected ones by %.1e; want %.0e", name, form, rows, e, g, want)
			}
		}
		compare(normal.Dual, 0, 0, 1e-8)
		compare(normal.Iterative, points, 1e-12, 1e-8)
		compare(normal.Iterative, points, 1e-3, 1e-6) // the preconditioner is the inverse
	}
}

// iterates are the first two iterates of a step at theta for λ in units of the trace.
func iterates(t *testing.T, of normal.Systems, f *optimtest.Func, theta []float64, lambda, tolerance float64) (first, second []float64) {
	t.Helper()
	l := optim.System(f.Objective())
	a, _, err := of.At(t.Context(), l, vec.Crew(2), make([]float64, len(theta)), theta)
	if err != nil {
		t.Fatal(err)
	}
	of.Tolerate(tolerance)
	d, s, x := make([]float64, len(theta)), make([]float64, l.Rows), slices.Clone(theta)
	if err := l.Scaled(t.Context(), s, theta); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Factorize(t.Context(), lambda*a.Trace()); err != nil {
		t.Fatal(err)
	}
	if err := a.Start(t.Context(), d, s); err != nil {
		t.Fatal(err)
	}
	first = slices.Clone(d)
	vec.Axpy(1, d, x)
	at := make([]float64, l.Rows)
	if err := errors.Join(l.Scaled(t.Context(), at, x), a.Correct(t.Context(), d, at)); err != nil {
		t.Fatal(err)
	}
	return first, d
}

func relative(x, y []float64) float64 {
	num, den := 0.0, 0.0
	for i := range x {
		num += (x[i] - y[i]) * (x[i] - y[i])
		den += y[i] * y[i]
	}
	return math.Sqrt(num / den)
}

// Twelve of 48 rows converge to the step of all rows for the same λ.
func TestMatrixFreeSample(t *testing.T) {
	p := newPINN(48, 7, 7)
	theta := p.start(1)
	f := &optimtest.Func{F: p.eval, Squares: p.squares, Count: 48}
	part, err := f.Objective().Squares.Sample(t.Context(), 12, 0)
	if err != nil {
		t.Fatal(err)
	}
	trace := func(f optim.Objective) (sum float64) {
		j := make([]float64, f.Squares.Rows()*len(theta))
		if err := f.Squares.Jacobian(t.Context(), j, 0, theta); err != nil {
			t.Fatal(err)
		}
		for _, x := range j {
			sum += x * x
		}
		return sum
	}
	const lambda = 1e-4
	want, _ := iterates(t, normal.Systems{Form: normal.Primal}, f, theta, lambda*trace(part)/trace(f.Objective()), 0)
	got, _ := iterates(t, normal.Systems{Form: normal.Iterative, Rows: 12}, f, theta, lambda, 1e-10)
	if e := relative(got, want); !(e < 1e-7) {
		t.Errorf("steps differ by %.1e", e)
	}
}

// Where both sides are above 5000 there is no matrix: with one this test would take 800 MB and 8·10¹⁰ operations a step.
func TestMatrixFreeLarge(t *testing.T) {
	const n = 5001
	theta := make([]float64, n)
	for i := range theta {
		theta[i] = 1
	}
	m := &optim.LevenbergMarquardt{}
	initialised(t, m, n)
	f := &banded{n: n}
	if err := m.Info(f.Objective()).Err; err != nil {
		t.Fatal(err)
	}
	var loss float64
	for range 8 {
		var err error
		if loss, err = m.Step(t.Context(), f.Objective(), theta); err != nil {
			t.Fatal(err)
		}
	}
	if !(loss < 1e-12) {
		t.Errorf("loss %v after 8 steps", loss)
	}
}

// banded has the residuals s_k = θ_k + 0.3·sin θ_{k+1}, cyclic, with products in O(n).
type banded struct{ n int }

// objective has no samples and no matrices: these must not be asked for.
func (b *banded) Objective() optim.Objective {
	return optim.Objective{Loss: b.Loss, Grad: b.Grad, Squares: &optim.Squares{
		Rows: func() int { return b.n }, Scaled: b.Scaled, MulJ: b.MulJ, MulJT: b.MulJT,
	}}
}

func (b *banded) Scaled(_ context.Context, dst, theta []float64) error {
	for k := range dst {
		dst[k] = theta[k] + 0.3*math.Sin(theta[(k+1)%b.n])
	}
	return nil
}

func (b *banded) MulJ(_ context.Context, dst, v, theta []float64) error {
	for k := range dst {
		i := (k + 1) % b.n
		dst[k] = v[k] + 0.3*math.Cos(theta[i])*v[i]
	}
	return nil
}

func (b *banded) MulJT(_ context.Context, dst, u, theta []float64) error {
	copy(dst, u)
	for k := range u {
		i := (k + 1) % b.n
		dst[i] += 0.3 * math.Cos(theta[i]) * u[k]
	}
	return nil
}

func (b *banded) Loss(ctx context.Context, theta []float64) (float64, error) {
	s := make([]float64, b.n)
	if err := b.Scaled(ctx, s, theta); err != nil {
		return math.NaN(), err
	}
	sum := 0.0
	for _, x := range s {
		sum += x * x / 2
	}
	return sum, nil
}

func (b *banded) Grad(ctx context.Context, grad, theta []float64) (float64, error) {
	s := make([]float64, b.n)
	if err := b.Scaled(ctx, s, theta); err != nil {
		return math.NaN(), err
	}
	loss, err := b.Loss(ctx, theta)
	if err != nil {
		return loss, err
	}
	return loss, b.MulJT(ctx, grad, s, theta)
}

// Where the sketch has as many directions as J has rank, its steps are the exact ones; with fewer, a step is the best one of the
// subspace, so it lowers ½‖s + Jδ‖² + ½λ‖δ‖² less than the exact one, but it does.
func TestSketchAgrees(t *testing.T) {
	p := newPINN(24, 7, 7)
	theta := p.start(1)
	f := &optimtest.Func{F: p.eval, Squares: p.squares, Count: 24}
	const lambda = 1e-6
	first, second := iterates(t, normal.Systems{Form: normal.Primal}, f, theta, lambda, 0)
	a, b := iterates(t, normal.Systems{Form: normal.Primal, Sketch: 24}, f, theta, lambda, 0)
	for what, e := range map[string]float64{"steps": relative(a, first), "corrected steps": relative(b, second)} {
		if !(e < 1e-7) {
			t.Errorf("%s differ by %.1e", what, e)
		}
	}
	q := f.Objective().Squares
	model := func(d []float64) float64 {
		s, jd := make([]float64, 24), make([]float64, 24)
		if err := errors.Join(q.Scaled(t.Context(), s, theta), q.MulJ(t.Context(), jd, d, theta)); err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for i := range s {
			sum += (s[i] + jd[i]) * (s[i] + jd[i])
		}
		return sum
	}
	zero, exact := model(make([]float64, len(theta))), model(first)
	last := zero
	for _, k := range []int{2, 6, 12} {
		d, _ := iterates(t, normal.Systems{Form: normal.Primal, Sketch: k}, f, theta, lambda, 0)
		if m := model(d); !(m < last && m > exact) {
			t.Errorf("%d directions: ‖s + Jδ‖² = %.3g, before %.3g, exactly %.3g", k, m, last, exact)
		} else {
			last = m
		}
	}
}

// The bits of sketched steps depend on the seed and not on the number of workers.
func TestSketchWorkers(t *testing.T) {
	run := func(workers int, seed uint64) []float64 {
		p := newPINN(200, 12, 12)
		theta := p.start(1)
		f := &optimtest.Func{F: p.eval, Squares: p.squares, Count: 200}
		m := &optim.LevenbergMarquardt{Sketch: 30, Workers: workers, Seed: seed}
		initialised(t, m, len(theta))
		for range 3 {
			if _, err := m.Step(t.Context(), f.Objective(), theta); err != nil {
				t.Fatal(err)
			}
		}
		return theta
	}
	one := run(1, 3)
	for _, workers := range []int{2, 5} {
		if !slices.Equal(run(workers, 3), one) {
			t.Errorf("%d workers give other bits than one", workers)
		}
	}
	if slices.Equal(run(1, 4), one) {
		t.Error("another seed gives the same bits")
	}
}
