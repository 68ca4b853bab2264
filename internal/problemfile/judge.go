package problemfile

import (
	"maps"
	"math"
	"slices"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/files/tree"
	"github.com/crux-pinn/crux/internal/known"
	ph "github.com/crux-pinn/crux/placeholder"
)

// outputs collects what a run finds: the components of all fields, definitions that depend on a field, and numbers that
// follow from parameters. grid: 201 or {t: 101, x: 256} says on how many points per axis fields are judged and exported.
func (b *builder) outputs(grid *tree.Node) {
	var counts []int
	if grid != nil {
		counts, _ = b.perAxis(grid, 2)
	}
	add := func(name string) {
		e := b.names.env.Names[name]
		if e == nil {
			return
		}
		dep, own := ph.FreeCoords(e), b.names.env.Order[name]
		var coords []*ph.Coord
		for _, c := range b.p.Coords {
			if dep[c] || slices.Contains(own, c) {
				coords = append(coords, c)
			}
		}
		if len(coords) == 0 || uses(e, ph.OpNormal) || uses(e, ph.OpColumn) {
			return
		}
		b.p.Fields = append(b.p.Fields, Field{Name: name, Expr: e, Coords: coords, Grid: b.determined(e, b.grid(coords, counts))})
	}
	for _, name := range b.fieldNames {
		add(name)
	}
	for _, d := range b.defined {
		e := b.names.env.Names[d.Key]
		switch {
		case e == nil:
		case uses(e, ph.OpField):
			add(d.Key)
		case len(ph.FreeCoords(e)) == 0 && len(trainable(e)) > 0 && e.Dim() == 1 && !uses(e, ph.OpNormal):
			b.p.Derived = append(b.p.Derived, Derived{Name: d.Key, Expr: e})
		}
	}
}

// determined are the points at which something determines a function: where all equations that contain it hold in parts of the domain, as
// two equations for the two sides of an interface do, it is anything elsewhere.
func (b *builder) determined(e ph.Expr, on *domain.Points) *domain.Points {
	coords := b.p.geometry.Coords()
	fields := ph.Occurring[*ph.Field](e)
	var parts []func(x []float64) bool
	for _, k := range b.stated.Constraints {
		in := k.On != nil && k.On.Dims() == len(coords) && slices.Equal(k.On.Coords(), on.Coords())
		if !in || !slices.ContainsFunc(ph.Occurring[*ph.Field](k.Residual), func(f *ph.Field) bool { return slices.Contains(fields, f) }) {
			continue
		}
		part := k.On.Part()
		if part == nil {
			return on
		}
		parts = append(parts, part)
	}
	if len(parts) == 0 {
		return on
	}
	some := on.Where(func(x []float64) bool {
		return slices.ContainsFunc(parts, func(holds func([]float64) bool) bool { return holds(x) })
	})
	if some.Err() != nil { // a part between the points of the grid
		return on
	}
	return some
}

const (
	gridPoints    = 1 << 20 // of a default grid in more than three dimensions, at most
	scatterPoints = 1 << 14 // where even two points per axis are more
)

// scatter spreads points over a domain of so many dimensions that a grid would have corners alone, and too many of them.
func scatter(on domain.Domain) *domain.Points {
	var s domain.Sampler = domain.Sobol{}
	if len(on.Coords()) > domain.SobolDims {
		s = domain.Halton{}
	}
	return on.Interior(scatterPoints).With(s)
}

// Sites are the points on which an expression of all coordinates is evaluated where nobody says otherwise: a grid of 101 points per axis,
// or as many as fit.
func (p *Problem) Sites() *domain.Points {
	n, axes := 101, float64(len(p.Coords))
	for n > 1 && math.Pow(float64(n), axes) > gridPoints {
		n--
	}
	if n == 1 {
		return scatter(p.geometry)
	}
	return p.geometry.Grid(n)
}

