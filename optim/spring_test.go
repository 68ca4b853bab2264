package optim_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/crux-pinn/crux/optim"
	"github.com/crux-pinn/crux/optim/optimtest"
)

// tanhFit is the loss of testdata/engd.py: the mean square of Σ a·tanh(wx + b) − sin 2x at the points x.
func tanhFit(x []float64) *optimtest.Func {
	return squares(len(x), func(theta []float64, add func(float64, []float64)) {
		units := len(theta) / 3
		c := math.Sqrt(1 / float64(len(x)))
		for _, x := range x {
			r, dr := -math.Sin(2*x), make([]float64, len(theta))
			for j := range units {
				a := theta[j]
				v := math.Tanh(theta[units+j]*x + theta[2*units+j])
				r += a * v
				d := a * (1 - v*v)
				dr[j], dr[units+j], dr[2*units+j] = c*v, c*d*x, c*d
			}
			add(c*r, dr)
		}
	})
}

// The trajectories of testdata/engd.py. They are the same mathematics by other matrices, whose conditions are up to 1e5: the differences
// of rounding, 1e-11 of a step, grow a hundredfold along the way.
func TestNaturalGradientGolden(t *testing.T) {
	var g struct {
		Start []float64
		ENGD  []struct {
			X                 []float64
			Damping, Momentum float64
			Steps             []struct {
				Theta []float64
				Alpha float64
			}
		}
		Spring []struct {
			Batches                     [][]float64
			Damping, Momentum, LR, Norm float64
			Theta                       [][]float64
		}
	}
	readJSON(t, "engd.json", &g)
	if len(g.ENGD) != 4 || len(g.Spring) != 2 {
		t.Fatalf("%d and %d cases", len(g.ENGD), len(g.Spring))
	}
	for _, c := range g.ENGD {
		theta := slices.Clone(g.Start)
		m := initialised(t, &optim.NaturalGradient{Damping: c.Damping, Momentum: c.Momentum}, len(theta))
		f := tanhFit(c.X)
		for k, want := range c.Steps {
			take(t, m, f, theta, 1)
			if !near(theta, want.Theta, 1e-9) {
				t.Fatalf("%d residuals, momentum %g, step %d of length %g: θ = %v, want %v", len(c.X), c.Momentum, k, want.Alpha, theta, want.Theta)
			}
		}
	}
	for _, c := range g.Spring {
		theta := slices.Clone(g.Start)
		m := initialised(t, &optim.SPRING{LR: optim.Constant(c.LR), Damping: c.Damping, Momentum: c.Momentum, Norm: c.Norm}, len(theta))
		for k, want := range c.Theta {
			take(t, m, tanhFit(c.Batches[k]), theta, 1)
			if !near(theta, want, 1e-9) {
				t.Fatalf("SPRING, %d residuals, step %d: θ = %v, want %v", len(c.Batches[k]), k, theta, want)
			}
		}
	}
}

// A consistent linear system of condition 400 of which each step sees 8 of 200 equations: regularised block Kaczmarz, which
// momentum accelerates (arXiv 2508.21022) with a rate of 2(1 − μ). With 1 − μ it would be as fast as without.
func TestSPRINGKaczmarz(t *testing.T) {
	const n, equations, block, steps = 20, 200, 8, 2000
	rng := rand.New(rand.NewPCG(3, 4))
	rows := make([][]float64, equations)
	for k := range rows {
		rows[k] = make([]float64, n)
		for i := range rows[k] {
			rows[k][i] = rng.NormFloat64() / float64((1+i)*(1+i))
		}
	}
	solve := func(mu, eta float64) (worst float64) {
		rng := rand.New(rand.NewPCG(5, 6))
		theta := make([]float64, n) // the solution is 1, …, 1
		m := initialised(t, &optim.SPRING{LR: optim.Constant(eta), Damping: 1e-3, Momentum: mu, Norm: 100}, n)
		for range steps {
			chosen := rng.Perm(equations)[:block]
			f := squares(block, func(theta []float64, add func(float64, []float64)) {
				for _, k := range chosen {
					r := 0.0
					for i, a := range rows[k] {
						r += a * (theta[i] - 1)
					}
					add(r, rows[k])
				}
			})
			take(t, m, f, theta, 1)
		}
		for _, v := range theta {
			worst = max(worst, math.Abs(v-1))
		}
		return worst
	}
	without, with := solve(1e-12, 1), solve(0.9, 0.2)
	t.Logf("largest error %.1e without momentum, %.1e with it", without, with)
	if !(with < 0.1*without) {
		t.Errorf("largest error %v with momentum, %v without", with, without)
	}
}

// A weight on the whole loss changes no step; a power of 4 not even a bit.
func TestSPRINGDoesNotSeeTheScale(t *testing.T) {
	run := func(scale float64) []float64 {
		f := squares(3, func(theta []float64, add func(float64, []float64)) {
			for k := range 3 {
				r, dr := -float64(k), make([]float64, 5)
				for i, v := range theta {
					a := math.Sin(float64(i*k + 1))
					r += a * v * v
					dr[i] = scale * 2 * a * v
				}
				add(scale*r, dr)
			}
		})
		theta := []float64{1, 2, 3, 4, 5}
		take(t, initialised(t, &optim.SPRING{}, 5), f, theta, 10)
		return theta
	}
	if got, want := run(16), run(1); !slices.Equal(got, want) {
		t.Errorf("θ = %v with a weight of 256, %v without", got, want)
	}
}

func ExampleSPRING() {
	theta := make([]float64, 9)
	for i := range theta {
		theta[i] = math.Sin(float64(3 * i))
	}
	m := &optim.SPRING{LR: optim.Cosine(0.2, 1e-3, 1000)}
	if err := m.Init(optim.Flat(9)); err != nil {
		fmt.Println(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	x := make([]float64, 6)
	for range 1000 {
		for i := range x { // new points at every step
			x[i] = 2*rng.Float64() - 1
		}
		if _, err := m.Step(context.Background(), tanhFit(x), theta); err != nil {
			fmt.Println(err)
		}
	}
	loss, _ := tanhFit(x).Loss(context.Background(), theta)
	fmt.Println(m.Describe(), loss < 1e-5)
	// Output:
	// SPRING(learning rate 0.001, damping 1e-08, momentum 0.9, norm 0.3) true
}
