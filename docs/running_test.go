package docs_test

import (
	"os"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/internal/problemfile"
)

// Every block of YAML on the page loads: it is a whole problem, or stands beside, or in place of, these constraints.
func TestRunningPage(t *testing.T) {
	const constraints = `constraints:
  pde: {residual: u_xx + u_yy + 1, points: 300}
  bc: {residual: u, on: boundary, points: 40}
`
	text, err := os.ReadFile("running.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := 0
	for i, part := range strings.Split(string(text), "```") {
		kind, body, _ := strings.Cut(part, "\n")
		if i%2 == 0 || kind != "yaml" {
			continue
		}
		blocks++
		whole := strings.HasPrefix(body, "problem:")
		src := "problem: page\ncoords: {x: [0, 1], y: [0, 1]}\nfields: {u: {net: mlp, hidden: [8, 8]}}\n" + body
		switch {
		case whole:
			src = body
		case !strings.HasPrefix(body, "constraints:"):
			src += constraints
		}
		if _, err := problemfile.Parse("running.md", []byte(src), ".", nil); err != nil {
			t.Errorf("%v\n%s", err, src)
		}
	}
	if blocks < 6 {
		t.Errorf("%d blocks", blocks)
	}
}
