package known

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat"
)

// Data is a set of measurements of a solution.
type Data struct {
	Points []float64 // n × len(Coords), row after row
	Exact  []float64 // what Eval gives at Points: field f at point i is Exact[f*n+i]
	Values []float64 // Exact and noise
	Sigma  []float64 // the standard deviation of the noise, one for each field
}

// NoisyData measures every field of s at n points drawn uniformly from its region.
//
// Noise is relative: 0.01 adds normal deviates whose standard deviation is 1 % of that of the field over the points,
// as in Raissi et al., J. Comput. Phys. 378, 2019, 686–707; 0 adds none. The points are drawn first and the noise field
// by field after them, so the same state of rng gives the same points at every noise.
func NoisyData(s *Solution, n int, noise float64, rng *rand.Rand) (*Data, error) {
	switch {
	case s == nil || s.field == nil:
		return nil, errNotLookedUp
	case rng == nil:
		return nil, fmt.Errorf("known: %s: NoisyData needs a *rand.Rand; rand.New(rand.NewPCG(seed, 0)) makes one", s.Name)
	case n < 1:
		return nil, fmt.Errorf("known: %s: %d points of data; at least 1 is needed", s.Name, n)
	case !(noise >= 0) || math.IsInf(noise, 1):
		return nil, fmt.Errorf("known: %s: noise = %g must be finite and not negative", s.Name, noise)
	}
	d := &Data{
		Points: make([]float64, n*s.dims),
		Exact:  make([]float64, n*s.width),
		Sigma:  make([]float64, s.width),
	}
	for i := range n {
		s.within.draw(d.Points[i*s.dims:(i+1)*s.dims], rng)
	}
	if err := s.Eval(d.Exact, d.Points); err != nil {
		return nil, err
	}
	d.Values = append([]float64(nil), d.Exact...)
	for f := range s.width {
		field := d.Values[f*n : (f+1)*n]
		d.Sigma[f] = noise * stat.PopStdDev(field, nil)
		for i := range field {
			field[i] += d.Sigma[f] * rng.NormFloat64()
		}
	}
	return d, nil
}
