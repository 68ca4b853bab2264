package cli

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/trackers"
)

// clock is a callback that measures the training time of a run over all its parts, and ends the run when that is more than
// its budget, of which each window of time, or each lesson, has a share. A checkpoint keeps the time, so that a run that is resumed
// has what is left.
type clock struct {
	limit  time.Duration // 0 means none
	now    func() time.Time
	team   *teamwork     // whose rank 0 has the time that counts; nil if there is one process
	begin  time.Time     // of this part, by now, if there is a limit
	start  time.Time     // of this part
	before time.Duration // of the parts before
	used   time.Duration // of all parts, at the step that is taken

	taken int // windows of time that another way has solved

	nearby *trackers.Error // estimates the error, where there are other ways to try; nil otherwise
	looked int             // tenths of the limit after which it was estimated last
	worst  float64         // what it was

	patience int     // tenths of the limit after which a way is left that does not come to a solution; 0 means 5
	enough   float64 // the estimated error of one; 0 means goodEnough
}

// OnSolveBegin implements crux.Callback.
func (c *clock) OnSolveBegin(_ context.Context, r *crux.Run) error {
	c.start = time.Now()
	if c.limit > 0 {
		c.begin = c.now()
	}
	return nil
}

// OnStep implements crux.Callback.
func (c *clock) OnStep(_ context.Context, s *crux.Step) error {
	if s.Measuring() || c.limit == 0 {
		return nil
	}
	used, err := c.team.ofFirst(uint64(c.before + c.now().Sub(c.begin)))
	if c.used = time.Duration(used); err != nil || c.used < c.limit {
		return err
	}
	return crux.Stop(fmt.Sprintf("time budget of %v used up", c.limit))
}

// OnUpdate implements crux.UpdateHook. A way that does not come to a solution leaves time to others.
func (c *clock) OnUpdate(ctx context.Context, r *crux.Run) error {
	if c.limit == 0 {
		return nil
	}
	share := float64(c.used) / float64(c.limit)
	if k, n := r.Stage(); n > 1 {
		return c.turn(ctx, r, k, n, share)
	}
	return c.leave(ctx, r, int(10*share))
}

// OnStepEnd implements crux.StepEnder. A window that has ended by itself, and not because it is solved, is looked at as one whose share is over.
func (c *clock) OnStepEnd(ctx context.Context, r *crux.Run) error {
	how, over := r.StageOver()
	k, n := r.Stage()
	if w := r.Solver().Windows(); !over || how == crux.Stopped || k+1 == n || w == nil || w[k].To-w[k].From < brief*(w[n-1].To-w[0].From) {
		return nil
	}
	if worst := c.off(ctx, r); worst >= lost {
		return crux.Stop(fmt.Sprintf("window %d of %d has ended, and its estimated error is %.1e", k+1, n, worst))
	}
	return nil
}

// brief is the part of the axis below which a window says little of the whole: what begins at 0, as products of a reaction do, is small in it,
// and the error of that relative to it large. Robertson's reaction is solved behind such windows.
const brief = 0.01

// off is the estimated error of the window that is trained, where there are other ways to try; 0 where there are none.
func (c *clock) off(ctx context.Context, r *crux.Run) float64 {
	if c.nearby == nil || r.Solver().Windows() == nil {
		return 0
	}
	v, err := c.nearby.Estimate(ctx, r)
	if err != nil {
		return 0
	}
	return v.Worst()
}

// turn ends a window or a lesson when its share is over, and the run where that window is no solution: what is after it would only continue
// what it has.
func (c *clock) turn(ctx context.Context, r *crux.Run, k, n int, share float64) error {
	if k+1 == n || share < due(k, n, c.taken) {
		return nil
	}
	if worst := c.off(ctx, r); worst >= lost {
		return crux.Stop(fmt.Sprintf("window %d of %d has used up its share of the time, and its estimated error is %.1e", k+1, n, worst))
	}
	return crux.NextStage("its share of the time budget used up")
}

// due is the part of the budget that is over when window, or lesson, k of n has had its share. All have the same but the first, which has
// two: it begins from random numbers, and each other one from what it continues. Those that were taken over have none.
func due(k, n, taken int) float64 {
	if taken > 0 {
		return float64(k+1-taken) / float64(n-taken)
	}
	return float64(k+2) / float64(n+1)
}

// lost is the estimated relative error of a window above which those after it are not worth their time: they have at least as much.
const lost = 0.1

// leave ends a way after half of its time, or where its patience ends, or at each tenth after that, unless it is to come to a solution.
func (c *clock) leave(ctx context.Context, r *crux.Run, tenth int) error {
	patience := cmp.Or(c.patience, 5)
	if c.nearby == nil || tenth < patience-1 || tenth >= 10 || tenth <= c.looked {
		return nil
	}
	if callbacks.NoiseOf(r).Found() { // what is left of data has no shape that another way could follow
		return nil
	}
	v, err := c.nearby.Estimate(ctx, r)
	if err != nil {
		return nil //nolint:nilerr // what cannot be estimated is no reason to end
	}
	worst := v.Worst()
	end := expected(c.worst, worst, 10-tenth)
	c.looked, c.worst = tenth, worst
	if tenth < patience || end < cmp.Or(c.enough, goodEnough) {
		return nil
	}
	return crux.Stop(fmt.Sprintf("%d %% of the time budget of %v is used up, and the estimated error is %.1e", 10*tenth, c.limit, worst))
}

// expected is the error to which a run comes in so many tenths of its time, if it goes on falling as it did in the last one. before is 0
// where that is not known.
func expected(before, now float64, tenths int) float64 {
	if !(now < before) {
		return now
	}
	return now * math.Pow(now/before, float64(tenths))
}

// State implements crux.Stateful: the time so far in nanoseconds.
func (c *clock) State() ([]byte, error) {
	return binary.LittleEndian.AppendUint64(nil, uint64(c.before+time.Since(c.start))), nil
}

// SetState implements crux.Stateful.
func (c *clock) SetState(b []byte) error {
	if len(b) != 8 {
		return fmt.Errorf("the time of a run has 8 bytes, not %d", len(b))
	}
	c.before = time.Duration(binary.LittleEndian.Uint64(b))
	return nil
}
