package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/crux-pinn/crux/compiler"
	"github.com/crux-pinn/crux/crux/verdict"
	"github.com/crux-pinn/crux/internal/cases"
	"github.com/crux-pinn/crux/internal/kern"
	"github.com/crux-pinn/crux/internal/problemfile"
	"github.com/crux-pinn/crux/internal/report"

	"go.uber.org/goleak"
)

// TestMain is the program itself where a test has started it as such.
func TestMain(m *testing.M) {
	if os.Getenv("CRUX_AS_PROGRAM") != "" {
		os.Exit(Main(os.Args[1:], os.Stdout, os.Stderr))
	}
	goleak.VerifyTestMain(m)
}

// outcome is what a command line left behind.
type outcome struct {
	code     int
	out, err string
}

// call runs a command line in a folder of its own, where tiny.yaml lies.
func call(t *testing.T, args ...string) outcome {
	t.Helper()
	return callIn(t, context.Background(), args...)
}

func callIn(t *testing.T, ctx context.Context, args ...string) outcome { //nolint:revive // the test comes first
	t.Helper()
	var out, err bytes.Buffer
	code := Run(ctx, args, Streams{Out: &out, Err: &err})
	said := err.String()
	if went(code) == exitOK && code != exitOK { // without the last line, which is the verdict
		said = said[:strings.LastIndexByte(strings.TrimSuffix(said, "\n"), '\n')+1]
	}
	return outcome{went(code), out.String(), said}
}

// went is the exit code of a run without what it is worth: most tests are of runs that are too short for anything. TestVerdict is of that.
func went(code int) int {
	if code == exitInaccurate || code == exitUnsolved || code == exitIllPosed {
		return exitOK
	}
	return code
}

// folder makes an empty folder with tiny.yaml the current one.
func folder(t *testing.T) {
	t.Helper()
	b, err := os.ReadFile("testdata/tiny.yaml")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := os.WriteFile("tiny.yaml", b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// golden compares text with a file of testdata, times and rates masked.
func golden(t *testing.T, path, got string) {
	t.Helper()
	got = regexp.MustCompile(`in \S+ \(\S+\)`).ReplaceAllString(got, "in TIME (RATE)")
	if *cases.Rewrite {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", path, got, want)
	}
}

func TestSolveReport(t *testing.T) {
	path, err := filepath.Abs("testdata/report.golden")
	if err != nil {
		t.Fatal(err)
	}
	folder(t)
	r := call(t, "solve", "tiny.yaml")
	scales := "pde: residual 4.5e-02 at step 0; terms: k*u_xx 5.1e-02, u 9.6e-02\nstart: residual 1.2e+00 at step 0; terms: u 1.7e-01, 1 1.0e+00\n"
	if r.code != exitOK || r.err != scales {
		t.Fatalf("exit %d, stderr %q", r.code, r.err)
	}
	// the last digits depend on the processor's instructions; with them go the widths of columns
	text := regexp.MustCompile(`(\d\.\d)\d*`).ReplaceAllString(r.out, "$1")
	golden(t, path, regexp.MustCompile(` +`).ReplaceAllString(text, " "))
}

// Two runs take two directories, each with all its files.
func TestRunDirectories(t *testing.T) {
	folder(t)
	for _, want := range []string{"runs/tiny-1", "runs/tiny-2"} {
		r := call(t, "solve", "tiny.yaml", "--quiet")
		if !strings.HasSuffix(r.out, "results in "+want+"\n") {
			t.Errorf("no %s in %q", want, r.out)
		}
		entries, err := os.ReadDir(want)
		var names []string
		for _, e := range entries {
			names = append(names, e.Name())
		}
		if err != nil || !reflect.DeepEqual(names, []string{checkpointFolder, historyFile, metricsFile, originFile, parametersFile, problemFile, resultFile, solutionFile}) {
			t.Errorf("%s holds %v, %v", want, names, err)
		}
	}
	h, err := os.ReadFile("runs/tiny-1/history.csv")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(h)), "\n")
	if len(lines) != 12 || lines[0] != "epoch,loss,loss/pde,loss/start,param/k,error/k/relative,param/k2,error/k2/relative" || !strings.HasPrefix(lines[11], "10,") {
		t.Errorf("history of 10 steps: %q", lines)
	}
	a, _ := os.ReadFile("runs/tiny-1/solution.npz")
	b, _ := os.ReadFile("runs/tiny-2/solution.npz")
	if len(a) == 0 || !bytes.Equal(a, b) {
		t.Error("two runs of one seed differ")
	}
	if r := call(t, "solve", "tiny.yaml", "--out", "runs/tiny-1"); r.code != exitUsage || !strings.Contains(r.err, "not empty") {
		t.Errorf("an existing run was overwritten: %+v", r)
	}
}

