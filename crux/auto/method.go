package auto

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/optim"
)

// Steps is the length of a run where nothing else is specified.
const Steps = 5000

// MethodOptions are what [Method] cannot see in an objective. The zero value is for a run of unknown length in float64.
type MethodOptions struct {
	// Steps is the length of the run, if known: where the first method is not just a warm-up (the last line of the table), it
	// gets half of it, and its rate decays accordingly. 0 means 10000.
	Steps int
	// Precision is that of the objective. With float32 LevenbergMarquardt, which lives on small differences of residuals, is not chosen.
	Precision crux.Precision
	// Started says that parameters are near a solution already, as those of another run are. A first method that warms up is left out: it
	// would lead away from there.
	Started bool
}

// Method chooses the methods of a run by itself, by the number P of parameters, whether the loss is a sum of squares, and the
// precision:
//
//	sum of squares, float64                       SOAP, then LevenbergMarquardt, then SSBroyden if P ≤ 5000
//	otherwise, P ≤ 5000                           Adam, then SSBroyden
//	otherwise                                     SOAP, then SSBroyden with a limited memory
//
// The first method warms up, but for the last line. Each later one works until it converges or until the loss falls too slowly; when
// the last one does, Step returns an error that wraps [optim.ErrConverged]. Info tells what was decided and why, in Choices.
func Method(o MethodOptions) *optim.Phased {
	return optim.Choose("Auto", func(s optim.Size) ([]optim.Phase, string, error) { return job{s, o}.choose() })
}

// methodRule is a line of the table.
type methodRule struct {
	applies  func(job) bool
	phases   func(job) []optim.Phase
	why      func(job) string
	evidence string // the item of docs/results/evidence.md on which it rests
}

// methodRules is the table, of which the first line that applies counts.
var methodRules = []methodRule{
	{job.solvable, squares, job.why, "All losses mean squares"},
	{job.small, dense, job.why, "Other losses, or float32, and up to about 5000 parameters"},
	{job.any, large, job.tooLarge, "More parameters"},
}

// job is what the rules see.
type job struct {
	optim.Size
	MethodOptions
}

// choose is the table's answer.
func (j job) choose() (phases []optim.Phase, why string, err error) {
	if j.Steps < 0 {
		return nil, "", fmt.Errorf("option Steps is %d; it must not be negative", j.Steps)
	}
	r := methodRules[slices.IndexFunc(methodRules, func(r methodRule) bool { return r.applies(j) })] // the last one always does
	phases = r.phases(j)
	if j.Started && (j.solvable() || j.small()) {
		phases = phases[1:]
	}
	return phases, r.why(j), nil
}

func (j job) solvable() bool { return j.Residuals > 0 && j.Precision != crux.Float32 }

func (j job) small() bool { return j.Parameters <= optim.LargestMatrix }

func (j job) any() bool { return true }

// squares warms up for 300 steps at most, and as long as 100, which cost about as much as one or two of lm, halve the loss. Below 1e-14 of
// the first loss there is nothing left that SSBroyden could find.
func squares(j job) []optim.Phase {
	phases := []optim.Phase{
		{WarmUp: true, Method: &optim.SOAP{LR: optim.Constant(1e-2)}, Steps: 300, Stall: optim.Stall{Window: 100, Keep: 0.5}},
		{
			Name: "lm", Method: &optim.LevenbergMarquardt{},
			Stall: optim.Stall{Window: 50, Keep: 0.5, Descent: true}, Enough: 1e-14,
		},
	}
	if j.small() {
		phases = append(phases, j.broyden(0.9))
	}
	return phases
}

// dense warms up for 1000 steps at most, and as long as 100 lower the loss by 30 %.
func dense(j job) []optim.Phase {
	return []optim.Phase{
		{WarmUp: true, Method: &optim.Adam{LR: optim.Constant(5e-3)}, Steps: 1000, Stall: optim.Stall{Window: 100, Keep: 0.7}},
		j.broyden(0.9),
	}
}

func large(j job) []optim.Phase {
	half := max(cmp.Or(j.Steps, 10_000)/2, 1)
	return []optim.Phase{{Method: &optim.SOAP{LR: optim.Cosine(5e-3, 5e-5, half)}, Steps: half}, j.broyden(0.95)}
}

// broyden is the last phase, with the memory that SSBroyden takes by itself.
func (j job) broyden(keep float64) optim.Phase {
	m := &optim.SSBroyden{Memory: j.memory()}
	return optim.Phase{Method: m, Stall: optim.Stall{Window: 500, Keep: keep, Descent: true}}
}

func (j job) memory() int { return (&optim.SSBroyden{}).Directions(j.Parameters) }

// why says what the objective is, and what speaks against lm.
func (j job) why() string {
	why := fmt.Sprintf("%d parameters", j.Parameters)
	switch {
	case j.Residuals == 0:
		return why + ", and a loss that is not a sum of squares"
	case j.Precision == crux.Float32:
		return why + ", and residuals in float32"
	}
	return why + fmt.Sprintf(" and %d residuals, all in mean squares", j.Residuals)
}

func (j job) tooLarge() string {
	return fmt.Sprintf("%s, too many for a matrix of their squares (up to %d), so ssbroyden with a memory of %d directions",
		j.why(), optim.LargestMatrix, j.memory())
}
