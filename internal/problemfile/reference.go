package problemfile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/known"
	"github.com/crux-pinn/crux/internal/pointwise"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Kind says where a reference comes from.
type Kind string

// The kinds of reference.
const (
	ClosedForm Kind = "closed form" // exact up to rounding
	Computed   Kind = "computed"    // by a numerical method with an error of its own; see Reference.SelfError
	Measured   Kind = "data"        // values in a file
)

// Reference is a known solution of a field.
type Reference struct {
	Field  string         // the name of the field, as in Problem.Fields
	Kind   Kind           // where the values come from
	Source string         // a built-in solution's name, an expression, or a file
	On     *domain.Points // where to judge: the field's grid, or the points of the file

	eval      func(c *domain.Cloud, value values) ([]float64, error)
	selfError func(value values) (float64, error)
	value     values
}

// values are those of the constant of a curriculum in a run; nil means its own.
type values = func(*ph.Param) float64

// At is the same reference where the constant of a curriculum has the value that it has in a run, Solver.Value. Otherwise it has
// its own.
func (r *Reference) At(value func(*ph.Param) float64) *Reference {
	now := *r
	now.value = value
	return &now
}

// Eval is the reference at the points of a cloud drawn from On or, unless Kind is Measured, at any points of the domain:
// component by component within each point.
func (r *Reference) Eval(c *domain.Cloud) ([]float64, error) { return r.eval(c, r.value) }

// SelfError estimates the largest absolute error of the reference itself: 0 for closed forms and for data, of which
// nothing is known.
func (r *Reference) SelfError() (float64, error) {
	if r.selfError == nil {
		return 0, nil
	}
	return r.selfError(r.value)
}

// lookUp evaluates one field of a known solution at the points of a cloud.
func lookUp(sol *known.Solution, field int, coords []*ph.Coord, c *domain.Cloud) ([]float64, error) {
	n, d := c.Len(), len(coords)
	points := make([]float64, n*d)
	for j, x := range coords {
		at := slices.Index(c.Coords, x)
		if at < 0 {
			return nil, fmt.Errorf("problemfile: %s needs the coordinate %s, which the points do not have", sol.Name, x.Name())
		}
		for i := range n {
			points[i*d+j] = c.Row(i)[at]
		}
	}
	values := make([]float64, n*len(sol.Fields))
	if err := sol.Eval(values, points); err != nil {
		return nil, fmt.Errorf("problemfile: %s", strings.TrimPrefix(err.Error(), "known: "))
	}
	return values[field*n : (field+1)*n], nil
}

// evaluate computes an expression of coordinates alone at the points of a cloud.
func evaluate(e ph.Expr, c *domain.Cloud) []float64 {
	out := make([]float64, c.Len()*e.Dim())
	f := pointwise.Function(e, c.Coords)
	for i := range c.Len() {
		f(out[i*e.Dim():(i+1)*e.Dim()], c.Row(i))
	}
	return out
}