// grid is the regular grid on which a field of the given coordinates is judged: 101 points per axis unless that is more
// than fits. A field of all coordinates lives on the domain; one of some of them on their axes. In very many dimensions points are
// scattered.
func (b *builder) grid(coords []*ph.Coord, counts []int) *domain.Points {
	all := b.p.geometry.Coords()
	of := func(c *ph.Coord) int {
		if counts != nil {
			return counts[slices.Index(all, c)]
		}
		if len(coords) <= 3 {
			return 101
		}
		return max(2, int(math.Pow(gridPoints, 1/float64(len(coords)))))
	}
	if counts == nil && math.Pow(2, float64(len(coords))) > gridPoints {
		if len(coords) == len(all) {
			return scatter(b.p.geometry)
		}
		var axes []domain.Axis
		for _, c := range coords {
			axes = append(axes, b.axes[c])
		}
		return scatter(domain.NewBox(axes...))
	}
	if _, isBox := b.p.geometry.(*domain.Box); !isBox && len(coords) == len(all) {
		n := 0
		for _, c := range all {
			n = max(n, of(c))
		}
		return b.p.geometry.Grid(n)
	}
	var axes []domain.Axis
	var per []int
	for _, c := range all {
		if slices.Contains(coords, c) {
			axes, per = append(axes, b.axes[c]), append(per, of(c))
		}
	}
	return domain.NewBox(axes...).GridN(per...)
}

// references reads known solutions, by the name of what they are a reference for:
//
//	reference:
//	  u: sin(pi*x)*sin(pi*y)
//	  u: {builtin: burgers_cole_hopf, params: {nu: nu}}
//	  prey: {builtin: lotka_volterra, field: r}
//	  u: {file: reference.csv, column: u}
//	  lambda1: 1
func (b *builder) references(n *tree.Node) {
	var valid []string
	for _, f := range b.p.Fields {
		valid = append(valid, f.Name)
	}
	numbers := map[string]bool{}
	for _, p := range b.p.Params {
		numbers[p.Path()] = true
	}
	for _, d := range b.p.Derived {
		numbers[d.Name] = true
	}
	valid = append(valid, slices.Sorted(maps.Keys(numbers))...)
	s := b.section(n, "reference")
	for _, e := range s.n.Entries {
		i := slices.IndexFunc(b.p.Fields, func(f Field) bool { return f.Name == e.Key })
		switch {
		case numbers[e.Key]:
			b.truth(e.Key, e.Value)
		case i >= 0:
			if r := b.reference(b.p.Fields[i], e); r != nil {
				r.Field = e.Key
				b.p.References = append(b.p.References, *r)
			}
		case slices.Contains(b.fieldNames, e.Key) || slices.ContainsFunc(b.defined, func(d tree.Entry) bool { return d.Key == e.Key }):
			if len(b.errs) == 0 {
				b.failAt(e.At, n.Path, "%s is nothing that the run finds; references are for fields, parameters and what follows from them", e.Key)
			}
		default:
			b.failAt(e.At, n.Path, "a reference for %q, which is neither a field nor a parameter; %s", e.Key, oneOf(e.Key, valid))
		}
	}
}

func (b *builder) reference(f Field, e tree.Entry) *Reference {
	n := e.Value
	if n.Kind != tree.Mapping {
		return b.closedForm(f, n)
	}
	s := b.section(n, "reference.*")
	defer s.done()
	builtin, expr, file := s.get("builtin"), s.get("expr"), s.get("file")
	params, field, column := s.get("params"), s.get("field"), s.get("column")
	switch {
	case builtin != nil:
		return b.builtin(f, builtin, params, field)
	case expr != nil:
		return b.closedForm(f, expr)
	case file != nil:
		return b.measured(f, s, file, column)
	}
	b.fail(n, "no reference; write an expression, {builtin: burgers_cole_hopf} or {file: reference.csv}")
	return nil
}

