package crux

import (
	"fmt"
	"math"
	"slices"

	ph "github.com/crux-pinn/crux/placeholder"
)

// In is an expression as the solver takes it: with what fields of the problem stand for in their place, and numbers in their units; see
// [Problem.Fields] and [Problem.Units].
func (s *statement) In(e ph.Expr) ph.Expr {
	e = ph.ReplaceFields(e, s.fields)
	if len(s.inUnits) == 0 {
		return e
	}
	return ph.Replace(e, func(e ph.Expr) ph.Expr {
		p, _ := e.Attr().(*ph.Param)
		if q := s.inUnits[p]; q != nil {
			return q.Scale(s.problem.Units[p])
		}
		return nil
	})
}

// Unit is that in which an unknown number is trained; 1 if it has none. See [Problem.Units].
func (s *statement) Unit(p *ph.Param) float64 {
	for q, unit := range s.problem.Units {
		if p == q || p == s.inUnits[q] {
			return unit
		}
	}
	return 1
}

// setUnits makes the parameters that are trained in units: twins of the problem's own, so that nothing is replaced twice.
func (s *statement) setUnits() error {
	s.inUnits = map[*ph.Param]*ph.Param{}
	for p, unit := range s.problem.Units {
		if m, _ := math.Frexp(unit); m != 0.5 || p.Fixed() || len(p.Shape()) > 0 {
			return fmt.Errorf("Problem.Units: %v for %s; units are powers of two, of trainable numbers", unit, p.Path())
		}
		s.inUnits[p] = p.Twin()
	}
	return nil
}

// standing finds what fields stand for in terms of networks. The bare network of a field is a twin of it, so that nothing is replaced
// twice.
func standing(fields map[*ph.Field]ph.Expr) (map[*ph.Field]ph.Expr, error) {
	done := map[*ph.Field]ph.Expr{}
	var path []*ph.Field
	var resolve func(f *ph.Field) error
	resolve = func(f *ph.Field) error {
		if i := slices.Index(path, f); i >= 0 && i < len(path)-1 {
			return fmt.Errorf("Problem.Fields: what %s stands for contains itself by way of %s; one of them must stand on its own", f.Name(),
				path[len(path)-1].Name())
		}
		if done[f] != nil || len(path) > 0 && path[len(path)-1] == f {
			return nil
		}
		path = append(path, f)
		e := fields[f]
		if e == nil {
			return fmt.Errorf("Problem.Fields: nothing for %s; leave it out where it stands for itself", f.Name())
		}
		within := map[*ph.Field]ph.Expr{f: f.Twin()}
		for _, g := range ph.Occurring[*ph.Field](e) {
			if _, ok := fields[g]; !ok {
				continue
			}
			if err := resolve(g); err != nil {
				return err
			}
			if g != f {
				within[g] = done[g]
			}
		}
		path = path[:len(path)-1]
		done[f] = ph.ReplaceFields(e, within)
		if d := done[f].Dim(); done[f].Err() == nil && d != f.Dim() {
			return fmt.Errorf("Problem.Fields: %d components for %s, which has %d", d, f.Name(), f.Dim())
		}
		return nil
	}
	for f := range fields {
		if err := resolve(f); err != nil {
			return nil, err
		}
	}
	return done, nil
}

// Fields are the unknown functions of the problem as it is stated, in the order in which its constraints name them.
func (r *Run) Fields() []*ph.Field {
	var list []*ph.Field
	for _, c := range r.plan.constraints {
		for _, f := range ph.Occurring[*ph.Field](c.stated) {
			if !slices.Contains(list, f) {
				list = append(list, f)
			}
		}
	}
	return list
}

// Stated is the residual of constraint i as the problem states it.
func (r *Run) Stated(i int) ph.Expr { return r.plan.constraints[i].stated }

// Uses reports whether constraint i depends on a parameter that an expression depends on, such as those of the same network.
func (r *Run) Uses(i int, e ph.Expr) bool {
	own := paramsIn(r.plan.problem.Constraints[i].Residual)
	return slices.ContainsFunc(paramsIn(r.plan.In(e)), func(p *ph.Param) bool { return slices.Contains(own, p) })
}

// paramsIn are the trainable parameters of an expression, those of its networks among them.
func paramsIn(e ph.Expr) []*ph.Param {
	list := ph.Occurring[*ph.Param](e)
	for _, f := range ph.Occurring[*ph.Field](e) {
		list = append(list, f.Parameters()...)
	}
	return slices.DeleteFunc(list, func(p *ph.Param) bool { return p.Fixed() })
}
