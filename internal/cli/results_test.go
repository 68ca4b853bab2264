package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// A run whose file turns results down, says units, and moves its points.
const moving = `problem: moving
coords: {x: [0, 2], t: [0, 1]}
units: {x: mm, u: K}
fields: {u: {net: mlp, hidden: [4]}}
constraints:
  pde: {residual: u_t - u_xx, points: 30, resample: {r3: {interval: 5}}}
  ic: {residual: u = sin(pi*x), on: initial, points: 10}
optimizer: [{adam: {}, steps: 20}]
results: {rows: 6, solution: false}
hard: none
`

// results: bounds the history, with its first and its last row, and leaves out the solution, which nothing else needs.
func TestResultsTurnedDown(t *testing.T) {
	folder(t)
	if err := os.WriteFile("moving.yaml", []byte(moving), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"solve", "moving.yaml", "--quiet", "--out", "run"},
		{"eval", "run", "--at", "x=1,t=0.5"},
		{"show", "run"},
		{"resume", "run", "--steps", "30", "--quiet"},
	} {
		if r := call(t, args...); r.code != exitOK {
			t.Fatalf("%v: %+v", args, r)
		}
		if exists(filepath.Join("run", solutionFile)) {
			t.Fatalf("%v: there is a solution", args)
		}
		b, err := os.ReadFile(filepath.Join("run", historyFile))
		if err != nil {
			t.Fatal(err)
		}
		rows := strings.Split(strings.TrimSpace(string(b)), "\n")[1:]
		if most := 6; args[0] != "resume" && len(rows) > most || !strings.HasPrefix(rows[0], "0,") {
			t.Errorf("%v: %d rows, %q", args, len(rows), rows)
		}
		last := 20
		if args[0] == "resume" {
			last = 30
		}
		if !strings.HasPrefix(rows[len(rows)-1], strconv.Itoa(last)+",") {
			t.Errorf("%v: the last row is %s", args, rows[len(rows)-1])
		}
	}
}

// Points that have moved are pictures over the steps, in plot and in the report, where axes have units.
func TestPointsMove(t *testing.T) {
	folder(t)
	if err := os.WriteFile("moving.yaml", []byte(moving), 0o644); err != nil {
		t.Fatal(err)
	}
	if r := call(t, "solve", "moving.yaml", "--quiet", "--out", "run", "--report"); r.code != exitOK {
		t.Fatalf("%+v", r)
	}
	if r := call(t, "plot", "run", "--what", "points,solution", "--format", "svg", "-o", "svg"); r.code != exitOK || len(strings.Fields(r.out)) != 3 {
		t.Fatalf("%+v", r)
	}
	for _, c := range []struct{ file, want, not string }{
		{"svg/points-moving.svg", "step 0", ""},
		{"svg/points-moving.svg", "step 16", ""},
		{"svg/points-moving.svg", "step 20", ""},
		{"svg/points.svg", "x (mm)", "step"},
		{"svg/solution-u.svg", "u (K)", "t ("}, // t has no unit
		{"run/report.html", `aria-label="step"`, ""},
		{"run/report.html", "x (mm)", ""},
	} {
		b, err := os.ReadFile(filepath.FromSlash(c.file))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(b, []byte(c.want)) || c.not != "" && bytes.Contains(b, []byte(c.not)) {
			t.Errorf("%s: want %q and no %q", c.file, c.want, c.not)
		}
	}
	// of points that stay there is nothing over the steps
	if r := call(t, "solve", "tiny.yaml", "--quiet", "--out", "still"); r.code != exitOK {
		t.Fatalf("%+v", r)
	}
	if r := call(t, "plot", "still", "--what", "points"); r.code != exitOK || len(strings.Fields(r.out)) != 1 || exists(filepath.Join("still", pointsFile)) {
		t.Fatalf("%+v", r)
	}
}
