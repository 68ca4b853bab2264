// Package trackers watches a run: eight quantities that explain how training goes, each a callback.
//
//	norms := &trackers.GradientNorms{Interval: 50}
//	result, err := solver.Solve(ctx, 5000, norms)
//	latest, ok := norms.Value()
//
// A tracker fires at every step that its interval divides, so first at step 0, with the untrained network, and at once in
// solver.Measure. Everything it reads belongs to the parameters θ_e before the update of that step. Value and LatestEpoch
// give the latest measurement, Result the whole history as typed copies, Arrays the same for files, and Explain says it in words. All
// may be called from any goroutine during the run. The history continues over several calls of Solve and over checkpoints.
//
// Trackers only watch: with any set of them on, a run has, bit for bit, the trajectory that it has without them. The three
// gradient trackers share one gradient matrix a step, which costs no backward pass for constraints with points of their own.
// Those with a mask compute, and share, only the columns that it selects.
//
// The zero value of each works with the defaults of its comment. Options that are wrong, masks that select nothing and
// constraints that do not exist are errors of Solve before step 0.
package trackers
