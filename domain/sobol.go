package domain

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
)

// Sobol is the Sobol sequence in base 2 with the direction numbers of Joe and Kuo, in the Gray-code order of Antonov and
// Saleev (1979). The first 2^k points, the origin among them, put equal numbers into all boxes of a dyadic partition.
//
// The sequence keeps its first point, the origin, as scipy does and Owen ("On dropping the first Sobol' point", 2020) advises.
// Interior points lie strictly inside a domain, though, so there an unscrambled sequence begins with its second point; the
// scrambled one loses nothing.
type Sobol struct {
	// Scramble permutes the binary digits at random by Owen's nested uniform scrambling (1995): each set keeps the
	// structure of the sequence, and each point by itself is uniformly distributed. False gives the plain sequence, which
	// is the same at every draw.
	Scramble bool
}

const sobolBits = 32

// Sample implements [Sampler]. It has up to SobolDims dimensions.
func (s Sobol) Sample(rng *rand.Rand, n, dim int) ([]float64, error) {
	u, err := cube(rng, n, dim, s.Scramble)
	if err != nil {
		return nil, err
	}
	if dim > SobolDims {
		return nil, fmt.Errorf("sobol has direction numbers for %d dimensions, not for %d; use Halton, LatinHypercube or Uniform", SobolDims, dim)
	}
	table := joeKuo()
	for j := range dim {
		v := vanDerCorput()
		if j > 0 {
			v = table[j-1].numbers()
		}
		var key uint64
		if s.Scramble {
			key = rng.Uint64()
		}
		x := uint32(0)
		for i := range n {
			if i > 0 {
				x ^= v[bits.TrailingZeros32(uint32(i))] // from point i−1 to i one Gray-code digit changes
			}
			y := x
			if s.Scramble {
				y = owen(x, key)
			}
			u[i*dim+j] = float64(y) * 0x1p-32
		}
	}
	return u, nil
}

// Random reports whether the sequence is scrambled.
func (s Sobol) Random() bool { return s.Scramble }

// Sequence is true.
func (s Sobol) Sequence() bool { return true }

// vanDerCorput are the direction numbers of the first dimension, v_k = 2^{−k}, scaled by 2^32.
func vanDerCorput() (v [sobolBits]uint32) {
	for k := range v {
		v[k] = 1 << (sobolBits - 1 - k)
	}
	return v
}

// numbers returns v_k = m_k/2^k, scaled by 2^32. Beyond the initial ones, with a_i the coefficients of the polynomial of degree s,
//
//	m_k = 2a₁m_{k−1} ⊕ 4a₂m_{k−2} ⊕ … ⊕ 2^s m_{k−s} ⊕ m_{k−s}
//
// which in terms of v reads v_k = a₁v_{k−1} ⊕ … ⊕ a_s v_{k−s} ⊕ v_{k−s}/2^s.
func (d direction) numbers() (v [sobolBits]uint32) {
	s := len(d.m)
	for k := range v {
		if k < s {
			v[k] = d.m[k] << (sobolBits - 1 - k)
			continue
		}
		v[k] = v[k-s] >> s
		for i := 1; i <= s; i++ {
			if d.poly>>(s-i)&1 == 1 {
				v[k] ^= v[k-i]
			}
		}
	}
	return v
}

// owen flips each binary digit of x by a random bit that depends on all digits before it: nested uniform scrambling, with
// the random bits of the tree taken from a hash of the key and the node instead of being stored.
func owen(x uint32, key uint64) uint32 {
	flip := uint32(0)
	for k := range sobolBits {
		node := uint64(1)<<k | uint64(x)>>(sobolBits-k) // a leading 1, then the k digits before digit k
		flip |= uint32(mix(key+node*0x9e3779b97f4a7c15)>>63) << (sobolBits - 1 - k)
	}
	return x ^ flip
}

// mix is the output function of SplitMix64 (Steele, Lea & Flood 2014): a bijection with full avalanche.
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
