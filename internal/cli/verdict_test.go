package cli

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// What a run is worth is its first line, its exit code, and verdict, estimate and reasons of the result.
func TestVerdict(t *testing.T) {
	t.Chdir(t.TempDir())
	const equation = `
problem: p
coords: {x: [0, 1]}
fields: {u: {hidden: [10, 10]}}
constraints:
  pde: {residual: "u_xx + pi^2*sin(pi*x)"}
`
	for _, c := range []struct {
		name, file string
		args       string
		code       int
		word       string
	}{
		{"solved", equation + "  bc: {residual: u, on: boundary}\n", "", exitOK, "solved"},
		{"steps cut short, of some use", equation + "  bc: {residual: u, on: boundary}\n", "--steps 30", exitInaccurate, "inaccurate"},
		{"accurate enough", equation + "  bc: {residual: u, on: boundary}\n", "--set accuracy=1e-3", exitOK, "solved"},
		{"not as accurate as asked", equation + "  bc: {residual: u, on: boundary}\n", "--set accuracy=1e-9 --steps 305", exitInaccurate, "inaccurate"},
		{"hardly begun", equation + "  bc: {residual: u, on: boundary}\n", "--steps 2 --set hard=none", exitUnsolved, "unsolved"},
		{"as expected", equation + "  bc: {residual: u, on: boundary}\nexpect: {u.estimate: < 1e-6, steps: < 1000, loss: \"> 1e-40\"}\n", "", exitOK, "solved"},
		{"not as expected", equation + "  bc: {residual: u, on: boundary}\nexpect: {u.estimate: < 1e-6, steps: \"> 1000\"}\n", "", exitInaccurate, "solved"},
		{"no condition", equation, "", exitIllPosed, "ill-posed"},
	} {
		if err := os.WriteFile("p.yaml", []byte(c.file), 0o600); err != nil {
			t.Fatal(err)
		}
		var out, said strings.Builder
		code := Run(context.Background(), append([]string{"solve", "p.yaml", "--json", "--quiet", "--out", strings.ReplaceAll(c.name, " ", "-")}, strings.Fields(c.args)...), Streams{Out: &out, Err: &said})
		var v struct {
			Verdict  string
			Estimate map[string]float64
			Reasons  []struct{ Word, Text, Remedy string }
		}
		if err := json.Unmarshal([]byte(out.String()), &v); err != nil {
			t.Fatal(err)
		}
		if code != c.code || v.Verdict != c.word || len(v.Reasons) == 0 || v.Reasons[0].Word != c.word || (c.code == exitOK) != (said.String() == "") {
			t.Errorf("%s: exit %d, %+v, %s", c.name, code, v, said.String())
		}
		if e, ok := v.Estimate["u"]; !ok || c.word == "solved" && e > 1e-3 || c.word == "unsolved" && e < 0.3 {
			t.Errorf("%s: estimate %v", c.name, v.Estimate)
		}
	}
}

// Several runs end with the code of the worst of them, new ones and those that are done, and say which that is.
func TestVerdictOfSeveral(t *testing.T) {
	t.Chdir(t.TempDir())
	const file = `
problem: p
coords: {x: [0, 1]}
fields: {u: {hidden: [10, 10]}}
constraints:
  pde: {residual: "u_xx + pi^2*sin(pi*x)"}
  bc: {residual: u, on: boundary}
`
	if err := os.WriteFile("p.yaml", []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]struct {
		code int
		says string
	}{
		"solve p.yaml --seeds 2 --set accuracy=1e-3":                       {exitOK, ""},
		"sweep p.yaml --grid accuracy=1e-3,1e-9 --steps 305":               {exitInaccurate, "crux: run-2 (accuracy=1e-9): p: inaccurate: "},
		"sweep p.yaml --grid seed=1,2 --steps 2 --set hard=none --out new": {exitUnsolved, "crux: run-1 (seed=1): p: unsolved: "},
	} {
		for range 2 {
			var out, said strings.Builder
			code := Run(context.Background(), append(strings.Fields(args), "--quiet"), Streams{Out: &out, Err: &said})
			if code != want.code || !strings.HasPrefix(said.String(), want.says) || (code == exitOK) != (said.String() == "") {
				t.Errorf("%s: exit %d, %s", args, code, said.String())
			}
		}
	}
}
