package callbacks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
)

// HeldOut sees when the points of constraints are overfitted, and gives them others then. Beside the points of training it
// keeps as many that are not trained on, drawn in the same way. With the loss L = Σ w_i·mean r_i² on either set, the points
// count as overfitted when
//
//	L(held out) > Factor·L(training)
//
// Training and held-out points are then both chosen again from ten times as many candidates by the density of RAD (Wu et al. 2022,
// arXiv 2207.10289), p ∝ |r|/mean|r| + 1, with |r|² = Σ w_i|r_i|² over the constraints that share the points. The mean of |r|² over
// the candidates, which no step has trained on, tells whether that helps: where it is not below half of what it was the
// last time, there were too few points, and the sets that have a share in it are doubled. When they may grow no further and
// it happens twice more, the run, or the lesson or window of it, ends: the network has learnt what it can from points, and would
// continue to learn where they are.
//
// A window of time begins with as many points as the first one did, and with held-out ones that lie in it.
//
// Where data are noisy (see [Noise]), a loss that is too small to change what they say does not count.
//
// So few points are enough at first, with which steps are cheap: burgers1d of testdata/problems begins with 600.
//
// Until the points are overfitted nothing changes, and never for a method that does not get that far, as Adam on some
// thousand points. Between two checks, the points stand still; a method keeps all that it has learnt about the loss.
//
// The zero value is ready for use.
type HeldOut struct {
	Interval    int               // steps between checks, each of which costs less than a step of Adam; 0 means 5
	Constraints []string          // names; nil means all with mean squares and random points that are drawn once
	Of          []crux.Constraint // the constraints themselves, in place of names
	Factor      float64           // above 1; 0 means 5
	Grow        int               // how many times as many points there may be as at first; 0 means 4 times, or up to 16000 if that is more
	Seed        uint64

	ofRun[heldOut]
	watched [][]int // constraints, by point set
	evals   residualsAt
	noise   *Noise // of data; nil where there are none
}

// heldOut is the state of HeldOut.
type heldOut struct {
	Seen   int         // the last step that was checked, for whoever gets this state
	Sets   []pointData // held out, for each point set
	Mean   float64     // of |r|² over the candidates of the last change; 0 before the first
	Drawn  int         // changes
	Missed int         // changes in a row that gained nothing although there could be no more points
	Stage  int         // of the run: residuals of another one are of another problem
	Lines  []string
}

func (h heldOut) latest() int { return h.Seen }

type pointData struct{ X, Normals []float64 }

const (
	enough     = 0.5   // of the mean square: what a change of points should bring
	candidates = 10    // for each point
	patience   = 2     // changes that gain nothing
	minorShare = 0.1   // of the loss: what a point set must have to become larger
	manyPoints = 16000 // of a set, which few runs need: this many make a step of Levenberg–Marquardt expensive
)

// OnSolveBegin implements crux.Callback.
func (t *HeldOut) OnSolveBegin(_ context.Context, r *crux.Run) error {
	switch {
	case t.Interval < 0:
		return fmt.Errorf("option Interval is %d; it must be at least 1, and 0 means 5", t.Interval)
	case t.Factor != 0 && !(t.Factor > 1) || math.IsInf(t.Factor, 1):
		return fmt.Errorf("option Factor is %v; it must be a number above 1, and 0 means 5", t.Factor)
	case t.Grow < 0 || t.Grow > 1000:
		return fmt.Errorf("option Grow is %d; it lies between 1 and 1000, and 0 means up to 16000 points or 4 times as many", t.Grow)
	}
	if err := t.choose(r); err != nil {
		return err
	}
	t.evals, t.noise = residualsAt{}, NoiseOf(r)
	if k, _ := r.Stage(); len(t.state.Sets) == len(t.watched) || t.state.Sets != nil && t.state.Stage != k {
		return nil // those of an earlier window give way at the first check
	}
	t.state = heldOut{}
	return t.hold(r, fmt.Sprintf("heldout/%d", t.Seed))
}

