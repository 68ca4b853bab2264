package cli

import (
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/files/npy"
	"github.com/crux-pinn/crux/internal/problemfile"
	ph "github.com/crux-pinn/crux/placeholder"
)

// readTable reads text as a header and rows of numbers.
func readTable(t *testing.T, text string) ([]string, [][]float64) {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var values [][]float64
	for _, r := range rows[1:] {
		var v []float64
		for _, s := range r {
			x, err := strconv.ParseFloat(s, 64)
			if err != nil {
				t.Fatal(err)
			}
			v = append(v, x)
		}
		values = append(values, v)
	}
	return rows[0], values
}

// What eval prints is, bit for bit, what the solver that trained computes.
func TestEvalRoundTrip(t *testing.T) {
	folder(t)
	if r := call(t, "solve", "tiny.yaml", "--quiet", "--out", "run", "--workers", "2"); r.code != exitOK {
		t.Fatalf("%+v", r)
	}
	p, err := problemfile.Load("tiny.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.New()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck
	if _, err := s.Solve(t.Context(), p.Steps); err != nil {
		t.Fatal(err)
	}
	e, err := ph.Parse("k*u_xx + u", p.Env)
	if err != nil {
		t.Fatal(err)
	}
	var want [][]float64
	xs := []float64{0, 0.5, 1}
	u, err := s.Eval(p.Fields[0].Expr, domain.At(p.Coords, xs))
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Eval(e, domain.At(p.Coords, xs))
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range xs {
		want = append(want, []float64{x, u.At(i, 0), r.At(i, 0)})
	}
	if err := os.WriteFile("probes.csv", []byte("# probes\nname,x\n1,0\n2,0.5\n3,1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, points := range []string{"--grid=3", "--points=probes.csv", "--at=x=0 --at=x=0.5 --at=x=1"} {
		o := call(t, append([]string{"eval", "run", "--expr", "u", "--expr", "k*u_xx + u"}, strings.Fields(points)...)...)
		if o.code != exitOK {
			t.Fatalf("%s: %+v", points, o)
		}
		h, got := readTable(t, o.out)
		if !reflect.DeepEqual(h, []string{"x", "u", "k*u_xx + u"}) || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %v %v, want %v", points, h, got, want)
		}
	}
	// files: the project's own readers of the formats read them back
	for _, ext := range []string{".csv", ".npy", ".npz", ".parquet"} {
		name := "out" + ext
		if o := call(t, "eval", "run", "--grid", "3", "-o", name); o.code != exitOK || o.out != "" {
			t.Fatalf("%+v", o)
		}
		if ext == ".parquet" {
			if h, rows := readParquet(t, name); !reflect.DeepEqual(h, []string{"x", "u"}) || len(rows) != 3 || rows[1][0] != xs[1] || rows[1][1] != u.At(1, 0) {
				t.Errorf("%s: %v %v", name, h, rows)
			}
			continue
		}
		var on *domain.Points
		switch ext {
		case ".csv":
			on, err = domain.ReadCSV(name, p.Coords...)
		case ".npy":
			on, err = domain.ReadNPY(name, []string{"x", "u"}, p.Coords...)
		case ".npz":
			on, err = domain.ReadNPZ(name, p.Coords...)
		}
		if err != nil {
			t.Fatal(err)
		}
		c, err := on.Draw(nil)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(c.X, xs) || !reflect.DeepEqual(c.Columns["u"], u.RawMatrix().Data) {
			t.Errorf("%s: x %v, u %v", name, c.X, c.Columns["u"])
		}
	}
	solution, err := domain.ReadNPZ(filepath.Join("run", solutionFile), p.Coords...)
	if err != nil {
		t.Fatal(err)
	}
	if got := solution.Columns(); !reflect.DeepEqual(got, []string{"u", "u_error", "u_reference"}) || solution.Len() != 11 {
		t.Errorf("solution of %d points with %v", solution.Len(), got)
	}
}

func TestEvalMistakes(t *testing.T) {
	folder(t)
	if r := call(t, "solve", "tiny.yaml", "--quiet", "--out", "run"); r.code != exitOK {
		t.Fatalf("%+v", r)
	}
	if err := os.WriteFile("bad.csv", []byte("y\n1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--at", "x"}, "not of the form"},
		{[]string{"--at", "y=1"}, "there are x"},
		{[]string{"--at", "x=1,x=2"}, "twice"},
		{[]string{"--at", "x=one"}, "not a number"},
		{[]string{"--at", "x=1", "--grid", "3"}, "grid"},
		{[]string{"--grid", "1"}, "2 points"},
		{[]string{"--grid", "1000000000"}, "fewer"},
		{[]string{"--points", "bad.csv"}, "x"},
		{[]string{"--points", "none.csv"}, "no such file"},
		{[]string{"--expr", "v_x"}, "^"},
		{[]string{"--expr", "u", "--expr", "u"}, "already"},
		{[]string{"-o", "values.txt"}, ".npz"},
	} {
		r := call(t, append([]string{"eval", "run"}, c.args...)...)
		if r.code != exitUsage || !strings.Contains(r.err, c.want) || r.out != "" {
			t.Errorf("%v: %+v", c.args, r)
		}
	}
	if err := errors.Join(os.RemoveAll(filepath.Join("run", checkpointFolder)), os.Truncate(filepath.Join("run", parametersFile), 100)); err != nil {
		t.Fatal(err)
	}
	if r := call(t, "eval", "run"); r.code != exitUsage || !strings.Contains(r.err, parametersFile) {
		t.Errorf("truncated parameters: %+v", r)
	}
}

