package cli

import (
	"context"
	"slices"
	"time"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/exec"
	"github.com/crux-pinn/crux/internal/kern"
	"github.com/crux-pinn/crux/internal/report"
	"github.com/crux-pinn/crux/optim"
)

// mark is a callback that notes when it is called. The callbacks between a mark and the one it counts since are what is
// spent; the latter ends the run when its time is up.
type mark struct {
	now         func() time.Time
	since       *mark
	limit       time.Duration
	first, last time.Time
	count       int
	spent       time.Duration
	final       time.Duration // spent in the last step, which is not followed by a mark
}

func (m *mark) OnSolveBegin(context.Context, *crux.Run) error { return nil }

func (m *mark) OnStep(context.Context, *crux.Step) error {
	m.last = m.now()
	if m.count == 0 {
		m.first = m.last
	}
	m.count++
	if m.since == nil {
		return nil
	}
	m.final = m.last.Sub(m.since.last)
	m.spent += m.final
	if m.count > 1 && m.last.Sub(m.first) > m.limit {
		return crux.Stop("measured enough")
	}
	return nil
}

// timedMethod adds up the time that a method spends on its own, without what it asks of the objective.
type timedMethod struct {
	optim.Method
	now      func() time.Time
	own      time.Duration
	jacobian time.Duration    // of the objective's part, what is more than losses and gradients
	last     [2]time.Duration // own and jacobian of the last step
}

func (m *timedMethod) Step(ctx context.Context, f optim.Objective, theta []float64) (float64, error) {
	var evaluating, jacobian time.Duration
	begin := m.now()
	loss, err := m.Method.Step(ctx, m.timed(f, &evaluating, &jacobian), theta)
	m.last = [2]time.Duration{m.now().Sub(begin) - evaluating - jacobian, jacobian}
	m.own += m.last[0]
	m.jacobian += m.last[1]
	return loss, err
}

// timed is f, with what its losses and gradients take added to one time, and what else it is asked to another.
func (m *timedMethod) timed(f optim.Objective, evaluating, jacobian *time.Duration) optim.Objective {
	return f.Around(func(evaluation bool, do func() error) error {
		to, begin := jacobian, m.now()
		if evaluation {
			to = evaluating
		}
		defer func() { *to += m.now().Sub(begin) }()
		return do()
	})
}

// evaluationTimes are medians of interleaved rounds.
type evaluationTimes struct {
	losses, gradient float64 // seconds, of all groups
	peak             float64 // operations a second
}

// time runs losses, gradients and matrix products in turn, at least three times and until the limit has passed.
func (g *benchGroups) time(ctx context.Context, theta []float64, limit time.Duration, now func() time.Time) (evaluationTimes, error) {
	grad := make([]float64, len(theta))
	product := newProduct[float64](g.pool)
	if g.single {
		product = newProduct[float32](g.pool)
	}
	var losses, gradients, peaks []float64
	begin := now()
	for round := 0; round < 4 || now().Sub(begin) < limit; round++ {
		if err := canceled(ctx); err != nil {
			return evaluationTimes{}, err
		}
		t0 := now()
		for _, p := range g.programs {
			if err := p.Losses(make([]float64, p.Len()), theta, g.fixed); err != nil {
				return evaluationTimes{}, err
			}
		}
		t1 := now()
		for _, p := range g.programs {
			if err := p.Gradient(grad, theta, g.fixed, slices.Repeat([]float64{1}, p.Len()), make([]float64, p.Len())); err != nil {
				return evaluationTimes{}, err
			}
		}
		t2 := now()
		flops := product()
		t3 := now()
		if round > 0 { // the first warms up
			losses, gradients = append(losses, t1.Sub(t0).Seconds()), append(gradients, t2.Sub(t1).Seconds())
			peaks = append(peaks, flops/t3.Sub(t2).Seconds())
		}
	}
	return evaluationTimes{report.Quantile(losses, 0.5), report.Quantile(gradients, 0.5), report.Quantile(peaks, 0.5)}, nil
}

// newProduct returns a function that multiplies matrices on all workers and says how many operations that were.
func newProduct[T kern.Float](pool *exec.Pool) func() float64 {
	const m, k, n, times = 128, 128, 128, 16 // the operands fit the second-level cache
	var b kern.Packed[T]
	b.Pack(make([]T, k*n), k, n, false)
	a, c := make([]T, m*k), make([][]T, pool.Workers())
	for w := range c {
		c[w] = make([]T, m*n)
	}
	tasks := 4 * pool.Workers()
	return func() float64 {
		pool.Run(tasks, func(worker, _ int) {
			for range times {
				kern.Gemm(c[worker], n, a, k, &b, m, nil, false)
			}
		})
		return float64(tasks) * times * 2 * m * k * n
	}
}
