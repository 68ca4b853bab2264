package crux

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/compiler"
	"github.com/crux-pinn/crux/domain"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Evaluator computes one expression on one point set, at whatever the parameters are when it is asked.
type Evaluator struct {
	solver  *Solver
	expr    ph.Expr
	single  bool
	trained bool      // as in how
	plan    *plan     // for which the program is compiled
	known   []float64 // fixed parameters, as the program knows them
	program *compiler.Program
	cloud   *domain.Cloud
	layout  *compiler.Layout // of the selected parameters, nil if these are all
	theta   []float64        // scratch for it
	fixed   []float64

	purposes []Purpose // what it will be asked for
}

// refresh compiles the expression again if what it means has changed since, because another stage has begun, and tells the program
// of fixed parameters that have.
func (e *Evaluator) refresh() error {
	s := e.solver
	if s.closed {
		return errClosed
	}
	if e.plan == s.plan && slices.Equal(e.known, s.fixed) {
		return nil
	}
	layout, fixed := s.layout, s.fixed
	if e.layout != nil {
		layout = e.layout
		copy(e.fixed, s.fixed)
		_, fixed = e.parameters()
	}
	if e.plan != s.plan {
		g := schema(e.cloud, s.bounds)
		g.Name, g.Weighted = "eval", false
		expr := s.plan.stage.everywhere(e.expr)
		if e.trained {
			expr = s.plan.stage.in(e.expr)
		}
		g.Residuals = []compiler.Residual{{Name: "expression", Expr: expr}}
		tc := s.compiler(layout)
		tc.Single = e.single
		var err error
		if e.program, err = tc.Compile(g); err == nil {
			err = e.program.Prepare(e.purposes...)
		}
		if err != nil {
			return fmt.Errorf("crux: %w", err)
		}
	}
	e.plan, e.known = s.plan, append(e.known[:0], s.fixed...)
	return e.program.SetPoints(batch(e.cloud), fixed)
}

// parameters are the current ones as the program takes them.
func (e *Evaluator) parameters() (theta, fixed []float64) {
	if e.layout == nil {
		return e.solver.theta, e.solver.fixed
	}
	e.layout.Split(e.theta, e.fixed, e.solver.theta)
	return e.theta, e.fixed
}

// Compile prepares an expression for evaluation on a point set, which is drawn now. The expression may use all fields and
// parameters of the problem and any function of its coordinates.
func (s *Solver) Compile(e ph.Expr, on *domain.Points) (*Evaluator, error) {
	if on == nil {
		return nil, fmt.Errorf("crux: evaluation without points; pass a point set such as box.Grid(101)")
	}
	s.drawn++
	cloud, err := on.Draw(s.Stream(fmt.Sprintf("eval/%d", s.drawn)))
	if err != nil {
		return nil, fmt.Errorf("crux: %w", err)
	}
	return s.compileOn(e, cloud)
}

func (s *Solver) compileOn(e ph.Expr, cloud *domain.Cloud) (*Evaluator, error) {
	return s.compileWith(e, cloud, how{precision: s.options.Precision, purposes: []Purpose{ForResiduals}})
}

// how says how an expression is compiled.
type how struct {
	of        ph.Selector // selects the parameters of which it is a function; nil means all
	precision Precision
	trained   bool // as the stage trains it, and not as the user sees it, with the windows before
	purposes  []Purpose
}

func (s *Solver) compileWith(e ph.Expr, cloud *domain.Cloud, h how) (*Evaluator, error) {
	if s.closed {
		return nil, errClosed
	}
	if e == nil {
		return nil, fmt.Errorf("crux: evaluation of a nil expression")
	}
	if cloud == nil || cloud.Len() == 0 {
		return nil, fmt.Errorf("crux: evaluation without points")
	}
	e = s.In(e)
	if err := s.known(e); err != nil {
		return nil, err
	}
	ev := &Evaluator{solver: s, expr: e, cloud: cloud, single: h.precision == Float32, trained: h.trained, purposes: h.purposes}
	if h.of != nil {
		var err error
		if ev.layout, err = s.layout.Restrict(h.of); err != nil {
			return nil, err
		}
		ev.theta, ev.fixed = make([]float64, ev.layout.Len()), make([]float64, ev.layout.FixedLen())
	}
	if err := ev.refresh(); err != nil {
		return nil, err
	}
	return ev, nil
}

