package compiler

import (
	"fmt"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/crux-pinn/crux/internal/exec"
	"github.com/crux-pinn/crux/internal/kern"
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
	group     Group
	comp      *compilation
	layout    *Layout
	pool      *exec.Pool
	ownPool   bool
	reference bool // runs on Gorgonia's TapeMachine
	run       runner
	n         int
	factors   []float64 // of each residual's loss
	seeds     []float64
	sums      [][]float64       // places for the losses of a sweep, by component, for those by point, and one for a gradient
	one       [1][]float64      // place for a single result
	grad      []float64         // of AddGradient
	reverse   int               // gradients and products with Hessians so far
	scaled    []float64         // of MulJT
	terms     map[variant][]int // see factorable
	measure   []float64         // weights of the points as a rule of quadrature; nil without
	weights   [][]float64       // of the points in training, by residual; nil without
	own       [][]float64       // memory of those

	rows      [][]float64 // residuals of the latest gradient, of those that are weighted by point, in order
	residuals [][]float64 // the same by residual; nil for the others
}

// runner is the part of a program that depends on the element type.
type runner interface {
	setPoints(b Batch)
	setHoists(rows [][]float64)
	setPointWeights(i int, mu []float64)
	jacobian(i, from int, dst, theta, fixed []float64) error
	gaussNewton(a, theta, fixed, w []float64) error
	kernel(k []float64, ldk int, programs []*Program, theta, fixed []float64, w [][]float64, only func(Entry) bool) error
	kernelWork(programs []*Program) (float64, error)
	eval(v variant, o operands) error
	build(v variant) (*built, error)
	graphs() int
	kernelVariants() ([]variant, error)
	work(v variant) (Work, error)
}

// operands are what one evaluation reads and writes. What a variant does not use is nil.
type operands struct {
	theta, fixed []float64
	seeds        []float64   // one for each residual
	tangents     []float64   // a direction in the space of θ
	cotangents   [][]float64 // one for each residual: a value for every component of every point
	sums, rows   [][]float64 // results
}

// Len is the number of residuals.
func (p *Program) Len() int { return len(p.group.Residuals) }

// Points is the number of points set last.
func (p *Program) Points() int { return p.n }

// Dim is the number of components of residual i.
func (p *Program) Dim(i int) int { return p.comp.trace.roots[i].dim }

// Ahead is how many numbers SetPoints keeps for each point: values that depend on the points and on frozen parameters alone.
func (p *Program) Ahead() int {
	n := 0
	for _, h := range p.comp.trace.hoists {
		n += h.dim
	}
	return n
}

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
	case len(fixed) != p.layout.FixedLen():
		return fmt.Errorf("compiler: group %q: %d fixed parameters, there are %d", p.group.Name, len(fixed), p.layout.FixedLen())
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
	p.n = b.N
	p.quadrature(b.Weights)
	for i, r := range p.group.Residuals {
		p.factors[i] = r.Loss.factor(p.Dim(i), total)
	}
	p.run.setPoints(b)
	p.makeRows()
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
	if err := p.run.eval(variant{kind: vHoists}, operands{fixed: fixed, rows: rows}); err != nil {
		return err
	}
	p.run.setHoists(rows)
	return nil
}

// Losses writes the unweighted loss of every residual to dst.
func (p *Program) Losses(dst, theta, fixed []float64) error {
	if err := p.check(theta, fixed, size{"losses", len(dst), p.Len()}); err != nil {
		return err
	}
	if err := p.run.eval(variant{kind: vLosses}, operands{theta: theta, fixed: fixed, sums: p.places(nil)}); err != nil {
		return err
	}
	p.finishLosses(dst)
	return nil
}

