package docs_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"

	"github.com/crux-pinn/crux/compiler"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/optim"
	"github.com/crux-pinn/crux/optim/optimtest"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers"
	"github.com/crux-pinn/crux/trackers/explain"
)

// The code of extending.md, which TestExtending compares with that page.

// cosine is an activation.
func cosine(z ph.Expr) ph.Expr { return ph.Cos(z) }

// biharmonic returns Δ²u.
func biharmonic(u ph.Expr, x, y *ph.Coord) ph.Expr {
	return ph.Laplacian(ph.Laplacian(u, x, y), x, y)
}

// softsign is z/(1+|z|); its derivative, (1−|y|)² with y the value, is an expression, so every order follows.
var softsign = ph.NewUnary("softsign",
	func(z float64) float64 { return z / (1 + math.Abs(z)) },
	func(_, y ph.Expr) ph.Expr { return ph.Const(1).Sub(ph.Abs(y)).Pow(2) })

// RBF is a network of n Gaussian bumps, Σ wₖ exp(−‖x − cₖ‖²), with trainable centres and weights.
type RBF struct{ N int }

func (m RBF) Apply(s *ph.Scope, in ph.Expr) ph.Expr {
	var bumps []ph.Expr
	for k := range m.N {
		c := s.Param(fmt.Sprintf("center%d", k), net.Uniform(1), in.Dim())
		d := in.Sub(c)
		bumps = append(bumps, ph.Exp(ph.Dot(d, d).Neg()))
	}
	w, b := s.Param("weight", net.GlorotNormal, m.N, 1), s.Param("bias", net.Zeros, 1)
	return ph.Affine(w, b, ph.Concat(bumps...))
}

// Jittered puts one random point into each of n strips of the first coordinate.
type Jittered struct{}

func (Jittered) Random() bool { return true }

func (Jittered) Sample(rng *rand.Rand, n, dim int) ([]float64, error) {
	x := make([]float64, 0, n*dim)
	for i := range n {
		x = append(x, (float64(i)+rng.Float64())/float64(n))
		for range dim - 1 {
			x = append(x, rng.Float64())
		}
	}
	return x, nil
}

// Annulus is the ring r < √(x²+y²) < R.
type Annulus struct {
	X, Y *ph.Coord
	R, r float64
}

func (a Annulus) Coords() []*ph.Coord { return []*ph.Coord{a.X, a.Y} }

func (a Annulus) Bounds() (lo, hi []float64) { return []float64{-a.R, -a.R}, []float64{a.R, a.R} }

func (a Annulus) Distance(p []float64) float64 {
	d := math.Hypot(p[0], p[1])
	return max(d-a.R, a.r-d)
}

// Patches are the two circles; a normal points out of the ring, so on the inner one towards the centre.
func (a Annulus) Patches() []domain.Patch {
	circle := func(radius, out float64) domain.Patch {
		return domain.Patch{Params: 1, Measure: 2 * math.Pi * radius, At: func(u, x, normal []float64) bool {
			sin, cos := math.Sincos(2 * math.Pi * u[0])
			x[0], x[1] = radius*cos, radius*sin
			normal[0], normal[1] = out*cos, out*sin
			return true
		}}
	}
	return []domain.Patch{circle(a.R, 1), circle(a.r, -1)}
}

// signs replaces every entry of an update by its sign: with a momentum before it, sign descent.
type signs struct{}

func (signs) Init([]optim.Param) error { return nil }

func (signs) Apply(u []float64, _ optim.Point) error {
	for i, v := range u {
		if v != 0 {
			u[i] = math.Copysign(1, v)
		}
	}
	return nil
}

// Halving is gradient descent that halves its step until the loss falls.
type Halving struct {
	Step0 float64
	n     int // length of θ
}

func (h *Halving) Init(params []optim.Param) error {
	if !(h.Step0 > 0) {
		return fmt.Errorf("Halving: Step0 is %v; it must be positive", h.Step0)
	}
	h.n = 0
	for _, p := range params {
		if p.Offset != h.n || p.Len < 1 {
			return fmt.Errorf("Halving: parameter %q is at %d, not at %d", p.Path, p.Offset, h.n)
		}
		h.n += p.Len
	}
	return nil
}

func (h *Halving) Step(ctx context.Context, f optim.Objective, theta []float64) (float64, error) {
	if len(theta) != h.n {
		return math.NaN(), fmt.Errorf("Halving: %d parameters, Init was given %d", len(theta), h.n)
	}
	grad := make([]float64, len(theta))
	loss, err := f.Grad(ctx, grad, theta)
	if err != nil {
		return loss, err
	}
	if !(floats.Norm(grad, 2) < math.Inf(1)) || math.IsNaN(loss) {
		return loss, optim.ErrNonFinite
	}
	trial := make([]float64, len(theta))
	for step := h.Step0; step > 1e-16*h.Step0; step /= 2 {
		floats.AddScaledTo(trial, theta, -step, grad)
		l, err := f.Loss(ctx, trial)
		if err != nil {
			return loss, err
		}
		if l < loss {
			copy(theta, trial)
			return loss, nil
		}
	}
	return loss, &optim.ConvergedError{Method: "Halving", Reason: optim.NoProgress}
}

