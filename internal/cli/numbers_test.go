package cli

import (
	"os"
	"strings"
	"testing"
)

// A problem without fields: numbers are all that is wanted.
func TestParametersAlone(t *testing.T) {
	folder(t)
	text := `problem: numbers
coords: {x: [0, 1]}
params: {a: {init: 1, true: 3}, b: {init: 1, true: -2}}
constraints:
  data: {residual: a*sin(pi*x) + b*x^2 = 3*sin(pi*x) - 2*x^2, grid: 21}
optimizer: {lm: {}, steps: 20}
`
	if err := os.WriteFile("numbers.yaml", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := call(t, "solve", "numbers.yaml", "--quiet", "--out", "run"); r.code != exitOK || !strings.Contains(r.out, "true value") {
		t.Fatalf("%+v", r)
	}
	if r := call(t, "eval", "run"); r.code != exitUsage || !strings.Contains(r.err, "numbers has no field to evaluate; give an expression of its names with --expr") {
		t.Errorf("%+v", r)
	}
	if r := call(t, "eval", "run", "--expr", "a + b", "--at", "x=0"); r.code != exitOK {
		t.Errorf("%+v", r)
	} else if _, rows := readTable(t, r.out); len(rows) != 1 || !(rows[0][1] > 1-1e-12 && rows[0][1] < 1+1e-12) {
		t.Errorf("a + b = %v", rows)
	}
	// trackers measure what there is, or say what they need
	for tracker, code := range map[string]int{
		"[gradient_norms, cos_similarity, gradient_alignment, residual_stats, hessian_spectrum]": exitOK, "loss_landscape": exitUsage,
		"input_sensitivity": exitOK, "ntk_spectrum": exitOK,
	} {
		if r := call(t, "solve", "numbers.yaml", "--quiet", "--set", "trackers="+tracker); r.code != code {
			t.Errorf("%s: %+v", tracker, r)
		}
	}
	// before the last residual vanishes there is a largest one
	if r := call(t, "solve", "numbers.yaml", "--quiet", "--steps", "1", "--out", "early"); r.code != exitOK {
		t.Fatalf("%+v", r)
	}
	if r := call(t, "explain", "early"); r.code != exitOK || !strings.Contains(r.out, "the largest residual of data") {
		t.Errorf("%+v", r)
	}
}
