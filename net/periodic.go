package net

import (
	"math"

	ph "github.com/crux-pinn/crux/placeholder"
)

// Periodic makes the network exactly periodic in chosen coordinates: a coordinate x of period P is replaced by
//
//	cos kωx, sin kωx,   ω = 2π/P,   k = 1, …, Harmonics
//
// (Dong, Ni 2021, arXiv 2007.07442; one harmonic already reaches every smooth periodic function). The network and all its
// derivatives then agree at x and x + P, and no periodic boundary condition is needed. The other coordinates are mapped
// onto [−1, 1] as elsewhere. It has no parameters of its own.
type Periodic struct {
	Periods   map[*ph.Coord]float64 // the period of each periodic coordinate
	Harmonics int                   // 0 means 1
	Inner     ph.Module             // the network applied to the embedding; nil means MLP{}
	Raw       bool                  // take the other coordinates as they are
}

// Apply builds the network.
func (p Periodic) Apply(s *ph.Scope, in ph.Expr) ph.Expr {
	set := settings{module: "Periodic"}
	harmonics := set.positive("Harmonics", p.Harmonics, 1)
	if set.bad != nil {
		return set.bad
	}
	inputs := []ph.Expr{in}
	if in.Op() == ph.OpConcat {
		inputs = in.Args()
	}
	var features []ph.Expr
	found := 0
	for _, x := range inputs {
		c, _ := x.Attr().(*ph.Coord)
		period, ok := p.Periods[c]
		if x.Op() != ph.OpCoord || !ok {
			features = append(features, input(x, p.Raw))
			continue
		}
		found++
		if !(period > 0) || math.IsInf(period, 1) {
			return ph.Bad("Periodic: the period of %s is %v; it must be a positive number", c.Name(), period)
		}
		for k := 1; k <= harmonics; k++ {
			z := x.Scale(2 * math.Pi * float64(k) / period)
			features = append(features, ph.Cos(z), ph.Sin(z))
		}
	}
	if found < len(p.Periods) {
		return p.stray(inputs)
	}
	return inner(p.Inner).Apply(s, ph.Concat(features...))
}

// stray reports a periodic coordinate of which the network is not a function.
func (p Periodic) stray(inputs []ph.Expr) ph.Expr {
	stray := "" // the first in alphabetical order, so that the message does not depend on the order of the map
	for c := range p.Periods {
		if c == nil {
			return ph.Bad("Periodic: a period is given for a nil coordinate")
		}
		used := false
		for _, x := range inputs {
			used = used || x.Op() == ph.OpCoord && x.Attr() == c
		}
		if !used && (stray == "" || c.Name() < stray) {
			stray = c.Name()
		}
	}
	return ph.Bad("Periodic: %s is not a coordinate of this network; give periods only to coordinates of the field, "+
		"and set Periodic outside other embeddings", stray)
}