func (h *Halving) Info(optim.Objective) optim.Info {
	return optim.Info{Name: "Halving", Rate: math.NaN()} // it has no learning rate
}

func (h *Halving) State() ([]byte, error)  { return nil, nil } // a step needs nothing of the one before
func (h *Halving) SetState(_ []byte) error { return nil }

// Largest keeps the largest residual of a constraint that any step has seen.
type Largest struct {
	Constraint string
	Value      float64
	index      int
}

func (l *Largest) OnSolveBegin(_ context.Context, r *crux.Run) error {
	at, err := r.Constraints(l.Constraint)
	if err == nil {
		l.index = at[0]
	}
	return err
}

func (l *Largest) OnStep(ctx context.Context, s *crux.Step) error {
	r, err := s.Run.Residuals(l.index).At(ctx, s)
	if err != nil {
		return err
	}
	for _, v := range r.RawMatrix().Data {
		l.Value = max(l.Value, math.Abs(v))
	}
	return nil
}

// LossShare is the share of each constraint in the training loss, w_i L_i / Σ w_j L_j.
type LossShare struct {
	Interval int // steps between measurements; 0 means 100
	trackers.History[LossShareValue]
}

// LossShareValue is one measurement.
type LossShareValue struct{ Shares []float64 }

func (t *LossShare) OnSolveBegin(_ context.Context, r *crux.Run) error {
	return t.Begin(t.Interval, 100, len(r.Names()))
}

func (t *LossShare) OnStep(_ context.Context, s *crux.Step) error {
	if !t.Due(s) {
		return nil
	}
	v := floats.MulTo(make([]float64, len(s.Losses)), s.Weights, s.Losses)
	floats.Scale(1/floats.Sum(v), v)
	return t.Publish(s, LossShareValue{v})
}

func (v LossShareValue) Measurement(at explain.Setting) trackers.Measurement {
	m := trackers.Measurement{Title: "shares of the loss"}
	m.Arrays = []trackers.Array{{Name: "shares", Shape: []int{len(v.Shares)}, Data: v.Shares}}
	for i, x := range v.Shares {
		key, name := fmt.Sprintf("loss_share/constraint_%d", i), "share of "+at.Constraint(i)
		m.Scalars = append(m.Scalars, trackers.Scalar{Key: key, Name: name, Value: x})
	}
	m.Findings = func() explain.Findings {
		most := floats.MaxIdx(v.Shares)
		return explain.Findings{}.Note("%.0f %% of the loss is that of %s", 100*v.Shares[most], at.Constraint(most))
	}
	return m
}

// worstFirst puts all weight where the loss is largest.
type worstFirst struct{}

func (worstFirst) Weigh(dst, losses []float64, _ int) error {
	clear(dst)
	dst[floats.MaxIdx(losses)] = float64(len(dst))
	return nil
}

// The rest is not on the page: everything above is used, and judged by what the project offers for that.

// ringProblem is −Δu = 1 on the ring 1 < r < 2 with u = 0 on both circles.
func ringProblem(m ph.Module) (crux.Problem, *ph.Field) {
	x, y := ph.Coords2("x", "y")
	ring := domain.NewShape(Annulus{X: x, Y: y, R: 2, r: 1})
	u := ph.NewField("u", m, x, y)
	return crux.Problem{Name: "ring", Constraints: []crux.Constraint{
		{Name: "pde", Residual: ph.Laplacian(u, x, y).Shift(1), On: ring.Interior(150).With(Jittered{})},
		{Name: "bc", Residual: u, On: ring.Boundary(60)},
	}}, u
}

func TestExtensions(t *testing.T) {
	softsigned := net.Activation(softsign)
	for name, c := range map[string]struct {
		module ph.Module
		o      crux.Options
	}{
		"activation": {net.MLP{Hidden: []int{8}, Act: cosine}, crux.Options{}},
		"primitive":  {net.MLP{Hidden: []int{8}, Act: softsigned}, crux.Options{}},
		"network":    {RBF{N: 6}, crux.Options{}},
		"transform": {net.MLP{Hidden: []int{8}}, crux.Options{
			Method: optim.Chain(optim.Momentum(0.9), signs{}, optim.ScaleByLR(optim.Constant(1e-3))),
		}},
		"method": {net.MLP{Hidden: []int{8}}, crux.Options{Method: &Halving{Step0: 1}}},
		"scheme": {net.MLP{Hidden: []int{8}}, crux.Options{Weights: worstFirst{}}},
	} {
		t.Run(name, func(t *testing.T) {
			p, _ := ringProblem(c.module)
			s, err := crux.New(p, c.o)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			largest := &Largest{Constraint: "pde"}
			res, err := s.Solve(t.Context(), 60, largest)
			if err != nil {
				t.Fatal(err)
			}
			sum := func(l []float64) float64 { return floats.Sum(l) }
			if first := s.History().Losses[0]; !(sum(res.Losses) < sum(first)) {
				t.Errorf("the losses went from %v to %v", first, res.Losses)
			}
			if !(largest.Value > 0) {
				t.Error("the callback saw nothing")
			}
		})
	}
}

