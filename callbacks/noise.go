package callbacks

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/trackers"
)

// Noise fits noisy data. A loss that weighs data like equations lets these be violated a little, so that the network follows the noise, and
// unknown numbers are worse than the data would allow. The equations hold exactly; only the data have errors. So data get a smaller and
// smaller weight, until what the fit gains by violating equations counts nothing, and the run ends when the fit has nothing more to gain.
//
// It is a weight scheme and a callback: the Weights of the options, which takes part in Solve as well. With E the weighted losses of
// equations and conditions, D those of n values of data, both as they are in the training loss,
//
//	χ² = n·(E + D)/D    and    spent = n·E/D
//
// are the misfit of data, and what violating equations brings, in degrees of freedom. Once the loss falls by less than a tenth in 10
// steps, the residuals of data are looked at: if they are noise ([trackers.Noisy]), weights change, and without noise all remain 1. Methods
// with a learning rate do not come to rest in that sense: they only warm up. The loss is at rest when χ² falls by less than 2 in 5 steps.
// While spent is above 0.001 the weights of data are multiplied by 0.001/spent, between 1/1000 and 1/2, whenever the loss is at rest with E
// below D. When it is below, and χ² falls by less than 0.001 in 5 steps, the run, or the lesson of a curriculum, ends: by the discrepancy
// principle, data are not fitted below their noise. Where a smaller weight does not let E fall any further, it is not the noise that violates the equations, and the weights stay.
//
// What is likely (crux.Constraint.Prior) has no weight before noise is found, and then the weight for which there is most evidence
// ([trackers.Priors]).
//
// Data sets count among each other by what is left of them, so that one with errors twice as large has a quarter of the weight; where it
// is known how large their errors are (crux.Constraint.Standard), by that.
type Noise struct {
	ofRun[noise]
	noisy []int     // constraints with data
	prior []int     // constraints that say what is likely
	rows  []float64 // how many values each of them has
	all   float64   // in all
}

// noise is the state of Noise.
type noise struct {
	Step  int // of the last look
	Stage int
	Found bool
	Hard  bool      // the weights are small enough
	W     []float64 // of the constraints; nil means 1
	Of    float64   // the weight of data as a whole
	Loss  float64   // of the last look
	E     float64   // when the weights were changed last
	Prior []float64 // the weights of what is likely over that of data as a whole; nil means 0
	Tuned int       // how often these have been found while the weight of data was small enough
	Lines []string
}

func (n noise) latest() int { return n.Step }

const (
	restSteps = 10 // between two looks before noise is found
	fitSteps  = 5  // and afterwards
	// atRest is in degrees of freedom. The sooner equations count, the slower what data say of unknown functions is found: a coefficient from
	// 2500 values (PINNacle, heat inverse) was 0.24 off after 240 s where a tenth of the loss, 250 degrees, was rest, and then 0.031.
	atRest      = 2
	slower      = 0.9  // of the loss: what it falls to where it is time to look for noise; a function that nothing bounds goes on fitting it
	mostSpent   = 1e-3 // degrees of freedom
	leastFactor = 1e-3 // of a weight, at once
	mostFactor  = 0.5
	leastWeight = 1e-8
	balanced    = 1.1  // the factor by which weights of data sets may still change
	tuned       = 1.5  // that by which the weight of what is likely may
	mostTuned   = 4    // times that it is found after the weight of data is small enough
	mostTunable = 4000 // parameters: the evidence takes several matrices of their square, of 128 MB each
)

// OnSolveBegin implements crux.Callback.
func (n *Noise) OnSolveBegin(_ context.Context, r *crux.Run) error {
	n.noisy, n.prior, n.rows, n.all = nil, nil, nil, 0
	for i := range r.Names() {
		if r.Constraint(i).Prior {
			n.prior = append(n.prior, i)
		}
		if trackers.Measured(r, i) {
			n.noisy = append(n.noisy, i)
			values := float64(r.Points(i).Len() * r.Constraint(i).Residual.Dim())
			n.rows = append(n.rows, values)
			n.all += values
		}
	}
	return nil
}

// Weigh implements weights.Scheme.
func (n *Noise) Weigh(dst, _ []float64, _ int) error {
	for i := range dst {
		dst[i] = 1
	}
	for _, i := range n.prior {
		dst[i] = 0
	}
	if n.state.W != nil {
		copy(dst, n.state.W)
	}
	return nil
}

