package known

import (
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
)

// The defaults are the numbers of the problem set; changing one changes every published error.
func TestDefaults(t *testing.T) {
	want := map[string]constants{
		"heat1d":            {"kappa": 0.1},
		"burgers_cole_hopf": {"nu": 0.01 / math.Pi},
		"allen_cahn":        {"diffusion": 1e-4, "reaction": 5},
		"inverse_burgers":   {"nu": 0.01 / math.Pi},
		"lotka_volterra":    {"rate": 20},
	}
	names := Names()
	if len(names) != len(want) || !slices.IsSorted(names) {
		t.Errorf("Names() = %v; want the %d names of this test, sorted", names, len(want))
	}
	for _, name := range names {
		s := lookup(t, name, nil)
		if len(s.Params) != len(want[name]) {
			t.Errorf("%s: constants %v, want %v", name, s.Params, want[name])
		}
		for k, v := range want[name] {
			if s.Params[k] != v {
				t.Errorf("%s: %s = %g, want %g", name, k, s.Params[k], v)
			}
		}
		if s.Name != name || s.Doc == "" || len(s.Fields) == 0 || len(s.Coords) != len(s.Lower) || len(s.Coords) != len(s.Upper) {
			t.Errorf("%s: incomplete description %+v", name, s)
		}
		if computed := slices.Contains([]string{"burgers_cole_hopf", "inverse_burgers", "allen_cahn", "lotka_volterra"}, name); s.ClosedForm == computed {
			t.Errorf("%s: ClosedForm = %v", name, s.ClosedForm)
		}
	}
}

// Each message must name the offender and the way out.
func TestLookupErrors(t *testing.T) {
	for _, c := range []struct {
		name   string
		params constants
		want   []string
	}{
		{"burgers1d", nil, []string{`"burgers1d"`, "burgers_cole_hopf"}},
		{"heat", nil, []string{"heat1d"}},
		{"alen_can", nil, []string{"allen_cahn"}},
		{"heat1d", constants{"speed": 2}, []string{"heat1d", `"speed"`, "it has kappa"}},
		{"burgers_cole_hopf", constants{"nu": 1e-4}, []string{"nu = 0.0001", "[0.00125, 0.1]"}},
		{"heat1d", constants{"kappa": math.NaN()}, []string{"kappa = NaN"}},
		{"heat1d", constants{"kappa": math.Inf(1)}, []string{"kappa = +Inf"}},
	} {
		_, err := Lookup(c.name, c.params)
		if err == nil {
			t.Errorf("Lookup(%q, %v) succeeded", c.name, c.params)
			continue
		}
		for _, w := range append(c.want, "known: ") {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("Lookup(%q, %v): %q does not contain %q", c.name, c.params, err, w)
			}
		}
	}
}

func TestEvalErrors(t *testing.T) {
	heat := lookup(t, "heat1d", nil)
	for _, c := range []struct {
		what           string
		s              *Solution
		values, points []float64
		want           string
	}{
		{"half a point", heat, make([]float64, 1), []float64{0.1, 0.2, 0.3}, "3 numbers are not a whole number of points (t, x)"},
		{"too few values", heat, make([]float64, 1), []float64{0.1, 0.2, 0.3, 0.4}, "2 points and 1 fields need 2"},
		{"after the end", heat, make([]float64, 2), []float64{0.1, 0.2, 1.1, 0.4}, "point 1: t = 1.1 is outside [0, 1]"},
		{"not a number", heat, make([]float64, 1), []float64{math.NaN(), 0}, "t = NaN"},
		{"infinite", heat, make([]float64, 1), []float64{0, math.Inf(-1)}, "x = -Inf"},
		{"zero value", &Solution{}, nil, nil, "not made by Lookup"},
	} {
		err := c.s.Eval(c.values, c.points)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.what, err, c.want)
		}
		for _, v := range c.values {
			if v != 0 {
				t.Errorf("%s: values were touched: %v", c.what, c.values)
			}
		}
	}
	if _, err := heat.Index("v"); err == nil || !strings.Contains(err.Error(), `no field "v"; it has u`) {
		t.Errorf("Index of an unknown field: %v", err)
	}
}

