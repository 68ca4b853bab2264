package crux

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/crux-pinn/crux/compiler"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/exec"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
)

// statement is a problem as it was stated, checked. It never changes.
type statement struct {
	problem     Problem                 // its residuals in terms of networks, divided by their scales
	fields      map[*ph.Field]ph.Expr   // what they stand for, in terms of networks
	inUnits     map[*ph.Param]*ph.Param // what is trained in the place of numbers with units
	options     Options
	constraints []constraint
	sets        []pointSet
	bounds      map[*ph.Coord][2]float64
	layout      *compiler.Layout
	pool        *exec.Pool
	listed      []*Stage  // by the options
	noun        string    // what these are, for the user
	ends        []float64 // of windows of time: where they begin, and where the last one ends
	values      []float64 // of the constant in each lesson
}

type constraint struct {
	name   string
	key    string  // under which its loss is recorded
	stated ph.Expr // its residual before that is divided by the scale
	weight float64
	set    int
	index  int    // among those of the set
	fresh  []byte // state of its point scheme before the first step
}

// pointSet is the constraints on one point set.
type pointSet struct {
	name    string // of the first of them in the alphabet
	on      *domain.Points
	members []int
}

// newStatement checks a problem.
func newStatement(p Problem, o Options) (*statement, error) {
	s := &statement{problem: p, options: o, bounds: map[*ph.Coord][2]float64{}, noun: "stages"}
	s.problem.Constraints = slices.Clone(p.Constraints)
	if len(p.Constraints) == 0 {
		return nil, errors.New("no constraints; a problem needs at least one residual on a point set")
	}
	if o.Workers < 0 {
		return nil, fmt.Errorf("Options.Workers is %d; 0 means one for each core", o.Workers)
	}
	if q := o.Precision; q != Float64 && q != Float32 {
		return nil, fmt.Errorf("Options.Precision is %d; take Float64 or Float32", q)
	}
	if i := slices.Index(o.Recorders, nil); i >= 0 {
		return nil, fmt.Errorf("Options.Recorders: recorder %d is nil", i+1)
	}
	if s.options.Method == nil {
		s.options.Method = &optim.Adam{}
	}
	var err error
	if s.fields, err = standing(p.Fields); err != nil {
		return nil, err
	}
	errs := []error{s.setUnits()}
	byPoints := map[*domain.Points]int{}
	for i, c := range p.Constraints {
		s.scale(i, c.Residual, c.Scale)
		k, err := s.check(c)
		if err != nil {
			errs = append(errs, err)
		}
		if c.On == nil || c.On.Err() != nil {
			s.constraints = append(s.constraints, k)
			continue
		}
		j, ok := byPoints[c.On]
		if !ok {
			j = len(s.sets)
			byPoints[c.On] = j
			s.sets = append(s.sets, pointSet{name: k.name, on: c.On})
			s.widen(c.On)
		}
		set := &s.sets[j]
		// Points that are shared are drawn from the same stream whatever the order of the constraints.
		set.name = min(set.name, k.name)
		k.set, k.index = j, len(set.members)
		set.members = append(set.members, i)
		s.constraints = append(s.constraints, k)
	}
	return s, errors.Join(errs...)
}

// check reports all mistakes in the next constraint.
func (s *statement) check(c Constraint) (constraint, error) {
	k := constraint{name: cmp.Or(c.Name, strconv.Itoa(len(s.constraints))), stated: c.Residual, weight: cmp.Or(c.Weight, 1)}
	k.key = "loss/" + k.name
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("constraint %q: "+format, append([]any{k.name}, args...)...))
	}
	if slices.ContainsFunc(s.constraints, func(o constraint) bool { return o.name == k.name }) {
		bad("another constraint has this name")
	}
	if !(k.weight > 0) || k.weight*2 == k.weight {
		bad("weight %v; it must be positive and finite", c.Weight)
	}
	if sc := c.Scale; sc != 0 && (!(sc > 0) || sc*2 == sc || math.IsInf(1/sc, 0)) {
		bad("scale %v; it must be positive and finite", sc)
	}
	if c.Scale != 0 && c.MeasureScale {
		bad("Scale is given, and is to be measured; leave out one of the two")
	}
	switch {
	case c.Residual == nil:
		bad("no residual")
	case s.In(c.Residual).Err() != nil:
		bad("%w", s.In(c.Residual).Err())
	}
	switch {
	case c.On == nil:
		bad("no point set; give one with On, such as box.Interior(1000)")
	case c.On.Err() != nil:
		bad("%w", c.On.Err())
	default:
		if err := s.checkPointScheme(c, &k); err != nil {
			bad("%w", err)
		}
	}
	return k, errors.Join(errs...)
}

// widen makes the bounds of the coordinates those of all point sets.
func (s *statement) widen(on *domain.Points) {
	lo, hi := on.Bounds()
	for j, x := range on.Coords() {
		b, ok := s.bounds[x]
		if !ok {
			b = [2]float64{lo[j], hi[j]}
		}
		s.bounds[x] = [2]float64{min(b[0], lo[j]), max(b[1], hi[j])}
	}
}

// setLayout gives the parameters of all stages their places. Those of the last one come first: it knows what the others have left.
func (s *statement) setLayout() (err error) {
	var exprs []ph.Expr
	for _, stage := range []*Stage{s.listed[len(s.listed)-1], s.listed[0]} {
		for _, c := range s.problem.Constraints {
			exprs = append(exprs, stage.everywhere(c.Residual))
		}
		for _, p := range slices.SortedFunc(maps.Keys(stage.Values), func(a, b *ph.Param) int { return strings.Compare(a.Path(), b.Path()) }) {
			exprs = append(exprs, p)
		}
	}
	if s.layout, err = compiler.NewLayout(exprs...); err != nil {
		return err
	}
	if s.layout.Len() == 0 {
		return errors.New("no trainable parameter appears in any residual; use a field or a parameter in one")
	}
	return nil
}

// compiler compiles as the options say, for parameters of a layout.
func (s *statement) compiler(l *compiler.Layout) compiler.TraceCompiler {
	return compiler.TraceCompiler{Pool: s.pool, Layout: l, Single: s.options.Precision == Float32, Reference: s.options.Reference}
}

// Names are the names of the constraints, in order.
func (s *statement) Names() []string {
	names := make([]string, len(s.constraints))
	for i, c := range s.constraints {
		names[i] = c.name
	}
	return names
}

// Bounds are the limits of a coordinate over all point sets, by which networks normalise their input.
func (s *statement) Bounds(c *ph.Coord) (lo, hi float64, ok bool) {
	b, ok := s.bounds[c]
	return b[0], b[1], ok
}
