// Package problemfile reads problem files: it turns a PDE problem written in YAML into a crux.Problem with all that belongs to
// solving and judging it.
//
//	p, err := problemfile.Load("burgers.yaml", []string{"optimizer.0.adam.lr=3e-3"})
//	solver, err := p.New()
//	result, err := solver.Solve(ctx, p.Steps, p.Callbacks("")...)
//
// Reading is strict: an unknown key, a value of the wrong kind and a mistake inside an expression are errors that point
// at line and column, and all of them are reported together.
package problemfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/crux/auto"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/files/tree"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers"
)

// Error is a mistake in a file, with its place. Errors are all of them, in order, which Load and Parse return.
type (
	Error  = tree.Error
	Errors = tree.Errors
)

// Problem is a problem file, read, checked and built.
type Problem struct {
	Name        string
	Description string        // free text of the file; "" without one
	Crux        crux.Problem  // what New takes
	Options     crux.Options  // method (phases), weight scheme, seed, precision, workers
	Steps       int           // of all phases together, or fewer if the file says so
	PhaseSteps  int           // of all phases together, in all stages
	Stages      int           // parts of the run that go through all phases: windows of time or lessons; 0 means one
	Accuracy    float64       // relative error that is asked for; 0 means that none is
	Expect      []Expectation // of the run, in the order of the file
	Budget      time.Duration // wall time after which a run should end; 0 means none
	Chosen      bool          // crux chooses how to train: neither optimizer nor steps is said, nor an accuracy of best
	HardOpen    bool          // it is not said which conditions are built in
	Nodes       int           // of integrals that do not say how many
	Unsized     []string      // fields of which neither the kind nor the size of the network is said

	WandB       *callbacks.WandB       // nil unless asked for; what the file does not say is open
	TensorBoard *callbacks.TensorBoard // nil unless asked for; without its folder if the file does not say it

	Results Results           // how much a run writes
	Units   map[string]string // of coordinates, fields and numbers, by name

	Coords     []*ph.Coord        // in the order of the file
	Time       *ph.Coord          // one of Coords, or nil
	Fields     []Field            // unknown functions, component by component, in the order of the file
	Params     []*ph.Param        // trainable scalars, in the order of the file
	Derived    []Derived          // numbers that follow from Params, in the order of the file
	Truths     map[string]float64 // true values of parameters and derived numbers, where the file gives them
	Shown      []Shown            // numbers to watch, in the order of the file
	References []Reference        // known solutions, in the order of the file

	Conditions []crux.Constraint // all constraints as the file states them, also those that are built in
	Regions    []Region          // parts of the domain with names, of the file and of its shape

	From string // the directory of the run from which this one starts; "" for none

	Choice *auto.Choice // what has been decided that the file leaves open

	Trackers   []Tracker             // those that only a weight scheme needs, then as in the file
	Resamplers []crux.Callback       // move the points of constraints after their residuals
	Stopping   []crux.Callback       // end the run early
	Checkpoint *callbacks.Checkpoint // without its folder; nil if the file wants none
	Rollback   *callbacks.Rollback   // solves, and goes back where a run diverges

	Env ph.Env // what names mean in further expressions: coordinates, constants, parameters, fields, definitions
	// Resolved is the file with overrides and all defaults written out, and scales when there is a solver; reading it gives the same problem.
	Resolved []byte
	// Kept is Resolved as it stands in a run directory: data files are the copies there, by relative paths.
	Kept  []byte
	Files []File // that the problem reads, in the order of the file

	reached  *callbacks.Accuracy // ends the run; nil without Accuracy
	geometry domain.Domain
	axes     map[*ph.Coord]domain.Axis
	windows  *tree.Node
	src      *tree.Source
	nodes    map[string]*tree.Node // the expressions' texts, by the name under which they were parsed
	root     *tree.Node
	unscaled map[string]unscaled // constraints whose scales are measured
	check    func(*crux.Solver) Errors
	tracker  func(name string, s *crux.Solver) (trackers.Tracker, Errors)
}

// Region is a part of the domain with a name.
type Region struct {
	Name string
	On   *domain.Points // of how many is open
}

// Field is a named function of coordinates that the run finds: a component of a network with its output transform, or a
// definition that depends on one.
type Field struct {
	Name   string
	Expr   ph.Expr        // of one or more components
	Coords []*ph.Coord    // on which it depends, in the order of the file
	Grid   *domain.Points // the points on which it is judged and exported
}

