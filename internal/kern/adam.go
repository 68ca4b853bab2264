package kern

import "math"

// Adam makes one step of Adam (Kingma & Ba 2015, Algorithm 1) in one pass over its four arrays of equal length:
//
//	m ← β₁m + (1−β₁)g          v ← β₂v + (1−β₂)g²
//	θ ← θ − lr · m/(1−β₁ᵗ) / (√(v/(1−β₂ᵗ)) + ε)
//
// m and v hold the biased moments, zero before the first step; t counts steps from 1.
func Adam[T Float](theta, m, v, g []T, lr, beta1, beta2, eps float64, t int) {
	engineOf[T]().adam(theta, m, v, g, adamStep[T]{
		beta1: T(beta1), beta2: T(beta2), keep1: T(1 - beta1), keep2: T(1 - beta2),
		rate: T(lr / (1 - math.Pow(beta1, float64(t)))), correct2: T(1 / (1 - math.Pow(beta2, float64(t)))), eps: T(eps),
	})
}

// adamStep holds what is the same for all elements of a step. The assembly reads the fields in this order.
type adamStep[T Float] struct {
	beta1, keep1 T // β₁, 1−β₁
	beta2, keep2 T // β₂, 1−β₂
	rate         T // lr/(1−β₁ᵗ)
	correct2     T // 1/(1−β₂ᵗ)
	eps          T
}

func adamGo[T Float](theta, m, v, g []T, k adamStep[T]) {
	m, v, g = m[:len(theta)], v[:len(theta)], g[:len(theta)]
	for i, gi := range g {
		mi := k.beta1*m[i] + k.keep1*gi
		vi := k.beta2*v[i] + k.keep2*(gi*gi)
		m[i], v[i] = mi, vi
		theta[i] -= k.rate * mi / (T(math.Sqrt(float64(vi*k.correct2))) + k.eps)
	}
}
