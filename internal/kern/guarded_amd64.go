//go:build amd64 && !purego

package kern

import "math"

// The assembly reduces the arguments of sine and cosine by subtracting multiples of π in three parts. Beyond these limits
// that loses digits, and package math, which has all of π, takes over.
const (
	trigMax64 = 1e6
	trigMax32 = 3e4
)

// guardedTrig runs a kernel that stops before a vector with an element outside ±limit, and computes those elements, and no
// others, with f: what an element becomes does not depend on its neighbours.
func guardedTrig[T Float](kernel func(dst, a []T) int, f func(float64) float64, limit T, lanes int) Kernel[T] {
	return func(dst, a, _, _ []T) {
		for {
			n := kernel(dst, a)
			if n >= len(dst) {
				return
			}
			end := min(n+lanes, len(dst))
			for i := n; i < end; i++ {
				if a[i] > -limit && a[i] < limit {
					kernel(dst[i:i+1], a[i:i+1])
				} else {
					dst[i] = T(f(float64(a[i])))
				}
			}
			dst, a = dst[end:], a[end:]
		}
	}
}

// guardedSinCos is guardedTrig for both functions at once.
func guardedSinCos[T Float](kernel func(s, c, x []T) int, limit T, lanes int) func(s, c, x []T) {
	return func(s, c, x []T) {
		for {
			n := kernel(s, c, x)
			if n >= len(x) {
				return
			}
			end := min(n+lanes, len(x))
			for i := n; i < end; i++ {
				if x[i] > -limit && x[i] < limit {
					kernel(s[i:i+1], c[i:i+1], x[i:i+1])
				} else {
					sin, cos := math.Sincos(float64(x[i]))
					s[i], c[i] = T(sin), T(cos)
				}
			}
			s, c, x = s[end:], c[end:], x[end:]
		}
	}
}

// guardedPow runs a kernel that stops before a vector with an element that is not finite, and computes those elements with
// math.Pow: their power is 0, 1, Inf or NaN.
func guardedPow[T Float](kernel func(dst, a, b []T) int, lanes int) Kernel[T] {
	return func(dst, a, b, _ []T) {
		for {
			n := kernel(dst, a, b)
			if n >= len(dst) {
				return
			}
			end := min(n+lanes, len(dst))
			for i := n; i < end; i++ {
				if kernel(dst[i:i+1], a[i:i+1], b[i:i+1]) == 0 {
					dst[i] = T(math.Pow(float64(a[i]), float64(b[i])))
				}
			}
			dst, a, b = dst[end:], a[end:], b[end:]
		}
	}
}

// guardedPowI sends exponents that are no small integers to the portable kernel.
func guardedPowI[T Float](kernel func(dst, a []T, e int, invert bool), portable ConstKernel[T]) ConstKernel[T] {
	return func(dst, a, _ []T, s T) {
		n := int(max(-powiMax-1, min(s, powiMax+1)))
		if T(n) != s || n > powiMax || n < -powiMax {
			portable(dst, a, nil, s)
			return
		}
		kernel(dst, a, max(n, -n), n < 0)
	}
}
