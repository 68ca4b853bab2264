package main

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/crux"
)

// deviations are the standard deviations that noise in the data gives to scalar parameters, found by their paths.
//
// With J and J_d the derivatives of all residuals and of the data's by θ, each row scaled by the root of its constraint's
// weight/n, the minimum moves by δθ = H⁻¹ J_dᵀ ε with H = JᵀJ (Gauss–Newton), if ε are the scaled errors of the data. So
//
//	a = H⁻¹ e_λ,   σ_λ = σ √(weight/n) ‖J_d a‖
//
// where σ is the deviation of the data from the fit. H of a network is singular to rounding; 1e-12 of its largest
// diagonal entry is added to its diagonal.
func deviations(solver *crux.Solver, pde, data rows, paths ...string) ([]float64, error) {
	var h mat.SymDense
	var jData *mat.Dense
	for i, r := range []rows{pde, data} {
		j, err := r.at.Jacobian()
		if err != nil {
			return nil, err
		}
		n, _ := j.Dims()
		j.Scale(math.Sqrt(r.weight/float64(n)), j)
		if i == 0 {
			h.SymOuterK(1, j.T())
		} else {
			var hData mat.SymDense
			hData.SymOuterK(1, j.T())
			h.AddSym(&h, &hData)
			jData = j
		}
	}
	largest := 0.0
	for i := range h.SymmetricDim() {
		largest = max(largest, h.At(i, i))
	}
	for i := range h.SymmetricDim() {
		h.SetSym(i, i, h.At(i, i)+1e-12*largest)
	}
	var chol mat.Cholesky
	if !chol.Factorize(&h) {
		return nil, fmt.Errorf("JᵀJ is not positive definite: train longer")
	}

	misfit, err := data.at.Eval()
	if err != nil {
		return nil, err
	}
	n, _ := misfit.Dims()
	sigma := mat.Norm(misfit, 2) / math.Sqrt(float64(n))
	var out []float64
	for _, path := range paths {
		e := mat.NewVecDense(h.SymmetricDim(), nil)
		offset := 0
		for _, p := range solver.Parameters() {
			if p.Path == path {
				e.SetVec(offset, 1)
			}
			if !p.Fixed {
				offset += len(p.Data)
			}
		}
		var a, moved mat.VecDense
		if err := chol.SolveVecTo(&a, e); err != nil && !isIllConditioned(err) {
			return nil, err
		}
		moved.MulVec(jData, &a)
		out = append(out, sigma*math.Sqrt(data.weight/float64(n))*mat.Norm(&moved, 2))
	}
	return out, nil
}

// rows are the residuals of one constraint.
type rows struct {
	at     *crux.Evaluator
	weight float64
}

// isIllConditioned reports whether err is only a warning of gonum's, which a damped matrix is expected to give.
func isIllConditioned(err error) bool {
	_, ok := err.(mat.Condition)
	return ok
}
