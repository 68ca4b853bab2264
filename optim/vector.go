package optim

import (
	"math"

	"gonum.org/v1/gonum/blas/gonum"

	"github.com/crux-pinn/crux/internal/kern"
)

// blas is gonum's pure-Go (and assembly) level 1 BLAS, called directly so that a registered cgo BLAS cannot change results.
var blas gonum.Implementation

func finite(x float64) bool { return x-x == 0 }

// firstNonFinite returns the index of the first NaN or Inf in x, or −1.
func firstNonFinite(x []float64) int {
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

func dot(x, y []float64) float64 { return kern.Dot(x, y) }

func norm2(x []float64) float64 { return blas.Dnrm2(len(x), x, 1) }

// normInf returns max |x_i|, and NaN if any element is NaN.
func normInf(x []float64) float64 {
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

// axpy adds a·x to y.
func axpy(a float64, x, y []float64) { kern.Axpy(y, a, x) }

func scale(a float64, x []float64) { blas.Dscal(len(x), a, x, 1) }
