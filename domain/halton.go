package domain

import (
	"fmt"
	"math/rand/v2"
)

// Halton is the sequence whose coordinate j is the radical inverse of i in the j-th prime base: the digits of i mirrored
// at the point (Halton 1960). It keeps its first point, the origin; interior points of a domain begin with the second.
// Above about ten dimensions the plain sequence has visible stripes; scramble it there.
type Halton struct {
	// Scramble maps every digit by a random permutation of its own, drawn for each base and place (Owen 2017). False
	// gives the plain sequence, which is the same at every draw.
	Scramble bool
}

const haltonDims = 1024

// Sample implements [Sampler]. It has up to 1024 dimensions.
func (h Halton) Sample(rng *rand.Rand, n, dim int) ([]float64, error) {
	u, err := cube(rng, n, dim, h.Scramble)
	if err != nil {
		return nil, err
	}
	if dim > haltonDims {
		return nil, fmt.Errorf("halton has %d dimensions, not %d; use LatinHypercube or Uniform", haltonDims, dim)
	}
	for j, base := range primes(dim) {
		var perm [][]int
		if h.Scramble {
			perm = digitPermutations(rng, base)
		}
		for i := range n {
			u[i*dim+j] = radicalInverse(i, base, perm)
		}
	}
	return u, nil
}

// Random reports whether the sequence is scrambled.
func (h Halton) Random() bool { return h.Scramble }

// Sequence is true.
func (h Halton) Sequence() bool { return true }

// Hammersley is the set of points (i+½)/n, φ₂(i), φ₃(i), φ₅(i), …: one even coordinate and the Halton sequence for the rest
// (Hammersley 1960). The ½ keeps the first coordinate away from 0. It is a set for one n, not a sequence.
type Hammersley struct{}

// Sample implements [Sampler]. It has up to 1025 dimensions.
func (Hammersley) Sample(_ *rand.Rand, n, dim int) ([]float64, error) {
	u, err := cube(nil, n, dim, false)
	if err != nil || dim == 0 {
		return u, err
	}
	rest, err := Halton{}.Sample(nil, n, dim-1)
	if err != nil {
		return nil, err
	}
	for i := range n {
		u[i*dim] = (float64(i) + 0.5) / float64(n)
		copy(u[i*dim+1:(i+1)*dim], rest[i*(dim-1):])
	}
	return u, nil
}

// Random is false.
func (Hammersley) Random() bool { return false }

// radicalInverse returns Σ π_k(d_k) b^{−k−1} for i = Σ d_k b^k. Without permutations π the sum ends with the digits of i; with
// them, zeros are permuted as well, so it continues to the last place that a float64 can tell.
func radicalInverse(i, base int, perm [][]int) float64 {
	sum, scale := 0.0, 1/float64(base)
	for k := 0; i > 0 || k < len(perm); k++ {
		d := i % base
		if k < len(perm) {
			d = perm[k][d]
		}
		sum += float64(d) * scale
		scale /= float64(base)
		i /= base
	}
	return below1(sum)
}

// digitPermutations draws one permutation for each place down to 2^−53.
func digitPermutations(rng *rand.Rand, base int) [][]int {
	var perm [][]int
	for scale := 1.0; scale > 0x1p-53; scale /= float64(base) {
		perm = append(perm, rng.Perm(base))
	}
	return perm
}

// primes returns the first n primes.
func primes(n int) []int {
	p := make([]int, 0, n)
next:
	for c := 2; len(p) < n; c++ {
		for _, q := range p {
			if q*q > c {
				break
			}
			if c%q == 0 {
				continue next
			}
		}
		p = append(p, c)
	}
	return p
}
