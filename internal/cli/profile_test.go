package cli

import (
	"os"
	"strings"
	"testing"
)

// The slope of a line through values with known errors: its profile is the parabola of ±, so both intervals are the same. A file has the
// values of the table, and others are pictures.
func TestProfile(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"line.csv": "t,y\n0,0.1\n0.1,0.1\n0.2,0.5\n0.3,0.5\n0.4,0.9\n0.5,0.8\n0.6,1.3\n0.7,1.3\n0.8,1.7\n",
		"line.yaml": "problem: line\ncoords: {t: [0, 1]}\nparams: {k: 1, b: 0}\ndata: {d: {file: line.csv}}\n" +
			"constraints: {m: {residual: k*t + b = y_data, on: d, sigma: 0.1}}\noptimizer: [{lm: {}, steps: 20}]\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if r := call(t, "solve", "line.yaml", "--out", "run"); r.code != exitOK {
		t.Fatalf("%+v", r)
	}
	r := call(t, "profile", "run", "--param", "k")
	_, last, _ := strings.Cut(r.out, "\n\n")
	last = strings.Join(strings.Fields(last), " ")
	// by hand: k = 1.19/0.6, its σ is 0.1/√0.6
	const want = "parameter value 95 % interval by ± alone up to a misfit of k 1.98333 1.7303 to 2.2364 1.7303 to 2.2364 + 3.84"
	if r.code != exitOK || last != want || !strings.Contains(r.err, "k = 1.98333: the misfit grows by 0\n") {
		t.Errorf("%+v", r)
	}
	for _, out := range []string{"k.csv", "k.svg"} {
		if r := call(t, "profile", "run", "-o", out); r.code != exitOK || r.out != out+"\n" {
			t.Errorf("%+v", r)
		}
	}
	file, err := os.ReadFile("k.csv")
	if err != nil || !strings.HasPrefix(string(file), "parameter,value,misfit grows by\nk,1.") || !strings.Contains(string(file), "\nb,") {
		t.Errorf("%s, %v", file, err)
	}
	if file, err := os.ReadFile("k.svg"); err != nil || !strings.Contains(string(file), "<svg") {
		t.Errorf("%.100s, %v", file, err)
	}
	for flags, want := range map[string]string{
		"--param rate": "the unknown numbers are k, b", "-o k.txt": "ends in .csv, .png",
	} {
		if r := call(t, append([]string{"profile", "run"}, strings.Fields(flags)...)...); r.code != exitUsage || !strings.Contains(r.err, want) {
			t.Errorf("%s: %+v", flags, r)
		}
	}
	if list := call(t, "__complete", "profile", "run", "--param", "").out; !strings.HasPrefix(list, "k\nb\n") {
		t.Errorf("--param is completed by %q", list)
	}
}
