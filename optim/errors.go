package optim

import (
	"errors"
	"fmt"
	"math"

	"github.com/crux-pinn/crux/optim/internal/vec"
)

var (
	// ErrConverged is wrapped by the error of a Step that found nothing left to improve. It is good news, or at least
	// an ending: theta holds the best point found. The concrete error is a [*ConvergedError] with the reason.
	ErrConverged = errors.New("converged")

	// ErrNonFinite is wrapped by the error of a Step whose loss or gradient at entry is NaN or Inf. theta is unchanged.
	ErrNonFinite = vec.ErrNonFinite
)

// Reason says why a method stopped.
type Reason int

const (
	GradientTolerance Reason = iota // ‖∇L‖∞ is at most the tolerance
	NoProgress                      // not even steepest descent finds a lower loss
	RoundOff                        // the last steps changed the loss by rounding errors only
	PhasesDone                      // every phase has used its steps
	Stalled                         // the loss falls too slowly
	DampingLimit                    // no damping, however strong, leads to a lower loss
)

var reasons = [...]string{
	GradientTolerance: "the gradient is within its tolerance",
	NoProgress:        "the line search finds no lower loss, not even along the negative gradient",
	RoundOff:          "the loss changes by rounding errors only",
	PhasesDone:        "all phases have used their steps",
	Stalled:           "the loss falls too slowly to continue",
	DampingLimit:      "no damping, however strong, leads to a lower loss",
}

// String returns the reason as a clause.
func (r Reason) String() string {
	if r < 0 || int(r) >= len(reasons) {
		return fmt.Sprintf("Reason(%d)", int(r))
	}
	return reasons[r]
}

// ConvergedError is the error of a Step that has nothing left to improve. It wraps [ErrConverged].
type ConvergedError struct {
	Method string  // such as "LBFGS"
	Reason Reason  // why
	Loss   float64 // L(θ)
	Grad   float64 // ‖∇L(θ)‖∞, NaN when it was not computed
}

func (e *ConvergedError) Error() string {
	if math.IsNaN(e.Grad) {
		return fmt.Sprintf("optim: %s converged: %s", e.Method, e.Reason)
	}
	return fmt.Sprintf("optim: %s converged at loss %.3g, gradient %.3g: %s", e.Method, e.Loss, e.Grad, e.Reason)
}

// Is makes errors.Is(err, ErrConverged) true.
func (e *ConvergedError) Is(target error) bool { return target == ErrConverged }

// entryError reports a loss or gradient at θ_e that no method can start from, or nil.
func entryError(method string, loss float64, grad []float64) error {
	if !vec.Finite(loss) {
		return fmt.Errorf("optim: %s: loss %v at the start of the step: %w; lower the learning rate or check the residuals", method, loss,
			ErrNonFinite)
	}
	if i := vec.FirstNonFinite(grad); i >= 0 {
		return fmt.Errorf("optim: %s: gradient[%d] = %v at the start of the step: %w; check the residuals for roots and logarithms at 0",
			method, i, grad[i], ErrNonFinite)
	}
	return nil
}