// hold draws the points that are held out.
func (t *HeldOut) hold(r *crux.Run, from string) error {
	t.state.Sets = nil
	for _, w := range t.watched {
		held, err := r.Specification(w[0]).Draw(r.Solver().Stream(from + "/" + r.Names()[w[0]]))
		if err != nil {
			return err
		}
		t.state.Sets = append(t.state.Sets, pointData{held.X, held.Normals})
	}
	return nil
}

// enter begins again in another stage: residuals are those of another problem there, and in a window the points of another region.
func (t *HeldOut) enter(r *crux.Run, stage int) error {
	t.state.Stage, t.state.Mean, t.state.Missed = stage, 0, 0
	if r.Solver().Windows() == nil {
		return nil
	}
	if err := t.choose(r); err != nil {
		return err
	}
	t.evals, t.state.Drawn = residualsAt{}, 0
	return t.hold(r, fmt.Sprintf("heldout/%d/%d", t.Seed, stage))
}

// choose finds the point sets to watch, in a window those that have points there.
func (t *HeldOut) choose(r *crux.Run) error {
	all, err := r.Subset(t.Constraints, t.Of)
	if err != nil {
		return err
	}
	t.watched = nil
	rests := false
	at := map[*domain.Points]int{}
	for _, i := range all {
		on, name := r.Specification(i), r.Names()[i]
		why := settled(on)
		switch {
		case r.Rests(i):
			rests = true
			continue
		case why != "":
		case r.Constraint(i).Loss.Kind != crux.MSE:
			why = "its loss is not a mean square"
		case r.Constraint(i).PointWeights != nil:
			why = "its points have weights, which belong to them"
		}
		if why != "" {
			if t.Constraints != nil || t.Of != nil {
				return fmt.Errorf("constraint %q: %s; leave it to itself", name, why)
			}
			continue
		}
		k, ok := at[on]
		if !ok {
			k = len(t.watched)
			at[on] = k
			t.watched = append(t.watched, nil)
		}
		t.watched[k] = append(t.watched[k], i)
	}
	if len(t.watched) == 0 && !rests { // those that are to be watched may have points in another window
		return errors.New("no constraint has random points that are drawn once and a loss that is their mean square")
	}
	return nil
}

// OnStep implements crux.Callback.
func (t *HeldOut) OnStep(_ context.Context, s *crux.Step) error {
	if s.Measuring() || !t.Reviewed(s.Epoch) {
		return nil
	}
	if k, _ := s.Run.Stage(); k != t.state.Stage {
		if err := t.enter(s.Run, k); err != nil {
			return err
		}
	}
	var trained, held float64
	for k, w := range t.watched {
		for _, i := range w {
			trained += s.Weights[i] * s.Losses[i]
		}
		p := t.state.Sets[k]
		squares, err := t.squares(s, w, &domain.Cloud{Coords: s.Run.Points(w[0]).Coords, X: p.X, Normals: p.Normals})
		if err != nil {
			return err
		}
		held += stat.Mean(squares, nil)
	}
	t.state.Seen = s.Epoch
	if err := s.Record("held_out", held/float64(len(s.Losses))); err != nil { // as a part of the loss
		return err
	}
	if !(held > cmp.Or(t.Factor, 5)*trained) || held/float64(len(s.Losses)) <= t.noise.floor(s) {
		return nil
	}
	return t.redraw(s, held/trained)
}

// squares are Σ w_i|r_i|² at points, each residual divided by the number of its components, as in the loss.
func (t *HeldOut) squares(s *crux.Step, w []int, at *domain.Cloud) ([]float64, error) {
	sum := make([]float64, at.Len())
	for _, i := range w {
		m, err := t.evals.of(s.Run, i, at)
		if err != nil {
			return nil, err
		}
		for k := range sum {
			row := m.RawRowView(k)
			for _, r := range row {
				sum[k] += s.Weights[i] * r * r / float64(len(row))
			}
			if math.IsNaN(sum[k]) || math.IsInf(sum[k], 0) {
				return nil, fmt.Errorf("the residual of constraint %q at the candidate %v is %v", s.Run.Names()[i], at.Row(k), row)
			}
		}
	}
	return sum, nil
}

