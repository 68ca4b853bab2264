package problemfile

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/files/tree"
	"github.com/crux-pinn/crux/internal/pointwise"
	ph "github.com/crux-pinn/crux/placeholder"
)

// constraints reads the residuals that should vanish, and where:
//
//	constraints:
//	  pde: {residual: u_t + u*u_x - nu*u_xx, points: 4000, sampler: sobol, resample: 100}
//	  flow: {residual: {mass: u_x + v_y, momentum: u*u_x + v*u_y + p_x = nu*(u_xx + u_yy)}, points: 2000}
//	  late: {residual: u_t + u_x, points: 2000, point_weights: causal}
//	  data: {residual: u - u_data, on: {builtin: burgers_cole_hopf, n: 2000}, weight: 10, loss: {huber: 0.1}}
//
// Several residuals of one constraint share its points and are weighted by themselves; their names are flow.mass and so on.
func (b *builder) constraints(n *tree.Node) {
	if n == nil {
		return
	}
	s := b.section(n, "constraints")
	for _, e := range s.n.Entries {
		b.constraintNames = append(b.constraintNames, nameOf(e))
	}
	for i, e := range s.n.Entries {
		b.constraint(e, b.constraintNames[i])
	}
	if n.Kind == tree.Mapping && len(n.Entries) == 0 {
		b.fail(n, "no constraint; write at least one, as in constraints: {pde: {residual: u_xx + u_yy, points: 1000}}")
	}
}

// nameOf is the name of a constraint with those of its residuals.
func nameOf(e tree.Entry) constraintName {
	c := constraintName{key: e.Key}
	if r := e.Value.Get("residual"); r != nil && r.Kind == tree.Mapping {
		for _, part := range r.Entries {
			c.parts = append(c.parts, e.Key+"."+part.Key)
		}
	}
	if c.parts == nil {
		c.parts = []string{e.Key}
	}
	return c
}

func (b *builder) constraint(e tree.Entry, name constraintName) {
	s := b.section(e.Value, "constraints.*")
	residual := s.need("residual")
	lossNode, weightNode, scaleNode, sigmaNode := s.get("loss"), s.get("weight"), s.get("scale"), s.get("sigma")
	loss := b.loss(lossNode)
	pointNode := s.get("point_weights")
	on, v := b.pointSet(s), s.get("resample")
	if on != nil {
		on = b.resampled(v, on)
	}
	if on != nil && v != nil && v.Kind == tree.Mapping {
		b.following = append(b.following, func() {
			for _, c := range b.constraintNames { // without what is built in
				if c.key == name.key {
					b.follow(v, c, on.Random())
				}
			}
		})
	}
	byPoint := b.pointWeights(pointNode, s)
	s.done()
	if residual == nil || len(b.fieldNames)+len(b.p.Params) == 0 || on == nil && b.isData(s.n.Get("on")) {
		return // what is missing is reported, and every name would be unknown
	}
	env := b.names.env
	if on != nil {
		env.Names = b.withColumns(on.Columns())
		b.checkPointWeights(pointNode, byPoint, on, loss)
		b.watch(v, name, on, loss, byPoint != nil)
	}
	add := func(name string, n *tree.Node, part string) {
		weight := b.weight(weightNode, part)
		by, measured := b.scale(s.n, scaleNode, e.Key, part)
		if on != nil && !b.columnsThere(n, on) {
			return
		}
		x, ok := b.expr(n, env)
		if !ok || on == nil {
			return
		}
		sigma := b.sigma(sigmaNode, part, env, on)
		if sigma != nil {
			x = x.Div(sigma)
		}
		at := b.complete(name, on, x)
		if err := mistaken(at); err != nil {
			b.failDomain(n, err)
			return
		}
		c := crux.Constraint{
			Name: name, Residual: x, On: at, Loss: loss, Weight: weight, Scale: by, MeasureScale: measured,
			Standard: sigma != nil,
		}
		if byPoint != nil {
			c.PointWeights = byPoint()
		}
		b.stated.Constraints = append(b.stated.Constraints, c)
	}
	if residual.Kind != tree.Mapping {
		add(e.Key, residual, "")
		return
	}
	parts := b.section(residual, "constraints.*.residual")
	for _, part := range parts.n.Entries {
		add(e.Key+"."+part.Key, part.Value, part.Key)
	}
	if len(parts.n.Entries) == 0 {
		b.fail(residual, "no residual; write one such as u_xx + u_yy")
	}
	for _, n := range []*tree.Node{weightNode, scaleNode, sigmaNode} {
		if n == nil || n.Kind != tree.Mapping {
			continue
		}
		ws := b.section(n, "constraints.*.weight")
		for _, part := range parts.n.Entries {
			ws.key(part.Key)
		}
		ws.done()
	}
}

