package callbacks_test

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers"
)

// recording is a setup with every sink that writes into one folder.
func recording(t *testing.T, method, scheme, dir string) *setup {
	t.Helper()
	s := build(t, method, scheme, "rad", "")
	s.cs = append(s.cs, sinksIn(dir)...)
	s.cs = append(s.cs, &callbacks.LossLandscape{Grid: 3, Interval: 5}, &callbacks.TensorBoard{Dir: filepath.Join(dir, "board")}, &callbacks.WandB{Dir: dir})
	s.cs = append(s.cs, &callbacks.Solution{Name: "u", Expr: s.u, On: s.inside, Exact: ph.Const(0.5), Interval: 3})
	return s
}

func sinksIn(dir string) []crux.Callback {
	return []crux.Callback{
		&callbacks.JSONL{Path: filepath.Join(dir, "metrics.jsonl")},
		&callbacks.CSV{Path: filepath.Join(dir, "history.csv")},
		&callbacks.Arrays{Dir: filepath.Join(dir, "trackers"), Every: time.Millisecond},
	}
}

// lines reads a file of JSONL with the standard decoder; nil stands for a number that is not finite.
func lines(t *testing.T, path string) []map[string]any {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var list []map[string]any
	for b := bufio.NewScanner(f); b.Scan(); {
		var m map[string]any
		if err := json.Unmarshal(b.Bytes(), &m); err != nil {
			t.Fatalf("%s: %q: %v", path, b.Text(), err)
		}
		list = append(list, m)
	}
	return list
}

// cells reads a file of CSV with the standard reader, empty cells left out.
func cells(t *testing.T, path string) []map[string]any {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var list []map[string]any
	for _, row := range rows[1:] {
		m := map[string]any{}
		for i, c := range row {
			if c == "" {
				continue
			}
			v, err := strconv.ParseFloat(c, 64)
			if err != nil {
				t.Fatal(err)
			}
			m[rows[0][i]] = v
		}
		list = append(list, m)
	}
	return list
}

// Both files hold, bit for bit, the losses of the solver's history, the weights and what the trackers measured.
func TestRecordedNumbers(t *testing.T) {
	dir := t.TempDir()
	s := recording(t, "adam", "norms", dir)
	s.solve(t, 25)
	h, norms := s.solver.History(), s.norms.Result()
	read := map[string][]map[string]any{
		"jsonl": lines(t, filepath.Join(dir, "metrics.jsonl")), "csv": cells(t, filepath.Join(dir, "history.csv")),
	}
	for name, rows := range read {
		if len(rows) != 26 {
			t.Fatalf("%s: %d rows", name, len(rows))
		}
		for i, e := range h.Epochs {
			m := rows[i]
			if m["epoch"] != float64(e) || m["loss"] != h.Loss[i] || m["loss/pde"] != h.Losses[i][0] || m["loss/edge"] != h.Losses[i][1] {
				t.Errorf("%s: row %v, want %d %v %v", name, m, e, h.Loss[i], h.Losses[i])
			}
			if (m["weight/pde"] == nil) != (m["weight/edge"] == nil) || m["weight/pde"] == nil {
				t.Errorf("%s: step %d has no weights", name, e)
			}
			_, stat := m["explainability/residual/constraint_1/p99"]
			if stat != (e%4 == 0) {
				t.Errorf("%s: residuals at step %d: %t", name, e, stat)
			}
		}
		for i, e := range norms.Epochs {
			if got := rows[e]["explainability/gradient_norm/constraint_1"]; got != norms.Values[i].Norms[1] {
				t.Errorf("%s: norm at step %d is %v, want %v", name, e, got, norms.Values[i].Norms[1])
			}
		}
		if end := rows[25]; end["epoch"] != 25.0 || end["loss"] == nil || end["weight/pde"] != nil {
			t.Errorf("%s: the last row is %v", name, end)
		}
	}
	begin := time.UnixMilli(int64(read["jsonl"][0]["time"].(float64) * 1e3))
	if age := time.Since(begin); age < 0 || age > time.Hour {
		t.Errorf("the first line is from %v", begin)
	}
}

