// Package crux solves PDE problems with physics-informed neural networks.
//
// A [Problem] is a list of constraints: residuals that should vanish on point sets. [New] checks and compiles it,
// [Solver.Solve] trains, firing callbacks at every step, and the solver then evaluates any expression of the solution.
//
//	solver, err := crux.New(problem, crux.Options{Method: &optim.Adam{}, Seed: 1})
//	result, err := solver.Solve(ctx, 5000)
//	values, err := solver.Eval(u, square.Grid(101))
package crux

import (
	"github.com/crux-pinn/crux/compiler"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/team"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/weights"
)

// Constraint asks that a residual vanish on a point set.
type Constraint struct {
	Name     string         // unique within the problem; "" means its position, "0", "1", …
	Residual ph.Expr        // any number of components
	On       *domain.Points // constraints that share one point set, by pointer, share its points and one forward pass
	Loss     Loss           // how the residual becomes a number; the zero value is the mean square
	Weight   float64        // constant factor of the loss; 0 means 1

	// Scale is the typical size of the residual, by which it is divided before anything else sees it: losses, weights,
	// optimisers and trackers alike. 0 means 1.
	Scale float64
	// MeasureScale makes Scale what the residual's root mean square is at step 0, to three digits so that it can be written down, or 1
	// where the residual vanishes. Solver.Scales tells it.
	MeasureScale bool

	// Standard says that the residual compares with measured values and is divided by the standard deviation of their errors, so that what is
	// left of it should be of the size 1. Without it, that size is found from what is left.
	Standard bool

	// Prior says that the residual tells what is likely and not what holds, as that an unknown coefficient is smooth: it need not vanish. It has
	// its part in the training loss, by its weight, and none in what a solution is judged by.
	Prior bool

	// PointWeights weighs the points in the training loss, and nowhere else: a scheme of this constraint alone. Nil means none.
	PointWeights weights.PointScheme
}

// Loss reduces a residual to a number: see the constants for its Kind.
type Loss = compiler.Loss

// The reductions of a residual r with n points and k components.
const (
	MSE  = compiler.MSE  // Σ r² / nk
	MAE  = compiler.MAE  // Σ |r| / nk
	Mean = compiler.Mean // Σ r / nk
	Sum  = compiler.Sum  // Σ r, weighted by the quadrature weights if the points have them: an energy

	// Robust ones, for data with outliers; r²/2 near zero. Methods for least squares take them as well.
	Huber   = compiler.Huber   // linear beyond Delta
	Student = compiler.Student // like a logarithm beyond Delta: of Student's distribution
)

// Problem is a PDE problem.
type Problem struct {
	Name        string
	Constraints []Constraint

	// Fields are what unknown functions stand for. Wherever the field u occurs, in a residual or in what is evaluated, Fields[u] is meant,
	// within which u itself is the bare network: Fields[u] = x·(1−x)·u is 0 at x = 0 and x = 1 whatever the network says. Fields that are
	// not listed stand for themselves. This is how package auto builds conditions in.
	Fields map[*ph.Field]ph.Expr

	// Units are those in which unknown numbers are trained: a number is its entry of θ times its unit, a power of two. What is not listed
	// has the unit 1.
	Units map[*ph.Param]float64
}

// Options say how a problem is solved. The zero value works.
type Options struct {
	Method     optim.Method   // nil means &optim.Adam{}
	Weights    weights.Scheme // nil means w_i = 1
	Seed       uint64         // root of all random streams
	Workers    int            // 0 means one for each core; results do not depend on it
	Team       Team           // processes that share the work of every step; nil means this one alone. Results do not depend on it
	Precision  Precision      // of the compiled programs; parameters and optimiser are float64 always
	Windows    *Windows       // time marching; nil means all times at once
	Curriculum *Curriculum    // easier values of a constant first; nil means its own from the beginning
	// Reference runs the compiled graphs on Gorgonia's own TapeMachine instead of crux's machine, to compare with: some tens of
	// times slower, with memory for every value at every point. See compiler.TraceCompiler.
	Reference bool

	// Next makes stages that depend on what has come before. It is asked for another one, with the results of all so far, when the last
	// one is over and the run continues, and without any before the first step, unless there are windows or lessons; nil means that there
	// is none, and first that the problem is trained as it is stated. A run that is resumed asks again for the stages behind, and
	// wants the same names.
	Next func(over []StageResult) (*Stage, error)

	// Recorders receive every scalar of every run: losses, weights, what trackers measure. One that is a Callback as well, such as
	// &callbacks.WandB{}, is part of every Solve and Measure, as if it were passed to each.
	Recorders []Recorder
}

// Team is a set of processes that solve one problem together, as one of them sees it: a world of package crux/mpi. All of them make the
// same calls of the solver in the same order, with the same problem and callbacks that decide alike; what one finds out alone, such as
// that its context has ended or how late it is, must not decide anything. Each ends with the same bits as one process would. Functions
// (Solver.Function) are computed by one process.
type Team = team.Team

// Precision is the arithmetic of compiled programs.
type Precision int

// The precisions.
const (
	Float64 Precision = iota
	Float32
)
