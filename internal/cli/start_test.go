package cli

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/internal/report"
)

// rod has the solution u = k·x·(1 − x)/2 and an unknown k, which the value in the middle gives.
const rod = `
problem: rod
coords: {x: [0, 1]}
params: {k: 1}
fields: {u: {net: mlp, hidden: [5]}}
constraints:
  pde: {residual: "u_xx + k", points: 30}
  ends: {residual: u, on: boundary, points: 2}
  middle: {residual: "u(x = 0.5) - 0.25", points: 1}
optimizer: [{lm: {}, steps: 40}]
seed: 1
`

// A run starts from another one with the same network, or with another; it says what it has taken, and continues without it.
func TestStartFromARun(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("rod.yaml", []byte(rod), 0o644); err != nil {
		t.Fatal(err)
	}
	quietly(t, "solve", "rod.yaml", "-q", "--out", "first")
	for _, c := range []struct{ name, hidden, says string }{
		{"same", "[5]", "u starts as in first: its network has the parameters of that one"},
		{"other", "[4, 4]", "u starts as in first, up to "},
	} {
		r := call(t, "solve", "rod.yaml", "--out", c.name, "--json", "--steps", "2", "--set", "init.from=first",
			"--set", "fields.u.hidden="+c.hidden)
		var v report.Report
		if err := json.Unmarshal([]byte(r.out), &v); err != nil || r.code != exitOK {
			t.Fatalf("%s: %+v %v", c.name, r, err)
		}
		for _, want := range []string{"k starts at 2: that is its value in first", c.says} {
			if !strings.Contains(r.err, want) {
				t.Errorf("%s: it does not say %q:\n%s", c.name, want, r.err)
			}
		}
		if !(v.Loss < 1e-6) {
			t.Errorf("%s: after two steps the loss is %v", c.name, v.Loss)
		}
	}
	if r := call(t, "solve", "rod.yaml", "-q", "--set", "init.from=nowhere"); r.code != exitUsage || !strings.Contains(r.err, "nowhere") {
		t.Errorf("%+v", r)
	}
	if err := os.Rename("first", "moved"); err != nil {
		t.Fatal(err)
	}
	if r := call(t, "resume", "other", "-q", "--steps", "4"); r.code != exitOK {
		t.Errorf("%+v", r)
	}
}
