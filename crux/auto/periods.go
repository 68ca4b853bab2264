package auto

import (
	"fmt"
	"slices"
	"strings"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain/exact"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// wrap gives networks the periods that conditions ask for, as u(x = 0) = u(x = 1) and u_x(x = 0) = u_x(x = 1) do.
func (b *builder) wrap() {
	list := b.periodicities()
	times := map[*ph.Coord]int{}
	for _, p := range list {
		if times[p.Coord] == 0 {
			times[p.Coord] = b.repeats(p.Coord, list)
		}
	}
	for _, p := range list {
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
		of[p.Coord] = p.Period / float64(times[p.Coord])
		reason := "conditions ask for it"
		if n := times[p.Coord]; n > 1 {
			reason = fmt.Sprintf("conditions ask for %.6g, in which the problem repeats itself %d times, and so does its solution", p.Period, n)
		}
		b.choice.decide(fmt.Sprintf("%s is periodic in %s with the period %.6g", p.Field.Name(), p.Coord.Name(), of[p.Coord]), reason)
	}
	for f, of := range b.choice.Periods {
		raw := !ph.Contains(f.Body(), func(e ph.Expr) bool { return e.Op() == ph.OpNormalize })
		b.fields[f] = ph.NewField(f.Name(), net.Periodic{Periods: of, Harmonics: 1, Inner: f.Module(), Raw: raw}, f.Coords()...)
	}
}

// Open is a condition that a problem lacks: where values are periodic along a coordinate, so must be the derivatives below the order of
// the equation.
type Open struct{ Beside, Derivative, Coord string }

// lacks finds what is open, whatever is built in.
func (b *builder) lacks() {
	for _, p := range (exact.Hard{Domain: b.Domain, Conditions: b.around(square)}).Periodicities(b.equations()...) {
		if p.Lacks != nil && !b.closed(p) {
			b.choice.Open = append(b.choice.Open, Open{strings.Join(p.Conditions, ", "), p.Lacks.String(), p.Coord.Name()})
		}
	}
}

// closed reports whether something else than periodic conditions determines a field along an axis: conditions on its ends, or data.
func (b *builder) closed(p exact.Periodicity) bool {
	for i, k := range b.list {
		if b.inside(k) && len(k.On.Columns()) == 0 || slices.Contains(p.Conditions, k.Name) || !ph.Mentions(b.terms[i], p.Field) {
			continue
		}
		if len(k.On.Patches()) == 0 || len(k.On.Columns()) > 0 {
			return true
		}
		at := slices.Index(k.On.Coords(), p.Coord)
		cloud, err := spaced(k.On, 16).Draw(nil)
		if at < 0 || err != nil || cloud.Normals == nil {
			return true
		}
		for n := range cloud.Len() {
			if cloud.Normals[n*len(cloud.Coords)+at] != 0 {
				return true
			}
		}
	}
	return false
}

// periodicities are the periods that conditions ask for which should be built in.
func (b *builder) periodicities() []exact.Periodicity {
	conditions := b.around(func(k crux.Constraint) bool { return b.wanted(k.Name) || len(b.Hard.Names) == 0 && square(k) })
	for _, c := range conditions {
		b.periodic[c.Name] = ""
	}
	conditions = slices.DeleteFunc(conditions, func(c exact.Condition) bool {
		return b.implied() && b.trained[slices.IndexFunc(b.list, func(k crux.Constraint) bool { return k.Name == c.Name })]
	})
	if len(conditions) == len(b.list) {
		return nil // something must be left to train
	}
	return exact.Hard{Domain: b.Domain, Conditions: conditions}.Periodicities(b.equations()...)
}

// around are those of some conditions that compare the ends of an axis.
func (b *builder) around(some func(crux.Constraint) bool) []exact.Condition {
	var list []exact.Condition
	for i, k := range b.list {
		if some(k) && !slices.Contains(b.kinks.names, k.Name) {
			list = append(list, exact.Condition{Name: k.Name, Residual: b.terms[i], On: sized(k.On)})
		}
	}
	var names []string
	for _, p := range (exact.Hard{Domain: b.Domain, Conditions: list}).Periodicities() {
		names = append(names, p.Conditions...)
	}
	return slices.DeleteFunc(list, func(c exact.Condition) bool { return !slices.Contains(names, c.Name) })
}

// equations are the residuals inside the domain.
func (b *builder) equations() []ph.Expr {
	var list []ph.Expr
	for i, k := range b.list {
		if b.inside(k) {
			list = append(list, b.terms[i])
		}
	}
	return list
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
