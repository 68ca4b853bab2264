package net

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	ph "github.com/crux-pinn/crux/placeholder"
)

// fans returns how many inputs and outputs a parameter of the given shape connects. A vector counts as both.
func fans(shape []int) (in, out float64) {
	switch len(shape) {
	case 0:
		return 1, 1
	case 1:
		return float64(shape[0]), float64(shape[0])
	}
	return float64(shape[0]), float64(shape[len(shape)-1])
}

func normal(rng *rand.Rand, dst []float64, std float64) {
	for i := range dst {
		dst[i] = std * rng.NormFloat64()
	}
}

func uniform(rng *rand.Rand, dst []float64, bound float64) {
	for i := range dst {
		dst[i] = bound * (2*rng.Float64() - 1)
	}
}

// GlorotNormal draws from N(0, 2/(in+out)), which keeps the variance of signals and of gradients through layers whose
// activation is near the identity at 0 (Glorot, Bengio 2010). It is the default of every network but SIREN.
func GlorotNormal(rng *rand.Rand, dst []float64, shape []int) {
	in, out := fans(shape)
	normal(rng, dst, math.Sqrt(2/(in+out)))
}

// GlorotUniform draws from U(−a, a) with a = √(6/(in+out)), of the same variance as GlorotNormal.
func GlorotUniform(rng *rand.Rand, dst []float64, shape []int) {
	in, out := fans(shape)
	uniform(rng, dst, math.Sqrt(6/(in+out)))
}

// HeNormal draws from N(0, 2/in), which keeps the variance of signals through rectified layers (He et al. 2015).
func HeNormal(rng *rand.Rand, dst []float64, shape []int) {
	in, _ := fans(shape)
	normal(rng, dst, math.Sqrt(2/in))
}

// HeUniform draws from U(−a, a) with a = √(6/in), of the same variance as HeNormal.
func HeUniform(rng *rand.Rand, dst []float64, shape []int) {
	in, _ := fans(shape)
	uniform(rng, dst, math.Sqrt(6/in))
}

// Zeros fills with zeros. Weights of hidden layers need something else, or all their units stay equal.
func Zeros(_ *rand.Rand, dst []float64, _ []int) { clear(dst) }

// Constant fills with v.
func Constant(v float64) ph.Init {
	return func(_ *rand.Rand, dst []float64, _ []int) {
		for i := range dst {
			dst[i] = v
		}
	}
}

// Normal draws from N(0, σ²).
func Normal(sigma float64) ph.Init {
	return func(rng *rand.Rand, dst []float64, _ []int) { normal(rng, dst, sigma) }
}

// Uniform draws from U(−a, a).
func Uniform(a float64) ph.Init {
	return func(rng *rand.Rand, dst []float64, _ []int) { uniform(rng, dst, a) }
}

// SIRENFirst draws the first layer of a SIREN, U(−1/in, 1/in).
func SIRENFirst(rng *rand.Rand, dst []float64, shape []int) {
	in, _ := fans(shape)
	uniform(rng, dst, 1/in)
}

// SIRENHidden draws a later layer of a SIREN, U(−a, a) with a = √(6/in)/ω (Sitzmann et al. 2020, Section 3.2).
func SIRENHidden(omega float64) ph.Init {
	return func(rng *rand.Rand, dst []float64, shape []int) {
		in, _ := fans(shape)
		uniform(rng, dst, math.Sqrt(6/in)/omega)
	}
}

// inits are the names under which YAML knows them.
func inits() map[string]ph.Init {
	return map[string]ph.Init{
		"glorot_normal": GlorotNormal, "glorot_uniform": GlorotUniform, "he_normal": HeNormal, "he_uniform": HeUniform,
		"zeros": Zeros,
	}
}

// Inits returns the names that InitByName knows, in alphabetical order.
func Inits() []string { return slices.Sorted(maps.Keys(inits())) }

// InitByName returns the initialiser of that name. An unknown name is an error that suggests the nearest.
func InitByName(name string) (ph.Init, error) {
	i, ok := inits()[name]
	if !ok {
		return nil, unknown("initialiser", name, Inits())
	}
	return i, nil
}
