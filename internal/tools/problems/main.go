// Command problems solves the shipped problems, one after the other, and writes the tables of docs/problems.md,
// docs/accuracy.md, docs/unseen.md and docs/evidence.md.
//
//	go -C internal/tools run ./problems [-only poisson2d,burgers1d] [-set seed=2] [-o docs/problems.md]
//	go -C internal/tools run ./problems -accuracy [-seeds 3] [-only poisson2d] [-o docs/accuracy.md]
//	go -C internal/tools run ./problems -unseen [-only kdv] [-o docs/unseen.md]
//	go -C internal/tools run ./problems -evidence [-missing] [-only 'hard,timed_*']
//
// Each problem runs as a user runs it: `crux solve FILE --json`, with the settings of its own file and, for the page on
// accuracy, `--seeds 3 --jobs 1`, the first of which is the file's own and gives the row of docs/problems.md too. Problems that were not run keep their row of the table; those that never were say so.
// Musts and aims stand in targets.go for the first two. The page on evidence compares choices: testdata/evidence.yaml says which, and
// testdata/evidence.csv keeps what each run ended with.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/crux-pinn/crux/internal/tools/checkout"
)

// outcome is the part of the solver's JSON that the table shows.
type outcome struct {
	Problem string
	Status  string
	Steps   int
	Seconds float64
	Loss    float64
	Errors  map[string]struct {
		RelL2  number `json:"rel_l2"`
		MaxAbs number `json:"max_abs"`
	}
	ResidualP99 map[string]number `json:"residual_p99"`
	Params      map[string]number
	Parameters  int
	Optimizer   string
	Exact       []struct{ Constraint, Field string }
	Choices     []string
}

func main() {
	var f flags
	accurate := flag.Bool("accuracy", false, "write the page on accuracy: several seeds, and published numbers beside")
	unseen := flag.Bool("unseen", false, "write the page on the problems of testdata/unseen")
	evidence := flag.Bool("evidence", false, "make the comparisons of testdata/evidence.yaml and write their tables")
	missing := flag.Bool("missing", false, "make only runs that are not there yet, for -evidence")
	flag.StringVar(&f.out, "o", "", "file to write (default docs/problems.md, or docs/accuracy.md, or docs/unseen.md)")
	flag.StringVar(&f.only, "only", "", "problems to run, or comparisons and patterns of them, separated by commas; empty means all, none means to write the page anew")
	flag.StringVar(&f.set, "set", "", "an override passed on to crux solve, such as seed=2")
	flag.IntVar(&f.seeds, "seeds", 3, "seeds of each problem, for -accuracy")
	flag.StringVar(&f.binary, "binary", "crux", "the name under which crux is built and runs, so that others can find its processes")
	flag.Parse()
	write := func() error { return makePage(problemsPage(), f) }
	pages := 0
	for _, p := range []struct {
		asked bool
		write func() error
	}{
		{*accurate, func() error { return makePage(accuracyPage(), f) }},
		{*unseen, func() error { return makePage(unseenPage(), f) }},
		{*evidence, func() error { return measureEvidence(f, *missing) }},
	} {
		if p.asked {
			pages++
			write = p.write
		}
	}
	if pages > 1 {
		fmt.Fprintln(os.Stderr, "problems: -accuracy, -unseen and -evidence are pages of their own; write one after the other")
		os.Exit(2)
	}
	if *evidence && f.out+f.set != "" || *missing && !*evidence {
		fmt.Fprintln(os.Stderr, "problems: -evidence takes no -o and -set, what it compares stands in "+comparisonsFile+"; -missing goes with it alone")
		os.Exit(2)
	}
	err := checkout.Enter()
	if err == nil {
		err = write()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "problems:", err)
		os.Exit(1)
	}
}

type flags struct {
	out, only, set, binary string
	seeds                  int
}

// page is a page with a table that has one row for each problem.
type page struct {
	head    string // up to the line under the table's head
	tail    func(rows) string
	file    string
	of      string // the folder of the problem files
	targets bool   // must and aim are the second and the third column
	// row solves a problem and returns its row, and what the run with the file's own seed ended with.
	row  func(b *binary, name, file string, f flags) (row []string, first *outcome, err error)
	also *page // which gets that run's row; or nil
}

func problemsPage() *page {
	return &page{head: problemsHead, file: "docs/problems.md", of: shipped, targets: true, row: problemsRow}
}

func accuracyPage() *page {
	return &page{head: accuracyHead, tail: accuracyTail, file: "docs/accuracy.md", of: shipped, targets: true, row: accuracyRow, also: problemsPage()}
}

const shipped = "testdata/problems"

