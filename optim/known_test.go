package optim_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/optim"
	"github.com/crux-pinn/crux/optim/optimtest"
)

// known is a problem whose minimum is known otherwise than by the method under test.
type known struct {
	name  string
	n     int
	f     func() *optimtest.Func
	start []float64
	least float64   // the minimum
	at    []float64 // where it is
	tol   float64   // of theta, relative to the largest element
}

// knownProblems are quadratics of known spectrum, Rosenbrock's valley, logistic regression, linear least squares and one without
// full rank.
func knownProblems(t *testing.T) []known {
	rng := rand.New(rand.NewPCG(11, 12))
	random := func(r, c int) *mat.Dense {
		a := mat.NewDense(r, c, nil)
		for i := range r {
			for j := range c {
				a.Set(i, j, rng.NormFloat64())
			}
		}
		return a
	}
	ones := make([]float64, 40)
	floats.AddConst(1, ones)

	// A consistent system of rank 6 in 20 unknowns: from 0 every method that moves along gradients ends at the solution of least norm.
	low := mat.NewDense(30, 20, nil)
	low.Mul(random(30, 6), random(6, 20))
	x := random(20, 1)
	var b, flat mat.Dense
	b.Mul(low, x)
	var svd mat.SVD
	if !svd.Factorize(low, mat.SVDThin) {
		t.Fatal("no singular values")
	}
	svd.SolveTo(&flat, &b, 6)

	// b = A·x + r with r across the range of A: the minimum is ½‖r‖² at x.
	full := random(50, 20)
	var q mat.Dense
	var qr mat.QR
	qr.Factorize(full)
	qr.QTo(&q)
	var rhs mat.Dense
	rhs.Mul(full, x)
	off := 0.0
	for k := 20; k < 50; k++ {
		c := rng.NormFloat64()
		off += c * c / 2
		for i := range 50 {
			rhs.Set(i, 0, rhs.At(i, 0)+c*q.At(i, k))
		}
	}

	logit, best, least := logistic(t, random(80, 12), rng)
	return []known{
		{"quadratic of condition 1e4", 40, shiftedBowl, make([]float64, 40), 0, ones, 1e-7},
		{"Rosenbrock", 20, func() *optimtest.Func { return optimtest.RosenbrockFunc(20) }, make([]float64, 20), 0, ones[:20], 1e-8},
		{"logistic", 12, logit, make([]float64, 12), least, best, 1e-6},
		{"least squares", 20, squaresOf(full, &rhs), make([]float64, 20), off, x.RawMatrix().Data, 1e-6},
		{"rank 6 of 20", 20, squaresOf(low, &b), make([]float64, 20), 0, flat.RawMatrix().Data, 1e-7},
	}
}

// shiftedBowl is the quadratic of optimtest with its minimum at (1, …, 1), where rounding ends the search.
func shiftedBowl() *optimtest.Func {
	f := optimtest.BowlFunc(40, 1e4)
	bowl, squares := f.F, f.Squares
	from := func(theta []float64) []float64 {
		x := append([]float64(nil), theta...)
		floats.AddConst(-1, x)
		return x
	}
	f.F = func(grad, theta []float64) float64 { return bowl(grad, from(theta)) }
	f.Squares = func(theta []float64, row func(s float64, ds []float64)) { squares(from(theta), row) }
	return f
}

// squaresOf is ½‖Aθ − b‖².
func squaresOf(a, b mat.Matrix) func() *optimtest.Func {
	r, n := a.Dims()
	return func() *optimtest.Func {
		squares := func(theta []float64, row func(s float64, ds []float64)) {
			for i := range r {
				ds := mat.Row(nil, i, a)
				row(floats.Dot(ds, theta)-b.At(i, 0), ds)
			}
		}
		hess := func(dst, v, _ []float64) {
			clear(dst)
			for i := range r {
				row := mat.Row(nil, i, a)
				floats.AddScaled(dst, floats.Dot(row, v), row)
			}
		}
		return &optimtest.Func{Count: r, Squares: squares, Hess: hess, F: func(grad, theta []float64) float64 {
			clear(grad)
			l := 0.0
			squares(theta[:n], func(s float64, ds []float64) {
				l += s * s / 2
				floats.AddScaled(grad, s, ds)
			})
			return l
		}}
	}
}

