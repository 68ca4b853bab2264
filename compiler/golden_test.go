package compiler_test

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/compiler"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// golden is a case of testdata/golden: numbers computed by JAX and NumPy, independent of crux.
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
	Constraints []struct{ Name, Points, Residual string }
	Residuals   [][]float64
	Losses      []float64
	GradLosses  [][]float64 `json:"grad_losses"`
	GradTotal   []float64   `json:"grad_total"`
	NTK         struct {
		Residual []struct {
			Constraint string
			N          int
			Eigvals    []float64 `json:"eigvals_desc"`
			Trace      float64
		}
	}
	HVP struct {
		V  []float64
		Hv []float64 `json:"Hv"`
	}
}

// goldenResiduals are the residuals of the cases as crux's own text; the files describe them in words.
var goldenResiduals = map[string]map[string]string{
	"poisson2d_tanh":       {"pde": "u_xx + u_yy + 2*pi^2*sin(pi*x)*sin(pi*y)", "bc": "u"},
	"poisson2d_sin_hardbc": {"pde": "u_xx + u_yy + 2*pi^2*sin(pi*x)*sin(pi*y)", "data": "u - sin(pi*x)*sin(pi*y)"},
	"burgers1d_tanh":       {"pde": "u_t + u*u_x - 0.01/pi*u_xx", "ic": "u + sin(pi*x)", "bc": "u"},
	"biharmonic2d_sin": {
		"pde": "diff(u,x,4) + 2*diff(u,x,x,y,y) + diff(u,y,4) - 4*pi^4*sin(pi*x)*sin(pi*y)", "bc_u": "u", "bc_lap": "u_xx + u_yy",
	},
	"inverse_diffusion_tanh": {"pde": "u_t - lambda*u_xx", "data": "u - exp(-0.2*pi^2*t)*sin(pi*x)", "bc": "u"},
	"edge_conflict_zero":     {"up": "u - 1", "down": "u + 1", "const": "0.3 + 0.1*x"},
}

func readGolden(t testing.TB, name string) *golden {
	t.Helper()
	raw, err := os.ReadFile("../testdata/golden/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	g := &golden{}
	if err := json.Unmarshal(raw, g); err != nil {
		t.Fatal(err)
	}
	return g
}

// programs compiles one group for each point set, as the solver does.
func (g *golden) programs(t testing.TB, name string, c compiler.TraceCompiler) (ps []*compiler.Program, where [][2]int, layout *compiler.Layout) {
	t.Helper()
	env := ph.Env{Names: map[string]ph.Expr{}}
	var coords []*ph.Coord
	for _, s := range g.Network.Inputs {
		x := ph.NewCoord(s)
		coords = append(coords, x)
		env.Names[s] = x
	}
	act := net.Activation(net.Tanh)
	if g.Network.Activation == "sin" {
		act = net.Sin
	}
	n := len(g.Network.Sizes)
	u := ph.NewField("u", net.MLP{Hidden: g.Network.Sizes[1 : n-1], Act: act, Raw: true}, coords...)
	env.Names["u"] = u
	if name == "poisson2d_sin_hardbc" {
		x, y := coords[0], coords[1]
		one := ph.Const(1)
		env.Names["u"] = ph.Define("u", x.Mul(one.Sub(x), y, one.Sub(y), u))
		env.Order = map[string][]*ph.Coord{"u": coords}
	}
	all := []ph.Expr{u}
	for _, s := range g.PDEParams {
		p := ph.NewParam(s, 0)
		env.Names[s] = p
		all = append(all, p)
	}
	layout, err := compiler.NewLayout(all...)
	if err != nil {
		t.Fatal(err)
	}
	if layout.Len() != g.P {
		t.Fatalf("%d parameters, want %d", layout.Len(), g.P)
	}
	c.Layout = layout
	groups := map[string]int{}
	var gs []compiler.Group
	where = make([][2]int, len(g.Constraints))
	for i, k := range g.Constraints {
		e, err := ph.ParseNamed(k.Name, goldenResiduals[name][k.Name], env)
		if err != nil {
			t.Fatal(err)
		}
		at, ok := groups[k.Points]
		if !ok {
			at = len(gs)
			groups[k.Points] = at
			gs = append(gs, compiler.Group{Name: k.Points, Coords: coords})
		}
		where[i] = [2]int{at, len(gs[at].Residuals)}
		gs[at].Residuals = append(gs[at].Residuals, compiler.Residual{Name: k.Name, Expr: e})
	}
	for _, group := range gs {
		p, err := c.Compile(group)
		if err != nil {
			t.Fatal(err)
		}
		var x []float64
		for _, row := range g.Points[group.Name] {
			x = append(x, row...)
		}
		if err := p.SetPoints(compiler.Batch{N: len(g.Points[group.Name]), X: x}, nil); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { p.Close() })
		ps = append(ps, p)
	}
	return ps, where, layout
}

