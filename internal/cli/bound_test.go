package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/callbacks"
)

// rewrite changes a file of a run.
func rewrite(t *testing.T, path string, change func(text string) string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	now := change(string(b))
	if now == string(b) {
		t.Fatalf("%s has not changed", path)
	}
	if err := os.WriteFile(path, []byte(now), 0o644); err != nil {
		t.Fatal(err)
	}
}

func replace(old, now string) func(string) string {
	return func(text string) string { return strings.Replace(text, old, now, 1) }
}

// flip changes a bit of the last number of a file of parameters.
func flip(text string) string {
	return text[:len(text)-2] + string(text[len(text)-2]^16) + text[len(text)-1:]
}

// Parameters of which a bit has changed are not evaluated: the checkpoint of the same step is, and without one nothing is.
func TestDamagedParameters(t *testing.T) {
	folder(t)
	quietly(t, "solve", "tiny.yaml", "-q", "--out", "d")
	quietly(t, "solve", "tiny.yaml", "-q", "--out", "alone", "--set", "checkpoint=none")
	want := quietly(t, "eval", "d", "--at", "x=0.5")
	for what, change := range map[string]func(string) string{
		"a bit":       flip,
		"nothing":     func(string) string { return "" },
		"another run": func(string) string { b, _ := os.ReadFile("other/" + parametersFile); return string(b) },
	} {
		if what == "another run" {
			quietly(t, "solve", "tiny.yaml", "-q", "--seed", "7", "--out", "other")
		}
		for _, dir := range []string{"d", "alone"} {
			rewrite(t, filepath.Join(dir, parametersFile), change)
		}
		for _, command := range []string{"eval d --at x=0.5", "explain d --tracker residual_stats", "plot d --what solution", "export d --csv", "report d"} {
			r := call(t, strings.Fields(command)...)
			if r.code != exitOK || !strings.Contains(r.err, parametersFile) || !strings.Contains(r.err, "taking the checkpoint of step 10") {
				t.Errorf("%s: %s: %+v", what, command, r)
			}
			if strings.HasPrefix(command, "eval") && r.out != want {
				t.Errorf("%s: %s, not %s", what, r.out, want)
			}
		}
		if r := call(t, "eval", "alone", "--at", "x=0.5"); r.code != exitUsage || r.out != "" || !strings.Contains(r.err, parametersFile) {
			t.Errorf("%s, without a checkpoint: %+v", what, r)
		}
	}
}

