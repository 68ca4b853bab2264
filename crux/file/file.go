// Package file takes problems and solutions from files into Go programs: problem files as crux solve reads them, and the run directories
// that it writes.
//
//	solution, err := file.Open("runs/poisson2d-1")
//	u, err := solution.Function("u")
//	values, err := u.Eval(nil, []float64{0.5, 0.25, 0.1, 0.9}) // at two points, from any goroutine
package file

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/files/ckpt"
	"github.com/crux-pinn/crux/internal/problemfile"
	"github.com/crux-pinn/crux/internal/report"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Problem is what a problem file says, with what crux has chosen where it says nothing.
type Problem struct {
	Name    string
	Problem crux.Problem
	Options crux.Options // may be changed before New
	Steps   int          // that training takes at most
	Coords  []*ph.Coord  // in the order of the file
	Fields  []string     // what the run finds: components of networks with their transforms, and definitions that depend on one
	Params  []*ph.Param  // unknown numbers, in the order of the file

	read *problemfile.Problem
}

// Load reads a problem file; files that it names are found relative to its folder. Sets change values of it by their dotted path, as
// crux solve --set does: "optimizer.0.adam.lr=1e-3". The error lists all mistakes, each with its line and column.
func Load(path string, sets ...string) (*Problem, error) {
	read, err := problemfile.Load(path, sets)
	if err != nil {
		return nil, err
	}
	return problem(read), nil
}

func problem(read *problemfile.Problem) *Problem {
	p := &Problem{
		Name: read.Name, Problem: read.Crux, Options: read.Options, Steps: read.Steps, Coords: read.Coords, Params: read.Params,
		read: read,
	}
	for _, f := range read.Fields {
		p.Fields = append(p.Fields, f.Name)
	}
	return p
}

// New builds the solver of the problem. Train it with Solve(ctx, p.Steps, p.Callbacks(folder)...), as crux solve does, and close it.
func (p *Problem) New() (*crux.Solver, error) {
	q := *p.read
	q.Crux, q.Options = p.Problem, p.Options
	return q.New()
}

// Callbacks are those that the file asks for: trackers, what moves points, stopping, and checkpoints, which go to the folder; with ""
// there are none.
func (p *Problem) Callbacks(folder string) []crux.Callback { return p.read.Callbacks(folder) }

// Expr reads an expression in the names of the file, such as "u_x" or "k*laplacian(u)".
func (p *Problem) Expr(text string) (ph.Expr, error) {
	e, err := ph.ParseNamed("expression", text, p.read.Env)
	if err == nil {
		err = e.Err()
	}
	return e, err
}

// Solution is a problem with what a run has found.
type Solution struct {
	*Problem
	Warnings []string // about files of the run that could not be used

	solver *crux.Solver
}

// Open opens the directory of a run, of one that has ended or not: the newest checkpoint that can be read and fits, with the problem that
// it was trained for, and the parameters of the end where there are some.
func Open(dir string) (*Solution, error) {
	o := &Solution{}
	files, _ := callbacks.Checkpoints(filepath.Join(dir, "checkpoints")) // none is no mistake where the run has ended
	for _, path := range files {
		err := o.restore(dir, path)
		if err == nil {
			break
		}
		o.Warnings = append(o.Warnings, err.Error())
	}
	path := filepath.Join(dir, "parameters.safetensors")
	params, origin, err := ckpt.Load(path)
	if err == nil {
		err = report.Strayed(dir, "parameters.safetensors")
	}
	switch {
	case err != nil && o.solver == nil:
		return nil, errors.Join(fmt.Errorf("file: %w; give a directory that crux solve wrote", err), joined(o.Warnings))
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		o.Warnings = append(o.Warnings, err.Error())
	case err == nil && (o.solver == nil || origin.Epoch >= o.solver.Epoch()):
		if o.solver == nil {
			if err := report.Strayed(dir, problemFile); err != nil {
				return nil, fmt.Errorf("file: %w; bring back the file with which the parameters were trained", err)
			}
			if o.Problem, err = Load(filepath.Join(dir, problemFile)); err != nil {
				return nil, err
			}
			if o.solver, err = o.New(); err != nil {
				return nil, err
			}
		}
		if err := ckpt.Restore(o.solver, params); err != nil {
			return nil, errors.Join(fmt.Errorf("file: %s: %w", path, err), o.solver.Close())
		}
	}
	return o, o.solver.Close() // its values are read, and it computes no more
}

// problemFile is the problem in a run directory.
const problemFile = "problem.yaml"

// restore puts a checkpoint into a solver of the problem that it names, or of the file where it names none.
func (o *Solution) restore(dir, path string) error {
	saved, err := callbacks.Load(path)
	if err != nil {
		return err
	}
	p, err := Load(filepath.Join(dir, problemFile))
	if text := saved.About["problem"]; text != "" {
		var read *problemfile.Problem
		if read, err = problemfile.Parse(path, []byte(text), dir, nil); err == nil {
			p = problem(read)
		}
	}
	if err != nil {
		return err
	}
	s, err := p.New()
	if err != nil {
		return err
	}
	if err := s.SetState(saved.State); err != nil {
		return errors.Join(fmt.Errorf("%s: %w", path, err), s.Close())
	}
	o.Problem, o.solver = p, s
	return nil
}

// joined are warnings as one error; nil without any.
func joined(warnings []string) error {
	if len(warnings) == 0 {
		return nil
	}
	return errors.New(strings.Join(warnings, "\n"))
}

// Value is an unknown number, or a constant, as the run has left it; NaN if the problem does not use it.
func (o *Solution) Value(p *ph.Param) float64 { return o.solver.Value(p) }

// Function is an expression in the names of the file, such as "u" or "u_x", as a function of coordinates: of those named, or else of all on
// which it depends, in the order of the file. It may be used by any number of goroutines at once.
func (o *Solution) Function(text string, of ...*ph.Coord) (*crux.Function, error) {
	e, err := o.Expr(text)
	if err != nil {
		return nil, err
	}
	if len(of) == 0 {
		free := ph.FreeCoords(e)
		for _, c := range o.Coords {
			if free[c] {
				of = append(of, c)
			}
		}
	}
	return o.solver.Function(e, of...)
}
