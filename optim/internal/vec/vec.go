// Package vec is arithmetic on vectors, alone or shared among the workers of a [Pool].
package vec

import (
	"errors"
	"math"

	"gonum.org/v1/gonum/blas/gonum"

	"github.com/crux-pinn/crux/internal/kern"
)

// BLAS is gonum's pure-Go (and assembly) level 1 BLAS, called directly so that a registered cgo BLAS cannot change results.
var BLAS gonum.Implementation

// ErrNonFinite is optim.ErrNonFinite.
var ErrNonFinite = errors.New("not finite")

// Finite tells whether x is a number and not infinite.
func Finite(x float64) bool { return x-x == 0 }

// FirstNonFinite returns the index of the first NaN or Inf in x, or −1.
func FirstNonFinite(x []float64) int {
	if kern.Finite(x) {
		return -1
	}
	for i, v := range x {
		if v-v != 0 {
			return i
		}
	}
	return -1
}

// Dot is xᵀy.
func Dot(x, y []float64) float64 { return kern.Dot(x, y) }

// Norm2 is ‖x‖₂.
func Norm2(x []float64) float64 { return BLAS.Dnrm2(len(x), x, 1) }

// NormInf returns max |x_i|, and NaN if any element is NaN.
func NormInf(x []float64) float64 {
	m := 0.0
	for _, v := range x {
		if a := math.Abs(v); a > m || a != a {
			m = a
			if a != a {
				return a
			}
		}
	}
	return m
}

// Axpy adds a·x to y.
func Axpy(a float64, x, y []float64) { kern.Axpy(y, a, x) }

// Scale multiplies x by a.
func Scale(a float64, x []float64) { BLAS.Dscal(len(x), a, x, 1) }

// Sized returns x with n entries, which are undefined when it was shorter.
func Sized(x []float64, n int) []float64 {
	if cap(x) < n {
		return make([]float64, n)
	}
	return x[:n]
}
