package problemfile

import (
	"strings"
	"testing"
)

// Fast waves become inputs where a file says nothing, and the resolved file says so: read again, it is the same problem. A file with a
// schema that says nothing of waves is of a run from before there were any.
func TestWaves(t *testing.T) {
	const text = `problem: rod
coords: {x: [0, 1]}
fields: {u: {net: mlp}}
constraints:
  pde: {residual: u_xx = sin(20*pi*x)}
  ends: {residual: u, on: boundary}
`
	read := func(text string) *Problem {
		p, err := Parse("rod.yaml", []byte(text), ".", nil)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	first := read(text)
	for name, c := range map[string]struct {
		text string
		want bool
	}{
		"nothing":          {text, true},
		"auto":             {text + "waves: auto\n", true},
		"none":             {text + "waves: none\n", false},
		"slow":             {strings.Replace(text, "20*pi", "9*pi", 1), false},
		"schema":           {text + "schema: 1\n", false},
		"schema, and auto": {text + "schema: 1\nwaves: auto\n", true},
		"as it was kept":   {string(first.Kept), true},
		"kept, and slow":   {string(read(text + "waves: none\n").Kept), false},
	} {
		if p := read(c.text); p.Choice.Waves != c.want {
			t.Errorf("%s: %v", name, p.Choice.Waves)
		}
	}
}