func TestJSON(t *testing.T) {
	folder(t)
	r := call(t, "solve", "tiny.yaml", "--json", "--out", "here")
	d := json.NewDecoder(strings.NewReader(r.out))
	var v map[string]any
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		t.Errorf("more than one object: %v", err)
	}
	for _, key := range []string{
		"schema", "problem", "status", "reason", "steps", "seed", "parameters", "optimizer", "seconds", "rate", "loss", "losses", "errors", "residual_p99", "params", "truths", "run_dir", "scales",
		"verdict", "reasons", "estimate", "residual_of_terms", "origin", "points", "files", "sha256", "known", "coords", "fields",
	} {
		if v[key] == nil {
			t.Errorf("%s is missing", key)
		}
	}
	if len(v) != 29 || v["schema"] != 1.0 || v["problem"] != "tiny" || v["seed"] != 1.0 || v["parameters"] != 14.0 || v["status"] != "completed" || v["steps"] != 10.0 || v["run_dir"] != "here" {
		t.Errorf("got %v", v)
	}
	for key, names := range map[string][]string{
		"losses": {"pde", "start"}, "estimate": {"u", "k"}, "residual_of_terms": {"pde", "start"}, "residual_p99": {"pde", "start"}, "params": {"k", "k2"}, "truths": {"k", "k2"},
	} {
		m := v[key].(map[string]any)
		for _, n := range names {
			if _, ok := m[n].(float64); !ok {
				t.Errorf("%s has no %s: %v", key, n, m)
			}
		}
	}
	u := v["errors"].(map[string]any)["u"].(map[string]any)
	if len(u) != 5 || u["rel_l2"] == nil || u["max_abs"] == nil || u["own_error"] != 0.0 || u["points"] != 11.0 || u["reference"] != "closed form, cos(x)" {
		t.Errorf("errors of u: %v", u)
	}
	file, err := os.ReadFile("here/result.json")
	if err != nil || string(file) != r.out {
		t.Errorf("result.json differs from what was printed: %v", err)
	}
}

