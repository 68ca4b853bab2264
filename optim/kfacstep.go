package optim

import (
	"context"
	"fmt"
	"math"

	"github.com/crux-pinn/crux/optim/internal/vec"
)

// moved is where a step may go: m.x, with the loss there.
type moved struct {
	loss   float64
	lambda float64
	pair   [2]float64
	by     *blocked // M that was used
}

// try makes one step to m.x, whose loss is +Inf if none was found that is lower. It changes nothing that a repeated step would
// see. due tells whether to compute the factors, up whether λ′ is above λ where it can change with them only.
func (m *KFAC) try(ctx context.Context, f Objective, loss float64, due, up bool) (moved, error) {
	to := moved{loss: math.Inf(1), lambda: m.lambda, pair: m.pair, by: m.now}
	if due {
		to.by = m.next
		if err := f.Squares.Factors.Curvature(ctx, m.at, m.Averaging, to.by.layers, to.by.exact); err != nil {
			return to, err
		}
		if m.Decay > 0 && m.now.trace > 0 {
			to.by.average(m.now, m.Decay)
		}
		to.by.sum()
		if !vec.Finite(to.by.trace) {
			return to, fmt.Errorf("optim: %s: the squares of the residuals' derivatives sum to %v: %w; check the residuals for roots and logarithms at 0", kfacName, to.by.trace, ErrNonFinite)
		}
	}
	trace := to.by.trace
	if trace == 0 {
		trace = 1 // J = 0: the negative gradient
	}
	if to.lambda == 0 {
		first := m.Damping
		if first == 0 {
			first = 0.1
		}
		to.lambda = first * trace / float64(m.layout.n)
	}
	to.lambda = min(max(to.lambda, 1e-14*trace), 1e3*trace)
	if due || !to.by.two {
		if !to.by.two {
			up = m.age%2 == 0
		}
		to.pair = [2]float64{to.lambda, to.lambda / kfacSpread}
		if up {
			to.pair[1] = to.lambda * kfacSpread
		}
	}
	if due {
		if err := to.by.decompose(m.pool, to.pair); err != nil {
			return to, fmt.Errorf("optim: %s: %w", kfacName, err)
		}
	}
	better, err := m.direction(ctx, f, &to)
	if err != nil {
		return to, err
	}
	to.lambda = to.pair[better]
	return to, m.search(ctx, f, loss, &to)
}

// direction writes p to m.space.p, and tells which of the two dampings is better.
func (m *KFAC) direction(ctx context.Context, f Objective, to *moved) (better int, err error) {
	s := &m.space
	s.begin(m.layout.n, f.Squares.Rows())
	for i, lambda := range to.pair {
		d := s.next()
		if !to.by.solve(m.pool, d, m.g, i, lambda) {
			copy(d, m.g)
		}
		vec.Scale(-1, d)
	}
	if m.delta != nil {
		copy(s.next(), m.delta)
	}
	for i, d := range s.d {
		if err := f.Squares.MulJ(ctx, s.jd[i], d, m.at); err != nil {
			return 0, err
		}
	}
	return s.minimise(m.g), nil
}

// search tries lengths of the step.
func (m *KFAC) search(ctx context.Context, f Objective, loss float64, to *moved) error {
	p := m.space.p
	if slope := vec.Dot(m.g, p); !(slope < 0) || math.IsInf(slope, 0) {
		return nil
	}
	trials := m.MaxTrials
	if trials == 0 {
		trials = 30
	}
	t := 1.0
	for range trials {
		for i, d := range p {
			m.x[i] = m.at[i] + t*d
		}
		t /= kfacShorter
		if vec.FirstNonFinite(m.x) >= 0 {
			continue
		}
		l, err := f.Grad(ctx, m.gx, m.x) // the gradient there must exist; the solver's next step asks for it anyway
		if err != nil {
			return err
		}
		if l < loss && vec.Finite(l) && vec.FirstNonFinite(m.gx) < 0 {
			to.loss = l
			return nil
		}
	}
	return nil
}
