package trackers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Profile is the profile likelihood of an unknown number p: how well noisy data can be fitted where p has other values than its estimate,
// and all that is left, networks and other numbers, is fitted again. It is a callback for Solver.Measure on a run that has fitted noisy
// data; it changes nothing.
//
// With χ²(θ) the loss in units of the variance of the data's errors,
//
//	Δ(v) = min χ²(θ: p = v) − min χ²(θ)
//
// is twice the logarithm of the likelihood ratio. The interval has the values with Δ below the square of Student's quantile, 3.84 for 95 %
// where the errors are known or the data are many. Unlike that of JᵀJ it need not be symmetric, and it is the same for any function of p;
// where what is measured is linear in all that is fitted, the two are equal (Raue et al. 2009, Bioinformatics 25, 1923; Bates & Watts
// 1988, Nonlinear Regression Analysis, 6.1). It is open where Δ does not come so far: data bound the number on one side only, or not at
// all.
//
// The variances of the errors are those that [Error] finds or is given, and data sets have the weights that belong to them. Equations
// hold exactly: together the data have the weight of the training loss, or less where violating the equations would still lower χ² by more
// than 0.01. From value to value, LevenbergMarquardt continues from the fit before. With a robust loss Δ is that of Heritier & Ronchetti
// (1994, JASA 89, 897), with the variance as in [Known].
type Profile struct {
	Param       *ph.Param
	Probability float64            // of the interval; 0 means 0.95
	Watch       func(ProfilePoint) // is called with each point as it is found; nil means nobody is

	// All of these are set by Measure.
	Known     Known          // what JᵀJ says, for comparison
	Best      float64        // the value that fits best
	Points    []ProfilePoint // by value, Best among them
	Bound     float64        // what Δ has at the ends of the interval
	Low, High float64        // its ends; −Inf and +Inf where it is open
	Violated  float64        // by how much violating the equations lowers χ² at Best
}

// ProfilePoint is one value of a number, with what the best fit there has more of than the best of all.
type ProfilePoint struct{ Value, Delta float64 }

const (
	profileStep  = 0.4  // of √Δ from value to value, as a part of what it is at the ends
	profileMost  = 40   // values on each side
	mostGrowth   = 4    // of the distance from one to the next
	profileReach = 10   // times half the interval of JᵀJ, or times the number: an end that is farther off is open
	profileExact = 0.01 // of √Δ at an end
	endTrials    = 6    // to come to it
	profileRest  = 1e-3 // of χ² in fitSteps: the fit has nothing more to gain
	fitSteps     = 5
	mostFitSteps = 200
	mayViolate   = 0.01 // of χ²
	leastViolate = 1e-3 // of χ², to which the weight of data is made smaller
	lighterTimes = 5
	betterFit    = 0.05 // of χ²: a fit that is better than the best by this takes its place
	betterTimes  = 5
	warmDamping  = 1e-9 // of the trace: a fit begins beside the one before
)

// OnSolveBegin implements crux.Callback.
func (p *Profile) OnSolveBegin(_ context.Context, r *crux.Run) error {
	if p.Param == nil {
		return errors.New("a profile of no number")
	}
	if at, err := selected(r, ph.Paths(p.Param.Path())); err != nil || len(at) != 1 {
		return fmt.Errorf("%s is not a trainable number of the problem", p.Param.Path())
	}
	if !(p.Probability >= 0 && p.Probability < 1) {
		return fmt.Errorf("an interval of probability %v; it must be below 1", p.Probability)
	}
	return nil
}

