package trackers

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/floats"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Bands says how well noisy data determine functions, point by point. It is a callback for Solver.Measure on a run that has fitted noisy data;
// it changes nothing.
//
// A standard deviation is that by which errors of the data, as large as they have turned out to be, move the function, with the
// equations taken as linear where the run has ended; see [Known] for numbers. The truth lies within 1.96 of them at 95 % of the places,
// if the numerical error is small beside that. Where a function is taken to be smooth, what that takes away counts as well.
type Bands struct {
	Of []Quantity    // functions, or numbers
	At *domain.Cloud // the points

	Sigma [][]float64 // of each of them, point by point and there component by component; set by Measure
}

// OnSolveBegin implements crux.Callback.
func (*Bands) OnSolveBegin(context.Context, *crux.Run) error { return nil }

// OnStep implements crux.Callback.
func (b *Bands) OnStep(ctx context.Context, step *crux.Step) error {
	_, s, err := noisyData(ctx, step.Run)
	if err != nil {
		return err
	}
	b.Sigma = nil
	for _, q := range b.Of {
		ev, err := step.Run.CompileGradient(ph.ParamGrad(q.Expr, nil), b.At, crux.ForJacobian)
		if err != nil {
			return fmt.Errorf("%s: %w", q.Name, err)
		}
		j, err := ev.Jacobian()
		if err != nil {
			return fmt.Errorf("%s: %w", q.Name, err)
		}
		sigma := make([]float64, b.At.Len()*q.Expr.Dim())
		for i := range sigma {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			moves, err := s.errors(j.RawRowView(i))
			if err != nil {
				return err
			}
			sigma[i] = floats.Norm(moves, 2)
		}
		b.Sigma = append(b.Sigma, sigma)
	}
	return nil
}
