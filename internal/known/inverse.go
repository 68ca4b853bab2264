package known

import "math"

func inverseBurgers(c map[string]float64) (recipe, error) {
	r, err := burgersColeHopf(c)
	r.truth = map[string]float64{"lambda1": 1, "lambda2": c["nu"]}
	return r, err
}

func inverseField(map[string]float64) (recipe, error) {
	return closed(func(f, p []float64) {
		sin1, cos1 := math.Sincos(pi * p[0])
		sin2, cos2 := math.Sincos(2 * pi * p[0])
		k := 1 + sin2/2
		f[0], f[1], f[2] = sin1, k, pi*pi*(sin1*k-cos1*cos2)
	})
}
