package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/crux-pinn/crux/internal/report"
)

// The pages of the repository are what would be written without measuring anything: ours beside the numbers of others are those of the
// table above. Every row is about a problem that ships, has all its cells, and says what must be reached and what may be.
func TestPages(t *testing.T) {
	t.Chdir("../../..")
	for name, p := range pages {
		problems, err := p.problems()
		if err != nil || len(problems) == 0 {
			t.Fatal(problems, err)
		}
		old, err := os.ReadFile(p.file)
		if err != nil {
			t.Fatal(err)
		}
		again := *p
		again.file = filepath.Join(t.TempDir(), "page.md")
		if err := os.WriteFile(again.file, old, 0o644); err != nil {
			t.Fatal(err)
		}
		all, err := again.read()
		if err := errors.Join(err, again.write(all)); err != nil {
			t.Fatal(err)
		}
		if now, err := os.ReadFile(again.file); err != nil || !bytes.Equal(old, now) {
			t.Errorf("%s is not what `go -C internal/tools run ./problems -only none %s` writes (%v)", p.file, name, err)
		}
		for problem, list := range all {
			if problems[problem] == "" && !strings.HasPrefix(problem, "pinnacle/") { // which are not in every checkout
				t.Errorf("%s: %s does not ship", p.file, problem)
			}
			for _, cells := range list {
				if len(cells) != len(list[0]) {
					t.Errorf("%s: %s has %d cells", p.file, problem, len(cells))
				}
				if p.byHand == 3 {
					if _, err := reached(cells[1], cells[2], nil, nil, 0); err != nil || cells[1] == "–" {
						t.Errorf("%s: %v", problem, err)
					}
				}
			}
		}
		for problem := range problems {
			if all[problem] == nil && p.command != "make estimate" && p.command != "make units" { // not all have a reference, or were restated yet
				t.Errorf("%s: there is no row for %s", p.file, problem)
			}
		}
	}
}

