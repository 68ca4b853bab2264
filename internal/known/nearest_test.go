package known

import (
	"slices"
	"testing"
)

func TestCommonLength(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 0}, {"abc", "xabcx", 3}, {"aaa", "aa", 2}, {"advection", "convection", 7}, {"abcab", "cabd", 3},
	} {
		if got := commonLength(c.a, c.b); got != c.want {
			t.Errorf("commonLength(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestNearest(t *testing.T) {
	for wrong, want := range map[string]string{
		"burgers1d": "burgers_cole_hopf", "allencahn": "allen_cahn", "Poisson2D": "poisson2d",
		"laplace2d": "laplace", "helmholz2d": "helmholtz2d", "wave": "wave1d", "elasticity": "elasticity_plate", "advection": "convection",
	} {
		if got := nearest(wrong, Names(), 3); got[0] != want || len(got) != 3 {
			t.Errorf("nearest(%q) = %v, want %s first", wrong, got, want)
		}
	}
	names := []string{"a"}
	if got := nearest("b", names, 3); !slices.Equal(got, names) {
		t.Errorf("nearest of one name = %v", got)
	}
}