// OnStep implements crux.Callback.
func (p *Profile) OnStep(ctx context.Context, step *crux.Step) error {
	run := step.Run
	_, s, err := noisyData(ctx, run)
	if err != nil {
		return err
	}
	value, g, err := gradientOf(run, Quantity{Name: p.Param.Path(), Expr: p.Param})
	if err != nil {
		return err
	}
	if p.Known, _, err = s.known(p.Param.Path(), value, g); err != nil {
		return err
	}
	if p.Known.Freedom < leastFreedom {
		return errors.New("the data are as many as what is fitted to them, so nothing tells their errors; say how large these are with sigma")
	}
	p.Bound = math.Pow(student(p.Known.Freedom, (1+cmp.Or(p.Probability, 0.95))/2), 2)
	f := &profile{Profile: p, unit: run.Solver().Unit(p.Param)}
	at, err := selected(run, ph.Paths(p.Param.Path()))
	if err != nil {
		return err
	}
	f.at = at[0]
	start := step.Theta()
	if err := f.weigh(ctx, step, s, start); err != nil {
		return err
	}
	for range betterTimes {
		start, err = f.walk(ctx, start)
		if !errors.Is(err, errBetter) {
			return err
		}
	}
	return fmt.Errorf("%s: the fit becomes better and better on the way; the run has not come to its end, so train more", p.Param.Path())
}

// walk goes to both sides of a best fit. Where it finds a better one, the error is errBetter and the parameters are those there.
func (f *profile) walk(ctx context.Context, best []float64) ([]float64, error) {
	f.Best = best[f.at] * f.unit
	f.Points = nil
	f.add(ProfilePoint{Value: f.Best})
	for i, end := range []*float64{&f.Low, &f.High} {
		direction := float64(2*i - 1)
		*end = math.Inf(2*i - 1)
		if better, err := f.side(ctx, best, direction, end); err != nil {
			return better, err
		}
	}
	slices.SortFunc(f.Points, func(a, b ProfilePoint) int { return cmp.Compare(a.Value, b.Value) })
	return best, nil
}

func (f *profile) add(p ProfilePoint) {
	f.Points = append(f.Points, p)
	if f.Watch != nil {
		f.Watch(p)
	}
}

// fitted is a fit on the way.
type fitted struct {
	theta []float64
	value float64
	root  float64 // √Δ, which is nearly a straight line over the value
}

// side looks for the end of the interval in a direction, ±1. With errBetter comes a better fit.
func (f *profile) side(ctx context.Context, best []float64, direction float64, end *float64) ([]float64, error) {
	bound := math.Sqrt(f.Bound)
	half := bound * f.Known.Sigma
	if !(half > 0) || math.IsInf(half, 1) { // the data say nothing of it where the run has ended
		half = cmp.Or(math.Abs(f.Best), 1)
	}
	now := fitted{theta: best, value: f.Best}
	before := now
	h := profileStep * half
	for range profileMost {
		next, err := f.from(ctx, before, now, now.value+direction*h)
		switch {
		case errors.Is(err, optim.ErrNonFinite) || err == nil && next.root > now.root+bound: // too far for the fit to follow
			h /= mostGrowth
			continue
		case err != nil:
			return next.theta, err
		case next.root >= bound:
			*end, err = f.end(ctx, now, next, bound)
			return nil, err
		case math.Abs(next.value-f.Best) >= profileReach*max(half, math.Abs(f.Best)):
			return nil, nil
		}
		grow := float64(mostGrowth)
		if next.root > now.root {
			grow = min(max(profileStep*bound/(next.root-now.root), 0.5), mostGrowth)
		}
		h *= grow
		before, now = now, next
	}
	return nil, nil
}

// end is the value between two fits at which √Δ is as given.
func (f *profile) end(ctx context.Context, low, high fitted, bound float64) (float64, error) {
	between := func() float64 {
		return low.value + (bound-low.root)/(high.root-low.root)*(high.value-low.value)
	}
	for range endTrials {
		next, err := f.from(ctx, high, low, between())
		if err != nil {
			return 0, err
		}
		if next.root < bound {
			low = next
		} else {
			high = next
		}
		if math.Abs(next.root-bound) <= profileExact*bound {
			break
		}
	}
	return between(), nil
}

// from fits with the number held at a value, from where the line through two fits leads; it adds the point.
func (f *profile) from(ctx context.Context, before, now fitted, value float64) (fitted, error) {
	next := fitted{theta: slices.Clone(now.theta), value: value}
	if before.value != now.value {
		along := (value - now.value) / (now.value - before.value)
		for i := range next.theta {
			next.theta[i] += along * (now.theta[i] - before.theta[i])
		}
	}
	next.theta[f.at] = value / f.unit
	chi, err := f.fit(ctx, next.theta, true)
	if err != nil {
		return next, err
	}
	if chi < f.best-betterFit {
		if f.best, err = f.fit(ctx, next.theta, false); err != nil {
			return next, err
		}
		return next, errBetter
	}
	delta := max(chi-f.best, 0)
	next.root = math.Sqrt(delta)
	f.add(ProfilePoint{value, delta})
	return next, nil
}

