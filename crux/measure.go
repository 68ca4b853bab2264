package crux

import (
	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/compiler"
)

// What trackers need beyond losses and gradients. None of these change anything that the training step reads, so watching
// does not alter a run.

// Purpose is what a part of the problem or an evaluator will be asked for. The graphs for it are built when a run begins, not at
// the step that asks first.
type Purpose = compiler.Purpose

// The purposes.
const (
	ForLosses      = compiler.ForLosses      // Part.Losses and Part.Loss
	ForGradients   = compiler.ForGradients   // the rows of the gradient matrix
	ForHVP         = compiler.ForHVP         // Part.HVP
	ForTrainingHVP = compiler.ForTrainingHVP // Part.TrainingHVP
	ForJacobian    = compiler.ForJacobian    // Evaluator.Jacobian
	ForKernel      = compiler.ForKernel      // Evaluator.Kernel
	ForResiduals   = compiler.ForResiduals   // Evaluator.Eval
)

// LossesAt writes the unweighted losses of all constraints at parameters theta, instead of the current ones, to dst.
func (r *Run) LossesAt(dst, theta []float64) error {
	p, err := r.solver.part(nil)
	if err == nil {
		err = p.freeze()
	}
	if err != nil {
		return err
	}
	return p.Losses(dst, theta)
}

// HVP writes Σ_i w_i (∂²L_i/∂θ²)·v at the current parameters to dst: the exact product of the Hessian of a weighted sum of
// the unweighted losses with a vector. A nil w means the Hessian of the training loss (1/N) Σ w_i L_i, with the weights of the step,
// those of points included.
func (r *Run) HVP(dst, w, v []float64) error {
	s := r.solver
	p, err := s.part(nil)
	if err == nil {
		err = p.freeze()
	}
	if err != nil {
		return err
	}
	if w != nil {
		return p.HVP(dst, w, v)
	}
	w = make([]float64, len(s.cons))
	for i := range w {
		w[i] = s.weights[i] / float64(len(w))
	}
	return p.TrainingHVP(dst, w, v)
}

// Parameters is the number P of trainable parameters.
func (r *Run) Parameters() int { return len(r.solver.theta) }

// Solver is the solver of the run, for evaluation and named random streams. Callbacks do not train with it.
func (r *Run) Solver() *Solver { return r.solver }

// Jacobian is ∂e/∂θ at the current parameters: one row for each component of each point, one column for each trainable
// parameter, or each selected one (Run.CompileGradient). J·Jᵀ is the neural tangent kernel.
func (e *Evaluator) Jacobian() (*mat.Dense, error) {
	if err := e.refresh(); err != nil {
		return nil, err
	}
	theta, fixed := e.parameters()
	out := mat.NewDense(e.program.Points()*e.program.Dim(0), len(theta), nil)
	return out, e.program.Jacobian(0, out.RawMatrix().Data, theta, fixed)
}

// Kernel is J·Jᵀ, for J of Jacobian, formed without J.
func (e *Evaluator) Kernel() (*mat.SymDense, error) {
	if err := e.refresh(); err != nil {
		return nil, err
	}
	theta, fixed := e.parameters()
	k := mat.NewSymDense(e.program.Rows(), nil)
	return k, compiler.Kernel(k.RawSymmetric().Data, []*compiler.Program{e.program}, theta, fixed, nil, nil)
}

// Components is the number of columns that Eval returns.
func (e *Evaluator) Components() int { return e.program.Dim(0) }
