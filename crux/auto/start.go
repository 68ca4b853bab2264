package auto

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Start is where training begins other than at random: what another solver has found, of the same problem with other networks, or of
// another problem.
type Start struct {
	From    *crux.Solver
	Name    string                  // what From is called in what is said of it
	Fields  map[*ph.Field]*ph.Field // functions, and which of From they begin as; coordinates are the same if their names are
	Numbers map[*ph.Param]*ph.Param // unknown numbers, likewise
	Domain  domain.Domain           // where functions are compared: that of the problem
}

const (
	startPoints = 2000 // at which functions are compared
	startSteps  = 100  // of Levenberg-Marquardt, with which networks learn a function; a few tens come to 1e-4 and below
	startAlike  = 1e-3 // relative difference up to which a function counts as taken
)

// Apply gives a solver, before its first step, the functions and numbers of the other one, and says what it has taken. Networks of the same
// shape get the parameters. Where that does not give the same function, because the shape is another one, or because conditions are built
// in or units chosen in another way, networks learn it: by least squares, at points of the domain where the other solver has been
// trained as well. p and o are those from which the solver was made.
func (b Start) Apply(ctx context.Context, s *crux.Solver, p crux.Problem, o crux.Options) (said []Decision, err error) {
	if o.Windows != nil {
		return nil, errors.New("auto: windows of time begin where the one before has ended, and cannot start from another run")
	}
	for _, k := range slices.SortedFunc(maps.Keys(b.Numbers), func(x, y *ph.Param) int { return strings.Compare(x.Path(), y.Path()) }) {
		v := b.From.Value(b.Numbers[k])
		if math.IsNaN(v) {
			continue
		}
		if err := s.SetParameter(k.Path(), []float64{v}); err != nil {
			return nil, err
		}
		said = append(said, Decision{fmt.Sprintf("%s starts at %.6g", k.Path(), v), "that is its value in " + b.Name})
	}
	at, err := b.points()
	if err != nil {
		return nil, err
	}
	var learn []learnt
	for _, f := range slices.SortedFunc(maps.Keys(b.Fields), func(x, y *ph.Field) int { return strings.Compare(x.Name(), y.Name()) }) {
		g := b.Fields[f]
		missing := slices.IndexFunc(g.Coords(), func(c *ph.Coord) bool { return named(f.Coords(), c.Name()) == nil })
		if missing >= 0 || g.Dim() != f.Dim() {
			why := fmt.Sprintf("it has %d components there", g.Dim())
			if missing >= 0 {
				why = fmt.Sprintf("there it is a function of %s, too", g.Coords()[missing].Name())
			}
			said = append(said, Decision{f.Name() + " starts at random, not from " + b.Name, why})
			continue
		}
		l, err := b.values(f, g, at)
		if err != nil {
			return nil, err
		}
		if l.n == 0 {
			said = append(said, Decision{f.Name() + " starts at random, not from " + b.Name, "their domains have nothing in common"})
			continue
		}
		alike, err := b.copy(s, f, g)
		if err != nil {
			return nil, err
		}
		off, err := l.difference(s)
		if err != nil {
			return nil, err
		}
		if alike && off <= startAlike {
			said = append(said, Decision{f.Name() + " starts as in " + b.Name, "its network has the parameters of that one"})
			continue
		}
		learn = append(learn, l)
	}
	if len(learn) == 0 {
		return said, nil
	}
	if err := b.learn(ctx, s, p, o, learn); err != nil {
		return nil, err
	}
	for _, l := range learn {
		off, err := l.difference(s)
		if err != nil {
			return nil, err
		}
		said = append(said, Decision{
			fmt.Sprintf("%s starts as in %s, up to %.1e", l.field.Name(), b.Name, off), "its network, which is another one, has learnt it",
		})
	}
	return said, nil
}

// named is the coordinate of this name, or nil.
func named(list []*ph.Coord, name string) *ph.Coord {
	if i := slices.IndexFunc(list, func(c *ph.Coord) bool { return c.Name() == name }); i >= 0 {
		return list[i]
	}
	return nil
}

// points are those of the domain that lie within the bounds of the other solver.
func (b Start) points() (*domain.Cloud, error) {
	c, err := spaced(b.Domain.Interior(0), startPoints).Draw(nil)
	if err != nil {
		return nil, err
	}
	var keep []int
	for i := range c.Len() {
		within := true
		for j, x := range c.Coords {
			for _, g := range b.Fields {
				if y := named(g.Coords(), x.Name()); y != nil {
					lo, hi, ok := b.From.Bounds(y)
					within = within && (!ok || lo <= c.Row(i)[j] && c.Row(i)[j] <= hi)
				}
			}
		}
		if within {
			keep = append(keep, i)
		}
	}
	return c.Subset(keep), nil
}

