package cli

import (
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/problemfile"
	ph "github.com/crux-pinn/crux/placeholder"
)

// alike is how much larger a residual may be, in parts of its largest term, where a function has the other sign, for that to be as good a
// solution: the conditions by which eigenfunctions are orthogonal only hold as well as they are trained.
const alike = 1e-4

// signless reports whether −f solves the problem as well as f does: the function of an eigenvalue has no sign. f is a component of a
// field; anything else has a sign.
func signless(p *problemfile.Problem, s *crux.Solver, f problemfile.Field) (bool, error) {
	e := f.Expr
	for e.Op() == ph.OpNamed {
		e = e.Args()[0]
	}
	from := 0
	if r, ok := e.Attr().(ph.Range); ok && e.Op() == ph.OpSlice {
		e, from = e.Args()[0], r.Lo
	}
	field, ok := e.Attr().(*ph.Field)
	if !ok || f.Expr.Dim() != 1 {
		return false, nil
	}
	parts := make([]ph.Expr, field.Dim())
	for i := range parts {
		if parts[i] = field.Index(i); i == from {
			parts[i] = parts[i].Neg()
		}
	}
	flipped := map[*ph.Field]ph.Expr{field: ph.Concat(parts...)}
	for _, k := range p.Conditions {
		if !ph.Mentions(k.Residual, field) {
			continue
		}
		on := k.On
		if len(on.Patches()) > 0 {
			on = on.With(domain.Sobol{}).Every(0).Count(200)
		}
		both := []ph.Expr{k.Residual, ph.ReplaceFields(k.Residual, flipped)}
		sizes, err := norms(s, on, append(both, ph.Summands(k.Residual)...))
		if err != nil {
			return false, err
		}
		if now, then := sizes[0], sizes[1]; then > now+alike*slices.Max(sizes[2:]) {
			return false, nil
		}
	}
	return true, nil
}

// norms are those of the values of expressions at points.
func norms(s *crux.Solver, on *domain.Points, list []ph.Expr) ([]float64, error) {
	ev, err := s.Compile(ph.Concat(list...), on)
	if err != nil {
		return nil, err
	}
	v, err := ev.Eval()
	if err != nil {
		return nil, err
	}
	var sizes []float64
	rows, column := ev.Points().Len(), 0
	for _, e := range list {
		sizes = append(sizes, mat.Norm(v.Slice(0, rows, column, column+e.Dim()), 2))
		column += e.Dim()
	}
	return sizes, nil
}