// isData reports whether on: asks for a data set.
func (b *builder) isData(on *tree.Node) bool {
	if on == nil || on.Kind != tree.Scalar {
		return on != nil && on.Kind == tree.Mapping
	}
	r, ok := b.regions[strings.TrimSpace(on.Text)]
	return ok && r == nil
}

// withColumns adds the columns of a data set to the names: u_data for column u, and u itself if nothing else has that name.
func (b *builder) withColumns(columns []string) map[string]ph.Expr {
	if len(columns) == 0 {
		return b.names.env.Names
	}
	names := maps.Clone(b.names.env.Names)
	for _, c := range columns {
		if _, ok := names[c+"_data"]; !ok {
			names[c+"_data"] = ph.Column(c)
		}
		if _, ok := b.names.what[c]; !ok {
			names[c] = ph.Column(c)
		}
	}
	return names
}

// columnsThere reports u_data without a column u, where it could be taken for a derivative of the field u.
func (b *builder) columnsThere(n *tree.Node, on *domain.Points) bool {
	columns := on.Columns()
	for _, name := range ph.Names(n.Text) {
		field, ok := strings.CutSuffix(name, "_data")
		if !ok || b.names.env.Names[name] != nil || slices.Contains(columns, field) || !slices.Contains(b.fieldNames, field) {
			continue
		}
		if len(columns) == 0 {
			b.fail(n, "%s: %s has no data columns; take it on a data set", name, on)
			return false
		}
		b.fail(n, "%s: the data have no column %s, only %s; say in the data set which one it is, as in columns: {%s: %q}", name, field,
			strings.Join(columns, ", "), field, columns[0])
		return false
	}
	return true
}

// weight reads the weight of a residual: one number, or one by the residual's name. 0 means that nothing is specified.
func (b *builder) weight(n *tree.Node, part string) float64 {
	if n != nil && n.Kind == tree.Mapping && part != "" {
		n = n.Get(part)
	}
	v, _ := b.positive(n)
	return v
}

// sigma reads the standard deviation of the errors of measured values: a number, or an expression with columns of the data; or one for each
// residual. nil means that nothing is specified.
func (b *builder) sigma(n *tree.Node, part string, env ph.Env, on *domain.Points) ph.Expr {
	if n != nil && n.Kind == tree.Mapping && part != "" {
		n = n.Get(part)
	}
	if n == nil {
		return nil
	}
	x, ok := b.expr(n, env)
	switch {
	case !ok:
	case ph.Contains(x, ph.Unknown):
		b.fail(n, "it contains an unknown; a standard deviation is a number, or a column of the data")
	case len(on.Columns()) == 0:
		b.fail(n, "there are no data here, whose errors it could be of; take weight to let a constraint count more")
	default:
		at, err := on.Complete(columnsOf(x)...).Draw(nil)
		if err != nil {
			b.failDomain(n, err)
			return nil
		}
		for i := range at.Len() {
			if v, err := pointwise.Eval(x, rowOf(at, i)); err == nil && (len(v) != 1 || !(v[0] > 0) || math.IsInf(v[0], 0)) {
				b.fail(n, "it is %v at point %d of the data; a standard deviation is a number above 0", v[0], i+1)
				return nil
			}
		}
		return x
	}
	return nil
}

