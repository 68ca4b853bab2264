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
	"github.com/crux-pinn/crux/optim/internal/normal"
	"github.com/crux-pinn/crux/optim/optimtest"
)

// squares is the loss Σ r² of count residuals with their derivatives: rows calls add once for each.
func squares(count int, rows func(theta []float64, add func(r float64, dr []float64))) *optimtest.Func {
	return &optimtest.Func{
		F: func(grad, theta []float64) float64 {
			clear(grad)
			loss := 0.0
			rows(theta, func(r float64, dr []float64) {
				loss += r * r
				for i, d := range dr {
					grad[i] += 2 * r * d
				}
			})
			return loss
		},
		Count: count,
		Squares: func(theta []float64, row func(s float64, ds []float64)) {
			rows(theta, func(r float64, dr []float64) {
				ds := make([]float64, len(dr))
				for i, d := range dr {
					ds[i] = math.Sqrt2 * d
				}
				row(math.Sqrt2*r, ds)
			})
		},
	}
}

// misra is NIST's problem Misra1a, y = b₁(1 − exp(−b₂x)), with b = (100θ₁, 10⁻⁴θ₂).
func misra() *optimtest.Func {
	x := []float64{77.6, 114.9, 141.1, 190.8, 239.9, 289.0, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1, 760.0}
	y := []float64{10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.40, 75.47, 81.78}
	return squares(len(x), func(theta []float64, add func(float64, []float64)) {
		for k := range x {
			e := math.Exp(-1e-4 * theta[1] * x[k])
			add(100*theta[0]*(1-e)-y[k], []float64{100 * (1 - e), 100 * theta[0] * 1e-4 * x[k] * e})
		}
	})
}

// settle steps until there is nothing left to improve.
func settle(t *testing.T, m optim.Method, f source, theta []float64, most int) (loss float64) {
	t.Helper()
	initialised(t, m, len(theta))
	for range most {
		var err error
		if loss, err = m.Step(t.Context(), f.Objective(), theta); errors.Is(err, optim.ErrConverged) {
			return loss
		} else if err != nil {
			t.Fatal(err)
		}
	}
	t.Errorf("not converged after %d steps, loss %v", most, loss)
	return loss
}

// ratkowsky is NIST's problem Rat42, the logistic y = b₁/(1 + exp(b₂ − b₃x)), with b = (100θ₁, θ₂, θ₃/10).
func ratkowsky() *optimtest.Func {
	x := []float64{9, 14, 21, 28, 42, 57, 63, 70, 79}
	y := []float64{8.93, 10.80, 18.59, 22.33, 39.35, 56.11, 61.73, 64.62, 67.08}
	return squares(len(x), func(theta []float64, add func(float64, []float64)) {
		for k := range x {
			e := math.Exp(theta[1] - theta[2]/10*x[k])
			q := 1 / (1 + e)
			d := 100 * theta[0] * q * q * e
			add(100*theta[0]*q-y[k], []float64{100 * q, -d, d * x[k] / 10})
		}
	})
}

// certified are values of NIST's statistical reference data sets, from their first starts.
var certified = []struct {
	name        string
	f           func() *optimtest.Func
	start, want []float64
	squares     float64
}{
	{"Misra1a", misra, []float64{5, 1}, []float64{2.3894212918, 5.5015643181}, 1.2455138894e-1},
	{"Rat42", ratkowsky, []float64{1, 1, 1}, []float64{0.72462237576, 2.6180768402, 0.67359200066}, 8.0565229338},
}

func TestLevenbergMarquardtCertified(t *testing.T) {
	for _, c := range certified {
		theta := slices.Clone(c.start)
		loss := settle(t, &optim.LevenbergMarquardt{}, c.f(), theta, 200)
		for i, want := range c.want {
			if math.Abs(theta[i]-want) > 1e-6*want {
				t.Errorf("%s: theta[%d] = %.11g, certified %.11g", c.name, i, theta[i], want)
			}
		}
		if math.Abs(loss-c.squares) > 1e-9*c.squares {
			t.Errorf("%s: sum of squares %.11g, certified %.11g", c.name, loss, c.squares)
		}
	}
}

// rankDeficient depends on θ₁ + θ₂ and θ₃² only: A has rank 2, and θ₄ is in no residual.
func rankDeficient() *optimtest.Func {
	return squares(3, func(theta []float64, add func(float64, []float64)) {
		add(theta[0]+theta[1]-2, []float64{1, 1, 0, 0})
		add(3*(theta[0]+theta[1])-6, []float64{3, 3, 0, 0})
		add(theta[2]*theta[2]-1, []float64{0, 0, 2 * theta[2], 0})
	})
}

