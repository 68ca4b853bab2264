package problemfile_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux/auto"
	"github.com/crux-pinn/crux/internal/pointwise"
	"github.com/crux-pinn/crux/internal/problemfile"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers"
	"github.com/crux-pinn/crux/weights"
)

const heat = `
problem: heat
coords: {t: [0, 1], x: [0, 1], y: [0, 2]}
constants: {kappa: 0.1}
fields: {u: {net: mlp, hidden: [8, 8]}}
constraints:
  pde: {residual: u_t - kappa*laplacian(u), points: 64}
optimizer: {adam: {}, steps: 10}
`

// load reads the heat problem with overrides.
func load(t *testing.T, sets ...string) *problemfile.Problem {
	t.Helper()
	p, err := readText("heat.yaml", []byte(heat), t.TempDir(), sets)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Everything that the language offers is accepted, compiles and reads back from the resolved file.
func TestLanguage(t *testing.T) {
	for _, c := range []struct{ name, set string }{
		{"modified MLP", "fields.u={net: modified_mlp, hidden: [8, 8], activation: sin, init: glorot_uniform, adaptive_slope: 5, factorized: true}"},
		{"ResNet", "fields.u={net: resnet, width: 8, blocks: 2, activation: gelu, raw: true}"},
		{"SIREN", "fields.u={net: siren, hidden: [8], omega: 10}"},
		{"PirateNet", "fields.u={net: piratenet, width: 8, blocks: 2, scale: 1, factorized: true}"},
		{"Fourier features", "fields.u={hidden: [8], fourier: {features: 4, scale: 2}}"},
		{"default Fourier features", "fields.u={hidden: [8], fourier: {}}"},
		{"periodic", "fields.u={hidden: [8], periodic: {x: 1, y: 2*1}, harmonics: 2}"},
		{"linear network", "fields.u={hidden: []}"},
		{"default network", "fields.u="},
		{"output transform", "fields.u.output=x*(1 - x)*u + 0.1*t"},
		{"vector field", "fields.u={out: 2, hidden: [8]}"},
		{"constructive geometry", "domain={difference: [box, {ball: {center: [0.5, 1], radius: 0.2}}, {box: {y: [1.5, 2]}}]}"},
		{"polygon", "domain={intersection: [box, {polygon: [[0, 0], [1, 0], [1, 2]]}]}"},
		{"union", "domain={union: [{disk: {center: [0.5, 0.5], radius: 0.5}}, {disk: {center: [0.5, 1.2], radius: 0.5}}]}"},
		{"no time", "time=none"},
		{"curriculum", "curriculum={kappa: [1, kappa*3]}"},
		{"curriculum of one value", "curriculum={kappa: 1}"},
		{"curriculum with its own value", "curriculum={kappa: [1, 0.1]}"},
		{"linear curriculum", "curriculum={kappa: {from: -1, lessons: 3}}"},
		{"geometric curriculum", "curriculum={kappa: {from: 1, lessons: 4, ramp: geometric}}"},
		{"no curriculum", "curriculum=none"},
		{"boundary", "constraints.bc={residual: dn(u), on: boundary, points: 20}"},
		{"initial", "constraints.ic={residual: u - sin(pi*x), on: initial, points: 20}"},
		{"final", "constraints.fc={residual: u, on: final, points: 20}"},
		{"one face", "constraints.bc={residual: n_x*u_x, on: {x: 1}, points: 20}"},
		{"face as text", "constraints.bc={residual: u, on: x = 0, points: 20}"},
		{"both faces", "constraints.bc={residual: u, on: x, points: 20}"},
		{"faces by value", "constraints.bc={residual: u, on: {x: [0, 1]}, points: 20}"},
		{"list of faces", "constraints.bc={residual: u, on: [{x: 0}, {y: 2}, {t: 0}], points: 20}"},
		{"section", "constraints.m={residual: u - 1, on: {x: 0.5}, points: 20}"},
		{"condition", "constraints.bc={residual: u, on: boundary, points: 20, where: y < 1 and x == 0}"},
		{"periodic condition", "constraints.bc={residual: u(x = 0) - u(x = 1), on: {x: 0}, points: 20}"},
		{"named region", "regions={low: {on: boundary, where: y < 1}}"},
		{"grid", "constraints.g={residual: u, grid: {t: 2, x: 3, y: 4}}"},
		{"quadrature", "constraints.g={residual: u^2, quadrature: 4, loss: sum}"},
		{"given points", "constraints.g={residual: u, at: [[0, 0, 0], [1, 1, 2*1]]}"},
		{"several residuals", "constraints.pde={residual: {a: u_t, b: u_x}, points: 20, weight: {a: 10}}"},
		{"Huber loss", "constraints.pde.loss={huber: 0.1}"},
		{"other loss", "constraints.pde.loss=mae"},
		{"sampler", "constraints.pde.sampler=latin_hypercube"},
		{"resampling", "constraints.pde.resample=100"},
		{"data", "constraints.d={residual: u - u_data, on: {builtin: heat1d, n: 20, noise: 0.01, seed: 7}, weight: 1e2}"},
		{"cosine", "optimizer.adam.lr={cosine: {lr: 1e-2, end: 1e-4}}"},
		{"warm-up", "optimizer.adam.lr={warmup_cosine: {lr: 1e-2, warmup: 3}}"},
		{"exponential", "optimizer.adam.lr={exponential: {lr: 1e-2, factor: 0.5, steps: 10, staircase: true, floor: 1e-5}}"},
		{"piecewise", "optimizer.adam.lr={piecewise: {lr: 1e-2, changes: {5: 1e-3, 3: 5e-3}}}"},
		{"DLRS", "optimizer.adam.lr={dlrs: {}}"},
		{"clip", "optimizer={adam: {}, clip: 1, steps: 5}"},
		{"clip by value", "optimizer={sgd: {momentum: 0.9, nesterov: true}, clip: {norm: 1, value: 0.1}, steps: 5}"},
		{"phases", "optimizer=[{adamw: {decay: 1e-3, decays: ['u/*/weight']}, steps: 5}, {rmsprop: {}, steps: 5}, {lbfgs: {memory: 5}, steps: 5}, {ssbroyden: {grad_tol: 1e-12, memory: 20}, steps: 5}]"},
		{"freeze", "optimizer.freeze=[u/layer0]"},
		{"auto", "optimizer=auto"},
		{"soap", "optimizer={soap: {lr: 1e-3, every: 5}, clip: 1, steps: 5}"},
		{"auto with steps", "optimizer={auto: {}, steps: 5}"},
		{"ema", "optimizer={adam: {}, clip: 1, freeze: u/layer0, ema: 0.99, steps: 5}"},
		{"lm without corrections", "optimizer={lm: {corrections: 0}, steps: 5}"},
		{"some residuals", "optimizer={lm: {rows: 4}, steps: 3}"},
		{"groups", "optimizer={groups: [{params: u/layer0, sgd: {lr: 0.1}}, {params: u/layer1/bias, freeze: }, {adam: {}}], steps: 5}"},
		{"float32", "precision=float32"},
		{"all trackers", "trackers=all"},
		{"trackers by name", "trackers=[gradient_norms, hessian_spectrum]"},
		{"trackers", "trackers={gradient_norms: {interval: 50, mask: 'u/layer*/weight'}, cos_similarity: {}, gradient_alignment: , residual_stats: {constraints: [pde], bins: 9}, " +
			"hessian_spectrum: {k: 2, iters: 4, probes: 3, constraints: pde, unweighted: true, seed: 4}, loss_landscape: {grid: 3, unweighted: true, alpha_range: 0.5, scaling: global, mask: ['u/*/bias']}}"},
		{"landscape along the path", "trackers.loss_landscape={along: pca, grid: 3}"},
		{"landscape along two directions", "trackers.loss_landscape={along: [gradient, curvature], grid: 3, mask: 'u/*/bias'}"},
		{"sensitivity", "trackers.input_sensitivity=[{expr: u_x, on: interior, points: 9}, {expr: 'u_x^2 + u_y^2', on: pde, points: 7, interval: 2}, {grid: 3}, {}]"},
		{"sensitivity, points left out", "trackers.input_sensitivity={expr: u_x, on: boundary}"},
		{"kernels", "trackers.ntk_spectrum=[{points: 5, top_k: 3}, {expr: u_t, on: {x: 0}, points: 4, mask: 'u/layer0/weight', seed: 3}]"},
		{"at the first points", "trackers={input_sensitivity: {first_draw: true}, ntk_spectrum: [{on: pde, first_draw: true}, {first_draw: false}]}"},
		{"balanced by norms", "weights={gradient_norm: {ema: 0.5, max_ratio: 100, skip_zero: false, interval: 20}}"},
		{"balanced by kernels", "weights={ntk: {ema: 0, plain: true, points: 6, interval: 2}}"},
		{"ReLoBRaLo", "weights=relobralo"},
		{"SoftAdapt", "weights={softadapt: {temperature: 1}}"},
		{"DWA", "weights=dwa"},
		{"RLW", "weights={rlw: {seed: 3}}"},
		{"uncertainty", "weights={uncertainty: {rate: 0.1}}"},
		{"scheduled weights", "weights={scheduled: {pde: {cosine: {from: 100, end: 1}}}}"},
		{"weights in pieces", "weights={scheduled: {pde: {piecewise: {from: 1, changes: {2: 10}}}}}"},
		{"early stopping", "early_stopping={patience: 2, mode: rel, min_delta: 0.1, baseline: 3, metric: pde, restore: false}"},
		{"checkpoints by steps", "checkpoint={interval: 2, keep: 1, best: pde}"},
		{"checkpoints by time", "checkpoint={every: 1m 30s}"},
		{"no checkpoints", "checkpoint=none"},
		{"points watched", "constraints.pde={residual: {a: u_t, b: u_x}, points: 20, resample: auto}"},
		{"RAD", "constraints.pde.resample={rad: {interval: 2, k: 1, c: 1, candidates: 100}}"},
		{"RAR-D", "constraints.pde.resample={rar_d: {interval: 2, add: 3, limit: 70}}"},
		{"R3", "constraints.pde.resample={r3: }"},
		{"several residuals, one followed", "constraints.pde={residual: {a: u_t, b: u_x}, points: 20, resample: {rad: {interval: 1, residual: b}}}"},
		{"causal weights", "constraints.pde.point_weights=causal"},
		{"causal weights in full", "constraints.pde.point_weights={causal: {slabs: 4, eps: [0.1, 1], delta: 0.5, stop: true, interval: 2}}"},
		{"residual-based attention", "constraints.pde.point_weights={rba: {gamma: 0.9, eta: 0.1, init: 1, interval: 3}}"},
		{"self-adaptive weights", "constraints.pde={residual: {a: u_t, b: u_x}, points: 20, point_weights: {self_adaptive: {rate: 0.1, power: 1, init: 2, plain: true}}}"},
		{"steps in all", "steps=7"},
		{"workers", "workers=2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			sets := []string{c.set}
			if c.name == "vector field" {
				sets = append(sets, "constraints.pde.residual='[u_t[0], u[1] - x]'")
			}
			if c.name == "named region" {
				sets = append(sets, "constraints.bc={residual: u, on: low, points: 20, where: x == 0}")
			}
			if c.name == "data" {
				sets = append(sets, "coords={t: [0, 1], x: [0, 1]}", "constraints.pde.residual=u_t - kappa*u_xx")
			}
			p := load(t, sets...)
			s, err := p.New()
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if _, err := s.Solve(t.Context(), min(p.Steps, 3), p.Callbacks(t.TempDir())...); err != nil {
				t.Error(err)
			}
			q, err := readText("resolved.yaml", p.Resolved, ".", nil)
			if err != nil {
				t.Fatalf("%v\n%s", err, p.Resolved)
			}
			if string(q.Resolved) != string(p.Resolved) || len(q.Trackers) != len(p.Trackers) {
				t.Errorf("resolved twice:\n%s\nonce:\n%s", q.Resolved, p.Resolved)
			}
		})
	}
}

