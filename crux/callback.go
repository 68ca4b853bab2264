package crux

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	"gonum.org/v1/gonum/mat"

	ph "github.com/crux-pinn/crux/placeholder"
)

// Callback takes part in a run. Hooks are called on the goroutine of Solve, in the order in which callbacks were passed; those
// that are Recorders come after all others, so that they see what these have measured at a step.
type Callback interface {
	// OnSolveBegin is called once, before the first step: validate and compile here.
	OnSolveBegin(ctx context.Context, r *Run) error
	// OnStep is called at every step, after losses and gradients at θ_e are known and before the update. Everything in s
	// belongs to the same θ_e. An error made by Stop ends the run when the other callbacks have seen the step and its update has
	// been made; any other error fails it, after the update.
	OnStep(ctx context.Context, s *Step) error
}

// Ender is a callback that wants to know when the run is over, however it ended.
type Ender interface {
	OnSolveEnd(ctx context.Context, r *Run, res *Result) error
}

// StepEnder is a callback that acts between two steps, when the update has been made and Run.Epoch counts the step. Then, and only then
// within a run, Solver.State is exact. What OnStepEnd does changes no state that belongs to the run, that of the callback included,
// since others may have saved it already. It is not called after a step in which a callback or the method has failed. An error made by
// Stop ends the run, any other fails it.
type StepEnder interface {
	OnStepEnd(ctx context.Context, r *Run) error
}

// GradientHook is a callback that may change the gradient of the training loss at θ_e before the method sees it, after all
// callbacks have seen the step. Gradients that a line search asks for elsewhere are not passed to it, so it suits
// first-order methods.
type GradientHook interface {
	OnGradient(ctx context.Context, s *Step, grad []float64) error
}

// UpdateHook is a callback that looks at the parameters θ_{e+1} which the method has just made, and may end the stage with them: what
// it returns is treated as if OnStep had returned it. It is called within step e, before the step is counted and before any
// OnStepEnd, and not after a step in which a callback or the method has asked for an end or failed.
type UpdateHook interface {
	OnUpdate(ctx context.Context, r *Run) error
}

// Reviewer is a callback that looks, at some steps, whether what the method has found holds beyond the points on which it was
// found. A method that converges ends the run only after a step at which all reviewers have looked, and none has moved points; until
// then the run continues with steps that change nothing, as long as it may take any.
type Reviewer interface {
	// Reviewed reports whether OnStep has looked at the given step, which is the present one.
	Reviewed(epoch int) bool
}

// Recorder receives scalars as they are measured. A callback or one of Options.Recorders may be one, or both in one. An error that
// it returns fails the run; one that should not cost the user the run keeps it for OnSolveEnd.
type Recorder interface {
	Record(m Metric) error
}

// Metric is one recorded scalar, such as "loss" or "loss/pde".
type Metric struct {
	Epoch int
	Key   string
	Value float64
}

// Stateful is a callback with state that a checkpoint keeps.
type Stateful interface {
	State() ([]byte, error)
	SetState([]byte) error
}

// Named is a callback that errors call by its name, such as "the tracker error". They call others by their types.
type Named interface {
	Called() string
}

func called(c any) string {
	if n, ok := c.(Named); ok {
		return n.Called()
	}
	return fmt.Sprintf("%T", c)
}

// Step is one training step as hooks see it. It is valid during the hook only.
type Step struct {
	Epoch   int       // global step counter
	Loss    float64   // (1/N) Σ w_i L_i at θ_e, with the weights of the points where there are some
	Losses  []float64 // unweighted L_i at θ_e
	Weights []float64 // w_i
	Grad    []float64 // gradient of Loss; read only
	Run     *Run

	measuring bool
	firing    Callback // whose hook is being called
	memo      map[any]any
}

// Theta is a copy of the parameters θ_e.
func (s *Step) Theta() []float64 { return append([]float64(nil), s.Run.solver.theta...) }

// Record sends a scalar to all recorders of the run. Within OnStep the key ends in the callback's Suffix, so that two
// trackers of one type do not write over each other.
func (s *Step) Record(key string, v float64) error {
	if s.firing != nil {
		key += s.Run.Suffix(s.firing)
	}
	return s.Run.Record(Metric{s.Epoch, key, v})
}

// Fact is a quantity of the current step that is expensive and shared: it is computed at most once a step, however many
// callbacks ask for it.
type Fact[T any] struct {
	name    string
	compute func(ctx context.Context, s *Step) (T, error)
}

// NewFact returns a fact; its name appears in errors. Facts are the same only if they are the same pointer.
func NewFact[T any](name string, compute func(ctx context.Context, s *Step) (T, error)) *Fact[T] {
	return &Fact[T]{name, compute}
}

