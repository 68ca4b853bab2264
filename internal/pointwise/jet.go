package pointwise

import "math/bits"

// jet is a nested dual number: a polynomial in infinitesimals ε₀, ε₁, … with ε_k² = 0. Entry m is the coefficient of the
// product of those ε_k whose bit k is set in m; entries beyond the length are zero, and the length is a power of two.
// The coefficient of ε_j ε_k in f(x + ε_j + ε_k) is f″(x) exactly, and so on for every order and mixture.
type jet []float64

func number(v float64) jet { return jet{v} }

// infinitesimal returns ε_k.
func infinitesimal(k int) jet {
	j := make(jet, 1<<(k+1))
	j[1<<k] = 1
	return j
}

func (a jet) at(m int) float64 {
	if m < len(a) {
		return a[m]
	}
	return 0
}

func (a jet) add(b jet) jet {
	c := make(jet, max(len(a), len(b)))
	for m := range c {
		c[m] = a.at(m) + b.at(m)
	}
	return c
}

func (a jet) scale(s float64) jet {
	c := make(jet, len(a))
	for m := range c {
		c[m] = s * a[m]
	}
	return c
}

func (a jet) sub(b jet) jet { return a.add(b.scale(-1)) }

// mul is c_m = Σ a_s b_{m∖s} over the subsets s of m, since ε_k² = 0.
func (a jet) mul(b jet) jet {
	c := make(jet, max(len(a), len(b)))
	for m := range c {
		s := m
		for {
			c[m] += a.at(s) * b.at(m&^s)
			if s == 0 {
				break
			}
			s = (s - 1) & m
		}
	}
	return c
}

// compose returns f(a) from the Taylor coefficients t_k = f⁽ᵏ⁾(a₀)/k! by Horner's rule in the infinitesimal part.
func (a jet) compose(taylor func(a0 float64, order int) []float64) jet {
	order := bits.Len(uint(len(a) - 1)) // the infinitesimal part vanishes in higher powers
	t := taylor(a[0], order)
	small := append(jet(nil), a...)
	small[0] = 0
	c := number(t[order])
	for k := order - 1; k >= 0; k-- {
		c = c.mul(small).add(number(t[k]))
	}
	return c
}

// drop returns the coefficient of the product of ε_lo … ε_{hi−1}.
func (a jet) drop(lo, hi int) jet {
	c := make(jet, 1<<lo)
	high := (1<<hi - 1) &^ (1<<lo - 1)
	for m := range c {
		c[m] = a.at(high | m)
	}
	return c
}
