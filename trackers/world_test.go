package trackers_test

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
)

// golden is a case of testdata/golden: numbers of JAX and NumPy, independent of crux.
type golden struct {
	Network struct {
		Sizes      []int
		Activation string
		Inputs     []string
	}
	PDEParams   []string `json:"pde_param_names"`
	P           int
	Theta       []float64
	Points      map[string][][]float64
	Constraints []struct{ Name, Points string }
	Norms       []float64   `json:"grad_norms"`
	Cosines     [][]float64 `json:"cos_sim_matrix"`
	Alignment   float64
	Residuals   [][]float64
	Stats       struct {
		Signed, Abs []struct{ Mean, Std, Max, P99 float64 }
	} `json:"residual_stats"`
	Masked struct {
		Block     string
		Norms     []float64   `json:"grad_norms"`
		Cosines   [][]float64 `json:"cos_sim_matrix"`
		Alignment float64
	} `json:"masked_output_weight"`
	Fields map[string]struct{ Jacobian [][][]float64 }
	NTK    struct {
		Residual []kernel
		Field    []kernel
	}
	Hessian struct {
		Eigvals       []float64 `json:"eigvals_desc"`
		Trace         float64
		PerConstraint []struct {
			Top    []float64 `json:"eigvals_top10"`
			Bottom []float64 `json:"eigvals_bottom5"`
			Trace  float64
		} `json:"per_constraint"`
	}
	Lanczos struct {
		V0            []float64
		N             int `json:"n_iter"`
		Alphas, Betas []float64
		Ritz          []float64 `json:"ritz_desc"`
	}
	Landscape struct {
		N      int                          `json:"n_grid"`
		Range  float64                      `json:"alpha_range"`
		Alphas []float64                    `json:"alphas"`
		A      []float64                    `json:"raw_dir_alpha"`
		B      []float64                    `json:"raw_dir_beta"`
		Global struct{ Values [][]float64 } `json:"global_norm"`
		Filter struct{ Values [][]float64 } `json:"filterwise"`
	}
}

type kernel struct {
	Constraint, Points string
	N                  int
	Eigvals            []float64 `json:"eigvals_desc"`
	Trace              float64
}

// cases are the residuals of the golden cases as crux's own text.
var cases = map[string]map[string]string{
	"poisson2d_tanh":       {"pde": "u_xx + u_yy + 2*pi^2*sin(pi*x)*sin(pi*y)", "bc": "u"},
	"poisson2d_sin_hardbc": {"pde": "u_xx + u_yy + 2*pi^2*sin(pi*x)*sin(pi*y)", "data": "u - sin(pi*x)*sin(pi*y)"},
	"burgers1d_tanh":       {"pde": "u_t + u*u_x - 0.01/pi*u_xx", "ic": "u + sin(pi*x)", "bc": "u"},
	"biharmonic2d_sin": {
		"pde": "diff(u,x,4) + 2*diff(u,x,x,y,y) + diff(u,y,4) - 4*pi^4*sin(pi*x)*sin(pi*y)", "bc_u": "u", "bc_lap": "u_xx + u_yy",
	},
	"inverse_diffusion_tanh": {"pde": "u_t - lambda*u_xx", "data": "u - exp(-0.2*pi^2*t)*sin(pi*x)", "bc": "u"},
	"edge_conflict_zero":     {"up": "u - 1", "down": "u + 1", "const": "0.3 + 0.1*x"},
}

// world is a golden case as a solver at the given parameters.
type world struct {
	*golden
	solver *crux.Solver
	coords []*ph.Coord
	u      ph.Expr // the field as residuals use it
	raw    *ph.Field
	exprs  map[string]ph.Expr
	sets   map[string]*domain.Points
}

