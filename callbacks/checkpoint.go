package callbacks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/ckpt"
	"github.com/crux-pinn/crux/internal/claim"
)

// Checkpoint saves the run now and then: parameters, optimiser, weights, points, histories, and the state of every
// callback that has one. A run restored by [Saved.Restore] continues bit for bit as the one that was saved.
//
// A file is written whole or not at all. Its name holds the step with which the run goes on, as in
// checkpoint-000001000.safetensors. At the end of a run that did not fail, there is a last one.
//
// Pass callbacks that move points before it.
type Checkpoint struct {
	Dir      string                     // folder of the files, made if it does not exist; needed
	Interval int                        // steps between files; 0 means 1000, or none if Every is set
	Every    time.Duration              // wall time between files, at least; 0 means that steps decide alone
	Keep     int                        // files kept, the newest ones; 0 means 3
	Best     func(s *crux.Step) float64 // if set, best.safetensors is the one of all files for which it was least

	ofRun
	best    record
	before  int // callbacks that fire before this one
	next    *crux.State
	states  map[string][]byte // of the callbacks before, when next was taken
	written int               // step of the latest file, −1 before
	clock   time.Time         // when the latest file was due
}

// record is the least value of Best so far.
type record struct {
	Known bool
	Value float64
}

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
	r.Keep(c)
	c.before, c.next, c.states, c.written, c.clock = len(r.Kept()), nil, nil, -1, time.Now()
	if err := os.MkdirAll(c.Dir, 0o755); err != nil {
		return err
	}
	return nil
}

// due reports whether the next step shall begin with a file.
func (c *Checkpoint) due(epoch int) bool {
	if c.Every > 0 {
		if now := time.Now(); now.Sub(c.clock) >= c.Every {
			c.clock = now
			return true
		}
		return c.Interval > 0 && (epoch+1)%c.Interval == 0
	}
	n := c.Interval
	if n == 0 {
		n = 1000
	}
	return (epoch+1)%n == 0
}

// OnStep implements crux.Callback. A file needs two steps: at the end of the one before, what callbacks that fire
// earlier have become; and now, what its update has changed and what callbacks that fire later have become since.
func (c *Checkpoint) OnStep(_ context.Context, s *crux.Step) error {
	if s.Measuring() {
		return nil
	}
	if c.next != nil && c.next.Epoch == s.Epoch {
		if err := c.save(s); err != nil {
			return err
		}
	}
	c.next = nil
	if !c.due(s.Epoch) {
		return nil
	}
	var err error
	if c.next, err = s.Run.Next(); err != nil {
		return err
	}
	c.states, err = states(s.Run, 0, c.before)
	return err
}

func (c *Checkpoint) save(s *crux.Step) error {
	for _, k := range s.Run.Kept()[c.before:] {
		if a, ok := k.(adaptive); ok {
			return fmt.Errorf("it was passed before %T, which moves points; pass it after", a)
		}
	}
	if err := s.Run.Complete(c.next); err != nil {
		return err
	}
	later, err := states(s.Run, c.before, len(s.Run.Kept()))
	if err != nil {
		return err
	}
	for k, b := range later {
		c.states[k] = b
	}
	improved := false
	if c.Best != nil {
		if v := c.Best(s); !math.IsNaN(v) && (!c.best.Known || v < c.best.Value) {
			c.best, improved = record{true, v}, true
		}
		if c.states[key(s.Run, c)], err = c.State(); err != nil {
			return err
		}
	}
	f := &Saved{State: c.next, Callbacks: c.states}
	if improved {
		if err := f.write(filepath.Join(c.Dir, bestName)); err != nil {
			return err
		}
	}
	return c.keep(f)
}

// keep writes a file and removes those that are too old.
func (c *Checkpoint) keep(f *Saved) error {
	if err := f.write(filepath.Join(c.Dir, fileName(f.State.Epoch))); err != nil {
		return err
	}
	c.written = f.State.Epoch
	names, err := list(c.Dir)
	if err != nil {
		return err
	}
	n := c.Keep
	if n == 0 {
		n = 3
	}
	for len(names) > n { // oldest first
		if err := os.Remove(filepath.Join(c.Dir, names[0])); err != nil {
			return err
		}
		names = names[1:]
	}
	return nil
}

// OnSolveEnd implements crux.Ender: the last file of a run that did not fail. A run that ended within a step, because a
// callback wished so, takes that step again.
func (c *Checkpoint) OnSolveEnd(_ context.Context, r *crux.Run, res *crux.Result) error {
	if res.Status == crux.Diverged || res.Status == crux.Failed || c.written == res.Epoch {
		return nil // the file before this one is better
	}
	st, err := r.Solver().State()
	if err != nil {
		return err
	}
	cs, err := states(r, 0, len(r.Kept()))
	if err != nil {
		return err
	}
	return c.keep(&Saved{State: st, Callbacks: cs})
}

// State implements crux.Stateful.
func (c *Checkpoint) State() ([]byte, error) { return encode(c.best) }

// SetState implements crux.Stateful.
func (c *Checkpoint) SetState(b []byte) error {
	if err := decode(b, &c.best); err != nil {
		return err
	}
	claim.Restored(&c.Mark, 0) // it does not know when its record was made
	return nil
}

// states are those of the callbacks from one position of Run.Kept to another, by key.
func states(r *crux.Run, from, to int) (map[string][]byte, error) {
	keys := keysOf(r.Kept())
	m := map[string][]byte{}
	for i, k := range r.Kept()[from:to] {
		b, err := k.State()
		if err != nil {
			return nil, fmt.Errorf("state of %T: %w", k, err)
		}
		m[keys[from+i]] = b
	}
	return m, nil
}

func key(r *crux.Run, c *Checkpoint) string {
	keys := keysOf(r.Kept())
	for i, k := range r.Kept() {
		if k == crux.Stateful(c) {
			return keys[i]
		}
	}
	return ""
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

func (f *Saved) write(path string) error {
	return ckpt.WriteFile(path, func(w io.Writer) error { return f.encode(w) })
}
