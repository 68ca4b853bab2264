// Command problems solves the shipped problems, one after the other, and writes the table of docs/problems.md.
//
//	go run ./internal/problems [-o docs/problems.md] [-only poisson2d,burgers1d] [-set seed=2]
//
// Each problem runs as a user runs it: `crux solve FILE --json`, with the settings of its own file. Problems that were not
// run keep their row of the table.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sort"
	"strings"
)

// target is what problems.md of the design asks of a problem: relative L2 error, unless said otherwise.
type target struct {
	must, aim string
}

var targets = map[string]target{
	"poisson1d": {"1e-9 in 15 s", "1e-12"}, "poisson2d": {"1e-6 in 60 s", "1e-9"}, "poisson2d_hard": {"1e-6 in 60 s", "1e-9"},
	"oscillator": {"1e-6 in 60 s", "1e-9"}, "burgers1d": {"1e-4 in 120 s", "1e-7"}, "allen_cahn": {"2e-3 in 5 min", "1e-5"},
	"convection": {"5e-3 in 3 min", "1e-5"}, "wave1d": {"1e-3 in 4 min", "1e-6"}, "helmholtz2d": {"1e-3 in 3 min", "1e-7"},
	"lshape": {"5e-3 in 2 min", "5e-4"}, "kovasznay": {"5e-4 in 4 min", "1e-7"}, "elasticity_plate": {"1e-6 in 2 min", "1e-8"},
	"inverse_burgers": {"λ₁ 0.5 %, λ₂ 2 % in 3 min", "0.01 %"}, "inverse_field": {"k: 2e-2 in 1 min", "1e-3"},
	"volterra": {"1e-8 in 20 s", "1e-10"}, "param_heat": {"1e-5 in 2 min", "1e-7"},
}

// outcome is the part of the solver's JSON that the table shows.
type outcome struct {
	Problem string
	Status  string
	Steps   int
	Seconds float64
	Loss    float64
	Errors  map[string]struct {
		RelL2  float64 `json:"rel_l2"`
		MaxAbs float64 `json:"max_abs"`
	}
	ResidualP99 map[string]float64 `json:"residual_p99"`
	Params      map[string]float64
}

func main() {
	out := flag.String("o", "docs/problems.md", "file to write")
	only := flag.String("only", "", "problems to run, separated by commas; empty means all")
	set := flag.String("set", "", "an override passed on to crux solve, such as seed=2")
	flag.Parse()
	if err := run(*out, *only, *set); err != nil {
		fmt.Fprintln(os.Stderr, "problems:", err)
		os.Exit(1)
	}
}

func run(out, only, set string) error {
	files, err := filepath.Glob("testdata/problems/*.yaml")
	if err != nil || len(files) == 0 {
		return fmt.Errorf("no problems under testdata/problems; run this from the project's root (%w)", err)
	}
	sort.Strings(files)
	dir, err := os.MkdirTemp("", "crux-problems-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	bin := filepath.Join(dir, "crux")
	build := exec.Command("go", "build", "-o", bin, "./cmd/crux")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("build: %w", err)
	}
	rows := readRows(out)
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".yaml")
		if only != "" && !slices.Contains(strings.Split(only, ","), name) {
			continue
		}
		o, err := solve(bin, f, filepath.Join(dir, name), set)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		rows[name] = row(name, o)
		fmt.Println(rows[name])
		if err := os.WriteFile(out, table(rows), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func solve(bin, file, dir, set string) (*outcome, error) {
	args := []string{"solve", file, "--json", "--quiet", "--out", dir}
	if set != "" {
		args = append(args, "--set", set)
	}
	var stdout bytes.Buffer
	c := exec.Command(bin, args...)
	c.Stdout, c.Stderr = &stdout, os.Stderr
	runErr := c.Run()
	o := &outcome{}
	if err := json.Unmarshal(stdout.Bytes(), o); err != nil {
		return nil, fmt.Errorf("%w (output: %w)", runErr, err)
	}
	return o, nil
}

func row(name string, o *outcome) string {
	var errs, p99, params []string
	for _, f := range keys(o.Errors) {
		errs = append(errs, fmt.Sprintf("%s %.1e (max %.1e)", f, o.Errors[f].RelL2, o.Errors[f].MaxAbs))
	}
	for _, c := range keys(o.ResidualP99) {
		p99 = append(p99, fmt.Sprintf("%s %.1e", c, o.ResidualP99[c]))
	}
	for _, p := range keys(o.Params) {
		params = append(params, fmt.Sprintf("%s = %.6g", p, o.Params[p]))
	}
	if len(params) > 0 {
		errs = append(errs, params...)
	}
	t := targets[name]
	return fmt.Sprintf("| `%s` | %s | %s | %s | %s | %.0f s | %d | %s |",
		name, t.must, t.aim, strings.Join(errs, ", "), strings.Join(p99, ", "), o.Seconds, o.Steps, o.Status)
}

func keys[V any](m map[string]V) []string {
	ks := make([]string, 0, len(m))
	for k := range m {
		ks = append(ks, k)
	}
	sort.Strings(ks)
	return ks
}

const head = `# The shipped problems

Made by ` + "`make problems`" + ` (` + "`go run ./internal/problems`" + `): every file of testdata/problems solved by
` + "`crux solve FILE`" + ` with its own settings, one seed, on two cores of the machine that ran it. The settings (network,
points, optimiser) are in the files. Errors are relative L2 errors on a grid of at least 101 points per axis, with the largest
absolute error in brackets; p99 is the 99th percentile of the residual's absolute value. "must" and "aim" are the
targets set for the project; a row that misses its "must" says so by its numbers.

| problem | must | aim | error, parameters | residual p99 | time | steps | ended |
|---|---|---|---|---|---|---|---|
`

func table(rows map[string]string) []byte {
	var b bytes.Buffer
	b.WriteString(head)
	for _, name := range keys(rows) {
		b.WriteString(rows[name] + "\n")
	}
	return b.Bytes()
}

// readRows takes the rows of an earlier table, so that one problem can be run again alone.
func readRows(path string) map[string]string {
	rows := map[string]string{}
	text, err := os.ReadFile(path)
	if err != nil {
		return rows
	}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "| `") {
			name := strings.TrimPrefix(line, "| `")
			if i := strings.IndexByte(name, '`'); i > 0 {
				rows[name[:i]] = strings.TrimSpace(line)
			}
		}
	}
	return rows
}
