package kron

import (
	"math"

	"github.com/crux-pinn/crux/optim/internal/vec"
)

// Subspace is the space of a few directions d_i in which ∇Lᵀp + ½‖Jp‖² is minimised.
type Subspace struct {
	D, JD [][]float64 // the directions, and J times them
	P     []float64   // the minimiser
	free  [][]float64 // of d, for reuse
	rows  int
}

// Begin empties the space, for n parameters and the given number of rows of J.
func (s *Subspace) Begin(n, rows int) {
	s.free = append(s.free, s.D...)
	s.D = s.D[:0]
	s.rows = rows
	s.P = vec.Sized(s.P, n)
}

// Next is room for one more direction.
func (s *Subspace) Next() []float64 {
	var d []float64
	if k := len(s.free); k > 0 {
		d, s.free = s.free[k-1], s.free[:k-1]
	}
	s.D = append(s.D, vec.Sized(d, len(s.P)))
	for len(s.JD) < len(s.D) {
		s.JD = append(s.JD, nil)
	}
	s.JD[len(s.D)-1] = vec.Sized(s.JD[len(s.D)-1], s.rows)
	return s.D[len(s.D)-1]
}

// Minimise writes the minimiser to p, given ∇L and jd, and tells which of the first two directions does better together with the
// third, if there is one. Where J says nothing about any direction, p is the first.
func (s *Subspace) Minimise(g []float64) (better int) {
	n := len(s.D)
	h, c := make([]float64, n*n), make([]float64, n)
	for i := range n {
		c[i] = vec.Dot(g, s.D[i])
		for j := range i + 1 {
			v := vec.Dot(s.JD[i], s.JD[j])
			h[i*n+j], h[j*n+i] = v, v
		}
	}
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	gain := [2]float64{}
	for i := range gain {
		_, gain[i] = minimum(h, c, append([]int{i}, all[2:]...))
	}
	if gain[1] > gain[0] {
		better = 1
	}
	y, gained := minimum(h, c, all)
	clear(s.P)
	if !(gained > 0) {
		vec.Axpy(1, s.D[0], s.P)
		return better
	}
	for i, d := range s.D {
		vec.Axpy(y[i], d, s.P)
	}
	return better
}

// minimum is the minimiser of cᵀy + ½yᵀHy over the chosen entries of y, and by how much it lowers that. Directions that
// depend on those before them, up to rounding, are left out: the Cholesky factorisation of H, scaled to a diagonal of 1, skips them.
func minimum(h, c []float64, of []int) (y []float64, gain float64) {
	all, n := len(c), len(of)
	l, z, unit := make([]float64, n*n), make([]float64, n), make([]float64, n)
	for j, q := range of {
		d := h[q*all+q]
		if !(d > 0) || math.IsInf(d, 1) {
			continue
		}
		unit[j] = 1 / math.Sqrt(d)
		d = 1
		for k := range j {
			v := h[q*all+of[k]] * unit[j] * unit[k]
			for i := range k {
				v -= l[j*n+i] * l[k*n+i]
			}
			if l[k*n+k] > 0 {
				l[j*n+k] = v / l[k*n+k]
			}
			d -= l[j*n+k] * l[j*n+k]
		}
		if d > 1e-10 {
			l[j*n+j] = math.Sqrt(d)
		}
	}
	for j, q := range of {
		if l[j*n+j] == 0 {
			continue
		}
		z[j] = -c[q] * unit[j]
		for k := range j {
			z[j] -= l[j*n+k] * z[k]
		}
		z[j] /= l[j*n+j]
	}
	y = make([]float64, all)
	x := make([]float64, n)
	for j := n - 1; j >= 0; j-- {
		if l[j*n+j] == 0 {
			continue
		}
		x[j] = z[j]
		for k := j + 1; k < n; k++ {
			x[j] -= l[k*n+j] * x[k]
		}
		x[j] /= l[j*n+j]
	}
	for j, q := range of {
		y[q] = x[j] * unit[j]
		gain -= c[q] * y[q] / 2
	}
	if !vec.Finite(gain) {
		gain = 0
	}
	return y, gain
}
