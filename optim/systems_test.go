package optim_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

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

// Steps from some of the residuals end where steps from all do: on a problem that has a solution, and on data with noise, where a part of
// them tells another solution than all. The loss never rises.
func TestSampledSteps(t *testing.T) {
	p := newPINN(400, 10, 10)
	pinn := &optimtest.Func{F: p.eval, Squares: p.squares, Count: 400}
	rng := rand.New(rand.NewPCG(1, 2))
	noise := make([]float64, 800)
	for k := range noise {
		noise[k] = 0.1 * rng.NormFloat64()
	}
	fit := squares(len(noise), func(theta []float64, add func(float64, []float64)) { // a·exp(−bx) to 2·exp(−3x)
		for k, e := range noise {
			x := float64(k) / float64(len(noise))
			v := math.Exp(-theta[1] * x)
			add(theta[0]*v-2*math.Exp(-3*x)-e, []float64{v, -theta[0] * x * v})
		}
	})
	for name, c := range map[string]struct {
		f     *optimtest.Func
		start []float64
		steps int
		most  float64 // loss in the end
		to    float64 // and how far it may be from that of steps from all
	}{
		"pinn":  {pinn, p.start(0), 60, 1e-14, math.Inf(1)},
		"noise": {fit, []float64{1, 1}, 40, math.Inf(1), 1e-12},
	} {
		ends := map[int]float64{}
		for _, rows := range []int{20, len(noise)} {
			m, theta := &optim.LevenbergMarquardt{Rows: rows}, slices.Clone(c.start)
			initialised(t, m, len(theta))
			last := math.Inf(1)
			for range c.steps {
				loss, err := m.Step(t.Context(), c.f.Objective(), theta)
				if errors.Is(err, optim.ErrConverged) {
					break
				} else if err != nil {
					t.Fatal(err)
				}
				if loss > last {
					t.Fatalf("%s, from %d residuals: the loss rises from %v to %v", name, rows, last, loss)
				}
				last = loss
			}
			ends[rows] = last
		}
		if a, b := ends[20], ends[len(noise)]; !(a <= c.most) || math.Abs(a-b) > c.to*b {
			t.Errorf("%s: loss %.15g from some residuals, %.15g from all", name, a, b)
		}
	}
}

// The bits of steps from some residuals depend on the seed, and not on the number of workers.
func TestSampledWorkers(t *testing.T) {
	run := func(workers int, seed uint64) []float64 {
		p := newPINN(200, 12, 12)
		theta := p.start(1)
		f := &optimtest.Func{F: p.eval, Squares: p.squares, Count: 200}
		m := &optim.LevenbergMarquardt{Rows: 30, Seed: seed}
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

// What a method says of itself: nothing where all residuals are in every step, their number where not, and a bound where there are
// more than 3000 parameters and residuals. Memory is that of the largest step.
func TestSampledInfo(t *testing.T) {
	for _, c := range []struct {
		params, rows int
		says         string
	}{
		{100, 357, ""},
		{100, 358, "250 of 358 residuals"},
		{3000, 9000, "250 of 9000 residuals, later ones from more, as many as pay"},
		{3001, 9000, "up to 3000"},
	} {
		m := &optim.LevenbergMarquardt{}
		initialised(t, m, c.params)
		f := squares(c.rows, nil).Objective()
		info := m.Info(f)
		if got := strings.Join(info.Choices, "\n"); info.Err != nil || (got == "") != (c.says == "") || !strings.Contains(got, c.says) {
			t.Errorf("%+v: %v %q", c, info.Err, got)
		}
	}
	// Among phases it stands behind what was chosen, and before what is said later.
	p := optim.Choose("Any", func(optim.Size) ([]optim.Phase, string, error) {
		return []optim.Phase{{Method: &optim.Adam{}, Steps: 1}, {Method: &optim.LevenbergMarquardt{}}}, "both", nil
	})
	fit := squares(400, func(theta []float64, add func(float64, []float64)) {
		for k := range 400 {
			add(theta[0]-float64(k), []float64{1})
		}
	})
	initialised(t, p, 1)
	for range 2 {
		if _, err := p.Step(t.Context(), fit.Objective(), []float64{3}); err != nil {
			t.Fatal(err)
		}
	}
	says := p.Info(fit.Objective()).Choices
	if len(says) != 3 || !strings.HasPrefix(says[0], "adam, then") || !strings.Contains(says[1], "250 of 400") ||
		!strings.HasPrefix(says[2], "step 1:") {
		t.Errorf("%q", says)
	}
	var s normal.Systems
	m := &optim.LevenbergMarquardt{}
	initialised(t, m, 20_000)
	if got, want := m.Info(squares(9000, nil).Objective()).Memory[0].Bytes, s.Memory(optim.LargestSystem, 20_000); got != want {
		t.Errorf("%d bytes, want %d", got, want)
	}
}
