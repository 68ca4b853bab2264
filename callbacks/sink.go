package callbacks

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/crux-pinn/crux/crux"
)

// A sink writes down what a run records: JSONL, CSV, Arrays, WandB and TensorBoard are sinks. Each gathers on the run's
// goroutine and writes on one of its own, so that a run never waits for a disk. Nothing that a sink does changes the run: when a
// file cannot be written, the sink gives up, the run continues, and Solve returns the error together with the complete result.

// row is what was recorded at one step.
type row struct {
	epoch  int
	at     time.Time
	keys   []string
	values []float64
	plots  []*plot
}

// set notes a number; the last one under a key counts. Names that sinks use for themselves get a prefix.
func (r *row) set(key string, v float64) {
	if key == "epoch" || key == "time" || strings.HasPrefix(key, "_") {
		key = "recorded/" + key
	}
	if i := slices.Index(r.keys, key); i >= 0 {
		r.values[i] = v
		return
	}
	r.keys, r.values = append(r.keys, key), append(r.values, v)
}

// losses notes the training loss and those of the constraints.
func (r *row) losses(run *crux.Run, all float64, each []float64) {
	r.set("loss", all)
	for i, name := range run.Names() {
		r.set("loss/"+name, each[i])
	}
}

// medium is what rows are written to. Its methods are called by one goroutine.
type medium interface {
	open() error
	write(r *row) error
	flush() error                 // once a second, and before close
	close(end *crux.Result) error // end is nil after solver.Measure
}

// mostSpare is as many rows as the fastest runs have in a second; those of an earlier life of a run can be a million.
const mostSpare = 1 << 14

// flushEvery bounds what a process that is killed loses.
const flushEvery = time.Second

// sink is what all sinks have in common. Its methods belong to the run's goroutine, except work and drain.
type sink struct {
	to    medium
	every int  // steps between rows of losses
	under *row // the step under way

	mu    sync.Mutex   // guards what follows
	rows  []*row       // complete, not yet written
	spare []*row       // written, to be used again: a step makes no garbage
	err   error        // the first one; nothing is written after it
	owner *crux.Solver // whose run it records, or recorded last
	busy  bool         // that run has not ended

	draining sync.Mutex // guards these two
	opened   bool
	written  int // step of the last row that was written, −1 before

	working           bool
	wake, stop, ended chan struct{}
}

// take makes a sink record the runs of a solver: those of two are never mixed. It comes before anything of a run is touched. Another
// solver starts over, as it would with a new sink, once the run under way has ended; the one before cannot continue then. Unlike what
// keeps results, a sink stays with a solver that SetState puts back: it cuts its files there.
func (k *sink) take(r *crux.Run) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch s := r.Solver(); {
	case k.owner == nil || k.owner == s:
	case k.busy:
		return errors.New("it records the run of another solver, which has not ended; give each solver a sink of its own")
	case r.Epoch() > 0:
		return errors.New("it has recorded the run of another solver since; give each solver a sink of its own")
	}
	k.owner, k.busy = r.Solver(), true
	return nil
}

// begin prepares for a run.
func (k *sink) begin(to medium, every int) error {
	if every < 0 {
		return fmt.Errorf("option Interval is %d; it must be at least 1, and 0 means 1", every)
	}
	k.to, k.every, k.under = to, max(1, every), nil
	k.rows, k.err, k.opened, k.written = nil, nil, false, -1
	return nil
}

// backfill makes rows of the losses after a step that are known from an earlier life of the run and not in its file.
func (k *sink) backfill(r *crux.Run, last int) {
	h := r.Solver().History()
	for i, e := range h.Epochs {
		if e > last && e < r.Epoch() && e%k.every == 0 {
			k.under = &row{epoch: e}
			k.under.losses(r, h.Loss[i], h.Losses[i])
			k.complete()
		}
	}
}

// unix is a time in seconds since 1970.
func unix(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }

// Record implements crux.Recorder.
func (k *sink) Record(m crux.Metric) error {
	if (m.Key == "loss" || strings.HasPrefix(m.Key, "loss/")) && m.Epoch%k.every != 0 {
		return nil
	}
	k.at(m.Epoch).set(m.Key, m.Value)
	return nil
}

