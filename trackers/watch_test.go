package trackers_test

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers"
	"github.com/crux-pinn/crux/weights"
)

// plate is a small Poisson problem with resampled points and a boundary of two constraints on one point set.
type plate struct {
	problem crux.Problem
	u, pde  ph.Expr
	inside  *domain.Points
	box     *domain.Box
	x, y    *ph.Coord
}

func newPlate() *plate {
	p := &plate{}
	p.x, p.y = ph.Coords2("x", "y")
	p.box = domain.NewBox(domain.In(p.x, 0, 1), domain.In(p.y, 0, 1))
	u := ph.NewField("u", net.MLP{Hidden: []int{8, 8}}, p.x, p.y)
	p.u, p.inside = u, p.box.Interior(40).Every(7)
	p.pde = ph.Laplacian(u, p.x, p.y).Add(ph.Sin(p.x.Scale(math.Pi)))
	edge := p.box.Boundary(20)
	p.problem = crux.Problem{Name: "plate", Constraints: []crux.Constraint{
		{Name: "pde", Residual: p.pde, On: p.inside},
		{Name: "value", Residual: u, On: edge},
		{Name: "slope", Residual: u.D(p.x), On: edge, Weight: 0.1},
	}}
	return p
}

func (p *plate) solver(t testing.TB, o crux.Options) *crux.Solver {
	t.Helper()
	s, err := crux.New(p.problem, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// all are the eight trackers, firing often.
func (p *plate) all() []crux.Callback {
	return []crux.Callback{
		&trackers.GradientNorms{Interval: 3},
		&trackers.CosSimilarity{Interval: 2, Mask: ph.Paths("u/layer0")},
		&trackers.GradientAlignment{Interval: 5},
		&trackers.ResidualStats{Interval: 4, Constraints: []string{"pde", "slope"}},
		&trackers.InputSensitivity{Expr: ph.Jacobian(p.u, p.x, p.y), On: p.box.Interior(9), Interval: 6},
		&trackers.NTKSpectrum{Grad: ph.ParamGrad(p.pde, nil), On: p.inside, Points: 10, Interval: 5},
		&trackers.HessianSpectrum{K: 2, Iters: 4, Interval: 9, Probes: 1},
		&trackers.LossLandscape{Grid: 3, Interval: 8},
	}
}

func solve(t testing.TB, s *crux.Solver, steps int, cs ...crux.Callback) *crux.Result {
	t.Helper()
	res, err := s.Solve(context.Background(), steps, cs...)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// methods are those on which a disturbance would show.
var methods = map[string]func() optim.Method{
	"adam":  func() optim.Method { return &optim.Adam{} },
	"lbfgs": func() optim.Method { return &optim.LBFGS{} },
}

// A run with all trackers has the losses and parameters of one without, bit for bit, with and without weights of the points.
func TestWatchingChangesNothing(t *testing.T) {
	for name, method := range methods {
		for _, workers := range []int{1, 2} {
			for _, points := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%d workers/points %v", name, workers, points), func(t *testing.T) {
					build := func() (*plate, *crux.Solver) {
						p := newPlate()
						if points {
							p.problem.Constraints[0].PointWeights = weights.NewRBA()
							p.problem.Constraints[2].PointWeights = &weights.SelfAdaptive{Rate: 0.1}
						}
						return p, p.solver(t, crux.Options{Method: method(), Seed: 3, Workers: workers})
					}
					_, plain := build()
					p, watched := build()
					all := func() []crux.Callback {
						layer := ph.Paths("u/layer2")
						return append(p.all(), &trackers.HessianSpectrum{K: 2, Iters: 4, Interval: 9, Mask: layer},
							&trackers.LossLandscape{Grid: 3, Interval: 8, Mask: layer, Along: [2]trackers.Direction{trackers.GradientDirection, trackers.CurvatureDirection}})
					}
					solve(t, plain, 30)
					solve(t, watched, 17, all()...)
					if err := watched.Measure(context.Background(), all()...); err != nil {
						t.Fatal(err)
					}
					solve(t, watched, 13, all()...)
					if !slices.Equal(plain.Theta(), watched.Theta()) || !slices.Equal(plain.History().Loss, watched.History().Loss) {
						t.Error("watching changed the run")
					}
				})
			}
		}
	}
}

