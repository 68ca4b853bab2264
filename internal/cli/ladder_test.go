package cli

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/crux/verdict"
	"github.com/crux-pinn/crux/internal/problemfile"
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
		if v.Attempts[0].Verdict != "unsolved" || strings.Join(v.Attempts[1].Set, " ") != "windows=10 fields.u.hidden=[16, 16]" || !(v.Errors["u"].L2 < 1e-5) {
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

// With --apply what the verdict says is missing is put in, and the file stays as it is: a solution that a constant can be added to, a ring
// without its slope. Without it the verdict stands, and nothing is applied where nothing is wrong.
func TestApply(t *testing.T) {
	t.Chdir(t.TempDir())
	files := map[string]string{
		"neumann": `
problem: neumann
coords: {x: [0, 1]}
fields: {u: {net: mlp, hidden: [10]}}
constraints:
  pde: {residual: u_xx + pi^2*cos(pi*x)}
  walls: {residual: u_x, on: boundary}
`,
		"ring": `
problem: ring
coords: {x: [0, 1]}
fields: {u: {net: mlp, hidden: [10, 10]}}
constraints:
  pde: {residual: u_xx - 4*pi^2*u + 8*pi^2*sin(2*pi*x)}
  ring: {residual: u(x = 0) = u(x = 1), on: x}
`,
		"fine": `
problem: fine
coords: {x: [0, 1]}
fields: {u: {net: mlp, hidden: [10]}}
constraints:
  pde: {residual: u_xx + pi^2*sin(pi*x)}
  ends: {residual: u, on: boundary}
`,
	}
	for _, c := range []struct {
		file  string
		flags []string
		code  int
		says  string // of the first way's settings
	}{
		{"neumann", []string{"--apply"}, exitOK, `constraints.level={residual: "u(x = 0) = 0", points: 100}`},
		{"neumann", nil, exitIllPosed, ""},
		{"ring", []string{"--apply"}, exitOK, "constraints.slope={residual: u_x(x = 0) = u_x(x = 1), on: x}"},
		{"fine", []string{"--apply"}, exitOK, ""},
	} {
		if err := os.WriteFile("p.yaml", []byte(files[c.file]), 0o600); err != nil {
			t.Fatal(err)
		}
		var out, said strings.Builder
		code := Run(context.Background(), append([]string{"solve", "p.yaml", "--json", "--quiet"}, c.flags...), Streams{Out: &out, Err: &said})
		r := &report.Report{}
		if err := json.Unmarshal([]byte(out.String()), r); err != nil {
			t.Fatal(err)
		}
		tried := ""
		if len(r.Attempts) > 0 {
			tried = strings.Join(r.Attempts[1].Sets, " ")
		}
		warned := slices.ContainsFunc(r.Warnings, func(w string) bool { return strings.HasPrefix(w, "this is the problem with "+c.says) })
		if code != c.code || tried != c.says || warned != (c.says != "") {
			t.Errorf("%s %v: exit %d, tried %s, %s, %q", c.file, c.flags, code, tried, r.Verdict, r.Warnings)
		}
		if now, err := os.ReadFile("p.yaml"); err != nil || string(now) != files[c.file] {
			t.Errorf("%s: the file has changed (%v)", c.file, err)
		}
	}
}

// Where windows were solved up to a time, the next way keeps them and goes on in half the length.
func TestHalved(t *testing.T) {
	windows := func(estimates ...float64) *report.Report {
		r := &report.Report{}
		for k, e := range estimates {
			w := report.Window{From: float64(k), To: float64(k + 1)}
			if !math.IsNaN(e) {
				w.Estimate = (*report.Number)(&e)
			}
			r.Windows = append(r.Windows, w)
		}
		return r
	}
	nan := math.NaN()
	for _, c := range []struct {
		of    *report.Report
		takes int
		sets  string
	}{
		{windows(1e-9, 1e-4, 0.2, nan), 2, "windows=[1, 2, 2.5, 3, 3.5]"},
		{windows(1e-9, 2e-3, 0.2, nan), 1, "windows=[1, 1.5, 2, 2.5, 3, 3.5]"},
		{windows(1e-9, 1e-4, 0.9e-3, 1.1e-3), 3, "windows=[1, 2, 3, 3.5]"},
		{windows(0.5, nan, nan, nan), 0, ""},
		{windows(1e-9, 1e-4, 0.9e-3, 0.9e-3), 0, ""},
		{windows(), 0, ""},
		{nil, 0, ""},
		{windows(append([]float64{1e-9}, slices.Repeat([]float64{nan}, 49)...)...), 1, "windows=[1, 1.5"},
		{windows(append([]float64{1e-9}, slices.Repeat([]float64{nan}, 50)...)...), 0, ""}, // they would be too many
	} {
		w := halved(c.of)
		if w == nil {
			w = &way{sets: func(*problemfile.Problem) []string { return nil }}
		}
		if got := strings.Join(w.sets(&problemfile.Problem{}), " "); w.takes != c.takes || !strings.HasPrefix(got, c.sets) || c.sets == "" && got != "" {
			t.Errorf("%+v: takes %d, %s", c.of, w.takes, got)
		}
	}
}

// Half as long windows are tried where there is time for them.
func TestLeaves(t *testing.T) {
	x := &attempt{ended: &ended{report: &report.Report{Windows: []report.Window{
		{Steps: 300}, {Steps: 300}, {Steps: 300}, {Steps: 300}, {Steps: 20}, {}, {}, {}, {}, {},
	}}}}
	for _, c := range []struct { // 6 windows more, each as long as two of half the length, at 4 s, or at 10 s
		left, taken int
		want        bool
	}{{25, 0, true}, {23, 0, false}, {61, 3, true}, {59, 3, false}, {1000, 5, false}} {
		x.taken = c.taken
		if got := x.leaves(time.Duration(c.left)*time.Second, 20*time.Second); got != c.want {
			t.Errorf("%d s, %d taken: %v", c.left, c.taken, got)
		}
	}
}

func TestLate(t *testing.T) {
	for _, c := range []struct {
		budget, used time.Duration
		want         bool
	}{{0, time.Hour, false}, {time.Minute, 0, false}, {time.Minute, 53 * time.Second, false}, {time.Minute, 55 * time.Second, true}, {time.Minute, time.Hour, true}} {
		if got := late(c.budget, c.used); got != c.want {
			t.Errorf("%v of %v: %v", c.used, c.budget, got)
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
		if got := c.of.wanting(goodEnough); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	for _, c := range []struct {
		p    problemfile.Problem
		want bool
	}{
		{problemfile.Problem{}, false},
		{problemfile.Problem{Budget: time.Minute}, true},
		{problemfile.Problem{Accuracy: 1e-5}, true},
		{problemfile.Problem{Accuracy: 1e-2, Budget: time.Minute}, false},
	} {
		if got := made(crux.Converged, verdict.Inaccurate, 1e-4).wanting(aim(&c.p)); got != c.want {
			t.Errorf("budget %v, accuracy %g: %v", c.p.Budget, c.p.Accuracy, got)
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

// Of attempts that are both far off, the one with the smaller residuals is the better one, if all of it was trained; otherwise estimates count.
func TestFarOff(t *testing.T) {
	made := func(word verdict.Word, worst, ofTerms float64, untrained bool) *attempt {
		r := &report.Report{Status: crux.Stopped.String(), Verdict: word, Windows: []report.Window{{Steps: 300}, {Steps: 20}}}
		if untrained {
			r.Windows[1].Steps = 0
		}
		r.Estimate.Add("v", report.Number(worst))
		r.OfTerms.Add("pde.u", 1e-3)
		r.OfTerms.Add("pde.v", report.Number(ofTerms))
		return newAttempt(nil, &ended{report: r}, "", "", nil)
	}
	windows := made(verdict.Unsolved, 1, 0.03, false)
	for name, c := range map[string]struct {
		other *attempt
		first bool // windows are before it
	}{
		"far off, and large residuals":      {made(verdict.Inaccurate, 0.2, 0.41, false), true},
		"far off, and smaller residuals":    {made(verdict.Unsolved, 1, 0.02, false), false},
		"near":                              {made(verdict.Inaccurate, 0.09, 0.41, false), false},
		"smaller residuals of a part":       {made(verdict.Unsolved, 1, 1e-9, true), true},
		"residuals that nobody knows":       {made(verdict.Inaccurate, 0.2, math.NaN(), false), true},
		"ill-posed, with smaller residuals": {made(verdict.IllPosed, 1, 1e-9, false), true},
		"solved, whatever its residuals":    {made(verdict.Solved, 1e-7, 0.41, false), false},
	} {
		if got, back := windows.before(c.other), c.other.before(windows); got != c.first || back == got {
			t.Errorf("%s: before it %v, after it %v", name, got, back)
		}
	}
}

// Windows end where the data of a problem switch; those that have been solved stay.
func TestWindowsAtSwitches(t *testing.T) {
	for _, c := range []struct {
		of   string
		ends []float64
		stay int
		want string
	}{
		{"u_t + u", []float64{1, 2}, 0, "windows=[1, 2]"},
		{"u_t + u - where(t < 1, 5, 0)", []float64{0.9, 1.8, 2.7}, 0, "windows=[1, 1.8, 2.7]"},
		{"u_t + u - where(t < 1.3, 5, 0)", []float64{0.9, 1.8, 2.7}, 0, "windows=[0.9, 1.3, 1.8, 2.7]"},
		{"u_t + u - abs(t - 2.65)", []float64{0.9, 1.8, 2.7}, 0, "windows=[0.9, 1.8, 2.65]"},
		{"u_t + u - abs(t - 2.5)", []float64{0.9, 1.8, 2.7}, 0, "windows=[0.9, 1.8, 2.5, 2.7]"},
		{"u_t + u - where(t > 1 and t < 2, 5, 0)", []float64{1.5}, 0, "windows=[1, 1.5, 2]"},
		{"u_t + u - where(t < 1, 5, 0)", []float64{0.9, 1.8, 2.7}, 1, "windows=[0.9, 1, 1.8, 2.7]"},
		{"u_t + u - where(t < 1, 5, 0)", []float64{0.9, 1.1, 2.7}, 2, "windows=[0.9, 1.1, 2.7]"},
		{"u_t + where(u < 1, u, 1)", []float64{1, 2}, 0, "windows=[1, 2]"},              // nobody knows when
		{"u_t + u - where(sin(100*t) > 0, 1, 0)", []float64{1, 2}, 0, "windows=[1, 2]"}, // too often
	} {
		p, err := problemfile.Parse("switch.yaml", []byte("problem: switch\ncoords: {t: [0, 3]}\nfields: {u: {net: mlp}}\n"+
			"constraints:\n  ode: {residual: \""+c.of+"\"}\n  ic: {residual: u = 1, on: initial}\n"), ".", nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := windowsAt(p, c.ends, c.stay); got != c.want {
			t.Errorf("%s: %s, want %s", c.of, got, c.want)
		}
	}
}

// How long a problem is trained as it is stated, and what comes then, follows from what it is a function of.
func TestPatience(t *testing.T) {
	for _, c := range []struct {
		coords, pde, next string
		tenths            int
	}{
		{"t: [0, 1]", "u_t + u", "10 windows of time", soon},
		{"t: [0, 1]", "u_t + u - where(t < 0.3, 1, 0)", "10 windows of time", atOnce},
		{"x: [0, 1], t: [0, 1]", "u_t - u_xx", "20 windows of time", early},
		{"x: [0, 1], y: [0, 1]", "u_xx + u_yy - 1", "larger networks", 0},
		{"x: [0, 1], t: [0, 1]", "u_t - k*u_xx", "larger networks", 0}, // k is found at all times at once
	} {
		on := "boundary"
		if strings.Contains(c.coords, "t:") {
			on = "initial"
		}
		k := ""
		if strings.Contains(c.pde, "k*") {
			k = ", k: {net: mlp, of: [x]}"
		}
		text := "problem: p\ncoords: {" + c.coords + "}\nfields: {u: {net: mlp}" + k + "}\nconstraints:\n  pde: {residual: \"" + c.pde +
			"\"}\n  first: {residual: u - 1, on: " + on + "}\n"
		p, err := problemfile.ParseWith("p.yaml", []byte(text), t.TempDir(), problemfile.Overrides{})
		if err != nil {
			t.Fatal(err)
		}
		if tenths, _ := patience(p); tenths != c.tenths || otherWays(p)[0] != c.next {
			t.Errorf("%s: left after %d tenths to %s, want %d and %s", c.pde, tenths, otherWays(p)[0], c.tenths, c.next)
		}
	}
}
