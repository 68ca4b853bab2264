package trackers

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/crux-pinn/crux/domain"
)

// parts divides residuals at points that were held out, set by set, into what a polynomial of low degree in the coordinates explains beyond
// chance, and the rest. It returns the norms of both.
func parts(sets []rows, left []float64) (smooth, rough float64) {
	var total, squares float64
	at := 0
	for _, set := range sets {
		n, k := set.at.Len(), set.dim
		if set.trained {
			at += n * k
			continue
		}
		total += floats.Dot(left[at:at+n*k], left[at:at+n*k]) / set.share()
		basis := polynomials(set.at)
		values := make([]float64, n)
		for c := range k {
			for i := range n {
				values[i] = left[at+i*k+c]
			}
			squares += explained(basis, values) / set.share()
		}
		at += n * k
	}
	return math.Sqrt(squares), math.Sqrt(max(total-squares, 0))
}

// explained is the square of what orthonormal functions explain of values at n points, less what as many functions explain of noise.
func explained(basis [][]float64, values []float64) float64 {
	all := floats.Dot(values, values)
	if len(values) <= len(basis) {
		return all // so few points are no noise
	}
	sum := 0.0
	for _, q := range basis {
		d := floats.Dot(q, values)
		sum += d * d
	}
	chance := float64(len(basis)) / float64(len(values))
	return max(0, sum-chance*all) / (1 - chance)
}

// orthonormal makes functions orthonormal at the points, and leaves out what the others make up there (Gram-Schmidt, twice).
func orthonormal(columns [][]float64) (basis [][]float64) {
	for _, v := range columns {
		before := floats.Norm(v, 2)
		for range 2 {
			for _, q := range basis {
				floats.AddScaled(v, -floats.Dot(q, v), q)
			}
		}
		if norm := floats.Norm(v, 2); norm > 1e-8*before {
			floats.Scale(1/norm, v)
			basis = append(basis, v)
		}
	}
	return basis
}

// degrees are the degrees of the polynomials by the number of coordinates that vary: 7 functions of one, 15 of two, 20 of three.
var degrees = []int{0, 6, 4, 3}

// polynomials are a basis of the polynomials of a total degree at points: products of Legendre's on the box around them, made orthonormal.
func polynomials(c *domain.Cloud) [][]float64 {
	n := c.Len()
	var axes [][]float64 // coordinates that vary
	for j := range c.Coords {
		lo, hi := math.Inf(1), math.Inf(-1)
		for i := range n {
			lo, hi = min(lo, c.Row(i)[j]), max(hi, c.Row(i)[j])
		}
		if hi > lo {
			x := make([]float64, n)
			for i := range x {
				x[i] = 2*(c.Row(i)[j]-lo)/(hi-lo) - 1
			}
			axes = append(axes, x)
		}
	}
	degree := 2
	if len(axes) < len(degrees) {
		degree = degrees[len(axes)]
	}
	var columns [][]float64
	var add func(axis, left int, so []float64)
	add = func(axis, left int, so []float64) {
		if axis == len(axes) {
			columns = append(columns, so)
			return
		}
		before, now := make([]float64, n), make([]float64, n) // P_{d−1}, P_d
		for i := range now {
			now[i] = 1
		}
		for d := range left + 1 {
			add(axis+1, left-d, floats.MulTo(make([]float64, n), so, now))
			for i, x := range axes[axis] { // (d+1)P_{d+1} = (2d+1)x·P_d − d·P_{d−1}
				before[i], now[i] = now[i], (float64(2*d+1)*x*now[i]-float64(d)*before[i])/float64(d+1)
			}
		}
	}
	one := make([]float64, n)
	for i := range one {
		one[i] = 1
	}
	add(0, degree, one)
	return orthonormal(columns)
}
