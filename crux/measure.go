package crux

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/compiler"
	"github.com/crux-pinn/crux/optim"
)

// Measure fires the callbacks once at the current parameters, without training: a trained model can be explained. They see the step
// that would come next. Schemes are asked for its weights, and are then what they were before.
func (s *Solver) Measure(ctx context.Context, callbacks ...Callback) error {
	if s.closed {
		return errClosed
	}
	if err := s.plan.movePoints(); err != nil {
		return err
	}
	return s.aside(func() error {
		p, err := s.shown()
		if err != nil {
			return err
		}
		return s.measureOn(ctx, p, callbacks)
	})
}

// measureOn fires the callbacks once with the programs of a plan. That one of them wants to stop means nothing here.
func (s *Solver) measureOn(ctx context.Context, p *plan, callbacks []Callback) error {
	run, err := s.begin(ctx, p, 1, callbacks)
	if err != nil {
		return err
	}
	step, err := s.evaluate(ctx, run)
	if err != nil {
		return err
	}
	step.measuring = true
	if err := fire(ctx, step); !errors.Is(err, ErrStop) {
		return err
	}
	return nil
}

// aside does something for which schemes are asked for weights, and puts them back.
func (s *Solver) aside(do func() error) error {
	if err := s.claim(s.schemes()); err != nil { // those of another solver are left alone
		return err
	}
	st := &State{Weights: slices.Clone(s.plan.weights)}
	if err := s.schemeStates(st); err != nil {
		return err
	}
	err := do()
	copy(s.plan.weights, st.Weights)
	s.plan.obj.forget()
	if s.whole != nil {
		s.whole.obj.forget()
	}
	return errors.Join(err, s.setSchemeStates(st))
}

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
	p, err := r.plan.all()
	if err != nil {
		return err
	}
	return p.Losses(dst, theta)
}

// HVP writes Σ_i w_i (∂²L_i/∂θ²)·v at the current parameters to dst: the exact product of the Hessian of a weighted sum of
// the unweighted losses with a vector. A nil w means the Hessian of the training loss (1/N) Σ w_i L_i, with the weights of the step,
// those of points included.
func (r *Run) HVP(dst, w, v []float64) error {
	p, err := r.plan.all()
	if err != nil {
		return err
	}
	if w != nil {
		return p.HVP(dst, w, v)
	}
	w = make([]float64, len(r.plan.weights))
	for i := range w {
		w[i] = r.plan.weights[i] / float64(len(w))
	}
	return p.TrainingHVP(dst, w, v)
}

// Objective is the training loss as methods see it, at the points of the step and with the given weights of the constraints in the place of
// w_i; nil means those of the step. With it come the parameters that θ consists of. A callback of [Solver.Measure] may minimise the loss
// from a θ of its own; elsewhere it is an error, as is another number of weights. The solver and the other callbacks do not notice.
func (s *Step) Objective(weights []float64) (optim.Objective, []optim.Param, error) {
	p := *s.Run.plan
	switch {
	case !s.measuring:
		return optim.Objective{}, nil, errors.New("crux: a step of training has its own objective; ask for one in Solver.Measure")
	case weights != nil && len(weights) != len(p.weights):
		return optim.Objective{}, nil, fmt.Errorf("crux: %d weights for %d constraints", len(weights), len(p.weights))
	case weights == nil:
		weights = p.weights
	}
	s.Run.plan.obj.forget() // what the programs compute from now on does not belong to it
	p.progress = &progress{theta: p.theta, fixed: p.fixed}
	p.weights = slices.Clone(weights)
	return newObjective(&p).asked, p.params(), nil
}

// Pool is the workers of the solver, for callbacks with much arithmetic of their own.
func (r *Run) Pool() optim.Pool { return r.plan.pool }

// Parameters is the number P of trainable parameters.
func (r *Run) Parameters() int { return len(r.plan.theta) }

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
