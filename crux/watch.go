package crux

import (
	"fmt"

	"github.com/crux-pinn/crux/domain"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Cloud draws the points of a specification for watching. It depends on the specification and the name only: a point set
// on which a constraint of the problem is enforced gives the points of that constraint's first draw, any other one those of
// the random stream of the given name. Nothing that training reads is changed.
func (r *Run) Cloud(on *domain.Points, name string) (*domain.Cloud, error) {
	if on == nil {
		return nil, fmt.Errorf("crux: no point set; pass one such as box.Grid(101)")
	}
	for _, g := range r.solver.groups {
		if g.whole == on {
			name = "points/" + g.name + "/0"
		}
	}
	c, err := on.Draw(r.solver.Stream(name))
	if err != nil {
		return nil, fmt.Errorf("crux: %w", err)
	}
	return c, nil
}

// CompileOn prepares an expression for evaluation on given points at the parameters of any later step.
func (r *Run) CompileOn(e ph.Expr, on *domain.Cloud) (*Evaluator, error) {
	if on == nil || on.Len() == 0 {
		return nil, fmt.Errorf("crux: evaluation without points")
	}
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
	if on == nil || on.Len() == 0 {
		return nil, fmt.Errorf("crux: evaluation without points")
	}
	return r.solver.compileWith(g.Expr, on, g.Select, Float64, purposes...)
}

// ResidualAt prepares the residual of constraint i for evaluation on other points than its own.
func (r *Run) ResidualAt(i int, on *domain.Cloud) (*Evaluator, error) {
	if i < 0 || i >= len(r.solver.cons) {
		return nil, fmt.Errorf("crux: no constraint %d; there are %d", i, len(r.solver.cons))
	}
	return r.CompileOn(r.solver.problem.Constraints[i].Residual, on)
}

// Constraint is constraint i as the solver enforces it, its residual divided by its scale; the zero value if there is no such
// constraint.
func (r *Run) Constraint(i int) Constraint {
	if i < 0 || i >= len(r.solver.cons) {
		return Constraint{}
	}
	return r.solver.problem.Constraints[i]
}

// Specification is what the points of constraint i are drawn from; nil if there is no such constraint.
func (r *Run) Specification(i int) *domain.Points {
	if i < 0 || i >= len(r.solver.cons) {
		return nil
	}
	return r.solver.groups[r.solver.cons[i].group].on
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
