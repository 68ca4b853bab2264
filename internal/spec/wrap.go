package spec

import (
	"fmt"
	"slices"

	"github.com/crux-pinn/crux/domain/exact"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// wrap gives networks the periods that conditions ask for, as u(x = 0) = u(x = 1) and u_x(x = 0) = u_x(x = 1) do, where the file
// leaves the choice: the same as periodic: {x: 1}, and written so into the resolved file. true tells that names of fields mean something
// else now, and that constraints have to be read again.
func (b *builder) wrap(h *hard) bool {
	wanted := b.wanted(h)
	if len(b.errs) > 0 {
		return false
	}
	var conditions []exact.Condition
	var equations []ph.Expr
	for _, c := range b.p.Crux.Constraints {
		if b.inside[c.Name] {
			equations = append(equations, c.Residual)
		}
		if wanted[c.Name] != nil || h.auto && square(c) {
			conditions = append(conditions, exact.Condition{Name: c.Name, Residual: c.Residual, On: c.On})
		}
	}
	periods := map[*fieldNet]map[*ph.Coord]float64{}
	for _, p := range b.periodicities(h, conditions, equations) {
		n := b.nets[slices.IndexFunc(b.nets, func(n *fieldNet) bool { return n.field == p.Field })]
		why := b.whyNot(p, n)
		for _, name := range p.Conditions {
			b.periodic[name] = why
		}
		if why == "" && n.open {
			if periods[n] == nil {
				periods[n] = map[*ph.Coord]float64{}
			}
			periods[n][p.Coord] = p.Period
		}
	}
	for _, n := range b.nets {
		if of := periods[n]; of != nil {
			b.remake(n, of)
		}
	}
	if len(periods) > 0 {
		b.forget()
	}
	return len(periods) > 0
}

// periodicities are what conditions ask for that shall be built in. Where the file says nothing, those that it says how to train are
// trained, and ask for nothing.
func (b *builder) periodicities(h *hard, conditions []exact.Condition, equations []ph.Expr) []exact.Periodicity {
	on := b.p.geometry
	for _, p := range (exact.Hard{Domain: on, Conditions: conditions}).Periodicities() {
		for _, name := range p.Conditions {
			b.periodic[name] = ""
		}
	}
	conditions = slices.DeleteFunc(conditions, func(c exact.Condition) bool {
		_, is := b.periodic[c.Name]
		return !is || h.implied && b.trained[c.Name]
	})
	if len(conditions) == len(b.p.Crux.Constraints) {
		return nil // something must be left to train
	}
	return exact.Hard{Domain: on, Conditions: conditions}.Periodicities(equations...)
}

// whyNot says why a network is not given a period that conditions ask for; empty if it is, or has one by the file.
func (b *builder) whyNot(p exact.Periodicity, n *fieldNet) string {
	w := b.marching
	switch {
	case !n.plain:
		return fmt.Sprintf("field %s has an output transform; hard is for fields without output", n.name)
	case p.Why != "":
		return p.Why
	case w != nil && (p.Coord == b.p.Time && w.get("coord") == nil || w.get("coord") != nil && w.get("coord").text == p.Coord.Name()):
		return fmt.Sprintf("%s is divided into windows, of which none has the whole period", p.Coord.Name())
	}
	return ""
}

// remake makes a field anew, with a network that is periodic.
func (b *builder) remake(n *fieldNet, periods map[*ph.Coord]float64) {
	n.field = ph.NewField(n.name, net.Periodic{Periods: periods, Harmonics: 1, Inner: n.module, Raw: n.raw}, n.field.Coords()...)
	if err := n.field.Err(); err != nil {
		b.errs = append(b.errs, located(err, n.node, b.src))
		return
	}
	for name, e := range n.names(n.field) {
		b.names.env.Names[name] = e
		if i := slices.IndexFunc(b.plain, func(p plainField) bool { return p.name == name }); i >= 0 {
			b.plain[i].expr = e
		}
	}
	said := &node{kind: mapping, path: join(n.node.path, "periodic"), at: n.node.at}
	for _, c := range b.p.Coords {
		if v, ok := periods[c]; ok {
			said.put(c.Name(), &node{kind: scalar, text: ftoa(v), path: join(said.path, c.Name()), at: n.node.at})
		}
	}
	n.node.put("periodic", said)
}
