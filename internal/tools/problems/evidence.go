package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/crux-pinn/crux/internal/report"
	"github.com/crux-pinn/crux/internal/tools/checkout"
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

// measureEvidence makes the runs that are wanted and writes the page. What is measured is kept after every run.
func measureEvidence(only string, missing bool) error {
	list, err := readComparisons(comparisonsFile)
	if err != nil {
		return err
	}
	done, err := readTrials(trialsFile)
	if err != nil {
		return err
	}
	var names []string
	for _, c := range list {
		names = append(names, c.Name)
	}
	if names, err = chosen(names, only); err != nil {
		return err
	}
	b, err := build()
	if err != nil {
		return err
	}
	defer os.RemoveAll(b.dir) //nolint:errcheck // temporary
	for _, c := range list {
		for r := range c.runs() {
			k := c.key(r)
			if _, ok := done[k]; !slices.Contains(names, c.Name) || ok && missing {
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

func (c choice) file() string { return "testdata/" + c.Name + ".yaml" }

// try solves a problem once.
func (b *binary) try(r run, sets []string) (trial, error) {
	args := []string{"--seed", fmt.Sprint(r.seed)}
	for _, s := range sets {
		args = append(args, "--set", s)
	}
	o := &report.Report{}
	cpu, err := b.solve(o, r.problem.file(), args...)
	if err != nil {
		return trial{}, err
	}
	if o.Status == "canceled" {
		return trial{}, errors.New("it was interrupted; -missing continues from here")
	}
	var fields report.Numbers
	for _, e := range o.Errors {
		fields.Add(e.Name, e.Value.RelL2)
	}
	return trial{commit: b.commit, status: o.Status, steps: o.Steps, seconds: cpu.Seconds(), err: float64(report.Worst(fields))}, nil
}

// writeEvidence writes the tables into their places. Each comparison must have one, and each place a comparison.
func writeEvidence(file string, list []comparison, done trials) error {
	placed := map[string]int{}
	err := checkout.Rewrite(file, func(command, old string) string {
		placed[command]++
		for _, c := range list {
			if c.command() == command {
				return c.table(done)
			}
		}
		return old
	})
	for _, c := range list {
		placed[c.command()]--
	}
	for command, n := range placed {
		if n != 0 {
			err = errors.Join(err, fmt.Errorf("%s and %s do not have the same comparisons, each once: %s", file, comparisonsFile, command))
		}
	}
	return err
}

func (c *comparison) command() string { return "make evidence ONLY=" + c.Name }

// table is a comparison with what is known of it.
func (c *comparison) table(done trials) string {
	var b strings.Builder
	fmt.Fprintf(&b, "**%s** `%s`", c.Title, c.command())
	if c.Seconds > 0 {
		fmt.Fprintf(&b, ", %g s each", c.Seconds)
	}
	if len(c.Set) > 0 {
		b.WriteString(", with " + quoted(c.Set))
	}
	b.WriteString("\n")
	for _, v := range c.Variants { // their settings stand here, so that columns are short
		if len(v.Set) > 0 {
			b.WriteString("\n- " + v.Name + ": " + quoted(v.Set))
		}
	}
	if slices.ContainsFunc(c.Variants, func(v choice) bool { return len(v.Set) > 0 }) {
		b.WriteString("\n")
	}
	b.WriteString("\n|")
	for _, v := range c.Variants {
		b.WriteString(" | " + v.Name)
	}
	b.WriteString(" | commit |\n|" + strings.Repeat("---|", len(c.Variants)+2) + "\n")
	for _, p := range c.Problems {
		cells := []string{"`" + path.Base(p.Name) + "`"}
		var commits []string
		for _, v := range c.Variants {
			list := done.of(c, p, v)
			cells = append(cells, c.cell(list))
			for _, t := range list {
				commits = append(commits, t.commit)
			}
		}
		slices.Sort(commits)
		b.WriteString(line(append(cells, strings.Join(slices.Compact(commits), ", "))))
	}
	return b.String()
}

// quoted are settings as code.
func quoted(sets []string) string { return "`" + strings.Join(sets, "`, `") + "`" }

// cell is the error, the steps and, where they are the limit, the time of the processor.
func (c *comparison) cell(list []trial) string {
	if len(list) == 0 {
		return notMeasured
	}
	text := spreadText(spreadOver(list, func(t trial) float64 { return t.err }), "%.1e")
	text += "; " + spreadText(spreadOver(list, func(t trial) float64 { return float64(t.steps) }), "%.0f") + " steps"
	if c.Seconds == 0 {
		text += fmt.Sprintf(", %.1f s", float64(spreadOver(list, func(t trial) float64 { return t.seconds }).Median))
	}
	if n := len(list); n < len(evidenceSeeds) {
		text += fmt.Sprintf("; %d of %d seeds", n, len(evidenceSeeds))
	}
	return text
}
