package weights

import (
	"fmt"
	"math"
	"slices"
)

// measured is a source that knows when it last measured.
type measured interface{ LatestEpoch() (int, bool) }

// average holds the weights of a scheme that reads trackers: new ones enter once for each measurement, by an exponential
// moving average that begins at 1.
type average struct {
	memory
	seen []int // epochs of the measurements that are in w
	w    []float64
}

// weigh writes the weights of a step. fresh computes new ones from measurements that all exist.
func (a *average) weigh(dst []float64, ema float64, sources []measured, fresh func([]float64) error) error {
	if !(ema >= 0 && ema < 1) {
		return fmt.Errorf("weights: EMA is %v; it must be at least 0 and below 1, and 0 takes the latest measurement at once", ema)
	}
	seen := make([]int, len(sources))
	for i, s := range sources {
		e, ok := s.LatestEpoch()
		if !ok {
			uniform(dst) // until every tracker has fired
			return nil
		}
		seen[i] = e
	}
	if len(a.w) != len(dst) {
		a.seen, a.w = nil, slices.Repeat([]float64{1}, len(dst))
	}
	if !slices.Equal(seen, a.seen) {
		w := make([]float64, len(dst))
		if err := fresh(w); err != nil {
			return err
		}
		for i, x := range w {
			if math.IsNaN(x) || math.IsInf(x, 0) || x < 0 {
				return fmt.Errorf("weights: balancing gives constraint %d the weight %v; its measurement is not a number", i, x)
			}
			a.w[i] = ema*a.w[i] + (1-ema)*x
		}
		a.seen = seen
	}
	copy(dst, a.w)
	return nil
}

// State returns the weights and the measurements that are in them.
func (a *average) State() ([]byte, error) { return a.encode(a.seen, a.w) }

// SetState restores what State returned.
func (a *average) SetState(state []byte) error {
	seen, parts, err := a.decode(state, 1)
	if err != nil {
		return err
	}
	a.seen, a.w = seen, parts[0]
	return nil
}