// The training loss is what is measured, unless the file says otherwise.
func TestUnweightedTrackers(t *testing.T) {
	for value, want := range map[string]bool{"": false, "unweighted: false": false, "unweighted: true": true} {
		p := load(t, "trackers={hessian_spectrum: {"+value+"}, loss_landscape: {"+value+"}}")
		h, l := p.Trackers[0].Tracker.(*trackers.HessianSpectrum), p.Trackers[1].Tracker.(*trackers.LossLandscape)
		if h.Unweighted != want || l.Unweighted != want {
			t.Errorf("{%s}: %v and %v", value, h.Unweighted, l.Unweighted)
		}
	}
}

// Where the optimizer chooses by itself, all points that can be redrawn are watched by one callback, unless the file says otherwise.
func TestPointsWatchedByDefault(t *testing.T) {
	more := []string{
		"constraints.bc={residual: {a: u, b: u_t}, on: boundary, points: 20}", "constraints.given={residual: u, grid: 2}",
		"constraints.mean={residual: u, points: 9, loss: mae}", "constraints.left={residual: u, on: {x: 0}, points: 9, resample: 0}",
		"constraints.causal={residual: u_t, points: 9, point_weights: causal}",
	}
	for _, c := range []struct {
		optimizer string
		want      []string
	}{
		{"optimizer={adam: {}, steps: 10}", nil},
		{"optimizer=auto", []string{"pde", "bc.a", "bc.b"}},
		{"optimizer=", []string{"pde", "bc.a", "bc.b"}},
		{"optimizer=[{adam: {}, steps: 10}, {auto: {}, steps: 10}]", []string{"pde", "bc.a", "bc.b"}},
	} {
		p := load(t, append([]string{c.optimizer}, more...)...)
		var got []string
		for _, r := range p.Resamplers {
			got = append(got, r.(*callbacks.HeldOut).Constraints...)
		}
		if !slices.Equal(got, c.want) || len(p.Resamplers) > 1 || strings.Count(string(p.Resolved), "resample: auto") != min(2, len(c.want)) {
			t.Errorf("%s: watches %q, wants %q\n%s", c.optimizer, got, c.want, p.Resolved)
		}
	}
	if p := load(t, "optimizer=auto", "windows=2"); len(p.Resamplers) != 1 || !strings.Contains(string(p.Resolved), "resample: auto") {
		t.Errorf("points of windows are not watched:\n%s", p.Resolved)
	}
}

