package compiler_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/crux-pinn/crux/compiler"
	"github.com/crux-pinn/crux/internal/pointwise"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// sample is a source with its points, and the numbers that it should give, by the independent evaluator.
type sample struct {
	src    *compiler.Source
	points [][]float64
	want   []float64
}

func newSample(t *testing.T, w *world, list []ph.Expr) *sample {
	t.Helper()
	b := w.batch(3, 1)
	r := w.compile(t, compiler.TraceCompiler{}, w.group(list...), b)
	l := r.p.Layout()
	s := &sample{src: &compiler.Source{Name: "sample", Bounds: w.bounds, Layout: l, Theta: r.theta, Fixed: r.fixed}}
	at := pointwise.Point{Params: map[*ph.Param][]float64{}, Bounds: w.bounds, Coords: map[*ph.Coord]float64{}}
	for _, e := range l.Entries() {
		at.Params[e.Param] = r.theta[e.Offset : e.Offset+e.Len]
	}
	for _, e := range l.FixedEntries() {
		at.Params[e.Param] = r.fixed[e.Offset : e.Offset+e.Len]
	}
	for i, e := range list {
		s.src.Functions = append(s.src.Functions, compiler.Function{Name: "f" + strconv.Itoa(i), Expr: e, Coords: w.coords})
	}
	for p := range b.N {
		x := b.X[p*len(w.coords):][:len(w.coords)]
		s.points = append(s.points, x)
		for j, c := range w.coords {
			at.Coords[c] = x[j]
		}
		for _, f := range s.src.Functions {
			for _, e := range []ph.Expr{f.Expr, ph.Jacobian(ph.Concat(f.Expr, ph.Const(0)), w.coords...)} { // a Concat, as a field refuses coordinates that it has not
				v, err := pointwise.Eval(e, at)
				if err != nil {
					t.Fatal(err)
				}
				if e != f.Expr {
					v = v[:f.Expr.Dim()*len(w.coords)]
				}
				s.want = append(s.want, v...)
			}
		}
	}
	return s
}

// runGo compiles the source as another module and returns what its functions give.
func (s *sample) runGo(t *testing.T) []float64 {
	t.Helper()
	dir := t.TempDir()
	var src bytes.Buffer
	if err := s.src.WriteGo(&src); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("package main\n\nimport (\n\t\"fmt\"\n\t\"reflect\"\n\t\"sample/sample\"\n)\n\nfunc show(list ...any) {\n\tfor _, v := range list {\n\t\tif x := reflect.ValueOf(v); x.Kind() == reflect.Array {\n")
	b.WriteString("\t\t\tfor i := 0; i < x.Len(); i++ {\n\t\t\t\tshow(x.Index(i).Interface())\n\t\t\t}\n\t\t} else {\n\t\t\tfmt.Printf(\"%.17g\\n\", v)\n\t\t}\n\t}\n}\n\nfunc main() {\n")
	for _, x := range s.points {
		args := arguments(x)
		for _, f := range s.src.Functions {
			name := "sample.F" + f.Name[1:]
			fmt.Fprintf(&b, "\t{\n\t\tvalue, gradient := %sGradient(%s)\n\t\tif value != %s(%s) {\n\t\t\tpanic(%q)\n\t\t}\n\t\tshow(value, gradient)\n\t}\n", name, args, name, args, f.Name)
		}
	}
	b.WriteString("}\n")
	write(t, dir, map[string]string{"go.mod": "module sample\n\ngo 1.21\n", "sample/sample.go": src.String(), "main.go": b.String()})
	c := exec.Command("go", "run", ".")
	c.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	return s.output(t, dir, c)
}

