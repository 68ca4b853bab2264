package problemfile_test

import (
	"strings"
	"testing"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/internal/problemfile"
)

// A run ends at an accuracy when the file asks for one, or says nothing of how to train.
func TestAccuracy(t *testing.T) {
	const file = "problem: p\ncoords: {x: [0, 1]}\nfields: {u: {hidden: [3]}}\nconstraints: {a: {residual: u_x + u}, b: {residual: u - 1, on: {x: 0}}}\n"
	for text, want := range map[string]struct {
		steps        int
		below, asked float64
		resolved     string
	}{
		"":                                {0, 1e-6, 0, "auto"},
		"optimizer: auto\n":               {0, 1e-6, 0, "auto"},
		"optimizer: {lm: {}, steps: 9}\n": {0, 0, 0, "best"},
		"steps: 50\n":                     {0, 0, 0, "best"},
		"accuracy: best\n":                {0, 0, 0, "best"},
		"accuracy: 1e-3\n":                {0, 1e-3, 1e-3, "1e-3"},
		"accuracy: auto\nsteps: 50\n":     {0, 1e-6, 0, "auto"},
		"accuracy: auto\n":                {50, 0, 0, "best"}, // --steps 50
		"accuracy: 1e-4\n":                {50, 1e-4, 1e-4, "1e-4"},
	} {
		p, err := readOver("p.yaml", []byte(file+text), ".", problemfile.Overrides{Steps: want.steps})
		if err != nil {
			t.Fatal(err)
		}
		below := 0.0
		for _, c := range p.Callbacks("") {
			if a, ok := c.(*callbacks.Accuracy); ok {
				below = a.Below
			}
		}
		if below != want.below || p.Accuracy != want.asked || !strings.Contains(string(p.Resolved), "accuracy: "+want.resolved+"\n") {
			t.Errorf("%q: ends below %v, asked for %v, %s", text, below, p.Accuracy, p.Resolved)
		}
	}
}