// At returns the quantity at step s. Callers do not change it.
func (f *Fact[T]) At(ctx context.Context, s *Step) (T, error) {
	if v, ok := s.memo[f]; ok {
		return v.(T), nil
	}
	v, err := f.compute(ctx, s)
	if err != nil {
		return v, fmt.Errorf("crux: %s: %w", f.name, err)
	}
	if s.memo == nil {
		s.memo = map[any]any{}
	}
	s.memo[f] = v
	return v, nil
}

// Run is a solver as its callbacks see it during one call of Solve.
type Run struct {
	*statement
	solver    *Solver
	plan      *plan               // of the stage
	callbacks []Callback          // in the order of their hooks
	suffixes  map[Callback]string // of those that are pointers
	recorders []Recorder
	planned   int
	facts     map[string]any
}

// enlist orders those who take part: the callbacks that were passed, of these the recorders last, and then what the options
// name. Nobody takes part twice.
func (r *Run) enlist(passed []Callback) error {
	var recorders []Recorder
	for i, c := range passed {
		if isNil(c) {
			return fmt.Errorf("crux: problem %q: callback %d is nil", r.Problem(), i+1)
		}
		if rec, ok := c.(Recorder); ok {
			recorders = append(recorders, rec)
		} else {
			r.callbacks = append(r.callbacks, c)
		}
	}
	for _, rec := range slices.Concat(recorders, r.solver.options.Recorders) {
		if slices.ContainsFunc(r.recorders, func(o Recorder) bool { return one(o, rec) }) {
			continue
		}
		r.recorders = append(r.recorders, rec)
		if c, ok := rec.(Callback); ok {
			r.callbacks = append(r.callbacks, c)
		}
	}
	return nil
}

// one reports whether two recorders are one, by pointer.
func one(a, b Recorder) bool { return reflect.TypeOf(a).Kind() == reflect.Pointer && a == b }

// Problem is the problem's name.
func (r *Run) Problem() string { return r.solver.problem.Name }

// Balanced reports whether a scheme sets the weights again at every step.
func (r *Run) Balanced() bool { return r.solver.options.Weights != nil }

// Callbacks are those of the run, in the order of their hooks.
func (r *Run) Callbacks() []Callback { return slices.Clone(r.callbacks) }

// Suffix tells callbacks of one type apart in the keys of what they record: it is empty for the first of a type in the
// run, "@2" for the second, and so on.
func (r *Run) Suffix(c Callback) string {
	if c == nil || reflect.TypeOf(c).Kind() != reflect.Pointer { // a function, say, which records under keys of its own
		return ""
	}
	return r.suffixes[c]
}

// number gives the callbacks their suffixes.
func (r *Run) number() {
	seen := map[reflect.Type]int{}
	r.suffixes = map[Callback]string{}
	for _, c := range r.callbacks {
		t := reflect.TypeOf(c)
		if t.Kind() != reflect.Pointer {
			continue
		}
		if _, again := r.suffixes[c]; again {
			continue
		}
		r.suffixes[c] = ""
		if seen[t]++; seen[t] > 1 {
			r.suffixes[c] = fmt.Sprintf("@%d", seen[t])
		}
	}
}

// Epoch is the global step counter.
func (r *Run) Epoch() int { return r.solver.epoch }

// Planned is the step with which the run ends if nothing ends it before.
func (r *Run) Planned() int { return r.planned }

// Select returns, for every entry of θ, whether the selector picks its parameter; nil picks all. Nothing picked is an error.
func (r *Run) Select(s ph.Selector) ([]bool, error) { return r.plan.layout.Select(s) }

// Residuals is the fact of the residuals of constraint i: one row for each point, one column for each component.
func (r *Run) Residuals(i int) *Fact[*mat.Dense] {
	r.plan.group(i).program.PrepareResidual(r.plan.constraints[i].index) //nolint:errcheck // it is asked for again, where an error is returned
	return shared(r, fmt.Sprintf("residuals of %q", r.plan.constraints[i].name), func(context.Context, *Step) (*mat.Dense, error) {
		return r.plan.residuals(i)
	})
}

// shared returns the run's one fact of a name.
func shared[T any](r *Run, name string, compute func(context.Context, *Step) (T, error)) *Fact[T] {
	if f, ok := r.facts[name]; ok {
		return f.(*Fact[T])
	}
	f := NewFact(name, compute)
	r.facts[name] = f
	return f
}

// Record sends a scalar to all recorders of the run under the key as it is, also in OnSolveEnd; see Step.Record.
func (r *Run) Record(m Metric) error {
	for _, c := range r.recorders {
		if err := c.Record(m); err != nil {
			return fmt.Errorf("crux: step %d: %s: %w", m.Epoch, called(c), err)
		}
	}
	return nil
}
