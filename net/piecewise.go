package net

import ph "github.com/crux-pinn/crux/placeholder"

// Piecewise has a network for each part of the domain: functions that have no parameter in common, and jump from one to the next in value
// and derivatives unless conditions say otherwise. The parameters of a part have its name in their paths, as in u/steel/layer0/weight.
type Piecewise struct {
	Parts []Part
	Inner ph.Module // the network of each part; nil means MLP{}
}

// Part is a part of the domain.
type Part struct {
	Name   string
	Where  ph.Expr   // not 0 there, an expression of the coordinates; the first part for which it holds counts, and the last one is the rest
	Lo, Hi []float64 // the ends of the part along each coordinate, which are mapped onto [−1, 1]; nil leaves that to the network
}

// Placed implements ph.Placed: the parts stay where they are, also for a network that begins again in each window of time.
func (p Piecewise) Placed() []ph.Expr {
	var list []ph.Expr
	for _, part := range p.Parts[:max(0, len(p.Parts)-1)] {
		list = append(list, part.Where)
	}
	return list
}

// Apply builds the networks.
func (p Piecewise) Apply(s *ph.Scope, in ph.Expr) ph.Expr {
	if len(p.Parts) == 0 {
		return ph.Bad("Piecewise without a part; give at least one")
	}
	values := make([]ph.Expr, len(p.Parts))
	for i, part := range p.Parts {
		own := in
		if part.Lo != nil {
			if len(part.Lo) != in.Dim() || len(part.Hi) != in.Dim() {
				return ph.Bad("Piecewise: part %s has %d and %d ends for %d coordinates", part.Name, len(part.Lo), len(part.Hi), in.Dim())
			}
			scaled := make([]ph.Expr, in.Dim())
			for j := range scaled {
				half := (part.Hi[j] - part.Lo[j]) / 2
				scaled[j] = in.Index(j).Shift(-part.Lo[j] - half).Scale(1 / half)
			}
			own = ph.Concat(scaled...)
		}
		values[i] = inner(p.Inner).Apply(s.Sub(part.Name), own)
	}
	u := values[len(values)-1]
	for i := len(values) - 2; i >= 0; i-- {
		u = ph.Where(p.Parts[i].Where, values[i], u)
	}
	return u
}
