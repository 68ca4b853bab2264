package main

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/internal/problemfile"
)

// The page and the trials of the repository are what would be written without measuring anything, so the tables are those of the
// comparisons, and what was measured with other settings is gone.
func TestEvidencePage(t *testing.T) {
	root := "../../../"
	list, err := readComparisons(root + comparisonsFile)
	if err != nil {
		t.Fatal(err)
	}
	done, err := readTrials(root + trialsFile)
	if err != nil || len(done) == 0 {
		t.Fatalf("%d trials, %v", len(done), err)
	}
	dir := t.TempDir()
	page, csv := filepath.Join(dir, "page.md"), filepath.Join(dir, "trials.csv")
	old, err := os.ReadFile(root + evidencePage)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(page, old, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := writeEvidence(page, list, done); err != nil {
		t.Fatal(err)
	}
	if err := writeTrials(csv, list, done); err != nil {
		t.Fatal(err)
	}
	for _, f := range [][2]string{{page, root + evidencePage}, {csv, root + trialsFile}} {
		got, errGot := os.ReadFile(f[0])
		want, errWant := os.ReadFile(f[1])
		if errGot != nil || errWant != nil || string(got) != string(want) {
			t.Errorf("%s is not what `go -C internal/tools run ./problems -only none evidence` writes (%v, %v)", f[1], errGot, errWant)
		}
	}
}

// Every run that is asked for can be made: its file takes its settings.
func TestComparisonsLoad(t *testing.T) {
	list, err := readComparisons("../../../" + comparisonsFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list {
		for _, p := range c.Problems {
			for _, v := range c.Variants {
				if _, err := problemfile.Load("../../../"+p.file(), c.sets(p, v)); err != nil {
					t.Errorf("%s: %s, %s: %v", c.Name, p.Name, v.Name, err)
				}
			}
		}
	}
}

func TestEvidenceTable(t *testing.T) {
	c := comparison{
		Name: "shape", Title: "Wide, or deep.", Set: []string{"scale=none", "hard=none"},
		Problems: []choice{{Name: "unseen/a"}, {Name: "problems/b", Set: []string{"seed=9"}}},
		Variants: []choice{{Name: "wide", Set: []string{"x=1|2"}}, {Name: "deep"}},
	}
	a, b, wide, deep := c.Problems[0], c.Problems[1], c.Variants[0], c.Variants[1]
	other := c
	other.Set = []string{"scale=none"}
	done := trials{
		c.key(run{a, wide, 1}):     {"c2", "completed", 30, 1, 3e-8},
		c.key(run{a, wide, 2}):     {"c1", "diverged", 7, 2, math.NaN()},
		c.key(run{a, wide, 3}):     {"c2", "completed", 30, 4, 1e-8},
		c.key(run{a, deep, 2}):     {"c2", "completed", 30, 0.26, 5e-9},
		other.key(run{b, wide, 1}): {"c2", "completed", 30, 1, 1}, // with other settings
	}
	want := "**Wide, or deep.** `make evidence ONLY=shape`, with `scale=none`, `hard=none`\n\n- wide: `x=1|2`\n\n" +
		"| | wide | deep | commit |\n|---|---|---|---|\n" +
		"| `a` | 3.0e-08 (1.0e-08–NaN); 30 (7–30) steps, 2.0 s | 5.0e-09; 30 steps, 0.3 s; 1 of 3 seeds | c1, c2 |\n" +
		"| `b` | not measured yet | not measured yet |  |\n"
	if got := c.table(done); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if seven := (comparison{Seconds: 7}); !strings.Contains(strings.Join(seven.sets(a, wide), " "), "budget=7s") {
		t.Error(seven.sets(a, wide))
	}

	// Written twice it is the same, text around stays, and a comparison without a place is an error.
	file := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(file, []byte("before\n\n<!-- make evidence ONLY=shape -->\n<!-- end -->\n\nafter\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := writeEvidence(file, []comparison{c}, done); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(file)
		if err != nil || string(got) != "before\n\n<!-- make evidence ONLY=shape -->\n"+want+"<!-- end -->\n\nafter\n" {
			t.Errorf("%s, %v", got, err)
		}
	}
	for _, list := range [][]comparison{nil, {c, {Name: "depth"}}} {
		if err := writeEvidence(file, list, done); err == nil {
			t.Errorf("%d comparisons for one place", len(list))
		}
	}
}

// The page after a run is the one that the table alone gives, also where an error is rounded twice: 2.147e-10 to 2.15e-10 and 2.2e-10.
func TestPageOfTheTable(t *testing.T) {
	dir := t.TempDir()
	page, table := filepath.Join(dir, "page.md"), filepath.Join(dir, "trials.csv")
	if err := os.WriteFile(page, []byte("<!-- make evidence ONLY=c -->\n<!-- end -->\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	c := comparison{Name: "c", Problems: []choice{{Name: "p"}}, Variants: []choice{{Name: "v"}}}
	done := trials{c.key(run{c.Problems[0], c.Variants[0], 1}): {"abc", "stopped", 12, 3.5, 2.147e-10}}
	if err := writeAll(table, page, []comparison{c}, done); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(page)
	if err != nil || !strings.Contains(string(got), "2.2e-10;") {
		t.Fatalf("%s, %v", got, err)
	}
	again, err := readTrials(table)
	if err != nil {
		t.Fatal(err)
	}
	if err := writeEvidence(page, []comparison{c}, again); err != nil {
		t.Fatal(err)
	}
	if from, err := os.ReadFile(page); err != nil || string(from) != string(got) {
		t.Errorf("after the run\n%s\nfrom the table\n%s, %v", got, from, err)
	}
}

func TestTrials(t *testing.T) {
	c := comparison{Name: "c", Problems: []choice{{Name: "p"}}, Variants: []choice{{Name: "v, w"}}}
	k := c.key(run{c.Problems[0], c.Variants[0], 3})
	file := filepath.Join(t.TempDir(), "trials.csv")
	if all, err := readTrials(file); err != nil || len(all) != 0 {
		t.Errorf("%v, %v", all, err)
	}
	gone := k
	gone.comparison = "d"
	done := trials{k: {"abc", "stopped", 12, 3.5, 1.5e-9}, gone: {}}
	if err := writeTrials(file, []comparison{c}, done); err != nil {
		t.Fatal(err)
	}
	delete(done, gone)
	if all, err := readTrials(file); err != nil || !reflect.DeepEqual(all, done) {
		t.Errorf("%v, %v", all, err)
	}
	for _, text := range []string{"a,b\n", strings.Join(trialsHead, ",") + "\nc,p,v,x,h,abc,stopped,1,1,1\n"} {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := readTrials(file); err == nil {
			t.Errorf("%q is read", text)
		}
	}
	nan := math.NaN()
	if s := spreadOver([]trial{{err: nan}, {err: 2}, {err: 1}, {err: 3}}, func(t trial) float64 { return t.err }); s.Min != 1 || s.Median != 2.5 || !math.IsNaN(float64(s.Max)) {
		t.Error(s)
	}
}

func TestChosen(t *testing.T) {
	list := []string{"hard", "timed_small", "timed_wide"}
	for only, want := range map[string]int{"": 3, "none": 0, "hard": 1, "timed_*": 2, "timed_wide,hard": 2} {
		if got, err := chosen(list, only); err != nil || len(got) != want {
			t.Errorf("%q: %v, %v", only, got, err)
		}
	}
	for _, only := range []string{"soft", "hard,", "["} {
		if _, err := chosen(list, only); err == nil {
			t.Errorf("%q", only)
		}
	}
}