// closedForm is a reference given as an expression of coordinates and constants.
func (b *builder) closedForm(f Field, n *tree.Node) *Reference {
	env := ph.Env{Names: map[string]ph.Expr{}, Space: b.p.Env.Space}
	for name, e := range b.names.env.Names {
		if !uses(e, ph.OpField) && len(trainable(e)) == 0 && !uses(e, ph.OpNormal) {
			env.Names[name] = e
		}
	}
	x, ok := b.expr(n, env)
	if !ok {
		return nil
	}
	if x.Dim() != f.Expr.Dim() {
		b.fail(n, "it has %d components, %s has %d; write [a, b] for several", x.Dim(), f.Name, f.Expr.Dim())
		return nil
	}
	dep := ph.FreeCoords(x)
	for _, c := range b.p.Coords {
		if dep[c] && !slices.Contains(f.Coords, c) {
			b.fail(n, "it depends on %s, but %s is a function of %s; leave out %s", c.Name(), f.Name, coordNames(f.Coords), c.Name())
			return nil
		}
	}
	return &Reference{Kind: ClosedForm, Source: n.Text, On: f.Grid, eval: func(c *domain.Cloud, value values) ([]float64, error) {
		return evaluate(at(x, value), c), nil
	}}
}

// builtin is a known solution of the library.
func (b *builder) builtin(f Field, builtin, params, field *tree.Node) *Reference {
	sol := b.solution(builtin, params)
	if sol == nil {
		return nil
	}
	name, at := f.Name, builtin
	if field != nil {
		var ok bool
		if name, ok = b.textOf(field, "the name of a field"); !ok {
			return nil
		}
		at = field
	} else if !slices.Contains(sol.Fields, name) && len(sol.Fields) == 1 {
		name = sol.Fields[0]
	}
	k, err := sol.Index(name)
	if err != nil {
		b.fail(at, "%s has no field %q; %s", sol.Name, name, oneOf(name, sol.Fields))
		return nil
	}
	coords := b.coordsOf(sol.Solution, builtin)
	switch {
	case coords == nil:
		return nil
	case f.Expr.Dim() != 1:
		b.fail(builtin, "%s has %d components, a known solution has one; name the components with out: [u, v]", f.Name, f.Expr.Dim())
		return nil
	}
	if at := b.outside(sol.Solution, coords); at != "" {
		b.fail(builtin, "%s", at)
		return nil
	}
	r := &Reference{Kind: ClosedForm, Source: sol.Name, On: f.Grid, eval: func(c *domain.Cloud, value values) ([]float64, error) {
		now, err := sol.at(value)
		if err != nil {
			return nil, err
		}
		return lookUp(now, k, coords, c)
	}}
	if !sol.ClosedForm {
		r.Kind, r.selfError = Computed, func(value values) (float64, error) {
			now, err := sol.at(value)
			if err != nil {
				return 0, err
			}
			return now.SelfError(), nil
		}
	}
	return r
}

// outside words which axis of the file is longer than that of the known solution.
func (b *builder) outside(sol *known.Solution, coords []*ph.Coord) string {
	for i, c := range coords {
		a := b.axes[c]
		if slack := 1e-9 * (sol.Upper[i] - sol.Lower[i]); a.Lo < sol.Lower[i]-slack || a.Hi > sol.Upper[i]+slack {
			return "the solution " + sol.Name + " is known for " + c.Name() + " from " + ftoa(sol.Lower[i]) + " to " + ftoa(sol.Upper[i]) +
				", the file's axis is [" + ftoa(a.Lo) + ", " + ftoa(a.Hi) + "]; shorten the axis"
		}
	}
	return ""
}

// measured is a reference in a file: the field is judged at the file's points.
func (b *builder) measured(f Field, s *section, file, column *tree.Node) *Reference {
	p := b.read(s, file, false)
	if p == nil {
		return nil
	}
	name := f.Name
	if column != nil {
		var ok bool
		if name, ok = b.textOf(column, "the name of a column"); !ok {
			return nil
		}
	}
	if !slices.Contains(p.Columns(), name) {
		at := column
		if at == nil {
			at = file
		}
		b.fail(at, "the file has no column %q; %s", name, oneOf(name, p.Columns()))
		return nil
	}
	if p = p.Complete(name); p.Err() != nil {
		b.failDomain(file, p.Err())
		return nil
	}
	return &Reference{Kind: Measured, Source: file.Text, On: p, eval: func(c *domain.Cloud, _ values) ([]float64, error) {
		return slices.Clone(c.Columns[name]), nil
	}}
}
