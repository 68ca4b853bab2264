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
	f, err := s.field()
	if err != nil {
		return fmt.Errorf("known: %s: %w", s.Name, err)
	}
	at := make([]float64, s.width)
	for i := range n {
		f(at, points[i*s.dims:(i+1)*s.dims])
		for k, v := range at {
			values[k*n+i] = v
		}
	}
	return nil
}

// At returns one field at one point. It suits a test or a message; Eval is for many points.
func (s *Solution) At(field string, p ...float64) (float64, error) {
	k, err := s.Index(field)
	if err != nil {
		return 0, err
	}
	if len(p) != s.dims {
		return 0, fmt.Errorf("known: %s: a point has %d coordinates (%s), not %d",
			s.Name, s.dims, strings.Join(s.within.names(), ", "), len(p))
	}
	at := make([]float64, s.width)
	if err := s.Eval(at, p); err != nil {
		return 0, err
	}
	return at[k], nil
}

// Index returns the place of a field in Fields: field k at point i is values[k*n+i] of Eval.
func (s *Solution) Index(field string) (int, error) {
	if s.field == nil {
		return 0, errNotLookedUp
	}
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
func (s *Solution) SelfError() (float64, error) {
	if s.field == nil {
		return 0, errNotLookedUp
	}
	return s.selfError()
}

// compare returns the largest difference between the solution and the other computation of it that r describes.
func (s *Solution) compare(r recipe) (float64, error) {
	if r.check == nil {
		return 0, nil
	}
	f, err := s.field()
	if err != nil {
		return 0, fmt.Errorf("known: %s: %w", s.Name, err)
	}
	g, err := r.check()
	if err != nil {
		return 0, fmt.Errorf("known: %s: %w", s.Name, err)
	}
	a, b, worst := make([]float64, s.width), make([]float64, s.width), 0.0
	places := []region{s.within}
	if r.hard != nil {
		places = append(places, region{axes: r.hard})
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
	return worst, nil
}

// selfErrorPoints is the size of the lattice on which SelfError compares: fine enough to meet fronts of width 1e-2.
const selfErrorPoints = 20_000

var errNotLookedUp = errors.New("known: this Solution was not made by Lookup")