func makePage(p *page, f flags) error {
	files, err := filepath.Glob(p.of + "/*.yaml")
	if err != nil || len(files) == 0 {
		return fmt.Errorf("no problems under %s (%w)", p.of, err)
	}
	sort.Strings(files)
	only := strings.Split(f.only, ",")
	names := map[string]string{"none": ""}
	for _, file := range files {
		names[strings.TrimSuffix(filepath.Base(file), ".yaml")] = file
	}
	for _, name := range only {
		if _, ok := names[name]; !ok && f.only != "" {
			return fmt.Errorf("-only %s: there are %s", name, strings.Join(keys(names), ", "))
		}
	}
	b, err := build(f.binary)
	if err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	out := f.out
	if out == "" {
		out = p.file
	}
	all := p.read(out)
	for _, name := range keys(names) {
		if name == "none" {
			continue
		}
		if f.only == "" || slices.Contains(only, name) {
			row, first, err := p.row(b, name, names[name], f)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			all[name] = row
			fmt.Println(name, strings.Join(row, " | "))
			if err := p.write(out, all, keys(names)); err != nil { // what is measured is kept
				return err
			}
			if q := p.also; q != nil && first != nil && f.out == "" && f.set == "" {
				singles := q.read(q.file)
				singles[name] = first.row()
				if err := q.write(q.file, singles, keys(names)); err != nil {
					return err
				}
			}
		}
	}
	return p.write(out, all, keys(names))
}

// write writes a page. A problem without a row has one that says so.
func (p *page) write(path string, measured rows, names []string) error {
	all := rows{}
	for _, name := range names {
		if name != "none" {
			all[name] = append([]string{notMeasured}, slices.Repeat([]string{""}, columns(p.head)-p.before()-1)...)
		}
	}
	for name, row := range measured {
		if _, ok := all[name]; ok {
			all[name] = row
		}
	}
	var b bytes.Buffer
	b.WriteString(p.head)
	p.writeRows(&b, all)
	if p.tail != nil {
		b.WriteString(p.tail(all))
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}

// notMeasured stands where an error would.
const notMeasured = "not measured yet"

// binary is crux, built from this checkout.
type binary struct {
	dir, path string
	commit    string // of the checkout, with + if files have changed since
}

// build builds crux under a name.
func build(name string) (*binary, error) {
	dir, err := os.MkdirTemp("", "crux-problems-")
	if err != nil {
		return nil, err
	}
	b := &binary{dir: dir, path: filepath.Join(dir, name)}
	c := exec.Command("go", "build", "-o", b.path, "./cmd/crux")
	c.Stderr = os.Stderr
	if err := c.Run(); err != nil {
		return nil, fmt.Errorf("build: %w", err)
	}
	b.commit, err = checkout.Commit(shipped, formulae)
	return b, err
}

// solve runs crux solve and reads the object that it prints. A run that failed prints one as well. It returns the time that the
// processor worked, over all cores.
func (b *binary) solve(v any, file string, f flags, more ...string) (time.Duration, error) {
	args := append([]string{"solve", file, "--json", "--quiet"}, more...)
	if f.set != "" {
		args = append(args, "--set", f.set)
	}
	var stdout bytes.Buffer
	c := exec.Command(b.path, args...)
	c.Stdout, c.Stderr = &stdout, os.Stderr
	runErr := c.Run()
	if err := json.Unmarshal(stdout.Bytes(), v); err != nil {
		return 0, errors.Join(runErr, fmt.Errorf("what it printed: %w", err))
	}
	return c.ProcessState.UserTime() + c.ProcessState.SystemTime(), nil
}

// problemsRow solves a problem once.
func problemsRow(b *binary, name, file string, f flags) ([]string, *outcome, error) {
	o := &outcome{}
	if _, err := b.solve(o, file, f, "--out", filepath.Join(b.dir, name)); err != nil {
		return nil, nil, err
	}
	return o.row(), o, nil
}

// row is the row of one run.
func (o *outcome) row() []string {
	return []string{o.errors(), o.residuals(), fmt.Sprintf("%.0f s", o.Seconds), fmt.Sprint(o.Steps), o.Status}
}

// errors are the errors of fields, and the values of parameters.
func (o *outcome) errors() string {
	var list []string
	for _, f := range keys(o.Errors) {
		list = append(list, fmt.Sprintf("%s %.1e (max %.1e)", f, o.Errors[f].RelL2, o.Errors[f].MaxAbs))
	}
	for _, p := range keys(o.Params) {
		list = append(list, fmt.Sprintf("%s = %.6g", p, o.Params[p]))
	}
	return strings.Join(list, ", ")
}

func (o *outcome) residuals() string {
	var list []string
	for _, c := range keys(o.ResidualP99) {
		list = append(list, fmt.Sprintf("%s %.1e", c, o.ResidualP99[c]))
	}
	return strings.Join(list, ", ")
}

func keys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

const problemsHead = `# The shipped problems

Made by ` + "`make problems`" + ` (` + "`go -C internal/tools run ./problems`" + `), or by ` + "`make accuracy`" + ` of the first of its seeds: every file of testdata/problems solved by
` + "`crux solve FILE`" + ` with its own settings, one seed, on two cores of the machine that ran it. The settings (network,
points, optimiser) are in the files. Errors are relative L2 errors on a grid of at least 101 points per axis, with the largest
absolute error in brackets; p99 is the 99th percentile of the residual's absolute value. "must" and "aim" are the
targets set for the project; a row that misses its "must" says so by its numbers.

| problem | must | aim | error, parameters | residual p99 | time | steps | ended |
|---|---|---|---|---|---|---|---|
`