func TestLevenbergMarquardtRankDeficient(t *testing.T) {
	theta := []float64{4, 0, 3, 7}
	loss := settle(t, &optim.LevenbergMarquardt{}, rankDeficient(), theta, 200)
	for i, got := range []float64{theta[0] + theta[1], theta[2], theta[3]} { // along θ₁ − θ₂ only rounding moves it
		if want := []float64{2, 1, 7}[i]; math.Abs(got-want) > 1e-9 {
			t.Errorf("theta = %v", theta)
			break
		}
	}
	if !(loss < 1e-20) {
		t.Errorf("loss %v", loss)
	}
}

func TestLevenbergMarquardtWorkers(t *testing.T) {
	const n = 300 // several tiles
	run := func(workers int) []float64 {
		theta := optimtest.RosenbrockStart(n)
		m := &optim.LevenbergMarquardt{}
		initialised(t, m, n)
		f := lent(optimtest.RosenbrockFunc(n), workers)
		for range 5 {
			if _, err := m.Step(t.Context(), f, theta); err != nil {
				t.Fatal(err)
			}
		}
		return theta
	}
	if !slices.Equal(run(1), run(3)) {
		t.Error("the number of workers changes the bits")
	}
}

func TestLevenbergMarquardtRefuses(t *testing.T) {
	theta := []float64{5, 1}
	m := &optim.LevenbergMarquardt{}
	initialised(t, m, 2)
	f := misra()
	if _, err := m.Step(t.Context(), optim.Objective{Loss: f.Loss, Grad: f.Grad}, theta); err == nil || !strings.Contains(err.Error(), "use mean squares") {
		t.Errorf("an objective without residuals: %v", err)
	}
	for name, bad := range map[string]*optim.LevenbergMarquardt{
		"Damping": {Damping: -1}, "Corrections": {Corrections: -1}, "GradTol": {GradTol: math.NaN()}, "MaxTrials": {MaxTrials: -1}, "Rows": {Rows: -1},
	} {
		if err := bad.Init(optim.Flat(2)); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// underdetermined has 3 residuals in 6 parameters: r_k = θ_k + θ_{k+3}³ − k.
func underdetermined() *optimtest.Func {
	return squares(3, func(theta []float64, add func(float64, []float64)) {
		for k := range 3 {
			dr := make([]float64, 6)
			dr[k], dr[k+3] = 1, 3*theta[k+3]*theta[k+3]
			add(theta[k]+theta[k+3]*theta[k+3]*theta[k+3]-float64(k), dr)
		}
	})
}

// padded has rows of zeros in addition, so that it is solved with JᵀJ and not with JJᵀ.
func padded(f *optimtest.Func) *optimtest.Func {
	rows := f.Squares
	f.Count += 6
	f.Squares = func(theta []float64, row func(float64, []float64)) {
		rows(theta, row)
		for range 6 {
			row(0, make([]float64, 6))
		}
	}
	return f
}

// Steps with the kernel are those with the normal equations, up to rounding.
func TestLevenbergMarquardtDual(t *testing.T) {
	run := func(f *optimtest.Func) (theta []float64, loss float64) {
		theta = []float64{1, -1, 2, 0.5, 0.25, -0.5}
		m := &optim.LevenbergMarquardt{}
		initialised(t, m, 6)
		for range 4 {
			var err error
			if loss, err = m.Step(t.Context(), f.Objective(), theta); err != nil {
				t.Fatal(err)
			}
		}
		return theta, loss
	}
	got, loss := run(underdetermined())
	want, _ := run(padded(underdetermined()))
	for i := range got {
		if math.Abs(got[i]-want[i]) > 1e-9 {
			t.Fatalf("with the kernel θ = %v, with the normal equations %v", got, want)
		}
	}
	if !(loss < 1e-3) {
		t.Errorf("loss %v after 4 steps", loss)
	}
	if loss := settle(t, &optim.LevenbergMarquardt{}, underdetermined(), got, 50); !(loss < 1e-28) {
		t.Errorf("loss %v at the end", loss)
	}
}

// A linear problem with Hilbert's matrix, of condition 1e13 for 10 rows: JᵀJ has that squared. With two stages the loss is
// what rounding leaves of s; with one, directions of small singular values would stay where they are.
func TestLevenbergMarquardtIllConditioned(t *testing.T) {
	for name, c := range map[string]struct{ rows, n int }{"normal equations": {12, 10}, "kernel": {10, 12}} {
		f := squares(c.rows, func(theta []float64, add func(float64, []float64)) {
			for k := range c.rows {
				dr, r := make([]float64, c.n), 0.0
				for i := range dr {
					dr[i] = 1 / float64(i+k+1)
					r += dr[i] * (theta[i] - 1)
				}
				add(r, dr)
			}
		})
		theta := make([]float64, c.n)
		for i := range theta {
			theta[i] = 1 + float64(i%3)
		}
		if loss := settle(t, &optim.LevenbergMarquardt{}, f, theta, 60); !(loss < 1e-29) {
			t.Errorf("%s: loss %v", name, loss)
		}
	}
}

// Corrections are worth an order of convergence in a curved valley.
func TestLevenbergMarquardtCorrections(t *testing.T) {
	run := func(m *optim.LevenbergMarquardt) (loss float64) {
		theta := optimtest.RosenbrockStart(2)
		initialised(t, m, 2)
		f := optimtest.RosenbrockFunc(2)
		for range 8 {
			var err error
			if loss, err = m.Step(t.Context(), f.Objective(), theta); err != nil {
				t.Fatal(err)
			}
		}
		return loss
	}
	if with, without := run(&optim.LevenbergMarquardt{}), run(&optim.LevenbergMarquardt{Plain: true}); !(with < 0.1*without) {
		t.Errorf("loss %v with corrections, %v without", with, without)
	}
}

func ExampleLevenbergMarquardt() {
	theta := []float64{-1.2, 1}
	m := &optim.LevenbergMarquardt{}
	if err := m.Init(optim.Flat(2)); err != nil {
		fmt.Println(err)
	}
	f := optimtest.RosenbrockFunc(2)
	var err error
	for err == nil {
		_, err = m.Step(context.Background(), f.Objective(), theta)
	}
	fmt.Printf("%.6f %v\n", theta, errors.Is(err, optim.ErrConverged))
	// Output:
	// [1.000000 1.000000] true
}

// A line through 1000 points, from some of them: what the method says, and the values by which the points were made.
func ExampleLevenbergMarquardt_rows() {
	f := squares(1000, func(theta []float64, add func(float64, []float64)) {
		for k := range 1000 {
			x := float64(k) / 1000
			add(theta[0]+theta[1]*x-(2-3*x), []float64{1, x})
		}
	})
	m := &optim.LevenbergMarquardt{Rows: 20}
	if err := m.Init(optim.Flat(2)); err != nil {
		fmt.Println(err)
	}
	fmt.Println(m.Info(f.Objective()).Choices[0])
	theta := []float64{0, 0}
	for range 20 {
		if _, err := m.Step(context.Background(), f.Objective(), theta); err != nil {
			break
		}
	}
	fmt.Printf("%.6f\n", theta)
	// Output:
	// LevenbergMarquardt: the first steps are computed from 20 of 1000 residuals, later ones from more, as many as pay
	// [2.000000 -3.000000]
}

// Near the end of a run J is factorised in blocks of rows. Those of whole sums have the bits of one block, others round
// otherwise; and the bits are the same with any number of workers.
func TestLateStage(t *testing.T) {
	const points = 500
	p := newPINN(points, 7, 7)
	theta := p.start(1)
	f := &optimtest.Func{F: p.eval, Squares: p.squares, Count: points}
	const lambda = 1e-16 // of the trace: below what is found from JᵀJ
	steps := func(block int) [2][]float64 {
		first, second := iterates(t, normal.Systems{Block: block}, f, theta, lambda)
		return [2][]float64{first, second}
	}
	whole := steps(points)
	for _, block := range []int{192, 384, 7} {
		for k, got := range steps(block) {
			if e := relative(got, whole[k]); block%192 == 0 && e != 0 || !(e < 1e-5) { // rounding, with a λ of 1e-2 λ₀
				t.Errorf("blocks of %d rows: iterate %d differs by %.1e", block, k, e)
			}
		}
	}
	stepped := func(workers int) []float64 {
		m, at := &optim.LevenbergMarquardt{Damping: lambda}, slices.Clone(theta)
		initialised(t, m, len(at))
		if _, err := m.Step(t.Context(), lent(f, workers), at); err != nil {
			t.Fatal(err)
		}
		return at
	}
	one := stepped(1)
	for _, workers := range []int{2, 5} {
		if !slices.Equal(stepped(workers), one) {
			t.Errorf("%d workers give other bits than one", workers)
		}
	}
}
