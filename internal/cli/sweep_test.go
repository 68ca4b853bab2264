package cli

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/crux-pinn/crux/internal/report"
)

// batchJSON runs a command line that prints a batch as JSON, and fails the test unless it ends as expected.
func batchJSON(t *testing.T, code int, args ...string) *batchOut {
	t.Helper()
	r := call(t, append(args, "--json", "--quiet")...)
	v := &batchOut{}
	d := json.NewDecoder(strings.NewReader(r.out))
	if err := d.Decode(v); err != nil || d.More() || r.code != code {
		t.Fatalf("%v: %v: %+v", args, err, r)
	}
	v.stderr = r.err
	return v
}

// batchOut is the JSON of a batch as a user of it sees it.
type batchOut struct {
	Problem      string
	Done         int
	Summary      *summaryOut
	Combinations []struct {
		Combination int
		Values      map[string]string
		summaryOut
	}
	Runs []struct {
		Run, Status, Error string
		Values             map[string]string
		Seed               uint64
		Result             *report.Report
	}
	RunDir string `json:"run_dir"`
	stderr string
}

type summaryOut struct {
	Runs        int
	RelL2       map[string]report.Spread `json:"rel_l2"`
	Loss        report.Spread
	ParamErrors map[string]report.Spread `json:"param_errors"`
	Truths      map[string]float64
	Seconds     report.Spread
}

// masked are the numbers of a text without what depends on the processor or the clock.
func masked(text string) string {
	text = regexp.MustCompile(`\d\.\ds`).ReplaceAllString(text, "TIME")
	text = regexp.MustCompile(`(0\.\d\d|[1-9]\.\d)\d*`).ReplaceAllString(text, "$1")
	return regexp.MustCompile(` +`).ReplaceAllString(text, " ")
}

// A run of several seeds ends with the bits of one that is alone, and the table is made of their numbers.
func TestSeeds(t *testing.T) {
	path, err := filepath.Abs("testdata/seeds.golden")
	if err != nil {
		t.Fatal(err)
	}
	folder(t)
	golden(t, path, masked(quietly(t, "solve", "tiny.yaml", "--seeds", "3", "--quiet")))
	for _, seed := range []string{"1", "2", "3"} {
		quietly(t, "solve", "tiny.yaml", "--quiet", "--seed", seed, "--out", "alone-"+seed)
		for _, file := range []string{problemFile, parametersFile, solutionFile, historyFile} {
			a, errA := os.ReadFile(filepath.Join("alone-"+seed, file))
			b, errB := os.ReadFile(filepath.Join("runs/tiny-1/seed-"+seed, file))
			if errA != nil || errB != nil || !bytes.Equal(a, b) {
				t.Errorf("seed %s: %s differs (%v, %v)", seed, file, errA, errB)
			}
		}
	}
	v := batchJSON(t, exitOK, "solve", "tiny.yaml", "--seeds", "3", "--seed", "2", "--workers", "2", "--jobs", "2")
	if v.Problem != "tiny" || v.Done != 3 || v.RunDir != "runs/tiny-2" || len(v.Combinations) != 0 || len(v.Runs) != 3 || v.Runs[2].Run != "seed-4" || v.Runs[2].Seed != 4 {
		t.Fatalf("%+v", v)
	}
	sum, first := 0.0, v.Runs[0].Result
	for _, r := range v.Runs {
		sum += float64(r.Result.Errors[0].Value.RelL2)
	}
	s := v.Summary
	if s == nil || s.Runs != 3 || math.Abs(float64(s.RelL2["u"].Mean)-sum/3) > 1e-15 || s.Truths["k2"] != 1 || len(s.ParamErrors) != 2 {
		t.Errorf("%+v", s)
	}
	alone, err := report.Read(filepath.Join("alone-2", resultFile))
	if err != nil {
		t.Fatal(err)
	}
	alone.Seconds, alone.Rate, alone.Origin, alone.RunDir = first.Seconds, first.Rate, first.Origin, first.RunDir
	if !reflect.DeepEqual(alone, first) {
		t.Errorf("seed 2 alone %+v, among others %+v", alone, first)
	}
	r := call(t, "explain", "runs/tiny-2")
	if r.code != exitUsage || !strings.Contains(r.err, "holds 3 runs; give the directory of one of them, such as runs/tiny-2/seed-2") {
		t.Errorf("%+v", r)
	}
}

