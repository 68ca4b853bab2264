package crux

import (
	"errors"
	"fmt"
	"slices"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Stage is a stretch of a run, which is trained like a problem of its own: its residuals are compiled for it, and its method starts
// over, as the schemes of point weights do. Parameters, the scheme of weights and callbacks continue. The zero value, with a name, trains
// the problem as it is stated with the solver's method until that has converged.
//
// A run has one stage unless [Options] ask for more: by Windows, by Curriculum, or by Next.
type Stage struct {
	Name   string       // for the user, and to know the stage again in a state; needed
	Steps  int          // updates at most; 0 means until the method has converged
	Method optim.Method // nil means that of the options; another one is for this stage alone

	// Started says that the parameters are near a solution as the stage begins: its method leaves out what only warms up.
	Started bool

	// In is a residual of the problem as it is trained in the stage, with other expressions in the place of some; nil leaves all as they
	// are. The trainable parameters are those of the problem.
	In func(e ph.Expr) ph.Expr
	// Everywhere is an expression as it is evaluated for the user, where that is another one; nil means In.
	Everywhere func(e ph.Expr) ph.Expr
	// Points are the part of a point set on which the stage trains, drawn as it begins; nil where there is none: the constraints on the
	// set rest then, with weight 0 and the points that they had. A nil function means that all points stay as they are. When the last
	// of stages with points of their own is over, losses and residuals are those of whole sets.
	Points func(on *domain.Points) *domain.Points
	// Limits are the bounds of coordinates within the stage, for schemes of point weights; the domain's where there are none.
	Limits map[*ph.Coord][2]float64
	// Values are what fixed parameters of the problem are from the beginning of the stage on.
	Values map[*ph.Param]float64
	// Keep are trainable parameters whose values fixed ones take over at the end of the stage.
	Keep map[*ph.Param]*ph.Param

	begins func(s *Solver) error // is called once, when all stages before it are over; nil does nothing
}

// StageResult is what has been done in a stage.
type StageResult struct {
	Name   string  // "t from 0 to 0.5", "beta = 10"
	Steps  int     // taken so far
	Loss   float64 // of the last of them; NaN before the first
	Status Status  // why it is over; meaningless before
	Reason string  // the same in words; empty before, and where it has taken all its steps
}

// MaxStages bounds the stages of a run. The states at which windows begin pass through all networks before, and more lessons are a
// mistake.
const MaxStages = 100

func (g *Stage) in(e ph.Expr) ph.Expr {
	if g.In == nil {
		return e
	}
	return g.In(e)
}

func (g *Stage) everywhere(e ph.Expr) ph.Expr {
	if g.Everywhere == nil {
		return g.in(e)
	}
	return g.Everywhere(e)
}

func (g *Stage) points(on *domain.Points) *domain.Points {
	if g.Points == nil {
		return on
	}
	return g.Points(on)
}

// methodOf is the one that trains a stage.
func (s *statement) methodOf(g *Stage) optim.Method {
	if g.Method != nil {
		return g.Method
	}
	return s.options.Method
}

// list finds the stages that the options ask for.
func (s *statement) list() error {
	switch {
	case s.options.Curriculum != nil && s.options.Windows != nil:
		return errors.New("Options.Curriculum: Options.Windows is given too; take one of the two")
	case s.options.Curriculum != nil:
		return s.listLessons(*s.options.Curriculum)
	case s.options.Windows != nil:
		return s.listWindows(*s.options.Windows)
	}
	first, err := s.made(nil)
	if err == nil && first == nil {
		first = &Stage{Name: "as stated"}
	}
	s.listed = []*Stage{first}
	return err
}

// made is the stage that Options.Next makes after others; nil if there is none.
func (s *statement) made(over []StageResult) (*Stage, error) {
	if s.options.Next == nil {
		return nil, nil
	}
	g, err := s.options.Next(slices.Clone(over))
	switch {
	case err != nil || g == nil:
	case g.Name == "":
		err = errors.New("a stage without a name; give one, by which it is known when the run is resumed")
	case g.Steps < 0:
		err = fmt.Errorf("stage %q: Steps is %d; 0 means until its method has converged", g.Name, g.Steps)
	case len(over) == MaxStages:
		err = fmt.Errorf("stage %q: a run has %d stages at most", g.Name, MaxStages)
	}
	if err != nil {
		return nil, fmt.Errorf("Options.Next, asked for stage %d: %w", len(over)+1, err)
	}
	return g, nil
}
