package compiler

import (
	"math"

	"github.com/crux-pinn/crux/internal/kern"
)

// factorRows are the rows whose products make up the factors of one layer: the a_c and d_c of some rows of J.
type factorRows[T kern.Float] struct {
	data  []T
	ld    int
	w     weight
	terms int
	bias  int // the coefficient whose derivative is also that with respect to the bias, or −1
	scale []T
	how   Averaging
}

func (x *factorRows[T]) a(row, c int) []T { return x.data[row*x.ld+x.w.a+c*x.w.k:][:x.w.k] }
func (x *factorRows[T]) d(row, c int) []T { return x.data[row*x.ld+x.w.d+c*x.w.h:][:x.w.h] }

// inputs puts C rows, whose products sum to the row's part of A, into p. The bias, if n says that there is one, has an input of
// its own, which is 1 in its coefficient and 0 in the others.
//
// For Traces the part is s²GGᵀ = s²·ÃᵀMÃ with the C×C matrix M = DDᵀ = LLᵀ, so the rows are those of s·LᵀÃ.
func (x *factorRows[T]) inputs(p *panels[T], row, n int) {
	var l []float64
	if x.how == Traces {
		l = x.root(func(c, e int) float64 { return float64(kern.Dot(x.d(row, c), x.d(row, e))) })
	}
	x.mix(p, row, l, func(c int) []T { return x.a(row, c) })
	if n > x.w.k {
		data, first, width := p.panel(p.count() - 1)
		for c := range x.terms {
			v := T(0)
			switch {
			case x.bias >= 0 && l != nil:
				v = T(l[x.bias*x.terms+c]) * x.scale[row]
			case x.bias == c:
				v = 1
			}
			data[(row*x.terms+c)*width+n-1-first] = v
		}
	}
}

// outputs is inputs for B: for Traces the part is s²GᵀG = s²·DᵀMD with M = ÃÃᵀ.
func (x *factorRows[T]) outputs(p *panels[T], row int) {
	var l []float64
	if x.how == Traces {
		l = x.root(func(c, e int) float64 {
			v := float64(kern.Dot(x.a(row, c), x.a(row, e)))
			if c == e && c == x.bias {
				v++
			}
			return v
		})
	}
	x.mix(p, row, l, func(c int) []T { return x.d(row, c) })
	if l == nil {
		for t := range p.count() {
			data, _, width := p.panel(t)
			for c := range x.terms {
				for j := range width {
					data[(row*x.terms+c)*width+j] *= x.scale[row]
				}
			}
		}
	}
}

// mix puts s·Σ_e L_ec v_e for every c into p, or v_c if L is nil. It leaves columns beyond those of v alone.
func (x *factorRows[T]) mix(p *panels[T], row int, l []float64, v func(c int) []T) {
	for t := range p.count() {
		data, first, width := p.panel(t)
		for c := range x.terms {
			dst := data[(row*x.terms+c)*width:][:width]
			if l == nil {
				copy(dst, v(c)[first:])
				continue
			}
			clear(dst)
			for e := c; e < x.terms; e++ { // L is lower triangular
				if m := T(l[e*x.terms+c]) * x.scale[row]; m != 0 {
					from := v(e)[first:]
					n := min(width, len(from))
					kern.Axpy(dst[:n], m, from[:n])
				}
			}
		}
	}
}

// root is the Cholesky factor L of a positive semidefinite C×C matrix: M = LLᵀ up to rounding. Where nothing but rounding is
// left of a pivot its column is 0.
func (x *factorRows[T]) root(m func(c, e int) float64) []float64 {
	n := x.terms
	l := make([]float64, n*n)
	for j := range n {
		full := m(j, j)
		d := full
		for k := range j {
			d -= l[j*n+k] * l[j*n+k]
		}
		if !(d > 1e-14*full) {
			continue
		}
		d = math.Sqrt(d)
		l[j*n+j] = d
		for i := j + 1; i < n; i++ {
			v := m(i, j)
			for k := range j {
				v -= l[i*n+k] * l[j*n+k]
			}
			l[i*n+j] = v / d
		}
	}
	return l
}
