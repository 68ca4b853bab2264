package domain

import (
	"fmt"
	"math"
	"slices"

	ph "github.com/crux-pinn/crux/placeholder"
)

// NewDisk returns the disk of radius r around (cx, cy).
func NewDisk(x, y *ph.Coord, cx, cy, r float64) *Shape {
	return newBall([]*ph.Coord{x, y}, []float64{cx, cy}, r, "disk")
}

// NewBall returns the ball of radius r around a center, one entry per coordinate: a disk in the plane, and so on in any
// dimension.
func NewBall(coords []*ph.Coord, center []float64, r float64) *Shape {
	return newBall(coords, center, r, "ball")
}

func newBall(coords []*ph.Coord, center []float64, r float64, name string) *Shape {
	b := &Ball{slices.Clone(coords), slices.Clone(center), r}
	s := &Shape{solid: solid{name: fmt.Sprintf("%s around %v with radius %v", name, center, r), box: &Box{coords: b.coords}}}
	if s.err = checkCoords(coords); s.err != nil {
		return s
	}
	if len(center) != len(coords) {
		return s.fail("the center has %d entries for %d coordinates (%s)", len(center), len(coords), names(coords))
	}
	if !finite(r) || r <= 0 {
		return s.fail("the radius must be positive and finite")
	}
	if !slices.ContainsFunc(center, func(v float64) bool { return !finite(v) }) {
		return newShape(b, s.name)
	}
	return s.fail("the center must be finite")
}

// Ball is the geometry of what [NewDisk] and [NewBall] return.
type Ball struct {
	coords []*ph.Coord
	center []float64
	r      float64
}

// Center is the point in the middle, one entry per coordinate.
func (b *Ball) Center() []float64 { return slices.Clone(b.center) }

// Radius is the distance of the boundary from the center.
func (b *Ball) Radius() float64 { return b.r }

// Coords implements [Geometry].
func (b *Ball) Coords() []*ph.Coord { return slices.Clone(b.coords) }

// Bounds implements [Geometry].
func (b *Ball) Bounds() (lo, hi []float64) {
	for _, c := range b.center {
		lo, hi = append(lo, c-b.r), append(hi, c+b.r)
	}
	return lo, hi
}

// Distance implements [Geometry].
func (b *Ball) Distance(x []float64) float64 {
	sum := 0.0
	for i, c := range b.center {
		sum += (x[i] - c) * (x[i] - c)
	}
	return math.Sqrt(sum) - b.r
}

// Volume is π^{d/2} r^d / Γ(d/2+1).
func (b *Ball) Volume() float64 {
	h := float64(len(b.center)) / 2
	return math.Pow(math.Pi, h) / math.Gamma(h+1) * math.Pow(b.r, 2*h)
}

// Patches is the sphere, of area d·V/r, parametrised by its normal; on a line, the two ends.
func (b *Ball) Patches() []Patch {
	d := len(b.center)
	patch := func(params int, direction func(u, normal []float64) bool) Patch {
		return Patch{Params: params, Measure: float64(d) * b.Volume() / b.r, At: func(u, x, normal []float64) bool {
			if !direction(u, normal) {
				return false
			}
			for i, c := range b.center {
				x[i] = c + b.r*normal[i]
			}
			return true
		}}
	}
	switch d {
	case 1:
		left := patch(0, func(_, n []float64) bool { n[0] = -1; return true })
		right := patch(0, func(_, n []float64) bool { n[0] = 1; return true })
		left.Measure, right.Measure = 1, 1
		return []Patch{left, right}
	case 2:
		return []Patch{patch(1, circle)}
	case 3:
		return []Patch{patch(2, sphere)}
	}
	return []Patch{patch(d, hypersphere)}
}

func circle(u, n []float64) bool {
	n[1], n[0] = math.Sincos(2 * math.Pi * u[0])
	return true
}

// sphere uses Archimedes' theorem: z is uniform on a sphere.
func sphere(u, n []float64) bool {
	n[2] = 2*u[0] - 1
	sin, cos := math.Sincos(2 * math.Pi * u[1])
	rho := math.Sqrt(1 - n[2]*n[2])
	n[0], n[1] = rho*cos, rho*sin
	return true
}

// hypersphere normalises independent normal deviates Φ⁻¹(u) = √2 erf⁻¹(2u−1), whose joint density is round.
func hypersphere(u, n []float64) bool {
	norm := 0.0
	for i, v := range u {
		n[i] = math.Sqrt2 * math.Erfinv(2*v-1)
		norm = math.Hypot(norm, n[i])
	}
	if norm == 0 || math.IsInf(norm, 0) {
		return false // the center and the corner u = 0 have no direction
	}
	for i := range n {
		n[i] /= norm
	}
	return true
}