func TestMethodConforms(t *testing.T) {
	optimtest.Run(t, func() optim.Method { return &Halving{Step0: 1} })
}

// Operators and primitives have derivatives of every order; the closed forms are known.
func TestOperators(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	k := ph.NewParam("k", 1) // a problem needs something to train
	box := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
	s, err := crux.New(crux.Problem{Name: "operators", Constraints: []crux.Constraint{{Residual: k, On: box.Grid(2)}}}, crux.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	at := domain.At([]*ph.Coord{x, y}, []float64{0.3, 0.7})
	for name, c := range map[string]struct {
		e    ph.Expr
		want float64
	}{
		"Δ²(x⁴y²)":    {biharmonic(x.Pow(4).Mul(y.Pow(2)), x, y), 24*0.49 + 2*24*0.09},
		"softsign″":   {softsign(x).D(x, x), -2 / math.Pow(1.3, 3)},
		"softsign‴":   {softsign(x).D(x, x, x), 6 / math.Pow(1.3, 4)},
		"cos activat": {cosine(x).D(x), -math.Sin(0.3)},
	} {
		v, err := s.Eval(c.e, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := v.At(0, 0); math.Abs(got-c.want) > 1e-12*math.Abs(c.want) {
			t.Errorf("%s is %v, want %v", name, got, c.want)
		}
	}
}

// polish trains by Levenberg–Marquardt what Adam has not brought below a loss of 1e-6.
func polish(over []crux.StageResult) (*crux.Stage, error) {
	switch {
	case len(over) == 0:
		return &crux.Stage{Name: "adam", Method: &optim.Adam{}, Steps: 200}, nil
	case len(over) == 1 && over[0].Loss > 1e-6:
		return &crux.Stage{Name: "polish", Method: &optim.LevenbergMarquardt{}, Steps: 50}, nil
	}
	return nil, nil
}

// u′ = −u, u(0) = 1: the second stage begins where Adam ends, and reaches what Adam does not.
func TestStrategy(t *testing.T) {
	x := ph.NewCoord("x")
	line := domain.NewInterval(x, 0, 1)
	u := ph.Const(1).Add(x.Mul(ph.NewField("u", net.MLP{Hidden: []int{6}}, x)))
	decay := crux.Problem{Name: "decay", Constraints: []crux.Constraint{{Residual: u.D(x).Add(u), On: line.Interior(20)}}}
	s, err := crux.New(decay, crux.Options{Next: polish})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	res, err := s.Solve(context.Background(), 1000)
	if h := s.History().Loss; err != nil || res.Epoch > 250 || res.Epoch <= 200 || !(h[200] > 1e-6) || !(res.Loss < 1e-10) {
		t.Errorf("%v after %d steps, loss %v: %v", res.Status, res.Epoch, res.Loss, err)
	}
}

// A pass that is left out changes nothing but the cost.
func TestPassesMayBeLeftOut(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	u := ph.NewField("u", net.MLP{Hidden: []int{5}}, x, y)
	g := compiler.Group{
		Name: "inside", Coords: []*ph.Coord{x, y}, Bounds: map[*ph.Coord][2]float64{x: {0, 1}, y: {0, 1}},
		Residuals: []compiler.Residual{{Name: "pde", Expr: ph.Laplacian(u, x, y)}},
	}
	var without []compiler.Pass
	for _, p := range compiler.Passes() {
		if p.Name != "collapse" {
			without = append(without, p)
		}
	}
	var values [2]float64
	for i, tc := range []compiler.TraceCompiler{{}, {Passes: without}} {
		p, err := tc.Compile(g)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		theta := make([]float64, p.Layout().Len())
		for j := range theta {
			theta[j] = math.Sin(float64(j))
		}
		if err := p.SetPoints(compiler.Batch{N: 1, X: []float64{0.2, 0.9}}, nil); err != nil {
			t.Fatal(err)
		}
		if err := p.Residuals(0, values[i:i+1], theta, nil); err != nil {
			t.Fatal(err)
		}
	}
	if math.Abs(values[0]-values[1]) > 1e-13*math.Abs(values[0]) {
		t.Errorf("%v with the pass, %v without", values[0], values[1])
	}
}

func TestExtending(t *testing.T) { compareSnippets(t, "extending.md", "extending_test.go") }
