package pointwise

import (
	"fmt"
	"math"
)

// The Taylor coefficients of the functions, each by its own recurrence. In all of them x(h) = a + h, and primes are with
// respect to h; y_k is the coefficient of h^k.

// expSeries: y′ = y.
func expSeries(a float64, n int) []float64 {
	y := []float64{math.Exp(a)}
	for k := range n {
		y = append(y, y[k]/float64(k+1))
	}
	return y
}

// powerSeries: (a+h)^p has the coefficients C(p,k) a^{p−k}.
func powerSeries(p float64) func(float64, int) []float64 {
	return func(a float64, n int) []float64 {
		y := make([]float64, n+1)
		c := 1.0
		for k := range y {
			if c != 0 { // beyond the degree of a polynomial there is nothing, at a = 0 too
				y[k] = c * math.Pow(a, p-float64(k))
			}
			c *= (p - float64(k)) / float64(k+1)
		}
		return y
	}
}

// logSeries: y₀ = ln(a+s), y_k = −(−1/(a+s))^k / k.
func logSeries(shift float64, value func(float64) float64) func(float64, int) []float64 {
	return func(a float64, n int) []float64 {
		y := []float64{value(a)}
		r := 1.0
		for k := 1; k <= n; k++ {
			r *= -1 / (a + shift)
			y = append(y, -r/float64(k))
		}
		return y
	}
}

// circular: derivatives of sin cycle through sin, cos, −sin, −cos; of the hyperbolic pair through sinh, cosh.
func circular(cycle ...func(float64) float64) func(float64, int) []float64 {
	return func(a float64, n int) []float64 {
		y := make([]float64, n+1)
		factorial := 1.0
		for k := range y {
			if k > 0 {
				factorial *= float64(k)
			}
			y[k] = cycle[k%len(cycle)](a) / factorial
		}
		return y
	}
}

// riccati: y′ = c₀ + c₁y + c₂y², so (k+1) y_{k+1} = c₀[k=0] + c₁y_k + c₂ Σ_j y_j y_{k−j}.
func riccati(value func(float64) float64, c0, c1, c2 float64) func(float64, int) []float64 {
	return func(a float64, n int) []float64 {
		y := []float64{value(a)}
		for k := range n {
			s := c1 * y[k]
			if k == 0 {
				s += c0
			}
			for j := 0; j <= k; j++ {
				s += c2 * y[j] * y[k-j]
			}
			y = append(y, s/float64(k+1))
		}
		return y
	}
}

// integral: y′ = z for a function z of known series.
func integral(value func(float64) float64, z func(float64, int) []float64) func(float64, int) []float64 {
	return func(a float64, n int) []float64 {
		y := []float64{value(a)}
		if n > 0 {
			for k, c := range z(a, n-1) {
				y = append(y, c/float64(k+1))
			}
		}
		return y
	}
}

// after: the series of f(g(a+h)) for a polynomial g = g₀ + g₁h + g₂h², evaluated with series arithmetic.
func after(f func(float64, int) []float64, g func(a float64) [3]float64) func(float64, int) []float64 {
	return func(a float64, n int) []float64 {
		p := g(a)
		t := f(p[0], n)
		y := make([]float64, n+1)
		y[0] = t[n]
		for k := n - 1; k >= 0; k-- { // y ← y·(g₁h + g₂h²) + t_k
			z := make([]float64, n+1)
			for i := range y {
				if i+1 <= n {
					z[i+1] += p[1] * y[i]
				}
				if i+2 <= n {
					z[i+2] += p[2] * y[i]
				}
			}
			z[0] += t[k]
			y = z
		}
		return y
	}
}

// flat: constant pieces.
func flat(value func(float64) float64) func(float64, int) []float64 {
	return func(a float64, n int) []float64 {
		y := make([]float64, n+1)
		y[0] = value(a)
		return y
	}
}

// series returns the Taylor coefficients of the function of that name.
func series(name string) (func(a float64, n int) []float64, error) {
	neg := func(f func(float64) float64) func(float64) float64 { return func(x float64) float64 { return -f(x) } }
	scaled := func(s float64, f func(float64, int) []float64) func(float64, int) []float64 {
		return func(a float64, n int) []float64 {
			y := f(a, n)
			for k := range y {
				y[k] *= s
			}
			return y
		}
	}
	square := func(c0, c2 float64) func(float64) [3]float64 { // c₀ + c₂x²
		return func(a float64) [3]float64 { return [3]float64{c0 + c2*a*a, 2 * c2 * a, c2} }
	}
	switch name {
	case "exp":
		return expSeries, nil
	case "expm1":
		return func(a float64, n int) []float64 { y := expSeries(a, n); y[0] = math.Expm1(a); return y }, nil
	case "log":
		return logSeries(0, math.Log), nil
	case "log1p":
		return logSeries(1, math.Log1p), nil
	case "sqrt":
		return powerSeries(0.5), nil
	case "abs":
		return func(a float64, n int) []float64 {
			y := make([]float64, n+1)
			y[0] = math.Abs(a)
			if n > 0 && a != 0 {
				y[1] = math.Copysign(1, a)
			}
			return y
		}, nil
	case "sign":
		return flat(func(a float64) float64 { return heaviside(a) - heaviside(-a) }), nil
	case "heaviside":
		return flat(heaviside), nil
	case "sin":
		return circular(math.Sin, math.Cos, neg(math.Sin), neg(math.Cos)), nil
	case "cos":
		return circular(math.Cos, neg(math.Sin), neg(math.Cos), math.Sin), nil
	case "sinh":
		return circular(math.Sinh, math.Cosh), nil
	case "cosh":
		return circular(math.Cosh, math.Sinh), nil
	case "tan":
		return riccati(math.Tan, 1, 0, 1), nil
	case "tanh":
		return riccati(math.Tanh, 1, 0, -1), nil
	case "sigmoid":
		return riccati(logistic, 0, 1, -1), nil
	case "softplus":
		return integral(softplus, riccati(logistic, 0, 1, -1)), nil
	case "asin":
		return integral(math.Asin, after(powerSeries(-0.5), square(1, -1))), nil
	case "acos":
		return integral(math.Acos, scaled(-1, after(powerSeries(-0.5), square(1, -1)))), nil
	case "atan":
		return integral(math.Atan, after(powerSeries(-1), square(1, 1))), nil
	case "erf":
		return integral(math.Erf, scaled(2/math.Sqrt(math.Pi), after(expSeries, square(0, -1)))), nil
	}
	return nil, fmt.Errorf("pointwise: no Taylor series for the function %q", name)
}

func heaviside(a float64) float64 {
	switch {
	case a > 0:
		return 1
	case a < 0:
		return 0
	}
	return 0.5
}

func logistic(a float64) float64 { return 0.5 * (1 + math.Tanh(a/2)) }

func softplus(a float64) float64 {
	if a > 30 {
		return a + math.Log1p(math.Exp(-a))
	}
	return math.Log1p(math.Exp(a))
}