// pointSchemes are the schemes that weigh points, by type.
var pointSchemes = map[string]func() weights.PointScheme{
	"Causal": func() weights.PointScheme {
		return &weights.Causal{Time: "x", Slabs: 4, Eps: []float64{0.01, 0.1, 1}, Delta: 0.9}
	},
	"SelfAdaptive": func() weights.PointScheme { return &weights.SelfAdaptive{Rate: 0.1} },
	"RBA":          func() weights.PointScheme { return &weights.RBA{Gamma: 0.9, Eta: 0.2} },
}

// lossSchemes are the schemes that weigh constraints without trackers, by type.
var lossSchemes = map[string]func() weights.Scheme{
	"ReLoBRaLo": func() weights.Scheme { return &weights.ReLoBRaLo{Alpha: 0.9, Rho: 0.5} },
	"SoftAdapt": func() weights.Scheme { return &weights.SoftAdapt{} }, "DWA": func() weights.Scheme { return &weights.DWA{} },
	"Uncertainty": func() weights.Scheme { return &weights.Uncertainty{} }, "RLW": func() weights.Scheme { return &weights.RLW{} },
	"Fixed": func() weights.Scheme { return &weights.Fixed{W: []float64{1, 2, 0.5}} },
	"Scheduled": func() weights.Scheme {
		return &weights.Scheduled{W: []func(int) float64{nil, func(e int) float64 { return 1 + float64(e)/10 }, nil}}
	},
}

// trackedSchemes are those that read trackers.
var trackedSchemes = []string{"GradientNormBalanced", "NTKBalanced"}

// Every type of package weights that weighs is in the tables above, so that the tests below cover it.
func TestAllSchemesAreCovered(t *testing.T) {
	files, err := filepath.Glob("../weights/*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, path := range files {
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		for _, d := range f.Decls {
			m, ok := d.(*ast.FuncDecl)
			if !ok || m.Recv == nil || m.Name.Name != "Weigh" && m.Name.Name != "WeighPoints" {
				continue
			}
			found++
			name := m.Recv.List[0].Type.(*ast.StarExpr).X.(*ast.Ident).Name
			if lossSchemes[name] == nil && pointSchemes[name] == nil && !slices.Contains(trackedSchemes, name) {
				t.Errorf("scheme %s is not in the tables of this file", name)
			}
		}
	}
	if want := len(lossSchemes) + len(pointSchemes) + len(trackedSchemes); found != want {
		t.Errorf("%d schemes in the package, %d in the tables", found, want)
	}
}

// The same for every weight scheme: those that read trackers, those that read losses, those that weigh points, and both kinds
// at once.
func TestWatchingChangesNoBalancedRun(t *testing.T) {
	names := slices.Concat(slices.Sorted(maps.Keys(lossSchemes)), trackedSchemes, slices.Sorted(maps.Keys(pointSchemes)))
	for name, method := range methods {
		for k, scheme := range names {
			p := newPlate()
			run := func(more ...crux.Callback) *crux.Solver {
				for i := range p.problem.Constraints {
					p.problem.Constraints[i].PointWeights = nil
					if f := pointSchemes[scheme]; f != nil {
						p.problem.Constraints[i].PointWeights = f()
					}
				}
				if k%4 == 0 { // together with a scheme for points
					p.problem.Constraints[0].PointWeights = pointSchemes["RBA"]()
				}
				norms := &trackers.GradientNorms{Interval: 4}
				own := []crux.Callback{norms}
				var traces []weights.TraceSource
				for _, c := range p.problem.Constraints {
					k := &trackers.NTKSpectrum{Grad: ph.ParamGrad(c.Residual, nil), On: c.On, Points: 5, Interval: 6}
					traces, own = append(traces, k), append(own, k)
				}
				var w weights.Scheme
				switch {
				case scheme == "GradientNormBalanced":
					w = &weights.GradientNormBalanced{Norms: norms, EMA: 0.5}
				case scheme == "NTKBalanced":
					w = weights.NewNTKBalanced(traces...)
				case lossSchemes[scheme] != nil:
					w = lossSchemes[scheme]()
				}
				s := p.solver(t, crux.Options{Method: method(), Weights: w, Seed: 3, Workers: 1})
				solve(t, s, 20, append(more, own...)...)
				return s
			}
			plain, watched := run(), run(p.all()...)
			if !slices.Equal(plain.Theta(), watched.Theta()) || !slices.Equal(plain.History().Loss, watched.History().Loss) {
				t.Errorf("%s, %s: watching changed the run", name, scheme)
			}
		}
	}
}

