package problemfile_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/problemfile"
	ph "github.com/crux-pinn/crux/placeholder"
)

// A constant that stands wherever an expression may: derived constants, an exponent, a definition, what is built in, output, reference.
const varied = `
problem: varied
coords: {t: [0, 1], x: [-1, 1]}
constants: {n: k - 1, k: 3, three: 3}
fields:
  u: {net: mlp, hidden: [6], output: "x^n*sin(k) + t*u"}
  v: {net: mlp, hidden: [5]}
define: {speed: k/2 + 0*u}
constraints:
  pde: {residual: u_t + speed*u_x - laplacian(u)/k, points: 30}
  mass: {residual: v_t - v_xx + k*v^n, points: 20, scale: auto}
  start: {residual: "v - k*x^(2*n)", on: initial}
  walls: {residual: v - k, on: boundary}
optimizer: {adam: {}, steps: 10}
curriculum: {k: [5, 4]}
reference: {u: sin(k*x)^n, v: x^k}
`

func parse(t *testing.T, text string, sets ...string) *problemfile.Problem {
	t.Helper()
	p, err := readText("problem.yaml", []byte(text), t.TempDir(), sets)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// In every lesson the problem is the one whose file states its value, to the bit: losses, fields and references.
func TestCurriculum(t *testing.T) {
	p := parse(t, varied)
	if p.Steps != 30 || p.Stages != 3 || len(p.Derived) != 0 || len(p.Choice.Built) != 2 {
		t.Fatalf("%d steps, %d stages, %d derived numbers, %v built in, %v kept", p.Steps, p.Stages, len(p.Derived), p.Choice.Built, p.Choice.Kept)
	}
	s, err := p.New()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	scale := p.Crux.Constraints[1].Scale
	for i, value := range []string{"5", "4", "3"} {
		if _, err := s.Solve(context.Background(), [...]int{1, 10, 10}[i]); err != nil {
			t.Fatal(err)
		}
		q := parse(t, varied, "curriculum=none", "constants.k="+value)
		if value == "3" && q.Crux.Constraints[1].Scale != scale {
			t.Errorf("scale %v, without a curriculum %v", scale, q.Crux.Constraints[1].Scale)
		}
		q.Crux.Constraints[1].Scale = scale // measured with the constant's own value
		w, err := q.New()
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		if err := w.SetTheta(s.Theta()); err != nil {
			t.Fatal(err)
		}
		got, err := s.Losses(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		want, err := w.Losses(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("k = %s: losses %v, want %v", value, got, want)
		}
		for j, f := range p.Fields {
			a, err := s.Eval(f.Expr, p.Grid(5))
			if err != nil {
				t.Fatal(err)
			}
			b, err := w.Eval(q.Fields[j].Expr, q.Grid(5))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(a.RawMatrix().Data, b.RawMatrix().Data) {
				t.Errorf("k = %s: %s differs", value, f.Name)
			}
		}
		for j := range p.References {
			sameReference(t, s, &p.References[j], w, &q.References[j])
		}
	}
}

// sameReference compares references where each problem is judged.
func sameReference(t *testing.T, s *crux.Solver, got *problemfile.Reference, w *crux.Solver, want *problemfile.Reference) {
	t.Helper()
	c, err := got.On.Draw(nil)
	if err != nil {
		t.Fatal(err)
	}
	d, err := want.On.Draw(nil)
	if err != nil {
		t.Fatal(err)
	}
	a, err := got.At(s.Value).Eval(c)
	if err != nil {
		t.Fatal(err)
	}
	b, err := want.At(w.Value).Eval(d)
	if err != nil {
		t.Fatal(err)
	}
	for i := range a {
		if !(math.Abs(a[i]-b[i]) <= 1e-15*math.Abs(b[i])) {
			t.Fatalf("reference of %s: %v, want %v", got.Field, a[i], b[i])
		}
	}
}

// A known solution of the library follows the constant as well.
func TestCurriculumKnownSolution(t *testing.T) {
	const text = `
problem: burgers
coords: {t: [0, 1], x: [-1, 1]}
constants: {nu: 0.02, more: 2*nu}
fields: {u: {net: mlp, hidden: [6], output: "-sin(pi*x) + t*(1 - x^2)*u"}}
constraints:
  pde: {residual: u_t + u*u_x - nu*u_xx, points: 30}
optimizer: {adam: {}, steps: 5}
curriculum: {nu: 0.1}
reference: {u: {builtin: burgers_cole_hopf, params: {nu: more/2}}}
grid: 11
`
	p := parse(t, text)
	s, err := p.New()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, value := range []string{"0.1", "0.02"} {
		q := parse(t, text, "curriculum=none", "constants.nu="+value)
		w, err := q.New()
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		sameReference(t, s, &p.References[0], w, &q.References[0])
		if e, err := p.References[0].At(s.Value).SelfError(); err != nil || !(e < 1e-6) {
			t.Errorf("nu = %s: own error %v, %v", value, e, err)
		}
		if _, err := s.Solve(context.Background(), 6); err != nil {
			t.Fatal(err)
		}
	}
	if v := p.Options.Curriculum; v.Steps != 5 || len(v.Values) != 1 || v.Values[0] != 0.1 {
		t.Errorf("%+v", v)
	}
}

// What is left of the values without their last, and defaults that are written out.
func TestCurriculumValues(t *testing.T) {
	for set, want := range map[string][]float64{
		"curriculum={k: [5, 4, 3]}":                                   {5, 4},
		"curriculum={k: 2*k}":                                         {6},
		"curriculum={k: {from: 5, lessons: 2}}":                       {5},
		"curriculum={k: {from: 9, lessons: 3}}":                       {9, 6},
		"curriculum={k: {from: 12, lessons: 3, ramp: geometric}}":     {12, 6},
		"curriculum={k: {from: k + 2, lessons: three, ramp: linear}}": {5, 4},
	} {
		p := parse(t, varied, set)
		if v := p.Options.Curriculum.Values; !slices.Equal(v, want) {
			t.Errorf("%s: %v, want %v", set, v, want)
		}
		if strings.Contains(set, "from") && !strings.Contains(string(p.Resolved), "ramp: ") {
			t.Errorf("%s: no ramp in\n%s", set, p.Resolved)
		}
	}
	if e, err := ph.Parse("k + n", parse(t, varied).Env); err != nil || e.Dim() != 1 {
		t.Errorf("%v, %v", e, err)
	}
}
