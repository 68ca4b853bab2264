package crux

import (
	"fmt"

	"gonum.org/v1/gonum/mat"
)

// What trackers need beyond losses and gradients. None of these change anything that the training step reads, so watching
// does not alter a run.

// LossesAt writes the unweighted losses of all constraints at parameters theta, instead of the current ones, to dst.
func (r *Run) LossesAt(dst, theta []float64) error {
	s := r.solver
	if len(dst) != len(s.cons) || len(theta) != len(s.theta) {
		return fmt.Errorf("crux: LossesAt with %d losses and %d parameters; the problem has %d and %d", len(dst), len(theta), len(s.cons), len(s.theta))
	}
	for _, g := range s.groups {
		losses := make([]float64, len(g.members))
		if err := g.program.Losses(losses, theta, s.fixed); err != nil {
			return err
		}
		for k, i := range g.members {
			dst[i] = losses[k]
		}
	}
	return nil
}

// HVP writes Σ_i w_i (∂²L_i/∂θ²)·v at the current parameters to dst: the exact product of the Hessian of a weighted sum of
// losses with a vector. A nil w means the training loss as semantics define it without balancing, w_i = 1/N.
func (r *Run) HVP(dst, w, v []float64) error {
	s := r.solver
	if w == nil {
		w = make([]float64, len(s.cons))
		for i := range w {
			w[i] = 1 / float64(len(w))
		}
	}
	if len(dst) != len(s.theta) || len(v) != len(s.theta) || len(w) != len(s.cons) {
		return fmt.Errorf("crux: HVP of %d weights and %d entries into %d; the problem has %d constraints and %d parameters", len(w), len(v), len(dst), len(s.cons), len(s.theta))
	}
	clear(dst)
	part := make([]float64, len(dst))
	for _, g := range s.groups {
		gw := make([]float64, len(g.members))
		any := false
		for k, i := range g.members {
			gw[k] = w[i]
			any = any || w[i] != 0
		}
		if !any {
			continue
		}
		if err := g.program.HVP(part, s.theta, s.fixed, gw, v); err != nil {
			return err
		}
		for i, x := range part {
			dst[i] += x
		}
	}
	return nil
}

// Parameters is the number P of trainable parameters.
func (r *Run) Parameters() int { return len(r.solver.theta) }

// Solver is the solver of the run, for evaluation and named random streams. Callbacks do not train with it.
func (r *Run) Solver() *Solver { return r.solver }

// Jacobian is ∂e/∂θ at the current parameters: one row for each component of each point, one column for each trainable
// parameter. J·Jᵀ is the neural tangent kernel.
func (e *Evaluator) Jacobian() (*mat.Dense, error) {
	n, p := e.program.Points()*e.program.Dim(0), len(e.solver.theta)
	out := mat.NewDense(n, p, nil)
	return out, e.program.Jacobian(0, out.RawMatrix().Data, e.solver.theta, e.solver.fixed)
}

// Components is the number of columns that Eval returns.
func (e *Evaluator) Components() int { return e.program.Dim(0) }
