package crux

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/compiler"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/optim"
)

// plan is the problem compiled for one stage: its programs, and what is computed with them at the parameters and points of the
// progress that has been made.
type plan struct {
	*statement
	*progress
	stage   *Stage
	method  optim.Method
	vector  *optim.Vector // θ, by which methods know it; with another one they start over
	groups  []*group      // those that train
	resting []*group      // those without points in the stage: theirs are those of an earlier one
	ofSet   []*group      // all of them
	byPoint []*pointWeights
	weights []float64 // of the step
	obj     *objective
	parts   map[string]*Part // by the parameters that they select
}

// group is a point set with the residuals on it.
type group struct {
	*pointSet
	*points
	from    *domain.Points // what they are drawn from in the stage
	program *compiler.Program
	rests   bool
	byPoint bool      // a member has point weights
	rows    []float64 // the gradient of the one member, if there is one, before its weight
	losses  []float64
	trained []float64 // losses with weights of the points
	w       []float64
}

// newPlan compiles a stage at the points that there are, for training with or without weights of points.
func newPlan(s *statement, run *progress, stage *Stage, at []*points, weighted bool) (*plan, error) {
	n := len(s.constraints)
	p := &plan{
		statement: s, progress: run, stage: stage, vector: new(optim.Vector), byPoint: make([]*pointWeights, n), weights: make([]float64, n),
		method: s.methodOf(stage), parts: map[string]*Part{},
	}
	var errs []error
	for j := range s.sets {
		set := &s.sets[j]
		g := &group{pointSet: set, points: at[j], from: stage.points(set.on)}
		if g.rests = g.from == nil; g.rests {
			g.from = set.on
			p.resting = append(p.resting, g)
		} else {
			p.groups = append(p.groups, g)
		}
		p.ofSet = append(p.ofSet, g)
		for _, i := range set.members {
			p.weights[i] = s.constraints[i].weight
			if weighted && !g.rests {
				p.byPoint[i] = newPointWeights(s.problem.Constraints[i], stage)
			}
			g.byPoint = g.byPoint || p.byPoint[i] != nil
		}
		errs = append(errs, p.compile(g))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	p.obj = newObjective(p)
	return p, nil
}

// compile prepares a group for evaluation.
func (p *plan) compile(g *group) (err error) {
	n := len(g.members)
	g.losses, g.trained, g.w = make([]float64, n), make([]float64, n), make([]float64, n)
	if n == 1 && !g.rests {
		g.rows = make([]float64, len(p.theta))
	}
	tc := p.compiler(p.layout)
	if g.program, err = tc.Compile(p.source(g)); err != nil {
		return err
	}
	return g.program.SetPoints(batch(g.cloud), p.fixed)
}

// source is a group as the compiler wants it. What rests is evaluated as it is at any time.
func (p *plan) source(g *group) compiler.Group {
	in := p.stage.in
	if g.rests {
		in = p.stage.everywhere
	}
	cg := schema(g.cloud, p.bounds)
	cg.Name = g.name
	for _, i := range g.members {
		c := p.problem.Constraints[i]
		cg.Residuals = append(cg.Residuals, compiler.Residual{
			Name: p.constraints[i].name, Expr: in(c.Residual), Loss: c.Loss, ByPoint: p.byPoint[i] != nil,
		})
	}
	return cg
}

// group is that of constraint i.
func (p *plan) group(i int) *group { return p.ofSet[p.constraints[i].set] }

// place gives a group other points.
func (p *plan) place(g *group, c *domain.Cloud) error {
	if err := g.program.SetPoints(batch(c), p.fixed); err != nil {
		return err
	}
	g.cloud = c
	for _, i := range g.members {
		if q := p.byPoint[i]; q != nil {
			q.stale = true
		}
	}
	p.obj.forget()
	return nil
}

// refresh recomputes what depends on points and fixed parameters alone.
func (p *plan) refresh() error {
	for _, g := range p.ofSet {
		if err := p.place(g, g.cloud); err != nil {
			return err
		}
	}
	return nil
}

// movePoints puts the points in place that callbacks have set.
func (p *plan) movePoints() error {
	for _, g := range p.ofSet {
		if g.next == nil {
			continue
		}
		if err := p.place(g, g.next); err != nil {
			return err
		}
		g.next = nil
	}
	return nil
}

// resample draws new points where they are due.
func (p *plan) resample() error {
	for _, g := range p.groups {
		if n := g.from.Interval(); n > 0 && p.epoch > 0 && p.epoch%n == 0 {
			if err := g.draw(p.statement, g.pointSet, g.from); err != nil {
				return err
			}
			if err := p.place(g, g.cloud); err != nil {
				return err
			}
		}
	}
	return nil
}

// weigh makes weights of a scheme those of the step.
func (p *plan) weigh(w []float64) error {
	p.leaveResting(w)
	for i, c := range p.constraints {
		if w[i] *= c.weight; !(w[i] >= 0) || math.IsInf(w[i], 0) {
			return fmt.Errorf("crux: step %d: the weight of constraint %q became %v", p.epoch, c.name, w[i])
		}
	}
	if !slices.Equal(w, p.weights) {
		copy(p.weights, w)
		p.obj.forget()
	}
	return nil
}

// leaveResting takes the weights of constraints that have no point in the stage. The others keep their ratios and get the mean
// that all had: a scheme that balances may have given everything to a loss without a gradient.
func (p *plan) leaveResting(w []float64) {
	if len(p.resting) == 0 {
		return
	}
	all, present, n := 0.0, 0.0, 0
	for i := range w {
		all += w[i]
		if !p.group(i).rests {
			present += w[i]
			n++
		}
	}
	if !(present > 0) {
		return
	}
	for i := range w {
		if p.group(i).rests {
			w[i] = 0
			continue
		}
		w[i] *= all / present * float64(n) / float64(len(w))
	}
}

// mean is (1/N) Σ w_i l_i with the weights of the step.
func (p *plan) mean(l []float64) float64 {
	var sum float64
	for i, w := range p.weights {
		sum += w * l[i]
	}
	return sum / float64(len(l))
}

// residuals are the values of residual i at its points: one row for each point, one column for each component.
func (p *plan) residuals(i int) (*mat.Dense, error) {
	if p.closed {
		return nil, errClosed
	}
	g, k := p.group(i), p.constraints[i].index
	out := mat.NewDense(g.program.Points(), g.program.Dim(k), nil)
	return out, g.program.Residuals(k, out.RawMatrix().Data, p.theta, p.fixed)
}

// params is θ's layout for the method.
func (p *plan) params() []optim.Param {
	var ps []optim.Param
	for _, e := range p.layout.Entries() {
		ps = append(ps, optim.Param{Path: e.Path, Offset: e.Offset, Len: e.Len, Shape: e.Shape, Vector: p.vector})
	}
	return ps
}