// runC is runGo for C.
func (s *sample) runC(t *testing.T) []float64 {
	t.Helper()
	if _, err := exec.LookPath("cc"); err != nil {
		t.Skip("there is no C compiler")
	}
	dir := t.TempDir()
	var src, header bytes.Buffer
	for _, err := range []error{s.src.WriteC(&src), s.src.WriteHeader(&header)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	var b strings.Builder
	b.WriteString("#include <stdio.h>\n#include \"sample.h\"\nstatic void show(const double *v, int n) { for (int i = 0; i < n; i++) printf(\"%.17g\\n\", v[i]); }\nint main(void) {\n")
	for _, x := range s.points {
		args, d := arguments(x), len(x)
		for _, f := range s.src.Functions {
			if k := f.Expr.Dim(); k == 1 {
				fmt.Fprintf(&b, "{ double value, gradient[%d]; value = sample_%s_gradient(%s, gradient); show(&value, 1); show(gradient, %d); if (value != sample_%s(%s)) return 1; }\n", d, f.Name, args, d, f.Name, args)
			} else {
				fmt.Fprintf(&b, "{ double value[%d], gradient[%d][%d]; sample_%s_gradient(%s, value, gradient); show(value, %d); show(gradient[0], %d); }\n", k, k, d, f.Name, args, k, k*d)
			}
		}
	}
	b.WriteString("return 0;\n}\n")
	write(t, dir, map[string]string{"sample.c": src.String(), "sample.h": header.String(), "main.c": b.String()})
	c := exec.Command("cc", "-std=c99", "-pedantic", "-Wall", "-Werror", "-Wno-unused", "-ffp-contract=off", "-o", "main", "main.c", "sample.c", "-lm")
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return s.output(t, dir, exec.Command(filepath.Join(dir, "main")))
}

func arguments(x []float64) string {
	var list []string
	for _, v := range x {
		list = append(list, strconv.FormatFloat(v, 'e', -1, 64))
	}
	return strings.Join(list, ", ")
}

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func (s *sample) output(t *testing.T, dir string, c *exec.Cmd) []float64 {
	t.Helper()
	var stderr bytes.Buffer
	c.Dir, c.Stderr = dir, &stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.Bytes())
	}
	var v []float64
	for _, line := range strings.Fields(string(out)) {
		x, err := strconv.ParseFloat(line, 64)
		if err != nil {
			t.Fatal(err)
		}
		v = append(v, x)
	}
	return v
}

// everything is an expression for every operator, function and kind of network.
func everything(w *world) []ph.Expr {
	list := []ph.Expr{w.u, w.flow, w.k.Mul(w.x), ph.Const(2).Add(w.flow), ph.Integrate(w.u.Mul(w.y), w.x, ph.Const(0), w.y, 3)}
	for _, f := range unaries {
		list = append(list, f(ph.Tanh(w.u.Add(w.x.Mul(w.y))).Scale(0.3)))
	}
	relations := ph.Const(0)
	for r := ph.Less; r <= ph.Equal; r++ {
		relations = relations.Add(ph.Compare(w.x, r, w.t).Mul(w.y).Scale(float64(r) + 1))
	}
	list = append(list, relations)
	for i, m := range []ph.Module{
		net.Fourier{Features: 3},
		net.PirateNet{Width: 4, Blocks: 1, Factorized: true},
		net.ModifiedMLP{},
		net.SIREN{},
		net.ResNet{},
		net.Periodic{Periods: map[*ph.Coord]float64{w.x: 2}},
		net.Enriched{With: []ph.Expr{ph.Atan(w.x.Div(w.y.Shift(3)))}, Inner: net.MLP{AdaptiveSlope: 5, Act: net.ReLUPower(3)}},
		net.MLP{Hidden: []int{}, Raw: true},
	} {
		list = append(list, ph.NewField("n"+strconv.Itoa(i), m, w.x, w.y))
	}
	draw := rapid.Custom(func(t *rapid.T) ph.Expr { return w.draw(t, 1, 3) })
	for seed := 0; len(list) < 80; seed++ {
		e := draw.Example(seed)
		if ph.Contains(e, func(e ph.Expr) bool {
			u, ok := e.Attr().(*ph.Unary)
			return e.Op() == ph.OpNormal || e.Op() == ph.OpColumn || ok && !u.Builtin()
		}) || e.Dim() > 4 {
			continue
		}
		list = append(list, e)
	}
	return list
}

// Every operator, function and kind of network, as Go and as C, gives what the independent evaluator does, gradients included.
func TestSource(t *testing.T) {
	w := newWorld()
	s := newSample(t, w, everything(w))
	for language, run := range map[string]func(*testing.T) []float64{"go": s.runGo, "c": s.runC} {
		t.Run(language, func(t *testing.T) {
			s.check(t, run(t), 1e-12)
		})
	}
}