func TestOverrides(t *testing.T) {
	folder(t)
	var v struct {
		Steps    int
		Resolved string
		Points   map[string]int
		Memory   map[string]int
	}
	for _, c := range []struct {
		args  string
		steps int
		want  string
	}{
		{"", 10, "seed: 1\n"},
		{"--seed 18446744073709551615 --steps 3", 3, ""},
		{"--seed 7 --steps 3", 3, "seed: 7\n"},
		{"--steps 25", 25, "steps: 19\n"},
		{"--set optimizer.0.adam.lr=5e-2 --set constraints.pde.points=12", 10, "lr: 5e-2"},
	} {
		r := call(t, append([]string{"solve", "tiny.yaml", "--dry-run", "--json"}, strings.Fields(c.args)...)...)
		if c.want == "" { // a seed that the file format does not take is an error, not another seed
			if r.code != exitUsage {
				t.Errorf("%s: %+v", c.args, r)
			}
			continue
		}
		if err := json.Unmarshal([]byte(r.out), &v); err != nil {
			t.Errorf("%s: %v: %+v", c.args, err, r)
			continue
		}
		if v.Steps != c.steps || !strings.Contains(v.Resolved, c.want) {
			t.Errorf("%s: %d steps; %s", c.args, v.Steps, v.Resolved)
		}
	}
	if v.Points["pde"] != 12 || v.Points["start"] != 1 {
		t.Errorf("points %v", v.Points)
	}
	if len(v.Memory) != 3 || v.Memory["points"] == 0 || v.Memory["grid"] == 0 || v.Memory["estimated error"] == 0 {
		t.Errorf("memory %v, with a method that keeps vectors", v.Memory)
	}
	lm := []string{"solve", "tiny.yaml", "--dry-run", "--set", "optimizer=[{lm: {}, steps: 2}]", "--set", "constraints.pde.points=5000"}
	if r := call(t, lm...); r.code != 0 || !strings.HasSuffix(r.out, "# LevenbergMarquardt: about 2 MB of memory at most\n") {
		t.Errorf("what lm takes is not said: %+v", r)
	}
	limit := debug.SetMemoryLimit(1 << 20)
	if r := call(t, lm...); r.code != exitUsage || !strings.Contains(r.err, "LevenbergMarquardt: about 2 MB of memory, more than") {
		t.Errorf("a limit of 1 MB: %+v", r)
	}
	debug.SetMemoryLimit(limit)
	if _, err := os.Stat("runs"); err == nil {
		t.Error("a dry run left a directory")
	}
}

func TestExitCodes(t *testing.T) {
	folder(t)
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"solve", exitUsage, "accepts 1 arg"},
		{"slove tiny.yaml", exitUsage, "solve"},
		{"solve tiny.yaml --stepz 3", exitUsage, "--stepz"},
		{"solve tiny.yaml --steps 0", exitUsage, "1 or more"},
		{"solve tiny.yaml --workers -1", exitUsage, "--workers"},
		{"solve tiny.yaml --set optimizer.0.adam.lrr=1", exitUsage, "lrr"},
		{"solve none.yaml", exitUsage, "no such file"},
		{"solve tiny.yaml --out tiny.yaml", exitFailed, "tiny.yaml"},
		{"validate tiny.yaml none.yaml", exitUsage, "none.yaml"},
		{"trace tiny.yaml -pass jetz", exitUsage, "inline"},
		{"trace tiny.yaml --constraint ode", exitUsage, "pde"},
		{"eval runs", exitUsage, "not a directory"},
		{"eval .", exitUsage, "problem.yaml"},
		{"init tiny.yaml", exitUsage, "exists"},
		{"validate tiny.yaml", exitOK, ""},
		{"version", exitOK, ""},
		{"--help", exitOK, ""},
		{"completion bash", exitOK, ""},
	} {
		r := call(t, strings.Fields(c.args)...)
		if r.code != c.code || !strings.Contains(r.err, c.want) || (c.code == exitOK) != (r.err == "") {
			t.Errorf("%s: %+v", c.args, r)
		}
	}
}

// Every malformed file ends with exit code 2, its place on stderr and nothing on stdout.
func TestMalformedFiles(t *testing.T) {
	files := cases.Unpack(t, "../../testdata/malformed")
	for _, command := range []string{"solve", "validate"} {
		for _, f := range files {
			r := call(t, command, f)
			if r.code != exitUsage || r.out != "" || !strings.HasPrefix(r.err, f) {
				t.Errorf("%s %s: %+v", command, filepath.Base(f), r)
			}
		}
	}
	if _, err := os.Stat("runs"); err == nil {
		t.Error("a run directory was made")
	}
}

// A run whose context ended before it began trains nothing.
func TestInterruptBefore(t *testing.T) {
	folder(t)
	for _, i := range []*Interrupt{{"interrupted", exitInterrupted}, {"terminated", exitTerminated}} {
		ctx, cancel := context.WithCancelCause(context.Background())
		cancel(i)
		if r := callIn(t, ctx, "solve", "tiny.yaml"); r.code != i.Code || !strings.Contains(r.err, i.Reason) || r.out != "" {
			t.Errorf("%+v", r)
		}
	}
}