// Samplers land on the boundary only up to rounding. What lies outside by that much is inside.
func TestBoundaryForgivesRounding(t *testing.T) {
	for _, name := range Names() {
		s := shared(t, name, nil)
		p := make([]float64, 2*len(s.Coords))
		for i := range s.Coords {
			p[i] = s.Lower[i] - 1e-10
			p[len(s.Coords)+i] = s.Upper[i] + 1e-10
		}
		if err := s.Eval(make([]float64, 2*len(s.Fields)), p); err != nil {
			t.Error(err)
		}
	}
}

// Fields are contiguous: field f at point i is values[f*n+i].
func TestEvalLayout(t *testing.T) {
	s := lookup(t, "lotka_volterra", nil)
	points := []float64{0, 0.3, 0.9}
	values := make([]float64, 6)
	if err := s.Eval(values, points); err != nil {
		t.Fatal(err)
	}
	for f, name := range s.Fields {
		for i := range 3 {
			if got, want := values[f*3+i], valueAt(t, s, name, points[i]); got != want {
				t.Errorf("%s at point %d: %g, want %g", name, i, got, want)
			}
		}
	}
}

// Two goroutines that meet at the first evaluation compute once and read the same numbers; run with -race.
func TestEvalIsSafeForConcurrentUse(t *testing.T) {
	s := lookup(t, "allen_cahn", nil)
	points := []float64{0.3, 0.1, 0.7, -0.9}
	var wg sync.WaitGroup
	got := make([][2]float64, 8)
	for i := range got {
		wg.Go(func() {
			if err := s.Eval(got[i][:], points); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, g := range got {
		if g != got[0] {
			t.Errorf("goroutines disagree: %v", got)
		}
	}
}

// What a caller does to the exported fields stays with the caller.
func TestExportedFieldsAreCopies(t *testing.T) {
	s := lookup(t, "heat1d", nil)
	s.Params["kappa"], s.Fields[0], s.Lower[0] = 1, "w", 0.9
	s.Coords, s.Fields = nil, append(s.Fields, "q")
	if err := s.Eval(make([]float64, 1), []float64{0, 0}); err != nil {
		t.Errorf("Eval after changes: %v", err)
	}
	if _, err := s.Index("q"); err == nil {
		t.Error("a field that Eval does not compute was found")
	}
	if again := lookup(t, "heat1d", nil); again.Params["kappa"] != 0.1 || again.Fields[0] != "u" || again.Lower[0] != 0 {
		t.Errorf("the library changed: %+v", again)
	}
}

func FuzzLookup(f *testing.F) {
	f.Add("heat1d", "kappa", 0.5, 0.1, 0.2)
	f.Add("burgers", "nu", 0.0, math.NaN(), 2.0)
	f.Add("lotka_volterra", "", 0.0, 0.0, -1e-9)
	f.Fuzz(func(t *testing.T, name, param string, v, a, b float64) {
		s, err := Lookup(name, constants{param: v})
		if err != nil || name == "allen_cahn" { // too slow to fuzz
			return
		}
		n := len([]float64{a, b}) / len(s.Coords)
		values := make([]float64, n*len(s.Fields))
		if err := s.Eval(values, []float64{a, b}[:n*len(s.Coords)]); err != nil {
			return
		}
		for _, u := range values {
			if math.IsNaN(u) || math.IsInf(u, 0) {
				t.Errorf("%s with %s=%g at (%g, %g) is %g", name, param, v, a, b, u)
			}
		}
	})
}

func lookup(t testing.TB, name string, c constants) *Solution {
	t.Helper()
	s, err := Lookup(name, c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// valueAt is one field at one point.
func valueAt(t testing.TB, s *Solution, field string, p ...float64) float64 {
	t.Helper()
	k, err := s.Index(field)
	values := make([]float64, s.width)
	if err := errors.Join(err, s.Eval(values, p)); err != nil {
		t.Fatal(err)
	}
	return values[k]
}

// shared is lookup for tests that only read: the default Allen–Cahn field is computed once for all of them.
func shared(t testing.TB, name string, c constants) *Solution {
	t.Helper()
	if name != "allen_cahn" || c != nil {
		return lookup(t, name, c)
	}
	s, err := sharedAllenCahn()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var sharedAllenCahn = sync.OnceValues(func() (*Solution, error) { return Lookup("allen_cahn", nil) })