// The boundary of a problem in space and time is that of space at all times, with normals that have no part along time.
func TestBoundaryLeavesTimeOut(t *testing.T) {
	for _, domain := range []string{"domain=box", "domain={difference: [box, {ball: {center: [0.5, 1], radius: 0.2}}]}"} {
		p := load(t, domain, "constraints.bc={residual: u, on: boundary, points: 50}")
		s, err := p.New()
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		c, err := s.Cloud("bc")
		if err != nil {
			t.Fatal(err)
		}
		for i := range c.Len() {
			norm := 0.0
			for j, x := range c.Coords {
				n := c.Normals[i*len(c.Coords)+j]
				norm += n * n
				if x.Name() == "t" && (n != 0 || c.Row(i)[j] == 0 || c.Row(i)[j] == 1) {
					t.Errorf("%s: point %v, normal along t %v", domain, c.Row(i), n)
				}
			}
			if math.Abs(norm-1) > 1e-12 {
				t.Errorf("%s: normal of length² %v", domain, norm)
			}
		}
	}
}

func TestComponentsDefinitionsAndNumbers(t *testing.T) {
	src := `
problem: inverse
coords: {x: [0, 1]}
constants: {b: a^2, a: 2*pi} # in any order
params: {c: {init: 0.5, true: 2}, s: -1}
define: {d: {expr: exp(s), true: b}, slope: u_x, source: sin(a*x)}
fields:
  w: {hidden: [4], out: [u, v], output: {u: x*u + v}}
constraints:
  pde: {residual: {first: c*u_x + d*v = source, second: v}, points: 10}
reference: {u: x, slope: 1, c: 3}
budget: 1m30s
`
	p, err := readText("inverse.yaml", []byte(src), ".", nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range p.Fields {
		names = append(names, f.Name)
	}
	if got := strings.Join(names, " "); got != "u v slope" {
		t.Errorf("fields %s", got)
	}
	if len(p.Params) != 2 || p.Params[0].Path() != "c" || len(p.Derived) != 1 || p.Derived[0].Name != "d" {
		t.Errorf("parameters %v, derived %v", p.Params, p.Derived)
	}
	if p.Truths["c"] != 3 || p.Truths["d"] != 4*math.Pi*math.Pi {
		t.Errorf("truths %v", p.Truths)
	}
	d, err := p.Derived[0].Eval(func(*ph.Param) float64 { return -1 })
	if err != nil || d != math.Exp(-1) {
		t.Errorf("d = %v, %v", d, err)
	}
	if p.Budget != 90*time.Second || p.Steps != 5000 {
		t.Errorf("budget %v, %d steps", p.Budget, p.Steps)
	}
	c := p.Crux.Constraints
	if len(c) != 2 || c[0].Name != "pde.first" || c[0].On != c[1].On {
		t.Errorf("constraints %v", c)
	}
	s, err := p.New()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	e, err := ph.Parse("u_xx + b*v + slope", p.Env)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Eval(e, p.Grid(11)); err != nil {
		t.Error(err)
	}
}

func TestDataFiles(t *testing.T) {
	dir := t.TempDir()
	csv := "t,x,y,u\n0.5,0.5,1,0.1\n0.25,0.5,1,0.2\n"
	if err := os.WriteFile(filepath.Join(dir, "d.csv"), []byte(csv), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := readText("heat.yaml", []byte(heat), dir, []string{
		"data={m: {file: d.csv}}", "constraints.d={residual: u - u_data, on: m}", "constraints.e={residual: u_t, on: m}", "reference={u: {file: d.csv}}",
	})
	if err != nil {
		t.Fatal(err)
	}
	if c := p.Crux.Constraints; c[1].On != c[2].On {
		t.Error("constraints on one data set have points of their own")
	}
	r := p.References[0]
	cloud, err := r.On.Draw(nil)
	if err != nil {
		t.Fatal(err)
	}
	v, err := r.Eval(cloud)
	if err != nil || r.Kind != problemfile.Measured || len(v) != 2 || v[1] != 0.2 {
		t.Errorf("%v %v %v", r.Kind, v, err)
	}
	// the resolved file finds the data from any folder
	if _, err := readText("resolved.yaml", p.Resolved, t.TempDir(), nil); err != nil {
		t.Error(err)
	}
}

func TestOverrides(t *testing.T) {
	p := load(t, "optimizer.steps=2*21", "constraints.pde.points=128", "seed=9", "constants.kappa=1/4")
	if p.Steps != 42 || p.Crux.Constraints[0].On.Len() != 128 || p.Options.Seed != 9 || !strings.Contains(string(p.Resolved), "kappa: 1/4") {
		t.Errorf("%d steps, %d points, seed %d\n%s", p.Steps, p.Crux.Constraints[0].On.Len(), p.Options.Seed, p.Resolved)
	}
	for _, c := range []struct{ set, want string }{
		{"sead=3", `--set sead=3:1:1: unknown key "sead"; did you mean seed?`},
		{"seed", "--set seed: an override has the form path=value"},
		{"optimizer.steps=two", "--set optimizer.steps=two:1:1: optimizer.steps: unknown name two"},
		{"constraints.pde.residual=u_t + vv", "--set constraints.pde.residual=u_t + vv:1:7: constraints.pde.residual: unknown name vv"},
		{"problem.x=3", `problem is "heat" and has no part x`},
	} {
		_, err := readText("heat.yaml", []byte(heat), ".", []string{c.set})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.set, err)
		}
	}
}

