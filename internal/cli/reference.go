package cli

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/problemfile"
)

// compareMachines says how losses and gradient on Gorgonia's TapeMachine, on which the run was made, compare with those of
// crux's own machine at its end: how far apart they are, and how much slower.
func (a *app) compareMachines(ctx context.Context, p *problemfile.Problem, s *crux.Solver) error {
	p.Options.Reference = false
	own, err := compile(p)
	if err != nil {
		return err
	}
	defer own.Close() //nolint:errcheck // it only ends workers
	state, err := s.State()
	if err == nil {
		err = own.SetState(state)
	}
	if err != nil {
		return fail(exitFailed, err)
	}
	var values [2][]float64
	var spent [2]time.Duration
	for k, s := range []*crux.Solver{own, s} {
		for range 2 { // the first builds the graphs
			begin := a.Now()
			losses, errLosses := s.Losses(ctx)
			gradients, errGradients := s.Gradients(ctx)
			if err := errors.Join(errLosses, errGradients); err != nil {
				return fail(exitFailed, err)
			}
			values[k], spent[k] = append(losses, gradients.RawMatrix().Data...), a.Now().Sub(begin)
		}
	}
	var off, size float64
	for i, v := range values[0] {
		off, size = math.Max(off, math.Abs(values[1][i]-v)), math.Max(size, math.Abs(v))
	}
	apart := off / math.Max(size, math.SmallestNonzeroFloat64)
	slower := float64(spent[1]) / math.Max(float64(spent[0]), 1)
	fmt.Fprintf(a.Err, "on Gorgonia's TapeMachine: losses and gradient within %.1e of crux's own machine "+ //nolint:errcheck
		"(of the largest entry), %s instead of %s, %.0f times slower\n",
		apart, spent[1].Round(time.Microsecond), spent[0].Round(time.Microsecond), slower)
	return nil
}
