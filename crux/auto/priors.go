package auto

import (
	"fmt"
	"math"
	"slices"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	ph "github.com/crux-pinn/crux/placeholder"
)

// likely is how many points tell whether a function is smooth, by the number of its coordinates: each has all second derivatives. Networks
// for coefficients bend a few times along an axis, and a function in the plane is seen at a distance of a sixteenth of the side.
var likely = []int{64, 256, 512}

// priors lets unknown functions that neither data measure nor equations determine be smooth. There are such where there are more functions than
// equations: the coefficient k(x) of a flow, a source, a load. Noisy data determine a few of their degrees of freedom, and what the network
// makes of the others is noise. An integral over the squares of second derivatives in the loss keeps these small; for a function of one
// coordinate that is a smoothing spline (Wahba 1990, Spline Models for Observational Data). How much it counts is found by callbacks.Noise,
// and is nothing before data turn out to be noisy.
func (c *Choice) priors(p Problem) {
	if p.NoPrior || c.apart > 0 {
		return
	}
	var functions, measured []*ph.Field
	equations := 0
	at := map[*ph.Field]*domain.Points{} // where an equation that contains it holds
	for _, k := range c.Problem.Constraints {
		if k.Residual == nil || k.On == nil {
			return // crux.New says what is wrong
		}
		equation := isEquation(k)
		if equation {
			equations += k.Residual.Dim()
		}
		for _, f := range ph.Occurring[*ph.Field](k.Residual) {
			if !slices.Contains(functions, f) {
				functions = append(functions, f)
			}
			if hasData(k) {
				measured = append(measured, f)
			}
			if equation && at[f] == nil {
				at[f] = k.On
			}
		}
	}
	unknown := 0
	for _, f := range functions {
		unknown += f.Dim()
	}
	if unknown <= equations {
		return
	}
	for _, f := range functions {
		if at[f] == nil || slices.Contains(measured, f) || len(f.Coords()) == 0 {
			continue
		}
		k := crux.Constraint{Name: c.priorName(f), Prior: true, Residual: bend(f, at[f])}
		k.On = at[f].Count(likely[min(len(f.Coords()), len(likely))-1])
		c.Problem.Constraints = append(c.Problem.Constraints, k)
		c.Priors = append(c.Priors, k.Name)
		c.decide(f.Name()+" is as smooth as data allow, if they turn out to be noisy", "no data measure it, and equations alone leave it open")
	}
}

// isEquation reports whether a constraint holds inside the domain, and not only where something was measured.
func isEquation(k crux.Constraint) bool {
	return !hasData(k) && k.On.Dims() == len(k.On.Coords()) && len(k.On.Patches()) > 0
}

// priorName is a name for a constraint that no other has.
func (c *Choice) priorName(f *ph.Field) string {
	name := "smooth_" + f.Name()
	for i := 2; slices.ContainsFunc(c.Problem.Constraints, func(k crux.Constraint) bool { return k.Name == name }); i++ {
		name = fmt.Sprintf("smooth_%s_%d", f.Name(), i)
	}
	return name
}

// bend are the second derivatives of a function, in units of the lengths of axes: the sum of their squares does not depend on how the
// coordinates are turned, where these lengths are the same.
func bend(f *ph.Field, on *domain.Points) ph.Expr {
	lo, hi := on.Bounds()
	length := func(c *ph.Coord) float64 {
		i := slices.Index(on.Coords(), c)
		if i < 0 || !(hi[i] > lo[i]) {
			return 1
		}
		return hi[i] - lo[i]
	}
	var list []ph.Expr
	coords := f.Coords()
	for i, a := range coords {
		for j, b := range coords[i:] {
			by := length(a) * length(b)
			if j > 0 { // ∂²/∂a∂b stands for ∂²/∂b∂a as well
				by *= math.Sqrt2
			}
			list = append(list, f.D(a, b).Scale(by))
		}
	}
	return ph.Concat(list...)
}
