package optim

import (
	"context"
	"errors"
)

// Layer is a dense layer z = xW + b, as far as the derivatives of residuals are concerned: for each residual r_k they are a sum of
// outer products over the Taylor coefficients c that the residual reads of the layer,
//
//	∂r_k/∂W = Σ_c x_c d_cᵀ    ∂r_k/∂b = d_0    d_c = ∂r_k/∂z_c
//
// where x_c and d_c are those of point k.
type Layer struct {
	Weight Param // of shape inputs×outputs
	Bias   Param // of length outputs; of length 0 if there is none
}

// Inputs is the number of inputs of the layer, with the constant one of the bias.
func (l Layer) Inputs() int {
	if l.Bias.Len > 0 {
		return l.Weight.Shape[0] + 1
	}
	return l.Weight.Shape[0]
}

// Outputs is the number of outputs of the layer.
func (l Layer) Outputs() int { return l.Weight.Shape[1] }

// Averaging is how the factors of a layer are made. With the scales s_k = √(2c_k) of the rows, x_c with the 1 of the bias, and G_k = Σ_c x_c d_cᵀ:
type Averaging int

const (
	// Traces are the partial traces of the exact matrix: A = Σ_k s_k²G_kG_kᵀ/τ and B = Σ_k s_k²G_kᵀG_k, where τ is the trace
	// of both sums. A ⊗ B has the trace of the exact matrix, and is that matrix where it is a Kronecker product.
	Traces Averaging = iota
	// Expand takes coefficients for points: A is the mean of x_c x_cᵀ over points and coefficients, B = Σ_kc s_k²d_c d_cᵀ. That
	// is the approximation of Dangel, Müller & Zeinhofer (2024, arXiv 2405.15603). It depends on the scale of a coefficient, x_c/2 with 2d_c in
	// place of x_c with d_c, which a solver chooses; Traces does not.
	Expand
)

// LayerFactors are the Kronecker factors of a layer, one pair for each constraint: its part of the Gauss–Newton matrix is
// approximated by Σ_i A_i ⊗ B_i, A_i belonging to the inputs, the last of which is that of the bias, and B_i to the outputs.
type LayerFactors struct {
	Layer
	A, B [][]float64 // row-major and symmetric
}

// MatrixBlock is an exact part of the Gauss–Newton matrix.
type MatrixBlock struct {
	Params   []Param
	Diagonal bool      // whether only the diagonal is wanted
	M        []float64 // of n parameters the n numbers of the diagonal, or n×n, row-major and symmetric
}

// Factors is the structure of a Gauss–Newton matrix JᵀJ. [KFAC] needs it.
type Factors struct {
	// Layers lists the dense layers. It evaluates nothing, and the answer does not depend on θ.
	Layers func() ([]Layer, error)
	// Constraints is the number of pairs of factors that a layer has.
	Constraints int
	// Curvature fills layers, which are some of Layers, and blocks at theta, overwriting what they hold. It costs about two gradients and
	// the products that make up the factors. The bits do not depend on the number of workers.
	Curvature func(ctx context.Context, theta []float64, how Averaging, layers []LayerFactors, blocks []MatrixBlock) error
}

var errNoFactors = errors.New("the objective does not know the Kronecker factors of its layers; use a solver's objective, or LBFGS, which needs gradients only")