// A sweep prints its combinations, the best first; the same command line finds everything done, another one is refused.
func TestSweep(t *testing.T) {
	path, err := filepath.Abs("testdata/sweep.golden")
	if err != nil {
		t.Fatal(err)
	}
	folder(t)
	args := []string{"sweep", "tiny.yaml", "--grid", "optimizer.0.adam.lr=1e-3,3e-2", "--grid", "fields.u.hidden=[4],[3, 3]", "--seeds", "2"}
	text := quietly(t, append(args, "--quiet")...)
	golden(t, path, masked(text))

	f, err := os.Open("runs/tiny-sweep/" + runsFile)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(f).ReadAll()
	f.Close() //nolint:errcheck // it was read
	if err != nil || len(lines) != 9 || !reflect.DeepEqual(lines[0][:4], []string{"optimizer.0.adam.lr", "fields.u.hidden", "run", "seed"}) ||
		!reflect.DeepEqual(lines[4][:5], []string{"1e-3", "[3, 3]", "run-2-2", "2", "completed"}) {
		t.Errorf("%v: %q", err, lines)
	}

	before := modified(t, "runs/tiny-sweep/run-*/*")
	if again := quietly(t, append(args, "--quiet")...); again != text {
		t.Errorf("the second time %s, the first %s", again, text)
	}
	if again := quietly(t, "resume", "runs/tiny-sweep", "--quiet"); again != text {
		t.Errorf("resumed %s, before %s", again, text)
	}
	if after := modified(t, "runs/tiny-sweep/run-*/*"); !reflect.DeepEqual(before, after) {
		t.Error("a finished run was touched")
	}
	v := batchJSON(t, exitOK, args...)
	for i, c := range v.Combinations {
		if c.Runs != 2 || len(c.Values) != 2 || i > 0 && c.RelL2["u"].Mean < v.Combinations[i-1].RelL2["u"].Mean {
			t.Errorf("combination %d: %+v", i, c)
		}
	}
	if len(v.Combinations) != 4 || v.Summary != nil || v.Done != 8 {
		t.Errorf("%+v", v)
	}

	for want, args := range map[string][]string{
		"tiny --grid 'optimizer.0.adam.lr=1e-3,3e-2' --grid 'fields.u.hidden=[4],[3, 3]', seeds 1 2, not tiny --grid 'seed=1', seeds 1":     {"--grid", "seed=1"},
		"seeds 1 2, not tiny --grid 'optimizer.0.adam.lr=1e-3,3e-2' --grid 'fields.u.hidden=[4],[3, 3]', seeds 1 2 3":                       append(args[2:6:6], "--seeds", "3"),
		`run-1-1/problem.yaml is not what this command line makes of the problem file; line 21 is "grid: 11" there and would be "grid: 12"`: append(args[2:8:8], "--set", "grid=12"),
		"tiny --grid 'optimizer.0.adam.lr=1e-3,3e-2' --grid 'fields.u.hidden=[4],[3, 3]', seeds 1 2, not other --grid":                      append(args[2:8:8], "--set", "problem=other", "--out", "runs/tiny-sweep"),
	} {
		r := call(t, append([]string{"sweep", "tiny.yaml"}, args...)...)
		if r.code != exitUsage || r.out != "" || !strings.Contains(r.err, "runs/tiny-sweep holds other runs: ") || !strings.Contains(r.err, want) {
			t.Errorf("want %s: %+v", want, r)
		}
	}
}

// modified are the times at which files were changed last.
func modified(t *testing.T, pattern string) map[string]time.Time {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatal(pattern, err)
	}
	m := map[string]time.Time{}
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			t.Fatal(err)
		}
		m[f] = info.ModTime()
	}
	return m
}

