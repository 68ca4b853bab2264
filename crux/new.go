package crux

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"strconv"

	"github.com/crux-pinn/crux/compiler"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/claim"
	"github.com/crux-pinn/crux/internal/exec"
	"github.com/crux-pinn/crux/internal/seed"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Solver trains the networks and parameters of one problem and evaluates the result. It is not safe for concurrent use.
type Solver struct {
	problem    Problem
	stated     []ph.Expr // residuals before they are divided by their scales
	options    Options
	method     optim.Method
	cons       []constraint
	groups     []*group
	layout     *compiler.Layout
	bounds     map[*ph.Coord][2]float64
	pool       *exec.Pool
	theta      []float64
	fixed      []float64
	weights    []float64
	losses     []float64 // of the latest step
	stepped    bool      // there was one
	closed     bool
	epoch      int
	history    History
	rows       rows      // of the history
	step       Step      // as hooks see it
	weighed    []float64 // by the scheme, of the step
	obj        *objective
	evals      int
	parts      map[string]*Part // by the parameters that they select
	version    int              // of the fixed parameters and of what the unknowns are: programs of an older one are compiled again
	stages     *stages          // nil if the run is of one piece
	march      *march           // nil without windows
	curriculum *curriculum      // nil without one
	apart      bool             // the groups are those of the whole, for evaluation
	run        *claim.Run       // whose callbacks and schemes are this solver's
	vector     *optim.Vector    // θ, by which methods know it
}

type constraint struct {
	name   string
	group  int
	index  int // within the group's program
	weight float64
	points *pointWeights // nil without a point scheme
}

// group is the constraints of one point set.
type group struct {
	name    string
	on      *domain.Points   // in the window, with windows
	whole   *domain.Points   // everywhere
	parts   []*domain.Points // in each window, nil where there is none; nil without windows
	absent  bool             // there is none in this window: the points are those of an earlier one, and do not train
	members []int
	program *compiler.Program
	sampled *compiler.Program // the same at some of the points, if a method has asked for it
	cloud   *domain.Cloud
	next    *domain.Cloud // points of the next step, if a callback has set them
	draws   int
	rows    []float64 // the gradient of the one member, if there is one, before its weight
	losses  []float64
	trained []float64 // losses with weights of the points
	byPoint bool      // a member has some
	w       []float64
}

// New checks and compiles a problem and draws its parameters and points. All mistakes are reported together, in order,
// each with the place where it was made.
func New(p Problem, o Options) (*Solver, error) {
	p.Constraints = slices.Clone(p.Constraints)
	s := &Solver{problem: p, options: o, method: o.Method, run: new(claim.Run), vector: new(optim.Vector)}
	for i, c := range p.Constraints {
		s.stated = append(s.stated, c.Residual)
		p.Constraints[i].Residual = c.Scaled()
	}
	if s.method == nil {
		s.method = &optim.Adam{}
	}
	if err := s.setUp(); err != nil {
		s.Close()
		return nil, problemError(p.Name, err)
	}
	return s, nil
}

// problemError lists all joined errors under one headline.
func problemError(name string, err error) error {
	var list []error
	var flatten func(error)
	flatten = func(err error) {
		if j, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // the joined form itself is wanted
			for _, e := range j.Unwrap() {
				flatten(e)
			}
			return
		}
		list = append(list, err)
	}
	flatten(err)
	seen := map[string]bool{}
	list = slices.DeleteFunc(list, func(e error) bool {
		dup := seen[e.Error()]
		seen[e.Error()] = true
		return dup
	})
	return &ProblemError{Problem: name, Errors: list}
}

// ProblemError holds all mistakes found in a problem.
type ProblemError struct {
	Problem string
	Errors  []error
}

func (e *ProblemError) Error() string {
	n := fmt.Sprintf("%d errors", len(e.Errors))
	if len(e.Errors) == 1 {
		return fmt.Sprintf("crux: problem %q: %v", e.Problem, e.Errors[0])
	}
	s := fmt.Sprintf("crux: problem %q: %s", e.Problem, n)
	for _, x := range e.Errors {
		s += "\n  " + x.Error()
	}
	return s
}

// Unwrap gives errors.Is and errors.As access to the mistakes.
func (e *ProblemError) Unwrap() []error { return e.Errors }