// The same as models that ONNX Runtime computes, in Python: CRUX_ONNX names one that has onnxruntime.
func TestONNXReads(t *testing.T) {
	python := os.Getenv("CRUX_ONNX")
	if python == "" {
		t.Skip("CRUX_ONNX names no Python with onnxruntime")
	}
	w := newWorld()
	var wide, narrow []ph.Expr
	for _, e := range everything(w) {
		r := w.compile(t, compiler.TraceCompiler{}, w.group(e), w.batch(1, 1))
		one := &compiler.Source{Name: "one", Bounds: w.bounds, Layout: r.p.Layout(), Theta: r.theta, Fixed: r.fixed, Functions: []compiler.Function{{Name: "f", Expr: e, Coords: w.coords}}}
		if one.Narrow() {
			narrow = append(narrow, e)
		} else {
			wide = append(wide, e)
		}
	}
	if len(wide) < 40 || len(narrow) < 4 {
		t.Errorf("%d expressions in float64, %d with functions in float32", len(wide), len(narrow))
	}
	for _, k := range []struct {
		list []ph.Expr
		tol  float64
	}{{wide, 1e-12}, {narrow, 5e-6}} {
		s := newSample(t, w, k.list)
		dir := t.TempDir()
		var model bytes.Buffer
		if err := s.src.WriteONNX(&model); err != nil {
			t.Fatal(err)
		}
		points, err := json.Marshal(s.points)
		if err != nil {
			t.Fatal(err)
		}
		write(t, dir, map[string]string{"sample.onnx": model.String(), "points.json": string(points), "main.py": `import json, numpy, onnxruntime
s = onnxruntime.InferenceSession("sample.onnx")
x = numpy.array(json.load(open("points.json")))
out = s.run(None, {i.name: x[:, [k]] for i, k in zip(s.get_inputs(), range(x.shape[1]))})
for p in range(len(x)):
    for o in out:
        assert o.dtype == numpy.float64 and len(o) == len(x)
        for v in o[p]:
            print(repr(float(v)))
`})
		s.check(t, s.output(t, dir, exec.Command(python, "main.py")), k.tol)
	}
}

// check compares numbers with those that should come out.
func (s *sample) check(t *testing.T, got []float64, tol float64) {
	t.Helper()
	if len(got) != len(s.want) {
		t.Fatalf("%d numbers, want %d", len(got), len(s.want))
	}
	bad := 0
	for i, want := range s.want {
		if e := math.Abs(got[i] - want); !(e <= tol*max(1, math.Abs(want))) && bad < 5 {
			bad++
			t.Errorf("number %d is %v, want %v", i, got[i], want)
		}
	}
}

// Names that mean something in the languages, and mistakes.
func TestSourceNames(t *testing.T) {
	w := newWorld()
	r := w.compile(t, compiler.TraceCompiler{}, w.group(w.u), w.batch(1, 1))
	func1, v3, y := ph.Coords3("func", "v3", "y")
	double := ph.NewCoord("double")
	e := func1.Mul(v3).Add(y, double)
	src := &compiler.Source{Name: "sample", Layout: r.p.Layout(), Functions: []compiler.Function{
		{Name: "u", Expr: e, Coords: []*ph.Coord{func1, v3, y, double}}, {Name: "k", Expr: ph.NewConstant("k", 2.5)},
	}}
	s := &sample{src: src}
	s.src.Functions[0].Name = "f0"
	var b bytes.Buffer
	if err := src.WriteGo(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"func F0(func_, v3_, y, double_ float64) float64 {", "func K() float64 {", "2.5,"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
	for _, bad := range []struct {
		functions []compiler.Function
		want      string
	}{
		{[]compiler.Function{{Name: "u v", Expr: e}}, "cannot be called"},
		{[]compiler.Function{{Name: "u", Expr: e, Coords: []*ph.Coord{y}}}, "is not one of the point set's"},
		{[]compiler.Function{{Name: "u", Expr: ph.Normal(y), Coords: []*ph.Coord{y}}}, "no normals"},
		{[]compiler.Function{{Name: "u", Expr: softsign(y), Coords: []*ph.Coord{y}}}, "softsign"},
		{[]compiler.Function{{Name: "u", Expr: y, Coords: []*ph.Coord{y}}, {Name: "U", Expr: y, Coords: []*ph.Coord{y}}}, "one name in Go"},
	} {
		src.Functions = bad.functions
		if err := src.WriteONNX(&b); err == nil && bad.want != "one name in Go" && bad.want != "cannot be called" {
			t.Errorf("ONNX takes what should be refused: %q", bad.want)
		}
		if err := src.WriteGo(&b); err == nil || !strings.Contains(err.Error(), bad.want) {
			t.Errorf("%v, want %q", err, bad.want)
		}
	}
}
