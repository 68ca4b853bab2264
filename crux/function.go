package crux

import (
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/crux-pinn/crux/compiler"
	"github.com/crux-pinn/crux/internal/exec"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Function is an expression as a function of coordinates, at the parameters that the solver had when it was made. Training on does not
// change it, and it needs nothing of a solver that is closed. Any number of goroutines may evaluate it at once.
type Function struct {
	compile func() (*compiler.Program, error)
	fixed   []float64
	theta   []float64
	coords  int
	dim     int
	idle    sync.Pool // of programs, each for one call at a time
}

// Function returns an expression of fields and parameters of the problem as a function of the coordinates on which it depends, in the
// order given. Derivatives are expressions like others: Function(placeholder.Concat(u, u.D(x)), t, x) has two components.
func (s *Solver) Function(e ph.Expr, of ...*ph.Coord) (*Function, error) {
	e, err := s.networks(e)
	if err != nil {
		return nil, err
	}
	g := compiler.Group{
		Name: "function", Coords: slices.Clone(of), Bounds: maps.Clone(s.bounds),
		Residuals: []compiler.Residual{{Name: "function", Expr: e}},
	}
	f := &Function{theta: slices.Clone(s.theta), fixed: slices.Clone(s.fixed), coords: len(of)}
	tc := compiler.TraceCompiler{Layout: s.layout, Single: s.options.Precision == Float32}
	f.compile = func() (*compiler.Program, error) {
		own := tc
		own.Pool = exec.NewPool(1) // of the goroutine that calls alone, so there is nothing to close
		p, err := own.Compile(g)
		if err != nil {
			return nil, fmt.Errorf("crux: %w", err)
		}
		return p, nil
	}
	p, err := f.compile()
	if err != nil {
		return nil, err
	}
	f.dim = p.Dim(0)
	f.idle.Put(p)
	return f, nil
}

// networks is an expression as the solver evaluates it now, in terms of networks.
func (s *Solver) networks(e ph.Expr) (ph.Expr, error) {
	if e == nil {
		return nil, fmt.Errorf("crux: evaluation of a nil expression")
	}
	e = s.In(e)
	if err := s.known(e); err != nil {
		return nil, err
	}
	return s.plan.stage.everywhere(e), nil
}

// Dim is the number of components.
func (f *Function) Dim() int { return f.dim }

// Eval computes the function at points, given one after the other, and appends Dim numbers for each to dst. A function of no coordinate
// has one value.
func (f *Function) Eval(dst, points []float64) ([]float64, error) {
	n := 1
	if f.coords > 0 {
		n = len(points) / f.coords
	}
	switch {
	case len(points) != n*f.coords:
		return dst, fmt.Errorf("crux: %d numbers are not points of %d coordinates", len(points), f.coords)
	case n == 0:
		return dst, nil
	}
	p, ok := f.idle.Get().(*compiler.Program)
	if !ok {
		var err error
		if p, err = f.compile(); err != nil {
			return dst, err
		}
	}
	defer f.idle.Put(p)
	if err := p.SetPoints(compiler.Batch{N: n, X: points}, f.fixed); err != nil {
		return dst, fmt.Errorf("crux: %w", err)
	}
	old := len(dst)
	dst = append(dst, make([]float64, n*f.dim)...)
	return dst, p.Residuals(0, dst[old:], f.theta, f.fixed)
}

// Source is functions of fields and parameters of the problem as source code in other languages, at the present parameters. The name is
// that of the Go package, and what C's names begin with.
func (s *Solver) Source(name string, list ...compiler.Function) (*compiler.Source, error) {
	src := &compiler.Source{
		Name: name, Functions: slices.Clone(list), Bounds: maps.Clone(s.bounds),
		Layout: s.layout, Theta: slices.Clone(s.theta), Fixed: slices.Clone(s.fixed),
	}
	for i := range src.Functions {
		f := &src.Functions[i]
		e, err := s.networks(f.Expr)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		f.Expr = e
	}
	return src, nil
}
