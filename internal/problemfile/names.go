package problemfile

import (
	"maps"
	"slices"
	"strings"

	"github.com/crux-pinn/crux/internal/files/tree"
	ph "github.com/crux-pinn/crux/placeholder"
)

// names is everything that an expression of the file can refer to, and where it was introduced. Constants, definitions and
// output transforms may refer to each other in any order; they are read when they are first needed.
type names struct {
	*loader
	what    map[string]string // "a coordinate", by name
	at      map[string]tree.Place
	path    map[string]string
	env     ph.Env // what is known so far
	pending map[string]*definition
	order   []string // of pending, as in the file
	stack   []string // being read now
}

// definition is a name whose expression is read when it is needed.
type definition struct {
	name string
	node *tree.Node
	own  map[string]ph.Expr // names that mean something else within: the raw outputs of the field
	only map[string]bool    // if not nil, the names that may be used
	dim  int                // components that are needed; 0 means any
	wrap func(ph.Expr) ph.Expr
	done bool
	ok   bool

	// parts are definitions without wrap, which have no place among the names; join makes this one of their values, in place of node.
	parts []*definition
	join  func([]ph.Expr) ph.Expr
	value ph.Expr
}

func newNames(l *loader) *names {
	l.broken = map[string]bool{}
	return &names{
		loader: l, what: map[string]string{}, at: map[string]tree.Place{}, path: map[string]string{}, pending: map[string]*definition{},
		env: ph.Env{Names: map[string]ph.Expr{}, Order: map[string][]*ph.Coord{}},
	}
}

// declare notes a new name; false means that it cannot be used.
func (ns *names) declare(name, what string, at tree.Place, path string) bool {
	if !ph.IsName(name) {
		ns.failAt(at, path, "%q is not a name; use letters, digits and underscores, a letter first", name)
		return false
	}
	// whoever reads an expression takes it for that; a constant may be called e, as the elementary charge is
	if name == "pi" || name == "e" && strings.Contains(what, "field") || slices.Contains(ph.Functions(), name) {
		ns.broken[name] = true
		ns.failAt(at, path, "%s means something in every expression; take another name", name)
		return false
	}
	if w, ok := ns.what[name]; ok {
		ns.broken[name] = true
		ns.failAt(at, path, "%s is %s already, since line %d; give one of them another name", name, w, ns.at[name].Line)
		return false
	}
	ns.what[name], ns.at[name], ns.path[name] = what, at, path
	return true
}

// derivatives reports names that are written like a derivative of another one, as u_x is beside u.
func (ns *names) derivatives() {
	coords := map[string]ph.Expr{}
	for name, e := range ns.env.Names {
		if e != nil && e.Op() == ph.OpCoord {
			coords[name] = e
		}
	}
	for _, name := range slices.Sorted(maps.Keys(ns.what)) {
		for i := range len(name) {
			of := ns.env.Names[name[:i]]
			if name[i] != '_' || of == nil {
				continue
			}
			known := maps.Clone(coords)
			known[name[:i]] = of
			if e, err := ph.Parse(name, ph.Env{Names: known}); err == nil && e.Op() == ph.OpD {
				ns.broken[name] = true
				ns.failAt(ns.at[name], ns.path[name], "%s is written like a derivative; take another name", name)
				break
			}
		}
	}
}

// later notes a name whose expression is read when needed.
func (ns *names) later(d *definition) {
	ns.pending[d.name] = d
	ns.order = append(ns.order, d.name)
}

// resolve reads all expressions that were put off.
func (ns *names) resolve() {
	for _, name := range ns.order {
		ns.read(ns.pending[name])
	}
	for name := range ns.what {
		if ns.env.Names[name] == nil {
			ns.broken[name] = true
		}
	}
}

func (ns *names) read(d *definition) {
	if d.done {
		return
	}
	d.done = true
	ns.stack = append(ns.stack, d.name)
	defer func() { ns.stack = ns.stack[:len(ns.stack)-1] }()
	if d.parts != nil {
		var values []ph.Expr
		for _, p := range d.parts {
			if ns.read(p); p.ok {
				values = append(values, p.value)
			}
		}
		if d.ok = len(values) == len(d.parts); d.ok {
			ns.env.Names[d.name] = d.join(values)
		}
		return
	}
	bad := false
	for _, name := range ns.mentioned(d) {
		if i := slices.Index(ns.stack, name); i >= 0 {
			ns.fail(d.node, "the definitions run in a circle, %s; one of them must stand on its own",
				strings.Join(append(slices.Clone(ns.stack[i:]), name), " → "))
			return
		}
		dep := ns.pending[name]
		ns.read(dep)
		bad = bad || !dep.ok // its mistake is reported already
	}
	if bad {
		return
	}
	env := ns.env
	if d.own != nil || d.only != nil {
		env.Names = maps.Clone(ns.env.Names)
		maps.DeleteFunc(env.Names, func(name string, _ ph.Expr) bool { return d.only != nil && !d.only[name] })
		maps.Copy(env.Names, d.own)
	}
	e, ok := ns.expr(d.node, env)
	if !ok {
		return
	}
	if d.dim > 0 && e.Dim() != d.dim {
		ns.fail(d.node, "it has %d components where %d must stand; write [a, b] for several, w[0] for one of several", e.Dim(), d.dim)
		return
	}
	d.ok, d.value = true, e
	if d.wrap != nil {
		ns.env.Names[d.name] = d.wrap(e)
	}
}

// mentioned returns the pending names that a definition's text refers to, derivatives such as u_x included.
func (ns *names) mentioned(d *definition) []string {
	var list []string
	for _, s := range ph.Names(d.node.Text) {
		for ; s != ""; s = s[:max(0, strings.LastIndexByte(s, '_'))] {
			if _, own := d.own[s]; own || d.only != nil && !d.only[s] {
				break
			}
			if _, ok := ns.pending[s]; ok {
				list = append(list, s)
				break
			}
			if _, ok := ns.what[s]; ok {
				break
			}
		}
	}
	return list
}

// trainable are the scalars in an expression that the run finds.
func trainable(e ph.Expr) []*ph.Param {
	return slices.DeleteFunc(parameters(e), func(p *ph.Param) bool { return p.Fixed() })
}

// parameters are the scalars in an expression that have a name: trainable ones, and the constant of a curriculum.
func parameters(e ph.Expr) []*ph.Param {
	var ps []*ph.Param
	for part := range ph.Walk(e, nil) {
		if p, ok := part.Attr().(*ph.Param); ok {
			ps = append(ps, p)
		}
	}
	return ps
}

// uses reports whether an operator occurs in an expression.
func uses(e ph.Expr, op ph.Op) bool {
	return ph.Contains(e, func(part ph.Expr) bool { return part.Op() == op })
}
