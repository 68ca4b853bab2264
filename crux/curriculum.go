package crux

import (
	"fmt"
	"math"
	"slices"

	ph "github.com/crux-pinn/crux/placeholder"
)

// Curriculum trains with easier values of a constant first: a slower wind, a smaller Reynolds number, a larger viscosity
// (Krishnapriyan et al. 2021, arXiv 2109.01050, "curriculum PINN regularization"). Each value is a lesson. It begins with the
// parameters, the points and the weights of constraints of the one before; the method and the weights of points start over, since
// what they know is of another loss. The last lesson has the constant's own value, and its objective is that of the problem that
// states this value, bit for bit.
//
// Residuals, and all expressions that the solver evaluates, have the constant at the value of the lesson that is trained: a run
// that ends before the last one leaves the solution of another problem, that of [Solver.Value] of the constant. The value is kept
// among the fixed parameters under the constant's name.
type Curriculum struct {
	Of     *ph.Param // a constant of ph.NewConstant, which appears in a residual
	Values []float64 // those before its own, all different; its own comes last and may stand there, too
	Steps  int       // updates of each lesson, at most: one whose method converges is over sooner; at least 1
}

// LinearRamp is n values in equal steps, for the values of a curriculum: the first is from, the last to. For n below 2 it is to alone.
func LinearRamp(from, to float64, n int) []float64 {
	return ramp(from, to, n, func(s float64) float64 { return from + (to-from)*s })
}

// GeometricRamp is n values with equal ratios: the first is from, the last to, which have the same sign. For n below 2 it is to alone.
func GeometricRamp(from, to float64, n int) []float64 {
	return ramp(from, to, n, func(s float64) float64 { return from * math.Pow(to/from, s) })
}

func ramp(from, to float64, n int, at func(s float64) float64) []float64 {
	if n < 2 {
		return []float64{to}
	}
	list := make([]float64, n)
	for i := range list {
		list[i] = at(float64(i) / float64(n-1))
	}
	list[0], list[n-1] = from, to
	return list
}

// Lesson is one of the lessons of a curriculum.
type Lesson struct {
	Value float64 // of the constant
	Steps int     // taken so far; 0 before it begins
	Loss  float64 // at the last step
}

// listLessons makes the stages of a curriculum.
func (s *statement) listLessons(c Curriculum) error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("Options.Curriculum: "+format, args...)
	}
	if c.Of == nil {
		return bad("no Of; name the constant that takes several values")
	}
	own, ok := c.Of.Constant()
	name := c.Of.Path()
	if !ok {
		return bad("%s is not a constant; make it with placeholder.NewConstant", name)
	}
	if err := c.Of.Err(); err != nil {
		return err
	}
	var err error
	if s.values, err = lessons(c.Values, own); err != nil {
		return bad("%s: %w", name, err)
	}
	if c.Steps < 1 {
		return bad("option Steps is %d; say how many updates each lesson gets", c.Steps)
	}
	used := func(k Constraint) bool { return ph.Mentions(k.Residual, c.Of) }
	if !slices.ContainsFunc(s.problem.Constraints, used) {
		return bad("%s appears in no residual; name a constant of which one depends", name)
	}
	s.noun = "lessons"
	for _, v := range s.values {
		s.listed = append(s.listed, &Stage{
			Name: fmt.Sprintf("%s = %v", name, v), Steps: c.Steps, Values: map[*ph.Param]float64{c.Of: v},
			In: func(e ph.Expr) ph.Expr {
				return ph.Replace(e, func(e ph.Expr) ph.Expr {
					if e == ph.Expr(c.Of) {
						return ph.Const(v)
					}
					return nil
				})
			},
		})
	}
	return nil
}

// lessons are the values of a curriculum, the constant's own last.
func lessons(values []float64, own float64) ([]float64, error) {
	list := slices.Clone(values)
	if n := len(list); n == 0 || list[n-1] != own {
		list = append(list, own)
	}
	switch n := len(list); {
	case n < 2:
		return nil, fmt.Errorf("no other value than its own, %v; give easier ones to begin with", own)
	case n > MaxStages:
		return nil, fmt.Errorf("%d values; take at most %d", n, MaxStages)
	}
	for i, v := range list {
		switch {
		case !finite(v):
			return nil, fmt.Errorf("the value %v is not finite", v)
		case slices.Contains(list[:i], v) && i == len(list)-1:
			return nil, fmt.Errorf("the value %v is its own, which comes last; leave it out before", v)
		case slices.Contains(list[:i], v):
			return nil, fmt.Errorf("the value %v is listed twice; give each once", v)
		}
	}
	return list, nil
}

// Lessons are the lessons of the problem with what has been done in each; nil without Options.Curriculum.
func (s *Solver) Lessons() []Lesson {
	if s.values == nil {
		return nil
	}
	list := make([]Lesson, len(s.values))
	for k, v := range s.values {
		r := s.result(k)
		list[k] = Lesson{Value: v, Steps: r.Steps, Loss: r.Loss}
	}
	return list
}
