package optim_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/optim"
	"github.com/crux-pinn/crux/optim/optimtest"
)

// naturalGradients are the variants that the tests below go through.
var naturalGradients = map[string]func() optim.Method{
	"plain":         func() optim.Method { return &optim.NaturalGradient{} },
	"damped":        func() optim.Method { return &optim.NaturalGradient{Damping: 1e-4} },
	"with momentum": func() optim.Method { return &optim.NaturalGradient{Damping: 1e-4, Momentum: 0.9} },
	"no matrix":     func() optim.Method { return optim.Iterating(&optim.NaturalGradient{Damping: 1e-4}, 2) },
}

func TestNaturalGradientCertified(t *testing.T) {
	for name, m := range naturalGradients {
		t.Run(name, func(t *testing.T) { settlesCertified(t, m) })
	}
}

func TestNaturalGradientRankDeficient(t *testing.T) {
	for name, m := range naturalGradients {
		t.Run(name, func(t *testing.T) { settlesRankDeficient(t, m()) })
	}
}

func TestNaturalGradientRosenbrock(t *testing.T) {
	for name, m := range naturalGradients {
		theta := optimtest.RosenbrockStart(2)
		if loss := settle(t, m(), optimtest.RosenbrockFunc(2), theta, 200); !(loss < 1e-25) || !near(theta, []float64{1, 1}, 1e-12) {
			t.Errorf("%s: loss %v at %v", name, loss, theta)
		}
	}
}

// On a quadratic a step of length 1 leaves λ/(σ² + λ) of the error along each axis, where σ² is the curvature, and λ is a quarter
// of what it was.
func TestNaturalGradientRate(t *testing.T) {
	const n, cond, damping = 4, 100.0, 1e-2
	theta, want := []float64{1, -1, 2, 3}, []float64{1, -1, 2, 3}
	m := initialised(t, &optim.NaturalGradient{Damping: damping}, n)
	var curvature [n]float64
	trace := 0.0
	for i := range curvature {
		curvature[i] = math.Pow(cond, float64(i)/(n-1))
		trace += curvature[i]
	}
	lambda := damping * trace
	for k := range 4 {
		take(t, m, optimtest.BowlFunc(n, cond), theta, 1)
		for i, c := range curvature {
			want[i] *= lambda / (c + lambda)
		}
		lambda /= 4
		if !near(theta, want, 1e-13) {
			t.Fatalf("step %d: θ = %v, want %v", k, theta, want)
		}
	}
}

// hump is (log cosh)-like: from far away a full Gauss–Newton step overshoots to where the loss is higher, so that the line search
// has to shorten it. s = √2·atan θ.
func TestNaturalGradientShortens(t *testing.T) {
	f := squares(1, func(theta []float64, add func(float64, []float64)) {
		add(math.Atan(theta[0]), []float64{1 / (1 + theta[0]*theta[0])})
	})
	theta := []float64{3}
	m := initialised(t, &optim.NaturalGradient{}, 1)
	full := 3 - math.Atan(3)*10 // −9.5
	if math.Abs(math.Atan(full)) < math.Atan(3) {
		t.Fatal("the full step is not too long")
	}
	take(t, m, f, theta, 1)
	// of 3 + α·(full − 3) = 3 − 12.49α, α = ¼ comes nearest to 0
	if want := 3 + (full-3)/4; math.Abs(theta[0]-want) > 1e-9 {
		t.Errorf("θ = %v after a step from 3, want %v", theta[0], want)
	}
	if loss := settle(t, m, f, theta, 50); !(loss < 1e-30) {
		t.Errorf("loss %v at the end", loss)
	}
}

// Steps with the kernel are those with the normal equations, up to rounding, with and without momentum.
func TestNaturalGradientDual(t *testing.T) {
	for _, mu := range []float64{0, 0.9} {
		run := func(f *optimtest.Func) []float64 {
			theta := []float64{1, -1, 2, 0.5, 0.25, -0.5}
			take(t, initialised(t, &optim.NaturalGradient{Damping: 1e-3, Momentum: mu}, 6), f, theta, 4)
			return theta
		}
		if got, want := run(underdetermined()), run(padded(underdetermined())); !near(got, want, 1e-9) {
			t.Errorf("momentum %g: with the kernel θ = %v, with the normal equations %v", mu, got, want)
		}
	}
}

