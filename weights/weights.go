// Package weights balances the losses of a problem: a [Scheme] gives every constraint its weight w_i in the training loss
// L = (1/N) Σ w_i L_i. Weights are constants to differentiation.
package weights

// Scheme computes the weights of a step.
type Scheme interface {
	// Weigh writes the weights of step epoch to dst, one for each constraint, in order. losses are the unweighted losses
	// of the latest evaluation. Weights must be finite and not negative.
	//
	// It is asked once for each step, in order. Whoever asks besides, as solver.Measure does, puts the scheme back with State and
	// SetState, if it has them; a scheme that remembers something has both.
	Weigh(dst, losses []float64, epoch int) error
}

// Sourced is a scheme that reads trackers. Solve refuses to start when one of them has no value yet and was not passed to it,
// because the scheme would wait for it for ever. One that has a value may be left out later: then the weights stay as they are.
type Sourced interface {
	Sources() []any
}

// Fixed gives every constraint the same weight at all times: w_i = W[i].
type Fixed struct {
	W []float64
}

// Weigh copies W. It fails when W has another length than there are constraints.
func (f *Fixed) Weigh(dst, _ []float64, _ int) error {
	if len(f.W) != len(dst) {
		return &LengthError{Have: len(f.W), Want: len(dst)}
	}
	copy(dst, f.W)
	return nil
}
