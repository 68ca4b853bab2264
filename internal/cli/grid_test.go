package cli

import (
	"math"
	"reflect"
	"strings"
	"testing"
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

// The golden values are numpy's: mean, std(ddof=1), min, median, max.
func TestSpread(t *testing.T) {
	s := spreadOf([]float64{3, 1, 4, 1.5})
	want := Spread{2.375, 1.3768926368215255, 1, 2.25, 4}
	if math.Abs(float64(s.Std-want.Std)) > 1e-15 {
		t.Errorf("std %v", s.Std)
	}
	if s.Std = want.Std; s != want {
		t.Errorf("%v", s)
	}
	if got := s.plusMinus(); got != "2.375e+00 ± 1.4" {
		t.Error(got)
	}
	one := spreadOf([]float64{7})
	if one.Mean != 7 || one.Max != 7 || !math.IsNaN(float64(one.Std)) || strings.Contains(one.plusMinus(), "±") {
		t.Errorf("%v", one)
	}
	for _, v := range [][]float64{nil, {1, math.NaN()}} {
		if s := spreadOf(v); !math.IsNaN(float64(s.Mean)) || !math.IsNaN(float64(s.Median)) {
			t.Errorf("%v: %v", v, s)
		}
	}
}
