// Package optim minimises a training loss L(θ) over one flat parameter vector θ ∈ R^P.
//
// A [Method] makes one training step per call of Step. It asks the [Objective] for losses and gradients as often
// as it needs: a first-order method once, a quasi-Newton method once per trial of its line search.
//
// First-order methods are compositions of transforms ([Chain]); [Adam], [AdamW], [SOAP] and [SGD] are the well-known ones.
// [LBFGS] and [SSBroyden] are quasi-Newton methods with a strong-Wolfe line search. [LevenbergMarquardt] solves with the
// residuals' Jacobian. [Phases] runs methods one after the other, [Choose] those that suit the objective; a [Phase] can end when its losses
// stall, give groups of parameters methods of their own or freeze them, and average the parameters.
//
// # How to choose
//
//   - Package auto has a method that chooses by itself.
//   - A loss of mean squares: some hundred steps of Adam, then [LevenbergMarquardt].
//   - Up to [LargestMatrix] parameters, smooth loss on fixed points: a thousand steps of Adam, then [SSBroyden].
//   - More parameters, fixed points: [SOAP], then [SSBroyden] with its limited memory.
//   - Points redrawn at every step, or a noisy loss: Adam with [Cosine] or [Exponential] decay. Line searches need a loss
//     that stays the same within a step; redrawing between steps is fine, and where LevenbergMarquardt can be used it has been better
//     on such points as well.
//
// # Extending
//
// A new method implements [Method]; package optimtest tells whether it does so correctly. A new rule for the direction of a first-order
// method implements [Transform] and joins a Chain.
package optim

import "context"

// Method takes training steps. Every implementation must pass optimtest.Run.
//
// A Method is used from one goroutine at a time, and by one solver at a time: its state belongs to one θ.
type Method interface {
	// Init fixes the layout of θ. It is called before the first Step of every Solve. A second call with the same
	// layout changes nothing, so momenta and curvature carry over from one Solve to the next; another layout, or the same
	// of another vector, drops the state: with another solver a method begins afresh. Invalid settings are reported here.
	Init(params []Param) error

	// Step does one training step: theta holds θ_e on entry and θ_{e+1} on return, and loss is L(θ_e), the loss at entry.
	//
	// When err is not nil theta is, bit for bit, what it was on entry, and loss is L(θ_e) if that was computed.
	// An error that wraps [ErrConverged] says that the method cannot improve theta further and why. No step is taken twice: after any
	// other error the method need not be as it was before, only able to continue.
	// Step never leaves NaN or Inf in theta. It keeps no reference to theta.
	Step(ctx context.Context, f Objective, theta []float64) (loss float64, err error)

	// Info is what the method says of itself with respect to an objective. A solver asks between Init and the first Step, and goes no
	// further where Info.Err is not nil. It may be asked at any time, and evaluates nothing; f is the zero Objective where only
	// the method itself is of interest.
	Info(f Objective) Info

	Stateful
}

// Stateful is what methods, and transforms whose next step depends on earlier ones, can save. One that is restored with
// SetState continues bit for bit as the one whose State was taken. Without such memory State returns nil.
//
// SetState may be called before Init or after it. A state that belongs to another method or another layout is an
// error: from SetState when the layout is known, otherwise from Init.
type Stateful interface {
	State() ([]byte, error)
	SetState(state []byte) error
}
