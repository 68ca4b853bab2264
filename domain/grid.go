package domain

import (
	"fmt"
	"slices"

	ph "github.com/crux-pinn/crux/placeholder"
	"gonum.org/v1/gonum/integrate/quad"
)

// Grid returns the regular grid with n points per axis, ends included, the last coordinate running fastest. It is meant
// for evaluation.
func (b *Box) Grid(n int) *Points { return b.GridN(slices.Repeat([]int{n}, len(b.axes))...) }

// GridN is Grid with a number of points for each axis, in the order of the axes. An axis with one point gets its middle.
func (b *Box) GridN(n ...int) *Points {
	if err := b.checkGrid(n); err != nil {
		return bad(b.coords, err)
	}
	ticks := make([][]float64, len(b.axes))
	for i, a := range b.axes {
		ticks[i] = Ticks(a.Lo, a.Hi, n[i])
	}
	return b.product("grid of "+b.String(), ticks, nil)
}

// Quadrature returns the nodes and weights of the Gauss–Legendre product rule with n nodes per axis, or n[i] on axis i: Σ w_k
// f(x_k) is the integral of f over the box, exact for polynomials of degree 2n−1 in each coordinate. The weights sum to the volume.
func (b *Box) Quadrature(n ...int) *Points {
	if len(n) == 1 {
		n = slices.Repeat(n, len(b.axes))
	}
	if err := b.checkGrid(n); err != nil {
		return bad(b.coords, err)
	}
	nodes, weights := make([][]float64, len(n)), make([][]float64, len(n))
	for i, a := range b.axes {
		nodes[i], weights[i] = make([]float64, n[i]), make([]float64, n[i])
		quad.Legendre{}.FixedLocations(nodes[i], weights[i], a.Lo, a.Hi)
	}
	return b.product("quadrature of "+b.String(), nodes, weights)
}

func (b *Box) checkGrid(n []int) error {
	if b.err != nil {
		return b.err
	}
	if len(n) != len(b.axes) {
		return fmt.Errorf("domain: grid of %s: %d numbers of points for %d axes", b, len(n), len(b.axes))
	}
	_, err := gridSize(n, "grid of "+b.String())
	return err
}

// gridSize is the product of the points per axis, checked.
func gridSize(n []int, what string) (int, error) {
	total := 1
	for _, k := range n {
		if err := checkCount(k, what); err != nil {
			return 0, err
		}
		if total > maxPoints/k {
			return 0, fmt.Errorf("domain: %s: more than %d points; take fewer per axis", what, maxPoints)
		}
		total *= k
	}
	return total, nil
}

// Ticks returns n equally spaced values from lo to hi, both included; the middle for n = 1. They are those of numpy.linspace to the last
// bit, so that a reference that was computed there has the same sides of jumps.
func Ticks(lo, hi float64, n int) []float64 {
	if n == 1 {
		return []float64{lo + 0.5*(hi-lo)}
	}
	t := make([]float64, n)
	step := (hi - lo) / float64(n-1)
	for i := range t {
		t[i] = lo + float64(float64(i)*step) // rounded before it is added, also where the processor could do both at once
	}
	t[n-1] = hi
	return t
}

// product is the point set of all combinations of the ticks, with the products of the weights where there are any.
func (b *Box) product(what string, ticks, weights [][]float64) *Points {
	lo, hi := b.Bounds()
	n := 1
	for _, t := range ticks {
		n *= len(t)
	}
	return fixed(b.coords, lo, hi, n, nil, what, func() *Cloud { return outer(b.Coords(), ticks, weights, n) })
}

func outer(coords []*ph.Coord, ticks, weights [][]float64, n int) *Cloud {
	c := &Cloud{Coords: coords, X: make([]float64, 0, n*len(ticks))}
	for i := range n {
		row, w := make([]float64, len(ticks)), 1.0
		for j, k := len(ticks)-1, i; j >= 0; j-- {
			row[j] = ticks[j][k%len(ticks[j])]
			if weights != nil {
				w *= weights[j][k%len(ticks[j])]
			}
			k /= len(ticks[j])
		}
		c.X = append(c.X, row...)
		if weights != nil {
			c.Weights = append(c.Weights, w)
		}
	}
	return c
}
