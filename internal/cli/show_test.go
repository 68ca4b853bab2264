package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/crux-pinn/crux/internal/report"
)

// edit changes the result of a run as an object.
func edit(t *testing.T, dir string, change func(map[string]any)) {
	t.Helper()
	path := filepath.Join(dir, resultFile)
	b, err := os.ReadFile(path)
	var m map[string]any
	if err != nil || json.Unmarshal(b, &m) != nil {
		t.Fatal(err)
	}
	change(m)
	if b, err = json.Marshal(m); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// What solve has printed is shown again, with where the run comes from; resume adds its command line.
func TestShow(t *testing.T) {
	folder(t)
	said := call(t, "solve", "tiny.yaml", "--set", "seed=4")
	again := call(t, "show")
	if again.code != exitOK || !strings.HasPrefix(again.out, said.out) || said.out == "" {
		t.Fatalf("%q\nand then\n%q", said.out, again.out)
	}
	for _, want := range []string{"begun ", ", ended ", "speed of training: ", host(), Version(), " && crux solve tiny.yaml --set seed=4\n"} {
		if !strings.Contains(again.out, want) {
			t.Errorf("no %q in %q", want, again.out)
		}
	}
	quietly(t, "resume", "runs/tiny-1", "--steps", "12", "-q")
	var r report.Report
	if out := call(t, "show", "runs/tiny-1", "--json").out; json.Unmarshal([]byte(out), &r) != nil {
		t.Fatal(out)
	}
	o := r.Origin
	here, err := os.Getwd()
	if err != nil || o == nil || len(o.Commands) != 2 || o.Commands[1] != "crux resume runs/tiny-1 --steps 12 -q" || o.Folder != here || o.Changed() != "" || o.Ended.Before(o.Began) {
		t.Fatalf("%+v", o)
	}
	if err := os.WriteFile("tiny.yaml", []byte("problem: other\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := call(t, "show").out; !strings.Contains(out, "tiny.yaml has changed since") {
		t.Error(out)
	}
	// a result of before there were origins, points and references
	edit(t, "runs/tiny-1", func(m map[string]any) {
		delete(m, "origin")
		delete(m, "points")
		m["errors"] = map[string]any{"u": map[string]any{"rel_l2": 0.5, "max_abs": nil}}
	})
	if err := os.Remove(filepath.Join("runs/tiny-1", originFile)); err != nil {
		t.Fatal(err)
	}
	old := call(t, "show", "runs/tiny-1")
	if old.code != exitOK || !strings.Contains(old.out, "u       5.000e-01       NaN") || strings.Contains(old.out, "begun") {
		t.Errorf("%+v", old)
	}
	quietly(t, "resume", "runs/tiny-1", "--steps", "14", "-q")
}

// A run without a result is running, or was broken off; show says what it has come to.
func TestShowUnended(t *testing.T) {
	folder(t)
	quietly(t, "solve", "tiny.yaml", "-q")
	if err := os.Remove(filepath.Join("runs/tiny-1", resultFile)); err != nil {
		t.Fatal(err)
	}
	r := call(t, "show")
	if r.code != exitOK || !strings.HasPrefix(r.out, "tiny: running, the last step was recorded ") || !strings.Contains(r.out, "\n10 steps") || !strings.Contains(r.out, "\nstart ") {
		t.Errorf("%+v", r)
	}
	row := fmt.Sprintf("{\"epoch\":10,\"time\":%d,\"loss\":2}\n{\"epo", time.Now().Add(-time.Hour).Unix())
	if err := os.WriteFile(filepath.Join("runs/tiny-1", metricsFile), []byte(row), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := call(t, "show"); r.code != exitOK || !strings.HasPrefix(r.out, "tiny: broken off, the last step was recorded 1h00m ago; continue with: crux resume runs/tiny-1\n") {
		t.Errorf("%+v", r)
	}
	if err := os.Remove(filepath.Join("runs/tiny-1", metricsFile)); err != nil {
		t.Fatal(err)
	}
	if r := call(t, "show"); r.code != exitOK || !strings.HasPrefix(r.out, "tiny: not begun") {
		t.Errorf("%+v", r)
	}
}

// A path that is no run gets the one that was probably meant.
func TestNoRun(t *testing.T) {
	folder(t)
	if r := call(t, "show"); r.code != exitUsage || !strings.Contains(r.err, "there is no run in runs") {
		t.Errorf("%+v", r)
	}
	quietly(t, "solve", "tiny.yaml", "-q")
	for given, want := range map[string]string{
		"tiny-1": "did you mean runs/tiny-1?", "runs/tinny-1": "did you mean runs/tiny-1?", "tiny.yaml": "is a problem file, not a run; did you mean runs/tiny-1?",
		"runs": "give one of them, such as runs/tiny-1; crux ls runs lists them", "elsewhere/x": "such as runs/tiny-1; crux ls lists them", "ti": "did you mean runs/tiny-1?",
	} {
		for _, command := range []string{"show", "eval", "explain"} {
			if r := call(t, command, given); r.code != exitUsage || !strings.Contains(r.err, want) {
				t.Errorf("%s %s: %+v, want %s", command, given, r, want)
			}
		}
	}
	if list, _ := completeRuns(nil, nil, "ru"); len(list) != 1 || list[0] != "runs/tiny-1" {
		t.Error(list)
	}
}

// ls lists runs and directories of several, the newest first, and leaves out all else.
func TestLs(t *testing.T) {
	folder(t)
	if r := call(t, "ls"); r.code != exitOK || r.out != "no runs in runs; crux solve problem.yaml makes them\n" {
		t.Errorf("%+v", r)
	}
	if r := call(t, "ls", "nowhere"); r.code != exitUsage {
		t.Errorf("%+v", r)
	}
	quietly(t, "solve", "tiny.yaml", "-q")
	quietly(t, "solve", "tiny.yaml", "-q")
	quietly(t, "sweep", "tiny.yaml", "-q", "--grid", "seed=5,6,7", "--out", "runs/many")
	for k, dir := range []string{"runs/tiny-1", "runs/tiny-2"} {
		edit(t, dir, func(m map[string]any) {
			m["origin"].(map[string]any)["began"] = time.Now().Add(time.Duration(1-2*k) * 24 * time.Hour).Format(time.RFC3339)
			m["verdict"] = "solved"
		})
	}
	if err := os.Remove(filepath.Join("runs/many/run-2", resultFile)); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"runs/photos", "runs/torn", "runs/odd"} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for path, text := range map[string]string{
		"runs/photos/a.txt": "a", "runs/note.txt": "b", "runs/torn/" + problemFile: "problem: torn\n", "runs/torn/" + resultFile: "{", "runs/odd/" + batchFile: "[]",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var list []Listed
	if out := call(t, "ls", "--json").out; json.Unmarshal([]byte(out), &list) != nil {
		t.Fatal(out)
	}
	var got []string
	for _, l := range list {
		got = append(got, l.Run+" "+l.Verdict)
	}
	if want := "runs/tiny-1 solved, runs/many 2 of 3 runs, runs/tiny-2 solved, "; !strings.HasPrefix(strings.Join(got, ", "), want) || len(got) != 5 {
		t.Errorf("%q, want %q and two that cannot be read", got, want)
	}
	if list[1].Steps != 30 || !(list[1].Estimate > 0) || list[1].Problem != "tiny" {
		t.Errorf("%+v", list[1])
	}
	if out := call(t, "ls").out; !strings.Contains(out, "runs/torn     unreadable    –") || strings.Contains(out, "photos") {
		t.Error(out)
	}
	if out := call(t, "ls", "runs/many").out; strings.Count(out, "\n") != 4 || !strings.Contains(out, "runs/many/run-3 ") || !strings.Contains(out, "running") {
		t.Error(out)
	}
	if out := call(t, "show", "runs/many").out; !strings.Contains(out, "tiny: 2 of 3 runs completed") || !strings.Contains(out, "crux sweep tiny.yaml") {
		t.Error(out)
	}
}

func TestCommandLine(t *testing.T) {
	if got, want := commandLine([]string{"solve", "a b.yaml", "--set", "x=it's", "", "ä/c"}), `crux solve 'a b.yaml' --set 'x=it'\''s' '' ä/c`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// Numbers to watch are printed during a run, stand in its report and history, and change nothing of it.
func TestShown(t *testing.T) {
	folder(t)
	quietly(t, "solve", "tiny.yaml", "-q", "--out", "plain")
	clock := time.Unix(0, 0)
	var out, said bytes.Buffer
	code := Run(context.Background(), []string{"solve", "tiny.yaml", "--out", "watched", "--set", "show={mass: \"integral(u, x)\", left: u(x = 0)}"}, Streams{
		Out: &out, Err: &said, Now: func() time.Time { clock = clock.Add(time.Second); return clock },
	})
	if went(code) != exitOK || !strings.Contains(said.String(), "  mass ") || !strings.Contains(said.String(), "  left ") {
		t.Fatalf("%d: %s%s", code, out.String(), said.String())
	}
	r, err := report.Read(filepath.Join("watched", resultFile))
	if err != nil || len(r.Shown) != 2 || r.Shown[0].Name != "mass" {
		t.Fatal(r, err)
	}
	h, err := report.ReadHistory(filepath.Join("watched", historyFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range r.Shown {
		column := h.Column("show/" + v.Name)
		if column == nil || column[len(column)-1] != float64(v.Value) || math.IsNaN(column[0]) {
			t.Errorf("%s is %v, the history has %v", v.Name, v.Value, column)
		}
		if !strings.Contains(out.String(), fmt.Sprintf("\n%-4s    %.6g\n", v.Name, float64(v.Value))) {
			t.Errorf("%s is not in\n%s", v.Name, out.String())
		}
	}
	left := call(t, "eval", "watched", "--at", "x=0").out
	if want := decimal(float64(r.Shown[1].Value)); !strings.Contains(left, ","+want) {
		t.Errorf("u(0) is %s, eval says %s", want, left)
	}
	a, errA := os.ReadFile(filepath.Join("plain", parametersFile))
	b, errB := os.ReadFile(filepath.Join("watched", parametersFile))
	if errA != nil || errB != nil || !bytes.Equal(a, b) {
		t.Error("the run is another one")
	}
}
