// Package auto decides what a problem leaves open: which conditions are built into the unknown functions, which networks are periodic, how
// many points there are, what becomes of them during a run, and by which method it is trained. A problem file that says nothing of
// these is decided in the same way. Everything that is said stays as it is said.
//
//	solver, err := auto.New(auto.Problem{Domain: square, Constraints: []crux.Constraint{
//		{Name: "pde", Residual: placeholder.Laplacian(u, x, y).Add(f), On: square.Interior(0)},
//		{Name: "bc", Residual: u, On: square.Boundary(0)},
//	}}, crux.Options{Seed: 1})
//	result, err := solver.Solve(ctx, auto.Steps)
//
// crux.New is the door for those who want to say everything themselves.
package auto

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/domain/exact"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Problem is a PDE problem that may leave things open. In its constraints these are the number of points, where it is 0; whether points
// are redrawn, where domain.Points.Every has not said so; and whether a condition is built in, see [Hard].
type Problem struct {
	Name        string
	Domain      domain.Domain // of the whole problem, as conditions are built in on its boundary; nil builds none in
	Constraints []crux.Constraint
	Fields      map[*ph.Field]ph.Expr // as in crux.Problem; nothing is built into what has something here

	Materials  []Material  // of which the domain consists, where coefficients jump between them; nil finds by itself where they jump
	Interfaces []Interface // what holds between materials, where that is not the default

	Weighed  bool // constraints are to be weighed by a scheme that Options do not name yet
	Unscaled bool // functions, numbers and residuals stay in the units of the problem
	Slow     bool // networks get no fast waves as inputs, see [Choose]
	Smooth   bool // networks are functions of the coordinates alone, also where values on the boundary jump, see [Choose]
	NoPrior  bool // functions that data and equations leave open are not taken to be smooth, see [Choose]

	Hard  Hard     // which conditions are built in
	Watch []string // constraints whose points are watched whatever the rules say
	// Watching lets points be watched by the rules although there is a method in Options.
	Watching bool
}

// Solver is a solver of a problem that has been decided. What watches its points takes part in every Solve.
type Solver struct {
	*crux.Solver
	Choice *Choice
}

// Choice is what has been decided of a problem.
type Choice struct {
	Problem   crux.Problem // as crux.New takes it
	Options   crux.Options
	Callbacks []crux.Callback // that must take part in every Solve: what watches the points
	Decisions []Decision

	Built   []BuiltIn                           // constraints that fields satisfy exactly, which Problem has no more
	Kept    []exact.Kept                        // conditions that could not be built in, and why
	Periods map[*ph.Field]map[*ph.Coord]float64 // of networks that have become periodic
	Rough   []string                            // constraints that are built in although their data have a jump or a kink, as Hard asks
	Open    []Open                              // conditions that the problem lacks
	Divided map[string]float64                  // by what residuals are divided because of units, by constraint
	Watched []string                            // constraints whose points are watched
	Waves   bool                                // networks have fast waves as inputs

	Materials  []Material // of the problem
	Interfaces []string   // conditions where materials meet, which the problem does not state
	Priors     []string   // what is likely of functions that data and equations leave open, which the problem does not state
	Balances   []*Balance // of equations whose coefficients jump

	extents map[*ph.Coord]float64 // the least of materials along each axis, where each has a network
	apart   int                   // the number of parameters of these networks; 0 if all materials share one
}

// Decision is one thing that was left open, with the reason for what has become of it.
type Decision struct {
	What string `json:"what"` // "pde: 1000 points"
	Why  string `json:"why"`
}

// BuiltIn is a constraint that a field satisfies exactly.
type BuiltIn struct{ Constraint, Field string }

// New decides what a problem and its options leave open and makes the solver. Options.Method nil means [Method].
func New(p Problem, o crux.Options) (*Solver, error) {
	c, err := Choose(p, o)
	if err != nil {
		return nil, err
	}
	s, err := crux.New(c.Problem, c.Options)
	if err != nil {
		return nil, err
	}
	return &Solver{s, c}, nil
}

