package normal

import "github.com/crux-pinn/crux/internal/kern"

// Work is how much there is to do for one residual, in multiplications; what is 0 is taken from a network of some layers.
type Work struct {
	Row  float64 // of its share of the gradient; 0 means 12 for each parameter: three products of four Taylor coefficients
	Pair float64 // of an entry of JJᵀ; 0 means one for each parameter
}

// speed is how many multiplications, each with its addition, one core does in a nanosecond.
type speed struct {
	sweep float64 // losses and gradients
	gram  float64 // JᵀJ and JJᵀ
	chol  float64 // Cholesky factorisation
	solve float64 // forward substitution with many right-hand sides
}

// speeds are those of the instruction sets. Only ratios matter, and not much: the number of residuals that is best for a step goes with the
// root of one. BenchmarkSpeed measures all but the first, which is what BenchmarkStep of the compiler has as GFLOP/s, halved. Those
// of avx512 are of a quiet machine (docs/results/performance.md), those of portable of a busy one; avx2 and neon are not measured yet.
var speeds = map[string]speed{
	"avx512":   {sweep: 27, gram: 33, chol: 14, solve: 19},
	"avx2":     {sweep: 15, gram: 19, chol: 9, solve: 11},
	"neon":     {sweep: 6, gram: 12, chol: 5, solve: 6},
	"portable": {sweep: 0.6, gram: 0.63, chol: 0.35, solve: 0.37},
}

// Cost is about how long a step takes one core whose system has rows of the given number, out of all, and late is whether it is
// factorised from J. In nanoseconds; it knows nothing of how many cores there are, so that what is chosen by it does not depend on them.
func Cost(rows, all, params float64, w Work, late bool) float64 {
	v := speeds[kern.Instructions()]
	if w.Row == 0 {
		w.Row = 12 * params
	}
	if w.Pair == 0 {
		w.Pair = params
	}
	n, most := min(rows, params), max(rows, params)
	gram := rows * params * params / 2
	if rows < params {
		gram = rows * rows * w.Pair / 2
	}
	// One gradient of all rows, and for the rows of the step one, J and some corrections.
	ns := (all+sweeps*rows)*w.Row/v.sweep + gram/v.gram + n*n*n/6/v.chol
	if late { // Y and U⁻ᵀU⁻¹, and their Gram matrices
		ns += (n*n*most/2+n*n*n/3)/v.solve + (n*n*most/2+n*n*n/2)/v.gram + n*n*n/6/v.chol
	}
	return ns
}

const sweeps = 6 // of the rows of a step, counted as gradients