// redraw gives all watched sets new points, and more of them where that is needed, or ends the run.
func (t *HeldOut) redraw(s *crux.Step, ratio float64) error {
	st := &t.state
	clouds, squares, means := make([]*domain.Cloud, len(t.watched)), make([][]float64, len(t.watched)), make([]float64, len(t.watched))
	total := 0.0
	for k, w := range t.watched {
		i := w[0]
		n := s.Run.Points(i).Len()
		rng := stream(s, "heldout", t.Seed, i)
		var err error
		if clouds[k], err = s.Run.Specification(i).Count(candidates * t.larger(s, i, n)).Draw(rng); err != nil {
			return err
		}
		if squares[k], err = t.squares(s, w, clouds[k]); err != nil {
			return err
		}
		means[k] = stat.Mean(squares[k], nil)
		total += means[k]
	}
	grows := st.Mean > 0 && total > enough*st.Mean
	var grown []string
	for k, w := range t.watched {
		i := w[0]
		n := s.Run.Points(i).Len()
		if m := t.larger(s, i, n); grows && means[k] >= minorShare*total && m > n {
			grown = append(grown, fmt.Sprintf("%s now has %d points", s.Run.Names()[i], m))
			n = m
		}
		abs := squares[k]
		for j, q := range abs {
			abs[j] = math.Sqrt(q)
		}
		rng := stream(s, "heldout/choice", t.Seed, i)
		chosen := choose(density(abs, 1, 1), 2*n, rng)
		rng.Shuffle(len(chosen), func(a, b int) { chosen[a], chosen[b] = chosen[b], chosen[a] })
		training, held := chosen[:len(chosen)/2], chosen[len(chosen)/2:]
		slices.Sort(training)
		if err := s.Run.SetPoints(i, clouds[k].Subset(training)); err != nil {
			return err
		}
		h := clouds[k].Subset(held)
		st.Sets[k] = pointData{h.X, h.Normals}
	}
	before := st.Mean
	st.Mean, st.Drawn = total, st.Drawn+1
	switch {
	case st.Drawn == 1:
		t.say(s, "new points where the residual is large (the loss on unseen points is %.3g times that of training; the limit is %v)", ratio,
			cmp.Or(t.Factor, 5))
	case len(grown) > 0:
		st.Missed = 0
		t.say(s, "%s (new points alone changed the mean square at unseen points from %.2e to %.2e)", strings.Join(grown, ", "), before, total)
	case grows:
		if st.Missed++; st.Missed > patience {
			t.say(s, "no more points are allowed (new points alone changed the mean square at unseen points from %.2e to %.2e)", before, total)
			return crux.NextStage(fmt.Sprintf("the residual no longer falls between the points, which were redrawn %d times", st.Drawn))
		}
	default:
		st.Missed = 0
	}
	return nil
}

// larger is the number of points that a set of n may grow to.
func (t *HeldOut) larger(s *crux.Step, i, n int) int {
	first := s.Run.Specification(i).Len()
	most := max(4*first, manyPoints)
	if t.Grow > 0 {
		most = t.Grow * first
	}
	return max(n, min(2*n, most))
}

func (t *HeldOut) say(s *crux.Step, format string, args ...any) {
	t.state.Lines = append(t.state.Lines, fmt.Sprintf("step %d: "+format, append([]any{s.Epoch}, args...)...))
}

// Choices are the decisions so far with their reasons, one a line, in order.
func (t *HeldOut) Choices() []string { return slices.Clone(t.state.Lines) }

// Reviewed implements crux.Reviewer: a method that has converged within a few steps has not yet shown how.
func (t *HeldOut) Reviewed(epoch int) bool { return epoch > 0 && epoch%cmp.Or(t.Interval, 5) == 0 }
