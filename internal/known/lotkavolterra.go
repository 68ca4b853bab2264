package known

import "math"

// lotkaVolterra is the predator–prey system r′ = R (2r − 8rp), p′ = R (4rp − 1.06p), in populations over 200 and times
// over R: that of DeepXDE's example, with R = 20. It is computed by the Taylor series of the solution at the beginning of
// each of many equal steps. The product of two series is Cauchy's, so that a coefficient follows from those before it.
type lotkaVolterra struct {
	rate         float64
	order, steps int
}

// The numbers of the system, per unit of R.
const preyGrows, preyIsEaten, predatorEats, predatorDies = 2, 8, 4, 1.06

func (s lotkaVolterra) solve() formula {
	h, width := 1/float64(s.steps), s.order+1
	series := make([]float64, 2*width*s.steps) // of r and p, step after step, in powers of (t − t_k)/h
	r0, p0 := 0.5, 0.075
	for k := range s.steps {
		r, p := series[2*width*k:][:width], series[2*width*k+width:][:width]
		r[0], p[0] = r0, p0
		for n := range s.order {
			both := 0.0
			for j := range n + 1 {
				both += r[j] * p[n-j]
			}
			f := s.rate * h / float64(n+1)
			r[n+1] = f * (preyGrows*r[n] - preyIsEaten*both)
			p[n+1] = f * (predatorEats*both - predatorDies*p[n])
		}
		r0, p0 = horner(r, 1), horner(p, 1)
	}
	return func(dst, at []float64) {
		x := at[0] * float64(s.steps)
		k := int(math.Max(0, math.Min(math.Floor(x), float64(s.steps-1))))
		dst[0] = horner(series[2*width*k:][:width], x-float64(k))
		dst[1] = horner(series[2*width*k+width:][:width], x-float64(k))
	}
}

// horner is the polynomial c[0] + c[1] x + c[2] x² + …
func horner(c []float64, x float64) float64 {
	v := 0.0
	for i := len(c) - 1; i >= 0; i-- {
		v = v*x + c[i]
	}
	return v
}

func lotkaVolterraSystem(c map[string]float64) recipe {
	fine := lotkaVolterra{rate: c["rate"], order: 20, steps: 2000}
	coarse := fine
	coarse.steps = fine.steps / 2
	return recipe{field: fine.solve, check: coarse.solve}
}
