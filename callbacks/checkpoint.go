package callbacks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/files/ckpt"
)

// Checkpoint saves the run now and then: parameters, optimiser, weights, points, histories, and the state of every
// callback that has one. A run restored by [Saved.Restore] continues bit for bit as the one that was saved.
//
// A run from step 0 does not take a folder that holds checkpoints of another run.
//
// A file is written between two steps, whole or not at all. One that cannot be written is tried again ten seconds later, and ends the run
// only if it is the last one. With Every, the first comes after two seconds at the latest. Its name holds the step with which the run
// continues, as in checkpoint-000001000.safetensors. At the end of a run that did not fail, there is a last one.
type Checkpoint struct {
	Dir      string                     // folder of the files, made if it does not exist; needed
	Interval int                        // steps between files; 0 means 1000, or none if Every is set
	Every    time.Duration              // wall time between files, at least; 0 means that steps decide alone
	Keep     int                        // files kept, the newest ones; 0 means 3
	Best     func(s *crux.Step) float64 // if set, best.safetensors is the one of all files for which it was least
	Warn     func(err error)            // is told when files cannot be written any more, as on a full disk; nil tells nobody
	About    map[string]string          // texts that every file has, such as the problem that is solved; nil means none

	ofRun[record]
	newest int       // step of the newest file
	some   bool      // there is a file
	clock  time.Time // when it was due
	failed time.Time // when a file could not be written; zero if the last one could
	asked  bool      // by Ask
}

// Ask has a file written at the end of the step under way. It is for other callbacks of the run.
func (c *Checkpoint) Ask() { c.asked = true }

// record is the least value of Best so far.
type record struct {
	Known bool
	Value float64
}

func (record) latest() int { return 0 } // it does not know when it was made

// OnSolveBegin implements crux.Callback.
func (c *Checkpoint) OnSolveBegin(_ context.Context, r *crux.Run) error {
	switch {
	case c.Dir == "":
		return errors.New("no Dir; give the folder for the files")
	case c.Interval < 0:
		return fmt.Errorf("option Interval is %d; it must be at least 1, and 0 means 1000", c.Interval)
	case c.Every < 0:
		return fmt.Errorf("option Every is %v; it must not be negative, and 0 means that steps decide alone", c.Every)
	case c.Keep < 0:
		return fmt.Errorf("option Keep is %d; it must be at least 1, and 0 means 3", c.Keep)
	}
	c.newest, c.clock, c.failed = r.Epoch(), time.Now(), time.Time{}
	if err := os.MkdirAll(c.Dir, 0o755); err != nil {
		return err
	}
	names, err := list(c.Dir)
	c.some = len(names) > 0
	if err == nil && r.Epoch() == 0 && len(names) > 0 && names[len(names)-1] != fileName(0) {
		return fmt.Errorf("%s holds %s of another run, which would be taken for the newest of this one; continue that run (callbacks.Latest), "+
			"move its files away, or give another Dir", c.Dir, names[len(names)-1])
	}
	return err
}

