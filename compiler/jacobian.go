package compiler

import (
	"fmt"

	"gorgonia.org/gorgonia"
)

// Jacobian writes ∂r/∂θ of residual i to dst: one row of Layout.Len entries for every component of every point, in the
// order of Residuals. It is the J of J·Jᵀ (the neural tangent kernel) and of JᵀJ (Gauss–Newton).
func (p *Program) Jacobian(i int, dst, theta, fixed []float64) error {
	if err := p.check(theta, fixed, p.index(i)); err != nil {
		return err
	}
	if want := p.n * p.Dim(i) * p.layout.Len(); len(dst) != want {
		return fmt.Errorf("compiler: %d places for a Jacobian of %d entries", len(dst), want)
	}
	clear(dst)
	return p.run.jacobian(i, dst, theta, fixed)
}

// emitJacobian emits the row-wise derivatives of one component.
func (p *Program) emitJacobian(b *built, e *emitter, v variant) error {
	t := e.t
	out, err := e.rows(t.slice(t.roots[v.index], v.component, v.component+1))
	if err != nil {
		return err
	}
	one, err := e.rows(t.constant(1, 1))
	if err != nil {
		return err
	}
	wrt, params := e.inputs.trainable(p.layout)
	rows, err := e.g.Jacobian(gorgonia.Nodes{out}, gorgonia.Nodes{one}, wrt)
	if err != nil {
		return err
	}
	for k, n := range rows {
		if n != nil {
			b.spec.Rows = append(b.spec.Rows, n)
			b.grads = append(b.grads, params[k])
		}
	}
	return nil
}

// jacobian runs the components one after the other. In float64 the machine writes to dst itself; in float32 it writes
// blocks of its own, which are converted.
func (r *typedRunner[T]) jacobian(i int, dst, theta, fixed []float64) error {
	width, dim := r.p.layout.Len(), r.p.Dim(i)
	for c := range dim {
		v := variant{kind: vJacobian, index: i, component: c}
		q, err := r.variant(v)
		if err != nil {
			return err
		}
		direct, same := any(dst).([]T)
		if err := r.bindInputs(q, theta, fixed); err != nil {
			return err
		}
		for k, g := range q.grads {
			e := &r.p.layout.entries[r.p.layout.at[q.inputs.paramRef[g]]]
			if same {
				q.machine.SetRowStride(k, width*dim)
				q.rows[k] = direct[c*width+e.Offset:]
			} else if len(q.rows[k]) != r.p.n*e.Len {
				q.rows[k] = make([]T, r.p.n*e.Len)
			}
		}
		q.machine.Run(r.p.n, q.points, q.params, q.sums, q.rows)
		if same {
			continue
		}
		for k, g := range q.grads {
			e := &r.p.layout.entries[r.p.layout.at[q.inputs.paramRef[g]]]
			for pt := range r.p.n {
				to := dst[(pt*dim+c)*width+e.Offset:][:e.Len]
				for j, x := range q.rows[k][pt*e.Len:][:e.Len] {
					to[j] = float64(x)
				}
			}
		}
	}
	return nil
}