// A row that is measured anew keeps its first cells and takes its place; what others have stands beside it.
func TestWritePage(t *testing.T) {
	p := &page{command: "make accuracy", file: filepath.Join(t.TempDir(), "page.md"), byHand: 3, also: besideOthers}
	text := "before\n\n<!-- make accuracy -->\n| problem | must | aim | error | reached | p99 | time |\n|---|---|---|---|---|---|---|\n" +
		"| `b` | 1 | 2 | u 1.0 | aim | p 1 | 1 s |\n<!-- end -->\n\nbetween\n\n" +
		"<!-- make accuracy, beside others -->\n| number | ours |\n|---|---|\n| 3 | `b`: u 1.0 in 1 s |\n| 4 | `other` |\n<!-- end -->\n"
	if err := os.WriteFile(p.file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	all, err := p.read()
	if err != nil || !reflect.DeepEqual(all, rows{"b": {{"`b`", "1", "2", "u 1.0", "aim", "p 1", "1 s"}}}) {
		t.Fatal(all, err)
	}
	all["b"][0][3], all["b"][0][6] = "u 2.0", "5 s"
	all["a"] = [][]string{{"`a`", "–", "–", "v 1", "–", "q 1", "2 s"}}
	if err := p.write(all); err != nil {
		t.Fatal(err)
	}
	want := strings.NewReplacer("| `b` | 1 | 2 | u 1.0 | aim | p 1 | 1 s |", "| `a` | – | – | v 1 | – | q 1 | 2 s |\n| `b` | 1 | 2 | u 2.0 | aim | p 1 | 5 s |",
		"u 1.0 in 1 s", "u 2.0 in 5 s").Replace(text)
	if got, err := os.ReadFile(p.file); err != nil || string(got) != want {
		t.Errorf("%s, %v", got, err)
	}
}

func TestReached(t *testing.T) {
	u := func(v report.Number) report.Numbers {
		return report.Numbers{{Name: "u", Value: 1e-20}, {Name: "v", Value: v}}
	}
	nan := report.Number(math.NaN())
	for _, c := range []struct {
		must, aim      string
		fields, params report.Numbers
		took           time.Duration
		want           string
	}{
		{"1e-6 in 60 s", "1e-9", u(1e-6), nil, time.Minute, "must"},
		{"1e-6 in 60 s", "1e-9", u(1e-9), nil, time.Second, "aim"},
		{"1e-6 in 60 s", "1e-9", u(1e-9), nil, 61 * time.Second, "no: time"},
		{"1e-6 in 1.5 min", "1e-9", u(1e-9), nil, 90 * time.Second, "aim"},
		{"1e-6 in 60 s", "1e-9", u(1.1e-6), nil, time.Second, "no: error"},
		{"1e-6 in 60 s", "1e-9", u(nan), nil, time.Second, "no: error"},
		{"1e-6 in 60 s", "1e-9", nil, nil, time.Second, "no: error"},
		{"a 5e-3, b 2e-2 in 3 min", "a 1e-4, b 1e-4", u(1), report.Numbers{{Name: "a", Value: 5e-3}, {Name: "b", Value: 1e-4}}, time.Minute, "must"},
		{"a 5e-3, b 2e-2 in 3 min", "a 1e-4, b 1e-4", u(1), report.Numbers{{Name: "a", Value: 1e-5}, {Name: "b", Value: 3e-2}}, time.Minute, "no: error b"},
		{"v 2e-2 in 60 s", "v 1e-3", u(1e-3), nil, time.Second, "aim"},
		{"w 2e-2 in 60 s", "w 1e-3", u(1e-3), nil, time.Second, "no: error w"},
		{"–", "–", u(1), nil, time.Second, "–"},
	} {
		if got, err := reached(c.must, c.aim, c.fields, c.params, c.took); got != c.want || err != nil {
			t.Errorf("%v, %v, %v: %s, %v, want %s", c.must, c.fields, c.took, got, err, c.want)
		}
	}
	for _, must := range []string{"1e-6", "small in 60 s", "1e-6 in a while"} {
		if _, err := reached(must, "1e-9", u(1), nil, 0); err == nil {
			t.Errorf("%s is read", must)
		}
	}
}

func TestEstimates(t *testing.T) {
	o := &report.Report{}
	if err := json.Unmarshal([]byte(`{"steps": 7, "verdict": "solved", "estimate": {"u": 2e-3, "v": 1, "a": 0.5, "w": 3, "f": 1, "q": 1},
		"errors": {"u": {"rel_l2": 1e-3, "max_abs": 1, "own_error": 0.1}, "v": {"rel_l2": 1e-14}, "f": {"rel_l2": 9e-4, "own_error": null}, "q": {"rel_l2": 1e-3, "max_abs": 1, "own_error": 0.6}},
		"params": {"a": 3}, "truths": {"a": 1}}`), o); err != nil {
		t.Fatal(err)
	}
	if got, want := pairs(o), [][]string{{"7", "solved", "u", "2.0e-03", "1.0e-03", "2"}, {"7", "solved", "a", "5.0e-01", "1.0e+00", "0.5"}}; !reflect.DeepEqual(got, want) {
		t.Errorf("%q", got)
	}
	at := func(name string, cells ...string) []string { return append([]string{name}, cells...) }
	got := judged("", rows{
		"a": {at("a", "1", "unsolved", "u", "0.3", "0.3", "1"), at("a", "2", "solved", "u", "1e-8", "1e-8", "1"), at("a", "2", "solved", "v", "1e-6", "1e-4", "0.01")},
		"b": {at("b", "3", "inaccurate", "u", "3e-5", "1e-6", "31")},
	})
	want := "Of 4 pairs 1 estimates are more than 3 times too small, and 2 lie within a factor of 30.\n\n" +
		"| verdict | error below 1e-7 | to 1e-5 | to 0.01 | to 0.3 | above |\n|---|---|---|---|---|---|\n" +
		"| solved | 0 | 0 | 1 | 0 | 0 |\n| inaccurate | 0 | 1 | 0 | 0 | 0 |\n| unsolved | 0 | 0 | 0 | 0 | 1 |\n| ill-posed | 0 | 0 | 0 | 0 | 0 |\n"
	if got != want {
		t.Errorf("%s", got)
	}
}

func TestSeedsRow(t *testing.T) {
	o := &report.Batch{}
	err := json.Unmarshal([]byte(`{"done": 2, "summary": {"rel_l2": {"u": {"mean": 0, "std": null, "min": 1e-8, "median": 2e-8, "max": 3e-8}},
		"residual_p99": {"pde": {"min": 0.1, "median": 0.1, "max": 0.1}}, "steps": {"min": 5, "median": 5, "max": 5}, "seconds": {"min": 1, "median": 2, "max": 2.5}},
		"runs": [{"status": "completed", "result": {"parameters": 33, "optimizer": "Auto(a|b)", "choices": ["lm: small", "step 9: stop"]}}, {"status": "diverged", "result": null}, {"status": "completed"}]}`), o)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"u 2.0e-08 (1.0e-08–3.0e-08)", "must; seeds: completed, diverged, completed", "pde 1.0e-01", "2.0 (1.0–2.5) s", "5", "Auto(a/b); lm: small; step 9: stop", "33", "abc"}
	if got, err := seedsRow(o, "1e-6 in 60 s", "1e-9", "abc"); !reflect.DeepEqual(got, want) || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if !misses(want) || misses([]string{"u 2.0e-08", "must"}) {
		t.Error("a seed that diverged is a miss, an error below the bound is none")
	}
	one := &report.Report{}
	if err := json.Unmarshal([]byte(`{"errors": {"u": {"rel_l2": 1e-9, "max_abs": null}}, "residual_p99": {"pde": 0.5}, "params": {"a": 2}}`), one); err != nil {
		t.Fatal(err)
	}
	want = []string{"u 1.0e-09, a = 2", "0.0 s", "", "u 1.0e-09, a = 2", "0.0 s", "0", "–", "pde 5.0e-01", "", "abc"}
	if got := unseenRow(one, one, "abc"); !reflect.DeepEqual(got, want) {
		t.Errorf("%q", got)
	}
	if err := json.Unmarshal([]byte(`{"summary": {"rel_l2": {"u": {"min": null, "median": null, "max": null}}}}`), o); err != nil {
		t.Fatal(err)
	}
	if got, _ := seedsRow(o, "1e-6 in 60 s", "1e-9", "abc"); !strings.HasPrefix(got[1], "no: error") || !misses(got) {
		t.Errorf("%q", got)
	}
}
