package report

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// The golden values are numpy.percentile's.
func TestQuantile(t *testing.T) {
	b, err := os.ReadFile("../../testdata/golden/percentiles.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		X        []float64
		P99, P50 float64
	}
	if err := json.Unmarshal(b, &cases); err != nil || len(cases) == 0 {
		t.Fatal(err)
	}
	for _, c := range cases {
		for q, want := range map[float64]float64{0.99: c.P99, 0.5: c.P50} {
			if got := Quantile(c.X, q); math.Abs(got-want) > 1e-15*math.Abs(want) {
				t.Errorf("quantile %v of %v: %v, want %v", q, c.X, got, want)
			}
		}
	}
	inf := math.Inf(1)
	for _, c := range []struct {
		x    []float64
		want float64
	}{{nil, math.NaN()}, {[]float64{1, math.NaN()}, math.NaN()}, {[]float64{inf, inf}, inf}} {
		if got := Quantile(c.x, 0.99); got != c.want && !(math.IsNaN(got) && math.IsNaN(c.want)) {
			t.Errorf("%v: %v", c.x, got)
		}
	}
}

// The speed counts the points of all constraints, in all steps; where nothing was trained there is none.
func TestSpeed(t *testing.T) {
	r := &Report{Points: Object[int]{{"pde", 90}, {"bc", 10}}, Parameters: 20, Steps: 30, Seconds: 4}
	if got := r.Speed(); got != 15000 {
		t.Errorf("%v points · parameters a second", got)
	}
	for _, seconds := range []Number{0, Number(math.NaN())} {
		if r.Steps, r.Seconds = 0, seconds; r.Speed() != 0 {
			t.Errorf("%v in %v s", r.Speed(), seconds)
		}
	}
}

// What was divided is named, and what was divided by 1 is not.
func TestDivided(t *testing.T) {
	r := &Report{Scales: []Scale{{Constraint: "heat", Divisor: 512}, {Constraint: "left", Divisor: 1}, {Constraint: "right", Divisor: 0.5}}}
	if got := r.Divided(); got != "heat by 512, right by 0.5" {
		t.Errorf("%q", got)
	}
	r.Scales = r.Scales[1:2]
	if got := r.Divided(); got != "" {
		t.Errorf("%q", got)
	}
}

// Numbers that are not finite are null, keys keep their order, and names are escaped.
func TestReportJSON(t *testing.T) {
	dir := "runs/a"
	b, err := json.Marshal(&Report{
		Schema: 1, Problem: `q"`, Loss: Number(math.NaN()), Losses: Numbers{{"z", Number(math.Inf(1))}, {"a", 0.1}},
		Errors: Errors{{"u", FieldError{RelL2: Number(math.NaN()), MaxAbs: 2}}}, RunDir: &dir,
	})
	want := `{"schema":1,"problem":"q\"","status":"","reason":"","steps":0,"seed":0,"parameters":0,"optimizer":"","seconds":0,"loss":null,"losses":{"z":null,"a":0.1},` +
		`"errors":{"u":{"rel_l2":null,"max_abs":2,"own_error":0}},"residual_p99":{},"params":{},"run_dir":"runs/a"}`
	if err != nil || string(b) != want {
		t.Errorf("got %s, %v", b, err)
	}
}

// A result that is read is the one that was written, as far as the file has it.
func TestReadReport(t *testing.T) {
	dir := t.TempDir()
	b, err := JSON(&Report{
		Problem: "q", Status: "diverged", Steps: 3, Seed: 1 << 60, Loss: Number(math.NaN()), Losses: Numbers{{"z", 1e-300}, {"a", 0.1}},
		Errors: Errors{{"u", FieldError{RelL2: Number(math.NaN()), MaxAbs: 2}}}, Truths: Numbers{{"k", 1}}, Findings: []string{"x"}, RunDir: &dir,
	})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "result.json")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := JSON(r); err != nil || !bytes.Equal(again, b) {
		t.Errorf("%v: %s, written %s", err, again, b)
	}
	for _, text := range []string{"", "[]", `{"losses": [1]}`, `{"losses": {"a": "b"}}`, `{"errors": {"u": 1}}`, `{"errors": {`, `{"losses": 3}`} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if r, err := Read(path); err == nil {
			t.Errorf("%s: %+v", text, r)
		}
	}
}

// The golden values are numpy's: mean, std(ddof=1), min, median, max.
func TestSpread(t *testing.T) {
	s := Of([]float64{3, 1, 4, 1.5})
	want := Spread{2.375, 1.3768926368215255, 1, 2.25, 4}
	if math.Abs(float64(s.Std-want.Std)) > 1e-15 {
		t.Errorf("std %v", s.Std)
	}
	if s.Std = want.Std; s != want {
		t.Errorf("%v", s)
	}
	one := Of([]float64{7})
	if one.Mean != 7 || one.Max != 7 || !math.IsNaN(float64(one.Std)) {
		t.Errorf("%v", one)
	}
	for _, v := range [][]float64{nil, {1, math.NaN()}} {
		if s := Of(v); !math.IsNaN(float64(s.Mean)) || !math.IsNaN(float64(s.Median)) {
			t.Errorf("%v: %v", v, s)
		}
	}
}
