package crux

import (
	"fmt"

	"github.com/crux-pinn/crux/domain"
	ph "github.com/crux-pinn/crux/placeholder"
)

// CompileOn prepares an expression for evaluation on given points at the parameters of any later step.
func (r *Run) CompileOn(e ph.Expr, on *domain.Cloud) (*Evaluator, error) {
	return r.solver.compileOn(e, on)
}

// CompileGradient prepares the derivatives of an expression with respect to selected parameters on given points: the
// evaluator's Jacobian has one column for each entry of these, in the order of θ. It computes in float64 whatever
// Options.Precision is: a kernel's small eigenvalues are lost in float32. The graphs for the purposes, of ForJacobian, ForKernel and
// ForResiduals, are built now, others when they are first asked for.
func (r *Run) CompileGradient(g *ph.NetworkGradient, on *domain.Cloud, purposes ...Purpose) (*Evaluator, error) {
	if g == nil || g.Expr == nil {
		return nil, fmt.Errorf("crux: derivatives of no expression; give one such as placeholder.ParamGrad(u, nil)")
	}
	return r.solver.compileWith(g.Expr, on, how{of: g.Select, precision: Float64, purposes: purposes})
}

// ResidualAt prepares the residual of constraint i for evaluation on other points than its own, as it is trained: in windows of time the
// points lie in the window, but for constraints that have none there.
func (r *Run) ResidualAt(i int, on *domain.Cloud) (*Evaluator, error) {
	if i < 0 || i >= len(r.plan.constraints) {
		return nil, fmt.Errorf("crux: no constraint %d; there are %d", i, len(r.plan.constraints))
	}
	return r.solver.compileWith(r.plan.problem.Constraints[i].Residual, on, how{
		precision: r.solver.options.Precision, trained: !r.plan.group(i).rests, purposes: []Purpose{ForResiduals},
	})
}

// Constraint is constraint i as the solver enforces it, its residual in terms of networks and divided by its scale; the zero value if
// there is no such constraint.
func (s *statement) Constraint(i int) Constraint {
	if i < 0 || i >= len(s.constraints) {
		return Constraint{}
	}
	return s.problem.Constraints[i]
}

// Move puts the evaluator on other points, which have what its present ones have: coordinates, normals and columns.
func (e *Evaluator) Move(to *domain.Cloud) error {
	if err := e.refresh(); err != nil {
		return err
	}
	if err := sameSchema(e.cloud, to); err != nil {
		return fmt.Errorf("crux: new points of an evaluation: %w", err)
	}
	_, fixed := e.parameters()
	if err := e.program.SetPoints(batch(to), fixed); err != nil {
		return err
	}
	e.cloud = to
	return nil
}

// Measuring reports whether the step is one of Measure, which fires callbacks without training: a tracker then fires
// whatever its interval is.
func (s *Step) Measuring() bool { return s.measuring }