// An interrupted run keeps what it has, and eval can use it. The signal comes when progress reads the clock in step 2,
// which is finished.
func TestInterruptDuring(t *testing.T) {
	folder(t)
	ctx, cancel := context.WithCancelCause(context.Background())
	calls := 0
	clock := func() time.Time {
		if calls++; calls == 4 {
			cancel(&Interrupt{"terminated", exitTerminated})
		}
		return time.Unix(int64(10*calls), 0)
	}
	var out, stderr bytes.Buffer
	code := Run(ctx, []string{"solve", "tiny.yaml", "--json", "--out", "run"}, Streams{Out: &out, Err: &stderr, Now: clock})
	var v struct {
		Status, Reason string
		Steps          int
	}
	if err := json.Unmarshal(out.Bytes(), &v); err != nil {
		t.Fatal(err, out.String())
	}
	if code != exitTerminated || v.Status != "canceled" || v.Reason != "terminated" || v.Steps != 3 {
		t.Errorf("exit %d: %+v", code, v)
	}
	if !strings.Contains(stderr.String(), "terminated after") {
		t.Errorf("stderr %q", stderr.String())
	}
	if r := call(t, "eval", "run", "--at", "x=0.5"); r.code != exitOK {
		t.Errorf("%+v", r)
	}
}

func TestBudget(t *testing.T) {
	folder(t)
	var out, stderr bytes.Buffer
	calls := 0
	clock := func() time.Time { calls++; return time.Unix(int64(calls), 0) }
	code := Run(context.Background(), []string{"solve", "tiny.yaml", "--json", "--quiet", "--set", "budget=4s"}, Streams{Out: &out, Err: &stderr, Now: clock})
	var v struct {
		Status, Reason string
		Steps          int
	}
	if err := json.Unmarshal(out.Bytes(), &v); err != nil {
		t.Fatal(err, stderr.String())
	}
	if went(code) != exitOK || v.Status != "stopped" || v.Steps != 4 || !strings.Contains(v.Reason, "time budget of 4s") {
		t.Errorf("exit %d: %+v", code, v)
	}
}

// What optimizer: auto decides stands in the log, the report and the JSON.
func TestReportsChoices(t *testing.T) {
	folder(t)
	r := call(t, "solve", "tiny.yaml", "--json", "--set", "optimizer={auto: {}, steps: 3}", "--out", "run")
	var v struct{ Choices []string }
	if err := json.Unmarshal([]byte(r.out), &v); err != nil {
		t.Fatalf("%v: %+v", err, r)
	}
	if len(v.Choices) != 1 || !strings.HasPrefix(v.Choices[0], "soap, then lm") {
		t.Errorf("optimizer: %q", v.Choices)
	}
	if r := call(t, "solve", "tiny.yaml", "--quiet", "--set", "optimizer={auto: {}, steps: 3}", "--out", "again"); !strings.Contains(r.out, "optimizer: soap, then lm") {
		t.Errorf("%+v", r)
	}
}

// A loss that becomes infinite ends with exit code 3, and JSON stays JSON.
func TestDiverged(t *testing.T) {
	folder(t)
	r := call(t, "solve", "tiny.yaml", "--json", "--set", "optimizer.0.adam.lr=1e200", "--out", "run")
	var v map[string]any
	if err := json.Unmarshal([]byte(r.out), &v); err != nil {
		t.Fatalf("%v: %+v", err, r)
	}
	if r.code != exitDiverged || v["status"] != "diverged" || !strings.Contains(r.err, "crux: step 1: ") {
		t.Errorf("%+v", r)
	}
}

// A directory that vanishes under the run costs the files, not the result.
func TestResultSurvivesFullDisk(t *testing.T) {
	t.Run("without checkpoints", func(t *testing.T) { fullDisk(t, 3, "--set", "checkpoint=none") })
	t.Run("with checkpoints", func(t *testing.T) { fullDisk(t, 4) })
}

