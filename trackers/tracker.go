package trackers

import "github.com/crux-pinn/crux/crux"

// Tracker is what all eight have in common, beside Value and Result, whose types differ.
type Tracker interface {
	crux.Callback
	crux.Stateful                      // the whole history
	LatestEpoch() (epoch int, ok bool) // the step of the latest measurement; ok is false before the first one
	Arrays() []Array                   // the history for files
}
