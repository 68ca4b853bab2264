package crux_test

import (
	"context"
	"encoding/json"
	"os"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
)

// golden is a case of testdata/golden: numbers that JAX and NumPy computed. Here they are met from outside, with what any
// user has: given weights by path, given points, and the solver's own answers.
type golden struct {
	Network struct {
		Sizes      []int
		Activation string
		Inputs     []string
	}
	PDEParams []string `json:"pde_param_names"`
	Layout    []struct {
		Name         string
		Shape        []int
		Offset, Size int
	}
	Theta       []float64
	Points      map[string][][]float64
	Constraints []struct{ Name, Points string }
	Residuals   [][]float64
	Losses      []float64
	TotalLoss   float64     `json:"total_loss"`
	GradLosses  [][]float64 `json:"grad_losses"`
	GradTotal   []float64   `json:"grad_total"`
	GD, Adam    trajectory
	HVP         struct {
		V  []float64
		Hv []float64 `json:"Hv"`
	}
}

type trajectory struct {
	LR         float64
	Losses     []float64 // before each step, and after the last
	FinalTheta []float64 `json:"final_theta"`
}

// goldenCases say the residuals, which the files describe in words, as text.
var goldenCases = []struct {
	name      string
	residuals []string
	tol       float64
}{
	{"poisson2d_tanh", []string{"u_xx + u_yy + 2*pi^2*sin(pi*x)*sin(pi*y)", "u"}, 1e-10},
	{"poisson2d_sin_hardbc", []string{"u_xx + u_yy + 2*pi^2*sin(pi*x)*sin(pi*y)", "u - sin(pi*x)*sin(pi*y)"}, 1e-10},
	{"burgers1d_tanh", []string{"u_t + u*u_x - 0.01/pi*u_xx", "u + sin(pi*x)", "u"}, 1e-10},
	{"biharmonic2d_sin", []string{"u_xxxx + 2*u_xxyy + u_yyyy - 4*pi^4*sin(pi*x)*sin(pi*y)", "u", "u_xx + u_yy"}, 1e-10},
	{"inverse_diffusion_tanh", []string{"u_t - lambda*u_xx", "u - exp(-0.2*pi^2*t)*sin(pi*x)", "u"}, 1e-10},
	{"edge_conflict_zero", []string{"u - 1", "u + 1", "0.3 + 0.1*x"}, 1e-10},
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

// problem states a case, its points given.
func (g *golden) problem(t testing.TB, name string, residuals []string) crux.Problem {
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
	hidden := g.Network.Sizes[1 : len(g.Network.Sizes)-1]
	u := ph.NewField("u", net.MLP{Hidden: hidden, Act: act, Raw: true}, coords...)
	env.Names["u"] = u
	if name == "poisson2d_sin_hardbc" { // u = x(1−x) y(1−y) net
		x, y, one := coords[0], coords[1], ph.Const(1)
		env.Names["u"] = ph.Define("u", x.Mul(one.Sub(x), y, one.Sub(y), u))
		env.Order = map[string][]*ph.Coord{"u": coords}
	}
	for _, s := range g.PDEParams {
		env.Names[s] = ph.NewParam(s, 0)
	}
	p := crux.Problem{Name: name}
	sets := map[string]*domain.Points{}
	for i, c := range g.Constraints {
		e, err := ph.Parse(residuals[i], env)
		if err != nil {
			t.Fatal(err)
		}
		if sets[c.Points] == nil {
			var x []float64
			for _, row := range g.Points[c.Points] {
				x = append(x, row...)
			}
			sets[c.Points] = domain.At(coords, x)
		}
		p.Constraints = append(p.Constraints, crux.Constraint{Name: c.Name, Residual: e, On: sets[c.Points]})
	}
	return p
}

// path is the path in crux of an array of the golden layout: "W0", "b0", … of the network, and "pde_params".
func (g *golden) path(name string) string {
	if name == "pde_params" { // no case has two
		return g.PDEParams[0]
	}
	kind := "weight"
	if name[0] == 'b' {
		kind = "bias"
	}
	return "u/layer" + name[1:] + "/" + kind
}

// load gives a solver the weights of the case, by path.
func (g *golden) load(t testing.TB, s *crux.Solver) {
	t.Helper()
	for _, e := range g.Layout {
		if err := s.SetParameter(g.path(e.Name), g.Theta[e.Offset:e.Offset+e.Size]); err != nil {
			t.Fatal(err)
		}
	}
}

// inOrder brings a vector like θ into the order of the golden layout.
func (g *golden) inOrder(s *crux.Solver, v []float64) []float64 {
	at := map[string][]float64{}
	for _, p := range s.Parameters() {
		if !p.Fixed {
			at[p.Path], v = v[:len(p.Data)], v[len(p.Data):]
		}
	}
	var out []float64
	for _, e := range g.Layout {
		out = append(out, at[g.path(e.Name)]...)
	}
	return out
}

func TestGolden(t *testing.T) {
	for _, c := range goldenCases {
		t.Run(c.name, func(t *testing.T) {
			g := readGolden(t, c.name)
			s := newSolver(t, g.problem(t, c.name, c.residuals), crux.Options{})
			g.load(t, s)
			losses, grads := measure(t, s)
			for i, k := range g.Constraints {
				r, err := s.Residuals(k.Name)
				if err != nil {
					t.Fatal(err)
				}
				near(t, k.Name+" residual", r.RawMatrix().Data, g.Residuals[i], c.tol)
				near(t, k.Name+" gradient", g.inOrder(s, grads.RawRowView(i)), g.GradLosses[i], c.tol)
			}
			near(t, "losses", losses, g.Losses, c.tol)
			err := s.Measure(t.Context(), &hook{
				step: func(_ context.Context, st *crux.Step) error {
					near(t, "training loss", []float64{st.Loss}, []float64{g.TotalLoss}, c.tol)
					near(t, "training gradient", g.inOrder(s, st.Grad), g.GradTotal, c.tol)
					hv := make([]float64, len(st.Grad))
					if err := st.Run.HVP(hv, nil, g.fromOrder(s, g.HVP.V)); err != nil {
						return err
					}
					near(t, "Hessian-vector product", g.inOrder(s, hv), g.HVP.Hv, c.tol)
					return nil
				},
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

// fromOrder is the inverse of inOrder.
func (g *golden) fromOrder(s *crux.Solver, v []float64) []float64 {
	at := map[string][]float64{}
	for _, e := range g.Layout {
		at[g.path(e.Name)] = v[e.Offset : e.Offset+e.Size]
	}
	var out []float64
	for _, p := range s.Parameters() {
		out = append(out, at[p.Path]...)
	}
	return out
}

// Ten steps of gradient descent and fifty of Adam end where JAX's and Optax's do.
func TestGoldenTrajectories(t *testing.T) {
	for _, c := range goldenCases {
		g := readGolden(t, c.name)
		for _, m := range []struct {
			name   string
			method optim.Method
			want   trajectory
		}{
			{"gd", &optim.SGD{LR: optim.Constant(g.GD.LR)}, g.GD},
			{"adam", &optim.Adam{LR: optim.Constant(g.Adam.LR)}, g.Adam},
		} {
			if m.want.FinalTheta == nil {
				continue // the edge case has no trajectories
			}
			t.Run(c.name+"/"+m.name, func(t *testing.T) {
				s := newSolver(t, g.problem(t, c.name, c.residuals), crux.Options{Method: m.method})
				g.load(t, s)
				steps := len(m.want.Losses) - 1
				res := solve(t, s, steps)
				near(t, "losses", append(s.History().Loss, res.Loss), m.want.Losses, 1e-8)
				near(t, "theta", g.inOrder(s, s.Theta()), m.want.FinalTheta, 1e-8)
			})
		}
	}
}
