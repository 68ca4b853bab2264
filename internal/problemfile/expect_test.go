package problemfile_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/internal/problemfile"
)

// What a file expects is what a report has; a bound begins with its sign.
func TestExpect(t *testing.T) {
	const file = `
problem: p
coords: {x: [0, 1]}
params: {k: {init: 1, true: 2}, free: 1}
constants: {bound: 1e-3}
fields: {u: {hidden: [3]}}
constraints: {a: {residual: "u_x + k*free*u"}, b: {residual: u - 1, on: {x: 0}}}
hard: none
reference: {u: exp(-x)}
expect: `
	p, err := readText("p.yaml", []byte(file+"{u.error: < bound/2, k.error: \"<1e-2\", free.estimate: '> 1', a.p99: < 1, b.loss: < 1, seconds: < 9}\n"), ".", nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []problemfile.Expectation{{"u.error", "<", 5e-4}, {"k.error", "<", 1e-2}, {"free.estimate", ">", 1}, {"a.p99", "<", 1}, {"b.loss", "<", 1}, {"seconds", "<", 9}}
	if !slices.Equal(p.Expect, want) {
		t.Errorf("%v", p.Expect)
	}
	for text, message := range map[string]string{
		"{u.errors: < 1}":   `nothing is reported as "u.errors"; did you mean u.error?`,
		"{free.error: < 1}": `nothing is reported as "free.error"; there are loss, steps, seconds`,
		"{u.error: 1}":      `"1" is no bound; write "< 1e-3", or "> 1e-3"`,
		"{u.error: < many}": "unknown name many",
		"{u.error: [1]}":    `a list does not fit here; a bound such as "< 1e-3" must stand here`,
		"none":              "write a mapping such as {u.error: \"< 1e-3\", seconds: \"< 60\"}",
	} {
		if _, err := readText("p.yaml", []byte(file+text+"\n"), ".", nil); err == nil || !strings.Contains(err.Error(), message) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
