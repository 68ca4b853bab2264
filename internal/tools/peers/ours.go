package main

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"time"

	"github.com/crux-pinn/crux/compiler"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/pointwise"
	"github.com/crux-pinn/crux/internal/problemfile"
	ph "github.com/crux-pinn/crux/placeholder"
)

// ours is crux's side of a row.
type ours struct {
	row     row
	cloud   *domain.Cloud
	problem *problemfile.Problem
	solver  *crux.Solver // of steps
	program *compiler.Program
	theta   []float64
	v       []float64 // direction of Hessian-vector products
	first   time.Duration
	dst     []float64
	loss    float64
	answer  []float64
	flops   float64 // of matrix products in one gradient
}

// newOurs compiles a row; first is the time from the expressions to the end of the first step, the median of five.
func newOurs(r row) (*ours, error) {
	o := &ours{row: r}
	var starts []time.Duration
	for range 5 {
		if o.solver != nil {
			o.solver.Close() //nolint:errcheck // it only ends workers
		}
		var err error
		if o.problem, err = r.problem(); err != nil {
			return nil, err
		}
		begin := time.Now()
		if o.solver, err = o.problem.New(); err != nil {
			return nil, err
		}
		o.theta = o.solver.Theta()
		if _, err := o.solver.Solve(context.Background(), 1); err != nil {
			return nil, err
		}
		starts = append(starts, time.Since(begin))
	}
	slices.Sort(starts)
	o.first = starts[len(starts)/2]
	var err error
	if o.cloud, err = o.solver.Cloud("on.r0"); err != nil {
		return nil, err
	}
	// biases away from zero, so that every derivative is seen
	rng := rand.New(rand.NewPCG(3, 4))
	o.v = make([]float64, len(o.theta))
	for i := range o.theta {
		o.theta[i] += 0.05 * rng.NormFloat64()
		o.v[i] = rng.NormFloat64()
	}
	return o, o.compute()
}

// compute finds the loss and the answer of a row on the weights that both sides share.
func (o *ours) compute() error {
	g := compiler.Group{Name: "row", Coords: o.cloud.Coords, Bounds: map[*ph.Coord][2]float64{}}
	for _, x := range o.cloud.Coords {
		g.Bounds[x] = [2]float64{-1, 1}
	}
	for _, c := range o.problem.Crux.Constraints {
		g.Residuals = append(g.Residuals, compiler.Residual{Name: c.Name, Expr: c.Residual})
	}
	tc := compiler.TraceCompiler{Single: o.row.single}
	var err error
	if o.program, err = tc.Compile(g); err != nil {
		return err
	}
	if err := o.program.SetPoints(compiler.Batch{N: o.cloud.Len(), X: o.cloud.X}, nil); err != nil {
		return err
	}
	work, err := o.program.Work()
	if err != nil {
		return err
	}
	o.flops = float64(work.Flops) * float64(o.cloud.Len())
	if o.row.work != "step" {
		o.dst = make([]float64, o.length())
		if err := o.once(); err != nil {
			return err
		}
		o.answer = append([]float64{}, o.dst...)
		if n := o.symmetric(); n > 0 {
			for i := range n {
				for j := range i {
					o.answer[i*n+j] = o.answer[j*n+i]
				}
			}
		}
		return nil
	}
	w, losses := make([]float64, o.program.Len()), make([]float64, o.program.Len())
	for i := range w {
		w[i] = 1 / float64(len(w))
	}
	o.answer = make([]float64, len(o.theta))
	if err := o.program.Gradient(o.answer, o.theta, nil, w, losses); err != nil {
		return err
	}
	for i, l := range losses {
		o.loss += w[i] * l
	}
	return o.solver.SetTheta(o.theta)
}

func (o *ours) length() int {
	if o.row.work == "hvp" {
		return len(o.theta)
	}
	if n := o.symmetric(); n > 0 {
		return n * n
	}
	return len(o.theta) * o.cloud.Len()
}

// symmetric is the number of rows of a result of which crux computes the upper triangle; 0 for others.
func (o *ours) symmetric() int {
	switch o.row.work {
	case "jtj":
		return len(o.theta)
	case "kernel":
		return o.cloud.Len()
	}
	return 0
}

// once does the work of a row that is not a step.
func (o *ours) once() error {
	switch o.row.work {
	case "hvp":
		return o.program.HVP(o.dst, o.theta, nil, []float64{1}, o.v)
	case "jtj": // of the residuals as they are: the weight undoes the factor of the mean square
		clear(o.dst)
		return o.program.AddGaussNewton(o.dst, o.theta, nil, []float64{float64(o.cloud.Len()) / 2})
	case "kernel":
		return compiler.Kernel(o.dst, []*compiler.Program{o.program}, o.theta, nil, nil, nil)
	}
	return o.program.Jacobian(0, o.dst, o.theta, nil)
}

// run repeats the work and returns the seconds of one.
func (o *ours) run(reps int) (float64, error) {
	if o.row.work == "step" {
		return stepSeconds(o.solver, reps)
	}
	t := time.Now()
	for range reps {
		if err := o.once(); err != nil {
			return 0, err
		}
	}
	return time.Since(t).Seconds() / float64(reps), nil
}

func (o *ours) close() {
	o.program.Close() //nolint:errcheck // it only ends workers
	o.solver.Close()  //nolint:errcheck
}

// write gives the peer points, source, weights and direction.
func (o *ours) write(dir string) error {
	source := pointwise.Function(o.problem.Env.Names["f"], o.cloud.Coords)
	f := make([]float64, o.cloud.Len())
	for i := range f {
		source(f[i:i+1], o.cloud.Row(i))
	}
	for name, x := range map[string][]float64{"x": o.cloud.X, "f": f, "theta": o.theta, "v": o.v} {
		if err := writeFloats(filepath.Join(dir, name), x); err != nil {
			return err
		}
	}
	return nil
}

// stepSeconds trains for the given number of steps, from the end of a first one on, and returns the seconds of one.
func stepSeconds(s *crux.Solver, steps int, with ...crux.Callback) (float64, error) {
	c := &clock{}
	_, err := s.Solve(context.Background(), steps+1, append(slices.Clone(with), c)...)
	return c.last.Sub(c.first).Seconds() / float64(steps), err
}

// clock notes when steps are seen: from the first to the last lie whole steps, without what a call of Solve adds.
type clock struct{ first, last time.Time }

func (c *clock) OnSolveBegin(context.Context, *crux.Run) error { return nil }

func (c *clock) OnStep(context.Context, *crux.Step) error {
	c.last = time.Now()
	if c.first.IsZero() {
		c.first = c.last
	}
	return nil
}
