package linalg_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/internal/linalg"
)

// one is a worker that does everything by itself.
type one struct{}

func (one) Workers() int { return 1 }

func (one) Run(tasks int, do func(worker, task int)) {
	for k := range tasks {
		do(0, k)
	}
}

// What Tangent computes by Cholesky and Lanczos is what gonum's singular value decomposition says, for more residuals than parameters and
// for fewer.
func TestTangent(t *testing.T) {
	for _, size := range [][2]int{{40, 12}, {12, 40}, {20, 20}} {
		rng := rand.New(rand.NewPCG(1, 2))
		random := func(r, c int) *mat.Dense {
			m := mat.NewDense(r, c, nil)
			for i := range r {
				for j := range c {
					m.Set(i, j, rng.NormFloat64()*math.Pow(10, -3*float64(j)/float64(c)))
				}
			}
			return m
		}
		rows, params := size[0], size[1]
		j, f := random(rows, params), random(7, params)
		r := make([]float64, rows)
		for i := range r {
			r[i] = rng.NormFloat64()
		}
		var svd mat.SVD
		if !svd.Factorize(j, mat.SVDThin) {
			t.Fatal("no SVD")
		}
		var u, v mat.Dense
		svd.UTo(&u)
		svd.VTo(&v)
		s := svd.Values(nil)
		tan, err := linalg.NewTangent(one{}, j)
		if err != nil {
			t.Fatal(err)
		}

		const damping = 1e-4
		d, left, err := tan.Repair(r, damping)
		if err != nil {
			t.Fatal(err)
		}
		lambda := damping * floats.Dot(s, s) / float64(params)
		var proj, want mat.VecDense
		proj.MulVec(u.T(), mat.NewVecDense(rows, r))
		for i, x := range s {
			proj.SetVec(i, -proj.AtVec(i)*x/(x*x+lambda))
		}
		want.MulVec(&v, &proj)
		if dist := floats.Distance(d, want.RawVector().Data, 2); dist > 1e-9*floats.Norm(d, 2) {
			t.Errorf("%v: d is %v off", size, dist)
		}
		var change mat.VecDense
		change.MulVec(j, mat.NewVecDense(params, d))
		floats.Add(change.RawVector().Data, r)
		if dist := floats.Distance(left, change.RawVector().Data, 2); dist > 1e-12*floats.Norm(r, 2) {
			t.Errorf("%v: what is left is %v off", size, dist)
		}

		// ‖F V diag(g(s))‖, with the g of Gain, and of Typical
		gain := func(g func(s float64) float64) *mat.Dense {
			var m mat.Dense
			m.Mul(f, &v)
			for i, x := range s {
				for k := range 7 {
					m.Set(k, i, m.At(k, i)*g(x))
				}
			}
			return &m
		}
		const eps = 1e-2
		delta := eps * eps * floats.Dot(s, s)
		response := gain(func(s float64) float64 { return s / (s*s + delta) })
		exact := mat.Norm(svdNorm(gain(func(s float64) float64 { return 1 / math.Sqrt(s*s+delta) })), 2)
		if rows < params {
			exact = mat.Norm(svdNorm(response), 2)
		}
		got, v1, err := tan.Gain(context.Background(), f, eps, rng)
		moved := make([]float64, 7)
		mat.NewVecDense(7, moved).MulVec(f, mat.NewVecDense(params, v1))
		if err != nil || math.Abs(got/exact-1) > 1e-6 {
			t.Errorf("%v: gain %v, want %v (%v)", size, got, exact, err)
		}
		var side mat.SVD // F·v points along the first left singular vector
		side.Factorize(gain(func(s float64) float64 { return 1 / math.Sqrt(s*s+delta) }), mat.SVDThin)
		if rows < params {
			side.Factorize(response, mat.SVDThin)
		}
		var first mat.Dense
		side.UTo(&first)
		if c := math.Abs(mat.Dot(first.ColView(0), mat.NewVecDense(7, moved))) / floats.Norm(moved, 2); math.Abs(c-1) > 1e-4 {
			t.Errorf("%v: the change has a cosine of %v with the right one", size, c)
		}
		typical, err := tan.Typical(f, eps, 4000, rng)
		if want := mat.Norm(response, 2) / math.Sqrt(float64(rows)); err != nil || math.Abs(typical/want-1) > 0.1 {
			t.Errorf("%v: typical gain %v, want %v (%v)", size, typical, want, err)
		}
	}
}

// svdNorm is the largest singular value of a matrix, as a matrix.
func svdNorm(m *mat.Dense) mat.Matrix {
	var svd mat.SVD
	svd.Factorize(m, mat.SVDNone)
	return mat.NewDense(1, 1, svd.Values(nil)[:1])
}