// The file that the project promises: one screen, nothing but the problem.
func TestPromisedFile(t *testing.T) {
	src := `problem: burgers
coords: {t: [0, 1], x: [-1, 1]}
constants: {nu: 0.01/pi}
fields: {u: {net: mlp, hidden: [20, 20, 20], output: "-sin(pi*x) + t*(1 - x^2)*u"}}
constraints:
  pde: {residual: u_t + u*u_x - nu*u_xx, points: 4000, sampler: sobol}
optimizer: [{adam: {lr: 1e-3}, steps: 2000}, {lbfgs: {}, steps: 3000}]
reference: {u: {builtin: burgers_cole_hopf}}
seed: 1
`
	p, err := readText("burgers.yaml", []byte(src), ".", nil)
	if err != nil {
		t.Fatal(err)
	}
	if p.Steps != 5000 || p.Options.Seed != 1 || p.References[0].Kind != problemfile.Computed {
		t.Errorf("%d steps, seed %d, reference %s", p.Steps, p.Options.Seed, p.References[0].Kind)
	}
}

func ExampleParse() {
	src := `problem: wave
coords: {t: [0, 1], x: [0, 1]}
fields: {u: {net: mlp}}
constraints:
  pde: {residual: u_tt - c^2*u_xx, points: 1000, samplr: sobol}
`
	_, err := readText("wave.yaml", []byte(src), ".", nil)
	fmt.Println(err)
	// Output:
	// wave.yaml:5:26: constraints.pde.residual: unknown name c; known are t, u, x
	//     5 |   pde: {residual: u_tt - c^2*u_xx, points: 1000, samplr: sobol}
	//       |                          ^
	// wave.yaml:5:50: constraints.pde: unknown key "samplr"; did you mean sampler?
	//     5 |   pde: {residual: u_tt - c^2*u_xx, points: 1000, samplr: sobol}
	//       |                                                  ^
}