func (s *Solver) setUp() error {
	if len(s.problem.Constraints) == 0 {
		return errors.New("no constraints; a problem needs at least one residual on a point set")
	}
	if s.options.Workers < 0 {
		return fmt.Errorf("Options.Workers is %d; 0 means one for each core", s.options.Workers)
	}
	if p := s.options.Precision; p != Float64 && p != Float32 {
		return fmt.Errorf("Options.Precision is %d; take Float64 or Float32", p)
	}
	if i := slices.IndexFunc(s.options.Recorders, func(r Recorder) bool { return isNil(r) }); i >= 0 {
		return fmt.Errorf("Options.Recorders: recorder %d is nil", i+1)
	}
	if err := s.group(); err != nil {
		return err
	}
	if s.options.Curriculum != nil {
		if err := s.setUpCurriculum(); err != nil {
			return err
		}
	}
	if s.options.Windows != nil {
		if err := s.setUpWindows(); err != nil {
			return err
		}
	}
	var exprs []ph.Expr
	for _, c := range s.problem.Constraints {
		exprs = append(exprs, c.Residual)
	}
	if m := s.march; m != nil { // those of the last window know the parameters of all
		for i := range exprs {
			exprs[i] = m.in(exprs[i], m.last(), true)
		}
		exprs = append(exprs, m.index)
	}
	var err error
	if s.layout, err = compiler.NewLayout(exprs...); err != nil {
		return err
	}
	if s.layout.Len() == 0 {
		return errors.New("no trainable parameter appears in any residual; use a field or a parameter in one")
	}
	s.theta, s.fixed = make([]float64, s.layout.Len()), make([]float64, s.layout.FixedLen())
	s.layout.Initialize(s.theta, s.fixed, func(path string) *rand.Rand { return s.Stream("init/" + path) })
	s.pool = exec.NewPool(s.options.Workers)
	var errs []error
	for _, g := range s.groups {
		errs = append(errs, s.compile(g))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	s.weights, s.losses, s.weighed = make([]float64, len(s.cons)), make([]float64, len(s.cons)), make([]float64, len(s.cons))
	for i, c := range s.cons {
		s.weights[i] = c.weight
	}
	s.obj = newObjective(s)
	return s.keepFresh()
}

// group collects the constraints of each point set and the bounds of the coordinates.
func (s *Solver) group() error {
	var errs []error
	byPoints := map[*domain.Points]int{}
	names := map[string]bool{}
	s.bounds = map[*ph.Coord][2]float64{}
	for i, c := range s.problem.Constraints {
		k := constraint{name: c.Name, weight: c.Weight}
		if k.name == "" {
			k.name = strconv.Itoa(i)
		}
		if k.weight == 0 {
			k.weight = 1
		}
		bad := func(format string, args ...any) {
			errs = append(errs, fmt.Errorf("constraint %q: "+format, append([]any{k.name}, args...)...))
		}
		if names[k.name] {
			bad("another constraint has this name")
		}
		names[k.name] = true
		if !(k.weight > 0) || k.weight*2 == k.weight {
			bad("weight %v; it must be positive and finite", c.Weight)
		}
		if sc := c.Scale; sc != 0 && (!(sc > 0) || sc*2 == sc || math.IsInf(1/sc, 0)) {
			bad("scale %v; it must be positive and finite", sc)
			continue // the residual is mistaken for that reason alone
		}
		switch {
		case c.Residual == nil:
			bad("no residual")
		case c.Residual.Err() != nil:
			errs = append(errs, fmt.Errorf("constraint %q: %w", k.name, c.Residual.Err()))
		}
		if c.On == nil {
			bad("no point set; give one with On, such as box.Interior(1000)")
			continue
		}
		if err := c.On.Err(); err != nil {
			errs = append(errs, fmt.Errorf("constraint %q: %w", k.name, err))
			continue
		}
		g, ok := byPoints[c.On]
		if !ok {
			g = len(s.groups)
			byPoints[c.On] = g
			s.groups = append(s.groups, &group{name: k.name, on: c.On, whole: c.On})
			lo, hi := c.On.Bounds()
			for j, x := range c.On.Coords() {
				b, ok := s.bounds[x]
				if !ok {
					b = [2]float64{lo[j], hi[j]}
				}
				s.bounds[x] = [2]float64{min(b[0], lo[j]), max(b[1], hi[j])}
			}
		}
		var err error
		if k.points, err = s.pointScheme(c); err != nil {
			bad("%w", err)
		}
		// Points that are shared are drawn from the same stream whatever the order of the constraints.
		s.groups[g].name = min(s.groups[g].name, k.name)
		k.group, k.index = g, len(s.groups[g].members)
		s.groups[g].members = append(s.groups[g].members, i)
		s.groups[g].byPoint = s.groups[g].byPoint || k.points != nil
		s.cons = append(s.cons, k)
	}
	return errors.Join(errs...)
}

func (s *Solver) compile(g *group) error {
	cloud, err := s.draw(g)
	if err != nil {
		return err
	}
	g.cloud = cloud
	if err := s.compileGroup(g); err != nil {
		return err
	}
	n := len(g.members)
	g.losses, g.trained, g.w = make([]float64, n), make([]float64, n), make([]float64, n)
	if n == 1 {
		g.rows = make([]float64, len(s.theta))
	}
	return s.setCloud(g, cloud)
}

// compileGroup compiles the residuals of a group as they are now, for points like its own.
func (s *Solver) compileGroup(g *group) (err error) {
	g.program, err = s.residualsOf(g)
	g.sampled = nil // of other residuals
	return err
}

// residualsOf is a program of the residuals of a group as they are now.
func (s *Solver) residualsOf(g *group) (*compiler.Program, error) {
	tc := s.compiler(s.layout)
	return tc.Compile(s.statement(g))
}

// compiler compiles as the options say, for parameters of a layout.
func (s *Solver) compiler(l *compiler.Layout) compiler.TraceCompiler {
	return compiler.TraceCompiler{Pool: s.pool, Layout: l, Single: s.options.Precision == Float32, Reference: s.options.Reference}
}

// statement is a group as the compiler wants it.
func (s *Solver) statement(g *group) compiler.Group {
	cg := schema(g.cloud, s.bounds)
	cg.Name = g.name
	for _, i := range g.members {
		c := s.problem.Constraints[i]
		cg.Residuals = append(cg.Residuals, compiler.Residual{
			Name: s.cons[i].name, Expr: s.now(c.Residual, g.absent || s.apart), Loss: c.Loss, ByPoint: s.cons[i].points != nil && !s.apart,
		})
	}
	return cg
}

// schema is what the compiler needs to know of a cloud.
func schema(c *domain.Cloud, bounds map[*ph.Coord][2]float64) compiler.Group {
	g := compiler.Group{Coords: c.Coords, Normals: c.Normals != nil, Weighted: c.Weights != nil, Bounds: bounds}
	for name := range c.Columns {
		g.Columns = append(g.Columns, name)
	}
	sort.Strings(g.Columns)
	return g
}

func batch(c *domain.Cloud) compiler.Batch {
	return compiler.Batch{N: c.Len(), X: c.X, Normals: c.Normals, Columns: c.Columns, Weights: c.Weights}
}

// draw draws the next set of points of a group from its own stream.
func (s *Solver) draw(g *group) (*domain.Cloud, error) {
	cloud, err := g.on.Draw(s.Stream(fmt.Sprintf("points/%s/%d", g.name, g.draws)))
	if err != nil {
		return nil, fmt.Errorf("constraint %q: %w", g.name, err)
	}
	g.draws++
	return cloud, nil
}

func (s *Solver) setCloud(g *group, c *domain.Cloud) error {
	if err := g.program.SetPoints(batch(c), s.fixed); err != nil {
		return err
	}
	g.cloud = c
	for _, i := range g.members {
		if q := s.cons[i].points; q != nil {
			q.stale = true
		}
	}
	return nil
}

// movePoints puts the points in place that callbacks have set.
func (s *Solver) movePoints() error {
	for _, g := range s.groups {
		if g.next == nil {
			continue
		}
		if err := s.setCloud(g, g.next); err != nil {
			return err
		}
		g.next = nil
		s.obj.forget()
	}
	return nil
}

// sameSchema reports how the points b fail to provide what the points a do.
func sameSchema(a, b *domain.Cloud) error {
	if b == nil || b.Len() == 0 {
		return errors.New("there are none")
	}
	if !slices.Equal(a.Coords, b.Coords) {
		return errors.New("they have other coordinates")
	}
	n, d := b.Len(), len(b.Coords)
	if len(b.X) != n*d || a.Normals != nil && len(b.Normals) != n*d || a.Weights != nil && len(b.Weights) != n {
		return fmt.Errorf("%d points of %d coordinates with %d coordinates, %d normals and %d weights", n, d, len(b.X), len(b.Normals), len(b.Weights))
	}
	for name := range a.Columns {
		if len(b.Columns[name]) != n {
			return fmt.Errorf("column %q has %d entries for %d points", name, len(b.Columns[name]), n)
		}
	}
	return nil
}

// Stream returns the solver's random stream of a purpose; see Options.Seed.
func (s *Solver) Stream(name string) *rand.Rand { return seed.Stream(s.options.Seed, name) }

var errClosed = errors.New("crux: the solver is closed; call Close when all evaluations are done")

// Close ends the solver's workers. The solver computes nothing afterwards: that is an error.
func (s *Solver) Close() error {
	s.closed = true
	if s.pool != nil {
		s.pool.Close()
	}
	return nil
}

func sortedKeys[V any](m map[string]V) []string {
	ks := make([]string, 0, len(m))
	for k := range m {
		ks = append(ks, k)
	}
	sort.Strings(ks)
	return ks
}