// fullDisk expects so many files that cannot be written, each on a line of its own.
func fullDisk(t *testing.T, failures int, args ...string) {
	t.Helper()
	folder(t)
	reads := 0
	clock := func() time.Time {
		if reads++; reads == 2 { // first read when training begins, and then at every step
			if err := os.RemoveAll("run"); err != nil {
				t.Error(err)
			}
		}
		return time.Unix(0, 0)
	}
	var out, stderr bytes.Buffer
	code := Run(context.Background(), append([]string{"solve", "tiny.yaml", "--json", "--out", "run"}, args...), Streams{Out: &out, Err: &stderr, Now: clock})
	_, rest, ok := strings.Cut(stderr.String(), "terms: u 1.7e-01, 1 1.0e+00\n") // the scales come first
	if stderr.Reset(); !ok {
		t.Error("no scales")
	}
	stderr.WriteString(rest)
	var v map[string]any
	if err := json.Unmarshal(out.Bytes(), &v); err != nil {
		t.Fatal(err)
	}
	dir, there := v["run_dir"]
	if code != exitFailed || v["status"] != "completed" || !there || dir != nil {
		t.Errorf("exit %d: %v", code, v)
	}
	for _, file := range []string{historyFile, metricsFile, parametersFile} { // each is missed once
		if strings.Count(stderr.String(), file+": no such file or directory") != 1 {
			t.Errorf("stderr %q", stderr.String())
		}
	}
	if strings.Count(stderr.String(), "\n") != failures {
		t.Errorf("stderr %q", stderr.String())
	}
}

// An output that takes no bytes is an error too.
func TestFullStdout(t *testing.T) {
	folder(t)
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no /dev/full")
	}
	defer full.Close() //nolint:errcheck
	var stderr bytes.Buffer
	if code := Run(context.Background(), []string{"version"}, Streams{Out: full, Err: &stderr}); code != exitFailed || stderr.Len() == 0 {
		t.Errorf("exit %d, %q", code, stderr.String())
	}
}

// Every template that init writes is a good file, whose schema is beside it; all but the first leave to crux what can be left to it.
func TestInit(t *testing.T) {
	folder(t)
	for _, template := range templateNames {
		name := template[0] + ".yaml"
		if r := call(t, "init", "--template", template[0], name); r.code != exitOK || r.out != fmt.Sprintf("wrote %s; now run: crux solve %s\n", name, name) {
			t.Fatalf("%+v", r)
		}
		if r := call(t, "validate", name); r.code != exitOK {
			t.Fatalf("%+v", r)
		}
		b, err := os.ReadFile(name)
		if err != nil || !strings.HasPrefix(string(b), "# yaml-language-server: $schema="+schemaFile+"\n") {
			t.Errorf("%s: %v\n%s", name, err, b)
		}
		p, err := problemfile.Load(name, nil)
		if err != nil {
			t.Fatal(err)
		}
		if chooses := !p.Chosen || !p.HardOpen || len(p.Unsized) == 0; chooses != (template[0] == "first") {
			t.Errorf("%s: chooses %v", name, chooses)
		}
	}
	want, err := problemfile.Schema()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(schemaFile); err != nil || strings.TrimSpace(string(got)) != strings.TrimSpace(string(want)) {
		t.Errorf("%s is not the schema: %v", schemaFile, err)
	}
	if r := call(t, "init", "--template", "wave"); r.code != exitUsage || !strings.Contains(r.err, "steady") {
		t.Errorf("%+v", r)
	}
}