// at is the row of a step. A row is complete when the next begins.
func (k *sink) at(epoch int) *row {
	if k.under == nil || k.under.epoch != epoch {
		k.complete()
		k.under = k.blank()
		k.under.epoch, k.under.at = epoch, time.Now()
	}
	return k.under
}

// blank is a row with nothing in it.
func (k *sink) blank() *row {
	k.mu.Lock()
	defer k.mu.Unlock()
	n := len(k.spare)
	if n == 0 {
		return &row{}
	}
	r := k.spare[n-1]
	k.spare = k.spare[:n-1]
	*r = row{keys: r.keys[:0], values: r.values[:0]}
	return r
}

func (k *sink) complete() {
	if k.under == nil {
		return
	}
	k.mu.Lock()
	if k.err == nil {
		k.rows = append(k.rows, k.under)
	}
	k.mu.Unlock()
	if len(k.under.plots) > 0 && k.working {
		select {
		case k.wake <- struct{}{}:
		default: // it is about to look
		}
	}
	k.under = nil
}

// OnStep implements crux.Callback.
func (k *sink) OnStep(_ context.Context, s *crux.Step) error {
	if s.Epoch%k.every == 0 && s.Run.Balanced() && !s.Measuring() {
		for i, name := range s.Run.Names() {
			k.at(s.Epoch).set("weight/"+name, s.Weights[i])
		}
	}
	if s.Measuring() { // nobody has recorded the losses, and nobody will call OnSolveEnd
		k.at(s.Epoch).losses(s.Run, s.Loss, s.Losses)
		k.complete()
		return k.settle(nil)
	}
	if !k.working {
		k.working = true
		k.wake, k.stop, k.ended = make(chan struct{}, 1), make(chan struct{}), make(chan struct{})
		go k.work()
	}
	return nil
}

// OnSolveEnd implements crux.Ender. The losses at the final parameters are a row of their own.
func (k *sink) OnSolveEnd(_ context.Context, r *crux.Run, res *crux.Result) error {
	k.at(res.Epoch).losses(r, res.Loss, res.Losses)
	k.complete()
	return k.settle(res)
}

// settle writes all that is left, closes the medium and returns the error of the run's recording.
func (k *sink) settle(end *crux.Result) error {
	if k.working {
		close(k.stop)
		<-k.ended
		k.working = false
	}
	k.drain()
	if k.opened {
		k.opened = false
		if err := k.to.close(end); err != nil {
			k.fail(err)
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	err := k.err
	k.err, k.busy = nil, false
	return err
}

// work writes what has been gathered, once a second and when there is something to draw, until the run ends.
func (k *sink) work() {
	defer close(k.ended)
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-k.wake:
		case <-k.stop:
			return
		}
		k.drain()
	}
}

// drain writes the complete rows.
func (k *sink) drain() {
	k.draining.Lock()
	defer k.draining.Unlock()
	k.mu.Lock()
	rows, err := k.rows, k.err
	k.rows = nil
	k.mu.Unlock()
	if err != nil {
		return
	}
	if !k.opened {
		k.opened = true // also if it fails: close may have something to undo
		if err = k.to.open(); err != nil {
			k.fail(err)
			return
		}
	}
	for _, r := range rows {
		if err = k.to.write(r); err != nil {
			k.fail(err)
			return
		}
		k.written = r.epoch
	}
	if err = k.to.flush(); err != nil {
		k.fail(err)
		return
	}
	k.mu.Lock()
	k.spare = append(k.spare, rows[:min(len(rows), mostSpare-len(k.spare))]...)
	k.mu.Unlock()
}

// fail ends the recording of this run.
func (k *sink) fail(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.err != nil {
		return
	}
	where := ""
	if k.written >= 0 {
		where = fmt.Sprintf(" after step %d", k.written)
	}
	k.rows, k.err = nil, fmt.Errorf("recording ended%s, the run went on: %w", where, err)
}
