package known

import (
	"math"
	"testing"
)

// The weights reproduce polynomials up to degree n−1 and are those of a lattice point at a lattice point.
func TestLagrangeWeights(t *testing.T) {
	for _, n := range []int{1, 2, 8, 10} {
		w := make([]float64, n)
		for _, s := range []float64{-0.5, 0, 0.3, 1, 3.7, float64(n - 1)} {
			lagrange(w, s)
			for degree := range n {
				sum := 0.0
				for j, v := range w {
					sum += v * math.Pow(float64(j)/float64(n), float64(degree))
				}
				near(t, "polynomial", sum, math.Pow(s/float64(n), float64(degree)), 1e-12)
			}
		}
	}
}

// cos(3πx) e^{sin 4t} is even about both ends of [0, 1] in x. The mirror images make the ends as good as the middle.
func TestLatticeFieldInterpolates(t *testing.T) {
	f := func(t, x float64) float64 { return math.Cos(3*pi*x) * math.Exp(math.Sin(4*t)) }
	const steps, cells = 100, 120
	field := newLatticeField(steps, cells)
	for i := range steps + 1 {
		row := field.row(i)
		for j := range row {
			row[j] = f(float64(i)/steps, float64(j)/cells)
		}
	}
	for p := range (region{axes: []axis{{"t", 0, 1}, {"x", 0, 1}}}).lattice(3000) {
		near(t, "interpolant", field.at(p[0], p[1]), f(p[0], p[1]), 2e-10)
	}
	for _, c := range [][2]float64{{0, 0}, {0, 1}, {1, 0}, {1, 1}, {1, 0.5}, {0.999, 0.9999}} {
		near(t, "corner", field.at(c[0], c[1]), f(c[0], c[1]), 2e-10)
	}
}
