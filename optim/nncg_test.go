package optim

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// valley is Rosenbrock's function with its Hessian.
type valley struct{}

func (valley) Loss(_ context.Context, x []float64) (float64, error) {
	f := 0.0
	for i := range len(x) - 1 {
		a, b := x[i+1]-x[i]*x[i], 1-x[i]
		f += 100*a*a + b*b
	}
	return f, nil
}

func (v valley) Grad(ctx context.Context, g, x []float64) (float64, error) {
	clear(g)
	for i := range len(x) - 1 {
		a := x[i+1] - x[i]*x[i]
		g[i] += -400*a*x[i] - 2*(1-x[i])
		g[i+1] += 200 * a
	}
	return v.Loss(ctx, x)
}

func (valley) HVP(_ context.Context, dst, v, x []float64) error {
	clear(dst)
	for i := range len(x) - 1 {
		dst[i] += (1200*x[i]*x[i]-400*x[i+1]+2)*v[i] - 400*x[i]*v[i+1]
		dst[i+1] += 200*v[i+1] - 400*x[i]*v[i]
	}
	return nil
}

// TestNNCGGolden: with systems solved to rounding the trajectory is that of NumPy (testdata/nncg.py), whatever the preconditioner.
func TestNNCGGolden(t *testing.T) {
	b, err := os.ReadFile("testdata/nncg.json")
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		Damping float64
		Steps   []struct {
			Loss  float64
			Theta []float64
		}
	}
	if err := json.Unmarshal(b, &want); err != nil || len(want.Steps) < 10 {
		t.Fatal(err)
	}
	for _, rank := range []int{1, 3, 6, 60} {
		m := &NNCG{Damping: want.Damping, Fixed: true, Tol: 1e-13, Rank: rank, Every: 3}
		theta := make([]float64, 6)
		if err := m.Init(Flat(6)); err != nil {
			t.Fatal(err)
		}
		for k, s := range want.Steps {
			loss, err := m.Step(t.Context(), valley{}, theta)
			if err != nil {
				t.Fatal(err)
			}
			// Newton's method along the valley amplifies differences about tenfold in these steps.
			if math.Abs(loss-s.Loss) > 1e-9*s.Loss {
				t.Errorf("rank %d, step %d: loss %v, want %v", rank, k, loss, s.Loss)
			}
			for i, v := range theta {
				if math.Abs(v-s.Theta[i]) > 1e-9 {
					t.Fatalf("rank %d, step %d: theta %v, want %v", rank, k, theta, s.Theta)
				}
			}
		}
	}
}

// ofSpectrum is a symmetric matrix with the given eigenvalues and random eigenvectors, the columns of q.
func ofSpectrum(values []float64, rng *rand.Rand) (a *mat.SymDense, q *mat.Dense) {
	n := len(values)
	g := mat.NewDense(n, n, nil)
	for i := range n {
		for j := range n {
			g.Set(i, j, rng.NormFloat64())
		}
	}
	var qr mat.QR
	qr.Factorize(g)
	q = new(mat.Dense)
	qr.QTo(q)
	a = mat.NewSymDense(n, nil)
	for k, v := range values {
		a.SymRankOne(a, v, q.ColView(k))
	}
	return a, q
}