// A scheme whose tracker was not passed to Solve would wait for ever.
func TestUnregisteredTracker(t *testing.T) {
	p := newPlate()
	norms := &trackers.GradientNorms{}
	for _, w := range []weights.Scheme{
		&weights.GradientNormBalanced{Norms: norms},
		weights.NewNTKBalanced(&trackers.NTKSpectrum{}),
		&weights.GradientNormBalanced{Norms: (*trackers.GradientNorms)(nil)},
	} {
		s := p.solver(t, crux.Options{Weights: w})
		_, err := s.Solve(context.Background(), 1, &trackers.GradientNorms{})
		if err == nil || !strings.Contains(err.Error(), "was not passed to Solve") || s.Epoch() != 0 {
			t.Errorf("%T: %v", w, err)
		}
	}
}

// Once it has a value, a tracker that a scheme reads may be left out: measuring needs it no more, and the weights stay as they are.
func TestMeasuredTrackerMayBeLeftAway(t *testing.T) {
	p := newPlate()
	norms := &trackers.GradientNorms{Interval: 5}
	s := p.solver(t, crux.Options{Weights: &weights.GradientNormBalanced{Norms: norms}})
	if err := s.Measure(context.Background(), &trackers.ResidualStats{}); err == nil || !strings.Contains(err.Error(), "has no value") {
		t.Errorf("before the first measurement: %v", err)
	}
	solve(t, s, 7, norms)
	if err := s.Measure(context.Background(), &trackers.HessianSpectrum{K: 1, Iters: 2}); err != nil {
		t.Error(err)
	}
	var seen [][]float64
	solve(t, s, 10, &stepper{func(st *crux.Step) { seen = append(seen, slices.Clone(st.Weights)) }})
	want := make([]float64, 3)
	fresh := &weights.GradientNormBalanced{Norms: norms}
	if err := fresh.Weigh(want, nil, 7); err != nil {
		t.Fatal(err)
	}
	want[2] *= 0.1 // the constant weight of slope
	for e, w := range seen {
		if !slices.Equal(w, want) {
			t.Errorf("step %d has the weights %v, those of the last measurement are %v", 7+e, w, want)
		}
	}
	if got := norms.Result().Epochs; !slices.Equal(got, []int{0, 5}) {
		t.Errorf("measured at %v", got)
	}
}

// A residual scaled by c has a gradient norm scaled by c² and the same directions; constraints in another order have the
// same norms in that order.
func TestScalingAndOrder(t *testing.T) {
	measure := func(change func(*plate)) (*trackers.GradientNorms, *trackers.GradientAlignment) {
		p := newPlate()
		if change != nil {
			change(p)
		}
		norms, align := &trackers.GradientNorms{}, &trackers.GradientAlignment{}
		if err := p.solver(t, crux.Options{Seed: 2}).Measure(context.Background(), norms, align); err != nil {
			t.Fatal(err)
		}
		return norms, align
	}
	norms, align := measure(nil)
	want := value(t, norms).Norms
	scaled, sameAlign := measure(func(p *plate) {
		p.problem.Constraints[1].Residual = p.problem.Constraints[1].Residual.Scale(7)
	})
	near(t, "scaled", value(t, scaled).Norms, []float64{want[0], 49 * want[1], want[2]}, 1e-13)
	near(t, "alignment", []float64{value(t, sameAlign).Alignment}, []float64{value(t, align).Alignment}, 1e-10)
	permuted, _ := measure(func(p *plate) {
		c := p.problem.Constraints
		c[1], c[2] = c[2], c[1]
	})
	near(t, "permuted", value(t, permuted).Norms, []float64{want[0], want[2], want[1]}, 1e-13)
}

