package cli

import (
	"encoding/json"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"
)

// Settings in which runs differ are found by their paths, results and losses stand side by side.
func TestCompare(t *testing.T) {
	folder(t)
	quietly(t, "solve", "tiny.yaml", "-q")
	quietly(t, "solve", "tiny.yaml", "-q", "--set", "optimizer.0.adam.lr=0.5", "--set", "accuracy=1e-3", "--seed", "9")
	r := call(t, "compare", "runs/tiny-1", "runs/tiny-2")
	for _, want := range []string{
		"setting               tiny-1   tiny-2\n", "optimizer.0.adam.lr   1e-3     0.5\n", "\naccuracy ", "\nseed ", "\nestimated error of u ", "\nk2 ", "\nloss of start ",
		"\ntraining loss, from ", "\ntiny-2  ", "█", "\nloss at step   tiny-1      tiny-2\n0 ",
	} {
		if !strings.Contains(r.out, want) {
			t.Errorf("no %q in\n%s", want, r.out)
		}
	}
	if strings.Contains(r.out, "hidden") || r.code != exitOK {
		t.Errorf("%+v", r)
	}
	var v struct {
		Settings map[string][]string
		Runs     []map[string]any
	}
	if out := call(t, "compare", "runs/tiny-1", "runs/tiny-2", "runs/tiny-1", "--json").out; json.Unmarshal([]byte(out), &v) != nil || len(v.Runs) != 3 {
		t.Fatal(out)
	}
	if got := v.Settings["optimizer.0.adam.lr"]; !reflect.DeepEqual(got, []string{"1e-3", "0.5", "1e-3"}) {
		t.Error(got)
	}
	if r := call(t, "compare", "runs/tiny-1"); r.code != exitUsage || !strings.Contains(r.err, "is one run; give two or more") {
		t.Errorf("%+v", r)
	}
	if r := call(t, "compare", "runs/tiny-1", "runs/tiny-1"); !strings.HasPrefix(r.out, "all settings are the same\n") {
		t.Errorf("%+v", r)
	}
}

// The page of a comparison has what the terminal has, the curves of all runs over each other, and each run in the same colour everywhere.
func TestComparePage(t *testing.T) {
	folder(t)
	quietly(t, "solve", "tiny.yaml", "-q")
	quietly(t, "solve", "tiny.yaml", "-q", "--set", "optimizer.0.adam.lr=0.5", "--seed", "9")
	if r := call(t, "compare", "runs/tiny-1", "runs/tiny-2", "-o", "both.html"); r.code != exitOK || r.out != "both.html\n" {
		t.Fatalf("%+v", r)
	}
	b, err := os.ReadFile("both.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"<h1>tiny: tiny-1, tiny-2</h1>", "<th>tiny-2</th>", "<td>optimizer.0.adam.lr</td><td><code>1e-3</code></td><td><code>0.5</code></td>",
		"<td>verdict</td>", "<td>loss of start</td>", "<h3>Losses</h3>", "training loss", "loss of start", "<h3>Unknown numbers</h3>",
	} {
		if !strings.Contains(string(b), want) {
			t.Errorf("no %q in the page", want)
		}
	}
	if strings.Contains(string(b), "<td>result</td>") || strings.Contains(string(b), "<script") {
		t.Error("the page has the head of the table in it, or a script, for which it has no use")
	}
	if r := call(t, "compare", "runs/tiny-1", "runs/tiny-2", "--json", "-o", "both.html"); r.code != exitUsage {
		t.Errorf("%+v", r)
	}
}

func TestFlatten(t *testing.T) {
	got, err := flatten([]byte("a: {b: 1e-3, c: []}\nd: [1, 2]\ne: [{f: {}}, {g: x}]\n"))
	var text []string
	for _, s := range got {
		text = append(text, s.Name+"="+s.Value)
	}
	if want := "a.b=1e-3 a.c=[] d=[1, 2] e.0.f={} e.1.g=x"; err != nil || strings.Join(text, " ") != want {
		t.Errorf("%v, %v; want %s", text, err, want)
	}
}

func TestSpark(t *testing.T) {
	nan := math.NaN()
	steps, values := []float64{0, 1, 2, 3, 4}, []float64{1, nan, 3e-3, 0, 1e-4}
	if got, want := spark(steps, values, 5, 4, 1e-4, 1), "██▃▃▁"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := spark(steps, values, 8, 8, 1e-4, 1), "█▃▃▁"; got != want { // the run of twice as many steps is another
		t.Errorf("%q, want %q", got, want)
	}
	for step, want := range map[float64]float64{0: 1, 2.5: 3e-3, 4: 1e-4} {
		if got := at(steps, values, step); got != want {
			t.Errorf("at %v: %v, want %v", step, got, want)
		}
	}
	if !math.IsNaN(at(steps, values, 5)) || !math.IsNaN(at(nil, nil, 0)) {
		t.Error("beyond the end there is a number")
	}
}
