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
		if g.on == on {
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

// Measuring reports whether the step is one of Measure, which fires callbacks without training: a tracker then fires
// whatever its interval is.
func (s *Step) Measuring() bool { return s.measuring }
