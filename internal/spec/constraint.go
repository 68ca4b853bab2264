package spec

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	ph "github.com/crux-pinn/crux/placeholder"
)

// constraints reads the residuals that shall vanish, and where:
//
//	constraints:
//	  pde: {residual: u_t + u*u_x - nu*u_xx, points: 4000, sampler: sobol, resample: 100}
//	  flow: {residual: {mass: u_x + v_y, momentum: u*u_x + v*u_y + p_x = nu*(u_xx + u_yy)}, points: 2000}
//	  late: {residual: u_t + u_x, points: 2000, point_weights: causal}
//	  data: {residual: u - u_data, on: {builtin: burgers_cole_hopf, n: 2000}, weight: 10, loss: {huber: 0.1}}
//
// Several residuals of one constraint share its points and are weighted by themselves; their names are flow.mass and so on.
func (b *builder) constraints(n *node) {
	if n == nil {
		return
	}
	s := b.section(n, "{pde: {residual: u_xx + u_yy, points: 1000}}")
	for _, e := range s.n.entries {
		s.known = append(s.known, e.key)
		b.constraintNames = append(b.constraintNames, nameOf(e))
	}
	all := slices.Clone(b.constraintNames)
	read := func() {
		for i, e := range s.n.entries {
			b.constraint(e, all[i])
		}
	}
	read()
	if b.hard != nil && len(b.errs) == 0 && b.wrap(b.hard) {
		read()
	}
	if b.hard != nil && len(b.errs) == 0 && !b.buildIn(b.hard) {
		read()
	}
	if n.kind == mapping && len(n.entries) == 0 {
		b.fail(n, "no constraint; write at least one, as in constraints: {pde: {residual: u_xx + u_yy, points: 1000}}")
	}
}

// nameOf is the name of a constraint with those of its residuals.
func nameOf(e entry) constraintName {
	c := constraintName{key: e.key}
	if r := e.value.get("residual"); r != nil && r.kind == mapping {
		for _, part := range r.entries {
			c.parts = append(c.parts, e.key+"."+part.key)
		}
	}
	if c.parts == nil {
		c.parts = []string{e.key}
	}
	return c
}

func (b *builder) constraint(e entry, name constraintName) {
	s := b.section(e.value, "{residual: u_xx + u_yy, points: 1000}")
	residual := s.need("residual", "u_xx + u_yy")
	for _, p := range name.parts {
		if _, ok := b.trained[p]; !ok { // reading writes defaults into the file
			b.trained[p] = isTrained(s.n)
		}
	}
	lossNode, weightNode, scaleNode := s.get("loss"), s.get("weight"), s.get("scale")
	loss := b.loss(lossNode)
	pointNode := s.get("point_weights")
	r, points, count := b.pointSet(s, b.unsaidResample(loss, pointNode != nil))
	name.parts = slices.DeleteFunc(slices.Clone(name.parts), func(p string) bool { return b.builtIn[p] })
	for _, p := range name.parts {
		b.onBoundary[p] = r != nil && !r.inside && !r.given
		b.inside[p] = r != nil && r.inside
	}
	if v := s.get("resample"); r != nil && v != nil && v.kind == mapping && len(name.parts) > 0 {
		b.follow(v, name, points(count).Random())
	}
	byPoint := b.pointWeights(pointNode, s)
	s.done()
	if residual == nil || len(b.fieldNames)+len(b.p.Params) == 0 || r == nil && b.isData(s.n.get("on")) {
		return // what is missing is reported, and every name would be unknown
	}
	env := b.names.env
	var on, sample *domain.Points
	if r != nil {
		env.Names = b.withColumns(r.columns)
		on = points(count)
		sample = on
		if r.given {
			sample = b.few(on)
		} else {
			sample = points(min(count, 8))
		}
	}
	b.checkPointWeights(pointNode, byPoint, on, loss)
	if on != nil && len(name.parts) > 0 {
		b.watch(s, name, on, loss, byPoint != nil)
	}
	add := func(name string, n *node, weight, scale float64) {
		x, ok := b.expr(n, env)
		if !ok || on == nil || b.builtIn[name] {
			return
		}
		c := crux.Constraint{Name: name, Residual: x, On: on, Loss: loss, Weight: weight, Scale: scale}
		if byPoint != nil {
			c.PointWeights = byPoint()
		}
		b.p.Crux.Constraints = append(b.p.Crux.Constraints, c)
		c.On, c.PointWeights = sample, nil
		b.samples = append(b.samples, c)
	}
	if residual.kind != mapping {
		add(e.key, residual, b.weight(weightNode, ""), b.scale(s.n, scaleNode, e.key, ""))
		return
	}
	parts := b.section(residual, "{mass: u_x + v_y}")
	for _, part := range parts.n.entries {
		add(e.key+"."+part.key, part.value, b.weight(weightNode, part.key), b.scale(s.n, scaleNode, e.key, part.key))
	}
	if len(parts.n.entries) == 0 {
		b.fail(residual, "no residual; write one such as u_xx + u_yy")
	}
	for _, n := range []*node{weightNode, scaleNode} {
		if n == nil || n.kind != mapping {
			continue
		}
		ws := b.section(n, "{mass: 10}")
		for _, part := range parts.n.entries {
			ws.known = append(ws.known, part.key)
		}
		ws.done()
	}
}

