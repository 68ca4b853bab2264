package crux_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/compiler"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/optim"
)

// Two groups of points with weights: the loss falls by orders of magnitude, and the bits do not depend on the workers.
func TestLevenbergMarquardtTrains(t *testing.T) {
	var first *crux.Solver
	for _, workers := range []int{1, 3} {
		p := newPoisson()
		p.Constraints[1].Weight = 100
		s := newSolver(t, p.Problem, crux.Options{Method: &optim.LevenbergMarquardt{}, Workers: workers})
		res := solve(t, s, 30)
		if start := s.History().Loss[0]; !(res.Loss < 1e-3*start) {
			t.Errorf("loss %v after %d steps from %v", res.Loss, res.Steps, start)
		}
		if first == nil {
			first = s
		} else {
			sameRun(t, s, first)
		}
	}
}

func TestLevenbergMarquardtNeedsMeanSquares(t *testing.T) {
	p := newPoisson()
	p.Constraints[1].Loss = compiler.Loss{Kind: compiler.MAE}
	some := func(path string) bool { return strings.HasSuffix(path, "bias") }
	for name, m := range map[string]optim.Method{
		"alone":     &optim.LevenbergMarquardt{},
		"in phases": optim.Phases(optim.Phase{Method: &optim.Adam{}, Steps: 5}, optim.Phase{Method: &optim.LevenbergMarquardt{}}),
		"in groups": inGroups(optim.Group{Select: some, Method: &optim.Adam{}}, optim.Group{Method: &optim.LevenbergMarquardt{}}),
	} {
		s := newSolver(t, p.Problem, crux.Options{Method: m})
		res, err := s.Solve(context.Background(), 10)
		if err == nil || !strings.Contains(err.Error(), `constraint "bc" is reduced by mae`) || res.Steps != 0 {
			t.Errorf("%s: %d steps, %v; want none", name, res.Steps, err)
		}
	}
}

// squaresProbe is a method that compares what the objective says of its residuals, and goes nowhere.
type squaresProbe struct {
	stateless
	t *testing.T
	n int
	k *mat.SymDense // of its first step
}

func (p *squaresProbe) Init(params []optim.Param) error {
	p.n = 0
	for _, q := range params {
		p.n += q.Len
	}
	return nil
}

// Step checks L = ½‖s‖², ∇L = Jᵀs, A = JᵀJ and K = JJᵀ, with J from products with unit vectors.
func (p *squaresProbe) Step(ctx context.Context, f optim.Objective, theta []float64) (float64, error) {
	o := f.Squares
	if o == nil {
		p.t.Fatal("the objective knows no residuals")
	}
	n, rows := p.n, o.Rows()
	grad, s, a, k := make([]float64, n), make([]float64, rows), mat.NewSymDense(n, nil), mat.NewSymDense(rows, nil)
	loss, err := o.Normal(ctx, a, grad, theta)
	if err != nil {
		return loss, err
	}
	if err := errors.Join(o.Scaled(ctx, s, theta), o.Kernel(ctx, k, theta, nil)); err != nil {
		return loss, err
	}
	if e := math.Abs(floats.Dot(s, s)/2 - loss); !(e <= 1e-13*loss) {
		p.t.Errorf("½‖s‖² is off by %.1e of %.1e", e, loss)
	}
	unit, row, j := make([]float64, rows), make([]float64, n), mat.NewDense(rows, n, nil)
	for i := range rows {
		unit[i] = 1
		if err := o.MulJT(ctx, row, unit, theta); err != nil {
			return loss, err
		}
		j.SetRow(i, row)
		unit[i] = 0
	}
	written := make([]float64, rows*n)
	for at := 0; at < rows; at += 7 { // in blocks, some of which have rows of two groups
		if err := o.Jacobian(ctx, written[at*n:min(at+7, rows)*n], at, theta); err != nil {
			return loss, err
		}
	}
	if o.Jacobian(ctx, written, 1, theta) == nil {
		p.t.Error("rows beyond the last one were asked for, and there was no error")
	}
	if d := floats.Distance(written, j.RawMatrix().Data, math.Inf(1)); !(d <= 1e-12*mat.Max(j)) {
		p.t.Errorf("J and its products with unit vectors differ by %.1e", d)
	}
	jts := make([]float64, n)
	if err := o.MulJT(ctx, jts, s, theta); err != nil {
		return loss, err
	}
	var jtj, jjt mat.Dense
	jtj.Mul(j.T(), j)
	jjt.Mul(j, j.T())
	for what, pair := range map[string][2]mat.Matrix{
		"∇L = Jᵀs": {mat.NewVecDense(n, jts), mat.NewVecDense(n, grad)}, "A = JᵀJ": {a, &jtj}, "K = JJᵀ": {k, &jjt},
	} {
		var d mat.Dense
		d.Sub(pair[0], pair[1])
		if e := mat.Norm(&d, math.Inf(1)) / mat.Norm(pair[1], math.Inf(1)); !(e <= 1e-12) {
			p.t.Errorf("%s: relative error %.1e", what, e)
		}
	}
	if p.k == nil {
		p.k = k
	}
	return loss, nil
}

// What the solver says of its residuals: two groups of points, one of them with two constraints, with weights; for all
// parameters and for groups of them. The kernels of groups add up to that of all.
func TestResidualsOfTheSolver(t *testing.T) {
	all, parts := &squaresProbe{t: t}, [2]*squaresProbe{{t: t}, {t: t}}
	for _, m := range []optim.Method{all, inGroups(
		optim.Group{Select: func(path string) bool { return strings.HasSuffix(path, "bias") }, Method: parts[0]}, optim.Group{Method: parts[1]},
	)} {
		p := newPoisson()
		p.Constraints[1].Weight = 100
		p.Constraints = append(p.Constraints, crux.Constraint{Name: "slope", Residual: p.u.D(p.x), On: p.Constraints[0].On, Weight: 0.5})
		solve(t, newSolver(t, p.Problem, crux.Options{Method: m}), 1)
	}
	var sum, d mat.Dense
	sum.Add(parts[0].k, parts[1].k)
	d.Sub(&sum, all.k)
	if e := mat.Norm(&d, math.Inf(1)) / mat.Norm(all.k, math.Inf(1)); !(e <= 1e-13) {
		t.Errorf("the groups' kernels do not add up: relative error %.1e", e)
	}
}

func TestResidualsNeedMeanSquares(t *testing.T) {
	p := newPoisson()
	p.Constraints[1].Loss = compiler.Loss{Kind: compiler.MAE}
	probe := squareless{}
	solve(t, newSolver(t, p.Problem, crux.Options{Method: &probe}), 1)
	if probe.Squares != nil || probe.NoSquares == nil || !strings.Contains(probe.NoSquares.Error(), `constraint "bc" is reduced by mae`) {
		t.Errorf("%v, %v", probe.Squares, probe.NoSquares)
	}
}

// squareless keeps the objective that it is handed.
type squareless struct {
	stateless
	optim.Objective
}

func (*squareless) Init([]optim.Param) error { return nil }

func (p *squareless) Step(ctx context.Context, f optim.Objective, theta []float64) (float64, error) {
	p.Objective = f
	return f.Loss(ctx, theta)
}