// copy gives a network the parameters of another one of the same shape; it does nothing if that has another shape.
func (b Start) copy(s *crux.Solver, f, g *ph.Field) (alike bool, err error) {
	to, from := network(s, f), network(b.From, g)
	if !slices.EqualFunc(to, from, func(x, y crux.Parameter) bool {
		return strings.TrimPrefix(x.Path, f.Name()) == strings.TrimPrefix(y.Path, g.Name()) && slices.Equal(x.Shape, y.Shape)
	}) {
		return false, nil
	}
	for i, q := range to {
		if err := s.SetParameter(q.Path, from[i].Data); err != nil {
			return false, err
		}
	}
	return len(to) > 0, nil
}

// network are the parameters of a field, those that are fixed among them.
func network(s *crux.Solver, f *ph.Field) []crux.Parameter {
	return slices.DeleteFunc(s.Parameters(), func(q crux.Parameter) bool { return !strings.HasPrefix(q.Path, f.Name()+"/") })
}

// learnt is a function with its values in the other solver.
type learnt struct {
	field  *ph.Field
	n      int
	coords []*ph.Coord
	x      []float64
	values [][]float64 // by component
}

// values are those of a function of the other solver at points, without those at which it has none.
func (b Start) values(f, g *ph.Field, at *domain.Cloud) (learnt, error) {
	l := learnt{field: f, coords: f.Coords(), values: make([][]float64, g.Dim())}
	var theirs []float64
	for i := range at.Len() {
		for _, c := range g.Coords() {
			theirs = append(theirs, at.Row(i)[slices.Index(at.Coords, named(at.Coords, c.Name()))])
		}
	}
	if at.Len() == 0 {
		return l, nil
	}
	v, err := b.From.Eval(g, domain.At(g.Coords(), theirs))
	if err != nil {
		return l, err
	}
	for i := range at.Len() {
		if slices.ContainsFunc(v.RawRowView(i), func(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) }) {
			continue
		}
		for _, c := range l.coords {
			l.x = append(l.x, at.Row(i)[slices.Index(at.Coords, c)])
		}
		for k := range l.values {
			l.values[k] = append(l.values[k], v.At(i, k))
		}
		l.n++
	}
	return l, nil
}

// difference is the relative one between the function of a solver and these values, in the root of mean squares.
func (l learnt) difference(s *crux.Solver) (float64, error) {
	v, err := s.Eval(l.field, domain.At(l.coords, l.x))
	if err != nil {
		return 0, err
	}
	off, size := 0.0, 0.0
	for k, values := range l.values {
		for i, want := range values {
			off += (v.At(i, k) - want) * (v.At(i, k) - want)
			size += want * want
		}
	}
	if size == 0 {
		size = 1
	}
	return math.Sqrt(off / size), nil
}

// learn trains the networks of functions to have the values that they should begin with, in a problem of its own with the same parameters.
func (b Start) learn(ctx context.Context, s *crux.Solver, p crux.Problem, o crux.Options, list []learnt) error {
	own := crux.Problem{Name: p.Name, Fields: p.Fields, Units: p.Units}
	for _, l := range list {
		columns, want := map[string][]float64{}, make([]ph.Expr, len(l.values))
		size := 0.0
		for k, values := range l.values {
			name := fmt.Sprint("value", k)
			columns[name] = values
			for _, v := range values {
				size += v * v / float64(l.n*len(l.values))
			}
		}
		lo, hi := make([]float64, len(l.coords)), make([]float64, len(l.coords))
		for j, c := range l.coords {
			lo[j], hi[j], _ = s.Bounds(c)
		}
		on := domain.FromData(l.coords, l.x, columns).Within(lo, hi)
		for k := range want {
			want[k] = on.Column(fmt.Sprint("value", k))
		}
		residual := l.field.Sub(ph.Concat(want...))
		if size > 0 {
			residual = residual.Scale(1 / math.Sqrt(size))
		}
		own.Constraints = append(own.Constraints, crux.Constraint{Name: l.field.Name(), Residual: residual, On: on})
	}
	method := Method(MethodOptions{Steps: startSteps, Precision: o.Precision, Started: true})
	t, err := crux.New(own, crux.Options{Method: method, Seed: o.Seed, Workers: o.Workers, Precision: o.Precision})
	if err != nil {
		return err
	}
	defer t.Close() //nolint:errcheck // it only ends workers
	have := s.Parameters()
	for _, q := range t.Parameters() {
		if i := slices.IndexFunc(have, func(x crux.Parameter) bool { return x.Path == q.Path }); i >= 0 {
			if err := t.SetParameter(q.Path, have[i].Data); err != nil {
				return err
			}
		}
	}
	if _, err := t.Solve(ctx, startSteps); err != nil && !errors.Is(err, optim.ErrConverged) {
		return err
	}
	for _, q := range t.Parameters() {
		if !q.Fixed {
			if err := s.SetParameter(q.Path, q.Data); err != nil {
				return err
			}
		}
	}
	return nil
}
