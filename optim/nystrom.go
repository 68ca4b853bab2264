package optim

import (
	"context"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// nystrom is a randomised low-rank approximation Â = Uᵀ Λ U, U: d×n with orthonormal rows, of a symmetric matrix A that is known by
// its products (Frangella, Tropp & Udell 2023, Algorithm 2.1): with Ω, s×n, orthonormalised Gaussian rows, and Y = ΩA,
//
//	Â = Yᵀ(YΩᵀ)⁻¹Y
//
// It is positive semidefinite for such an A and never above it. Hessians are not: if YΩᵀ has the least eigenvalue −ε < 0, A + 2εI is
// approximated and 2ε taken off Λ again, what is negative then being cut off at 0. (Rathore et al. 2024 shift by ε and only in the
// middle factor, which leaves that factor singular but for rounding.)
type nystrom struct {
	u     *basis    // d rows in use
	value []float64 // Λ, descending
	omega *basis    // scratch
}

// sketch approximates the matrix with the given product, by s products. It tells whether that was possible: numbers that are
// not finite leave nothing. An error is the product's.
func (m *nystrom) sketch(ctx context.Context, n, s int, rng *rand.Rand, pool Pool, product func(ctx context.Context, dst, v []float64) error) (bool, error) {
	s = min(s, n)
	if m.u == nil || m.u.n != n || m.u.most != s {
		m.u, m.omega = newBasis(n, s), newBasis(n, s)
	}
	m.u.pool, m.omega.pool = pool, pool
	m.value = m.value[:0]
	m.u.d, m.omega.d = 0, 0
	c, e, v := make([]float64, s), make([]float64, n), make([]float64, n)
	for i := range s {
		for ok := false; !ok; ok = m.omega.d > i {
			for j := range v {
				v[j] = rng.NormFloat64()
			}
			if length := m.omega.split(c[:i], e, v); length > leastNew*norm2(v) {
				m.omega.add(e, length)
			}
		}
	}

	middle := mat.NewDense(s, s, nil)
	for i := range s {
		row := m.u.row(i)
		if err := product(ctx, row, m.omega.row(i)); err != nil {
			return false, err
		}
		if firstNonFinite(row) >= 0 {
			return false, nil
		}
		m.omega.project(c, row)
		middle.SetRow(i, c)
	}
	w := mat.NewSymDense(s, nil)
	for i := range s {
		for j := range i + 1 {
			w.SetSym(j, i, (middle.At(i, j)+middle.At(j, i))/2)
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(w, false) {
		return false, nil
	}
	ends := eigen.Values(nil)
	shift := 2*max(0, -ends[0]) + 0x1p-52*math.Sqrt(float64(n))*max(math.Abs(ends[0]), math.Abs(ends[s-1]))
	for i := range s {
		w.SetSym(i, i, w.At(i, i)+shift)
		axpy(shift, m.omega.row(i), m.u.row(i))
	}
	var root mat.Cholesky
	if !root.Factorize(w) {
		return false, nil // A = 0
	}

	// Y = TᵀQ with Q orthonormal, in place, so that Â = Qᵀ(BBᵀ)Q with B = T·C⁻¹, CᵀC = YΩᵀ.
	t := mat.NewDense(s, s, nil)
	for i := range s {
		d := m.u.d
		y := m.u.row(i)
		length := m.u.split(c[:d], e, y)
		for k, x := range c[:d] {
			t.Set(k, i, x)
		}
		if length > leastNew*norm2(y) {
			t.Set(d, i, length)
			m.u.add(e, length)
		}
	}
	d := m.u.d
	if d == 0 {
		return false, nil
	}
	var upper mat.TriDense
	root.UTo(&upper)
	var bt mat.Dense // Bᵀ = C⁻ᵀTᵀ
	if err := bt.Solve(upper.T(), t.Slice(0, d, 0, s).T()); err != nil {
		if _, poor := err.(mat.Condition); !poor {
			return false, nil //nolint:nilerr // a singular factor leaves nothing to approximate with
		}
	}
	var svd mat.SVD
	if firstNonFinite(bt.RawMatrix().Data) >= 0 || !svd.Factorize(&bt, mat.SVDThinV) {
		return false, nil
	}
	var q mat.Dense
	svd.VTo(&q) // B = (V of Bᵀ)·Σ·…
	sigma := svd.Values(nil)
	rotation := make([]float64, d*d)
	for i := range d {
		for j := range d {
			rotation[i*d+j] = q.At(i, j)
		}
	}
	m.u.rotate(rotation, d)
	for _, x := range sigma[:d] {
		m.value = append(m.value, max(0, x*x-shift))
	}
	return true, nil
}

// precondition writes P⁻¹x for the preconditioner of A + μI, which has the condition 1 on the span of U and that of A's rest:
//
//	P⁻¹ = (λ_d + μ)·Uᵀ(Λ + μI)⁻¹U + I − UᵀU
func (m *nystrom) precondition(dst, x, c []float64, mu float64) {
	copy(dst, x)
	if m.u == nil || m.u.d == 0 {
		return
	}
	d := m.u.d
	c = c[:d]
	m.u.project(c, x)
	least := m.value[d-1] + mu
	for i, l := range m.value {
		c[i] *= 1 - least/(l+mu)
	}
	m.u.combine(dst, c)
	for i, v := range x {
		dst[i] += v
	}
}

func (m *nystrom) drop() {
	if m.u != nil {
		m.u.d = 0
	}
	m.value = m.value[:0]
}
