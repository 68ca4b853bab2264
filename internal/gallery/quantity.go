package gallery

import (
	"fmt"
	"math"
	"slices"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/problemfile"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Quantity is what other programs are given: a function with a name of its own.
type Quantity struct {
	Name       string
	Components int
	on         func(*Section) ([]float64, error)
}

// On is its values at the nodes of a section, component by component.
func (q *Quantity) On(s *Section) ([]float64, error) { return q.on(s) }

// Quantities are the fields with their references and errors, called NAME_reference and NAME_error, the estimated errors of fields with one
// component, called NAME_estimate, the residuals of equations, called
// residual_NAME, and expressions.
func (r *Run) Quantities(exprs []Named) ([]Quantity, error) {
	var list []Quantity
	for _, f := range r.Problem.Fields {
		q := r.quantity(f.Name, f.Expr, f.Coords)
		list = append(list, q)
		list = append(list, r.besides(f, q)...)
		if e := r.estimateOf(f); e != nil {
			list = append(list, *e)
		}
	}
	for i, c := range r.Problem.Crux.Constraints {
		name := r.Solver.Names()[i]
		cloud, err := r.Solver.Cloud(name)
		if err != nil {
			return nil, err
		}
		if r.holdsEverywhere(c, cloud) {
			list = append(list, r.quantity("residual_"+name, c.Residual, cloud.Coords))
		}
	}
	for _, e := range exprs {
		if slices.ContainsFunc(list, func(q Quantity) bool { return q.Name == e.Name }) {
			return nil, fmt.Errorf("%s is there already; give the expression another name", e.Name)
		}
		list = append(list, r.quantity(e.Name, e.Expr, r.Problem.Coords))
	}
	return list, nil
}

// besides are the reference of a field and its error, none where there is none.
func (r *Run) besides(f problemfile.Field, q Quantity) []Quantity {
	ref := r.reference(f)
	if ref == nil {
		return nil
	}
	known := func(s *Section) ([]float64, error) { return ref(s.Cloud(f.Coords)) }
	off := func(s *Section) ([]float64, error) {
		u, err := q.on(s)
		if err != nil {
			return nil, err
		}
		v, err := known(s)
		if err != nil {
			return nil, err
		}
		for i := range u {
			u[i] -= v[i]
		}
		return u, nil
	}
	return []Quantity{{f.Name + "_reference", q.Components, known}, {f.Name + "_error", q.Components, off}}
}

func (r *Run) quantity(name string, e ph.Expr, coords []*ph.Coord) Quantity {
	return Quantity{name, e.Dim(), func(s *Section) ([]float64, error) {
		c := s.Cloud(coords)
		m, err := r.Solver.Eval(e, domain.At(c.Coords, c.X))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return m.RawMatrix().Data, nil
	}}
}

// movieTimes is the number of times in a series where nobody says which.
const movieTimes = 21

// Series are the sections of the whole domain for other programs: one, or one for each time. Coordinates of o.At are cut there; at most
// three of space may be left.
func (r *Run) Series(o Options) ([]*Section, error) {
	var free []*ph.Coord
	places := [][]Place{nil}
	for _, c := range r.Problem.Coords {
		values := o.At[c.Name()]
		if c == r.Problem.Time && len(values) == 0 && len(r.Problem.Coords) > 1 {
			lo, hi := r.Problem.Bounds(c)
			values = domain.Ticks(lo, hi, movieTimes)
		}
		switch {
		case len(values) == 0:
			free = append(free, c)
			continue
		case len(values) > 1 && c != r.Problem.Time:
			return nil, fmt.Errorf("several values of %s are several exports; give one", c.Name())
		}
		var more [][]Place
		for _, before := range places {
			for _, v := range values {
				more = append(more, append(slices.Clone(before), Place{c, v}))
			}
		}
		places = more
	}
	switch {
	case len(free) == 0:
		return nil, fmt.Errorf("all of %s have a value, so nothing is left to export; crux eval prints the number", names(r.Problem.Coords))
	case len(free) > 3:
		return nil, fmt.Errorf("%s are %d dimensions, and the files have at most three; cut at the others with --at", names(free), len(free))
	}
	n := o.Points
	if n == 0 {
		n = []int{0, 1001, 101, 51}[len(free)]
	}
	const most = 1 << 24 // nodes of a file
	if math.Pow(float64(n), float64(len(free))) > most {
		return nil, fmt.Errorf("%d points along each of %s are more than %d; take fewer with --grid", n, names(free), most)
	}
	return r.sectionsAt(free, places, n)
}
