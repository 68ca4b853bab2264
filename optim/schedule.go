package optim

import (
	"math"
	"slices"
)

// Schedule gives the learning rate of each step: schedule(t) for step t = 0, 1, …, counted by the method that uses it.
// A Schedule is a pure function, so it needs no state to resume. Write your own as a function literal.
type Schedule func(step int) float64

// Constant keeps the rate at lr.
func Constant(lr float64) Schedule { return func(int) float64 { return lr } }

// Cosine falls from lr at step 0 to end at step steps along half a cosine, and stays there (Loshchilov & Hutter 2017,
// without restarts):
//
//	end + (lr−end)·(1 + cos(π·t/steps))/2
func Cosine(lr, end float64, steps int) Schedule {
	return func(t int) float64 {
		if t >= steps {
			return end
		}
		return end + (lr-end)*0.5*(1+math.Cos(math.Pi*float64(max(t, 0))/float64(steps)))
	}
}

// WarmupCosine rises linearly as lr·(t+1)/warmup during the first warmup steps, then falls to end at step steps as
// [Cosine] does.
func WarmupCosine(lr, end float64, warmup, steps int) Schedule {
	decay := Cosine(lr, end, steps-warmup)
	return func(t int) float64 {
		if t < warmup {
			return lr * float64(t+1) / float64(warmup)
		}
		return decay(t - warmup)
	}
}

// Exponential multiplies the rate by factor over every steps steps, smoothly: lr·factor^(t/steps). [Staircase] makes
// it jump, [AtLeast] gives it a floor.
func Exponential(lr, factor float64, steps int) Schedule {
	return func(t int) float64 {
		return lr * math.Pow(factor, float64(t)/float64(max(steps, 1)))
	}
}

// Staircase holds s constant over runs of steps steps, at its value at the beginning of each.
func Staircase(s Schedule, steps int) Schedule {
	return func(t int) float64 { return s(t - t%max(steps, 1)) }
}

// AtLeast is s with a floor.
func AtLeast(s Schedule, floor float64) Schedule {
	return func(t int) float64 { return max(s(t), floor) }
}

// Breakpoint is where a [Piecewise] schedule changes.
type Breakpoint struct {
	Step int     // the first step with the new rate
	LR   float64 // the new rate
}

// Piecewise is constant between breakpoints: lr before the first, then the rate of the latest one reached.
func Piecewise(lr float64, changes ...Breakpoint) Schedule {
	changes = slices.Clone(changes)
	slices.SortStableFunc(changes, func(a, b Breakpoint) int { return a.Step - b.Step })
	return func(t int) float64 {
		now := lr
		for _, c := range changes {
			if t < c.Step {
				break
			}
			now = c.LR
		}
		return now
	}
}

// rateOr is s, or the constant lr when s is nil.
func rateOr(s Schedule, lr float64) Schedule {
	if s == nil {
		return Constant(lr)
	}
	return s
}
