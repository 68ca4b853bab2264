// Package claim keeps runs apart. What holds results or state of a run, such as a tracker, a weight scheme or an early stopping,
// has a Mark; a solver claims all that is handed to it before it trains, and what belongs to another run is refused.
package claim

import (
	"errors"
	"fmt"
)

// Run is the identity of a run: that of a solver, from New or from its latest SetState on. Its address counts.
type Run struct{ _ byte }

// Mark says to which run something belongs. It is embedded; the zero value belongs to none.
type Mark struct {
	by   *Run
	step int // the latest that a restored state knows of
}

var errTaken = errors.New("has been handed to another solver and may hold the results of its run; use a new one for each solver")

// Claim makes it the run's, which is at the given step. It is an error if another run has claimed it before, or if its state was
// restored from a later step.
func (m *Mark) Claim(r *Run, step int) error {
	switch {
	case m.by == r:
		return nil
	case m.by != nil:
		return errTaken
	case m.step > step:
		return fmt.Errorf("has the state of step %d, the solver is at step %d: "+
			"these are two runs; restore both from one checkpoint, or use a new one", m.step, step)
	}
	m.by = r
	return nil
}

// Restored makes it nobody's, because SetState has replaced all that there was; step is the latest that the state knows of.
func Restored(m *Mark, step int) { *m = Mark{step: step} }