// Three trackers are due and read one matrix: when the first callback of the step has poisoned it, all show the poison.
func TestOneGradientMatrix(t *testing.T) {
	p := newPlate()
	s := p.solver(t, crux.Options{})
	norms, cos, align := &trackers.GradientNorms{}, &trackers.CosSimilarity{}, &trackers.GradientAlignment{Mask: ph.Paths("u")}
	poison := &prober{do: func(g *mat.Dense) {
		for i := range 3 {
			for j := range g.RawRowView(i) {
				g.Set(i, j, 0)
			}
			g.Set(i, 0, float64(i+1))
		}
	}}
	solve(t, s, 1, poison, norms, cos, align)
	if got := value(t, norms).Norms; !slices.Equal(got, []float64{1, 2, 3}) {
		t.Errorf("norms %v are not of the shared matrix", got)
	}
	near(t, "cosines", value(t, cos).Matrix, slices.Repeat([]float64{1}, 9), 1e-11)
	near(t, "alignment", []float64{value(t, align).Alignment}, []float64{1}, 1e-11)
}

// prober reads the run's gradient matrix.
type prober struct {
	fact *crux.Fact[*mat.Dense]
	do   func(*mat.Dense)
}

func (p *prober) OnSolveBegin(_ context.Context, r *crux.Run) error {
	p.fact = r.Gradients()
	return nil
}

func (p *prober) OnStep(ctx context.Context, s *crux.Step) error {
	g, err := p.fact.At(ctx, s)
	if err == nil {
		p.do(g)
	}
	return err
}

// Trackers fire at the multiples of their interval, 0 included, over several calls of Solve, and in Measure.
func TestIntervals(t *testing.T) {
	p := newPlate()
	s := p.solver(t, crux.Options{})
	norms := &trackers.GradientNorms{Interval: 4}
	if _, ok := norms.LatestEpoch(); ok {
		t.Error("a value before the first step")
	}
	solve(t, s, 6, norms)
	solve(t, s, 5, norms)
	if got := norms.Result().Epochs; !slices.Equal(got, []int{0, 4, 8}) {
		t.Errorf("fired at %v", got)
	}
	if err := s.Measure(context.Background(), norms); err != nil {
		t.Fatal(err)
	}
	if got := norms.Result().Epochs; !slices.Equal(got, []int{0, 4, 8, 11}) {
		t.Errorf("with Measure: fired at %v", got)
	}
	r := norms.Result()
	weighted, plain := r.Matrix("weighted_norms"), r.Matrix("norms")
	near(t, "weighted", []float64{weighted.At(0, 2)}, []float64{0.1 * plain.At(0, 2)}, 1e-15)
	if n, m := plain.Dims(); n != 4 || m != 3 || plain.At(3, 1) != r.Values[3].Norms[1] || r.Matrix("none") != nil {
		t.Errorf("the matrix of norms is %d×%d: %v", n, m, plain)
	}
}

// At constant θ balanced weights are constant over twenty measurements, because norms and traces are those of unweighted losses.
func TestFrozenParametersGiveConstantWeights(t *testing.T) {
	p := newPlate()
	p.problem.Constraints[0].On = p.box.Interior(40) // fixed points too
	for _, name := range []string{"norms", "traces", "norms and points"} {
		if name == "norms and points" { // whose weights go on growing, which norms of unweighted losses do not see
			p.problem.Constraints[0].PointWeights = pointSchemes["RBA"]()
		}
		norms := &trackers.GradientNorms{Interval: 3}
		cs := []crux.Callback{norms}
		var scheme weights.Scheme = &weights.GradientNormBalanced{Norms: norms}
		if name == "traces" {
			var traces []weights.TraceSource
			for _, c := range p.problem.Constraints {
				k := &trackers.NTKSpectrum{Grad: ph.ParamGrad(c.Residual, nil), On: c.On, Interval: 3}
				traces, cs = append(traces, k), append(cs, k)
			}
			scheme = &weights.NTKBalanced{Traces: traces}
		}
		s := p.solver(t, crux.Options{Method: optim.Phases(optim.Phase{Groups: []optim.Group{{Freeze: true}}}), Weights: scheme})
		var seen [][]float64
		solve(t, s, 60, append(cs, &stepper{func(st *crux.Step) { seen = append(seen, slices.Clone(st.Weights)) }})...)
		for e, w := range seen[1:] {
			if !slices.Equal(w, seen[1]) {
				t.Fatalf("%s: step %d has weights %v, step 1 %v", name, e+1, w, seen[1])
			}
		}
		if slices.Equal(seen[0], seen[1]) || !slices.Equal(seen[0], []float64{1, 1, 0.1}) {
			t.Errorf("%s: weights begin with %v and continue with %v", name, seen[0], seen[1])
		}
	}
}

