package main

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/crux-pinn/crux/internal/report"
)

// Every target and every number of others is about a problem that ships.
func TestNames(t *testing.T) {
	shipped := func(name string) bool {
		_, err := os.Stat(filepath.Join("../../../testdata/problems", name+".yaml"))
		return err == nil
	}
	for name := range targets {
		if !shipped(name) {
			t.Errorf("target of %s", name)
		}
	}
	for _, p := range numbers {
		if p.ours != "" && !shipped(p.ours) || p.problem == "" || p.number == "" || p.who == "" || p.against == "" {
			t.Errorf("%+v", p)
		}
	}
}

// The pages of the repository are what would be written without measuring anything: musts and aims are those of the
// targets, and ours beside the numbers of others are those of the table above.
func TestPages(t *testing.T) {
	t.Chdir("../../..")
	for _, p := range []*page{accuracyPage, unseenPage} {
		names, err := p.names()
		if err != nil {
			t.Fatal(err)
		}
		path := p.file
		measured := p.read(path)
		if len(measured) == 0 {
			t.Errorf("%s has no rows", p.file)
		}
		again := filepath.Join(t.TempDir(), "page.md")
		if err := p.write(again, measured, names); err != nil {
			t.Fatal(err)
		}
		a, errA := os.ReadFile(path)
		b, errB := os.ReadFile(again)
		if errA != nil || errB != nil || !bytes.Equal(a, b) {
			t.Errorf("%s is not what `go -C internal/tools run ./problems -only none`, or with -unseen too, writes (%v, %v)", p.file, errA, errB)
		}
		for line := range strings.Lines(string(b)) {
			if strings.HasPrefix(line, "| `") && strings.Count(line, "|") != columns(p.head)+1 {
				t.Errorf("%s: %s", p.file, line)
			}
		}
	}
}

func TestTargets(t *testing.T) {
	u := func(v float64) map[string]float64 { return map[string]float64{"u": 1e-20, "v": v} }
	burgers, k := targets["inverse_burgers"], targets["inverse_field"]
	for _, c := range []struct {
		t              target
		fields, params map[string]float64
		took           time.Duration
		want           string
	}{
		{targets["poisson2d"], u(1e-6), nil, time.Minute, "must"},
		{targets["poisson2d"], u(1e-9), nil, time.Second, "aim"},
		{targets["poisson2d"], u(1e-9), nil, 61 * time.Second, "no: time"},
		{targets["poisson2d"], u(1.1e-6), nil, time.Second, "no: error"},
		{targets["poisson2d"], u(math.NaN()), nil, time.Second, "no: error"},
		{targets["poisson2d"], nil, nil, time.Second, "no: error"},
		{burgers, u(1), map[string]float64{"lambda1": 5e-3, "lambda2": 1e-4}, time.Minute, "must"},
		{burgers, u(1), map[string]float64{"lambda1": 1e-5, "lambda2": 3e-2}, time.Minute, "no: error lambda2"},
		{k, map[string]float64{"u": 1, "k": 1e-3}, nil, time.Second, "aim"},
		{target{}, u(1), nil, time.Second, "–"},
	} {
		if got := c.t.reached(c.fields, c.params, c.took); got != c.want {
			t.Errorf("%v, %v, %v: %s, want %s", c.fields, c.params, c.took, got, c.want)
		}
	}
	for name, want := range map[string][2]string{
		"poisson1d": {"1e-9 in 15 s", "1e-12"}, "poisson2d": {"1e-6 in 60 s", "1e-9"}, "allen_cahn": {"2e-3 in 5 min", "1e-5"},
		"inverse_burgers": {"lambda1 0.5 %, lambda2 2 % in 3 min", "lambda1 0.01 %, lambda2 0.01 %"}, "none": {"–", "–"},
	} {
		if must, aim := targets[name].text(); must != want[0] || aim != want[1] {
			t.Errorf("%s: %q, %q", name, must, aim)
		}
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
	if got := seedsRow(o, targets["poisson2d"], "abc"); !reflect.DeepEqual(got, want) {
		t.Errorf("%q", got)
	}
	one := &report.Report{}
	if err := json.Unmarshal([]byte(`{"errors": {"u": {"rel_l2": 1e-9, "max_abs": null}}, "residual_p99": {"pde": 0.5}, "params": {"a": 2}}`), one); err != nil {
		t.Fatal(err)
	}
	if got, want := []string{errorsOf(one), residuals(one)}, []string{"u 1.0e-09 (max NaN), a = 2", "pde 5.0e-01"}; !reflect.DeepEqual(got, want) {
		t.Errorf("%q", got)
	}
	if err := json.Unmarshal([]byte(`{"summary": {"rel_l2": {"u": {"min": null, "median": null, "max": null}}}}`), o); err != nil {
		t.Fatal(err)
	}
	if got := seedsRow(o, targets["poisson2d"], "abc"); !strings.HasPrefix(got[1], "no: error") {
		t.Errorf("%q", got)
	}
}
