package optim

import "math"

// progress remembers how the last step went.
type progress struct {
	known bool
	loss  float64 // accepted by the last step
	drop  float64 // by how much it lowered the loss
	flat  int     // steps in a row that changed the loss by no more than its rounding error
}

const (
	flatSteps = 5
	roundOff  = 4 * 0x1p-52 // relative change of the loss that counts as none
)

func (g *progress) fields() []any { return []any{&g.known, &g.loss, &g.drop, &g.flat} }

func (g *progress) note(before, after float64) {
	g.known, g.loss, g.drop = true, after, before-after
	if g.drop <= roundOff*math.Abs(before) {
		g.flat++
	} else {
		g.flat = 0
	}
}

// enter begins a step at the given loss. When it is not the one accepted last, the objective changed under the method
// (new points, new weights) and what is known of progress is void.
func (g *progress) enter(loss float64) {
	if g.known && loss != g.loss {
		*g = progress{}
	}
}

// firstAlpha is the length a step needs to lower a quadratic by as much as the last step did, at most 1 (Nocedal &
// Wright 2006, eq. 3.60, with their factor 1.01). The floor bounds what one poor step costs the next.
func (g *progress) firstAlpha(slope float64) float64 {
	if !g.known {
		return 1
	}
	return min(1, max(1.01*2*g.drop/-slope, 0.01))
}
