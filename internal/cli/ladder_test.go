package cli

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/crux/verdict"
	"github.com/crux-pinn/crux/internal/report"
)

// A solution that stays at its unstable rest is no end: other ways are tried, the best of them is the result, and the others are kept.
func TestLadder(t *testing.T) {
	if testing.Short() {
		t.Skip("half a minute")
	}
	t.Chdir(t.TempDir())
	const growth = `
problem: g
coords: {t: [0, 10]}
fields: {u: {net: mlp}}
constraints:
  ode: {residual: u_t = u*(1 - u)}
  start: {residual: u = 0.01, on: initial}
reference: {u: 1/(1 + 99*exp(-t))}
`
	for _, c := range []struct {
		name, more, dir string
		attempts        int
		word            string
		code            int
	}{
		{"it chooses by itself", "", "climbs", 2, "solved", exitOK},
		{"steps are said", "steps: 400\n", "stays", 0, "unsolved", exitUnsolved},
		{"the method is said", "optimizer: [{adam: {}, steps: 200}]\n", "adam", 0, "unsolved", exitUnsolved},
	} {
		if err := os.WriteFile("g.yaml", []byte(growth+c.more), 0o600); err != nil {
			t.Fatal(err)
		}
		var out, said strings.Builder
		code := Run(context.Background(), []string{"solve", "g.yaml", "--json", "--quiet", "--out", c.dir}, Streams{Out: &out, Err: &said})
		var v struct {
			Verdict  string
			Attempts []struct {
				Way, Verdict string
				Set          []string
			}
			Errors map[string]struct {
				L2 float64 `json:"rel_l2"`
			}
		}
		if err := json.Unmarshal([]byte(out.String()), &v); err != nil {
			t.Fatal(err)
		}
		if code != c.code || v.Verdict != c.word || len(v.Attempts) != c.attempts {
			t.Errorf("%s: exit %d, %+v, %s", c.name, code, v, said.String())
		}
		written, err := os.ReadFile(filepath.Join(c.dir, resultFile))
		if err != nil || string(written) != out.String() {
			t.Errorf("%s: %s holds something else than what was printed (%v)", c.name, resultFile, err)
		}
		if c.attempts == 0 {
			continue
		}
		if v.Attempts[0].Verdict != "unsolved" || strings.Join(v.Attempts[1].Set, " ") != "windows=10" || !(v.Errors["u"].L2 < 1e-5) {
			t.Errorf("%s: %+v", c.name, v)
		}
		for _, dir := range []string{c.dir, filepath.Join(c.dir, attemptsDir, "1")} { // both can be opened
			var values, said strings.Builder
			if code := Run(context.Background(), []string{"eval", dir, "--at", "t=10"}, Streams{Out: &values, Err: &said}); code != exitOK {
				t.Errorf("%s: eval %s: exit %d, %s", c.name, dir, code, said.String())
			}
		}
	}
}

// Another way is tried from an estimated error of a thousandth on, never for a problem that determines nothing, and the best verdict counts first.
func TestWanting(t *testing.T) {
	made := func(status crux.Status, word verdict.Word, worst float64) *attempt {
		r := &report.Report{Status: status.String(), Verdict: word}
		r.Estimate.Add("u", report.Number(worst))
		return newAttempt(nil, &ended{report: r}, "", "", nil)
	}
	for name, c := range map[string]struct {
		of   *attempt
		want bool
	}{
		"solved":                {made(crux.Stopped, verdict.Solved, 1e-7), false},
		"good enough":           {made(crux.Converged, verdict.Inaccurate, 0.9e-3), false},
		"not good enough":       {made(crux.Converged, verdict.Inaccurate, 1.1e-3), true},
		"no number":             {made(crux.Converged, verdict.Inaccurate, math.NaN()), true},
		"unsolved":              {made(crux.Converged, verdict.Unsolved, 1), true},
		"diverged":              {made(crux.Diverged, "", math.NaN()), true},
		"ill-posed":             {made(crux.Converged, verdict.IllPosed, 1), false},
		"ended by the user":     {made(crux.Canceled, verdict.Unsolved, 1), false},
		"failed":                {made(crux.Failed, "", 1), false},
		"it has not even begun": {newAttempt(nil, &ended{}, "", "", nil), false},
	} {
		if got := c.of.wanting(); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	order := []*attempt{made(crux.Stopped, verdict.Solved, 1e-7), made(crux.Converged, verdict.Inaccurate, 1e-4), made(crux.Converged, verdict.Inaccurate, 1e-2), made(crux.Converged, verdict.Unsolved, 1)}
	for i, x := range order {
		for j, y := range order {
			if x.before(y) != (i < j) {
				t.Errorf("attempt %d before %d: %v", i, j, x.before(y))
			}
		}
	}
}