// Weights of points are read as they are written, each residual has its own, and the resolved file shows the defaults.
func TestPointWeights(t *testing.T) {
	p := load(t, "constraints.pde={residual: {a: u_t, b: u_x}, points: 20, point_weights: {causal: {eps: [0.1, 1]}}}",
		"constraints.bc={residual: u, on: boundary, points: 20, point_weights: {rba: {eta: 0.1}}}")
	a, ok := p.Crux.Constraints[0].PointWeights.(*weights.Causal)
	b, _ := p.Crux.Constraints[1].PointWeights.(*weights.Causal)
	if !ok || a == b || a.Time != "t" || a.Slabs != 32 || a.Delta != 0.99 || !slices.Equal(b.Eps, []float64{0.1, 1}) {
		t.Errorf("%+v and %+v", a, b)
	}
	if r, ok := p.Crux.Constraints[2].PointWeights.(*weights.RBA); !ok || r.Gamma != 0.999 || r.Eta != 0.1 || r.Init != 0 {
		t.Errorf("%+v", p.Crux.Constraints[2].PointWeights)
	}
	for _, want := range []string{"slabs: 32", "gamma: 0.999", "interval: 1"} {
		if !strings.Contains(string(p.Resolved), want) {
			t.Errorf("no %s in\n%s", want, p.Resolved)
		}
	}
}

