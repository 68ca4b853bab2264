// Command problems solves the shipped problems, one after the other, and writes the tables of docs/results/accuracy.md, docs/results/unseen.md and
// docs/results/evidence.md.
//
//	go -C internal/tools run ./problems [-seeds 3] [-only poisson2d,burgers1d] [-set budget=9s] [-o docs/results/accuracy.md]
//	go -C internal/tools run ./problems -unseen [-only kdv] [-o docs/results/unseen.md]
//	go -C internal/tools run ./problems -evidence [-missing] [-only 'hard,timed_*']
//
// Each problem runs as a user runs it: `crux solve FILE --json`, with the settings of its own file and, for the page on
// accuracy, `--seeds 3 --jobs 1`. Problems that were not run keep their row of the table; those that never were say so.
// Musts and aims stand in targets.go. The page on evidence compares choices: testdata/evidence.yaml says which, and
// testdata/evidence.csv keeps what each run ended with.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/crux-pinn/crux/internal/report"
	"github.com/crux-pinn/crux/internal/tools/checkout"
)

func main() {
	var f flags
	unseen := flag.Bool("unseen", false, "write the page on the problems of testdata/unseen")
	evidence := flag.Bool("evidence", false, "make the comparisons of testdata/evidence.yaml and write their tables")
	missing := flag.Bool("missing", false, "make only runs that are not there yet, for -evidence")
	flag.StringVar(&f.out, "o", "", "file to write (default docs/results/accuracy.md, or docs/results/unseen.md)")
	flag.StringVar(&f.only, "only", "", "problems to run, or comparisons and patterns of them, separated by commas; empty means all, none means to rewrite the page")
	flag.StringVar(&f.set, "set", "", "an override passed on to crux solve, such as seed=2")
	flag.IntVar(&f.seeds, "seeds", 3, "seeds of each problem, for the page on accuracy")
	flag.StringVar(&f.binary, "binary", "crux", "the name under which crux is built and runs, so that others can find its processes")
	flag.Parse()
	if *unseen && *evidence || *evidence && f.out+f.set != "" || *missing && !*evidence {
		fmt.Fprintln(os.Stderr, "problems: -unseen and -evidence are pages of their own; -evidence takes no -o and -set, what it compares stands in "+
			comparisonsFile+"; -missing goes with it alone")
		os.Exit(2)
	}
	err := checkout.Enter()
	switch {
	case err != nil:
	case *evidence:
		err = measureEvidence(f, *missing)
	case *unseen:
		err = unseenPage.make(f)
	default:
		err = accuracyPage.make(f)
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
	args := append([]string{"solve", file, "--json", "--quiet", "--set", "accuracy=best"}, more...) // as far as it goes
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

// errorsOf are the errors of fields, and the values of parameters.
func errorsOf(r *report.Report) string {
	var list []string
	for _, f := range sorted(r.Errors) {
		list = append(list, fmt.Sprintf("%s %.1e (max %.1e)", f.Name, f.Value.RelL2, f.Value.MaxAbs))
	}
	for _, p := range sorted(r.Params) {
		list = append(list, fmt.Sprintf("%s = %.6g", p.Name, p.Value))
	}
	return strings.Join(list, ", ")
}

func residuals(r *report.Report) string {
	var list []string
	for _, c := range sorted(r.ResidualP99) {
		list = append(list, fmt.Sprintf("%s %.1e", c.Name, c.Value))
	}
	return strings.Join(list, ", ")
}

// sorted has the names in alphabetical order.
func sorted[T any](o report.Object[T]) report.Object[T] {
	return slices.SortedFunc(slices.Values(o), func(a, b report.Named[T]) int { return strings.Compare(a.Name, b.Name) })
}

// chosen is what an optimizer that decides by itself has decided, for a cell of a table.
func chosen(lines []string) string { return strings.ReplaceAll(strings.Join(lines, "; "), "|", "/") }
