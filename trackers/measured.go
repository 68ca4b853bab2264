package trackers

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Measured reports whether a constraint compares functions with measured values: its residual has a data column in it.
func Measured(r *crux.Run, constraint int) bool {
	return r.Constraint(constraint).Loss.Squares() &&
		ph.Contains(r.Stated(constraint), func(e ph.Expr) bool { return e.Op() == ph.OpColumn })
}

const (
	manyData  = 2000 // values among which neighbours are looked for
	fewData   = 8    // values of which nobody can tell whether they have errors
	exactData = 1e-5 // of the largest term: what is left of data that are written with six digits is no noise
	halfNoise = 0.5  // of the largest term: what is left is more than noise
	standard  = 3    // times the standard deviation that is given: what is left is more than noise
	unlike    = 0.5  // of neighbours: the correlation from which on what is left has a shape
)

// Noisy reports whether what is left of the residual of a measured constraint is noise: it is small beside its terms, but not nothing, and
// neighbours among the points have nothing to do with each other. Where a model does not fit, or a network has not been trained, what is
// left has a shape. Where their standard deviation is given, what is left is not much more.
func Noisy(r *crux.Run, constraint int) (bool, error) {
	at := r.Points(constraint)
	if !Measured(r, constraint) || at.Len() < fewData && !r.Constraint(constraint).Standard {
		return false, nil
	}
	at = some(at, manyData, r.Solver().Stream("tracker/noisy/"+r.Names()[constraint]))
	ev, err := r.ResidualAt(constraint, at)
	if err != nil {
		return false, err
	}
	values, err := ev.Eval()
	if err != nil {
		return false, err
	}
	if loss := r.Constraint(constraint).Loss; loss.Robust() { // however large outliers are, what pulls the fit has a shape or none
		values.Apply(func(_, _ int, v float64) float64 {
			psi, _ := loss.Psi(v)
			return psi
		}, values)
		return alike(at, values) < unlike, nil
	}
	sc, err := r.ScaleAt(constraint, at)
	if err != nil {
		return false, err
	}
	most := 0.0
	for _, t := range sc.Terms {
		most = math.Max(most, t.RMS)
	}
	if r.Constraint(constraint).Standard {
		return sc.RMS < standard, nil
	}
	if !(sc.RMS > exactData*most && sc.RMS < halfNoise*most) {
		return false, nil
	}
	return alike(at, values) < unlike, nil
}

// alike is the correlation of the values at points with those at their nearest neighbours, of the component where it is largest.
func alike(at *domain.Cloud, values *mat.Dense) float64 {
	lo, hi := ends(at)
	n, dims := values.Dims()
	nearest := make([]int, n)
	for i := range n {
		best := math.Inf(1)
		for j := range n {
			d := 0.0
			for k, x := range at.Row(i) {
				if hi[k] > lo[k] {
					e := (x - at.Row(j)[k]) / (hi[k] - lo[k])
					d += e * e
				}
			}
			if j != i && d < best {
				best, nearest[i] = d, j
			}
		}
	}
	most := math.Inf(-1)
	for c := range dims {
		own, next := make([]float64, n), make([]float64, n)
		for i := range n {
			own[i], next[i] = values.At(i, c), values.At(nearest[i], c)
		}
		if size := floats.Dot(own, own); size > 0 {
			most = math.Max(most, floats.Dot(own, next)/size)
		}
	}
	return most
}
