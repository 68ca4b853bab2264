package main

import (
	"errors"
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
	jPDE, err := pde.jacobian()
	if err != nil {
		return nil, err
	}
	jData, err := data.jacobian()
	if err != nil {
		return nil, err
	}
	var h, hData mat.SymDense
	h.SymOuterK(1, jPDE.T())
	hData.SymOuterK(1, jData.T())
	h.AddSym(&h, &hData)
	largest := 0.0
	for i := range h.SymmetricDim() {
		largest = max(largest, h.At(i, i))
	}
	for i := range h.SymmetricDim() {
		h.SetSym(i, i, h.At(i, i)+1e-12*largest)
	}
	var chol mat.Cholesky
	if !chol.Factorize(&h) {
		return nil, errors.New("JᵀJ is not positive definite: train longer")
	}

	misfit, err := data.at.Eval()
	if err != nil {
		return nil, err
	}
	n, _ := misfit.Dims()
	sigma := mat.Norm(misfit, 2) / math.Sqrt(float64(n))

	deviations := make([]float64, len(paths))
	for i, path := range paths {
		k, err := position(solver, path)
		if err != nil {
			return nil, err
		}
		e := mat.NewVecDense(h.SymmetricDim(), nil)
		e.SetVec(k, 1)
		var a, moved mat.VecDense
		var illConditioned mat.Condition // a warning, which H is expected to give
		if err := chol.SolveVecTo(&a, e); err != nil && !errors.As(err, &illConditioned) {
			return nil, err
		}
		moved.MulVec(jData, &a)
		deviations[i] = sigma * math.Sqrt(data.weight/float64(n)) * mat.Norm(&moved, 2)
	}
	return deviations, nil
}

// rows are the residuals of one constraint.
type rows struct {
	at     *crux.Evaluator
	weight float64
}

// jacobian is ∂r/∂θ, scaled by √(weight/n).
func (r rows) jacobian() (*mat.Dense, error) {
	j, err := r.at.Jacobian()
	if err != nil {
		return nil, err
	}
	n, _ := j.Dims()
	j.Scale(math.Sqrt(r.weight/float64(n)), j)
	return j, nil
}

// position is where the parameter of the given path begins in θ.
func position(solver *crux.Solver, path string) (int, error) {
	k := 0
	for _, p := range solver.Parameters() {
		if p.Fixed {
			break // fixed parameters come last and are not in θ
		}
		if p.Path == path {
			return k, nil
		}
		k += len(p.Data)
	}
	return 0, fmt.Errorf("no parameter %q is trained", path)
}