// errBetter says that there is a better fit than the best.
var errBetter = errors.New("a better fit")

// likelihood is the weights of a training loss with which each data set counts by the variance of its errors, data as a whole as before.
// per is what the variance of one value then comes to in the loss. Among data are constraints that say what is likely.
func (s *covariance) likelihood(w []float64) (weights []float64, data []int, per float64) {
	weights = slices.Clone(w)
	share, rows := map[int]float64{}, map[int]float64{} // of each data set: its part of the loss if errors are as they are, and its values
	all := 0.0
	for i, g := range s.group {
		sigma, _ := s.noise[g].size()
		unit := s.unit[i] / s.raised * sigma / s.scale[g]
		k := slices.Index(s.run.Names(), s.noise[g].Constraint)
		share[k] += unit * unit
		rows[k]++
		all += unit * unit
	}
	each := all / float64(len(s.group))
	for k := range weights {
		if rows[k] > 0 {
			weights[k] *= each * rows[k] / share[k]
		}
		if rows[k] > 0 || s.run.Constraint(k).Prior {
			data = append(data, k)
		}
	}
	return weights, data, each / float64(len(w))
}

// profile is a Profile at work.
type profile struct {
	*Profile
	at     int     // of the number in θ
	unit   float64 // of the number
	loss   optim.Objective
	layout []optim.Param
	per    float64 // of the loss, is one of χ²
	best   float64 // χ² of the best fit
}

// weigh finds the best fit from θ on, with data so light that the equations hold.
func (f *profile) weigh(ctx context.Context, step *crux.Step, s *covariance, theta []float64) error {
	weights, data, per := s.likelihood(step.Weights)
	before := math.Inf(1)
	for range lighterTimes {
		var err error
		if f.loss, f.layout, err = step.Objective(weights); err != nil {
			return err
		}
		if f.loss.Squares == nil {
			return f.loss.NoSquares
		}
		f.per = per
		if f.best, err = f.fit(ctx, theta, false); err != nil {
			return err
		}
		rest := slices.Clone(weights)
		for _, k := range data {
			rest[k] = 0
		}
		equations, _, err := step.Objective(rest)
		if err != nil {
			return err
		}
		violated, err := equations.Loss(ctx, theta)
		if err != nil {
			return err
		}
		f.Violated = violated / per
		if f.Violated <= mayViolate || violated > before/2 { // or a smaller weight does not help: it is not the data that violate them
			return nil
		}
		before = violated
		lighter := max(leastViolate/f.Violated, leastViolate)
		for _, k := range data {
			weights[k] *= lighter
		}
		per *= lighter
	}
	return nil
}

// fit minimises χ² from θ on, with the number held if wanted.
func (f *profile) fit(ctx context.Context, theta []float64, held bool) (float64, error) {
	m := optim.Phases(optim.Phase{Method: &optim.LevenbergMarquardt{Damping: warmDamping, Rows: f.loss.Squares.Rows()}})
	if held {
		own := f.Param.Path()
		m = optim.Phases(optim.Phase{
			Method: &optim.LevenbergMarquardt{Damping: warmDamping, Rows: f.loss.Squares.Rows()},
			Groups: []optim.Group{{Select: func(path string) bool { return path == own }, Freeze: true}},
		})
	}
	if err := m.Init(f.layout); err != nil {
		return 0, err
	}
	before := math.Inf(1)
	for i := range mostFitSteps {
		loss, err := m.Step(ctx, f.loss, theta)
		if errors.Is(err, optim.ErrConverged) {
			break
		}
		if err != nil {
			return 0, err
		}
		if i%fitSteps == 0 {
			if before-loss/f.per < profileRest {
				break
			}
			before = loss / f.per
		}
	}
	loss, err := f.loss.Loss(ctx, theta)
	return loss / f.per, err
}
