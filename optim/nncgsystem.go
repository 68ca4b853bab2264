package optim

import (
	"context"
	"fmt"

	"github.com/crux-pinn/crux/internal/seed"
)

// direct computes d, with a new preconditioner where one is due. What it changes of the state it would write again, were the step
// to fail and be taken again.
func (m *NNCG) direct(ctx context.Context, f Curved, theta []float64) error {
	n, rank := len(theta), valueOr(m.Rank, 60)
	if !m.sketched || m.steps%valueOr(m.Every, 20) == 0 {
		m.sketched = false
		rng := seed.Stream(m.Seed, fmt.Sprintf("optim/nncg/%d", m.steps))
		ok, err := m.sketch.sketch(ctx, n, rank, rng, m.wide.pool, func(ctx context.Context, dst, v []float64) error {
			return f.HVP(ctx, dst, v, theta)
		})
		if err != nil {
			return err
		}
		if !ok {
			m.sketch.drop()
		}
		m.sketched = true
	}
	if m.sketch.u != nil {
		m.sketch.u.pool = m.wide.pool
	}
	if len(m.c) < rank {
		m.c = make([]float64, rank)
	}
	return m.solve(ctx, f, theta)
}

// solve is the method of conjugate gradients for A·d = ∇L, A = ∇²L + μI.
func (m *NNCG) solve(ctx context.Context, f Curved, theta []float64) error {
	times := func(dst, v []float64) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := f.HVP(ctx, dst, v, theta); err != nil {
			return err
		}
		m.wide.axpy(m.mu, v, dst)
		return nil
	}
	copy(m.r, m.grad)
	clear(m.d)
	iterated := false
	if m.steps > 0 {
		// The last d lowers the model ½dᵀAd − ∇Lᵀd, by as much as a multiple of it can.
		if err := times(m.ap, m.last); err != nil {
			return err
		}
		curve, along := m.wide.dot(m.last, m.ap), m.wide.dot(m.last, m.grad)
		if a := along / curve; curve > 0 && along > 0 && finite(a) {
			copy(m.d, m.last)
			scale(a, m.d)
			m.wide.axpy(-a, m.ap, m.r)
		}
	}
	m.sketch.precondition(m.z, m.r, m.c, m.mu)
	copy(m.p, m.z)
	rz := m.wide.dot(m.r, m.z)
	enough := valueOr(m.Tol, 0.1) * norm2(m.grad)
	for range valueOr(m.Iters, 100) {
		if !(norm2(m.r) > enough) {
			break
		}
		if err := times(m.ap, m.p); err != nil {
			return err
		}
		curve := m.wide.dot(m.p, m.ap)
		a := rz / curve
		if !(curve > 0) || !finite(a) {
			if !iterated { // the multiple of the last d alone would repeat itself for ever beside a saddle
				copy(m.d, m.p) // the preconditioned residual
			}
			break
		}
		iterated = true
		m.wide.axpy(a, m.p, m.d)
		m.wide.axpy(-a, m.ap, m.r)
		m.sketch.precondition(m.z, m.r, m.c, m.mu)
		next := m.wide.dot(m.r, m.z)
		scale(next/rz, m.p)
		axpy(1, m.z, m.p)
		rz = next
	}
	return nil
}

// steepest makes d the gradient, no longer than 1.
func (m *NNCG) steepest() {
	copy(m.d, m.grad)
	scale(min(1, 1/norm2(m.grad)), m.d)
}

// isSteepest tells whether steepest would change nothing.
func (m *NNCG) isSteepest() bool {
	c := min(1, 1/norm2(m.grad))
	for i, g := range m.grad {
		if m.d[i] != c*g {
			return false
		}
	}
	return true
}
