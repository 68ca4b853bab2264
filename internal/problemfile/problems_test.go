package problemfile_test

import (
	"math"
	"path/filepath"
	"strings"
	"testing"
)

const problems = "../../testdata/problems"

// files are all shipped problems.
func files(t *testing.T) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(problems, "*.yaml"))
	if err != nil || len(list) < 26 {
		t.Fatalf("%d problem files, %v", len(list), err)
	}
	return list
}

func name(path string) string { return strings.TrimSuffix(filepath.Base(path), ".yaml") }

func TestEveryProblemLoadsAndCompiles(t *testing.T) {
	for _, path := range files(t) {
		t.Run(name(path), func(t *testing.T) {
			p, err := readFile(path, nil)
			if err != nil {
				t.Fatal(err)
			}
			if p.Name != name(path) {
				t.Errorf("problem: %s", p.Name)
			}
			if p.Options.Seed != 1 || p.Steps == 0 {
				t.Errorf("seed %d, %d steps", p.Options.Seed, p.Steps)
			}
			if len(p.References) == 0 && len(p.Truths) == 0 {
				t.Error("no reference")
			}
			for _, r := range p.References {
				if n := r.On.Len(); n < 101 {
					t.Errorf("%s is judged at %d points", r.Field, n)
				}
			}
			s, err := p.New()
			if err != nil {
				t.Fatal(err)
			}
			s.Close()
		})
	}
}

// The resolved file is the same problem, and resolving it again changes nothing.
func TestResolvedReadsBack(t *testing.T) {
	for _, path := range files(t) {
		t.Run(name(path), func(t *testing.T) {
			p, err := readFile(path, []string{"seed=7", "optimizer.0.steps=3"})
			if err != nil {
				t.Fatal(err)
			}
			q, err := readText("resolved.yaml", p.Resolved, t.TempDir(), nil)
			if err != nil {
				t.Fatalf("%v\n%s", err, p.Resolved)
			}
			if string(q.Resolved) != string(p.Resolved) {
				t.Errorf("resolved twice:\n%s\nonce:\n%s", q.Resolved, p.Resolved)
			}
			if q.Steps != p.Steps || q.Options.Seed != 7 || len(q.Crux.Constraints) != len(p.Crux.Constraints) {
				t.Error("another problem")
			}
		})
	}
}

// With the true solution in place of the network every residual vanishes up to rounding: equation, source terms, boundary
// and initial conditions and reference belong together.
func TestReferencesSatisfyTheEquations(t *testing.T) {
	// 0*u keeps the network in the problem: without parameters there would be nothing to train.
	colehopf := "nothing closed"
	truth := map[string][]string{
		"poisson1d":        {"fields.u.output=sin(pi*x) + 0*u"},
		"poisson2d":        {"fields.u.output=sin(pi*x)*sin(pi*y) + 0*u"},
		"poisson2d_hard":   {"fields.u.output=sin(pi*x)*sin(pi*y) + 0*u"},
		"oscillator":       {"fields.u.output=exp(-2*t)*(cos(sqrt(396)*t) + 2/sqrt(396)*sin(sqrt(396)*t)) + 0*u"},
		"wave1d":           {"fields.u.output=sin(pi*x)*cos(2*pi*t) + sin(4*pi*x)*cos(8*pi*t)/2 + 0*u"},
		"helmholtz2d":      {"fields.u.output=sin(pi*x)*sin(4*pi*y) + 0*u"},
		"kovasznay":        {"fields.flow.output={u: ue + 0*u, v: ve + 0*v, p: (1 - exp(2*lam*x))/2 + 0*p}"},
		"lshape":           {"fields.u.output=g + 0*u"},
		"volterra":         {"fields.y.output=exp(-x)*cosh(x) + 0*y"},
		"inverse_field":    {"fields.u.output=sin(pi*x) + 0*u", "fields.k.output=1 + sin(2*pi*x)/2 + 0*k"},
		"param_heat":       {"fields.u.output=exp(-kappa*pi^2*t)*sin(pi*x) + 0*u"},
		"convection":       {"fields.u.output=sin(x - 30*t) + 0*u"},
		"elasticity_plate": {"fields.plate.output={ux: cos(2*pi*x)*sin(pi*y) + 0*ux, uy: sin(pi*x)*y^4 + 0*uy}"},
		// jNO's tutorials
		"poisson_variable":     {"fields.u.output=ue + 0*u"},
		"allen_cahn2d":         {"fields.u.output=exp(-t)*s + 0*u"},
		"burgers_manufactured": {"fields.u.output=exp(-t)*sin(pi*x) + 0*u"},
		"fredholm":             {"fields.u.output=sin(pi*x) + 0*u"},
		"laplace1d":            {"fields.u.output=x + 0*u"},
		"inverse_parameter":    {"params.a.init=3.14", "params.b.init=-2.71", "params.c.init=42"},
		"fokker_planck2d":      {"fields.p.output=pe + 0*p"},
		"perforated_poisson":   {"fields.u.output=ue + 0*u"},
		// at s = 0, where c vanishes, w is a limit
		"black_scholes": {"fields.w.output=(exp(s*z)*(1 + erf((z + s/2)/sqrt(2))) - (1 + erf((z - s/2)/sqrt(2))))/(2*s + 1e-300) + 0*w"},
		"burgers1d":     {colehopf}, "inverse_burgers": {colehopf}, "allen_cahn": {colehopf}, "lotka_volterra": {colehopf}, "lotka_volterra_long": {colehopf}, // computed references
	}
	for _, path := range files(t) {
		t.Run(name(path), func(t *testing.T) {
			sets, ok := truth[name(path)]
			if !ok {
				t.Fatal("no true solution is given for this problem")
			}
			if sets[0] == colehopf {
				t.Skip("its reference is computed, not an expression")
			}
			satisfies(t, path, sets)
		})
	}
}

// satisfies checks that with the overrides, which put the true solution in place of the network, all residuals vanish and
// the references are what the fields then are.
func satisfies(t *testing.T, path string, sets []string) {
	t.Helper()
	p, err := readFile(path, sets)
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.New()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, c := range s.Names() {
		r, err := s.Residuals(c)
		if err != nil {
			t.Fatal(err)
		}
		worst := 0.0
		for _, v := range r.RawMatrix().Data {
			worst = math.Max(worst, math.Abs(v))
		}
		// rounding, times the largest term: the fourth derivatives of wave and Helmholtz reach 1e3
		if !(worst < 1e-9) {
			t.Errorf("%s: residual %g", c, worst)
		}
	}
	for _, ref := range p.References {
		i := 0
		for p.Fields[i].Name != ref.Field {
			i++
		}
		ev, err := s.Compile(p.Fields[i].Expr, ref.On)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ev.Eval()
		if err != nil {
			t.Fatal(err)
		}
		want, err := ref.Eval(ev.Points())
		if err != nil {
			t.Fatal(err)
		}
		for k, w := range want {
			at := ev.Points().Row(k)
			if v := got.At(k, 0); !(math.Abs(v-w) < 1e-12*math.Max(1, math.Abs(w))) && !(name(path) == "lshape" && at[0] == 0 && at[1] == 0) {
				t.Fatalf("%s at %v: the expression is %v, the reference %v", ref.Field, at, v, w)
			}
		}
	}
}