// rowOf is a point of data with its columns.
func rowOf(at *domain.Cloud, i int) pointwise.Point {
	p := pointwise.Point{Coords: map[*ph.Coord]float64{}, Columns: map[string]float64{}}
	for j, c := range at.Coords {
		p.Coords[c] = at.Row(i)[j]
	}
	for name, values := range at.Columns {
		p.Columns[name] = values[i]
	}
	return p
}

// loss reads mse, mae, mean, sum, huber, student, or {huber: 0.1}.
func (b *builder) loss(n *tree.Node) crux.Loss {
	kinds := map[string]crux.Loss{
		"mse": {Kind: crux.MSE}, "mae": {Kind: crux.MAE}, "mean": {Kind: crux.Mean}, "sum": {Kind: crux.Sum}, "huber": {Kind: crux.Huber},
		"student": {Kind: crux.Student},
	}
	if n == nil || n.Kind != tree.Mapping {
		return kinds[b.choice(n, "loss", slices.Sorted(maps.Keys(kinds))...)]
	}
	s := b.section(n, "constraints.*.loss")
	loss := crux.Loss{}
	for _, name := range []string{"huber", "student"} {
		if delta, ok := valueOf[float64](s, name); ok {
			loss = kinds[name]
			loss.Delta = delta
		}
	}
	if s.done(); len(n.Entries) != 1 {
		b.fail(n, "a loss has one name; write one such as huber, or {huber: 0.1}")
	}
	return loss
}

// New builds the solver of the problem. What only the compiler sees is found here: a normal away from the boundary, a coordinate that the
// points do not have, components that do not fit. The error is of type Errors.
func (p *Problem) New() (*crux.Solver, error) {
	s, err := crux.New(p.Crux, p.Options)
	if err != nil {
		return nil, p.Explain(err)
	}
	if err := p.compiled(s); err != nil {
		s.Close() //nolint:errcheck // the error counts
		return nil, err
	}
	return s, nil
}

// Explain gives the mistakes that crux.New, Solver.Compile and ph.Parse find in expressions of the file their places in it.
func (p *Problem) Explain(err error) error {
	if err == nil {
		return nil
	}
	return tree.Sorted(p.explain(err, p.src))
}

// WrittenAt is the place of an expression of the file, as file:line:column; "" if it is not known.
func (p *Problem) WrittenAt(e ph.Expr) string {
	pos := e.Pos().Resolve()
	n, ok := p.nodes[pos.File]
	if !ok {
		return ""
	}
	var at Error
	at.Locate(n.Within(pos.Line, pos.Col), p.src)
	return fmt.Sprintf("%s:%d:%d", at.File, at.Line, at.Column)
}

func (p *Problem) explain(err error, main *tree.Source) Errors {
	if many, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // the joined form itself is wanted
		var es Errors
		for _, e := range many.Unwrap() {
			es = append(es, p.explain(e, main)...)
		}
		return es
	}
	if w, ok := errors.AsType[*crux.WindowError](err); ok && p.windows != nil {
		return Errors{located(w, p.windows, main)}
	}
	if scale, ok := errors.AsType[*crux.ScaleError](err); ok && p.unscaled[scale.Constraint].at != nil {
		msg := fmt.Errorf("its size at step 0 is %v, so it has no scale; give a number in place of auto", scale.RMS)
		return Errors{located(msg, p.unscaled[scale.Constraint].at, main)}
	}
	if points, ok := errors.AsType[*crux.PointsError](err); ok {
		if n := p.nodes["constraints."+points.Constraint+".residual"]; n != nil {
			return Errors{located(points.Err, n, main)}
		}
	}
	if n, ok := p.nodes[positionOf(err)]; ok {
		return Errors{located(err, n, main)}
	}
	return Errors{{File: main.Name, Message: fmt.Sprint(err)}}
}
