package domain

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
)

// Sampler places points in the unit cube; regions map them onto themselves.
type Sampler interface {
	// Sample returns n points of [0,1)^dim, row by row. All randomness comes from rng, which is nil when Random is
	// false. It must not keep rng.
	Sample(rng *rand.Rand, n, dim int) ([]float64, error)
	// Random reports whether Sample reads rng.
	Random() bool
}

// Sequence is implemented by samplers whose first n of m points are as good a set as any n of them. From other samplers,
// regions that must leave some points out take evenly spread ones.
type Sequence interface{ Sequence() bool }

// Uniform draws independent points, each uniformly distributed.
type Uniform struct{}

// Sample implements [Sampler].
func (Uniform) Sample(rng *rand.Rand, n, dim int) ([]float64, error) {
	u, err := cube(rng, n, dim, true)
	for i := range u {
		u[i] = rng.Float64()
	}
	return u, err
}

// Random is true.
func (Uniform) Random() bool { return true }

// Sequence is true.
func (Uniform) Sequence() bool { return true }

// LatinHypercube stratifies every coordinate: each of the n slices of thickness 1/n along it holds exactly one point
// (McKay, Beckman & Conover 1979).
type LatinHypercube struct{}

// Sample implements [Sampler].
func (LatinHypercube) Sample(rng *rand.Rand, n, dim int) ([]float64, error) {
	u, err := cube(rng, n, dim, true)
	if err != nil {
		return nil, err
	}
	for j := range dim {
		for i, slice := range rng.Perm(n) {
			u[i*dim+j] = below1((float64(slice) + rng.Float64()) / float64(n))
		}
	}
	return u, nil
}

// Random is true.
func (LatinHypercube) Random() bool { return true }

// Sequence is true: the order of the points is random.
func (LatinHypercube) Sequence() bool { return true }

// Grid places points at the centres of a regular lattice of cells, k per axis, so that points strictly inside come out.
// Where n is not k^dim, the first axes get one cell more, and evenly spread points are left out until n remain.
type Grid struct{}

// Sample implements [Sampler].
func (Grid) Sample(_ *rand.Rand, n, dim int) ([]float64, error) {
	if _, err := cube(nil, n, dim, false); err != nil || n*dim == 0 {
		return nil, err
	}
	cells := gridCells(n, dim)
	total := 1
	for _, k := range cells {
		total *= k
	}
	u := make([]float64, 0, n*dim)
	row := make([]float64, dim)
	for i := range n {
		k := int(int64(i) * int64(total) / int64(n))
		for j := dim - 1; j >= 0; j-- {
			row[j] = (float64(k%cells[j]) + 0.5) / float64(cells[j])
			k /= cells[j]
		}
		u = append(u, row...)
	}
	return u, nil
}

// gridCells are the cells per axis: as equal as possible, with a product of at least n.
func gridCells(n, dim int) []int {
	k := max(int(math.Floor(math.Pow(float64(n), 1/float64(dim))+1e-9)), 1)
	cells := slices.Repeat([]int{k}, dim)
	total := math.Pow(float64(k), float64(dim))
	for j := 0; j < dim && total < float64(n); j++ {
		cells[j]++
		total *= float64(k+1) / float64(k)
	}
	return cells
}

// Random is false.
func (Grid) Random() bool { return false }

// cube checks the size of a sample and returns room for it.
func cube(rng *rand.Rand, n, dim int, random bool) ([]float64, error) {
	switch {
	case n < 0 || dim < 0:
		return nil, fmt.Errorf("sample of %d points in %d dimensions", n, dim)
	case dim > 0 && n > math.MaxInt32/dim:
		return nil, fmt.Errorf("sample of %d points in %d dimensions: more than %d numbers; draw fewer", n, dim, math.MaxInt32)
	case random && rng == nil:
		return nil, fmt.Errorf("this sampler needs random numbers; pass a *rand.Rand")
	}
	return make([]float64, n*dim), nil
}

// below1 keeps a number that was rounded up to 1 inside [0, 1).
func below1(u float64) float64 { return min(u, 1-0x1p-53) }

// SamplerByName returns the sampler with a name that users write in files. The error for any other name gives the nearest.
func SamplerByName(name string) (Sampler, error) {
	list := Samplers()
	if i := slices.Index(list, name); i >= 0 {
		return samplers[i].sampler, nil
	}
	return nil, fmt.Errorf("no sampler %q; %sthe samplers are %s", name, didYouMean(name, list), strings.Join(list, ", "))
}

// Samplers are the names that SamplerByName knows.
func Samplers() []string {
	var list []string
	for _, s := range samplers {
		list = append(list, s.name)
	}
	return list
}

var samplers = []struct {
	name    string
	sampler Sampler
}{
	{"uniform", Uniform{}},
	{"latin_hypercube", LatinHypercube{}},
	{"lhs", LatinHypercube{}},
	{"halton", Halton{}},
	{"scrambled_halton", Halton{Scramble: true}},
	{"sobol", Sobol{}},
	{"scrambled_sobol", Sobol{Scramble: true}},
	{"hammersley", Hammersley{}},
	{"grid", Grid{}},
}