// crux help exit-codes, docs/trouble.md and the constants are one table.
func TestExitCodesTable(t *testing.T) {
	r := call(t, "help", "exit-codes")
	page, err := os.ReadFile("../../docs/trouble.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range exitCodes {
		if !strings.Contains(r.out, fmt.Sprintf("%3d  %s\n", e.code, e.when)) {
			t.Errorf("help exit-codes has no %d\n%s", e.code, r.out)
		}
		if row := fmt.Sprintf("| %d | %s |\n", e.code, e.when); !strings.Contains(string(page), row) {
			t.Errorf("docs/trouble.md has no row %s", row)
		}
	}
}

// With --log-format json every line on standard error is an object: steps with their numbers, mistakes with their places.
func TestLogFormat(t *testing.T) {
	folder(t)
	now := time.Unix(0, 0)
	var out, errs bytes.Buffer
	code := Run(t.Context(), []string{"solve", "tiny.yaml", "--log-format", "json"}, Streams{Out: &out, Err: &errs, Now: func() time.Time {
		now = now.Add(time.Second)
		return now
	}})
	if went(code) != exitOK || !strings.Contains(out.String(), "results in") {
		t.Fatalf("%d\n%s\n%s", code, out.String(), errs.String())
	}
	steps := 0
	for line := range strings.Lines(errs.String()) {
		var o struct {
			Msg    string
			Step   int
			Loss   float64
			Losses map[string]float64
		}
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Errorf("%v: %s", err, line)
		}
		if o.Msg == "step" && o.Step > 0 && o.Loss > 0 && len(o.Losses) == 2 {
			steps++
		}
	}
	if steps == 0 {
		t.Errorf("no step in\n%s", errs.String())
	}
	r := call(t, "validate", "tiny.yaml", "--set", "params.k.init=much", "--log-format", "json")
	var o map[string]any
	if err := json.Unmarshal([]byte(r.err), &o); err != nil || r.code != exitUsage || o["line"] != 1.0 || o["level"] != "ERROR" || o["code"] != 2.0 {
		t.Errorf("%v: %+v", err, r)
	}
	if r := call(t, "validate", "tiny.yaml", "--log-format", "xml"); r.code != exitUsage || !strings.Contains(r.err, "text or json") {
		t.Errorf("%+v", r)
	}
}

// On a terminal a run ends with the command that comes next.
func TestNext(t *testing.T) {
	folder(t)
	var out, errs bytes.Buffer
	Run(t.Context(), []string{"solve", "tiny.yaml", "--out", "a b"}, Streams{Out: &out, Err: &errs, Terminal: func() (int, int) { return 100, 30 }})
	dir := "a b"
	for verdict, want := range map[verdict.Word]string{verdict.Solved: "crux plot 'a b' draws", verdict.Unsolved: "crux explain 'a b'"} {
		if got := next(&report.Report{Verdict: verdict, RunDir: &dir}); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s", verdict, got)
		}
	}
	if !strings.Contains(errs.String(), "next: crux ") {
		t.Errorf("%s", errs.String())
	}
}

func TestDoctor(t *testing.T) {
	page, err := os.ReadFile("../../docs/results/performance.md")
	if err != nil || !strings.Contains(string(page), fmt.Sprintf("| poisson 2-64×3-1 N=1024 f64 | %.3f |", 1e3*yardstickSeconds)) {
		t.Errorf("docs/results/performance.md has another time for the yardstick: %v", err)
	}
	t.Chdir(t.TempDir())
	r := call(t, "doctor")
	if r.code != exitOK || !strings.Contains(r.out, kern.Instructions()) || !strings.Contains(r.out, " ms, ") {
		t.Errorf("%+v", r)
	}
	if files, err := os.ReadDir("."); err != nil || len(files) > 0 {
		t.Errorf("it leaves %v", files)
	}
}