// OnStep implements crux.Callback: what the file with which this step has begun is worth is known now.
func (c *Checkpoint) OnStep(_ context.Context, s *crux.Step) error {
	if s.Measuring() || c.Best == nil || s.Epoch != c.newest {
		return nil
	}
	v := c.Best(s)
	if math.IsNaN(v) || c.state.Known && v >= c.state.Value {
		return nil
	}
	file, err := os.ReadFile(filepath.Join(c.Dir, fileName(s.Epoch)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // the run has begun with another one
	}
	if err != nil {
		return err
	}
	c.state = record{true, v}
	return ckpt.WriteFile(filepath.Join(c.Dir, bestName), func(w io.Writer) error {
		_, err := w.Write(file)
		return err
	})
}

// OnStepEnd implements crux.StepEnder.
func (c *Checkpoint) OnStepEnd(_ context.Context, r *crux.Run) error {
	again := !c.failed.IsZero() && time.Since(c.failed) >= retryAfter
	if due := c.due(r.Epoch()); !due && !again && !c.asked {
		return nil
	}
	c.asked = false
	err := c.save(r)
	if disk := (*diskError)(nil); errors.As(err, &disk) {
		if c.failed.IsZero() && c.Warn != nil {
			c.Warn(err)
		}
		c.failed = time.Now()
		return nil
	}
	c.failed = time.Time{}
	return err
}

const (
	retryAfter  = 10 * time.Second // a file that could not be written is tried again
	firstWithin = 2 * time.Second  // there is a file, unless steps alone decide
)

// diskError is an error of the disk: the run itself is well.
type diskError struct{ error }

func (e *diskError) Unwrap() error { return e.error }

// due reports whether the step should begin with a file.
func (c *Checkpoint) due(epoch int) bool {
	if c.Every > 0 {
		wait := c.Every
		if !c.some {
			wait = min(wait, firstWithin)
		}
		if now := time.Now(); now.Sub(c.clock) >= wait {
			c.clock = now
			return true
		}
		return c.Interval > 0 && epoch%c.Interval == 0
	}
	return epoch%cmp.Or(c.Interval, 1000) == 0
}

// OnSolveEnd implements crux.Ender: the last file of a run that did not fail. There may be one of this step already, but the end of a
// run changes parameters where an average or the best ones take their place.
func (c *Checkpoint) OnSolveEnd(_ context.Context, r *crux.Run, res *crux.Result) error {
	if res.Status == crux.Diverged || res.Status == crux.Failed {
		return nil // the file before this one is better
	}
	return c.save(r)
}

// savedOf is a run between two steps.
func savedOf(r *crux.Run) (*Saved, error) {
	f := &Saved{Callbacks: map[string][]byte{}}
	var err error
	if f.State, err = r.Solver().State(); err != nil {
		return nil, err
	}
	keys := keysOf(r.Kept())
	for i, k := range r.Kept() {
		if f.Callbacks[keys[i]], err = k.State(); err != nil {
			return nil, fmt.Errorf("state of %T: %w", k, err)
		}
	}
	return f, nil
}

// backTo makes a state of before the newest file. Where it cannot be written, the files stay as they are.
func (c *Checkpoint) backTo(f *Saved) {
	names, err := list(c.Dir)
	if err != nil || len(names) == 0 {
		return
	}
	f.About = c.About
	if err := f.Save(filepath.Join(c.Dir, fileName(f.State.Epoch))); err != nil {
		return
	}
	for _, n := range names {
		if stepOf(n) > f.State.Epoch {
			os.Remove(filepath.Join(c.Dir, n)) //nolint:errcheck // best effort
		}
	}
}

// save writes a file and removes those that are too old.
func (c *Checkpoint) save(r *crux.Run) error {
	f, err := savedOf(r)
	if err != nil {
		return err
	}
	f.About = c.About
	for _, k := range r.Callbacks() {
		if log, ok := k.(interface{ catchUp(step int) }); ok {
			log.catchUp(f.State.Epoch)
		}
	}
	if err := f.Save(filepath.Join(c.Dir, fileName(f.State.Epoch))); err != nil {
		return &diskError{err}
	}
	c.newest, c.some = f.State.Epoch, true
	names, err := list(c.Dir)
	if err != nil {
		return &diskError{err}
	}
	// those of later steps are of a run that continued from here before, and are no reason to remove this one
	names = names[:slices.Index(names, fileName(f.State.Epoch))+1]
	for n := cmp.Or(c.Keep, 3); len(names) > n; names = names[1:] { // oldest first
		if err := os.Remove(filepath.Join(c.Dir, names[0])); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return &diskError{err}
		}
	}
	return nil
}

// keysOf names each callback by its type and its place among those of its type.
func keysOf(cs []crux.Stateful) []string {
	seen := map[string]int{}
	keys := make([]string, len(cs))
	for i, c := range cs {
		t := fmt.Sprintf("%T", c)
		keys[i] = fmt.Sprintf("%s#%d", t, seen[t])
		seen[t]++
	}
	return keys
}
