package secant

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/internal/kern"
	"github.com/crux-pinn/crux/optim/internal/saved"
	"github.com/crux-pinn/crux/optim/internal/vec"
)

// Reduced is the model of [Dense] with a limited memory: the factor of H differs from a multiple of the identity in at most
// m dimensions,
//
//	H = Z·Zᵀ      Z = ρ·(I − QᵀQ) + QᵀSQ      Q: d×n, orthonormal rows, d ≤ m      S: d×d
//
// A step of the dense model started at I sees nothing but the gradients so far, so H is a multiple of the identity across their
// span: with that span as Q, everything happens in coordinates and nothing is lost (reduced Hessians: Siegel 1994; Gill &
// Leonard 2001). Each step adds the part of its gradient across Q as a row, with ρ on the diagonal of S, and then
//
//	S ← S·C      ρ ← ρ/√τ
//
// with the C and τ of the dense model. When the memory is full, Q turns into the singular vectors of S = UΣWᵀ, H = ρ²(I − QᵀQ) +
// QᵀΣ²Q, and those whose σ are nearest to ρ in proportion give way, as a multiple of the identity tells most about them; ρ becomes
// the geometric mean of what it stands for now. (That the least singular values go is van de Rotten's & Verduyn Lunel's way, 2005,
// for Broyden's method. Gill & Leonard 2003 drop the oldest gradients.) What stays are the extremes: the steep directions, along
// which a step must be short, and the flat ones, along which it may be long. They summarise all steps so far, where pairs would
// only tell of the latest.
//
// A step costs four passes over Q, 8·d·n flops, and every m/2 steps the singular values of S and a product of m²n flops. On the test
// problem of this package, with 141 parameters, 60 rows take the loss to 1e-14 where LBFGS with as many vectors comes to 1e-8.
type Reduced struct {
	Scaling Scaling
	Most    int      // m, at least 2
	Pool    vec.Pool // to share the work with, or nil

	n     int
	known bool // false: H is the identity
	rho   float64
	basis *vec.Basis
	s     []float64 // most×most storage of S
	g, p  []float64 // the latest gradient, and the direction there
	c     []float64 // Q·g

	rest             []float64
	to, r, t, zh, eh []float64 // of length most
	v                []float64
}

// leastNew is the part of a gradient, in proportion, below which its direction across Q is left to rounding.
const leastNew = 1e-12

// Reset implements Model.
func (m *Reduced) Reset(n int) {
	if m.n != n {
		m.n, m.basis = n, nil // made when there is something to put in
		m.g, m.p, m.rest = make([]float64, n), make([]float64, n), make([]float64, n)
	}
	m.known = false
}

// Use implements Model.
func (m *Reduced) Use(pool vec.Pool) { m.Pool = pool }

// Empty implements Model.
func (m *Reduced) Empty() bool { return !m.known }

// begin makes the model the identity and g its only direction.
func (m *Reduced) begin(g []float64) {
	if !m.basis.Fits(m.n, m.Most) {
		m.basis = vec.NewBasis(m.n, m.Most)
		m.s = make([]float64, m.Most*m.Most)
		for _, v := range []*[]float64{&m.c, &m.to, &m.r, &m.t, &m.zh, &m.eh, &m.v} {
			*v = make([]float64, m.Most)
		}
	}
	m.basis.D, m.rho, m.known = 0, 1, true
	m.locate(m.c, g)
}

func (m *Reduced) row(i int) []float64 { return m.s[i*m.Most:][:m.basis.D:m.basis.D] }

// locate writes the coordinates of g, for which Q gets a further row if it needs one. There must be room for it.
func (m *Reduced) locate(c, g []float64) {
	b := m.basis
	b.Pool = m.Pool
	d := b.D
	length := b.Split(c[:d], m.rest, g)
	if d == m.n || !(length > leastNew*vec.Norm2(g)) {
		return
	}
	b.Add(m.rest, length)
	c[d] = length
	for i := range d {
		m.s[i*m.Most+d], m.s[d*m.Most+i] = 0, 0
	}
	m.s[d*m.Most+d] = m.rho
}

// tMul writes t = Sᵀc.
func (m *Reduced) tMul(t, c []float64) {
	clear(t[:m.basis.D])
	for i := range m.basis.D {
		kern.Axpy(t[:m.basis.D], c[i], m.row(i))
	}
}

// aim computes the direction p = −QᵀS·Sᵀc at the latest gradient, after it has made room for the next.
func (m *Reduced) aim() {
	if m.basis.D == m.Most {
		if !m.shrink() {
			m.known = false
			return
		}
		m.locate(m.c, m.g) // part of it may have been dropped
	}
	m.tMul(m.t, m.c)
	for i := range m.basis.D {
		m.v[i] = vec.Dot(m.row(i), m.t[:m.basis.D])
	}
	m.basis.Combine(m.p, m.v)
}

