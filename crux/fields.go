package crux

import (
	"fmt"
	"slices"

	ph "github.com/crux-pinn/crux/placeholder"
)

// In is an expression as the solver takes it: with what fields of the problem stand for in their place; see [Problem.Fields].
func (s *statement) In(e ph.Expr) ph.Expr { return ph.ReplaceFields(e, s.fields) }

// standing finds what fields stand for in terms of networks. The bare network of a field is a twin of it, so that nothing is replaced twice.
func standing(fields map[*ph.Field]ph.Expr) (map[*ph.Field]ph.Expr, error) {
	done := map[*ph.Field]ph.Expr{}
	var path []*ph.Field
	var resolve func(f *ph.Field) error
	resolve = func(f *ph.Field) error {
		if i := slices.Index(path, f); i >= 0 && i < len(path)-1 {
			return fmt.Errorf("Problem.Fields: what %s stands for contains itself by way of %s; one of them must stand on its own", f.Name(), path[len(path)-1].Name())
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
		for _, g := range fieldsOf(e) {
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
		for _, f := range fieldsOf(c.stated) {
			if !slices.Contains(list, f) {
				list = append(list, f)
			}
		}
	}
	return list
}

// Uses reports whether constraint i depends on a parameter that an expression depends on, such as those of the same network.
func (r *Run) Uses(i int, e ph.Expr) bool {
	own := paramsIn(r.plan.problem.Constraints[i].Residual)
	return slices.ContainsFunc(paramsIn(r.plan.In(e)), func(p *ph.Param) bool { return slices.Contains(own, p) })
}

// paramsIn are the trainable parameters of an expression, those of its networks among them.
func paramsIn(e ph.Expr) []*ph.Param {
	list := paramsOf(e)
	for _, f := range fieldsOf(e) {
		list = append(list, f.Parameters()...)
	}
	return slices.DeleteFunc(list, func(p *ph.Param) bool { return p.Fixed() })
}
