package crux

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/gonum/floats"

	"github.com/crux-pinn/crux/domain"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Scale is how large the residual of a constraint is at the current parameters, and how large the terms are of which it is the
// sum. At step 0 it says whether the constraints of a problem, and the terms of an equation, are of comparable size.
type Scale struct {
	Name  string  // of the constraint
	RMS   float64 // root mean square over points and components, before it is divided
	By    float64 // by what it is divided: Constraint.Scale, or what it was measured to be
	Terms []Term  // in the order in which they are written; one if the residual is not a sum
}

// Term is a summand of a residual.
type Term struct {
	Text string
	RMS  float64
}

// Scales measures the residuals of all constraints and their terms at the current parameters and points. It computes no
// gradient and changes nothing.
func (s *Solver) Scales() ([]Scale, error) {
	if s.closed {
		return nil, errClosed
	}
	var list []Scale
	for i := range s.constraints {
		sc, err := s.scaleAt(i, s.plan.group(i).cloud)
		if err != nil {
			return nil, err
		}
		list = append(list, sc)
	}
	return list, nil
}

// scaleAt measures constraint i at other points than its own.
func (s *Solver) scaleAt(i int, at *domain.Cloud) (Scale, error) {
	c := s.constraints[i]
	terms := ph.Summands(c.stated)
	ev, err := s.compileOn(ph.Concat(append(terms[:len(terms):len(terms)], c.stated)...), at)
	if err != nil {
		return Scale{}, fmt.Errorf("crux: constraint %q: %w", c.name, err)
	}
	v, err := ev.Eval()
	if err != nil {
		return Scale{}, fmt.Errorf("crux: constraint %q: %w", c.name, err)
	}
	rows, _ := v.Dims()
	column := 0
	size := func(e ph.Expr) float64 {
		norm := 0.0
		for n := range rows {
			norm = math.Hypot(norm, floats.Norm(v.RawRowView(n)[column:column+e.Dim()], 2))
		}
		column += e.Dim()
		return norm / math.Sqrt(float64(rows*e.Dim()))
	}
	sc := Scale{Name: c.name, By: s.problem.Constraints[i].Scale}
	for _, t := range terms {
		sc.Terms = append(sc.Terms, Term{t.String(), size(t)})
	}
	sc.RMS = size(c.stated)
	return sc, nil
}

// ScaleAt measures the residual of constraint i and its terms at points, at the current parameters; see [Solver.Scales].
func (r *Run) ScaleAt(i int, at *domain.Cloud) (Scale, error) {
	if i < 0 || i >= len(r.plan.constraints) {
		return Scale{}, fmt.Errorf("crux: no constraint %d; there are %d", i, len(r.plan.constraints))
	}
	return r.solver.scaleAt(i, at)
}

// scale makes the residual of constraint i the stated one in terms of networks, divided.
func (s *statement) scale(i int, stated ph.Expr, by float64) {
	c := &s.problem.Constraints[i]
	c.Residual, c.Scale = s.In(stated), cmp.Or(by, 1)
	if c.Residual != nil && by > 0 && by != 1 {
		c.Residual = c.Residual.Scale(1 / by)
	}
}

// findScales measures the scales that are left to it. A constant that varies has its own value then.
func (s *Solver) findScales() error {
	if !slices.ContainsFunc(s.problem.Constraints, func(c Constraint) bool { return c.MeasureScale }) {
		return nil
	}
	stage := s.stages[0]
	if s.values != nil {
		stage = s.stages[len(s.values)-1]
	}
	var err error
	if s.plan, err = newPlan(s.statement, s.progress, stage, s.points, false); err != nil {
		return err
	}
	list, err := s.Scales()
	s.plan = nil
	if err != nil {
		return err
	}
	var errs []error
	for i, sc := range list {
		if !s.problem.Constraints[i].MeasureScale {
			continue
		}
		if !finite(sc.RMS) {
			errs = append(errs, &ScaleError{sc.Name, sc.RMS})
			continue
		}
		by, err := strconv.ParseFloat(strconv.FormatFloat(sc.RMS, 'g', 3, 64), 64)
		if err != nil || by == 0 || math.IsInf(1/by, 0) {
			by = 1
		}
		s.scale(i, s.constraints[i].stated, by)
	}
	return errors.Join(errs...)
}

// ScaleError says that the scale of a constraint cannot be measured.
type ScaleError struct {
	Constraint string
	RMS        float64
}

func (e *ScaleError) Error() string {
	return fmt.Sprintf("constraint %q: its size at step 0 is %v, so it has no scale; give a number", e.Constraint, e.RMS)
}