// Solve trains as crux.Solver.Solve does, with the callbacks of the choice before others.
func (s *Solver) Solve(ctx context.Context, steps int, callbacks ...crux.Callback) (*crux.Result, error) {
	return s.Solver.Solve(ctx, steps, slices.Concat(s.Choice.Callbacks, callbacks)...)
}

// Choose decides what a problem and its options leave open. It compiles nothing, and reports only what it cannot decide: other mistakes
// are those of crux.New.
//
// On the faces of a box it looks for places where the values that conditions give jump or have a kink, or where two conditions give
// different values: a rod whose half is hot at first, a corner between a hot and a cold wall. The solution is singular there, and no smooth
// network has it. Networks then get an input that is singular in the same way: around a place on the boundary of an elliptic
// equation the angle, and for an equation that diffuses in time the error function of the distance over √(4Dt), or its integral for
// a kink. The conditions at such places are trained, and the equation counts less near them, where its terms grow without bound.
//
// Where an initial-value problem repeats itself along an axis in which its functions are periodic, networks have the shorter period.
//
// Where data have waves with five periods or more along a side, sin(k·x) with a constant k, networks get their sines and cosines as inputs:
// what is as fast as that they learn late, or never.
//
// Where there are more unknown functions than equations, those that no data measure are taken to be smooth: a coefficient that is found from noisy
// data bends no more than these ask for.
func Choose(p Problem, o crux.Options) (*Choice, error) {
	c := &Choice{
		Problem: crux.Problem{Name: p.Name, Constraints: slices.Clone(p.Constraints), Fields: p.Fields}, Options: o, Materials: p.Materials,
	}
	for i := range c.Problem.Constraints {
		k := &c.Problem.Constraints[i]
		k.Name = cmp.Or(k.Name, strconv.Itoa(i))
	}
	for _, name := range slices.Concat(p.Hard.Names, p.Watch) {
		if !slices.ContainsFunc(c.Problem.Constraints, func(k crux.Constraint) bool { return k.Name == name }) {
			return nil, fmt.Errorf("auto: there is no constraint %q, which Hard or Watch names", name)
		}
	}
	kinks, err := c.interfaces(p)
	if err != nil {
		return nil, err
	}
	c.Interfaces = kinks.names
	stated := slices.Clone(c.Problem.Constraints)
	if err := c.buildIn(p, kinks); err != nil {
		return nil, err
	}
	c.method(&p)
	c.points(p)
	c.units(p, stated)
	c.noise(p)
	return c, nil
}

// method chooses the method where there is none.
func (c *Choice) method(p *Problem) {
	if c.Options.Method != nil {
		return
	}
	p.Watching = true
	c.Options.Method = Method(MethodOptions{Steps: Steps, Precision: c.Options.Precision})
	c.decide("the method is chosen at the first step", "no method is given")
}

// noise lets data find out that they are noisy, where the method is chosen and nothing is said of weights.
func (c *Choice) noise(p Problem) {
	list := c.Problem.Constraints
	said := func(k crux.Constraint) bool {
		return k.Weight != 0 || k.Loss.Kind != crux.MSE && !(k.Loss.Robust() && hasData(k)) || k.PointWeights != nil
	}
	if !p.Watching || p.Weighed || c.Options.Weights != nil || c.Options.Windows != nil {
		return
	}
	if slices.ContainsFunc(list, said) || !slices.ContainsFunc(list, hasData) {
		return
	}
	n := &callbacks.Noise{}
	c.Options.Weights, c.Callbacks = n, append(c.Callbacks, n)
	c.decide("data count less if they turn out to be noisy", "no weight is given")
	c.priors(p)
}

// hasData reports whether a constraint compares with data.
func hasData(k crux.Constraint) bool {
	return k.Residual != nil && ph.Contains(k.Residual, func(e ph.Expr) bool { return e.Op() == ph.OpColumn })
}

func (c *Choice) decide(what, why string) {
	c.Decisions = append(c.Decisions, Decision{what, why})
}