func sketchOf(t *testing.T, a *mat.SymDense, s int) *nystrom {
	t.Helper()
	n := a.SymmetricDim()
	m := &nystrom{}
	ok, err := m.sketch(t.Context(), n, s, rand.New(rand.NewPCG(7, 8)), nil, func(_ context.Context, dst, v []float64) error {
		mat.NewVecDense(n, dst).MulVec(a, mat.NewVecDense(n, v))
		return nil
	})
	if err != nil || !ok {
		t.Fatalf("no sketch: %v", err)
	}
	for i := range m.u.d {
		for j := range i + 1 {
			want := float64(boolInt(i == j))
			if e := math.Abs(dot(m.u.row(i), m.u.row(j)) - want); e > 1e-12 {
				t.Fatalf("rows %d and %d are off by %v", i, j, e)
			}
		}
	}
	return m
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TestNystrom: a matrix of rank r is found by r products and more; of other ones the approximation is never above, and close to
// the large eigenvalues; and P⁻¹(A + μI) has a condition near 1 where the rest of the spectrum is below μ.
func TestNystrom(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	const n = 60
	low := make([]float64, n)
	for i := range 7 {
		low[i] = math.Pow(10, float64(3-i))
	}
	a, _ := ofSpectrum(low, rng)
	for _, s := range []int{7, 12, 60, 100} {
		m := sketchOf(t, a, s)
		for i, v := range m.value {
			if want := low[i]; math.Abs(v-want) > 1e-9*low[0] {
				t.Errorf("%d products: eigenvalue %d is %v, want %v", s, i, v, want)
			}
		}
	}

	decaying := make([]float64, n)
	for i := range decaying {
		decaying[i] = math.Pow(10, 4-float64(i)/3)
	}
	a, _ = ofSpectrum(decaying, rng)
	m := sketchOf(t, a, 30)
	for i, v := range m.value {
		if v > decaying[i]*(1+1e-9) || i < 8 && v < 0.9*decaying[i] {
			t.Errorf("eigenvalue %d is %v, want at most and about %v", i, v, decaying[i])
		}
	}
	const mu = 1.0
	pa := mat.NewDense(n, n, nil)
	c, z := make([]float64, n), make([]float64, n)
	for k := range n {
		col := mat.Col(nil, k, a)
		col[k] += mu
		m.precondition(z, col, c, mu)
		pa.SetCol(k, z)
	}
	var eig mat.Eigen
	if !eig.Factorize(pa, mat.EigenNone) {
		t.Fatal("no eigenvalues")
	}
	least, most := math.Inf(1), 0.0
	for _, v := range eig.Values(nil) {
		least, most = min(least, real(v)), max(most, real(v))
	}
	if !(least > 0 && most < 5*least) {
		t.Errorf("the preconditioned matrix has eigenvalues from %v to %v", least, most)
	}

	// An indefinite matrix: what is large and positive is found, nothing is negative.
	mixed := slices.Clone(decaying)
	mixed[n-1], mixed[n-2] = -3, -1
	a, _ = ofSpectrum(mixed, rng)
	m = sketchOf(t, a, 30)
	for i, v := range m.value {
		if !(v >= 0) || i < 5 && math.Abs(v-mixed[i]) > 0.1*mixed[i] {
			t.Errorf("indefinite: eigenvalue %d is %v, the matrix has %v", i, v, mixed[i])
		}
	}

	// Nothing to approximate.
	for name, v := range map[string]float64{"0": 0, "NaN": math.NaN(), "Inf": math.Inf(1)} {
		ok, err := m.sketch(t.Context(), 9, 3, rng, nil, func(_ context.Context, dst, _ []float64) error {
			for i := range dst {
				dst[i] = v
			}
			return nil
		})
		if ok || err != nil {
			t.Errorf("a sketch of a matrix of %s: %v", name, err)
		}
	}
}

// saddle is Σ c_i θ_i²/2 + θ₀⁴/4 with c₀ < 0.
type saddle struct{}

func (saddle) eval(g, x []float64) (l float64) {
	for i, v := range x {
		c := float64(i)
		if i == 0 {
			c = -1
			l += v * v * v * v / 4
		}
		l += c * v * v / 2
		if g != nil {
			g[i] = c * v
		}
	}
	if g != nil {
		g[0] += x[0] * x[0] * x[0]
	}
	return l
}

func (s saddle) Loss(_ context.Context, x []float64) (float64, error) { return s.eval(nil, x), nil }

func (s saddle) Grad(_ context.Context, g, x []float64) (float64, error) { return s.eval(g, x), nil }

func (saddle) HVP(_ context.Context, dst, v, x []float64) error {
	for i := range v {
		dst[i] = float64(i) * v[i]
	}
	dst[0] = (3*x[0]*x[0] - 1) * v[0]
	return nil
}

// TestNNCGLeavesSaddles: where the Hessian is indefinite the method goes downhill, to a minimum.
func TestNNCGLeavesSaddles(t *testing.T) {
	m := &NNCG{Rank: 2}
	theta := []float64{1e-3, 1, -1, 2}
	if err := m.Init(Flat(4)); err != nil {
		t.Fatal(err)
	}
	last, err := math.Inf(1), error(nil)
	for range 200 {
		var loss float64
		if loss, err = m.Step(t.Context(), saddle{}, theta); loss > last {
			t.Fatalf("the loss rose from %v to %v", last, loss)
		} else if last = loss; err != nil {
			break
		}
	}
	if !errors.Is(err, ErrConverged) || math.Abs(math.Abs(theta[0])-1) > 1e-6 || math.Abs(last+0.25) > 1e-12 {
		t.Errorf("theta %v, loss %v, %v; the minimum is −1/4", theta, last, err)
	}
}

type flatObjective struct{}

func (flatObjective) Loss(context.Context, []float64) (float64, error)            { return 0, nil }
func (flatObjective) Grad(context.Context, []float64, []float64) (float64, error) { return 0, nil }

// An objective without products is refused before the first step, in phases and groups too; settings that mean nothing by Init.
func TestNNCGRefuses(t *testing.T) {
	for name, m := range map[string]Method{
		"alone":     &NNCG{},
		"in phases": Phases(Phase{Method: &Adam{}, Steps: 3}, Phase{Method: &NNCG{}}),
		"in groups": Groups(Group{Method: &NNCG{}}),
		"deep":      Groups(Group{Method: Groups(Group{Method: &NNCG{}})}),
	} {
		if err := m.Init(Flat(3)); err != nil {
			t.Fatal(err)
		}
		if err := m.(Checker).Check(t.Context(), flatObjective{}); err == nil || !strings.Contains(err.Error(), "products with its Hessian") {
			t.Errorf("%s: %v", name, err)
		}
		if err := m.(Checker).Check(t.Context(), valley{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := initialisedNNCG(t).Step(t.Context(), flatObjective{}, make([]float64, 3)); !errors.Is(err, errNoHessian) {
		t.Errorf("a step without products: %v", err)
	}
	for name, m := range map[string]*NNCG{
		"Damping": {Damping: -1}, "Tol": {Tol: math.NaN()}, "GradTol": {GradTol: math.Inf(1)}, "Rank": {Rank: -1}, "Every": {Every: -2},
		"Iters": {Iters: -1}, "MaxTrials": {MaxTrials: -5},
	} {
		if err := m.Init(Flat(3)); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func initialisedNNCG(t *testing.T) *NNCG {
	m := &NNCG{}
	if err := m.Init(Flat(3)); err != nil {
		t.Fatal(err)
	}
	return m
}

// The bits do not depend on the workers, but on the seed.
func TestNNCGWorkers(t *testing.T) {
	const n = 2*wideBlock + 5
	run := func(workers int, seed uint64) []float64 {
		m, theta := &NNCG{Rank: 3, Every: 2, Iters: 5, Tol: 1e-9, Seed: seed}, make([]float64, n)
		if err := m.Init(Flat(n)); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if _, err := m.Step(t.Context(), curvedLending(workers), theta); err != nil {
				t.Fatal(err)
			}
		}
		return theta
	}
	want := run(0, 1)
	for _, workers := range []int{1, 2, 5} {
		if !slices.Equal(run(workers, 1), want) {
			t.Errorf("%d workers change the bits", workers)
		}
	}
	if slices.Equal(run(0, 2), want) {
		t.Error("the seed has no part in it")
	}
}

// curvedLending is lending with its Hessian.
type curvedLending int

func (l curvedLending) Pool() Pool { return lending(l).Pool() }
func (l curvedLending) Loss(ctx context.Context, x []float64) (float64, error) {
	return lending(l).Loss(ctx, x)
}

func (l curvedLending) Grad(ctx context.Context, g, x []float64) (float64, error) {
	return lending(l).Grad(ctx, g, x)
}

func (curvedLending) HVP(_ context.Context, dst, v, _ []float64) error {
	for i, x := range v {
		dst[i] = (1 + float64(i%7)) * x
	}
	return nil
}