// relative is max|a−b| / max|b|.
func relative(a, b []float64) float64 {
	var d, m float64
	for i := range b {
		d = math.Max(d, math.Abs(a[i]-b[i]))
		if math.IsNaN(a[i]) {
			return math.NaN()
		}
		m = math.Max(m, math.Abs(b[i]))
	}
	if m == 0 {
		return d
	}
	return d / m
}

func TestGolden(t *testing.T) {
	for name := range goldenResiduals {
		t.Run(name, func(t *testing.T) {
			g := readGolden(t, name)
			tol := 1e-10
			if name == "biharmonic2d_sin" {
				tol = 1e-8 // fourth derivatives
			}
			near := func(what string, got, want []float64) {
				t.Helper()
				if e := relative(got, want); !(e <= tol) {
					t.Errorf("%s: relative error %.2e", what, e)
				}
			}
			ps, where, layout := g.programs(t, name, compiler.TraceCompiler{})
			total := make([]float64, layout.Len())
			hvp := make([]float64, layout.Len())
			for i, k := range g.Constraints {
				p, j := ps[where[i][0]], where[i][1]
				r := make([]float64, p.Points())
				if err := p.Residuals(j, r, g.Theta, nil); err != nil {
					t.Fatal(err)
				}
				near(k.Name+" residual", r, g.Residuals[i])
				grad := make([]float64, layout.Len())
				if err := p.GradientOf(j, grad, g.Theta, nil); err != nil {
					t.Fatal(err)
				}
				near(k.Name+" gradient", grad, g.GradLosses[i])
			}
			losses := make([][]float64, len(ps))
			for k, p := range ps {
				w := make([]float64, p.Len())
				for i := range w {
					w[i] = 1 / float64(len(g.Constraints))
				}
				grad := make([]float64, layout.Len())
				losses[k] = make([]float64, p.Len())
				if err := p.Gradient(grad, g.Theta, nil, w, losses[k]); err != nil {
					t.Fatal(err)
				}
				hv := make([]float64, layout.Len())
				if err := p.HVP(hv, g.Theta, nil, w, g.HVP.V); err != nil {
					t.Fatal(err)
				}
				for i := range grad {
					total[i] += grad[i]
					hvp[i] += hv[i]
				}
			}
			for i := range g.Constraints {
				near("loss", losses[where[i][0]][where[i][1]:][:1], g.Losses[i:i+1])
			}
			near("total gradient", total, g.GradTotal)
			near("Hessian-vector product", hvp, g.HVP.Hv)
		})
	}
}

// The golden files hold the spectrum of J Jᵀ of every constraint, computed by JAX.
func TestGoldenJacobian(t *testing.T) {
	for name := range goldenResiduals {
		t.Run(name, func(t *testing.T) {
			g := readGolden(t, name)
			ps, where, layout := g.programs(t, name, compiler.TraceCompiler{})
			for i, k := range g.Constraints {
				p, j := ps[where[i][0]], where[i][1]
				n, width := p.Points(), layout.Len()
				jac := make([]float64, n*width)
				if err := p.Jacobian(j, jac, g.Theta, nil); err != nil {
					t.Fatal(err)
				}
				r := make([]float64, n)
				if err := p.Residuals(j, r, g.Theta, nil); err != nil {
					t.Fatal(err)
				}
				// the gradient of the mean square is 2/n Jᵀr
				grad := make([]float64, width)
				for pt := range n {
					for q := range grad {
						grad[q] += 2 / float64(n) * jac[pt*width+q] * r[pt]
					}
				}
				if e := relative(grad, g.GradLosses[i]); e > 1e-9 {
					t.Errorf("%s: 2/n Jᵀr differs from the gradient by %.1e", k.Name, e)
				}
				var kernel mat.SymDense
				kernel.SymOuterK(1, mat.NewDense(n, width, jac))
				var eig mat.EigenSym
				if !eig.Factorize(&kernel, false) {
					t.Fatal("no eigenvalues")
				}
				values := eig.Values(nil)
				slices.Reverse(values)
				want := g.NTK.Residual[i]
				for q, v := range want.Eigvals {
					if math.Abs(values[q]-v) > 1e-9*math.Max(want.Eigvals[0], 1e-300) {
						t.Errorf("%s: eigenvalue %d is %v, want %v", k.Name, q, values[q], v)
						break
					}
				}
			}
		})
	}
}
