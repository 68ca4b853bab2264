// Package exact builds boundary and initial conditions into unknown functions: [Hard] changes a network so that it satisfies them
// whatever its parameters are, and finds which of them a periodic network has by itself. It takes apart the domains of package domain.
package exact

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/crux-pinn/crux/domain"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Hard builds boundary and initial conditions into an unknown function, so that it has them exactly whatever its network
// says and nothing is left of them to train: u = G + B(N), where G has the given values and B(N) is a network N changed so
// that it has homogeneous ones.
//
//	raw := placeholder.NewField("u", net.MLP{}, t, x)
//	built := exact.Hard{Domain: slab, Conditions: []exact.Condition{
//		{Name: "ic", Residual: raw.Sub(placeholder.Sin(x)), On: slab.Face(t, 0, 1)},
//		{Name: "bc", Residual: raw, On: slab.Sides(x, 1)},
//	}}.Apply(raw)
//	u := built.Expr // in place of raw, in all other residuals
//
// On the faces of a [domain.Box], and at the ends of the axis of a [domain.Cylinder], a condition is a·u + b·∂u/∂n = h with
// functions a, b and h of the coordinates: a value, a flux or one of Robin's kind; an initial velocity is a flux along time. G
// interpolates the values between opposite faces linearly, fluxes by cubic polynomials, one coordinate after the other (transfinite
// interpolation; the functional connections of Mortari 2017 and Leake, Mortari 2020). For values B multiplies N by polynomials that
// vanish on their faces and have the maximum 1; fluxes take N and its derivative on the face. Where an axis has conditions at one end
// only, with s the way from there in units of its length and τ = Onset, N is multiplied by
//
//	s/(s + τ)   for a value,   s²/(s² + τ²)   for a value and a flux
//
// so that it has something of order one to learn everywhere, and the data by one less that: beyond τ the network is the function
// itself, not what it differs by from a start that it may have left far behind.
//
// On the boundary of a [domain.Shape], at all times of a [domain.Cylinder], values are built in, by a smooth function that is zero on the
// boundary only: the product of a function for each side, ball or hole, non-convex corners by Rvachev's R-functions (Sukumar, Srivastava
// 2022, arXiv 2104.08426). Several conditions are joined by inverse distance (there, Eq. 21). Inside, h continues by its own formula and so
// must be smooth there. A flux a·u + b·∂u/∂n = h through a part of the boundary takes, by Rvachev's structure, the derivative of N
// along the gradient of the part's function (there, Eq. 11). It is exact away from corners of the shape, and where u has a value on the
// same part N is multiplied by the function squared instead. On straight sides the derivative may have any direction but that of the
// side. Two things are exact and seldom pay, and so are built in only with All: a flux without a value, which costs derivatives of one
// order more in all residuals, and different values on parts that meet, as the second derivatives of what joins them are infinite in the
// corner.
//
// A condition that u, or a derivative of it, is the same at both ends of an axis is met by a network that is periodic along it, as
// net.Periodic makes it; nothing is built for it then, and other conditions are if they leave the function periodic, up to its third
// derivative. [Hard.Periodicities] finds which periods that takes.
//
// Everything is an [ph.Expr] of the coordinates and N, so derivatives of every order exist. At corners where two of the
// functions of a shape vanish, second derivatives may be infinite; interior points never lie there.
type Hard struct {
	Domain     domain.Domain // a *domain.Box, *domain.Shape or *domain.Cylinder
	Conditions []Condition   // candidates, in the order in which they are tried, but for periodic ones, which come first
	All        bool          // on the boundary of a shape, build in also fluxes where u has no value, and different values on parts that meet
	Onset      float64       // τ, relative to the length of the axis; 0 means 0.1
}

// Condition is a residual that should vanish on a part of the boundary, as a constraint of a problem has it. The number
// of points does not matter.
type Condition struct {
	Name     string
	Residual ph.Expr
	On       *domain.Points
}

// Function is an unknown function with conditions built into it.
type Function struct {
	Expr  ph.Expr  // the function; it carries an error if there is one
	Built []string // the conditions that it has exactly, by name
	Kept  []Kept   // those that must stay constraints
}

// Kept is a condition that was not built in, and why.
type Kept struct{ Name, Why string }

// Apply returns the unknown function u, a field or one component of one, with as many of the conditions built in as is
// possible: each must be linear in u on whole faces, agree in corners with those before it, and be of a kind named at Hard. Every
// condition is checked numerically on its part of the boundary, corners included, with a function in place of the
// network. Conditions that fail are listed in Kept with the reason, those that do not concern u alone too.
func (h Hard) Apply(u ph.Expr) *Function {
	if u == nil {
		return &Function{Expr: ph.Bad("Hard of a nil function; pass a field or a component of one")}
	}
	if u.Err() != nil {
		return &Function{Expr: u}
	}
	w, ok := unknownOf(u)
	if !ok || u.Dim() != 1 {
		return &Function{Expr: ph.Bad("Hard of an expression with %d components; "+
			"pass a field of one component, or one component of a field by Index", u.Dim())}
	}
	tau := cmp.Or(h.Onset, 0.1)
	if !(tau > 0) || math.IsInf(tau, 0) {
		return &Function{Expr: ph.Bad("Hard: Onset is %v; it must be positive, or 0 for 0.1", h.Onset)}
	}
	var meeting []Kept
	for {
		out, more := h.apply(u, w, tau, meeting)
		if more == nil {
			return out
		}
		meeting = append(meeting, more...)
	}
}

// apply builds in what it can of the conditions but for those that are kept. It stops where values of two conditions differ on parts that
// meet, and returns both.
func (h Hard) apply(u ph.Expr, w unknown, tau float64, kept []Kept) (*Function, []Kept) {
	fr, err := newFrame(h.Domain, tau)
	if err != nil {
		return &Function{Expr: ph.Bad("Hard: %v", err)}, nil
	}
	fr.all = h.All
	for _, c := range fr.coords {
		if !slices.Contains(w.field.Coords(), c) {
			fr.err = fmt.Errorf("the field is not a function of %s", c.Name())
		}
	}
	out := &Function{Expr: u, Kept: slices.Clone(kept)}
	first, rest := []Condition{}, []Condition{}
	for i, c := range h.Conditions {
		c.Name = cmp.Or(c.Name, fmt.Sprint(i))
		if slices.ContainsFunc(kept, func(k Kept) bool { return k.Name == c.Name }) {
			continue
		}
		if p, _ := fr.pairIn(c); p != nil {
			first = append(first, c)
		} else {
			rest = append(rest, c)
		}
	}
	queue := append(first, rest...)
	for i, n := 0, len(queue); i < len(queue); i++ {
		c := queue[i]
		err := fr.try(c, w)
		var corner *cornerError
		switch {
		case errors.As(err, &corner):
			return nil, []Kept{{corner.with, (&cornerError{c.Name}).Error()}, {c.Name, corner.Error()}}
		case errors.Is(err, errOnRequest) && i < n:
			queue = append(queue, c) // a value on the same part may come later
		case err != nil:
			out.Kept = append(out.Kept, Kept{c.Name, err.Error()})
		default:
			out.Built = append(out.Built, c.Name)
		}
	}
	if len(out.Built) > 0 {
		out.Expr = fr.build(u)
	}
	return out, nil
}