// A direction that no residual sees makes the gain grow as 1/ε; a Jacobian of zeros determines nothing.
func TestTangentUnseen(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	j := mat.NewDense(30, 5, nil)
	for i := range 30 {
		for k := range 4 { // the fifth parameter is in no residual
			j.Set(i, k, rng.NormFloat64())
		}
	}
	f := mat.NewDense(1, 5, []float64{1, 0, 0, 0, 1})
	tan, err := linalg.NewTangent(one{}, j)
	if err != nil {
		t.Fatal(err)
	}
	var g [2]float64
	for i, eps := range []float64{1e-4, 1e-6} {
		if g[i], _, err = tan.Gain(context.Background(), f, eps, rng); err != nil {
			t.Fatal(err)
		}
	}
	if q := g[1] / g[0]; math.Abs(q-100) > 1 {
		t.Errorf("gains %v", g)
	}
	tan, err = linalg.NewTangent(one{}, mat.NewDense(3, 5, nil))
	if err != nil {
		t.Fatal(err)
	}
	if c, _, err := tan.Gain(context.Background(), f, 1e-6, rng); err != nil || !math.IsInf(c, 1) {
		t.Errorf("gain %v, %v", c, err)
	}
	if _, err := linalg.NewTangent(one{}, mat.NewDense(1, 1, []float64{math.NaN()})); err == nil {
		t.Error("no error for NaN")
	}
}

// With Fine changes are found that residuals see 1e-11 times as well as others, where the Gram matrix has lost them.
func TestTangentFine(t *testing.T) {
	for _, size := range [][2]int{{60, 30}, {30, 60}} {
		rng := rand.New(rand.NewPCG(3, 4))
		orthogonal := func(n, k int) *mat.Dense {
			a := mat.NewDense(n, k, nil)
			for i := range n {
				for j := range k {
					a.Set(i, j, rng.NormFloat64())
				}
			}
			var qr mat.QR
			qr.Factorize(a)
			var q mat.Dense
			qr.QTo(&q)
			return mat.DenseCopyOf(q.Slice(0, n, 0, k))
		}
		rows, params := size[0], size[1]
		n := min(rows, params)
		u, v := orthogonal(rows, n), orthogonal(params, n)
		for j := range n { // singular values from 1 to 1e-11
			s := math.Pow(10, -11*float64(j)/float64(n-1))
			for i := range rows {
				u.Set(i, j, u.At(i, j)*s)
			}
		}
		var j, change mat.Dense
		j.Mul(u, v.T())
		want := mat.NewDense(params, 1, nil)
		want.Copy(v.Slice(0, params, n-1, n)) // seen least
		change.Mul(&j, want)
		tan, err := linalg.NewTangent(one{}, &j)
		if err != nil {
			t.Fatal(err)
		}
		off := func(damping float64) float64 {
			d, _, err := tan.Repair(change.RawMatrix().Data, damping)
			if err != nil {
				t.Fatal(err)
			}
			floats.Add(d, want.RawMatrix().Data) // d takes it away
			return floats.Norm(d, 2)
		}
		if gram := off(1e-10); gram < 0.9 {
			t.Errorf("%v: the Gram matrix finds it up to %v", size, gram)
		}
		tan.Fine()
		if fine := off(1e-24); !(fine < 0.01) {
			t.Errorf("%v: it is %v off", size, fine)
		}
	}
}

// Influence is J·(JᵀJ + λ)⁻¹·g, with few residuals and with many, as the explicit inverse has it.
func TestInfluence(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 0))
	for _, dims := range [][2]int{{7, 4}, {4, 7}} {
		rows, params := dims[0], dims[1]
		j := mat.NewDense(rows, params, nil)
		trace := 0.0
		for i := range rows {
			for k := range params {
				x := rng.NormFloat64()
				j.Set(i, k, x)
				trace += x * x
			}
		}
		g := make([]float64, params)
		for k := range g {
			g[k] = rng.NormFloat64()
		}
		if rows < params { // g is only what residuals can see
			seen := mat.NewVecDense(params, g)
			seen.MulVec(j.T(), mat.NewVecDense(rows, []float64{1, -2, 3, 0.5}))
		}
		const damping = 1e-3
		var a, inverse, z, want mat.Dense
		a.Mul(j.T(), j)
		for k := range params {
			a.Set(k, k, a.At(k, k)+damping*trace)
		}
		if err := inverse.Inverse(&a); err != nil {
			t.Fatal(err)
		}
		z.Mul(&inverse, mat.NewDense(params, 1, g))
		want.Mul(j, &z)
		tangent, err := linalg.NewTangent(one{}, j)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]float64, rows-1)
		if err := tangent.Influence(got, g, damping); err != nil {
			t.Fatal(err)
		}
		for i, x := range got {
			if math.Abs(x-want.At(i, 0)) > 1e-9 {
				t.Errorf("%v: residual %d: %v, want %v", dims, i, x, want.At(i, 0))
			}
		}
	}
}

// What one change gives is the maximum for that of Gain, and less for others and for a larger ε.
func TestGainOf(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	random := func(r, c int) *mat.Dense {
		m := mat.NewDense(r, c, nil)
		for i := range m.RawMatrix().Data {
			m.RawMatrix().Data[i] = rng.NormFloat64()
		}
		return m
	}
	j, f := random(600, 300), random(70, 300)
	tan, err := linalg.NewTangent(one{}, j)
	if err != nil {
		t.Fatal(err)
	}
	gain, v, err := tan.Gain(t.Context(), f, 1e-6, rng)
	if err != nil {
		t.Fatal(err)
	}
	if got := tan.GainOf(f, v, 1e-6); math.Abs(got-gain) > 1e-6*gain {
		t.Errorf("%v, and Gain is %v", got, gain)
	}
	if a, b := tan.GainOf(f, v, 1), tan.GainOf(f, random(1, 300).RawRowView(0), 1e-6); !(a < gain/2) || !(b < 0.9*gain) {
		t.Errorf("%v for a large ε, %v for another change, Gain is %v", a, b, gain)
	}
}
