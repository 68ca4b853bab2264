package linalg

import (
	"errors"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Eigenvalues returns the eigenvalues of a symmetric matrix, descending.
func Eigenvalues(a *mat.SymDense) ([]float64, error) {
	n := a.SymmetricDim()
	for i := range n {
		for j := i; j < n; j++ {
			if x := a.At(i, j); math.IsNaN(x) || math.IsInf(x, 0) {
				return nil, errors.New("linalg: eigenvalues of a matrix that is not finite")
			}
		}
	}
	var eig mat.EigenSym
	if !eig.Factorize(a, false) {
		return nil, errors.New("linalg: the eigenvalues did not converge")
	}
	v := eig.Values(nil)
	slices.Reverse(v)
	return v, nil
}

// GramEigenvalues returns the eigenvalues of J Jᵀ, descending, one for each row of the n×p matrix J. They are computed
// from the smaller of J Jᵀ and JᵀJ, which have the same positive eigenvalues; with p < n the last n−p are exactly 0.
func GramEigenvalues(j *mat.Dense) ([]float64, error) {
	n, p := j.Dims()
	var k mat.SymDense
	if n <= p {
		k.SymOuterK(1, j)
	} else {
		k.SymOuterK(1, j.T())
	}
	v, err := Eigenvalues(&k)
	if err != nil {
		return nil, err
	}
	return append(v, make([]float64, n-len(v))...), nil
}

// GramTrace is tr J Jᵀ = Σ J_ij².
func GramTrace(j *mat.Dense) float64 {
	n, _ := j.Dims()
	var t float64
	for i := range n {
		row := j.RawRowView(i)
		t += floats.Dot(row, row)
	}
	return t
}

// Rank is the number of eigenvalues, descending, above ε n λmax: those that rounding cannot have made.
func Rank(values []float64) int {
	if len(values) == 0 {
		return 0
	}
	floor := epsilon * float64(len(values)) * values[0]
	rank := 0
	for _, v := range values {
		if v > floor && v > 0 {
			rank++
		}
	}
	return rank
}

// Condition is λmax / max(λmin, ε n λmax) of eigenvalues, descending; NaN if λmax is not positive.
func Condition(values []float64) float64 {
	n := len(values)
	if n == 0 || !(values[0] > 0) {
		return math.NaN()
	}
	return values[0] / max(values[n-1], epsilon*float64(n)*values[0])
}