// The problem of a run is the one that was trained, whatever has become of problem.yaml; what it says otherwise is named.
func TestChangedProblem(t *testing.T) {
	folder(t)
	for _, dir := range []string{"d", "alone"} {
		args := []string{"solve", "tiny.yaml", "-q", "--steps", "7", "--out", dir}
		if dir == "alone" {
			args = append(args, "--set", "checkpoint=none")
		}
		quietly(t, args...)
	}
	want := quietly(t, "eval", "d", "--at", "x=0.5")
	text, err := os.ReadFile(filepath.Join("d", problemFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, now, says string }{
		{"activation: tanh", "activation: sin", "fields.u.activation is sin and was tanh"},
		{"[0, 1]", "[0, 2]", "coords.x is [0, 2] and was [0, 1]"},
		{"seed: 1", "seed: 3", "seed is 3 and was 1"},
		{"k*u_xx + u", "2*k*u_xx + u", "constraints.pde.residual is 2*k*u_xx + u and was k*u_xx + u"},
		{"points: 8", "points: 9", "constraints.pde.points is 9 and was 8"},
		{"points: 8", "points: 8\n    weight: 5", "constraints.pde.weight is 5 and was"},
		{"problem:", "problem\x00", "is damaged"},
	} {
		for _, dir := range []string{"d", "alone"} {
			if err := os.WriteFile(filepath.Join(dir, problemFile), text, 0o644); err != nil {
				t.Fatal(err)
			}
			if dir == "alone" {
				rewrite(t, filepath.Join(dir, problemFile), func(s string) string { return s + "# another one\n" })
			} else {
				rewrite(t, filepath.Join(dir, problemFile), replace(c.old, c.now))
			}
		}
		if r := call(t, "eval", "d", "--at", "x=0.5"); r.code != exitOK || r.out != want || !strings.Contains(r.err, c.says) {
			t.Errorf("%s: %+v", c.now, r)
		}
		if r := call(t, "eval", "alone", "--at", "x=0.5"); r.code != exitUsage || !strings.Contains(r.err, problemFile+" is not the file that the run wrote") {
			t.Errorf("%s, without a checkpoint: %+v", c.now, r)
		}
	}
	// a run that continues does so with what was trained, and with what --set says
	rewrite(t, filepath.Join("d", problemFile), func(string) string { return strings.Replace(string(text), "seed: 1", "seed: 3", 1) })
	if r := call(t, "resume", "d", "-q", "--steps", "10"); r.code != exitOK || !strings.Contains(r.err, "seed is 3 and was 1") {
		t.Fatalf("%+v", r)
	}
	quietly(t, "solve", "tiny.yaml", "-q", "--steps", "10", "--out", "whole")
	a, b := quietly(t, "eval", "d"), quietly(t, "eval", "whole")
	if a != b {
		t.Error("the run has ended otherwise than without the edit")
	}
	quietly(t, "resume", "d", "-q", "--steps", "12", "--set", "optimizer.0.adam.lr=2e-3")
	if s := quietly(t, "show", "d", "--json"); !strings.Contains(s, `"problem.yaml": "`) {
		t.Error(s)
	}
}

// A checkpoint says by which arithmetic it was made, and a run that goes on with another one says so.
func TestOtherArithmetic(t *testing.T) {
	folder(t)
	quietly(t, "solve", "tiny.yaml", "-q", "--steps", "4", "--out", "d")
	saved := latest(t, "d")
	saved.About[aboutArithmetic] = "an abacus"
	if err := saved.Save(saved.Path); err != nil {
		t.Fatal(err)
	}
	if r := call(t, "resume", "d", "-q", "--steps", "6"); r.code != exitOK || !strings.Contains(r.err, "trained with arithmetic of an abacus") {
		t.Errorf("%+v", r)
	}
	quietly(t, "resume", "d", "-q", "--steps", "7")
}

// A run directory is complete: after the data are gone and it has been moved, it evaluates and continues, bit for bit.
func TestMovedRun(t *testing.T) {
	folder(t)
	write := func(rows string) {
		if err := os.WriteFile("d.csv", []byte("x,u\n"+rows), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("0.5,0.1\n0.25,0.2\n")
	args := []string{"tiny.yaml", "-q", "--set", "constraints.data={residual: u - u_data, on: {data: d.csv}}", "--set", "reference.u={file: d.csv}"}
	solve := func(dir, steps string) {
		quietly(t, append(append([]string{"solve"}, args...), "--steps", steps, "--out", dir)...)
	}
	solve("whole", "9")
	solve("d", "5")
	if text, _ := os.ReadFile(filepath.Join("d", problemFile)); !regexp.MustCompile(`data: data/d-[0-9a-f]{8}\.csv\n`).Match(text) {
		t.Errorf("%s", text)
	}
	write("0.5,3\n")
	if err := os.MkdirAll("elsewhere", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename("d", "elsewhere/moved"); err != nil {
		t.Fatal(err)
	}
	quietly(t, "eval", "elsewhere/moved", "--at", "x=0.5")
	quietly(t, "resume", "elsewhere/moved", "-q", "--steps", "9")
	sameEval(t, "elsewhere/moved", "whole")
	quietly(t, append(append([]string{"sweep"}, args...), "--grid", "seed=1,2", "--steps", "3", "--out", "sweep")...)
	if err := os.Remove("d.csv"); err != nil {
		t.Fatal(err)
	}
	quietly(t, "resume", "sweep", "-q")
	// a copy that has changed is refused
	copies, _ := filepath.Glob("elsewhere/moved/data/d-*.csv")
	rewrite(t, copies[0], replace("0.1", "0.7"))
	if r := call(t, "eval", "elsewhere/moved"); r.code != exitUsage || !strings.Contains(r.err, "has changed: its SHA-256 is") {
		t.Errorf("%+v", r)
	}
}

func sameEval(t *testing.T, a, b string) {
	t.Helper()
	if x, y := quietly(t, "eval", a), quietly(t, "eval", b); x != y {
		t.Errorf("%s and %s are not the same:\n%s%s", a, b, x, y)
	}
}

// A result of which a letter has changed is refused, and made again by crux resume.
func TestDamagedResult(t *testing.T) {
	folder(t)
	quietly(t, "solve", "tiny.yaml", "-q", "--out", "d")
	want := quietly(t, "show", "d", "--json")
	for _, name := range []string{solutionFile, problemFile} {
		quietly(t, "solve", "tiny.yaml", "-q", "--out", name+"-changed")
		rewrite(t, filepath.Join(name+"-changed", name), func(s string) string { return s + "#" })
		if r := call(t, "show", name+"-changed"); r.code != exitOK || !strings.Contains(r.err, name+" is not the file that the run wrote") {
			t.Errorf("%+v", r)
		}
	}
	rewrite(t, filepath.Join("d", resultFile), func(s string) string {
		at := regexp.MustCompile(`"loss": [0-9]`).FindStringIndex(s)[1] - 1
		return s[:at] + string(s[at]^1) + s[at+1:]
	})
	if r := call(t, "show", "d"); r.code != exitUsage || !strings.Contains(r.err, "is damaged: its SHA-256") {
		t.Errorf("%+v", r)
	}
	if err := os.Remove(filepath.Join("d", resultFile)); err != nil {
		t.Fatal(err)
	}
	quietly(t, "resume", "d", "-q")
	masked := regexp.MustCompile(`"(seconds|rate|began|ended|commands|problem.yaml|sha256)": [^\n]*(\n\s*"crux[^\n]*)*|\s+"crux resume[^\n]*`)
	if got := quietly(t, "show", "d", "--json"); masked.ReplaceAllString(got, "") != masked.ReplaceAllString(want, "") {
		t.Errorf("%s\nnot\n%s", got, want)
	}
}

// latest reads the newest checkpoint of a run.
func latest(t *testing.T, dir string) *callbacks.Saved {
	t.Helper()
	saved, err := callbacks.Latest(filepath.Join(dir, checkpointFolder))
	if err != nil {
		t.Fatal(err)
	}
	return saved
}