// Gradient writes Σ_i w_i ∂L_i/∂θ to dst, of length Layout.Len, and the unweighted losses to losses. The gradient is that of
// losses with the weights of the points, if there are any: see SetPointWeights.
func (p *Program) Gradient(dst, theta, fixed, w, losses []float64) error {
	if err := p.check(theta, fixed, size{"weights", len(w), p.Len()}, size{"losses", len(losses), p.Len()}, p.gradientSize(dst)); err != nil {
		return err
	}
	clear(dst)
	p.reverse++
	if err := p.run.eval(variant{kind: vGradient}, operands{
		theta: theta, fixed: fixed, seeds: p.seed(w), sums: p.places(dst),
		rows: p.rows,
	}); err != nil {
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

// GradientOf writes ∂L_i/∂θ of residual i alone to dst, without weights of the points.
func (p *Program) GradientOf(i int, dst, theta, fixed []float64) error {
	if err := p.check(theta, fixed, p.index(i), p.gradientSize(dst)); err != nil {
		return err
	}
	clear(dst)
	p.one[0] = dst
	p.reverse++
	return p.run.eval(variant{kind: vGradientOf, index: i}, operands{theta: theta, fixed: fixed, seeds: p.factors[i : i+1], sums: p.one[:]})
}

// HVP writes Σ_i w_i (∂²L_i/∂θ²)·v to dst: an exact Hessian-vector product by reverse over reverse, without weights of the
// points.
func (p *Program) HVP(dst, theta, fixed, w, v []float64) error {
	return p.product(vHVP, dst, theta, fixed, w, v)
}

// TrainingHVP is HVP with the weights of the points, for residuals that are ByPoint: the Hessian that belongs to AddGradient.
func (p *Program) TrainingHVP(dst, theta, fixed, w, v []float64) error {
	return p.product(p.trainingHVP(), dst, theta, fixed, w, v)
}

// trainingHVP is the variant of TrainingHVP.
func (p *Program) trainingHVP() variantKind {
	if slices.ContainsFunc(p.group.Residuals, func(r Residual) bool { return r.ByPoint }) {
		return vTrainingHVP
	}
	return vHVP
}

func (p *Program) product(kind variantKind, dst, theta, fixed, w, v []float64) error {
	direction := size{"entries of the direction", len(v), p.layout.Len()}
	if err := p.check(theta, fixed, size{"weights", len(w), p.Len()}, direction, p.gradientSize(dst)); err != nil {
		return err
	}
	clear(dst)
	p.one[0] = dst
	p.reverse++
	return p.run.eval(variant{kind: kind}, operands{theta: theta, fixed: fixed, seeds: p.seed(w), tangents: v, sums: p.one[:]})
}

// Residuals writes the values of residual i to dst, Points×Dim(i), row by row.
func (p *Program) Residuals(i int, dst, theta, fixed []float64) error {
	if err := p.check(theta, fixed, p.index(i)); err != nil {
		return err
	}
	if want := p.n * p.Dim(i); len(dst) != want {
		return fmt.Errorf("compiler: %d places for %d residuals", len(dst), want)
	}
	p.one[0] = dst
	return p.run.eval(variant{kind: vRows, index: i}, operands{theta: theta, fixed: fixed, rows: p.one[:]})
}

// Reverse is how many gradients and products with Hessians the program has computed.
func (p *Program) Reverse() int { return p.reverse }

// Work is what one evaluation of the gradient costs.
type Work struct {
	Flops int // floating-point operations of the matrix products for each point, two for a multiplication and an addition
	Bytes int // memory of one worker, whatever the number of points
	Chunk int // points that a worker takes at a time
}

// Work plans the gradient, if it has not been evaluated yet, and says what it costs.
func (p *Program) Work() (Work, error) { return p.run.work(variant{kind: vGradient}) }

// size is an expectation about a length, checked by check; without a name it is a condition.
type size struct {
	what      string
	got, want int
}

func (p *Program) gradientSize(dst []float64) size {
	return size{"places for the gradient", len(dst), p.layout.Len()}
}

// index returns a size that always matches if residual i exists, and one that fails check otherwise.
func (p *Program) index(i int) size {
	if i < 0 || i >= p.Len() {
		return size{"as the index of a residual", i, p.Len()}
	}
	return size{}
}

func (p *Program) check(theta, fixed []float64, sizes ...size) error {
	if p.n == 0 {
		return fmt.Errorf("compiler: group %q: SetPoints comes first", p.group.Name)
	}
	for _, s := range sizes {
		if s.got != s.want {
			return fmt.Errorf("compiler: group %q: %d %s, there are %d", p.group.Name, s.got, s.what, s.want)
		}
	}
	if len(theta) != p.layout.Len() {
		return fmt.Errorf("compiler: group %q: %d parameters, there are %d", p.group.Name, len(theta), p.layout.Len())
	}
	if len(fixed) != p.layout.FixedLen() {
		return fmt.Errorf("compiler: group %q: %d fixed parameters, there are %d", p.group.Name, len(fixed), p.layout.FixedLen())
	}
	return nil
}

// seed is the derivative of the weighted sum of losses with respect to the sums over points.
func (p *Program) seed(w []float64) []float64 {
	for i := range p.seeds {
		p.seeds[i] = w[i] * p.factors[i]
	}
	return p.seeds
}

// places are where a sweep puts its sums: first the losses, one row each, then those with weights of the points, then dst.
func (p *Program) places(dst []float64) [][]float64 {
	last := len(p.sums) - 1
	p.sums[last] = dst
	if dst == nil {
		return p.sums[:last]
	}
	return p.sums
}

func (p *Program) finishLosses(dst []float64) {
	for i := range dst {
		dst[i] = kern.Sum(p.sums[i]) * p.factors[i]
	}
}
