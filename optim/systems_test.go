package optim_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"

	"github.com/crux-pinn/crux/optim"
	"github.com/crux-pinn/crux/optim/internal/normal"
	"github.com/crux-pinn/crux/optim/internal/vec"
	"github.com/crux-pinn/crux/optim/optimtest"
)

// lent is an objective that lends so many workers.
func lent(f source, workers int) optim.Objective {
	o := f.Objective()
	o.Pool = vec.Crew(workers)
	return o
}

// iterates are the first two iterates of a step at theta for λ in units of the trace.
func iterates(t *testing.T, of normal.Systems, f *optimtest.Func, theta []float64, lambda float64) (first, second []float64) {
	t.Helper()
	l := optim.System(f.Objective())
	a, _, err := of.At(t.Context(), l, vec.Crew(2), make([]float64, len(theta)), theta)
	if err != nil {
		t.Fatal(err)
	}
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

// Where the sketch has as many directions as J has rank, its steps are the exact ones; with fewer, a step is the best one of the
// subspace, so it lowers ½‖s + Jδ‖² + ½λ‖δ‖² less than the exact one, but it does.
func TestSketchAgrees(t *testing.T) {
	p := newPINN(24, 7, 7)
	theta := p.start(1)
	const rows = 25 // one of which says nothing
	f := &optimtest.Func{F: p.eval, Count: rows, Squares: func(theta []float64, row func(s float64, ds []float64)) {
		p.squares(theta, row)
		row(0, make([]float64, len(theta)))
	}}
	const lambda = 1e-6
	first, second := iterates(t, normal.Systems{}, f, theta, lambda)
	a, b := iterates(t, normal.Systems{Sketch: 24}, f, theta, lambda)
	for what, e := range map[string]float64{"steps": relative(a, first), "corrected steps": relative(b, second)} {
		if !(e < 1e-7) {
			t.Errorf("%s differ by %.1e", what, e)
		}
	}
	// ‖s + Jδ‖² + λ tr(JᵀJ) ‖δ‖² is what the exact step makes least, of all steps.
	model := func(d []float64) float64 {
		sum, trace := 0.0, 0.0
		f.Squares(theta, func(s float64, ds []float64) {
			s += floats.Dot(ds, d)
			sum += s * s
			trace += floats.Dot(ds, ds)
		})
		return sum + lambda*trace*floats.Dot(d, d)
	}
	exact, last := model(first), model(make([]float64, len(theta)))
	for _, k := range []int{2, 6, 12} {
		d, _ := iterates(t, normal.Systems{Sketch: k}, f, theta, lambda)
		m := model(d)
		if !(m < last && m > exact*(1-1e-6)) { // twelve directions have nearly all of it
			t.Errorf("%d directions: the damped model is %.5g, before %.5g, exactly %.5g", k, m, last, exact)
		}
		last = m
	}
}

// The bits of sketched steps depend on the seed and not on the number of workers.
func TestSketchWorkers(t *testing.T) {
	run := func(workers int, seed uint64) []float64 {
		p := newPINN(200, 12, 12)
		theta := p.start(1)
		f := &optimtest.Func{F: p.eval, Squares: p.squares, Count: 200}
		m := &optim.LevenbergMarquardt{Sketch: 30, Seed: seed}
		initialised(t, m, len(theta))
		for range 3 {
			if _, err := m.Step(t.Context(), lent(f, workers), theta); err != nil {
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

// Where matrices would be larger than 5000×5000 a step stays in a subspace of 300 directions by itself, and takes the memory of that.
func TestSketchBySize(t *testing.T) {
	own, sketched := normal.Systems{}, normal.Systems{Sketch: 300}
	for _, size := range [][2]int{{5001, 5001}, {8000, 6000}} {
		if got, want := own.Memory(size[0], size[1]), sketched.Memory(size[0], size[1]); got != want {
			t.Errorf("%v: %d bytes, with a sketch %d", size, got, want)
		}
	}
	if own.Memory(5000, 9000) <= 3*sketched.Memory(5000, 9000) {
		t.Error("5000 rows have no matrix")
	}
}