// logistic is logistic regression with a small quadratic penalty, and its minimum by Newton's method.
func logistic(t *testing.T, a *mat.Dense, rng *rand.Rand) (f func() *optimtest.Func, at []float64, least float64) {
	r, n := a.Dims()
	y := make([]float64, r)
	for i := range y {
		y[i] = 1
		if a.At(i, 0)+a.At(i, 1)+rng.NormFloat64() < 0 {
			y[i] = -1
		}
	}
	eval := func(grad, theta []float64, hess *mat.SymDense) float64 {
		l := 0.005 * floats.Dot(theta, theta)
		for i, v := range theta {
			grad[i] = 0.01 * v
			if hess != nil {
				hess.SetSym(i, i, hess.At(i, i)+0.01)
			}
		}
		for i := range r {
			row := a.RawRowView(i)
			z := y[i] * floats.Dot(row, theta)
			l += math.Log1p(math.Exp(-math.Abs(z))) + max(-z, 0)
			s := 1 / (1 + math.Exp(z))
			floats.AddScaled(grad, -y[i]*s, row)
			if hess != nil {
				hess.SymRankOne(hess, s*(1-s), mat.NewVecDense(n, row))
			}
		}
		return l
	}
	at = make([]float64, n)
	grad := make([]float64, n)
	for range 30 {
		hess := mat.NewSymDense(n, nil)
		least = eval(grad, at, hess)
		var c mat.Cholesky
		var d mat.VecDense
		if !c.Factorize(hess) || c.SolveVecTo(&d, mat.NewVecDense(n, grad)) != nil {
			t.Fatal("logistic: no Newton step")
		}
		floats.AddScaled(at, -1, d.RawVector().Data)
	}
	if floats.Norm(grad, 2) > 1e-12 {
		t.Fatalf("logistic: Newton's method ends at a gradient of %v", floats.Norm(grad, 2))
	}
	return func() *optimtest.Func {
		return &optimtest.Func{F: func(grad, theta []float64) float64 { return eval(grad, theta, nil) }}
	}, at, least
}

// TestKnownMinima: the methods find them, and stop there by themselves.
func TestKnownMinima(t *testing.T) {
	for _, p := range knownProblems(t) {
		for _, m := range []optim.Method{
			&optim.LBFGS{}, &optim.SSBroyden{}, &optim.SSBroyden{BFGS: true}, &optim.SSBroyden{Memory: 8}, &optim.SSBroyden{BFGS: true, Memory: 8},
		} {
			initialised(t, m, p.n)
			theta := append([]float64(nil), p.start...)
			f := p.f()
			_, err := descend(t, m, f, theta, 20_000)
			if !errors.Is(err, optim.ErrConverged) {
				t.Errorf("%s, %s: not converged after %d evaluations", p.name, optim.Describe(m), f.Evals)
			}
			last, _ := f.Loss(t.Context(), theta)
			if !(last-p.least <= 1e-12*max(p.least, 1)) {
				t.Errorf("%s, %s: loss %v after %d evaluations, the minimum is %v", p.name, optim.Describe(m), last, f.Evals, p.least)
			}
			size := max(floats.Norm(p.at, math.Inf(1)), 1)
			for i, v := range theta {
				if math.Abs(v-p.at[i]) > p.tol*size {
					t.Errorf("%s, %s: theta[%d] = %v, the minimum is at %v (%v)", p.name, optim.Describe(m), i, v, p.at[i], err)
					break
				}
			}
			t.Logf("%s, %s: %d evaluations", p.name, optim.Describe(m), f.Evals)
		}
	}
}
