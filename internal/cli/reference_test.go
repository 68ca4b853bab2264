package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A reference file may have exactly the points of the grid, as numpy.linspace makes them.
func TestReferenceOnTheGrid(t *testing.T) {
	dir := t.TempDir()
	var b strings.Builder
	fmt.Fprintln(&b, "x,u")
	for i := range 11 {
		fmt.Fprintf(&b, "%v,%v\n", float64(i)*0.1, 0.5)
	}
	problem := `problem: grid
coords: {x: [0, 1]}
fields: {u: {net: mlp, hidden: [4]}}
constraints:
  pde: {residual: u - 0.5, points: 20}
optimizer: {lm: {}, steps: 20}
reference: {u: {file: u.csv}}
grid: 11
`
	for name, text := range map[string]string{"u.csv": b.String(), "p.yaml": problem} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := call(t, "solve", filepath.Join(dir, "p.yaml"), "--out", filepath.Join(dir, "run"), "--quiet")
	if r.code != exitOK || !strings.Contains(r.out, "at 11 points") {
		t.Errorf("%+v", r)
	}
}
