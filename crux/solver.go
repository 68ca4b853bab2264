package crux

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/crux-pinn/crux/internal/claim"
	"github.com/crux-pinn/crux/internal/exec"
	"github.com/crux-pinn/crux/internal/seed"
)

// Solver trains the networks and parameters of one problem and evaluates the result. It is not safe for concurrent use.
//
// It is three things: the problem as it was stated, which never changes; a plan, that is the problem compiled for the stage that is
// being trained; and the progress, which is all that a run changes, but for what methods and schemes know.
type Solver struct {
	*statement
	*progress
	plan  *plan
	whole *plan // of a problem whose stages have points of their own; nil until it is needed

	stages  []*Stage   // known so far: those of the options and those that Options.Next has made
	run     *claim.Run // whose callbacks and schemes are this solver's
	step    Step       // as hooks see it
	weighed []float64  // by the scheme, of the step
	rows    rows       // of the history
}

// progress is how far a solver has come.
type progress struct {
	theta, fixed []float64
	points       []*points // of each point set
	epoch        int
	begun        []StageResult // stages so far; the last one is being trained
	losses       []float64     // of the latest step, unweighted
	history      History
	drawn        int // point sets for evaluation
	evals        int // of losses or gradients, for reports
	closed       bool
}

// New checks and compiles a problem and draws its parameters and points. All mistakes are reported together, in order,
// each with the place where it was made.
func New(p Problem, o Options) (*Solver, error) {
	s := &Solver{run: new(claim.Run), progress: new(progress)}
	if err := s.setUp(p, o); err != nil {
		s.Close() //nolint:errcheck // it only ends workers
		return nil, problemError(p.Name, err)
	}
	return s, nil
}

func (s *Solver) setUp(p Problem, o Options) error {
	var err error
	if s.statement, err = newStatement(p, o); err != nil {
		return err
	}
	if err := s.list(); err != nil {
		return err
	}
	if err := s.setLayout(); err != nil {
		return err
	}
	s.stages = slices.Clone(s.listed)
	if o.Next != nil {
		if err := s.suits(s.listed[0]); err != nil {
			return err
		}
	}
	n := len(s.constraints)
	s.theta, s.fixed = make([]float64, s.layout.Len()), make([]float64, s.layout.FixedLen())
	s.losses, s.weighed = make([]float64, n), make([]float64, n)
	s.layout.Initialize(s.theta, s.fixed, func(path string) *rand.Rand { return s.Stream("init/" + path) })
	for _, e := range s.layout.Entries() {
		s.set(e, s.theta[e.Offset:e.Offset+e.Len])
	}
	s.pool = exec.NewPool(o.Workers)
	s.pool.Team = o.Team
	var errs []error
	for i := range s.sets {
		set := &s.sets[i]
		p := new(points)
		from := s.stages[0].points(set.on)
		if from == nil {
			from = set.on
		}
		errs = append(errs, p.draw(s.statement, set, from))
		s.points = append(s.points, p)
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if err := s.findScales(); err != nil {
		return err
	}
	return s.enter(0)
}

// Stream returns the solver's random stream of a purpose; see Options.Seed.
func (s *statement) Stream(name string) *rand.Rand { return seed.Stream(s.options.Seed, name) }

var errClosed = errors.New("crux: the solver is closed; call Close when all evaluations are done")

// Close ends the solver's workers. The solver computes nothing afterwards: that is an error.
func (s *Solver) Close() error {
	s.closed = true
	if s.statement != nil && s.pool != nil {
		s.pool.Close()
	}
	return nil
}

// ProblemError holds all mistakes found in a problem.
type ProblemError struct {
	Problem string
	Errors  []error
}

func (e *ProblemError) Error() string {
	if len(e.Errors) == 1 {
		return fmt.Sprintf("crux: problem %q: %v", e.Problem, e.Errors[0])
	}
	s := fmt.Sprintf("crux: problem %q: %d errors", e.Problem, len(e.Errors))
	for _, x := range e.Errors {
		s += "\n  " + x.Error()
	}
	return s
}

// Unwrap gives errors.Is and errors.As access to the mistakes.
func (e *ProblemError) Unwrap() []error { return e.Errors }

// problemError lists all joined errors under one headline.
func problemError(name string, err error) error {
	var list []error
	var flatten func(error)
	flatten = func(err error) {
		if j, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // the joined form itself is wanted
			for _, e := range j.Unwrap() {
				flatten(e)
			}
			return
		}
		list = append(list, err)
	}
	flatten(err)
	seen := map[string]bool{}
	list = slices.DeleteFunc(list, func(e error) bool {
		dup := seen[e.Error()]
		seen[e.Error()] = true
		return dup
	})
	return &ProblemError{Problem: name, Errors: list}
}
