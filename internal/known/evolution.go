package known

import (
	"fmt"
	"math"
)

func oscillator(c map[string]float64) (recipe, error) {
	delta, omega0 := c["delta"], c["omega0"]
	if delta >= omega0 {
		return recipe{}, fmt.Errorf("delta = %g must be below omega0 = %g: the formula is that of an underdamped oscillator", delta, omega0)
	}
	w := math.Sqrt((omega0 - delta) * (omega0 + delta))
	return closed(func(u, p []float64) {
		sin, cos := math.Sincos(w * p[0])
		u[0] = math.Exp(-delta*p[0]) * (cos + delta/w*sin)
	})
}

// volterra is e^{−x} cosh x, written so that it cannot overflow.
func volterra(map[string]float64) (recipe, error) {
	return closed(func(y, p []float64) { y[0] = (1 + math.Exp(-2*p[0])) / 2 })
}

func heat1d(c map[string]float64) (recipe, error) {
	kappa := c["kappa"]
	return closed(func(u, p []float64) { u[0] = heat(p[0], p[1], kappa) })
}

func paramHeat(map[string]float64) (recipe, error) {
	return closed(func(u, p []float64) { u[0] = heat(p[0], p[1], p[2]) })
}

func heat(t, x, kappa float64) float64 {
	return math.Exp(-kappa*pi*pi*t) * math.Sin(pi*x)
}

func convection(c map[string]float64) (recipe, error) {
	beta := c["beta"]
	return closed(func(u, p []float64) { u[0] = math.Sin(p[1] - beta*p[0]) })
}

func wave1d(c map[string]float64) (recipe, error) {
	speed := c["c"]
	return closed(func(u, p []float64) {
		t, x := p[0], p[1]
		u[0] = math.Sin(pi*x)*math.Cos(speed*pi*t) + math.Sin(4*pi*x)*math.Cos(4*speed*pi*t)/2
	})
}

func burgersColeHopf(c map[string]float64) (recipe, error) {
	by := func(nodes int) func() (formula, error) {
		return func() (formula, error) {
			s := newColeHopf(c["nu"], nodes)
			return func(u, p []float64) { u[0] = s.at(p[0], p[1]) }, nil
		}
	}
	return recipe{field: by(coleHopfNodes), check: by(mostNodes)}, nil
}

// besideTheKink is where the Allen–Cahn field is least exact: the first snapshots, a few grid cells from x = 1.
var besideTheKink = []axis{{"t", 0, 0.02}, {"x", 0.98, 1}}

func allenCahnField(c map[string]float64) (recipe, error) {
	fine := allenCahn{diffusion: c["diffusion"], reaction: c["reaction"], modes: 2048, steps: 2000, stride: 5}
	coarse := fine
	coarse.modes, coarse.steps = fine.modes/2, fine.steps/2
	return recipe{field: fine.solve, check: coarse.solve, hard: besideTheKink}, nil
}
