package optim

import (
	"context"
	"fmt"
	"math"

	"github.com/crux-pinn/crux/internal/seed"
	"github.com/crux-pinn/crux/optim/internal/normal"
)

// sampling chooses how many of the R residuals a step of [LevenbergMarquardt] is computed from.
//
// A step that fits d directions to n residuals lowers the loss on these more than on all: in least squares the surplus is a part of
// about d/n (Golub, Heath & Wahba 1979, Technometrics 21, 215, on generalised cross-validation). So each step tells d, as n times the
// part of the gain, in ln L, that all residuals do not show, and the next n is the one with the most gain for what it costs:
//
//	largest (1 − d/n) / cost(n)
//
// with 1 for n = R. A step that does not lower the loss on all residuals counts as one with d = n, and is computed again from more of
// them. While λ falls d grows, and n with it, until sampling saves nothing.
type sampling struct {
	rows  int     // n of the next step; 0 before the first
	freed float64 // d, a mean of those of the last steps; negative before the first
}

const (
	firstRows  = 250 // few enough to cost next to nothing for hundreds of parameters, and more than the directions of first steps
	leastRows  = 200
	largestCut = 0.7 // of R: larger samples save too little
	widest     = 1.5 // factor from one n to the next
	finer      = 8   // sizes that are tried between n and widest times that
	memory     = 0.8 // weight of past steps in the mean
)

func (s *sampling) fields() []any { return []any{&s.rows, &s.freed} }

// sampler is a sampling on its way through one step, with what the objective is.
type sampler struct {
	sampling
	all    int // R
	most   int // the largest n; R if there is no other bound
	params float64
	work   func() (Work, error)
}

// sampler begins a step of f with that many parameters. first is the n of the first one.
func (s sampling) sampler(f *Objective, params, first int) *sampler {
	q := &sampler{sampling: s, all: f.Squares.Rows(), params: float64(params), work: f.Squares.Work}
	q.most = q.all
	if q.rows == 0 {
		q.rows, q.freed = first, -1
	}
	if min(q.all, params) > LargestSystem {
		q.most = max(LargestSystem, first)
	}
	if f.Squares.Sample == nil {
		q.rows, q.most = q.all, q.all
	}
	q.rows = min(q.rows, q.most)
	return q
}

// whole reports whether the step is computed from all residuals.
func (q *sampler) whole() bool {
	return q.most == q.all && float64(q.rows) >= largestCut*float64(q.all)
}

// full reports whether there can be no larger sample.
func (q *sampler) full() bool { return q.whole() || q.rows >= q.most }

// draw is f, or the part of it that the step is computed from: the one of its stream.
func (q *sampler) draw(ctx context.Context, f Objective, root, step uint64) (Objective, error) {
	if q.whole() || q.rows >= q.all {
		return f, nil
	}
	return f.Squares.Sample(ctx, q.rows, seed.Stream(root, fmt.Sprintf("optim/rows/%d/%d", step, q.rows)))
}

// note enters the part of a step's gain, in ln L, that all residuals do not show.
func (q *sampler) note(surplus float64) {
	d := 0.0
	if surplus > 0 {
		d = float64(q.rows) * min(surplus, 2)
	}
	if q.freed < 0 {
		q.freed = d
	}
	q.freed = memory*q.freed + (1-memory)*d
}

// refused enters a step that did not lower the loss on all residuals.
func (q *sampler) refused() {
	q.note(1)
	q.rows = min(int(math.Ceil(widest*float64(q.rows))), q.most)
}

// taken enters a step: the loss fell by the factors part and all on its residuals and on all of them. late is whether it was factorised
// from J.
func (q *sampler) taken(part, all float64, late bool) error {
	if q.whole() {
		q.rows = q.all
		return nil
	}
	var work Work
	if q.work != nil {
		var err error
		if work, err = q.work(); err != nil {
			return err
		}
	}
	q.note(1 - math.Log(all)/math.Log(part))
	best, now := 0.0, float64(q.rows)
	for k := -finer; k <= finer; k++ {
		n := max(math.Round(now*math.Pow(widest, float64(k)/finer)), min(leastRows, now))
		gain := 1 - q.freed/n
		if n >= largestCut*float64(q.all) {
			n, gain = float64(q.all), 1
		}
		n = min(n, float64(q.most))
		if e := gain / normal.Cost(n, float64(q.all), q.params, normal.Work(work), late); e > best {
			best, q.rows = e, int(n)
		}
	}
	if best == 0 { // d is beyond all of them
		q.rows = min(int(math.Ceil(widest*now)), q.most)
	}
	return nil
}