func TestTrace(t *testing.T) {
	folder(t)
	all := call(t, "trace", "tiny.yaml")
	one := call(t, "trace", "tiny.yaml", "-pass", "jets", "-constraint=pde")
	if all.code != exitOK || strings.Count(all.out, "# after ") != 2*len(compiler.Passes()) || strings.Count(all.out, "\n# gorgonia: ") != 2 {
		t.Errorf("%+v", all)
	}
	graph := call(t, "trace", "tiny.yaml", "-pass", "gorgonia", "-constraint=pde")
	if graph.code != exitOK || strings.Contains(graph.out, "# after ") || !strings.Contains(graph.out, " = input param/u/layer0/weight  1×") ||
		!strings.Contains(graph.out, "\nloss pde: n") || !strings.Contains(graph.out, "\ngradient u/layer0/weight: n") {
		t.Errorf("%+v", graph)
	}
	dot := call(t, "trace", "tiny.yaml", "--dot", "-constraint=pde")
	if dot.code != exitOK || !strings.HasPrefix(dot.out, "digraph \"pde\" {\n") || !strings.Contains(dot.out, " -> r0;\n") {
		t.Errorf("%+v", dot)
	}
	if r := call(t, "trace", "tiny.yaml", "--dot", "-pass", "jets"); r.code != exitUsage || !strings.Contains(r.err, "leave out -pass jets") {
		t.Errorf("%+v", r)
	}
	if one.code != exitOK || strings.Count(one.out, "# after ") != 1 || !strings.HasPrefix(one.out, "## pde, on 8 points\n# after jets") || !strings.Contains(one.out, "\npde: v") {
		t.Errorf("%+v", one)
	}
}

// A run on Gorgonia's own machine says how the two compare.
func TestReferenceRun(t *testing.T) {
	folder(t)
	r := call(t, "solve", "tiny.yaml", "--reference", "--quiet")
	said := regexp.MustCompile(`^on Gorgonia's TapeMachine: losses and gradient within (\d.\de-\d\d|0.0e\+00) of crux's own machine .*, \d+ times slower\n$`)
	if m := said.FindStringSubmatch(r.err); r.code != exitOK || m == nil {
		t.Fatalf("%+v", r)
	} else if off, err := strconv.ParseFloat(m[1], 64); err != nil || off > 1e-12 {
		t.Errorf("%v apart, %v", m[1], err)
	}
}

// What is built in is said before training and in the report, and has no loss; so is the scale by which a residual is divided.
func TestHardReport(t *testing.T) {
	folder(t)
	r := call(t, "solve", "tiny.yaml", "--set", "hard=auto", "--set", "scale=auto", "--out", "run")
	if r.code != exitOK || !strings.Contains(r.out, "start        exact                                     built into u\n") {
		t.Errorf("exit %d, %s", r.code, r.out)
	}
	if !strings.HasPrefix(r.err, "start: exact, built into u: ") || !strings.Contains(r.err, "\npde: residual ") || !strings.Contains(r.err, ", divided by ") {
		t.Errorf("stderr %q", r.err)
	}
	rep, err := os.ReadFile(filepath.Join("run", resultFile))
	if err != nil {
		t.Fatal(err)
	}
	var v report.Report
	if err := json.Unmarshal(rep, &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Exact) != 1 || v.Exact[0] != (report.Exact{Constraint: "start", Field: "u"}) || len(v.Losses) != 1 || len(v.Scales) != 1 || v.Scales[0].Divisor == 1 {
		t.Errorf("%+v", v)
	}
	// the run goes on by the scale in its problem.yaml, to the same bits as one without a break
	whole := call(t, "solve", "tiny.yaml", "--set", "hard=auto", "--set", "scale=auto", "--steps", "20", "--json", "--out", "whole")
	part := call(t, "resume", "run", "--steps", "20", "--json")
	var a, b map[string]any
	if json.Unmarshal([]byte(whole.out), &a) != nil || json.Unmarshal([]byte(part.out), &b) != nil {
		t.Fatal(whole, part)
	}
	if a["loss"] == nil || a["loss"] != b["loss"] || fmt.Sprint(a["params"]) != fmt.Sprint(b["params"]) || fmt.Sprint(a["scales"]) != fmt.Sprint(b["scales"]) {
		t.Errorf("without a break %v, with one %v", a, b)
	}
}
