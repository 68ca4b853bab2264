package crux_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/compiler"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/optim"
)

// factorsProbe compares factors and blocks with J, and goes nowhere.
type factorsProbe struct {
	stateless
	t      *testing.T
	params []optim.Param
}

func (p *factorsProbe) Init(params []optim.Param) error {
	p.params = params
	return nil
}

func (p *factorsProbe) Step(ctx context.Context, f optim.Objective, theta []float64) (float64, error) {
	o := f.Squares.Factors
	layers, err := o.Layers()
	if err != nil {
		return 0, err
	}
	n := len(theta)
	normal := mat.NewSymDense(n, nil)
	loss, err := f.Squares.Normal(ctx, normal, make([]float64, n), theta)
	if err != nil {
		return loss, err
	}
	var factors []optim.LayerFactors
	for _, l := range layers {
		x := optim.LayerFactors{Layer: l}
		for range o.Constraints {
			x.A, x.B = append(x.A, make([]float64, l.Inputs()*l.Inputs())), append(x.B, make([]float64, l.Outputs()*l.Outputs()))
		}
		factors = append(factors, x)
	}
	var blocks []optim.MatrixBlock
	for _, q := range p.params {
		blocks = append(blocks, optim.MatrixBlock{Params: []optim.Param{q}, M: make([]float64, q.Len*q.Len)})
	}
	if err := errors.Join(o.Curvature(ctx, theta, optim.Traces, factors, nil), o.Curvature(ctx, theta, optim.Traces, nil, blocks)); err != nil {
		return loss, err
	}
	for _, b := range blocks {
		q := b.Params[0]
		for i := range q.Len {
			for j := range q.Len {
				if want := normal.At(q.Offset+i, q.Offset+j); math.Abs(b.M[i*q.Len+j]-want) > 1e-11*mat.Max(normal) {
					p.t.Fatalf("%s: entry %d, %d is %v, want %v", q.Path, i, j, b.M[i*q.Len+j], want)
				}
			}
		}
	}
	for _, l := range factors { // the trace of the sum of products is that of JᵀJ
		got, want := 0.0, 0.0
		for i := range l.A {
			a, b := 0.0, 0.0
			for k := range l.Inputs() {
				a += l.A[i][k*l.Inputs()+k]
			}
			for k := range l.Outputs() {
				b += l.B[i][k*l.Outputs()+k]
			}
			got += a * b
		}
		for _, q := range []optim.Param{l.Weight, l.Bias} {
			for i := range q.Len {
				want += normal.At(q.Offset+i, q.Offset+i)
			}
		}
		if math.Abs(got-want) > 1e-11*want {
			p.t.Errorf("%s: trace %v, want %v", l.Weight.Path, got, want)
		}
	}
	if len(layers) == 0 {
		p.t.Error("no layers")
	}
	return loss, nil
}

// What the solver says of its curvature: two groups of points, one of them with two constraints, with weights; for all parameters and
// for a group of them.
func TestFactorsOfTheSolver(t *testing.T) {
	some := func(path string) bool { return strings.Contains(path, "layer1") }
	for _, m := range []optim.Method{&factorsProbe{t: t}, inGroups(optim.Group{Select: some, Method: &factorsProbe{t: t}}, optim.Group{Freeze: true})} {
		p := newPoisson()
		p.Constraints[1].Weight = 100
		p.Constraints = append(p.Constraints, crux.Constraint{Name: "slope", Residual: p.u.D(p.x), On: p.Constraints[0].On, Weight: 0.5})
		solve(t, newSolver(t, p.Problem, crux.Options{Method: m}), 1)
	}
}

// KFAC with Kronecker factors of two constraints: the loss falls by orders of magnitude, the bits do not depend on the workers, and a run in two
// parts, with a new solver, is the run in one.
func TestKFACTrains(t *testing.T) {
	var first *crux.Solver
	problem := func() crux.Problem {
		p := newPoisson()
		p.Constraints[1].Weight = 10
		return p.Problem
	}
	method := func() optim.Method { return &optim.KFAC{Exact: -1, Every: 4} }
	for _, workers := range []int{1, 3} {
		s := newSolver(t, problem(), crux.Options{Method: method(), Workers: workers})
		res := solve(t, s, 40)
		if start := s.History().Loss[0]; !(res.Loss < 1e-2*start) {
			t.Errorf("loss %v after %d steps from %v", res.Loss, res.Steps, start)
		}
		if first == nil {
			first = s
		} else {
			sameRun(t, s, first)
		}
	}
	half := newSolver(t, problem(), crux.Options{Method: method()})
	solve(t, half, 21)
	state, err := half.State()
	if err != nil {
		t.Fatal(err)
	}
	rest := newSolver(t, problem(), crux.Options{Method: method()})
	if err := rest.SetState(state); err != nil {
		t.Fatal(err)
	}
	solve(t, rest, 19)
	sameRun(t, rest, first)
}

func TestKFACNeedsMeanSquares(t *testing.T) {
	p := newPoisson()
	p.Constraints[1].Loss = compiler.Loss{Kind: compiler.MAE}
	some := func(path string) bool { return strings.HasSuffix(path, "bias") }
	for name, m := range map[string]optim.Method{
		"alone":     &optim.KFAC{},
		"in phases": optim.Phases(optim.Phase{Method: &optim.Adam{}, Steps: 5}, optim.Phase{Method: &optim.KFAC{}}),
		"in groups": inGroups(optim.Group{Select: some, Method: &optim.Adam{}}, optim.Group{Method: &optim.KFAC{}}),
	} {
		s := newSolver(t, p.Problem, crux.Options{Method: m})
		res, err := s.Solve(context.Background(), 10)
		if err == nil || !strings.Contains(err.Error(), `constraint "bc" is reduced by mae`) || res.Steps != 0 {
			t.Errorf("%s: %d steps, %v; want none", name, res.Steps, err)
		}
	}
}
