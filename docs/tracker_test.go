package docs_test

import (
	"archive/zip"
	"encoding/binary"
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers"
	"github.com/crux-pinn/crux/trackers/explain"
)

// The tracker of extending.md is known to files, sinks, checkpoints and words without a line elsewhere.
func TestNinthTracker(t *testing.T) {
	build := func(constraints int) *crux.Solver {
		x := ph.NewCoord("x")
		a, on := ph.NewParam("a", 0), domain.NewInterval(x, 0, 1).Interior(4)
		s, err := crux.New(crux.Problem{Name: "shares", Constraints: []crux.Constraint{
			{Name: "one", Residual: a.Sub(ph.Const(1)), On: on},
			{Name: "three", Residual: a.Sub(ph.Const(3)), On: on, Weight: 2},
			{Name: "more", Residual: a, On: on},
		}[:constraints]}, crux.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	dir, s := t.TempDir(), build(2)
	shares := &LossShare{Interval: 2}
	sinks := []crux.Callback{
		shares, &callbacks.JSONL{Path: filepath.Join(dir, "metrics.jsonl")}, &callbacks.Arrays{Dir: dir}, &callbacks.WandB{Dir: dir},
	}
	if _, err := s.Solve(t.Context(), 5, sinks...); err != nil {
		t.Fatal(err)
	}
	var want []float64
	for _, e := range []int{0, 2, 4} {
		l := s.History().Losses[e]
		want = append(want, l[0]/(l[0]+2*l[1]), 2*l[1]/(l[0]+2*l[1]))
	}
	if want[0] != 1.0/19 { // losses 1 and 9 at a = 0, the second with the weight 2
		t.Errorf("the first share is %v", want[0])
	}
	r := shares.Result()
	if got := r.Matrix("shares").RawMatrix().Data; !floats.EqualApprox(got, want, 1e-15) || !slices.Equal(r.Epochs, []int{0, 2, 4}) {
		t.Errorf("at %v %v, want %v", r.Epochs, got, want)
	}

	shape, stored := readNPZ(t, filepath.Join(dir, "loss_share.npz"), "shares.npy")
	if shape != "(3, 2)" || !slices.Equal(stored, r.Matrix("shares").RawMatrix().Data) {
		t.Errorf("the file holds %v of shape %s", stored, shape)
	}
	rows, err := os.ReadFile(filepath.Join(dir, "metrics.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var row map[string]any
	err = json.Unmarshal([]byte(strings.Split(string(rows), "\n")[2]), &row)
	if err != nil || row["explainability/loss_share/constraint_1"] != r.Values[1].Shares[1] {
		t.Errorf("step 2 has %v, %v", row, err)
	}
	runs, err := filepath.Glob(filepath.Join(dir, "wandb", "*", "*.wandb"))
	if err != nil || len(runs) != 1 {
		t.Fatalf("%v, %v", runs, err)
	}
	if log, err := os.ReadFile(runs[0]); err != nil || !strings.Contains(string(log), "explainability/loss_share/three") {
		t.Errorf("W&B has no key with the name of the constraint (%v)", err)
	}

	words, ok := shares.Explain(explain.For(s))
	said := "shares of the loss, step 4\n  - 95 % of the loss is that of three\n  share of one: 0.0526 at step 0 → "
	if text := words.String(); !ok || !strings.HasPrefix(text, said) {
		t.Errorf("in words:\n%s", text)
	}
	state, err := shares.State()
	if err != nil {
		t.Fatal(err)
	}
	again := &LossShare{Interval: 2}
	if err := again.SetState(state); err != nil || !reflect.DeepEqual(again.Result(), r) {
		t.Errorf("restored: %+v, %v", again.Result(), err)
	}
	if err := (&trackers.GradientAlignment{}).SetState(state); err == nil {
		t.Error("another tracker takes its state")
	}
	other := build(3)
	if _, err := other.Solve(t.Context(), 5); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Solve(t.Context(), 1, again); err == nil || !strings.Contains(err.Error(), "use a new tracker") {
		t.Errorf("with another number of constraints: %v", err)
	}
	var _ trackers.Tracker = shares
}

// readNPZ reads the numbers of an array of a file, and what its header says of the shape.
func readNPZ(t *testing.T, path, name string) (shape string, x []float64) {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	f, err := z.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(f)
	if err != nil || len(b) < 10 {
		t.Fatalf("%d bytes, %v", len(b), err)
	}
	data := 10 + int(binary.LittleEndian.Uint16(b[8:]))
	_, shape, _ = strings.Cut(string(b[10:data]), "'shape': ")
	shape, _, _ = strings.Cut(shape, ", }")
	for at := data; at < len(b); at += 8 {
		x = append(x, math.Float64frombits(binary.LittleEndian.Uint64(b[at:])))
	}
	return shape, x
}