// OnStep implements crux.Callback.
func (n *Noise) OnStep(ctx context.Context, s *crux.Step) error {
	st := &n.state
	if k, _ := s.Run.Stage(); k != st.Stage {
		*st = noise{Stage: k, Step: s.Epoch, Loss: math.Inf(1), Lines: st.Lines}
	}
	pause := restSteps
	if st.Found {
		pause = fitSteps
	}
	if s.Measuring() || len(n.noisy) == 0 || s.Epoch-st.Step < pause {
		return nil
	}
	before := st.Loss
	if st.Step == 0 { // the first look
		before = math.Inf(1)
	}
	st.Step, st.Loss = s.Epoch, s.Loss
	if rate := s.Run.Solver().MethodInfo().Rate; !math.IsNaN(rate) {
		st.Loss = math.Inf(1)
		return nil
	}
	data, rest := n.shares(s)
	gained := n.all * (before - s.Loss) / data
	switch {
	case st.Hard && gained >= 0 && gained < mostSpent: // it rises with methods that do not look where they step
		return crux.NextStage("the data are fitted to their noise")
	case st.Hard || gained >= atRest && (st.Found || !(s.Loss > slower*before)):
		return nil
	}
	spent := n.all * rest / data
	if spent > n.all { // more than data could ask for: the equations are still to be solved
		return nil
	}
	if !st.Found {
		found, err := n.found(s)
		if err != nil || len(found) == 0 {
			return err
		}
		st.Found = true
		n.say(s, "the residuals of %s are noise", strings.Join(found, " and "))
		if len(n.prior) > 0 {
			st.Loss = math.Inf(1)
			_, err := n.tune(ctx, s)
			return err
		}
		if gained >= atRest {
			return nil
		}
	}
	if spent <= mostSpent || st.E > 0 && rest > st.E*mostFactor {
		if st.W != nil && n.weigh(s) > balanced { // what is left has changed since
			return nil
		}
		if st.Tuned++; st.Tuned <= mostTuned {
			changed, err := n.tune(ctx, s)
			if err != nil || changed > tuned {
				st.Loss = math.Inf(1)
				return err
			}
		}
		st.Hard = true
		if spent <= mostSpent {
			n.say(s, "the weight of data is small enough: what violating equations brings is %.2g of a degree of freedom", spent)
		} else {
			n.say(s, "a smaller weight of data lets equations hold no better (violating them brings %.2g degrees of freedom)", spent)
		}
		return nil
	}
	st.begin(len(s.Losses))
	if _, err := n.tune(ctx, s); err != nil {
		return err
	}
	st.Of = max(st.Of*min(max(mostSpent/spent, leastFactor), mostFactor), leastWeight)
	n.weigh(s)
	st.E, st.Loss = rest, math.Inf(1)
	n.say(s, "data have the weight %.1e (violating equations brings %.2g degrees of freedom)", st.Of, spent)
	return nil
}

// weigh divides the weight of data among the sets: wᵢ·Lᵢ is the share that a set has of all values, if its errors are as large as
// what is left. It returns the largest factor by which a weight has changed.
func (n *Noise) weigh(s *crux.Step) (most float64) {
	sum := 0.0
	for _, i := range n.noisy {
		sum += s.Losses[i]
	}
	for k, i := range n.noisy {
		square := s.Losses[i]
		if c := s.Run.Constraint(i); c.Standard {
			square = 1 / (c.Scale * c.Scale)
		}
		w := n.state.Of * n.rows[k] / n.all * sum / square
		most = max(most, w/n.state.W[i], n.state.W[i]/w)
		n.state.W[i] = w
	}
	for k, i := range n.prior {
		n.state.W[i] = 0
		if n.state.Prior != nil {
			n.state.W[i] = n.state.Prior[k] * n.state.Of
		}
	}
	return most
}

// tune weighs what is likely beside the data, by the evidence for it. It returns the largest factor by which a weight has changed.
func (n *Noise) tune(ctx context.Context, s *crux.Step) (most float64, err error) {
	if len(n.prior) == 0 || s.Run.Parameters() > mostTunable {
		return 1, nil
	}
	list, ok, err := trackers.Priors(ctx, s.Run)
	if err != nil || !ok {
		return 1, err
	}
	st := &n.state
	st.begin(len(s.Losses))
	if st.Prior == nil {
		st.Prior, most = make([]float64, len(n.prior)), math.Inf(1)
	}
	for _, p := range list {
		k := slices.Index(n.prior, p.Constraint)
		w := p.Weight / st.Of
		most = max(most, w/st.Prior[k], st.Prior[k]/w)
		st.Prior[k] = w
		n.say(s, "%s: the data determine %.2g degrees of freedom", s.Run.Names()[p.Constraint], p.Freedom)
	}
	n.weigh(s)
	return most, nil
}

// shares are the weighted losses of data and of the rest.
func (n *Noise) shares(s *crux.Step) (data, rest float64) {
	for i, l := range s.Losses {
		switch {
		case slices.Contains(n.noisy, i):
			data += s.Weights[i] * l
		case !slices.Contains(n.prior, i):
			rest += s.Weights[i] * l
		}
	}
	return data / float64(len(s.Losses)), rest / float64(len(s.Losses))
}

// found are the sets whose residuals are noise, if they have most of the loss of data; a set that counts less than it should may have a
// shape because of the others.
func (n *Noise) found(s *crux.Step) (names []string, err error) {
	var noise, all float64
	for _, i := range n.noisy {
		noisy, err := trackers.Noisy(s.Run, i)
		if err != nil {
			return nil, err
		}
		l := s.Weights[i] * s.Losses[i]
		if all += l; noisy {
			noise += l
			names = append(names, s.Run.Names()[i])
		}
	}
	if noise < all/2 {
		return nil, nil
	}
	return names, nil
}

// begin lets the weights be those of the state, which are 1 at first.
func (st *noise) begin(constraints int) {
	if st.W == nil {
		st.W, st.Of = slices.Repeat([]float64{1}, constraints), 1
	}
}

func (n *Noise) say(s *crux.Step, format string, args ...any) {
	n.state.Lines = append(n.state.Lines, fmt.Sprintf("step %d: "+format, append([]any{s.Epoch}, args...)...))
}

// Choices are the decisions so far with their reasons, one a line, in order.
func (n *Noise) Choices() []string { return slices.Clone(n.state.Lines) }

// Found reports whether data have turned out to be noisy.
func (n *Noise) Found() bool { return n != nil && n.state.Found }

// floor is the loss of equations below which it makes no difference to what data say.
func (n *Noise) floor(s *crux.Step) float64 {
	if !n.Found() {
		return 0
	}
	data, _ := n.shares(s)
	return mostSpent * data / n.all
}

// NoiseOf is the one that takes part in a run; nil if there is none, which has found nothing.
func NoiseOf(r *crux.Run) *Noise {
	for _, c := range r.Callbacks() {
		if n, ok := c.(*Noise); ok {
			return n
		}
	}
	return nil
}
