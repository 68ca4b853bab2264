package optim

import (
	"fmt"
	"math"
)

// Stall is a rule that ends a [Phase] before its steps are taken: when the lowest loss of Window steps is above Keep times the lowest
// before them. The zero value ends none.
//
// Where the loss rises under a method that never raises it, the objective has changed: points were redrawn. What was reached
// on the old ones tells nothing then, but the losses that changes begin with, which no step has trained on, do: the phase
// continues as long as they fall.
//
// The rule sees losses only, so a run is as deterministic as its methods.
type Stall struct {
	Window  int     // steps from one look at the losses to the next; 0 means that there is no rule
	Keep    float64 // between 0 and 1: 0.9 asks each window to lower the loss by a tenth
	Descent bool    // the method never raises the loss of a fixed objective, as those with a line search and [LevenbergMarquardt]
}

func (r Stall) check() error {
	switch {
	case r == Stall{}:
		return nil
	case r.Window < 1:
		return fmt.Errorf("field Stall.Window is %d; it must be at least 1", r.Window)
	case !(r.Keep > 0 && r.Keep <= 1):
		return fmt.Errorf("field Stall.Keep is %v; it must be above 0 and at most 1", r.Keep)
	}
	return nil
}

// books are the losses of a phase, as far as its rule needs them.
type books struct {
	done int     // steps taken
	last float64 // loss of the last step; +Inf before the first
	best float64 // lowest since the last look
	mark float64 // lowest before that; +Inf in the first window and after a change of the objective
	anew float64 // lowest since the last look with which a changed objective began; +Inf if it has not changed
	past float64 // the same before that
	why  string  // the last window has not lowered the loss enough; empty if it has
}

func newBooks() books {
	inf := math.Inf(1)
	return books{last: inf, best: inf, mark: inf, anew: inf, past: inf}
}

// note enters a step that began at the given loss.
func (b *books) note(r Stall, loss float64) {
	if r.Descent && loss > b.last {
		b.anew = min(b.anew, loss)
		b.best, b.mark = math.Inf(1), math.Inf(1)
	}
	b.last, b.best = loss, min(b.best, loss)
	b.done++
	if r.Window == 0 || b.done%r.Window != 0 {
		return
	}
	switch {
	case b.anew < math.Inf(1):
		if b.anew >= b.past {
			b.why = fmt.Sprintf("the points keep changing, and in %d steps the loss has not fallen", r.Window)
		}
		b.past, b.anew = min(b.anew, b.past), math.Inf(1)
	case b.best > r.Keep*b.mark:
		b.why = fmt.Sprintf("%d steps lowered the loss by less than %.0f %%", r.Window, 100*(1-r.Keep))
	}
	b.mark, b.best = b.lowest(), math.Inf(1)
}

// lowest is the lowest loss of the phase on the present objective.
func (b *books) lowest() float64 { return min(b.best, b.mark) }

func (b *books) fields() []any {
	return []any{&b.done, &b.last, &b.best, &b.mark, &b.anew, &b.past, &b.why}
}