// Solve in parts, Measure between them, and a process that goes on from a checkpoint leave the same file as one run: no
// step twice, none missing, although the file had lost its last lines and ended in the middle of one.
func TestRecordingGoesOn(t *testing.T) {
	whole := t.TempDir()
	one := recording(t, "adam", "norms", whole)
	one.solve(t, 25)

	dir := t.TempDir()
	first := recording(t, "adam", "norms", dir)
	check := &callbacks.Checkpoint{Dir: filepath.Join(dir, "checkpoints"), Interval: 7, Keep: 9}
	first.cs = append(first.cs, check)
	first.solve(t, 6)
	first.solve(t, 10)
	if err := first.solver.Measure(context.Background(), first.cs...); err != nil {
		t.Fatal(err)
	}
	if last := lines(t, filepath.Join(dir, "metrics.jsonl")); len(last) != 17 || last[16]["explainability/hessian/sharpness"] == nil || last[16]["loss"] == nil {
		t.Errorf("%d lines after 16 steps and a measurement", len(last))
	}
	// The process dies: what follows step 11 is lost, the checkpoint of step 14 is there.
	for _, name := range []string{"metrics.jsonl", "history.csv"} {
		path := filepath.Join(dir, name)
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		at := 0
		for range 12 {
			at += bytes.IndexByte(raw[at:], '\n') + 1
		}
		if err := os.WriteFile(path, raw[:at+9], 0o600); err != nil {
			t.Fatal(err)
		}
	}
	saved, err := callbacks.Load(filepath.Join(check.Dir, "checkpoint-000000014.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	second := recording(t, "adam", "norms", dir)
	second.cs = append(second.cs, &callbacks.Checkpoint{Dir: check.Dir})
	if err := saved.Restore(second.solver, second.cs...); err != nil {
		t.Fatal(err)
	}
	second.solve(t, 11)

	for _, name := range []string{"metrics.jsonl", "history.csv"} {
		read := lines
		if name == "history.csv" {
			read = cells
		}
		got, want := read(t, filepath.Join(dir, name)), read(t, filepath.Join(whole, name))
		if len(got) != len(want) {
			t.Fatalf("%s: %d rows, want %d", name, len(got), len(want))
		}
		for i := range want {
			delete(got[i], "time")
			delete(want[i], "time")
			if i >= 11 && i < 14 { // scalars of the lost steps are in the arrays only
				for k := range want[i] {
					if !strings.HasPrefix(k, "loss") && k != "epoch" {
						delete(want[i], k)
						delete(got[i], k)
					}
				}
			}
			if fmt.Sprint(got[i]) != fmt.Sprint(want[i]) {
				t.Errorf("%s: row %d is\n%v, want\n%v", name, i, got[i], want[i])
			}
		}
	}
	a, err := os.ReadFile(filepath.Join(dir, "trackers", "gradient_norms.npz"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(whole, "trackers", "gradient_norms.npz"))
	if err != nil || !bytes.Equal(a, b) {
		t.Errorf("the arrays of both differ (%v)", err)
	}

	// A new run starts the files over.
	third := recording(t, "adam", "norms", dir)
	third.solve(t, 3)
	if n := len(lines(t, filepath.Join(dir, "metrics.jsonl"))); n != 4 {
		t.Errorf("%d lines of a new run of 3 steps", n)
	}
	if n := len(cells(t, filepath.Join(dir, "history.csv"))); n != 4 {
		t.Errorf("%d rows of a new run of 3 steps", n)
	}
}

// Wherever a file was cut, and if it is empty or gone, a run that goes on leaves every step in it once.
func TestRecordingAfterAnyCut(t *testing.T) {
	l := logOf(t)
	for k := range 80 {
		for path, b := range l.whole {
			n := k * len(b) / 79
			if k < 25 { // around the head and the first line
				n = min(len(b), 37*k)
			}
			if err := os.WriteFile(path, b[:n], 0o600); err != nil {
				t.Fatal(err)
			}
		}
		l.continues(t, fmt.Sprintf("cut %d", k))
	}
}

// logged is a run of 9 steps with logs of both kinds, and another solver that goes on from its checkpoint.
type logged struct {
	jsonl, table string
	whole        map[string][]byte // what is in these files after 9 steps
	saved        *callbacks.Saved
	again        *setup
}

func logOf(t *testing.T) *logged {
	t.Helper()
	dir := t.TempDir()
	l := &logged{jsonl: filepath.Join(dir, "metrics.jsonl"), table: filepath.Join(dir, "history.csv"), whole: map[string][]byte{}}
	s := build(t, "adam", "norms", "", "")
	check := &callbacks.Checkpoint{Dir: filepath.Join(dir, "checkpoints")}
	s.cs = append(append(s.cs, check), l.files()...)
	s.solve(t, 9)
	var err error
	if l.saved, err = callbacks.Latest(check.Dir); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{l.jsonl, l.table} {
		if l.whole[path], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	l.again = build(t, "adam", "norms", "", "")
	return l
}

func (l *logged) files() []crux.Callback {
	return []crux.Callback{&callbacks.JSONL{Path: l.jsonl}, &callbacks.CSV{Path: l.table}}
}

// continues takes a step from the checkpoint, after which every step must stand in both files once. It returns the logs.
func (l *logged) continues(t *testing.T, what string) []crux.Callback {
	t.Helper()
	logs := l.files()
	l.again.cs = append(l.again.cs[:5:5], append([]crux.Callback{&callbacks.Checkpoint{Dir: t.TempDir()}}, logs...)...)
	if err := l.saved.Restore(l.again.solver, l.again.cs...); err != nil {
		t.Fatal(err)
	}
	l.again.solve(t, 1)
	for name, rows := range map[string][]map[string]any{"jsonl": lines(t, l.jsonl), "csv": cells(t, l.table)} {
		if len(rows) != 11 {
			t.Fatalf("%s: %s has %d rows", what, name, len(rows))
		}
		for i, loss := range l.again.solver.History().Loss {
			if rows[i]["epoch"] != float64(i) || rows[i]["loss"] != loss {
				t.Errorf("%s: row %d of %s is %v, want loss %v", what, i, name, rows[i], loss)
			}
		}
	}
	return logs
}

// Every array has the name, shape and numbers that its tracker says; two trackers of one type have two files.
func TestArrays(t *testing.T) {
	dir := t.TempDir()
	s := build(t, "adam", "traces", "", "")
	s.cs = append(s.cs, &callbacks.LossLandscape{Grid: 3, Interval: 5}, &callbacks.Arrays{Dir: dir})
	s.solve(t, 11)
	var names []string
	for _, c := range s.cs {
		src, ok := c.(interface{ Arrays() []trackers.Array })
		if !ok {
			continue
		}
		name := map[string]string{
			"*trackers.GradientNorms": "gradient_norms", "*trackers.ResidualStats": "residual_stats", "*trackers.HessianSpectrum": "hessian_spectrum",
			"*trackers.NTKSpectrum": "ntk_spectrum", "*trackers.CosSimilarity": "cos_similarity", "*trackers.LossLandscape": "loss_landscape",
		}[fmt.Sprintf("%T", c)]
		if slices.Contains(names, name+".npz") {
			name += "-2"
		}
		names = append(names, name+".npz")
		z, err := zip.OpenReader(filepath.Join(dir, name+".npz"))
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range src.Arrays() {
			f, err := z.Open(a.Name + ".npy")
			if err != nil {
				t.Fatal(err)
			}
			raw, err := io.ReadAll(f)
			if err != nil {
				t.Fatal(err)
			}
			shape := strings.ReplaceAll(strings.Trim(fmt.Sprint(a.Shape), "[]"), " ", ", ")
			if len(a.Shape) == 1 {
				shape += ","
			}
			kind, want := "<f8", []byte(nil)
			switch d := a.Data.(type) {
			case []int64:
				kind = "<i8"
				for _, v := range d {
					want = binary.LittleEndian.AppendUint64(want, uint64(v))
				}
			case []float64:
				for _, v := range d {
					want = binary.LittleEndian.AppendUint64(want, math.Float64bits(v))
				}
			}
			head := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", kind, shape)
			if !bytes.HasPrefix(raw[10:], []byte(head)) || !bytes.Equal(raw[len(raw)-len(want):], want) || len(want) == 0 {
				t.Errorf("%s: %s begins with %q, want %q and %d bytes", name, a.Name, raw[:80], head, len(want))
			}
		}
		z.Close()
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != len(names) || len(names) != 7 {
		t.Errorf("files %v, want %v (%v)", entries, names, err)
	}
}

// Sinks only watch: a run has the same bits with all of them, for methods with and without line search.
func TestSinksOnlyWatch(t *testing.T) {
	for _, method := range []string{"adam", "lbfgs"} {
		for _, scheme := range []string{"", "norms", "random"} {
			plain := build(t, method, scheme, "rad", "")
			plain.solve(t, 25)
			recorded := recording(t, method, scheme, t.TempDir())
			recorded.solve(t, 25)
			same(t, method+"/"+scheme, recorded, plain)
		}
	}
}

// What cannot be used is an error before the first step, and a foreign file stays as it is.
func TestSinkOptions(t *testing.T) {
	dir := t.TempDir()
	foreign := filepath.Join(dir, "letter.txt")
	if err := os.WriteFile(foreign, []byte("Dear reader,\nepoch\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for says, c := range map[string]crux.Callback{
		"no Path":           &callbacks.JSONL{},
		"no Path;":          &callbacks.CSV{},
		"not a regular":     &callbacks.JSONL{Path: "/dev/zero"},
		"not a regular f":   &callbacks.CSV{Path: os.DevNull},
		"no Dir":            &callbacks.Arrays{},
		"no Dir;":           &callbacks.TensorBoard{},
		"project \"a/b\"":   &callbacks.WandB{Dir: dir, Project: "a/b"},
		"config: json":      &callbacks.WandB{Dir: dir, Config: map[string]any{"f": math.Inf(1)}},
		"letter.txt":        &callbacks.WandB{Dir: foreign},
		"letter.txt: not":   &callbacks.TensorBoard{Dir: foreign},
		"Interval is -1":    &callbacks.JSONL{Path: filepath.Join(dir, "a"), Interval: -1},
		"option Interval":   &callbacks.CSV{Path: filepath.Join(dir, "b"), Interval: -2},
		"Every is -1s":      &callbacks.Arrays{Dir: dir, Every: -time.Second},
		"not a file of JSO": &callbacks.JSONL{Path: foreign},
		"not a file of CSV": &callbacks.CSV{Path: foreign},
		"no such file":      &callbacks.CSV{Path: filepath.Join(dir, "none", "x.csv")},
		"not a directory":   &callbacks.Arrays{Dir: filepath.Join(foreign, "x")},
	} {
		s := build(t, "adam", "norms", "", "")
		res, err := s.solver.Solve(context.Background(), 3, append(s.cs, c)...)
		if err == nil || !strings.Contains(err.Error(), says) || res.Steps != 0 {
			t.Errorf("%s: %v after %d steps", says, err, res.Steps)
		}
	}
	if raw, err := os.ReadFile(foreign); err != nil || string(raw) != "Dear reader,\nepoch\n" {
		t.Errorf("the foreign file is %q (%v)", raw, err)
	}
}

// A disk that is full costs the recording, not the run: it ends with the same bits and an error for each sink, once.
func TestFullDisk(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full")
	}
	plain := build(t, "adam", "norms", "", "")
	plain.solve(t, 40)
	dir := t.TempDir()
	s := build(t, "adam", "norms", "", "")
	arrays, jsonl, table := filepath.Join(dir, "trackers"), filepath.Join(dir, "a.jsonl"), filepath.Join(dir, "b.csv")
	away := callbacks.OnStep(func(_ context.Context, s *crux.Step) error {
		if s.Epoch > 0 {
			return nil
		}
		var errs []error
		for _, path := range []string{jsonl, table} { // nothing has been written yet
			errs = append(errs, os.Remove(path), os.Symlink("/dev/full", path))
		}
		return errors.Join(append(errs, os.RemoveAll(arrays))...)
	})
	res, err := s.solver.Solve(context.Background(), 40, append(s.cs, away,
		&callbacks.JSONL{Path: jsonl}, &callbacks.CSV{Path: table}, &callbacks.Arrays{Dir: arrays})...)
	if err == nil || strings.Count(err.Error(), "the run went on") != 3 || !errors.Is(err, os.ErrNotExist) || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("error %v", err)
	}
	if res.Status != crux.Completed || res.Steps != 40 || math.IsNaN(res.Loss) {
		t.Errorf("result %+v", res)
	}
	same(t, "without a disk", s, plain)
}
