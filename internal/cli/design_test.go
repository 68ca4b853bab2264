package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The slope of a line through noisy values is best known from its far end, where one can measure; the file has what the table has.
func TestDesign(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for name, text := range map[string]string{
		"line.csv":  "t,y,e\n0,0.1,0.2\n0.1,0.1,0.2\n0.2,0.5,0.2\n0.3,0.5,0.3\n0.4,0.9,0.2\n0.5,0.8,0.2\n0.6,1.3,0.2\n0.7,1.3,0.2\n0.8,1.7,0.2\n",
		"line.yaml": "problem: line\ncoords: {t: [0, 1], x: [0, 2]}\nparams: {k: 1}\ndata: {d: {file: line.csv, of: t}}\nconstraints: {m: {residual: k*t = y, on: d, sigma: e}}\noptimizer: [{lm: {}, steps: 20}]\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if r := call(t, "solve", "line.yaml", "--out", "run"); r.code != exitOK {
		t.Fatalf("%+v", r)
	}
	r := call(t, "design", "run", "--points", "2", "--where", "t < 0.9")
	lines := strings.Split(strings.TrimSpace(r.out), "\n")
	if r.code != exitOK || len(lines) != 4 {
		t.Fatalf("%+v", r)
	}
	for _, l := range lines[2:] {
		if f := strings.Fields(l); len(f) != 4 || f[1] != "m" || !strings.HasPrefix(f[2], "0.89") {
			t.Errorf("the place is %q", l)
		}
	}
	if r := call(t, "design", "run", "--points", "2", "--where", "t < 0.9", "-o", "next.csv"); r.code != exitOK || r.out != "" {
		t.Fatalf("%+v", r)
	}
	file, err := os.ReadFile("next.csv")
	if err != nil || strings.Count(string(file), "\n") != 4 || !strings.HasPrefix(string(file), "measurement,of,t,x,± k\n0,,,,") {
		t.Errorf("%s, %v", file, err)
	}
	for _, c := range [][2]string{
		{"--points 0", "one measurement at least"},
		{"--of law", "law is not a constraint with data"},
		{"--where x<1", "no other coordinates"},
		{"--where t>2", "holds at none of"},
		{"--where t<", "where:1"},
	} {
		if r := call(t, append([]string{"design", "run"}, strings.Fields(c[0])...)...); r.code != exitUsage || !strings.Contains(r.err, c[1]) {
			t.Errorf("%s: %+v", c[0], r)
		}
	}
}