// known reports parameters that are not part of the problem: they have no trained value.
func (s *Solver) known(e ph.Expr) error {
	l, err := compiler.NewLayout(e)
	if err != nil {
		return fmt.Errorf("crux: %w", err)
	}
	for _, x := range append(slices.Clone(l.Entries()), l.FixedEntries()...) {
		if _, ok := s.layout.Find(x.Param); !ok && !x.Param.Fixed() {
			return fmt.Errorf("crux: parameter %q is not part of problem %q, so it has no value", x.Path, s.problem.Name)
		}
	}
	return nil
}

// Points are the points on which the evaluator works.
func (e *Evaluator) Points() *domain.Cloud { return e.cloud }

// Eval computes the expression: one row for each point, one column for each component.
func (e *Evaluator) Eval() (*mat.Dense, error) {
	if err := e.refresh(); err != nil {
		return nil, err
	}
	n, k := e.program.Points(), e.program.Dim(0)
	out := mat.NewDense(n, k, nil)
	theta, fixed := e.parameters()
	return out, e.program.Residuals(0, out.RawMatrix().Data, theta, fixed)
}

// Eval computes an expression on a point set: one row for each point, one column for each component.
func (s *Solver) Eval(e ph.Expr, on *domain.Points) (*mat.Dense, error) {
	ev, err := s.Compile(e, on)
	if err != nil {
		return nil, err
	}
	return ev.Eval()
}

// Value is the current value of a scalar parameter or constant. It is NaN if the problem does not use it, for a constant its own.
func (s *Solver) Value(p *ph.Param) float64 {
	if q := s.inUnits[p]; q != nil {
		p = q
	}
	if e, ok := s.layout.Find(p); ok {
		return s.theta[e.Offset] * s.Unit(p)
	}
	own, ok := p.Constant()
	if !ok {
		return math.NaN()
	}
	if e, fixed, ok := s.layout.Lookup(p.Path()); ok && fixed && e.Param == p {
		return s.fixed[e.Offset]
	}
	return own
}

// Losses are the unweighted losses of all constraints at the current parameters.
func (s *Solver) Losses(ctx context.Context) ([]float64, error) {
	p, err := s.shown()
	if err != nil {
		return nil, err
	}
	if _, err := p.obj.Loss(ctx, s.theta); err != nil {
		return nil, err
	}
	return slices.Clone(p.obj.losses), nil
}

// Gradients is the matrix whose row i is ∂L_i/∂θ of the unweighted loss at the current parameters.
func (s *Solver) Gradients(ctx context.Context) (*mat.Dense, error) {
	p, err := s.shown()
	if err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return p.gradients()
}

// Residuals are the values of a constraint's residual at its points: one row for each point, one column for each component.
func (s *Solver) Residuals(name string) (*mat.Dense, error) {
	p, i, err := s.shownAt(name)
	if err != nil {
		return nil, err
	}
	return p.residuals(i)
}

// Cloud is the set of points on which the named constraint is enforced now.
func (s *Solver) Cloud(name string) (*domain.Cloud, error) {
	p, i, err := s.shownAt(name)
	if err != nil {
		return nil, err
	}
	return p.group(i).cloud, nil
}

// shownAt is the plan by which the solver is evaluated, and the index of a constraint.
func (s *Solver) shownAt(name string) (*plan, int, error) {
	i, err := s.indices(name)
	if err != nil {
		return nil, 0, err
	}
	p, err := s.shown()
	return p, i[0], err
}

// History is a copy of the losses of all steps so far.
func (s *Solver) History() History { return s.history.clone() }

// Epoch is the global step counter: the number of updates made so far.
func (s *Solver) Epoch() int { return s.epoch }