// few returns some of given points, for a compilation that only looks for mistakes.
func (b *builder) few(p *domain.Points) *domain.Points {
	c, err := p.Draw(nil)
	if err != nil || c.Len() <= 8 {
		return p
	}
	idx := []int{0, 1, 2, 3, 4, 5, 6, 7}
	c = c.Subset(idx)
	return domain.FromData(c.Coords, c.X, c.Columns)
}

// isData reports whether on: asks for a data set.
func (b *builder) isData(on *node) bool {
	if on == nil || on.kind != scalar {
		return on != nil && on.kind == mapping
	}
	r, ok := b.regions[strings.TrimSpace(on.text)]
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

// weight reads the weight of a residual: one number, or one by the residual's name.
func (b *builder) weight(n *node, part string) float64 {
	if n != nil && n.kind == mapping && part != "" {
		n = n.get(part)
	}
	if n == nil {
		return 1
	}
	v, ok := b.positive(n)
	if !ok {
		return 1
	}
	return v
}

// loss reads mse, mae, mean, sum, huber, or {huber: 0.1}.
func (b *builder) loss(n *node) crux.Loss {
	kinds := map[string]crux.Loss{
		"mse": {Kind: crux.MSE}, "mae": {Kind: crux.MAE}, "mean": {Kind: crux.Mean}, "sum": {Kind: crux.Sum}, "huber": {Kind: crux.Huber},
	}
	switch {
	case n == nil:
		return crux.Loss{}
	case n.kind == mapping:
		s := b.section(n, "{huber: 0.1}")
		delta := s.need("huber", "0.1")
		s.done()
		if delta == nil {
			return crux.Loss{}
		}
		v, _ := b.positive(delta)
		return crux.Loss{Kind: crux.Huber, Delta: v}
	}
	return kinds[b.choice(n, "loss", sortedNames(kinds)...)]
}

// compile builds the problem once on a few points each, so that all mistakes come to light that only the compiler sees: a
// normal away from the boundary, a coordinate that the points do not have, components that do not fit.
func (b *builder) compile() {
	b.p.Crux.Name = b.p.Name
	o := b.p.Options
	o.Method, o.Workers = nil, 1
	s, err := crux.New(crux.Problem{Name: b.p.Name, Constraints: b.samples}, o)
	if err != nil {
		b.errs = append(b.errs, b.p.explain(err, b.src)...)
		return
	}
	b.measureScales()
	b.checkSelections(s.Parameters())
	for _, check := range b.checks {
		check(s)
	}
	if err := s.Close(); err != nil {
		b.fail(&node{}, "%v", err)
	}
}

// Explain gives the mistakes that crux.New, Solver.Compile and ph.Parse find in expressions of the file their places in it.
func (p *Problem) Explain(err error) error {
	if err == nil {
		return nil
	}
	return sortErrors(p.explain(err, p.src))
}

func (p *Problem) explain(err error, main *source) Errors {
	if many, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // the joined form itself is wanted
		var es Errors
		for _, e := range many.Unwrap() {
			es = append(es, p.explain(e, main)...)
		}
		return es
	}
	var w *crux.WindowError
	if errors.As(err, &w) && p.windows != nil {
		e := &Error{Path: p.windows.path}
		e.Message, e.Suggestion, _ = strings.Cut(w.Error(), "; ")
		e.locate(p.windows.at, main)
		return Errors{e}
	}
	if n, ok := p.nodes[positionOf(err)]; ok {
		return Errors{located(err, n, main)}
	}
	return Errors{{File: main.name, Message: fmt.Sprint(err)}}
}
