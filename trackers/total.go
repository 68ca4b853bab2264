package trackers

import (
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/floats"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/trackers/explain"
)

// total is the loss at which a tracker looks, (1/K) Σ w_i L_i over K chosen constraints: with the weights of the step, those of
// points included, so that all constraints make the training loss, or unweighted, with w_i = 1.
type total struct {
	chosen     []int
	unweighted bool
}

// training reports whether it is the training loss of n constraints.
func (l total) training(n int) bool {
	if l.unweighted || len(l.chosen) != n {
		return false
	}
	for i := range n {
		if !slices.Contains(l.chosen, i) {
			return false
		}
	}
	return true
}

// kind keeps measurements of the training loss and unweighted ones apart in the shape of a history: they do not belong in one.
func (l total) kind() int {
	if l.unweighted {
		return 1
	}
	return 0
}

// weights are the w_i of all constraints at a step, 0 for those that are not chosen.
func (l total) weights(s *crux.Step) []float64 {
	w := make([]float64, len(s.Weights))
	for _, i := range l.chosen {
		if l.unweighted {
			w[i]++
		} else {
			w[i] += s.Weights[i]
		}
	}
	return w
}

// at is the loss at parameters theta, of all constraints; their unweighted losses are written to losses.
func (l total) at(part *crux.Part, losses, theta []float64) (float64, error) {
	if !l.unweighted {
		return part.Loss(losses, theta)
	}
	if err := part.Losses(losses, theta); err != nil {
		return math.NaN(), err
	}
	return floats.Sum(losses) / float64(len(losses)), nil
}

// hessian multiplies with the Hessian at the parameters of the step, with the w_i of weights.
func (l total) hessian(part *crux.Part, w []float64) func(dst, v []float64) error {
	c := make([]float64, len(w))
	for i := range c {
		c[i] = w[i] / float64(len(l.chosen))
	}
	if l.unweighted {
		return func(dst, v []float64) error { return part.HVP(dst, c, v) }
	}
	return func(dst, v []float64) error { return part.TrainingHVP(dst, c, v) }
}

// hvp is what a tracker will ask of a part that wants products with the Hessian.
func hvp(unweighted bool) crux.Purpose {
	if unweighted {
		return crux.ForHVP
	}
	return crux.ForTrainingHVP
}

// chosen names the constraints that a loss consists of, if it lacks some.
func chosen(at explain.Setting, weights []float64) string {
	var names []string
	for i, w := range weights {
		if w > 0 {
			names = append(names, at.Constraint(i))
		}
	}
	if len(names) == 0 || len(names) == len(weights) {
		return ""
	}
	return " of " + strings.Join(names, ", ")
}

// left says what else was left out of the training loss by all parameters.
func left(unweighted, masked bool) string {
	text := ""
	if unweighted {
		text += ", unweighted"
	}
	if masked {
		text += ", some parameters"
	}
	return text
}
