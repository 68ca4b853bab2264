package cli

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/problemfile"
)

// compareMachines says how losses and gradient on Gorgonia's TapeMachine, on which the run was made, compare with those of
// crux's own machine at its end: how far apart they are, and how much slower.
func (a *app) compareMachines(p *problemfile.Problem, s *crux.Solver) error {
	var values [2][]float64
	var spent [2]time.Duration
	for k, reference := range []bool{false, true} {
		g, err := newBenchGroups(p, s, reference)
		if err != nil {
			return fail(exitFailed, err)
		}
		defer g.pool.Close()
		for range 2 { // the first builds the graphs
			begin := a.Now()
			if values[k], err = g.gradients(s.Theta()); err != nil {
				return fail(exitFailed, err)
			}
			spent[k] = a.Now().Sub(begin)
		}
	}
	var off, size float64
	for i, v := range values[0] {
		off, size = math.Max(off, math.Abs(values[1][i]-v)), math.Max(size, math.Abs(v))
	}
	fmt.Fprintf(a.Err, "on Gorgonia's TapeMachine: losses and gradient within %.1e of crux's own machine (of the largest entry), %s instead of %s, %.0f times slower\n", //nolint:errcheck
		off/math.Max(size, math.SmallestNonzeroFloat64), spent[1].Round(time.Microsecond), spent[0].Round(time.Microsecond), float64(spent[1])/math.Max(float64(spent[0]), 1))
	return nil
}

// gradients are the losses and the gradients of all groups at theta, one after the other.
func (g *benchGroups) gradients(theta []float64) ([]float64, error) {
	var all []float64
	for _, p := range g.programs {
		v := make([]float64, p.Len()+len(theta))
		if err := p.Gradient(v[p.Len():], theta, g.fixed, slices.Repeat([]float64{1}, p.Len()), v[:p.Len()]); err != nil {
			return nil, err
		}
		all = append(all, v...)
	}
	return all, nil
}