// Interrupted twice, with one or two runs under way, or killed, a sweep ends as the one that was not: each run's bits, and the table.
func TestSweepResumes(t *testing.T) {
	watched(t)
	args := []string{"sweep", "watched.yaml", "--steps", "12", "--grid", "optimizer.adam.lr=1e-3,3e-3", "--grid", "fields.u.hidden=[10, 10],[9]"}
	want := batchJSON(t, exitOK, append(args, "--out", "whole")...)
	for _, jobs := range []string{"1", "2"} {
		out := "broken-" + jobs
		broken := append(args[:len(args):len(args)], "--out", out, "--jobs", jobs)
		for part, resume := range [][]string{broken, {"resume", out, "--jobs", jobs}} {
			ctx, cancel := context.WithCancelCause(context.Background())
			calls := 0
			clock := func() time.Time { // read once a step of any run, one at a time
				if calls++; calls == 17 {
					cancel(&Interrupt{"interrupted", exitInterrupted})
				}
				return time.Unix(int64(calls), 0)
			}
			var stdout, stderr bytes.Buffer
			code := Run(ctx, resume, Streams{Out: &stdout, Err: &stderr, Now: clock})
			cancel(nil)
			if code != exitInterrupted || !strings.Contains(stderr.String(), "crux: interrupted: ") || !strings.Contains(stderr.String(), "of 4 runs are done; the results so far are in "+out+"; continue with: crux resume "+out) {
				t.Fatalf("part %d: exit %d: %s", part, code, stderr.String())
			}
			if !strings.Contains(stdout.String(), "canceled") || part == 0 && !strings.Contains(stdout.String(), notBegun) {
				t.Errorf("part %d: %s", part, stdout.String())
			}
			if jobs == "2" { // as a kill leaves it: no run says that it is over
				files, err := filepath.Glob(out + "/*/" + resultFile)
				if err != nil || len(files) == 0 {
					t.Fatal(files, err)
				}
				for _, f := range files {
					if err := os.Remove(f); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		got := batchJSON(t, exitOK, broken...)
		if len(got.Runs) != 4 || len(got.Combinations) != 4 {
			t.Fatalf("%+v", got)
		}
		for i, r := range got.Runs {
			w := want.Runs[i]
			sameRun(t, r.Run, filepath.Join(out, r.Run), filepath.Join("whole", r.Run), historyFile)
			r.Result.Seconds, r.Result.Rate, r.Result.Origin, r.Result.RunDir = w.Result.Seconds, w.Result.Rate, w.Result.Origin, w.Result.RunDir
			if !reflect.DeepEqual(r, w) {
				t.Errorf("%s: %+v, uninterrupted %+v", r.Run, r, w)
			}
			got.Combinations[i].Seconds = want.Combinations[i].Seconds
		}
		a, errA := json.Marshal(got.Combinations) // NaN is null there, and equal
		b, errB := json.Marshal(want.Combinations)
		if errA != nil || errB != nil || !bytes.Equal(a, b) {
			t.Errorf("%s, uninterrupted %s", a, b)
		}
	}
}

// What goes wrong in one run is said, and costs no other.
func TestSweepFailures(t *testing.T) {
	folder(t)
	args := []string{"sweep", "tiny.yaml", "--grid", "optimizer.0.adam.lr=1e-3,1e200,2e-3"}
	for range 2 { // a run that diverged is not taken up again
		v := batchJSON(t, exitDiverged, args...)
		if v.Done != 2 || v.Combinations[2].Combination != 2 || v.Runs[1].Status != "diverged" || v.Runs[1].Error == "" ||
			!strings.Contains(v.stderr, `crux: run-2 (optimizer.0.adam.lr=1e200): `) || !strings.Contains(v.stderr, `constraint "pde"`) {
			t.Errorf("%+v", v)
		}
	}
	// a folder where no checkpoint can be, and a run whose problem is gone
	for _, file := range []string{resultFile, parametersFile} {
		if err := os.Remove(filepath.Join("runs/tiny-sweep/run-1", file)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.RemoveAll("runs/tiny-sweep/run-1/" + checkpointFolder); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("runs/tiny-sweep/run-1/"+checkpointFolder, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	v := batchJSON(t, exitFailed, args...)
	if v.Done != 1 || v.Runs[0].Status != "failed" || v.Runs[0].Result != nil || !strings.Contains(v.Runs[0].Error, "checkpoints") || v.Runs[2].Status != "completed" {
		t.Errorf("%+v", v)
	}
	if err := os.Remove("runs/tiny-sweep/run-1/" + checkpointFolder); err != nil {
		t.Fatal(err)
	}
	if v := batchJSON(t, exitDiverged, "resume", "runs/tiny-sweep"); v.Done != 2 {
		t.Errorf("%+v", v)
	}
	if err := os.WriteFile("runs/tiny-sweep/run-3/"+resultFile, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if v := batchJSON(t, exitFailed, args...); v.Done != 1 || !strings.Contains(v.Runs[2].Error, "is not the result of a run") {
		t.Errorf("%+v", v)
	}
	if err := os.WriteFile("runs/tiny-sweep/"+batchFile, []byte(`{"runs": [{"run": "../../elsewhere"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := call(t, args...); r.code != exitUsage || !strings.Contains(r.err, "does not say what runs there are") {
		t.Errorf("%+v", r)
	}
}

// Every mistake is found before the first run, once, and names what was written.
func TestSweepRefuses(t *testing.T) {
	folder(t)
	for _, c := range []struct {
		want string
		args []string
	}{
		{"a sweep needs --grid", nil},
		{"a key with its values is missing", []string{"--grid", "a"}},
		{"--grid seed=1,,2: value 2 of 3 is empty", []string{"--grid", "seed=1,,2"}},
		{"the value 1 is there twice", []string{"--grid", "seed=1,1"}},
		{"']' is missing", []string{"--grid", "fields.u.hidden=[3,[4]"}},
		{"closes no bracket", []string{"--grid", "fields.u.hidden=3],[4]"}},
		{"--grid optimizer.0={adam: {}} and --grid optimizer.0.adam.lr=1 change the same value", []string{"--grid", "optimizer.0={adam: {}}", "--grid", "optimizer.0.adam.lr=1"}},
		{"--set optimizer.0.adam.lr=1 and --grid optimizer.0={adam: {}} change the same value", []string{"--grid", "optimizer.0={adam: {}}", "--set", "optimizer.0.adam.lr=1"}},
		{"--seeds and --grid seed=1,2 change the same value", []string{"--grid", "seed=1,2", "--seeds", "2"}},
		{"--steps and --grid steps=1,2 change the same value", []string{"--grid", "steps=1,2", "--steps", "2"}},
		{"more than 10000 combinations", []string{"--grid", "a=" + numberList(101), "--grid", "b=" + numberList(100)}},
		{"--seeds 5001; take 1 to 5000", []string{"--grid", "grid=1,2", "--seeds", "5001"}},
		{"--seeds 0", []string{"--grid", "grid=11,12", "--seeds", "0"}},
		{"--jobs -1", []string{"--grid", "grid=11,12", "--jobs", "-1"}},
		{"--grid optimizer.0.adam.lrr=1:1:1: optimizer.0.adam: unknown key \"lrr\"; did you mean lr?", []string{"--grid", "optimizer.0.adam.lrr=1", "--grid", "seed=1,2"}},
		{"--grid constraints.pde.residual=u_z:1:1: constraints.pde.residual: u_z: ", []string{"--grid", "constraints.pde.residual=u_xx,u_z,u_xx + u", "--grid", "seed=1,2"}},
	} {
		r := call(t, append([]string{"sweep", "tiny.yaml"}, c.args...)...)
		if r.code != exitUsage || r.out != "" || strings.Count(r.err, c.want) != 1 {
			t.Errorf("want %s: %+v", c.want, r)
		}
	}
	for want, args := range map[string][]string{
		"--jobs says how many of several runs":                   {"solve", "tiny.yaml", "--jobs", "2"},
		"--seeds 0; take 1 to":                                   {"solve", "tiny.yaml", "--seeds", "0"},
		"is not empty; results overwrite nothing":                {"solve", "tiny.yaml", "--seeds", "2", "--out", "."},
		`--set optimizer.0.adam.lrr=1:1:1: optimizer.0.adam: un`: {"solve", "tiny.yaml", "--seeds", "2", "--set", "optimizer.0.adam.lrr=1"},
	} {
		if r := call(t, args...); r.code != exitUsage || strings.Count(r.err, want) != 1 {
			t.Errorf("%v: %+v", args, r)
		}
	}
	if exists("runs") {
		t.Error("a refused command line left a directory")
	}
	if out := quietly(t, "sweep", "tiny.yaml", "--dry-run", "--grid", "grid=11,12", "--seeds", "2"); strings.Count(out, "\n") != 5 || exists("runs") {
		t.Errorf("%s", out)
	}
	quietly(t, "solve", "tiny.yaml", "--quiet", "--seeds", "1", "--out", "several")
	if r := call(t, "resume", "several", "--steps", "20"); r.code != exitUsage || !strings.Contains(r.err, "give the directory of one, such as several/seed-1") {
		t.Errorf("%+v", r)
	}
}

func numberList(n int) string {
	s := make([]string, n)
	for i := range s {
		s[i] = integer(uint64(i))
	}
	return strings.Join(s, ",")
}
