package problemfile

import (
	"maps"
	"strings"

	"github.com/crux-pinn/crux/internal/files/tree"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Statement is a problem as it is written in mathematics: the expressions of the file with constants and definitions under their names.
type Statement struct {
	Axes        []Axis
	Space       []*ph.Coord // for Laplacians
	Domain      string      // a shape, in words; "" for the box of the axes
	Constraints []Stated
	Outputs     []Equation // what is built into fields: u = x·(1 − x)·N_u
	Constants   []Equation
	Definitions []Equation
	Params      []Equation // numbers that are to be found, with what they begin at
	Regions     []Equation // named parts of the domain or its boundary, and materials: words, and after them a condition if there is one
}

// Axis is a coordinate with its ends.
type Axis struct {
	Name   string
	Lo, Hi float64
}

// Equation says what a name stands for.
type Equation struct {
	Name string
	Expr ph.Expr // nil where it is in words
	Text string  // as in the file
}

// Stated is a constraint: its residual, or an equation, and where it holds.
type Stated struct {
	Equation
	Where string // in words
}

// Statement is the problem as the file states it.
func (p *Problem) Statement() *Statement {
	s := &Statement{Space: p.Env.Space}
	for _, c := range p.Coords {
		lo, hi := p.Bounds(c)
		s.Axes = append(s.Axes, Axis{c.Name(), lo, hi})
	}
	s.Domain = shapeWords(p.root.Get("domain"))
	env := p.symbols()
	for _, e := range entries(p.root, "constants") {
		s.Constants = append(s.Constants, equation(e.Key, e.Value, env))
	}
	for _, e := range entries(p.root, "params") {
		n := e.Value
		if init := n.Get("init"); init != nil {
			n = init
		}
		s.Params = append(s.Params, equation(e.Key, n, env))
	}
	for _, e := range entries(p.root, "define") {
		n := e.Value
		if text := n.Get("expr"); text != nil {
			n = text
		}
		s.Definitions = append(s.Definitions, equation(e.Key, n, env))
	}
	for _, e := range entries(p.root, "materials") {
		s.Regions = append(s.Regions, p.material(e, env))
	}
	for _, e := range entries(p.root, "regions") {
		q := Equation{Name: e.Key, Text: p.placeWords(e.Value.Get("on"))}
		if where := e.Value.Get("where"); where != nil {
			q.Expr, q.Text = equation("", where, env).Expr, q.Text+", where"
			if q.Expr == nil {
				q.Text += " " + words(where)
			}
		}
		s.Regions = append(s.Regions, q)
	}
	for _, e := range entries(p.root, "fields") {
		s.outputs(e, env)
	}
	for _, e := range entries(p.root, "constraints") {
		where := p.where(e.Value)
		r := e.Value.Get("residual")
		if r == nil {
			continue
		}
		if r.Kind != tree.Mapping {
			s.Constraints = append(s.Constraints, Stated{equation(e.Key, r, env), where})
		}
		for _, part := range r.Entries {
			s.Constraints = append(s.Constraints, Stated{equation(e.Key+"."+part.Key, part.Value, env), where})
		}
	}
	return s
}

// material is where a material is, and what it has.
func (p *Problem) material(e tree.Entry, env ph.Env) Equation {
	q := Equation{Name: e.Key}
	var list []string
	for _, v := range e.Value.Entries {
		switch v.Key {
		case "where":
			q.Expr = equation("", v.Value, env).Expr
		case "shape":
			list = append([]string{oneShapeWords(v.Value)}, list...)
		default:
			list = append(list, v.Key+" = "+words(v.Value))
		}
	}
	if q.Text = strings.Join(list, ", "); q.Expr != nil {
		q.Text = strings.TrimPrefix(q.Text+", where", ", ")
	}
	return q
}

// symbols is what names mean in a statement: constants are names as well, and so are columns of data.
func (p *Problem) symbols() ph.Env {
	env := p.Env
	env.Names = maps.Clone(env.Names)
	for _, e := range entries(p.root, "constants") {
		env.Names[e.Key] = ph.NewConstant(e.Key, 1)
	}
	for _, c := range p.Crux.Constraints {
		for _, column := range c.On.Columns() {
			for _, name := range []string{column, column + "_data"} {
				if env.Names[name] == nil {
					env.Names[name] = ph.Column(name)
				}
			}
		}
	}
	return env
}

// outputs are what the components of a field stand for, where the file transforms what the network puts out. That is N_u there.
func (s *Statement) outputs(e tree.Entry, env ph.Env) {
	out := e.Value.Get("output")
	if out == nil {
		return
	}
	transforms := []tree.Entry{{Key: e.Key, Value: out}}
	if out.Kind == tree.Mapping {
		transforms = out.Entries
	}
	names := maps.Clone(env.Names)
	for _, t := range transforms {
		if u := env.Names[t.Key]; u != nil {
			names[t.Key] = ph.Define("N_"+t.Key, u)
		}
	}
	env.Names = names
	for _, t := range transforms {
		s.Outputs = append(s.Outputs, equation(t.Key, t.Value, env))
	}
}

// equation reads the text of a node; where that cannot be read, it stays a text.
func equation(name string, n *tree.Node, env ph.Env) Equation {
	q := Equation{Name: name, Text: words(n)}
	if x, err := ph.Parse(n.Text, env); n.Kind == tree.Scalar && err == nil {
		q.Expr = x
	}
	return q
}

// where says in words where a constraint holds.
func (p *Problem) where(n *tree.Node) string {
	if at := n.Get("at"); at != nil {
		var points []string
		for _, x := range at.Items {
			points = append(points, "("+strings.Trim(words(x), "[]")+")")
		}
		return "at " + strings.Join(points, ", ")
	}
	return p.placeWords(n.Get("on"))
}

// words is a node on one line, almost as YAML writes it: nil is "", and a mapping has no braces around it.
func words(n *tree.Node) string {
	if n == nil {
		return ""
	}
	var parts []string
	switch n.Kind {
	case tree.Sequence:
		for _, x := range n.Items {
			parts = append(parts, inner(x))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case tree.Mapping:
		for _, e := range n.Entries {
			parts = append(parts, e.Key+": "+inner(e.Value))
		}
		return strings.Join(parts, ", ")
	}
	return n.Text
}

// inner are the words of a node within another.
func inner(n *tree.Node) string {
	if n != nil && n.Kind == tree.Mapping && len(n.Entries) > 1 {
		return "{" + words(n) + "}"
	}
	return words(n)
}

func entries(root *tree.Node, key string) []tree.Entry {
	n := root.Get(key)
	if n == nil || n.Kind != tree.Mapping {
		return nil
	}
	return n.Entries
}
