package optim_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/optim"
	"github.com/crux-pinn/crux/optim/optimtest"
)

func TestKFACRefuses(t *testing.T) {
	for want, m := range map[string]*optim.KFAC{
		"Damping": {Damping: math.NaN()}, "Every": {Every: -1}, "Decay": {Decay: 1}, "Averaging": {Averaging: 2}, "GradTol": {GradTol: -1},
		"MaxTrials": {MaxTrials: -1}, "Workers": {Workers: -1},
	} {
		if err := m.Init(optim.Flat(2)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	plain := optimtest.BowlFunc(2, 10).Objective()
	plain.Squares.Factors = nil
	for want, f := range map[string]source{
		"does not know the Kronecker factors": given(plain),
		"not a sum of squares":                &optimtest.Func{F: optimtest.Bowl(1)},
	} {
		m, theta := &optim.KFAC{}, []float64{1, 2}
		initialised(t, m, 2)
		_, err := m.Step(t.Context(), f.Objective(), theta)
		if early := m.Info(f.Objective()).Err; err == nil || early == nil || err.Error() != early.Error() || !strings.Contains(err.Error(), want) {
			t.Errorf("Step: %v; Check: %v; want an error that says %q", err, early, want)
		}
		g := inGroups(optim.Group{Method: &optim.KFAC{}})
		initialised(t, g, 2)
		if _, err := g.Step(t.Context(), f.Objective(), theta); err == nil {
			t.Errorf("%s: accepted in a group", want)
		}
		if !slices.Equal(theta, []float64{1, 2}) {
			t.Error("theta has changed")
		}
	}
}

// regression is a linear least-squares problem, y = xW with a full-rank or a deficient x, and its minimum, by construction: y is the
// image of a W plus a part that is orthogonal to all images.
func regression(rank int) (f *optimtest.Func, layout []optim.Param, minimum float64) {
	const points, in, out = 30, 6, 4
	rng := rand.New(rand.NewPCG(5, uint64(rank)))
	x := make([][]float64, points)
	y := make([][]float64, points)
	for k := range x {
		x[k], y[k] = make([]float64, in), make([]float64, out)
		for i := range rank {
			x[k][i] = rng.NormFloat64() * math.Pow(0.3, float64(i))
		}
		for i := rank; i < in; i++ {
			x[k][i] = x[k][i-rank]
		}
		for j := range y[k] {
			y[k][j] = x[k][j] + 2*x[k][j+1]
		}
	}
	// A residual that no W touches: another row with x = 0.
	y[points-1], x[points-1] = slices.Repeat([]float64{0.5}, out), make([]float64, in)
	minimum = out * 0.25
	f = squares(points*out, func(theta []float64, add func(float64, []float64)) {
		for k := range x {
			for j := range out {
				r, d := -y[k][j], make([]float64, in*out)
				for i, v := range x[k] {
					r += v * theta[i*out+j]
					d[i*out+j] = v
				}
				add(r, d)
			}
		}
	})
	layout = []optim.Param{{Path: "w", Len: in * out, Shape: []int{in, out}}}
	f.Dense = []optim.Layer{{Weight: layout[0]}}
	return f, layout, minimum
}

// For a linear layer JᵀJ is xᵀx ⊗ I: the partial traces find that, so the steps are Newton's.
func TestKFACOnLinearLeastSquares(t *testing.T) {
	for _, c := range []struct {
		name  string
		rank  int
		m     *optim.KFAC
		steps int
	}{
		{"factors", 6, &optim.KFAC{Exact: -1}, 12},
		{"exact block", 6, &optim.KFAC{}, 12},
		{"factors, rank 4", 4, &optim.KFAC{Exact: -1}, 12},
		{"exact block, rank 4", 4, &optim.KFAC{}, 12},
	} {
		f, layout, want := regression(c.rank)
		if err := c.m.Init(layout); err != nil {
			t.Fatal(err)
		}
		theta, loss := make([]float64, layout[0].Len), 0.0
		for range c.steps {
			var err error
			if loss, err = c.m.Step(t.Context(), f.Objective(), theta); errors.Is(err, optim.ErrConverged) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
		}
		if !(loss-want <= 1e-10) {
			t.Errorf("%s: loss %v after %d steps, its minimum is %v", c.name, loss, c.steps, want)
		}
	}
}

// NIST's problem Misra1a with its certified solution and residual sum of squares.
func TestKFACOnMisra(t *testing.T) {
	theta := []float64{5, 1}
	loss := settle(t, &optim.KFAC{}, misra(), theta, 500)
	if math.Abs(100*theta[0]-2.3894212918e2) > 1e-5 || math.Abs(1e-4*theta[1]-5.5015643181e-4) > 1e-11 || math.Abs(loss-1.2455138894e-1) > 1e-9 {
		t.Errorf("b = %v, %v, loss %v", 100*theta[0], 1e-4*theta[1], loss)
	}
}
