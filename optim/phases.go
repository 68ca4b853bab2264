package optim

// Phase is a stretch of training.
type Phase struct {
	// Method trains the parameters that no group selects.
	Method Method
	// Name is what [Info] calls the phase in its Choices; empty means the method's name in small letters.
	Name string

	// Steps are those that the phase takes; 0 means until the method converges.
	Steps int
	// WarmUp says that the phase leads from random parameters to where the next one works. It is left out where an objective is Started.
	WarmUp bool
	// Stall ends the phase earlier, when its losses fall too slowly.
	Stall Stall
	// Enough is a part of the run's first loss: where this phase has come below it, no later one is begun. 0 means that one always is.
	Enough float64

	// Groups have methods of their own, or none: a parameter belongs to the first group that selects it. One that belongs nowhere is an
	// error of Init, and so is a selection that ends up empty.
	//
	// All groups step from the same θ_e: each method minimises L over its own parameters, the others fixed at θ_e, and
	// the results are put together. With first-order methods of equal settings that is the method without groups, bit for
	// bit. A quasi-Newton method searches its line within its group, so the joint step need not lower the loss.
	//
	// When the layout changes, a group whose own parameters are as before keeps its method's state. A group whose method has
	// converged stays where it is; the phase converges when all have.
	Groups []Group

	// EMA is the decay d, in (0, 1), of an exponential [Mean] of the parameters; 0 means that there is none. With points redrawn at
	// every step, θ wanders about the minimum; the mean of the last 1/(1−d) steps lies nearer to it. Training does not notice: the steps
	// are those without, bit for bit. The mean takes the place of θ when the phase has taken its steps, so that the next one begins at it,
	// and when the solver's Solve ends, however it does: what is evaluated and saved then is the mean. Another Solve continues where
	// training was. During a run, losses, trackers and checkpoints show the point of training; checkpoints hold the mean in the method's
	// state.
	EMA float64
}

// Group is a set of parameters with a method of its own.
type Group struct {
	Select func(path string) bool // the parameters of the group; nil means all that no earlier group took
	Method Method
	Freeze bool // the parameters keep their bits, and there is no Method
}

// Phases runs one phase after the other: a phase ends when it has taken its steps, when its losses stall, or when its method
// returns [ErrConverged], and the next one takes over at once, in the same Step. When the last one ends, Step returns an
// error that wraps ErrConverged: the method's own, or one with the reason [PhasesDone] or [Stalled].
//
// Each method counts its own steps, so schedules of a later phase begin at 0 when the phase does.
func Phases(phases ...Phase) *Phased { return &Phased{name: "Phases", phases: phases} }

// Choose makes a method of the given name whose phases are chosen for the objective, as soon as Info or Step is given one: choose returns
// them, and why in a clause, or refuses the objective. Info has in Choices what was chosen, and when one phase followed another.
//
// The methods that choose returns must be new, and the phases the same for the same size: it is asked again when a state is restored.
func Choose(name string, choose func(Size) (phases []Phase, why string, err error)) *Phased {
	return &Phased{name: name, choose: choose}
}

// Size is what phases are chosen by.
type Size struct {
	Parameters int // P, the length of θ
	Residuals  int // R, those of a loss that is a sum of squares; 0 for other losses
}
