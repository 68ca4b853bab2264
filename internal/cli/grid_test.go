package cli

import (
	"reflect"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/internal/report"
)

func TestSplitValues(t *testing.T) {
	for in, want := range map[string][]string{
		"1e-3, 3e-3":                    {"1e-3", "3e-3"},
		"[20, 20],[30, 30]":             {"[20, 20]", "[30, 30]"},
		"{adam: {lr: 1}, steps: 2}, x":  {"{adam: {lr: 1}, steps: 2}", "x"},
		`"a, b", 'c, ]', max(u, v), u'`: {`"a, b"`, "'c, ]'", "max(u, v)", "u'"},
		"":                              {""},
		"a,":                            {"a", ""},
	} {
		if got, err := splitValues(in); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %q, %v", in, got, err)
		}
	}
}

// What was read writes itself so that it is read as the same.
func FuzzReadAxis(f *testing.F) {
	for _, s := range []string{"a=1,2", "a.0=[1, 2],{b: (3)}", "a='x', \"y,\"", "a==", "a=é,'"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		x, err := readAxis(text)
		if err != nil {
			return
		}
		again, err := readAxis(x.String())
		if err != nil || !reflect.DeepEqual(x, again) {
			t.Errorf("%q is %q, and that %q (%v)", text, x, again, err)
		}
	})
}

func TestCombinations(t *testing.T) {
	got := combinations([]axis{{"a", []string{"1", "2"}}, {"b", []string{"x", "y", "z"}}})
	want := [][]string{{"1", "x"}, {"1", "y"}, {"1", "z"}, {"2", "x"}, {"2", "y"}, {"2", "z"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v", got)
	}
}

func TestShare(t *testing.T) {
	for _, c := range [][6]int{ // cores, runs, jobs, workers; at once, each
		{2, 5, 0, 0, 2, 1}, {8, 3, 0, 0, 3, 2}, {8, 20, 0, 2, 4, 2}, {2, 5, 1, 0, 1, 2}, {2, 5, 5, 0, 5, 1}, {4, 1, 0, 0, 1, 4}, {2, 0, 0, 0, 1, 2}, {2, 3, 0, 8, 1, 8},
	} {
		if at, each := share(c[0], c[1], c[2], c[3]); at != c[4] || each != c[5] {
			t.Errorf("%v: %d at once, %d each", c, at, each)
		}
	}
}

func TestPlusMinus(t *testing.T) {
	if got := plusMinus(report.Of([]float64{3, 1, 4, 1.5})); got != "2.375e+00 ± 1.4" {
		t.Error(got)
	}
	if got := plusMinus(report.Of([]float64{7})); strings.Contains(got, "±") {
		t.Error(got)
	}
}