type stepper struct{ do func(*crux.Step) }

func (*stepper) OnSolveBegin(context.Context, *crux.Run) error { return nil }

func (s *stepper) OnStep(_ context.Context, st *crux.Step) error {
	s.do(st)
	return nil
}

// Rows of the kernel are chosen once; wide and tall Jacobians, masks and padding.
func TestNTKRows(t *testing.T) {
	p := newPlate()
	s := p.solver(t, crux.Options{Method: &optim.SGD{}})
	few := &trackers.NTKSpectrum{Grad: ph.ParamGrad(p.u, nil), On: p.inside, Points: 5, TopK: 7}
	other := &trackers.NTKSpectrum{Grad: ph.ParamGrad(p.u, nil), On: p.inside, Points: 5, Seed: 1}
	bias := &trackers.NTKSpectrum{Grad: ph.ParamGrad(p.u, ph.Paths("u/layer2/bias")), On: p.inside}
	measure := func() {
		t.Helper()
		if err := s.Measure(context.Background(), few, other, bias); err != nil {
			t.Fatal(err)
		}
	}
	measure()
	first := value(t, few)
	measure()
	if again := value(t, few); !slices.Equal(first.Eigenvalues, again.Eigenvalues) {
		t.Error("other rows at the same parameters")
	}
	if slices.Equal(first.Eigenvalues, value(t, other).Eigenvalues) {
		t.Error("another seed has the same rows")
	}
	for _, a := range few.Arrays() {
		if a.Name == "eigvals_topk" {
			if x := a.Data.([]float64); len(x) != 7 || !math.IsNaN(x[6]) || math.IsNaN(x[4]) {
				t.Errorf("eigvals_topk %v", x)
			}
		}
	}
	// ∂u/∂(output bias) = 1 at all 40 points: one eigenvalue 40 of rank 1.
	v := value(t, bias)
	if v.Rank != 1 || math.Abs(v.Max()-40) > 1e-12 || v.Min() != 0 || v.Trace != 40 || len(v.Eigenvalues) != 40 {
		t.Errorf("output bias: %+v", v)
	}
}

