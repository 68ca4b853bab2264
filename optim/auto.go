package optim

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Auto chooses the methods by itself. What it chooses depends on the number P of parameters, on whether the loss is a sum of
// squares, on the number R of residuals and on the precision:
//
//	sum of squares, float64, min(P, R) ≤ 3000     SOAP, then LevenbergMarquardt, then SSBroyden if P ≤ 5000
//	otherwise, P ≤ 5000                           Adam, then SSBroyden
//	otherwise                                     SOAP, then SSBroyden with a limited memory
//
// The first method warms up, but for the last line: SOAP for 300 steps at most, and as long as 100, which cost about as much as one
// or two of LevenbergMarquardt, halve the loss; Adam for 1000 at most, and as long as 100 lower it by 30 %. Each later method works
// until it converges or until the loss falls too slowly; when the last one does, Step returns an error that wraps [ErrConverged].
// SSBroyden is left out when LevenbergMarquardt has brought the loss below 1e-14 of the first one.
//
// Where the loss rises under a method that never raises it, the objective has changed: points were drawn anew. What was reached
// on the old ones tells nothing then, but the losses that changes begin with, which nothing was fitted to, do: the method
// works as long as they fall.
//
// All decisions follow from the losses, so a run is as deterministic as its methods; only a time budget, which is the
// solver's, depends on the machine. [Auto.Info] tells what was decided and why, in Choices. docs/evidence.md has the measurements behind the
// choice.
//
// The zero value is ready for use. It must not be copied after Init.
type Auto struct {
	// Steps is the length of the run, if known: where the first method is not just a warm-up (the last line of the table), it
	// gets half of it, and its rate decays accordingly. 0 means 10000.
	Steps int
	// Single says that the objective computes in float32. Then LevenbergMarquardt, which lives on small differences of residuals, is
	// not chosen.
	Single bool
	// Workers is the number of goroutines for matrices; 0 means GOMAXPROCS. The result does not depend on it, to the bit.
	Workers int

	resumable
	plan   plan
	stages []stage
	now    int // index of the stage at work
	done   int // steps taken in it
	all    int // steps taken
	first  float64
	best   float64 // lowest loss since the last mark
	mark   float64 // lowest loss of the stage before that; +Inf in its first window and after a change of the objective
	last   float64 // loss of the last step of the stage; +Inf before its first
	anew   float64 // lowest loss since the last mark with which a changed objective began; +Inf if it has not changed
	past   float64 // the like before that
	stall  string  // how the last window has not lowered the loss enough; empty if it has
	lines  []string
}

const autoName = "Auto"

// Init implements Method.
func (a *Auto) Init(params []Param) error {
	if a.Steps < 0 {
		return fmt.Errorf("optim: %s: Steps %d; it must not be negative", autoName, a.Steps)
	}
	if a.Workers < 0 {
		return fmt.Errorf("optim: %s: Workers %d; it must not be negative", autoName, a.Workers)
	}
	return a.init(params, a.fresh, a.restore)
}

func (a *Auto) fresh() error {
	a.now, a.done, a.all, a.lines = 0, 0, 0, nil
	a.first = math.NaN()
	a.forget()
	return a.build(undecided)
}

// forget begins the books of a stage.
func (a *Auto) forget() {
	inf := math.Inf(1)
	a.best, a.mark, a.last, a.anew, a.past, a.stall = inf, inf, inf, inf, inf, ""
}

// Info implements Method. The first one with an objective decides, unless a Step has.
func (a *Auto) Info(f Objective) Info {
	info := about(autoName)
	if f.Loss != nil && a.layout.known {
		info.Err = a.decide(f)
	}
	info.Choices = slices.Clone(a.lines)
	for i, s := range a.stages {
		k := s.method.Info(f)
		if i == a.now {
			info.Rate = k.Rate
		}
		info.Memory = append(info.Memory, k.Memory...)
		if i >= a.now && k.Err != nil && info.Err == nil {
			info.Err = fmt.Errorf("optim: %s: %w", autoName, k.Err)
		}
	}
	return info
}

// decide picks the plan, once.
func (a *Auto) decide(f Objective) error {
	if a.plan != undecided {
		return nil
	}
	p, why := a.choose(f)
	if err := a.build(p); err != nil {
		return err
	}
	var names []string
	for _, s := range a.stages {
		names = append(names, s.name)
	}
	a.lines = []string{strings.Join(names, ", then ") + ": " + why}
	return nil
}

// Step implements Method.
func (a *Auto) Step(ctx context.Context, f Objective, theta []float64) (float64, error) {
	if err := a.layout.check(autoName, theta); err != nil {
		return math.NaN(), err
	}
	if err := ctx.Err(); err != nil {
		return math.NaN(), err
	}
	if err := a.decide(f); err != nil {
		return math.NaN(), err
	}
	for {
		s := &a.stages[a.now]
		last := a.now == len(a.stages)-1
		if why := a.over(s); why != "" {
			if last {
				loss, err := f.Loss(ctx, theta)
				if err == nil {
					err = &ConvergedError{Method: autoName, Reason: Stalled, Loss: loss, Grad: math.NaN()}
				}
				return loss, err
			}
			a.next(why)
			continue
		}
		loss, err := s.method.Step(ctx, f, theta)
		var converged *ConvergedError
		switch {
		case err == nil:
			a.note(s, loss)
			return loss, nil
		case !errors.As(err, &converged) || last:
			return loss, err
		}
		if s.name == "lm" && a.now+1 == len(a.stages)-1 && loss <= done*a.first {
			return loss, err
		}
		a.next(converged.Reason.String())
	}
}

// note keeps the books of a step that began at the given loss.
func (a *Auto) note(s *stage, loss float64) {
	if a.all == 0 {
		a.first = loss
	}
	if s.descent && loss > a.last {
		a.anew = min(a.anew, loss)
		a.best, a.mark = math.Inf(1), math.Inf(1)
	}
	a.last, a.best = loss, min(a.best, loss)
	a.done++
	a.all++
	if s.window == 0 || a.done%s.window != 0 {
		return
	}
	switch {
	case a.anew < math.Inf(1):
		if a.anew >= a.past {
			a.stall = fmt.Sprintf("the objective changes, and %d steps later begins with no lower loss", s.window)
		}
		a.past, a.anew = min(a.anew, a.past), math.Inf(1)
	case a.best > s.keep*a.mark:
		a.stall = fmt.Sprintf("%d steps lowered the loss by less than %.0f %%", s.window, 100*(1-s.keep))
	}
	a.mark, a.best = min(a.best, a.mark), math.Inf(1)
}

// over says why the stage has ended, or nothing.
func (a *Auto) over(s *stage) string {
	if s.most > 0 && a.done >= s.most {
		return fmt.Sprintf("its %d steps are taken", s.most)
	}
	return a.stall
}

// next goes to the next stage.
func (a *Auto) next(why string) {
	s := &a.stages[a.now]
	if s.name == "lm" && min(a.best, a.mark) <= done*a.first {
		a.stages = a.stages[:a.now+1] // nothing left that another method could find
		a.lines = append(a.lines, fmt.Sprintf("step %d: no method after %s: the loss is below %.0e of the first", a.all, s.name, done))
		return
	}
	a.now, a.done = a.now+1, 0
	a.forget()
	a.lines = append(a.lines, fmt.Sprintf("step %d: %s after %s: %s", a.all, a.stages[a.now].name, s.name, why))
}
