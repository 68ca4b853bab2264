package exact

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/crux-pinn/crux/internal/pointwise"
	ph "github.com/crux-pinn/crux/placeholder"
)

// wrap is an axis along which the network is periodic, as a condition wants it.
type wrap struct {
	axis int
	name string // of the condition
}

// tryPeriodic accepts a condition that the network has by itself. Nothing is built for it, but what is built for others must leave it
// alone, and those that do not are no longer accepted.
func (f *frame) tryPeriodic(name string, p *pair, u unknown) error {
	switch {
	case !f.isPeriodic(u.field, p.axis):
		c := f.coords[p.axis].Name()
		return fmt.Errorf("the network is not periodic in %s; give it the period, periodic: {%s: %.6g} in a file and net.Periodic in Go", c, c,
			f.hi[p.axis]-f.lo[p.axis])
	case p.of != u:
		return errors.New("it is of another component")
	}
	if !slices.ContainsFunc(f.wraps, func(w wrap) bool { return w.axis == p.axis }) {
		f.wraps = append(slices.Clone(f.wraps), wrap{p.axis, name})
	}
	return nil
}

// isPeriodic reports whether a network puts out the same at both ends of an axis, and has the same slope there, for any parameters.
func (f *frame) isPeriodic(g *ph.Field, axis int) bool {
	rng := rand.New(rand.NewPCG(1, 2))
	at := pointwise.Point{Params: map[*ph.Param][]float64{}, Bounds: map[*ph.Coord][2]float64{}}
	for _, p := range g.Parameters() {
		v := make([]float64, p.Size())
		p.Initialize(rng, v)
		for i := range v { // some begin at 0, and then hide what they multiply
			v[i] += 0.1 * rng.NormFloat64()
		}
		at.Params[p] = v
	}
	for i, c := range f.coords {
		at.Bounds[c] = [2]float64{f.lo[i], f.hi[i]}
	}
	c := f.coords[axis]
	both := ph.Concat(g, ph.Expr(g).D(c).Scale(f.hi[axis]-f.lo[axis]))
	for _, x := range f.probes(f.face(axis)) {
		ends, err := f.atEnds(both, axis, x, at)
		if err != nil {
			return false
		}
		for k, a := range ends[0] {
			if b := ends[1][k]; !(math.Abs(a-b) <= 1e-9*max(1, math.Abs(a), math.Abs(b))) {
				return false
			}
		}
	}
	return true
}

// atEnds evaluates an expression at both ends of an axis, in all else at a point. Parameters and bounds are those of at.
func (f *frame) atEnds(e ph.Expr, axis int, x []float64, at pointwise.Point) (ends [2][]float64, err error) {
	at.Coords = f.point(x)
	for side := range ends {
		at.Coords[f.coords[axis]] = f.at(axis, side)
		if ends[side], err = pointwise.Eval(e, at); err != nil {
			return ends, err
		}
	}
	return ends, nil
}

// checkPeriodic sees that what is built in does not end that the function is periodic. name is the condition that is new.
func (f *frame) checkPeriodic(name string, built ph.Expr) error {
	for _, w := range f.wraps {
		if s := f.unlike(built, w.axis); s != "" {
			return fmt.Errorf("with it the function is not periodic in %s as %q wants it: %s; "+
				"make its data so, or leave one of the two a constraint", f.coords[w.axis].Name(), w.name, s)
		}
	}
	return nil
}