// Points of tables with texts and of NumPy's files are read; points outside of the domain are evaluated with a warning.
func TestEvalPoints(t *testing.T) {
	folder(t)
	if r := call(t, "solve", "tiny.yaml", "--quiet", "--out", "run"); r.code != exitOK {
		t.Fatalf("%+v", r)
	}
	want := call(t, "eval", "run", "--at", "x=0.25", "--at", "x=0.5")
	for name, text := range map[string]string{"probes.csv": "name,x,when\nleft,0.25,monday\nmiddle,0.5,\n", "bad.csv": "x\x00\x01", "words.csv": "name,x\na,much\n"} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if r := call(t, "eval", "run", "--at", "x=0.25", "--at", "x=0.5", "-o", "same.npz"); r.code != exitOK {
		t.Fatalf("%+v", r)
	}
	for _, file := range []string{"probes.csv", "same.npz"} {
		if r := call(t, "eval", "run", "--points", file); r != want || r.err != "" {
			t.Errorf("%s: %+v, want %+v", file, r, want)
		}
	}
	for file, message := range map[string]string{"bad.csv": "is not text", "words.csv": "words.csv has no numbers, only texts"} {
		if r := call(t, "eval", "run", "--points", file); r.code != exitUsage || !strings.Contains(r.err, message) || strings.Contains(r.err, "\x00") {
			t.Errorf("%+v", r)
		}
	}
	r := call(t, "eval", "run", "--at", "x=0.5", "--at", "x=2")
	if r.code != exitOK || !strings.Contains(r.err, "x = 2 lies outside of [0, 1], where nothing was trained: 1 of 2 points") {
		t.Errorf("%+v", r)
	}
	hole := "problem: hole\ncoords: {x: [0, 1], y: [0, 1]}\ndomain: {difference: [box, {disk: {center: [0.5, 0.5], radius: 0.2}}]}\nfields: {u: {net: mlp, hidden: [3]}}\n" +
		"constraints: {pde: {residual: laplacian(u), points: 20}, bc: {residual: u, on: boundary, points: 20}}\noptimizer: [{adam: {}, steps: 2}]\n"
	if err := os.WriteFile("hole.yaml", []byte(hole), 0o644); err != nil {
		t.Fatal(err)
	}
	if r := call(t, "solve", "hole.yaml", "--quiet", "--out", "shape"); r.code != exitOK {
		t.Fatalf("%+v", r)
	}
	if r := call(t, "eval", "shape", "--at", "x=0.1,y=0.1", "--at", "x=0.5,y=0.4"); !strings.Contains(r.err, "outside of the shape, at x = 0.5, y = 0.4, where nothing was trained: 1 of 2 points") {
		t.Errorf("%+v", r)
	}
}

// The standard deviation of the line k·t through noisy values is t times that of k, which is the root of 1/Σ(t/e)²: on the screen, and in a file. A
// run without noisy data has none.
func TestEvalSigma(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	table, sum := "t,y,e\n", 0.0
	for i := range 10 {
		x, e := 0.1*float64(i), 0.2+0.01*float64(i%3)
		table += fmt.Sprintf("%g,%g,%g\n", x, 2*x+0.1*float64(i%2), e)
		sum += x * x / (e * e)
	}
	write := func(name, text string) {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("line.csv", table)
	write("line.yaml", "problem: line\ncoords: {t: [0, 1]}\nparams: {k: 1}\ndata: {d: {file: line.csv}}\n"+
		"constraints: {m: {residual: k*t = y, on: d, sigma: e}}\noptimizer: [{lm: {}, steps: 20}]\n")
	if r := call(t, "solve", "line.yaml", "--out", "run"); r.code != exitOK {
		t.Fatalf("%+v", r)
	}
	r := call(t, "eval", "run", "--expr", "k*t", "--expr", "k", "--at", "t=0.5", "--sigma")
	rows, err := csv.NewReader(strings.NewReader(r.out)).ReadAll()
	if err != nil || len(rows) != 2 || !slices.Equal(rows[0], []string{"t", "k*t", "k*t_sigma", "k", "k_sigma"}) {
		t.Fatalf("%+v, %v", r, err)
	}
	for i, want := range map[int]float64{2: 0.5 / math.Sqrt(sum), 4: 1 / math.Sqrt(sum)} {
		if got, err := strconv.ParseFloat(rows[1][i], 64); err != nil || math.Abs(got-want) > 1e-6*want {
			t.Errorf("%s is %s, want %v", rows[0][i], rows[1][i], want)
		}
	}
	if r := call(t, "eval", "run", "--expr", "k*t", "--sigma", "-o", "band.npz"); r.code != exitOK {
		t.Errorf("%+v", r)
	}
	f, err := npy.ReadZip("band.npz")
	if err != nil || f["k*t_sigma"] == nil || len(f["k*t_sigma"].Data) != 101 {
		t.Errorf("%v, %v", f, err)
	}
	write("decay.yaml", "problem: decay\ncoords: {t: [0, 1]}\nfields: {u: {net: mlp, hidden: [4]}}\n"+
		"constraints: {ode: {residual: u_t + u}, ic: {residual: u = 1, on: initial}}\noptimizer: [{lm: {}, steps: 2}]\n")
	call(t, "solve", "decay.yaml", "--out", "decay")
	if r := call(t, "eval", "decay", "--sigma"); r.code != exitUsage || !strings.Contains(r.err, "the data have no errors that could be told") {
		t.Errorf("%+v", r)
	}
}