func TestOptionsAreCheckedBeforeTheFirstStep(t *testing.T) {
	p := newPlate()
	two := ph.Jacobian(p.u, p.x, p.y)
	none := ph.Paths("v/*")
	for _, c := range []struct {
		tr   crux.Callback
		says string
	}{
		{&trackers.GradientNorms{Interval: -1}, "Interval is -1"},
		{&trackers.GradientNorms{Mask: none}, "u/layer0/weight"},
		{&trackers.CosSimilarity{Mask: none}, "matches no parameter"},
		{&trackers.GradientAlignment{Mask: none}, "matches no parameter"},
		{&trackers.ResidualStats{Constraints: []string{"ic"}}, `no constraint "ic"`},
		{&trackers.ResidualStats{Of: []crux.Constraint{}}, "empty list"},
		{&trackers.ResidualStats{Of: newPlate().problem.Constraints[:1]}, `"pde" in Of has another name, residual or point set`},
		{&trackers.ResidualStats{Bins: -2}, "Bins"},
		{&trackers.InputSensitivity{On: p.inside}, "no Expr"},
		{&trackers.InputSensitivity{Expr: p.u, On: p.box.Interior(0)}, "0 points"},
		{&trackers.NTKSpectrum{On: p.inside}, "no Grad"},
		{&trackers.NTKSpectrum{Grad: ph.ParamGrad(p.u, none), On: p.inside}, "matches no parameter"},
		{&trackers.NTKSpectrum{Grad: ph.ParamGrad(two, nil), On: p.inside}, "pick it with Index"},
		{&trackers.NTKSpectrum{Grad: ph.ParamGrad(ph.NewParam("other", 1), nil), On: p.inside}, `"other" is not part`},
		{&trackers.NTKSpectrum{Grad: ph.ParamGrad(p.u, nil), On: p.inside, TopK: -1}, "TopK"},
		{&trackers.NTKSpectrum{Grad: ph.ParamGrad(p.u, nil), On: p.inside, Points: -1}, "Points"},
		{&trackers.HessianSpectrum{K: -1}, "K is -1"},
		{&trackers.HessianSpectrum{K: 20, Iters: 10}, "raise Iters"},
		{&trackers.HessianSpectrum{Probes: -1}, "probes"},
		{&trackers.HessianSpectrum{Constraints: []string{"ic"}}, `no constraint "ic"`},
		{&trackers.HessianSpectrum{Constraints: []string{}}, "empty list"},
		{&trackers.HessianSpectrum{Constraints: []string{"pde", "value", "pde"}}, `"pde" is listed twice`},
		{&trackers.HessianSpectrum{Of: []crux.Constraint{p.problem.Constraints[1], p.problem.Constraints[1]}}, `"value" is listed twice`},
		{&trackers.HessianSpectrum{Of: p.problem.Constraints[:1], Constraints: []string{"pde"}}, "give one of them"},
		{&trackers.HessianSpectrum{Mask: none}, "matches no parameter"},
		{&trackers.LossLandscape{Grid: 1}, "Grid is 1"},
		{&trackers.LossLandscape{AlphaRange: math.NaN()}, "AlphaRange"},
		{&trackers.LossLandscape{Mask: ph.Paths("u/*/bias")}, "selects no weight matrix"},
		{&trackers.LossLandscape{Directions: [2][]float64{{1}, nil}}, "direction 1 has 1 entries"},
		{&trackers.LossLandscape{Along: [2]trackers.Direction{9, 0}}, "Along[0] is direction 9"},
		{&trackers.LossLandscape{Along: [2]trackers.Direction{trackers.GradientDirection, trackers.GradientDirection}}, "both directions are the gradient"},
		{&trackers.LossLandscape{Along: [2]trackers.Direction{0, trackers.PCADirection}, Directions: [2][]float64{nil, {1}}}, "leave one out"},
	} {
		s := p.solver(t, crux.Options{})
		_, err := s.Solve(context.Background(), 1, c.tr)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%T: %v; want %q in it", c.tr, err, c.says)
		}
		if s.Epoch() != 0 {
			t.Errorf("%T: a step was taken", c.tr)
		}
	}
}

// The state of a tracker is its history; another kind's, and a damaged one, are errors.
func TestState(t *testing.T) {
	p := newPlate()
	s := p.solver(t, crux.Options{})
	from := p.all()
	solve(t, s, 12, from...)
	for i, to := range p.all() {
		b, err := from[i].(crux.Stateful).State()
		if err != nil {
			t.Fatal(err)
		}
		k := to.(crux.Stateful)
		if k.SetState(b[:len(b)/2]) == nil || k.SetState(nil) == nil {
			t.Errorf("%T: no error for a damaged state", to)
		}
		if other, err := from[(i+1)%8].(crux.Stateful).State(); err != nil || k.SetState(other) == nil {
			t.Errorf("%T: no error for the state of another tracker", to)
		}
		if err := k.SetState(b); err != nil {
			t.Fatal(err)
		}
		if err := s.Measure(context.Background(), to); err != nil { // step 12
			t.Fatal(err)
		}
		got, want := to.(arrays).Arrays(), from[i].(arrays).Arrays()
		if e, w := got[0].Data.([]int64), want[0].Data.([]int64); !slices.Equal(e[:len(w)], w) || e[len(w)-1] > 12 {
			t.Errorf("%T: epochs %v, want those of %v and 12", to, e, w)
		}
	}
	// On a problem of another size a history that was restored does not fit.
	b, err := from[0].(crux.Stateful).State()
	if err != nil {
		t.Fatal(err)
	}
	norms, q := &trackers.GradientNorms{}, newPlate()
	if err := norms.SetState(b); err != nil {
		t.Fatal(err)
	}
	q.problem.Constraints = q.problem.Constraints[:2]
	other := q.solver(t, crux.Options{})
	solve(t, other, 12)
	if _, err := other.Solve(context.Background(), 1, norms); err == nil || !strings.Contains(err.Error(), "new tracker") {
		t.Errorf("another problem: %v", err)
	}
}

type arrays interface{ Arrays() []trackers.Array }

