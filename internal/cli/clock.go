package cli

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/trackers"
)

// clock is a callback that measures the training time of a run over all its parts, and ends the run when that is more than
// its budget, of which each window of time, or each lesson, has an equal share. A checkpoint keeps the time, so that a run that is resumed
// has what is left.
type clock struct {
	limit  time.Duration   // 0 means none
	nearby *trackers.Error // estimates the error when half of the limit is used up, where there are other ways to try; nil otherwise
	halved bool            // that has been done
	now    func() time.Time
	team   *teamwork     // whose rank 0 has the time that counts; nil if there is one process
	begin  time.Time     // of this part, by now, if there is a limit
	start  time.Time     // of this part
	before time.Duration // of the parts before
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
	used, err := c.used()
	if err != nil {
		return err
	}
	if k, n := s.Run.Stage(); used < c.limit {
		if k+1 < n && used >= time.Duration(float64(c.limit)*float64(k+1)/float64(n)) {
			return crux.NextStage("its share of the time budget used up")
		}
		return nil
	}
	return crux.Stop(fmt.Sprintf("time budget of %v used up", c.limit))
}

// used is the time of all parts so far.
func (c *clock) used() (time.Duration, error) {
	used, err := c.team.ofFirst(uint64(c.before + c.now().Sub(c.begin)))
	return time.Duration(used), err
}

// OnUpdate implements crux.UpdateHook. Half of the time is for other ways, where this one has not come near a solution.
func (c *clock) OnUpdate(ctx context.Context, r *crux.Run) error {
	if c.nearby == nil || c.halved || c.limit == 0 {
		return nil
	}
	if used, err := c.used(); err != nil || used < c.limit/2 {
		return err
	}
	c.halved = true
	if _, stages := r.Stage(); stages > 1 {
		return nil
	}
	v, err := c.nearby.Estimate(ctx, r)
	if err != nil || v.Worst() < goodEnough {
		return nil //nolint:nilerr // what cannot be estimated is no reason to end
	}
	return crux.Stop(fmt.Sprintf("half of the time budget of %v is used up, and the estimated error is %.1e", c.limit, v.Worst()))
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
