package callbacks_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
)

// stepEnd is a callback made of a function, which is called between steps.
type stepEnd func(r *crux.Run) error

func (stepEnd) OnSolveBegin(context.Context, *crux.Run) error    { return nil }
func (stepEnd) OnStep(context.Context, *crux.Step) error         { return nil }
func (f stepEnd) OnStepEnd(_ context.Context, r *crux.Run) error { return f(r) }

// What a checkpoint contains is in the logs before the checkpoint is there: with the measurements, at every step at which a process may be
// killed.
func TestLogsAreNotBehindCheckpoints(t *testing.T) {
	dir := t.TempDir()
	s := build(t, "adam", "norms", "", "")
	s.cs = append(s.cs, &callbacks.Checkpoint{Dir: filepath.Join(dir, "checkpoints"), Interval: 1})
	s.cs = append(s.cs, sinksIn(dir)...)
	s.cs = append(s.cs, stepEnd(func(r *crux.Run) error {
		for name, rows := range map[string][]map[string]any{"jsonl": lines(t, filepath.Join(dir, "metrics.jsonl")), "csv": cells(t, filepath.Join(dir, "history.csv"))} {
			measured := 0
			for _, row := range rows {
				if row["explainability/gradient_norm/constraint_0"] != nil {
					measured++
				}
			}
			if len(rows) != r.Epoch() || measured != (r.Epoch()+2)/3 { // the norms are measured at every third step
				t.Errorf("step %d: %s has %d rows, %d of them with norms", r.Epoch(), name, len(rows), measured)
			}
		}
		return nil
	}))
	s.solve(t, 12)
}

// A log that is damaged in any way, or gone, is no reason not to continue: the losses come from the checkpoint, the file as it was is kept,
// and it is said.
func TestDamagedLogs(t *testing.T) {
	l := logOf(t)
	line := func(k int, change func(line []byte) []byte) func(b []byte) []byte {
		return func(b []byte) []byte {
			all := bytes.SplitAfter(b, []byte("\n"))
			all[k] = change(all[k])
			return bytes.Join(all, nil)
		}
	}
	for what, damage := range map[string]func(b []byte) []byte{
		"a letter of the first line":   line(0, func(b []byte) []byte { return bytes.Replace(b, []byte("epoch"), []byte("eroch"), 1) }),
		"a letter of the fifth line":   line(4, func(b []byte) []byte { return append([]byte("x"), b[1:]...) }),
		"a number of the fifth line":   line(4, func(b []byte) []byte { return append(b[:len(b)-3], '#', b[len(b)-2], '\n') }),
		"zeros in place of a line":     line(4, func(b []byte) []byte { return append(make([]byte, len(b)-1), '\n') }),
		"the line of another run":      line(4, func(b []byte) []byte { return append(bytes.Clone(b), b...) }),
		"nothing but zeros":            func(b []byte) []byte { return make([]byte, len(b)) },
		"another file in its place":    func([]byte) []byte { return []byte("Dear reader,\n") },
		"no file where there has been": nil,
	} {
		for path, b := range l.whole {
			var err error
			os.Remove(path + ".damaged") //nolint:errcheck // it may not be there
			if damage == nil {
				err = os.Remove(path)
			} else {
				err = os.WriteFile(path, damage(bytes.Clone(b)), 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		logs := l.continues(t, what)
		for i, path := range []string{l.jsonl, l.table} {
			said := logs[i].(interface{ Repaired() string }).Repaired()
			kept, err := os.ReadFile(path + ".damaged")
			if damage == nil && !strings.Contains(said, "was not there") || damage != nil && (!strings.Contains(said, "was damaged") || err != nil || !bytes.Equal(kept, damage(bytes.Clone(l.whole[path])))) {
				t.Errorf("%s: %q, and kept is %.50q, %v", what, said, kept, err)
			}
		}
	}
}

// A log that somebody removes during the run is missed at its end.
func TestRemovedLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.csv")
	s := build(t, "adam", "norms", "", t.TempDir())
	s.cs = append(s.cs, &callbacks.CSV{Path: path}, stepEnd(func(r *crux.Run) error {
		if r.Epoch() == 6 { // the first lines are there, by the checkpoint of step 4
			return os.Remove(path)
		}
		return nil
	}))
	res, err := s.solver.Solve(context.Background(), 8, s.cs...)
	if res.Steps != 8 || err == nil || !strings.Contains(err.Error(), "was removed or replaced while it was written") {
		t.Errorf("%d steps, %v", res.Steps, err)
	}
}

// A disk that takes no checkpoint for a while costs nothing but a warning; one that takes none at the end is an error.
func TestCheckpointsThatCannotBeWritten(t *testing.T) {
	for _, stays := range []bool{false, true} {
		dir := filepath.Join(t.TempDir(), "checkpoints")
		s := build(t, "adam", "norms", "", dir)
		var warnings []error
		s.check.Warn = func(err error) { warnings = append(warnings, err) }
		s.cs = append([]crux.Callback{stepEnd(func(r *crux.Run) error {
			switch r.Epoch() {
			case 6: // a file takes the place of the folder
				return errors.Join(os.Rename(dir, dir+"-away"), os.WriteFile(dir, nil, 0o600))
			case 18:
				if !stays {
					return errors.Join(os.Remove(dir), os.Rename(dir+"-away", dir))
				}
			}
			return nil
		})}, s.cs...)
		res, err := s.solver.Solve(context.Background(), 22, s.cs...)
		if res.Steps != 22 || len(warnings) != 1 || (err != nil) != stays {
			t.Errorf("%d steps, warnings %v, error %v", res.Steps, warnings, err)
		}
		if saved, err := callbacks.Latest(dir); !stays && (err != nil || saved.State.Epoch != 22) {
			t.Error(err)
		}
	}
}

// The first checkpoint does not wait for its hour.
func TestFirstCheckpointComesSoon(t *testing.T) {
	s := build(t, "adam", "norms", "", "")
	dir := t.TempDir()
	begin := time.Now()
	var files []string
	s.cs = append(s.cs, &callbacks.Checkpoint{Dir: dir, Every: time.Hour}, stepEnd(func(*crux.Run) (err error) {
		files, err = callbacks.Checkpoints(dir)
		if err == nil && len(files) == 0 && time.Since(begin) < time.Minute {
			time.Sleep(20 * time.Millisecond)
			return nil
		}
		return errors.Join(err, crux.Stop("there is one, or there will be none"))
	}))
	res, err := s.solver.Solve(context.Background(), 1_000_000, s.cs...)
	if err != nil || len(files) == 0 {
		t.Errorf("%d steps in %v, %v", res.Steps, time.Since(begin), err)
	}
}
