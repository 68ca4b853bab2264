// Package callbacks acts on a run: it stops it, saves it, moves its points and writes down what it measures.
//
//	solver.Solve(ctx, 20000,
//		&callbacks.EarlyStopping{Patience: 2000},
//		&callbacks.RAD{Interval: 500, C: 1},
//		&callbacks.Checkpoint{Dir: "run", Interval: 1000},
//		&callbacks.JSONL{Path: "run/metrics.jsonl"},
//	)
//
// All trackers and the weight schemes that they drive are here as well, by alias: callbacks.GradientNorms and
// trackers.GradientNorms are one type.
//
// [JSONL], [CSV] and [Arrays] write files, [WandB] and [TensorBoard] dashboards. They see a step after all other callbacks, write on
// goroutines of their own and never change a run; what they cannot write is an error together with the complete result. In
// crux.Options.Recorders they are said once for every Solve. [Solution] shows them a field and its error.
//
// A run that was broken off continues with [Latest] and [Saved.Restore], bit for bit as it would have without the break.
package callbacks

import (
	"context"

	"github.com/crux-pinn/crux/crux"
)

// OnStep is a callback made of a function, which is called at every step.
type OnStep func(ctx context.Context, s *crux.Step) error

// OnSolveBegin implements crux.Callback.
func (OnStep) OnSolveBegin(context.Context, *crux.Run) error { return nil }

// OnStep implements crux.Callback. A nil function does nothing.
func (f OnStep) OnStep(ctx context.Context, s *crux.Step) error {
	if f == nil {
		return nil
	}
	return f(ctx, s)
}
