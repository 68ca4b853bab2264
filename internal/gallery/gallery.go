// Package gallery turns a trained run into pictures, as data that package draw draws: solution, errors, residuals, losses, weights, unknown
// parameters, points, and what trackers have measured.
//
//	run := &gallery.Run{Problem: p, Solver: s, Dir: "runs/burgers-1"}
//	pictures, err := run.Pictures("solution", gallery.Options{})
//	svg, err := pictures[0].Figure.Encode("svg")
package gallery

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/draw"
	"github.com/crux-pinn/crux/internal/problemfile"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Run is a trained run. The pictures are of the parameters that the solver has.
type Run struct {
	Problem *problemfile.Problem
	Solver  *crux.Solver
	Dir     string // of the run, with history.csv and the folder trackers; "" for none
}

// Picture is a page with a name.
type Picture struct {
	Name   string // of a file, without its ending: "solution-u"
	About  string // what it shows, in a few words
	Figure *draw.Figure
}

// Options say what functions are drawn, and where. The zero value works.
type Options struct {
	// At are values of coordinates at which functions are cut; those of several stand side by side. Coordinates that are left out run along
	// the axes; where more than two are left, time or the last one has three values, and others stay in their middle.
	At map[string][]float64
	// Points is the number of points along each axis of a picture; 0 means 101, and 401 where there is one axis.
	Points int
}

// kind is a kind of pictures.
type kind struct {
	name, what string
	make       func(*Run, Options) ([]Picture, error)
}

// kinds are all kinds but the trackers.
func kinds() []kind {
	return []kind{
		{"solution", "fields, with reference and error where one is known", (*Run).solution},
		{"error", "absolute errors of the fields with a reference", (*Run).errors},
		{"residual", "absolute residuals of all constraints", (*Run).residuals},
		{"losses", "losses by constraint over the steps", (*Run).losses},
		{"estimate", "where the estimated errors of the fields are, beside the true ones where a reference is known", (*Run).estimates},
		{"bands", "how well noisy data determine the fields: 95 % bands of functions of one coordinate, standard deviations of others", (*Run).bands},
		{"convergence", "estimated and true errors over the steps, where they were measured", (*Run).convergence},
		{"weights", "weights of the constraints over the steps, where a scheme balances them", (*Run).weights},
		{"parameters", "unknown parameters over the steps", (*Run).parameters},
		{"points", "the points of all constraints, and where they were before if they have moved", (*Run).points},
		{"trackers", "all that trackers have measured; one alone by its name, such as ntk_spectrum", (*Run).trackers},
	}
}

// Kinds are the names of all kinds of pictures, with what they show. The name of a tracker is one as well.
func Kinds() [][2]string {
	var list [][2]string
	for _, k := range kinds() {
		list = append(list, [2]string{k.name, k.what})
	}
	return list
}

// Default are the kinds that are drawn where nothing is asked for.
func Default() []string { return []string{"solution", "estimate", "residual", "losses", "convergence"} }

// NoneError says that a run has nothing of a kind to show.
type NoneError struct{ Kind, Why string }

func (e *NoneError) Error() string { return fmt.Sprintf("no picture of %s: %s", e.Kind, e.Why) }

// Pictures are those of a kind, or of a tracker. The error is a *NoneError where the run has none.
func (r *Run) Pictures(what string, o Options) ([]Picture, error) {
	for _, k := range kinds() {
		if k.name == what {
			return k.make(r, o)
		}
	}
	files, err := r.trackerFiles()
	if err != nil {
		return nil, err
	}
	if i := slices.Index(files, what); i >= 0 {
		return r.tracker(files[i])
	}
	if slices.Contains(problemfile.TrackerNames(), what) {
		return nil, &NoneError{what, "the run has not recorded it; name it under trackers: in the problem file"}
	}
	var names []string
	for _, k := range kinds() {
		names = append(names, k.name)
	}
	return nil, fmt.Errorf("there are no pictures of %q; take %s, all, or a tracker of the run%s", what, strings.Join(names, ", "),
		inBrackets(files))
}

func inBrackets(names []string) string {
	if len(names) == 0 {
		return ", which has none"
	}
	return " (" + strings.Join(names, ", ") + ")"
}

// Expressions are pictures of expressions in the names of the problem.
func (r *Run) Expressions(list []Named, o Options) ([]Picture, error) {
	var all []Picture
	for _, e := range list {
		fs, err := r.functions(e.Name, e.Expr, nil)
		if err != nil {
			return nil, err
		}
		for _, f := range fs {
			p, err := r.field(f, nil, o)
			if err != nil {
				return nil, err
			}
			p.Name, p.About = fileName(f.name), f.name
			all = append(all, p)
		}
	}
	return all, nil
}

// Named is an expression with the name under which it is shown.
type Named struct {
	Name string
	Expr ph.Expr
}

// trackerFiles are the names of the trackers that the run has recorded, such as ntk_spectrum, and ntk_spectrum-2 for a second one.
func (r *Run) trackerFiles() ([]string, error) {
	if r.Dir == "" {
		return nil, nil
	}
	entries, err := os.ReadDir(filepath.Join(r.Dir, "trackers"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ".npz"); ok {
			names = append(names, name)
		}
	}
	return names, nil
}

// fileName is a text with everything replaced that file systems or shells take amiss.
func fileName(s string) string {
	s = strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '.', c == '-', c > 127:
			return c
		}
		return '-'
	}, s)
	for strings.Contains(s, "--") {
		s = strings.ReplaceAll(s, "--", "-")
	}
	if s = strings.Trim(s, "-."); s == "" {
		return "picture"
	}
	return s
}