func load(t *testing.T, name string) *world {
	t.Helper()
	raw, err := os.ReadFile("../testdata/golden/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{golden: &golden{}, exprs: map[string]ph.Expr{}, sets: map[string]*domain.Points{}}
	if err := json.Unmarshal(raw, w.golden); err != nil {
		t.Fatal(err)
	}
	env := ph.Env{Names: map[string]ph.Expr{}}
	for _, s := range w.Network.Inputs {
		x := ph.NewCoord(s)
		w.coords = append(w.coords, x)
		env.Names[s] = x
	}
	act := net.Activation(net.Tanh)
	if w.Network.Activation == "sin" {
		act = net.Sin
	}
	sizes := w.Network.Sizes
	w.raw = ph.NewField("u", net.MLP{Hidden: sizes[1 : len(sizes)-1], Act: act, Raw: true}, w.coords...)
	w.u = w.raw
	if name == "poisson2d_sin_hardbc" {
		x, y := w.coords[0], w.coords[1]
		one := ph.Const(1)
		w.u = ph.Define("u", x.Mul(one.Sub(x), y, one.Sub(y), w.raw))
		env.Order = map[string][]*ph.Coord{"u": w.coords}
	}
	env.Names["u"] = w.u
	for _, s := range w.PDEParams {
		env.Names[s] = ph.NewParam(s, 0)
	}
	for set, rows := range w.Points {
		var x []float64
		for _, r := range rows {
			x = append(x, r...)
		}
		w.sets[set] = domain.At(w.coords, x)
	}
	p := crux.Problem{Name: name}
	for _, c := range w.Constraints {
		e, err := ph.ParseNamed(c.Name, cases[name][c.Name], env)
		if err != nil {
			t.Fatal(err)
		}
		w.exprs[c.Name] = e
		p.Constraints = append(p.Constraints, crux.Constraint{Name: c.Name, Residual: e, On: w.sets[c.Points]})
	}
	if w.solver, err = crux.New(p, crux.Options{Method: &optim.SGD{}, Seed: 1, Workers: 1}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.solver.Close() })
	w.setTheta(t, name)
	return w
}

// setTheta copies the golden θ, whose order is that of the layers with PDE parameters last; crux orders by first use.
func (w *world) setTheta(t *testing.T, name string) {
	t.Helper()
	at := 0
	for _, p := range w.solver.Parameters() {
		n := len(p.Data)
		from := at
		if len(w.PDEParams) > 0 && p.Path == w.PDEParams[0] {
			from = w.P - 1
		} else {
			at += n
		}
		if err := w.solver.SetParameter(p.Path, w.Theta[from:from+n]); err != nil {
			t.Fatal(err)
		}
	}
}

// order gives a vector in the golden order of parameters the solver's.
func (w *world) order(v []float64) []float64 {
	var out []float64
	at := 0
	for _, p := range w.solver.Parameters() {
		n := len(p.Data)
		if len(w.PDEParams) > 0 && p.Path == w.PDEParams[0] {
			out = append(out, v[w.P-1])
			continue
		}
		out = append(out, v[at:at+n]...)
		at += n
	}
	return out
}

// outputWeight selects the last weight matrix.
func (w *world) outputWeight() ph.Selector {
	var last string
	for _, p := range w.solver.Parameters() {
		if len(p.Shape) == 2 {
			last = p.Path
		}
	}
	return ph.Paths(last)
}

func (w *world) measure(t *testing.T, cs ...crux.Callback) {
	t.Helper()
	if err := w.solver.Measure(context.Background(), cs...); err != nil {
		t.Fatal(err)
	}
}

// near compares with a tolerance relative to the largest entry.
func near(t *testing.T, what string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d values, want %d", what, len(got), len(want))
		return
	}
	var d, m float64
	for i := range want {
		if math.IsNaN(got[i]) {
			d = math.NaN()
		}
		d, m = math.Max(d, math.Abs(got[i]-want[i])), math.Max(m, math.Abs(want[i]))
	}
	if !(d <= tol*math.Max(m, 1e-300)) && d != 0 {
		t.Errorf("%s: off by %.2e of %.2e", what, d, m)
	}
}

func flat(rows [][]float64) []float64 {
	var x []float64
	for _, r := range rows {
		x = append(x, r...)
	}
	return x
}

// value is the latest measurement.
func value[V any](t *testing.T, tr interface{ Value() (V, bool) }) V {
	t.Helper()
	v, ok := tr.Value()
	if !ok {
		t.Fatalf("%T has no value", tr)
	}
	return v
}
