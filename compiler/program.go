package compiler

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/crux-pinn/crux/internal/exec"
)

// Batch is a concrete set of N points.
type Batch struct {
	N       int
	X       []float64            // N×len(Group.Coords), row by row
	Normals []float64            // like X; only if Group.Normals
	Columns map[string][]float64 // each of length N
	Weights []float64            // of length N; only if Group.Weighted
}

// Program evaluates a group. It is not safe for concurrent use, and programs that share a pool take turns.
type Program struct {
	group   Group
	comp    *compilation
	layout  *Layout
	pool    *exec.Pool
	ownPool bool
	run     runner
	n       int
	factors []float64 // of each residual's loss
	batch   Batch
	grad    []float64 // of AddGradient
}

// runner is the part of a program that depends on the element type.
type runner interface {
	setPoints(b Batch) error
	jacobian(i int, dst []float64, theta, fixed []float64) error
	eval(v variant, theta, fixed []float64, seeds, tangents []float64, sums [][]float64, rows [][]float64) error
	build(v variant) (*built, error)
	workerBytes() int
}

// Len is the number of residuals.
func (p *Program) Len() int { return len(p.group.Residuals) }

// Points is the number of points set last.
func (p *Program) Points() int { return p.n }

// Dim is the number of components of residual i.
func (p *Program) Dim(i int) int { return p.comp.trace.roots[i].dim }

// Layout is the layout of θ.
func (p *Program) Layout() *Layout { return p.layout }

// Close ends the program's own workers, if it has any.
func (p *Program) Close() error {
	if p.ownPool {
		p.pool.Close()
	}
	return nil
}

// SetPoints gives the points on which the next evaluations work, and computes what depends on them alone. fixed holds
// the fixed parameters (Layout.FixedLen).
func (p *Program) SetPoints(b Batch, fixed []float64) error {
	d := len(p.group.Coords)
	switch {
	case b.N <= 0:
		return fmt.Errorf("compiler: group %q: no points", p.group.Name)
	case len(b.X) != b.N*d:
		return fmt.Errorf("compiler: group %q: %d numbers for %d points of %d coordinates", p.group.Name, len(b.X), b.N, d)
	case p.group.Normals && len(b.Normals) != b.N*d:
		return fmt.Errorf("compiler: group %q: %d numbers for %d normals of %d coordinates", p.group.Name, len(b.Normals), b.N, d)
	case p.group.Weighted && len(b.Weights) != b.N:
		return fmt.Errorf("compiler: group %q: %d weights for %d points", p.group.Name, len(b.Weights), b.N)
	}
	for _, c := range p.group.Columns {
		if len(b.Columns[c]) != b.N {
			return fmt.Errorf("compiler: group %q: column %q has %d entries for %d points", p.group.Name, c, len(b.Columns[c]), b.N)
		}
	}
	total := float64(b.N)
	if p.group.Weighted {
		total = 0
		for _, w := range b.Weights {
			total += w
		}
	}
	p.n, p.batch = b.N, b
	p.factors = make([]float64, p.Len())
	for i, r := range p.group.Residuals {
		p.factors[i] = r.Loss.factor(p.Dim(i), total)
	}
	if err := p.run.setPoints(b); err != nil {
		return err
	}
	return p.hoist(fixed)
}

// hoist fills the columns of values that depend on the points alone.
func (p *Program) hoist(fixed []float64) error {
	hs := p.comp.trace.hoists
	if len(hs) == 0 {
		return nil
	}
	rows := make([][]float64, len(hs))
	for k, h := range hs {
		rows[k] = make([]float64, p.n*h.dim)
	}
	if err := p.run.eval(variant{kind: vHoists}, nil, fixed, nil, nil, nil, rows); err != nil {
		return err
	}
	return p.run.(hoister).setHoists(rows)
}

type hoister interface{ setHoists(rows [][]float64) error }

// Losses writes the unweighted loss of every residual to dst.
func (p *Program) Losses(dst, theta, fixed []float64) error {
	if err := p.run.eval(variant{kind: vLosses}, theta, fixed, nil, nil, p.lossSums(nil), nil); err != nil {
		return err
	}
	p.finishLosses(dst)
	return nil
}

// Gradient writes Σ_i w_i ∂L_i/∂θ to dst, of length Layout.Len, and the unweighted losses to losses.
func (p *Program) Gradient(dst, theta, fixed, w, losses []float64) error {
	seeds := make([]float64, p.Len())
	for i := range seeds {
		seeds[i] = w[i] * p.factors[i]
	}
	clear(dst)
	if err := p.run.eval(variant{kind: vGradient}, theta, fixed, seeds, nil, p.lossSums(dst), nil); err != nil {
		return err
	}
	p.finishLosses(losses)
	return nil
}

// AddGradient is Gradient, but adds to dst.
func (p *Program) AddGradient(dst, theta, fixed, w, losses []float64) error {
	if len(p.grad) != len(dst) {
		p.grad = make([]float64, len(dst))
	}
	if err := p.Gradient(p.grad, theta, fixed, w, losses); err != nil {
		return err
	}
	floats.Add(dst, p.grad)
	return nil
}

// GradientOf writes ∂L_i/∂θ of residual i alone to dst.
func (p *Program) GradientOf(i int, dst, theta, fixed []float64) error {
	clear(dst)
	return p.run.eval(variant{kind: vGradientOf, index: i}, theta, fixed, []float64{p.factors[i]}, nil, [][]float64{dst}, nil)
}

// HVP writes Σ_i w_i (∂²L_i/∂θ²)·v to dst: an exact Hessian-vector product by reverse over reverse.
func (p *Program) HVP(dst, theta, fixed, w, v []float64) error {
	seeds := make([]float64, p.Len())
	for i := range seeds {
		seeds[i] = w[i] * p.factors[i]
	}
	clear(dst)
	return p.run.eval(variant{kind: vHVP}, theta, fixed, seeds, v, [][]float64{dst}, nil)
}

// Residuals writes the values of residual i to dst, Points×Dim(i), row by row.
func (p *Program) Residuals(i int, dst, theta, fixed []float64) error {
	if len(dst) != p.n*p.Dim(i) {
		return fmt.Errorf("compiler: %d places for %d residuals", len(dst), p.n*p.Dim(i))
	}
	rows := make([][]float64, p.Len())
	rows[i] = dst
	return p.run.eval(variant{kind: vRows, index: i}, theta, fixed, nil, nil, nil, rows[i:i+1])
}

// lossSums are the places for a sweep's sums: first the losses, one row each, then dst.
func (p *Program) lossSums(dst []float64) [][]float64 {
	var sums [][]float64
	for i := range p.group.Residuals {
		for len(p.comp.sums) <= i {
			p.comp.sums = append(p.comp.sums, make([]float64, p.Dim(len(p.comp.sums))))
		}
		sums = append(sums, p.comp.sums[i])
	}
	if dst != nil {
		sums = append(sums, dst)
	}
	return sums
}

func (p *Program) finishLosses(dst []float64) {
	for i := range p.group.Residuals {
		var s float64
		for _, x := range p.comp.sums[i] {
			s += x
		}
		dst[i] = s * p.factors[i]
	}
}

// Finite reports whether every loss is a number.
func Finite(losses []float64) bool {
	for _, l := range losses {
		if math.IsNaN(l) || math.IsInf(l, 0) {
			return false
		}
	}
	return true
}
