package linalg

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
)

// Signs fills z with independent random signs, ±1.
func Signs(z []float64, rng *rand.Rand) {
	for i := range z {
		z[i] = float64(1 - 2*int(rng.Uint64()>>63))
	}
}

// Hutchinson estimates tr A as the mean of zᵀAz over random sign vectors z (Hutchinson 1990), one product each. The
// estimate has no bias and the variance 2(‖A‖_F² − Σ a_ii²)/probes. stderr is the standard error of the mean, NaN from a
// single probe.
func Hutchinson(ctx context.Context, n, probes int, op Operator, rng *rand.Rand) (trace, stderr float64, err error) {
	if n < 1 || probes < 1 {
		return 0, 0, fmt.Errorf("linalg: trace of %d dimensions from %d probes; both must be positive", n, probes)
	}
	z, az := make([]float64, n), make([]float64, n)
	var mean, m2 float64
	for k := range probes {
		if ctx.Err() != nil {
			return 0, 0, context.Cause(ctx)
		}
		Signs(z, rng)
		if err := op(az, z); err != nil {
			return 0, 0, err
		}
		x := floats.Dot(z, az)
		d := x - mean // Welford's update
		mean += d / float64(k+1)
		m2 += d * (x - mean)
	}
	if probes == 1 {
		return mean, math.NaN(), nil
	}
	return mean, math.Sqrt(m2 / float64(probes-1) / float64(probes)), nil
}