// So are steps without a matrix, to the tolerance of the iteration; what they leave of φ where J sees nothing is exact.
func TestNaturalGradientForms(t *testing.T) {
	for name, points := range map[string]int{"fewer rows than parameters": 24, "more": 200} {
		p := newPINN(points, 7, 7)
		theta, phi := p.start(1), p.start(2)
		f := &optimtest.Func{F: p.eval, Squares: p.squares, Count: points}
		const lambda = 1e-6
		want, err := optim.Resumed(t.Context(), "normal", f, theta, phi, lambda, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			form      string
			tolerance float64
			rows      int
			within    float64
		}{{"kernel", 0, 0, 1e-7}, {"no matrix", 1e-12, points, 1e-7}, {"no matrix", 1e-12, points / 2, 1e-2}} { // half the rows: another trace, another λ
			got, err := optim.Resumed(t.Context(), c.form, f, theta, phi, lambda, c.tolerance, c.rows)
			if err != nil {
				t.Fatal(err)
			}
			if e := relative(got, want); !(e <= c.within) {
				t.Errorf("%s: %s with %d rows differs by %.1e, want %.0e", name, c.form, c.rows, e, c.within)
			}
		}
	}
}

func TestNaturalGradientWorkers(t *testing.T) {
	const n = 300 // several tiles
	run := func(workers int) []float64 {
		theta := optimtest.RosenbrockStart(n)
		take(t, initialised(t, &optim.NaturalGradient{Workers: workers, Momentum: 0.5}, n), optimtest.RosenbrockFunc(n), theta, 5)
		return theta
	}
	if !slices.Equal(run(1), run(3)) {
		t.Error("the number of workers changes the bits")
	}
}

func TestNaturalGradientRefuses(t *testing.T) {
	for _, m := range []optim.Method{&optim.NaturalGradient{}, &optim.SPRING{}} {
		initialised(t, m, 2)
		if _, err := m.Step(t.Context(), onlyGradients{misra()}, []float64{5, 1}); err == nil || !strings.Contains(err.Error(), "use mean squares") {
			t.Errorf("%T: an objective without residuals: %v", m, err)
		}
	}
	for _, c := range []struct {
		name string
		m    optim.Method
	}{
		{"Damping", &optim.NaturalGradient{Damping: -1}},
		{"Damping", &optim.NaturalGradient{Damping: math.Inf(1)}},
		{"Momentum", &optim.NaturalGradient{Momentum: 1}},
		{"Momentum", &optim.SPRING{Momentum: math.NaN()}},
		{"GradTol", &optim.NaturalGradient{GradTol: -1}},
		{"MaxTrials", &optim.NaturalGradient{MaxTrials: -1}},
		{"Workers", &optim.NaturalGradient{Workers: -1}},
		{"Damping", &optim.SPRING{Damping: math.NaN()}},
		{"Norm", &optim.SPRING{Norm: -1}},
		{"Workers", &optim.SPRING{Workers: -1}},
	} {
		if err := c.m.Init(optim.Flat(2)); err == nil || !strings.Contains(err.Error(), c.name) {
			t.Errorf("%+v: %v", c.m, err)
		}
	}
}

// reasons of the end.
func TestNaturalGradientEnds(t *testing.T) {
	for _, c := range []struct {
		want  optim.Reason
		m     *optim.NaturalGradient
		f     *optimtest.Func
		theta []float64
	}{
		{optim.GradientTolerance, &optim.NaturalGradient{GradTol: 1e-3}, optimtest.RosenbrockFunc(2), optimtest.RosenbrockStart(2)},
		{optim.DampingLimit, &optim.NaturalGradient{}, &optimtest.Func{ // a gradient that points the wrong way
			F: func(grad, theta []float64) float64 { grad[0] = -theta[0]; return theta[0] * theta[0] / 2 }, Count: 1,
			Squares: func(theta []float64, row func(float64, []float64)) { row(theta[0], []float64{-1}) },
		}, []float64{1}},
	} {
		initialised(t, c.m, len(c.theta))
		var err error
		for k := 0; k < 200 && err == nil; k++ {
			_, err = c.m.Step(t.Context(), c.f, c.theta)
		}
		var end *optim.ConvergedError
		if !errors.As(err, &end) || end.Reason != c.want {
			t.Errorf("ended with %v, want %v", err, c.want)
		}
	}
}

func ExampleNaturalGradient() {
	theta := []float64{-1.2, 1}
	m := &optim.NaturalGradient{}
	if err := m.Init(optim.Flat(2)); err != nil {
		fmt.Println(err)
	}
	f := optimtest.RosenbrockFunc(2)
	var err error
	for err == nil {
		_, err = m.Step(context.Background(), f, theta)
	}
	fmt.Printf("%.6f %v\n", theta, errors.Is(err, optim.ErrConverged))
	// Output:
	// [1.000000 1.000000] true
}
