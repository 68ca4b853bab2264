// Package secant has models of the inverse Hessian that are learnt from changes of the gradient, and the line search along their
// directions.
package secant

import (
	"github.com/crux-pinn/crux/optim/internal/saved"
	"github.com/crux-pinn/crux/optim/internal/vec"
)

// Model is a model of the inverse Hessian, learnt from steps.
type Model interface {
	// Reset makes the model empty, for n parameters.
	Reset(n int)
	// Empty tells that nothing has been learnt, so that the model is the identity.
	Empty() bool
	// Direction writes p = −H·g.
	Direction(p, g []float64)
	// Learn takes in a step along the last direction, or along −g when the model is empty.
	Learn(st Step)

	// Use says whose workers share the work; nil means that there are none.
	Use(pool vec.Pool)

	saved.Variable // for the number of parameters of the latest Reset
}

// Step is what a curvature model learns from.
type Step struct {
	S, Y     []float64 // the change of θ and of the gradient
	From, To []float64 // the gradients before and after, Y = To − From
	Alpha    float64   // the step length, S = α·p
	SY       float64   // SᵀY > 0
}

// MinCos is the smallest cosine between s and y that is learnt from: below, sᵀy is rounding error.
const MinCos = 1e-14
