package known

import "math"

const pi = math.Pi

func poisson1d(map[string]float64) (recipe, error) {
	return closed(func(u, p []float64) { u[0] = math.Sin(pi * p[0]) })
}

func poisson2d(map[string]float64) (recipe, error) {
	return closed(func(u, p []float64) { u[0] = math.Sin(pi*p[0]) * math.Sin(pi*p[1]) })
}

func laplace(map[string]float64) (recipe, error) {
	return closed(func(u, p []float64) { u[0] = math.Sin(pi*p[0]) * math.Sinh(pi*p[1]) / math.Sinh(pi) })
}

func helmholtz2d(c map[string]float64) (recipe, error) {
	k, a1, a2 := c["k"], c["a1"], c["a2"]
	return closed(func(uf, p []float64) {
		u := math.Sin(a1*pi*p[0]) * math.Sin(a2*pi*p[1])
		uf[0], uf[1] = u, (k*k-(a1*a1+a2*a2)*pi*pi)*u
	})
}

// lshape is the leading singular function of the Laplacian at a corner of 3π/2: zero on both sides of the corner.
func lshape(map[string]float64) (recipe, error) {
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

// kovasznay is the flow behind a row of cylinders: L. I. G. Kovasznay, "Laminar flow behind a two-dimensional grid",
// Proc. Cambridge Phil. Soc. 44, 1948, 58–62.
func kovasznay(c map[string]float64) (recipe, error) {
	re := c["Re"]
	l := -4 * pi * pi / (re/2 + math.Sqrt(re*re/4+4*pi*pi)) // Re/2 − √(Re²/4 + 4π²) without its cancellation
	return closed(func(f, p []float64) {
		growth := math.Exp(l * p[0])
		sin, cos := math.Sincos(2 * pi * p[1])
		f[0] = 1 - growth*cos
		f[1] = l / (2 * pi) * growth * sin
		f[2] = (1 - growth*growth) / 2
	})
}

// elasticityPlate is the plate of E. Haghighat et al., "A physics-informed deep learning framework for inversion and
// surrogate modeling in solid mechanics", Comput. Methods Appl. Mech. Engrg. 379, 2021, 113741, Section 4.
func elasticityPlate(c map[string]float64) (recipe, error) {
	lambda, mu, q := c["lambda"], c["mu"], c["Q"]
	return closed(func(f, p []float64) {
		y := p[1]
		sin1, cos1 := math.Sincos(pi * p[0])
		sin2, cos2 := math.Sincos(2 * pi * p[0])
		sinY, cosY := math.Sincos(pi * y)
		y2 := y * y

		exx := -2 * pi * sin2 * sinY                         // ∂ux/∂x
		eyy := q * sin1 * y2 * y                             // ∂uy/∂y
		exy := pi / 2 * (cos2*cosY + q/4*cos1*y2*y2)         // (∂ux/∂y + ∂uy/∂x)/2
		exxX, exxY := -4*pi*pi*cos2*sinY, -2*pi*pi*sin2*cosY // their derivatives
		eyyX, eyyY := pi*q*cos1*y2*y, 3*q*sin1*y2
		exyX := pi / 2 * (-2*pi*sin2*cosY - pi*q/4*sin1*y2*y2)
		exyY := pi / 2 * (-pi*cos2*sinY + q*cos1*y2*y)

		f[0] = cos2 * sinY
		f[1] = q / 4 * sin1 * y2 * y2
		f[2] = lambda*(exx+eyy) + 2*mu*exx              // σxx
		f[3] = lambda*(exx+eyy) + 2*mu*eyy              // σyy
		f[4] = 2 * mu * exy                             // σxy
		f[5] = -(lambda*(exxX+eyyX) + 2*mu*(exxX+exyY)) // fx = −∂σxx/∂x − ∂σxy/∂y
		f[6] = -(lambda*(exxY+eyyY) + 2*mu*(eyyY+exyX)) // fy = −∂σxy/∂x − ∂σyy/∂y
	})
}