// Tables are functions of coordinates, fields and expressions under their names; the files that they are in belong to the problem.
func TestTables(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"k.csv": "Tiefe [m];Leitf. [W/m/K]\n0;1,0\n0,5;2,5\n1;5,0\n", "q.csv": "t,x,q,other\n0,0,0,9\n0,1,1,9\n1,0,2,9\n1,1,3,9\n",
		"c.csv": "degrees,c\n0,1\n100,3\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sets := []string{
		"tables={k: {file: k.csv, of: x, columns: {x: Tiefe}}, q: {file: q.csv, of: [t, x], interpolate: linear}, c: {file: c.csv, of: {degrees: warm}}}",
		"define={warm: 10*u, twice: 2*k}", "constraints.tables={residual: twice_x + q_t + c + q(t = 0), on: initial}",
	}
	p, err := readText("heat.yaml", []byte(heat), dir, sets)
	if err != nil {
		t.Fatal(err)
	}
	x, tc := p.Env.Names["x"], p.Env.Names["t"]
	at := pointwise.Point{Coords: map[*ph.Coord]float64{x.(*ph.Coord): 0.5, tc.(*ph.Coord): 0.25}}
	for text, want := range map[string]float64{"k": 2.5, "k_xx": 4, "twice_x": 8, "q": 1, "q_t": 2, "q(t = 0)": 0.5} {
		e, err := ph.Parse(text, p.Env)
		if err != nil {
			t.Fatal(err)
		}
		if v, err := pointwise.Eval(e, at); err != nil || !(math.Abs(v[0]-want) < 1e-12) {
			t.Errorf("%s is %v (%v), want %v", text, v, err, want)
		}
	}
	if len(p.Files) != 3 || p.Files[0].Kept == "" {
		t.Errorf("the files of the problem are %v", p.Files)
	}
	if !slices.ContainsFunc(p.Choice.Decisions, func(d auto.Decision) bool { return strings.HasPrefix(d.What, "c.csv below 0 and above 100") }) {
		t.Errorf("nothing is said of a field that may leave its table: %v", p.Choice.Decisions)
	}
	// the resolved file finds the tables from any folder
	if _, err := readText("resolved.yaml", p.Resolved, t.TempDir(), nil); err != nil {
		t.Error(err)
	}
	longer := []string{"coords.x=[0, 2]", "tables.k.outside=clamp", "tables.q.outside=clamp"}
	if p, err = readText("heat.yaml", []byte(heat), dir, append(sets, longer...)); err != nil {
		t.Fatal(err)
	}
	at.Coords = map[*ph.Coord]float64{p.Env.Names["x"].(*ph.Coord): 1.5, p.Env.Names["t"].(*ph.Coord): 1}
	if v, err := pointwise.Eval(p.Env.Names["k"].Add(p.Env.Names["q"]), at); err != nil || v[0] != 8 {
		t.Errorf("beyond its values: %v (%v)", v, err)
	}
}