// Names and shapes of the arrays are those that files and readers rely on.
func TestArrays(t *testing.T) {
	p := newPlate()
	cs := p.all()
	for _, c := range p.all() { // before any run
		for _, a := range c.(arrays).Arrays() {
			checkArray(t, c, a)
		}
	}
	solve(t, p.solver(t, crux.Options{}), 20, cs...)
	want := []string{
		"epochs[7] norms[7 3] weighted_norms[7 3]",
		"epochs[10] cos_sim_matrix[10 3 3]",
		"epochs[4] alignment[4]",
		"epochs[5] means[5 2] stds[5 2] maxes[5 2] p99[5 2] indices[2] histogram_edges[5 2 51] histogram_counts[5 2 50]",
		"epochs[4] values[4 9 2] points[9 2]",
		"epochs[4] eigvals_topk[4 10] lambda_min[4] lambda_max[4] condition_number[4] trace[4] all_eigvals[4 10] rank[4] effective_condition_number[4]",
		"epochs[3] eigvals[3 2] sharpness[3] smallest[3] bounds[3 2] trace[3] ritz[3 4] mass[3 4] weights[3 3]",
		"epochs[3] landscapes[3 3 3] axis[3] constraint_landscapes[3 3 3 3] weights[3 3] directions[2 105]",
	}
	for i, c := range cs {
		var names []string
		for _, a := range c.(arrays).Arrays() {
			names = append(names, fmt.Sprint(a.Name, a.Shape))
			checkArray(t, c, a)
		}
		if got := strings.Join(names, " "); got != want[i] {
			t.Errorf("%T: %s\nwant %s", c, got, want[i])
		}
	}
}

func checkArray(t *testing.T, c any, a trackers.Array) {
	t.Helper()
	n := 1
	for _, k := range a.Shape {
		n *= k
	}
	switch x := a.Data.(type) {
	case []float64:
		if len(x) != n {
			t.Errorf("%T: %s has shape %v and %d numbers", c, a.Name, a.Shape, len(x))
		}
	case []int64:
		if len(x) != n {
			t.Errorf("%T: %s has shape %v and %d numbers", c, a.Name, a.Shape, len(x))
		}
	default:
		t.Errorf("%T: %s holds %T", c, a.Name, x)
	}
}

// What Value and Result return are copies.
func TestCopies(t *testing.T) {
	p := newPlate()
	norms, stats := &trackers.GradientNorms{}, &trackers.ResidualStats{}
	solve(t, p.solver(t, crux.Options{}), 1, norms, stats)
	want := value(t, norms).Norms[0]
	value(t, norms).Norms[0] = -1
	norms.Result().Values[0].Norms[0] = -1
	norms.Result().Matrix("norms").Set(0, 0, -1)
	value(t, stats).Where[0][0] = -1
	if got := value(t, norms).Norms[0]; got != want || value(t, stats).Where[0][0] == -1 {
		t.Error("a caller can change the history")
	}
}

// Values are read from another goroutine while the run goes on; the race detector looks on.
func TestConcurrentReaders(t *testing.T) {
	p := newPlate()
	norms := &trackers.GradientNorms{Interval: 1}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			if e, ok := norms.LatestEpoch(); ok && e == 29 {
				return
			}
			norms.Value()
			norms.Result()
		}
	}()
	solve(t, p.solver(t, crux.Options{}), 30, norms)
	<-done
}

// Recorders get every scalar of a tracker under its public key.
func TestRecords(t *testing.T) {
	p := newPlate()
	keys := map[string]bool{}
	s := p.solver(t, crux.Options{Recorders: []crux.Recorder{recorder(func(m crux.Metric) { keys[m.Key] = true })}})
	solve(t, s, 1, p.all()...)
	for _, k := range []string{
		"gradient_norm/constraint_2", "cos_sim/0_2", "gradient_alignment", "residual/constraint_2/p99", "residual/constraint_0/mean",
		"saliency/std_abs", "ntk/eigval_9", "ntk/condition_number", "hessian/eigval_1", "hessian/sharpness", "hessian/n_iter",
	} {
		if !keys["explainability/"+k] {
			t.Errorf("no scalar %s", k)
		}
	}
	if keys["explainability/residual/constraint_1/p99"] {
		t.Error("a constraint that was not asked for")
	}
}

type recorder func(crux.Metric)

func (r recorder) Record(m crux.Metric) error {
	r(m)
	return nil
}
