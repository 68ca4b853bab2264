package nearest_test

import (
	"fmt"
	"testing"

	"github.com/crux-pinn/crux/internal/nearest"
)

func ExampleName() {
	fmt.Println(nearest.Name("optimiser", []string{"optimizer", "options", "points"}))
	// Output: optimizer
}

func TestName(t *testing.T) {
	for _, c := range []struct {
		name, word string
		valid      []string
		want       string
	}{
		{"replacement", "v_x", []string{"t", "u_x", "w_t"}, "u_x"},
		{"swap of neighbours", "tahn", []string{"sin", "tanh"}, "tanh"},
		{"insertion", "resdual", []string{"residual"}, "residual"},
		{"case", "NU", []string{"mu", "nu"}, "nu"},
		{"first of equals", "uc", []string{"ub", "ua"}, "ua"},
		{"equal length", "tahn", []string{"tan", "tanh"}, "tanh"},
		{"single letters are different names", "v", []string{"u"}, ""},
		{"nothing near", "pressure", []string{"u", "v"}, ""},
		{"nothing valid", "u", nil, ""},
		{"empty word", "", []string{"abc"}, ""},
		{"letters, not bytes", "ηx", []string{"θx"}, "θx"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := nearest.Name(c.word, c.valid); got != c.want {
				t.Errorf("Name(%q, %q) = %q, want %q", c.word, c.valid, got, c.want)
			}
		})
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"", "abc", 3},
		{"abc", "", 3},
		{"kitten", "sitting", 3},
		{"flaw", "lawn", 2},
		{"wave1d", "wave1d", 0},
		{"residaul", "residual", 1}, // a swap counts once
	} {
		if got := nearest.Distance([]rune(c.a), []rune(c.b)); got != c.want {
			t.Errorf("Distance(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
