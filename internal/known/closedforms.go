package known

import "math"

const pi = math.Pi

// lshape is the leading singular function of the Laplacian at a corner of 3π/2: zero on both sides of the corner.
func lshape(map[string]float64) recipe {
	return closed(func(u, p []float64) {
		r, theta := math.Hypot(p[0], p[1]), math.Atan2(p[1], p[0])
		if theta < -pi/4 { // the branch lies in the missing quadrant, so rounding at its sides does no harm
			theta += 2 * pi
		}
		u[0] = math.Cbrt(r*r) * math.Sin(2*theta/3)
	})
}

var lshapeHole = hole{
	doc:      "(0,1]x[-1,0)",
	contains: func(p []float64) bool { return p[0] > 2*slack && p[1] < -2*slack },
}

func heat1d(c map[string]float64) recipe {
	kappa := c["kappa"]
	return closed(func(u, p []float64) { u[0] = heat(p[0], p[1], kappa) })
}

func paramHeat(map[string]float64) recipe {
	return closed(func(u, p []float64) { u[0] = heat(p[0], p[1], p[2]) })
}

func heat(t, x, kappa float64) float64 {
	return math.Exp(-kappa*pi*pi*t) * math.Sin(pi*x)
}

func inverseField(map[string]float64) recipe {
	return closed(func(f, p []float64) {
		sin1, cos1 := math.Sincos(pi * p[0])
		sin2, cos2 := math.Sincos(2 * pi * p[0])
		k := 1 + sin2/2
		f[0], f[1], f[2] = sin1, k, pi*pi*(sin1*k-cos1*cos2)
	})
}