// Direction implements Model.
func (m *Reduced) Direction(p, g []float64) {
	if !slices.Equal(g, m.g) { // the objective changed since the update
		copy(m.g, g)
		m.locate(m.c, g)
		m.aim()
	}
	copy(p, m.p)
}

// Learn implements Model.
func (m *Reduced) Learn(st Step) {
	if !m.known {
		m.begin(st.From)
	}
	from := m.basis.D
	m.locate(m.to, st.To)
	d := m.basis.D
	clear(m.c[from:d]) // the old gradient has no part along the new row
	m.tMul(m.r, m.c)
	m.tMul(m.t, m.to)
	r, zh, eh := m.r[:d], m.zh[:d], m.eh[:d]
	if c, ok := newCorrection(m.Scaling, m.n, r, zh, eh, m.t[:d], st.Alpha); ok {
		for i := range d { // S·C, as in Dense.apply
			row := m.row(i)
			ce, cz := c.e*vec.Dot(row, eh), c.along*vec.Dot(row, r)-c.root*vec.Dot(row, zh)
			vec.Scale(c.root, row)
			vec.Axpy(ce, eh, row)
			vec.Axpy(cz, zh, row)
		}
		m.rho *= c.root
	}
	copy(m.c, m.to[:d])
	copy(m.g, st.To)
	m.aim()
}

// shrink drops half of the directions, and at least two, as there must be room for two gradients. It fails on numbers that
// are not finite. (A quarter would cost twice as much and leads no further.)
func (m *Reduced) shrink() bool {
	d := m.basis.D
	s := mat.NewDense(d, d, nil)
	for i := range d {
		s.SetRow(i, m.row(i))
	}
	var svd mat.SVD
	if !vec.Finite(m.rho) || vec.FirstNonFinite(s.RawMatrix().Data) >= 0 || !svd.Factorize(s, mat.SVDFullU) {
		return false
	}
	sigma := svd.Values(nil)
	var u mat.Dense
	svd.UTo(&u)

	// Far from ρ first; equal ones in the order of the values, so that the choice is the same every time.
	far := func(i int) float64 { return math.Abs(math.Log(sigma[i] / m.rho)) }
	order := make([]int, d)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(far(j), far(i)) })
	keep := max(d-max(d/2, 2), 0)
	mean := 0.0
	for _, i := range order[keep:] {
		mean += math.Log(sigma[i]) / float64(d-keep)
	}
	rho := math.Exp(mean)
	if !vec.Finite(rho) || rho == 0 {
		return false
	}
	kept := order[:keep]
	slices.Sort(kept)
	rotation := make([]float64, d*keep)
	for i := range d {
		for k, j := range kept {
			rotation[i*keep+k] = u.At(i, j)
		}
	}
	m.basis.Rotate(rotation, keep)
	m.rho = rho
	for k, j := range kept {
		clear(m.row(k))
		m.row(k)[k] = sigma[j]
	}
	return true
}

// Save implements Model.
func (m *Reduced) Save(w *saved.Writer) {
	w.Bool(m.known)
	if !m.known {
		return
	}
	d := m.basis.D
	w.Float(m.rho)
	w.Int(d)
	w.Floats(m.basis.Q[:d*m.n])
	for i := range d {
		w.Floats(m.row(i))
	}
	w.Floats(m.c[:d])
	w.Floats(m.g)
	w.Floats(m.p)
}

// Load implements Model.
func (m *Reduced) Load(rd *saved.Reader) (set func()) {
	if !rd.Bool() {
		return func() { m.known = false }
	}
	n, rho, d := m.n, rd.Float(), rd.Int()
	if rd.Err == nil && (d >= m.Most || d > n) { // between steps there is room for one more
		rd.Err = fmt.Errorf("the state remembers %d directions of %d parameters, too many for a Memory of %d", d, n, m.Most)
	}
	if rd.Err != nil {
		return nil
	}
	q := rd.Vector(d * n)
	var s [][]float64
	for range d {
		s = append(s, rd.Vector(d))
	}
	c, g, p := rd.Vector(d), rd.Vector(n), rd.Vector(n)
	return func() {
		m.begin(g)
		m.rho, m.basis.D = rho, d
		copy(m.basis.Q, q)
		for i, row := range s {
			copy(m.row(i), row)
		}
		copy(m.c, c)
		m.g, m.p = g, p
	}
}
