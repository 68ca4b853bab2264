package gallery

import (
	"fmt"
	"slices"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/problemfile"
	ph "github.com/crux-pinn/crux/placeholder"
)

// function is what is drawn: a number at each point.
type function struct {
	name   string
	unit   string      // "" for none
	coords []*ph.Coord // on which it depends, in the order of the file
	expr   ph.Expr     // nil for what is no expression
	eval   func(at *domain.Cloud) ([]float64, error)
}

// in is a text with a unit, unless that is "".
func in(unit, text string) string {
	if unit == "" {
		return text
	}
	return text + " (" + unit + ")"
}

// functions are the components of an expression. coords are those of the expression if nil.
func (r *Run) functions(name string, e ph.Expr, coords []*ph.Coord) ([]function, error) {
	if coords == nil {
		dep := ph.FreeCoords(e)
		for _, c := range r.Problem.Coords {
			if dep[c] {
				coords = append(coords, c)
			}
		}
	}
	if len(coords) == 0 {
		return nil, fmt.Errorf("%s depends on no coordinate; crux eval prints the number", name)
	}
	k := e.Dim()
	var list []function
	for i, c := range (problemfile.Field{Name: name, Expr: e, Coords: coords}).Components() {
		f := function{name: c.Name, unit: r.Problem.Unit(c.Name), coords: coords, expr: c.Expr}
		f.eval = func(at *domain.Cloud) ([]float64, error) {
			m, err := r.Solver.Eval(e, domain.At(at.Coords, at.X))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			return column(m.RawMatrix().Data, i, k), nil
		}
		list = append(list, f)
	}
	return list, nil
}

// column is component i of k of values that lie point by point.
func column(all []float64, i, k int) []float64 {
	out := make([]float64, len(all)/k)
	for j := range out {
		out[j] = all[j*k+i]
	}
	return out
}

// reference is the known solution of a field, component by component, nil if there is none away from data.
func (r *Run) reference(f problemfile.Field) func(at *domain.Cloud) ([]float64, error) {
	at := slices.IndexFunc(r.Problem.References, func(x problemfile.Reference) bool {
		return x.Field == f.Name &&
			x.Kind != problemfile.Measured
	})
	if at < 0 {
		return nil
	}
	ref := r.Problem.References[at].At(r.Solver.Value)
	return func(c *domain.Cloud) ([]float64, error) {
		v, err := ref.Eval(c)
		if err != nil {
			return nil, fmt.Errorf("reference of %s: %w", f.Name, err)
		}
		return v, nil
	}
}

// known is component i of k of the reference of a field, nil if there is none.
func (r *Run) known(f problemfile.Field, i, k int) *function {
	ref := r.reference(f)
	if ref == nil {
		return nil
	}
	return &function{name: "reference", coords: f.Coords, eval: func(c *domain.Cloud) ([]float64, error) {
		v, err := ref(c)
		return column(v, i, k), err
	}}
}

// on is a function on the nodes of a section.
func (f *function) on(s *Section) ([]float64, error) { return f.eval(s.Cloud(f.coords)) }
