package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"
	"math"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/crux-pinn/crux/internal/report"
)

// comparison is a question about a choice: the same problems, solved with each of the answers and everything else equal.
type comparison struct {
	Name     string
	Title    string
	Seconds  float64  // the budget of a run; 0 means none, so that the steps of the optimizer's phases are the limit
	Set      []string // of every run; what the file or crux would choose otherwise is stated, so that defaults may change
	Problems []choice // their files, under testdata and without .yaml
	Variants []choice
}

// choice is one problem, or one answer, with the overrides that belong to it. Later overrides win: those of the comparison, the
// problem and the variant are passed on in this order.
type choice struct {
	Name string
	Set  []string
}

// Where the comparisons stand, where what each run ended with is kept, and the page with the tables.
const (
	comparisonsFile = "testdata/evidence.yaml"
	trialsFile      = "testdata/evidence.csv"
	evidencePage    = "docs/results/evidence.md"
)

// evidenceSeeds are the seeds of each run.
var evidenceSeeds = []uint64{1, 2, 3}

// readComparisons reads the comparisons.
func readComparisons(file string) ([]comparison, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var list []comparison
	if err := yaml.UnmarshalWithOptions(text, &list, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	names := map[string]bool{}
	for _, c := range list {
		if names[c.Name] || c.Name == "" || c.Title == "" || len(c.Problems) == 0 || len(c.Variants) < 2 {
			return nil, fmt.Errorf("%s: comparison %q needs a name of its own, a title, a problem and two variants", file, c.Name)
		}
		if timed := strings.HasPrefix(c.Name, "timed_"); timed != (c.Seconds > 0) {
			return nil, fmt.Errorf("%s: %s: a name begins with timed_ where seconds are the limit, and only there", file, c.Name)
		}
		names[c.Name] = true
	}
	return list, nil
}

// run is one run of a comparison.
type run struct {
	problem, variant choice
	seed             uint64
}

// runs are all runs in the order in which they are made and kept.
func (c *comparison) runs() iter.Seq[run] {
	return func(yield func(run) bool) {
		for _, p := range c.Problems {
			for _, v := range c.Variants {
				for _, seed := range evidenceSeeds {
					if !yield(run{p, v, seed}) {
						return
					}
				}
			}
		}
	}
}

// sets are the overrides of a problem and a variant.
func (c *comparison) sets(problem, variant choice) []string {
	budget := "budget=" // none
	if c.Seconds > 0 {
		budget = fmt.Sprintf("budget=%gs", c.Seconds)
	}
	return slices.Concat([]string{budget, "checkpoint=none"}, c.Set, problem.Set, variant.Set)
}

// key is what a run is recognised by: where it belongs, and a hash of its overrides, so that a run that was made with other ones
// does not count.
func (c *comparison) key(r run) key {
	h := sha256.Sum256([]byte(strings.Join(c.sets(r.problem, r.variant), "\n")))
	return key{c.Name, r.problem.Name, r.variant.Name, r.seed, fmt.Sprintf("%x", h[:4])}
}

// measureEvidence makes the runs that the flags ask for and writes the page. What is measured is kept after every run.
func measureEvidence(f flags, missing bool) error {
	list, err := readComparisons(comparisonsFile)
	if err != nil {
		return err
	}
	done, err := readTrials(trialsFile)
	if err != nil {
		return err
	}
	chosen, err := chosenComparisons(list, f.only)
	if err != nil {
		return err
	}
	b, err := build(f.binary)
	if err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	if err := b.validate(chosen); err != nil {
		return err
	}
	for _, c := range chosen {
		for r := range c.runs() {
			k := c.key(r)
			if _, ok := done[k]; ok && missing {
				continue
			}
			t, err := b.try(r, c.sets(r.problem, r.variant))
			if err != nil {
				return fmt.Errorf("%s: %s, %s, seed %d: %w", c.Name, r.problem.Name, r.variant.Name, r.seed, err)
			}
			done[k] = t
			fmt.Println(strings.Join(record(k, t), " | "))
			if err := writeAll(trialsFile, evidencePage, list, done); err != nil {
				return err
			}
		}
	}
	return writeAll(trialsFile, evidencePage, list, done)
}

// writeAll writes what is known of the comparisons into both files, given by their names. The page has the numbers of the table, which
// are rounded, so that whoever has the table alone writes the same page.
func writeAll(table, page string, list []comparison, done trials) error {
	if err := writeTrials(table, list, done); err != nil {
		return err
	}
	done, err := readTrials(table)
	if err != nil {
		return err
	}
	return writeEvidence(page, list, done)
}

// chosenComparisons are those that one of the patterns, separated by commas, matches: all if there is none.
func chosenComparisons(list []comparison, only string) ([]comparison, error) {
	if only == "" {
		return list, nil
	}
	var chosen []comparison
	for pattern := range strings.SplitSeq(only, ",") {
		n := len(chosen)
		for _, c := range list {
			ok, err := path.Match(pattern, c.Name)
			if err != nil {
				return nil, fmt.Errorf("-only %s: %w", pattern, err)
			}
			if ok {
				chosen = append(chosen, c)
			}
		}
		if len(chosen) == n && pattern != "none" {
			var names []string
			for _, c := range list {
				names = append(names, c.Name)
			}
			return nil, fmt.Errorf("-only %s: there are none, %s", pattern, strings.Join(names, ", "))
		}
	}
	return chosen, nil
}

// validate checks the settings of all runs before the first.
func (b *binary) validate(list []comparison) error {
	var errs []error
	for _, c := range list {
		for r := range c.runs() {
			if r.seed != evidenceSeeds[0] {
				continue
			}
			args := setFlags([]string{"validate", r.problem.file()}, c.sets(r.problem, r.variant))
			if out, err := exec.Command(b.path, args...).CombinedOutput(); err != nil {
				errs = append(errs, fmt.Errorf("%s: %s, %s: %w\n%s", c.Name, r.problem.Name, r.variant.Name, err, out))
			}
		}
	}
	return errors.Join(errs...)
}

func (c choice) file() string { return "testdata/" + c.Name + ".yaml" }

// setFlags adds overrides to a command line.
func setFlags(args, sets []string) []string {
	for _, s := range sets {
		args = append(args, "--set", s)
	}
	return args
}

// try solves a problem once.
func (b *binary) try(r run, sets []string) (trial, error) {
	o := &report.Report{}
	dir := filepath.Join(b.dir, "run")
	if err := os.RemoveAll(dir); err != nil {
		return trial{}, err
	}
	cpu, err := b.solve(o, r.problem.file(), flags{}, setFlags([]string{"--seed", fmt.Sprint(r.seed), "--out", dir}, sets)...)
	if err != nil {
		return trial{}, err
	}
	if o.Status == "canceled" {
		return trial{}, errors.New("it was interrupted; -missing continues from here")
	}
	return trial{commit: b.commit, status: o.Status, steps: o.Steps, seconds: cpu.Seconds(), err: worst(o)}, nil
}

// worst is the largest of the errors of fields, NaN if one is or if there is none.
func worst(o *report.Report) float64 {
	if len(o.Errors) == 0 {
		return math.NaN()
	}
	worst := 0.0
	for _, e := range o.Errors {
		worst = max(worst, float64(e.Value.RelL2)) // NaN if either is
	}
	return worst
}
