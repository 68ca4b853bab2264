package trackers

import (
	"cmp"
	"fmt"

	"github.com/crux-pinn/crux/crux"
	ph "github.com/crux-pinn/crux/placeholder"
)

// count returns v, or the default where v is 0. Less than least is an error.
func count(option string, v, def, least int) (int, error) {
	if v = cmp.Or(v, def); v < least {
		return 0, fmt.Errorf("%s is %d; it must be at least %d, and 0 means %d", option, v, least, def)
	}
	return v, nil
}

// selected lists the entries of θ that a mask selects.
func selected(r *crux.Run, mask ph.Selector) ([]int, error) {
	in, err := r.Select(mask)
	if err != nil {
		return nil, fmt.Errorf("mask: %w", err)
	}
	var at []int
	for k, ok := range in {
		if ok {
			at = append(at, k)
		}
	}
	return at, nil
}

// take returns the entries of x at the indices.
func take(x []float64, at []int) []float64 {
	y := make([]float64, len(at))
	for i, k := range at {
		y[i] = x[k]
	}
	return y
}