// Components are the components of a field, u[0], u[1], …; of one with a single component, the field itself.
func (f Field) Components() []Field {
	k := f.Expr.Dim()
	if k == 1 {
		return []Field{f}
	}
	list := make([]Field, k)
	for i := range list {
		list[i] = f
		list[i].Name, list[i].Expr = fmt.Sprintf("%s[%d]", f.Name, i), f.Expr.Index(i)
	}
	return list
}

// Derived is a number that follows from parameters, such as lambda2 = exp(s).
type Derived struct {
	Name string
	Expr ph.Expr
}

// Overrides are changes to a file.
type Overrides struct {
	Sets []string // by dotted path, such as "optimizer.0.adam.lr=1e-3" or "seed=3"; their values are YAML
	// Steps is the number of steps in all, 0 for that of the file: fewer cut the run short, more extend its last phase.
	Steps int
	// Switches turn keys on or off that are true, false or a mapping, such as wandb. What the file says of them in detail stays.
	Switches map[string]bool
}

// Load reads a problem file. Files that the problem names are found relative to its own folder. The error, if any, is of type Errors.
func Load(path string, sets []string) (*Problem, error) { return LoadWith(path, Overrides{Sets: sets}) }

// LoadWith is Load with further overrides.
func LoadWith(path string, o Overrides) (*Problem, error) {
	src, err := readText(path)
	if err != nil {
		msg, suggestion := err.Error(), ""
		if at, ok := errors.AsType[*fs.PathError](err); ok {
			msg = at.Err.Error()
		}
		if errors.Is(err, fs.ErrNotExist) {
			msg, suggestion = "there is no such file", "give the path of a problem file, such as testdata/problems/poisson2d.yaml"
		}
		return nil, Errors{{File: path, Message: msg, Suggestion: suggestion}}
	}
	return ParseWith(path, src, filepath.Dir(path), o)
}

// readText reads a file. A pipe that nobody writes into is empty and not waited for; one of a shell, as <(sed … p.yaml), is read.
func readText(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	return io.ReadAll(f)
}

// Parse is Load for a text in memory. name stands for it in errors; dir is the folder of the files that it names.
func Parse(name string, src []byte, dir string, sets []string) (*Problem, error) {
	return ParseWith(name, src, dir, Overrides{Sets: sets})
}

// ParseWith is Parse with further overrides.
func ParseWith(name string, src []byte, dir string, o Overrides) (*Problem, error) {
	src = bytes.TrimPrefix(src, []byte("\ufeff")) // as editors of Windows begin their files
	l := &loader{src: tree.NewSource(name, src), dir: dir, total: o.Steps}
	root, errs := tree.Read(l.src, src)
	if len(errs) > 0 {
		return nil, tree.Sorted(errs)
	}
	if l.harmless(root); len(l.errs) > 0 {
		return nil, tree.Sorted(l.errs)
	}
	l.translate(root, "")
	for _, s := range o.Sets {
		l.override(root, s)
	}
	for _, key := range slices.Sorted(maps.Keys(o.Switches)) {
		l.turn(root, key, o.Switches[key])
	}
	l.pairs(root)
	p := l.problem(root)
	if len(l.errs) == 0 { // where something is wrong, not all is asked for
		for _, e := range l.unasked {
			l.failAt(e.At, e.Value.Path, "%s does not matter here; leave it out", e.Key)
		}
	}
	if len(l.errs) > 0 {
		return nil, tree.Sorted(l.errs)
	}
	p.resolve()
	return p, nil
}

// Bounds are the ends of a coordinate's axis.
func (p *Problem) Bounds(c *ph.Coord) (lo, hi float64) { return p.axes[c].Lo, p.axes[c].Hi }

// Switches are the times at which what the problem gives switches, see [auto.Switches].
func (p *Problem) Switches() []float64 {
	lo, hi := p.Bounds(p.Time)
	return auto.Switches(p.Conditions, p.Time, lo, hi)
}

// Grid is a regular grid with n points per axis over the whole domain, for evaluation. Where the domain is not a box, it
// is the points of the grid that lie in it.
func (p *Problem) Grid(n int) *domain.Points { return p.geometry.Grid(n) }

// Eval is the number at given values of the parameters.
func (d Derived) Eval(value func(*ph.Param) float64) (float64, error) {
	v, err := number(d.Expr, value)
	if err != nil {
		return 0, fmt.Errorf("problemfile: %s: %w", d.Name, err)
	}
	return v, nil
}

// Domain is where the problem lives: a box, a shape, or a shape at all times.
func (p *Problem) Domain() domain.Domain { return p.geometry }
