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
			return fmt.Errorf("Problem.Fields: nothing for %s; leave it away where it stands for itself", f.Name())
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
