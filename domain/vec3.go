package domain

import "math"

func sub(a, b [3]float64) [3]float64 { return [3]float64{a[0] - b[0], a[1] - b[1], a[2] - b[2]} }

func dot(a, b [3]float64) float64 { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] }

// along is p + t·d.
func along(p, d [3]float64, t float64) [3]float64 {
	return [3]float64{p[0] + t*d[0], p[1] + t*d[1], p[2] + t*d[2]}
}

func cross3(a, b [3]float64) [3]float64 {
	return [3]float64{a[1]*b[2] - a[2]*b[1], a[2]*b[0] - a[0]*b[2], a[0]*b[1] - a[1]*b[0]}
}

func norm(a [3]float64) float64 { return math.Sqrt(dot(a, a)) }

// middle is the mean of points.
func middle(points ...[3]float64) (m [3]float64) {
	for _, p := range points {
		m = along(m, p, 1/float64(len(points)))
	}
	return m
}
