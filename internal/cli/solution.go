package cli

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/files/npy"
	"github.com/crux-pinn/crux/internal/linalg"
	"github.com/crux-pinn/crux/internal/problemfile"
	"github.com/crux-pinn/crux/internal/report"
)

// solution is what a run found, on the points where it is judged and exported.
type solution struct {
	sheets   []*sheet
	errors   report.Errors
	warnings []string
}

// evaluateFields evaluates all fields on their grids and compares them with their references. What can be computed is
// returned even when err is not nil.
func evaluateFields(p *problemfile.Problem, s *crux.Solver) (*solution, error) {
	sol := &solution{}
	var first error
	for _, f := range p.Fields {
		if err := sol.field(p, s, f); err != nil && first == nil {
			first = fmt.Errorf("evaluate %s: %w", f.Name, err)
		}
	}
	return sol, first
}

func (sol *solution) field(p *problemfile.Problem, s *crux.Solver, f problemfile.Field) error {
	sh, values, err := sol.evaluate(s, f, f.Name, f.Grid)
	if err != nil {
		return err
	}
	for i := range p.References {
		r := &p.References[i]
		if r.Field != f.Name {
			continue
		}
		if r.Kind == problemfile.Measured { // known at points of its own
			if sh, values, err = sol.evaluate(s, f, f.Name+"_data", r.On); err != nil {
				return err
			}
		}
		if err := sol.compare(sh, values, r.At(s.Value), func() (bool, error) { return signless(p, s, f) }); err != nil {
			return err
		}
	}
	return nil
}

// evaluate puts a field on a sheet with the given points.
func (sol *solution) evaluate(s *crux.Solver, f problemfile.Field, label string, on *domain.Points) (*sheet, column, error) {
	ev, err := s.Compile(f.Expr, on)
	if err != nil {
		return nil, column{}, err
	}
	v, err := ev.Eval()
	if err != nil {
		return nil, column{}, err
	}
	c := column{f.Name, ev.Components(), v.RawMatrix().Data}
	sh := sol.sheet(label, ev.Points())
	if !slices.ContainsFunc(sh.columns, func(o column) bool { return o.name == c.name }) {
		sh.columns = append(sh.columns, c)
	}
	return sh, c, nil
}

// compare adds reference and error of a field to its sheet, and the errors' norms to the report. A reference of the other sign is turned
// round if the field has none.
func (sol *solution) compare(sh *sheet, u column, r *problemfile.Reference, signless func() (bool, error)) error {
	ref, err := r.Eval(sh.cloud)
	if err != nil {
		return fmt.Errorf("reference: %w", err)
	}
	if len(ref) != len(u.data) {
		return fmt.Errorf("reference: %d values at %d points, where the field has %d", len(ref), sh.cloud.Len(), len(u.data))
	}
	unknown, enough := linalg.Known(ref)
	finite := slices.Clone(ref)
	var gaps []int // the points of them
	for _, i := range unknown {
		finite[i] = 0
		gaps = append(gaps, i/u.dim)
	}
	gaps = slices.Compact(gaps)
	turned := false
	if floats.Dot(u.data, finite) < 0 {
		if turned, err = signless(); err != nil {
			return err
		}
	}
	if turned {
		floats.Scale(-1, ref)
	}
	points := sh.cloud.Len()
	if len(gaps) > 0 {
		what := "nothing can be compared; give one that is known everywhere"
		if enough {
			what = fmt.Sprintf("the error leaves out %d of %d points", len(gaps), points)
			points -= len(gaps)
		}
		place := domain.Place(sh.cloud.Coords, sh.cloud.Row(gaps[0]))
		sol.warnings = append(sol.warnings, fmt.Sprintf("the reference of %s is %v at %s, so %s", r.Field, ref[unknown[0]], place, what))
	}
	diff, relL2, maxAbs := linalg.Difference(u.data, ref)
	own, err := r.SelfError()
	if err != nil || own == 0 && r.Kind == problemfile.Measured {
		own = math.NaN()
	}
	source := string(r.Kind)
	if r.Source != "" {
		source += ", " + r.Source
	}
	if turned {
		source += ", times -1, as the sign is not determined"
	}
	sol.errors.Add(r.Field, report.FieldError{
		RelL2: report.Number(relL2), MaxAbs: report.Number(maxAbs), Reference: source,
		SelfError: report.Number(own), Points: points,
	})
	sh.columns = append(sh.columns, column{u.name + "_reference", u.dim, ref}, column{u.name + "_error", u.dim, diff})
	return nil
}

// sheet finds the sheet with the points of a cloud, or begins one.
func (sol *solution) sheet(label string, c *domain.Cloud) *sheet {
	for _, sh := range sol.sheets {
		if slices.Equal(sh.cloud.Coords, c.Coords) && slices.Equal(sh.cloud.X, c.X) {
			if len(c.Columns) > 0 { // the points of a file that are those of the grid: with its values
				sh.cloud = c
			}
			return sh
		}
	}
	if len(sol.sheets) == 0 {
		label = ""
	}
	sh := &sheet{label: label, cloud: c}
	sol.sheets = append(sol.sheets, sh)
	return sh
}

// arrays are the sheets for an npz file. On a regular grid each coordinate is the array of its ticks, and a column has
// one axis for each coordinate; otherwise all arrays have one entry for each point. Columns of several components have
// a last axis more. The names of a second sheet on carry its label, as in "k.x" and "k.k".
func (sol *solution) arrays() []npy.Array {
	var list []npy.Array
	for _, sh := range sol.sheets {
		prefix := ""
		if sh.label != "" {
			prefix = sh.label + "."
		}
		for _, a := range sh.arrays() {
			a.Name = prefix + a.Name
			list = append(list, a)
		}
	}
	return list
}
