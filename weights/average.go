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
type average struct{ memory[averaged] }

type averaged struct {
	Seen []int // epochs of the measurements that are in W
	W    []float64
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
	if len(a.now.W) != len(dst) {
		a.now.Seen, a.now.W = nil, slices.Repeat([]float64{1}, len(dst))
	}
	if !slices.Equal(seen, a.now.Seen) {
		w := make([]float64, len(dst))
		if err := fresh(w); err != nil {
			return err
		}
		for i, x := range w {
			if math.IsNaN(x) || math.IsInf(x, 0) || x < 0 {
				return fmt.Errorf("weights: balancing gives constraint %d the weight %v; its measurement is not a number", i, x)
			}
			a.now.W[i] = ema*a.now.W[i] + (1-ema)*x
		}
		a.now.Seen = seen
	}
	copy(dst, a.now.W)
	return nil
}
