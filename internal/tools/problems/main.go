// Command problems solves the problems that ship, each as a user does, and writes the tables of a page of docs/results:
//
//	go -C internal/tools run ./problems [-only poisson2d,burgers1d] accuracy    or unseen, units, estimate, coverage
//	go -C internal/tools run ./problems [-only 'hard,timed_*'] [-missing] evidence
//	go -C internal/tools run ./problems [-only burgers1d] gallery    draws them, for docs/gallery.md and the README
//
// Of a page only the tables are made, and of the first two of these pages the first columns are by hand as well: what must be reached and
// what may be stands there and nowhere else. Problems that were not run keep their rows. The page on evidence compares choices:
// testdata/evidence.yaml says which, and testdata/evidence.csv keeps what each run ended with.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/crux-pinn/crux/internal/tools/checkout"
)

func main() {
	only := flag.String("only", "", "problems or comparisons to run, or patterns of them, "+
		"separated by commas; empty means all, none means to rewrite the page")
	missing := flag.Bool("missing", false, "make only runs that are not there yet, for evidence")
	flag.Parse()
	p, ok := pages[flag.Arg(0)]
	err := checkout.Enter()
	switch {
	case err != nil:
	case ok:
		err = p.make(*only)
	case flag.Arg(0) == "evidence":
		err = measureEvidence(*only, *missing)
	case flag.Arg(0) == "gallery":
		err = showGallery(*only)
	default:
		err = errors.New("say which page: accuracy, unseen, units, estimate, coverage, evidence or gallery, with -h for the flags before it")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "problems:", err)
		os.Exit(1)
	}
}

// notMeasured stands where an error would.
const notMeasured = "not measured yet"

// binary is crux, built from this checkout.
type binary struct {
	dir, path string
	commit    string // of the checkout, with + if files have changed since
}

func build() (*binary, error) {
	dir, err := os.MkdirTemp("", "crux-problems-")
	if err != nil {
		return nil, err
	}
	b := &binary{dir: dir, path: filepath.Join(dir, "crux")}
	c := exec.Command("go", "build", "-o", b.path, "./cmd/crux")
	c.Stderr = os.Stderr
	if err := c.Run(); err != nil {
		return nil, fmt.Errorf("build: %w", err)
	}
	b.commit, err = checkout.Commit(shipped, formulae)
	return b, err
}

// solve runs crux solve in a directory of its own and reads the object that it prints. A run that failed prints one as well. It returns
// the time that the processor worked, over all cores.
func (b *binary) solve(v any, file string, more ...string) (time.Duration, error) {
	dir := filepath.Join(b.dir, "run")
	if err := os.RemoveAll(dir); err != nil {
		return 0, err
	}
	args := []string{"solve", file, "--json", "--quiet", "--out", dir, "--set", "accuracy=best"} // as far as it goes
	var stdout bytes.Buffer
	c := exec.Command(b.path, append(args, more...)...)
	c.Stdout, c.Stderr = &stdout, os.Stderr
	runErr := c.Run()
	if err := json.Unmarshal(stdout.Bytes(), v); err != nil {
		return 0, errors.Join(runErr, fmt.Errorf("what it printed: %w", err))
	}
	return c.ProcessState.UserTime() + c.ProcessState.SystemTime(), nil
}

// chosen are the names that one of the patterns, separated by commas, matches: all if there is none.
func chosen(names []string, only string) ([]string, error) {
	if only == "" {
		return names, nil
	}
	var list []string
	for pattern := range strings.SplitSeq(only, ",") {
		n := len(list)
		for _, name := range names {
			ok, err := path.Match(pattern, name)
			if err != nil {
				return nil, fmt.Errorf("-only %s: %w", pattern, err)
			}
			if ok && !slices.Contains(list, name) {
				list = append(list, name)
			}
		}
		if len(list) == n && pattern != "none" {
			return nil, fmt.Errorf("-only %s: there are none, %s", pattern, strings.Join(names, ", "))
		}
	}
	return list, nil
}
