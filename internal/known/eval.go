package known

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Eval computes every field at n points. The points are the rows of an n × len(Coords) matrix, row after row; field f
// at point i goes to values[f*n+i], so each field is one contiguous run of n numbers.
//
// Points outside the region of the problem, or not finite, are an error; a point may lie outside by 1e-9 of the width
// of the region, which forgives the rounding of a sampler. When there is an error, values are not touched. The first
// call computes what is not a closed form; for "allen_cahn" that takes about a second.
func (s *Solution) Eval(values, points []float64) error {
	if s.field == nil {
		return errNotLookedUp
	}
	if len(points)%s.dims != 0 {
		return fmt.Errorf("known: %s: %d numbers are not a whole number of points (%s)",
			s.Name, len(points), strings.Join(s.within.names(), ", "))
	}
	n := len(points) / s.dims
	if len(values) != n*s.width {
		return fmt.Errorf("known: %s: values has length %d; %d points and %d fields need %d",
			s.Name, len(values), n, s.width, n*s.width)
	}
	for i := range n {
		if err := s.within.contains(points[i*s.dims : (i+1)*s.dims]); err != nil {
			return fmt.Errorf("known: %s: point %d: %w", s.Name, i, err)
		}
	}
	f, at := s.field(), make([]float64, s.width)
	for i := range n {
		f(at, points[i*s.dims:(i+1)*s.dims])
		for k, v := range at {
			values[k*n+i] = v
		}
	}
	return nil
}

// Index returns the place of a field in Fields: field k at point i is values[k*n+i] of Eval.
func (s *Solution) Index(field string) (int, error) {
	k := slices.Index(s.Fields, field)
	if k < 0 || k >= s.width {
		return 0, fmt.Errorf("known: %s: no field %q; it has %s", s.Name, field, strings.Join(s.Fields, ", "))
	}
	return k, nil
}

// SelfError estimates the largest absolute error of the solution itself. It is 0 for a closed form. For a computed
// solution it is the largest difference, over a lattice of the region, from the same solution at half the resolution
// (allen_cahn, which is checked again beside the kink at early times, and lotka_volterra) or with twice the quadrature nodes
// (burgers_cole_hopf). Half the resolution has the larger error, so for allen_cahn this is a cautious estimate: at the
// corners of the range of its constants it was 3 to 2000 times the true error, and 13 times at the defaults.
// The first call takes as long as computing both.
func (s *Solution) SelfError() float64 { return s.selfError() }

// compare returns the largest difference between the solution and the other computation of it that r describes.
func (s *Solution) compare(r recipe) float64 {
	if r.check == nil {
		return 0
	}
	f, g := s.field(), r.check()
	a, b, worst := make([]float64, s.width), make([]float64, s.width), 0.0
	places := []region{s.within}
	if r.hard != nil {
		places = append(places, region{r.hard})
	}
	for _, place := range places {
		for p := range place.lattice(selfErrorPoints) {
			f(a, p)
			g(b, p)
			for k := range a {
				worst = math.Max(worst, math.Abs(a[k]-b[k])) // math.Max keeps a NaN
			}
		}
	}
	return worst
}

// selfErrorPoints is the size of the lattice on which SelfError compares: fine enough to meet fronts of width 1e-2.
const selfErrorPoints = 20_000

var errNotLookedUp = errors.New("known: this Solution was not made by Lookup")
