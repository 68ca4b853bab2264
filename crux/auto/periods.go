package auto

import (
	"fmt"
	"slices"

	"github.com/crux-pinn/crux/domain/exact"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// wrap gives networks the periods that conditions ask for, as u(x = 0) = u(x = 1) and u_x(x = 0) = u_x(x = 1) do.
func (b *builder) wrap() {
	for _, p := range b.periodicities() {
		why := b.whyNot(p)
		for _, name := range p.Conditions {
			b.periodic[name] = why
		}
		if _, has := p.Field.Module().(net.Periodic); why != "" || has {
			continue
		}
		if b.choice.Periods == nil {
			b.choice.Periods = map[*ph.Field]map[*ph.Coord]float64{}
		}
		of := b.choice.Periods[p.Field]
		if of == nil {
			of = map[*ph.Coord]float64{}
			b.choice.Periods[p.Field] = of
		}
		of[p.Coord] = p.Period
		b.choice.decide(fmt.Sprintf("%s is periodic in %s with the period %.6g", p.Field.Name(), p.Coord.Name(), p.Period), "conditions ask for it")
	}
	for f, of := range b.choice.Periods {
		raw := !ph.Contains(f.Body(), func(e ph.Expr) bool { return e.Op() == ph.OpNormalize })
		b.fields[f] = ph.NewField(f.Name(), net.Periodic{Periods: of, Harmonics: 1, Inner: f.Module(), Raw: raw}, f.Coords()...)
	}
}

// periodicities are the periods that conditions ask for which should be built in.
func (b *builder) periodicities() []exact.Periodicity {
	var conditions []exact.Condition
	var equations []ph.Expr
	trained := map[string]bool{}
	for i, k := range b.list {
		if b.inside(k) {
			equations = append(equations, b.terms[i])
		}
		trained[k.Name] = b.trained[i]
		if b.wanted(k.Name) || len(b.Hard.Names) == 0 && square(k) {
			conditions = append(conditions, exact.Condition{Name: k.Name, Residual: b.terms[i], On: sized(k.On)})
		}
	}
	for _, p := range (exact.Hard{Domain: b.Domain, Conditions: conditions}).Periodicities() {
		for _, name := range p.Conditions {
			b.periodic[name] = ""
		}
	}
	conditions = slices.DeleteFunc(conditions, func(c exact.Condition) bool {
		_, is := b.periodic[c.Name]
		return !is || b.implied() && trained[c.Name]
	})
	if len(conditions) == len(b.list) {
		return nil // something must be left to train
	}
	return exact.Hard{Domain: b.Domain, Conditions: conditions}.Periodicities(equations...)
}

// whyNot says why a network is not given a period that conditions ask for; empty if it is, or has one.
func (b *builder) whyNot(p exact.Periodicity) string {
	w := b.choice.Options.Windows
	switch {
	case b.Fields[p.Field] != nil:
		return fmt.Sprintf("field %s has an output transform; hard is for fields without output", p.Field.Name())
	case p.Why != "":
		return p.Why
	case w != nil && w.Coord == p.Coord:
		return fmt.Sprintf("%s is divided into windows, and none of them has the whole period", p.Coord.Name())
	}
	return ""
}
