package problemfile

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/crux-pinn/crux/crux/auto"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/files/tree"
	ph "github.com/crux-pinn/crux/placeholder"
)

// pairs asks for several eigenvalues with their functions: eigen: 3, or eigen: {E: 3} where the file has other unknown numbers. The file
// becomes one with a copy of everything for each: psi, psi_2, psi_3 with E, E_2, E_3, each beginning at its eigenvalue, and conditions by
// which they are orthogonal in the sense of the norm that the file states. Of functions with one eigenvalue any mixture will do, until all
// but the first are zero at a place, all but the second at another one, and so on.
func (l *loader) pairs(root *tree.Node) {
	n := root.Get("eigen")
	if n == nil || n.Kind == tree.Nothing || n.Text == "none" {
		return
	}
	root.Set("eigen", "none") // as that is what it becomes
	single := &loader{src: l.src, dir: l.dir}
	p := single.problem(stated(root))
	if len(single.errs) > 0 { // reading it once more says so
		return
	}
	e := &eigenfile{loader: l, root: root, problem: p}
	if !e.read(n) {
		return
	}
	s, err := auto.Eigenvalues(auto.Problem{Domain: p.geometry, Constraints: p.Conditions}, e.value)
	switch {
	case err != nil:
		why := strings.TrimPrefix(err.Error(), "auto: ")
		l.fail(n, "the eigenvalues cannot be found: %s; leave out eigen, and give the number an initial value", why)
		return
	case len(s.Values) < e.count:
		l.fail(n, "only %d eigenvalues were found; ask for fewer", len(s.Values))
		return
	case len(s.Sizes) == 0:
		l.fail(n, `nothing fixes the size of the functions; add a constraint, such as norm: {residual: "integral(u(x = s)^2, s, 0, 1) = 1"}`)
		return
	}
	e.sizes = s.Sizes
	e.write(s.Values[:e.count])
}

// statement are the keys by which a problem is stated.
var statement = []string{
	"problem", "coords", "time", "constants", "params", "define", "materials", "interfaces", "fields", "domain", "regions", "data", "tables",
	"constraints", "integrals",
}

// stated is the file with one pair, as far as it states the problem: without definitions from what the others are called.
func stated(root *tree.Node) *tree.Node {
	n := copied(root)
	n.Entries = slices.DeleteFunc(n.Entries, func(e tree.Entry) bool { return !slices.Contains(statement, e.Key) })
	if d := n.Get("define"); d != nil {
		d.Entries = slices.DeleteFunc(d.Entries, func(e tree.Entry) bool {
			return slices.ContainsFunc(ph.Names(e.Value.Text), func(name string) bool {
				base, number, ok := strings.Cut(name, "_")
				_, err := strconv.Atoi(number)
				return ok && err == nil && (n.Get("params").Get(base) != nil || n.Get("fields").Get(base) != nil)
			})
		})
	}
	return n
}

// eigenfile is a file whose unknowns are to be there several times.
type eigenfile struct {
	*loader
	root    *tree.Node
	problem *Problem
	value   *ph.Param
	count   int
	sizes   map[string]float64
	copied  map[string]bool // names that depend on the functions or on the eigenvalue
}

// read reads the key.
func (e *eigenfile) read(n *tree.Node) bool {
	number := n
	if n.Kind == tree.Mapping && len(n.Entries) == 1 {
		i := slices.IndexFunc(e.problem.Params, func(q *ph.Param) bool { return q.Path() == n.Entries[0].Key })
		if i < 0 {
			e.fail(n, "%s is not one of the numbers to be found; name one of params", n.Entries[0].Key)
			return false
		}
		e.value, number = e.problem.Params[i], n.Entries[0].Value
	}
	const most = 20
	var err error
	if e.count, err = strconv.Atoi(number.Text); err != nil || e.count < 1 || e.count > most {
		e.fail(n, "%q is not a number of eigenvalues from 1 to %d; write eigen: 3, or eigen: {E: 3} with the name of the number",
			number.Text, most)
		return false
	}
	switch list := e.problem.Params; {
	case e.value != nil:
	case len(list) != 1:
		e.fail(n, "the file has %d numbers to be found, and the eigenvalue is one; write eigen: {E: 3} with its name", len(list))
		return false
	default:
		e.value = list[0]
	}
	return true
}

// write writes the copies into the file.
func (e *eigenfile) write(values []float64) {
	e.copied = map[string]bool{e.value.Path(): true}
	for _, f := range entries(e.root, "fields") {
		e.copied[f.Key] = true
		if out := f.Value.Get("out"); out != nil {
			for _, part := range out.Items {
				e.copied[part.Text] = true
			}
		}
	}
	for again := true; again; { // definitions of definitions
		again = false
		for _, d := range entries(e.root, "define") {
			if !e.copied[d.Key] && e.mentioned(d.Value) {
				e.copied[d.Key], again = true, true
			}
		}
	}
	params, constraints := e.root.Get("params"), e.root.Get("constraints")
	stated := map[string][]tree.Entry{}
	for _, section := range []string{"fields", "define", "constraints"} {
		stated[section] = slices.Clone(entries(e.root, section))
	}
	for k, v := range values {
		params.Put(e.numbered(e.value.Path(), k), e.initial(params.Get(e.value.Path()), k, v))
		if k == 0 {
			continue
		}
		for section, entries := range stated {
			for _, x := range entries {
				if section != "constraints" && e.copied[x.Key] || section == "constraints" && e.mentioned(x.Value) {
					c := copied(x.Value)
					e.rewrite(c, k)
					c.Rename(tree.Join(section, e.numbered(x.Key, k)))
					e.root.Get(section).Put(e.numbered(x.Key, k), c)
				}
			}
		}
		for j := range k {
			if math.Abs(values[j]-v) <= same*math.Abs(v) {
				e.apart(j, k)
			}
		}
		for _, x := range stated["constraints"] {
			for _, name := range slices.Sorted(maps.Keys(e.sizes)) {
				if part, ok := strings.CutPrefix(name, x.Key); ok && (part == "" || part[0] == '.') {
					e.orthogonal(constraints, x, strings.TrimPrefix(part, "."), e.sizes[name], k)
				}
			}
		}
	}
}

// same is the relative distance up to which two eigenvalues are one: both are known to some five digits.
const same = 1e-4

// apart adds that function k is zero at a place, which function j need not be.
func (e *eigenfile) apart(j, k int) {
	const sample = 64
	at, err := e.problem.geometry.Interior(sample).With(domain.Sobol{}).Every(0).Draw(nil)
	if err != nil || at.Len() < sample {
		return // it has no inside, which is said elsewhere
	}
	narrow := func(x Field) bool { return len(x.Coords) != len(at.Coords) } // a function of fewer coordinates
	for _, f := range entries(e.root, "fields") {
		if slices.ContainsFunc(e.problem.Fields, func(x Field) bool { return x.Name == f.Key && narrow(x) }) {
			continue
		}
		part := f.Key
		if out := f.Value.Get("out"); out != nil && len(out.Items) > 0 {
			part = out.Items[0].Text
		}
		var place []string
		for i, c := range at.Coords {
			place = append(place, fmt.Sprintf("%s = %.6g", c.Name(), at.Row(sample/2 + j)[i]))
		}
		name := fmt.Sprintf("apart_%d_%d", j+1, k+1)
		c := e.root.Get("constraints").Open(name)
		c.Put("residual", &tree.Node{
			Kind: tree.Scalar, Quoted: true, At: c.At, Path: tree.Join(c.Path, "residual"),
			Text: fmt.Sprintf("%s(%s)", e.renamed(part, k), strings.Join(place, ", ")),
		})
		return
	}
}

// numbered is the name of the same thing of another pair, counted from 0.
func (e *eigenfile) numbered(name string, k int) string {
	if k == 0 {
		return name
	}
	return fmt.Sprintf("%s_%d", name, k+1)
}

// initial is a number that begins at an eigenvalue.
func (e *eigenfile) initial(said *tree.Node, k int, v float64) *tree.Node {
	n := copied(said)
	if n.Kind != tree.Mapping {
		n = &tree.Node{Kind: tree.Mapping, At: said.At}
	}
	if k > 0 { // what the file says of the first is said of it alone
		n.Entries = nil
	}
	n.Set("init", strconv.FormatFloat(v, 'g', 6, 64))
	n.Rename(tree.Join("params", e.numbered(e.value.Path(), k)))
	return n
}

// orthogonal adds that functions j and k are orthogonal, for all j below k: what a norm states, N(a) = 1 with N quadratic, makes of them
// N(a + b) = N(a) + N(b).
func (e *eigenfile) orthogonal(constraints *tree.Node, x tree.Entry, part string, size float64, k int) {
	residual := x.Value.Get("residual")
	if part != "" && residual.Kind == tree.Mapping {
		residual = residual.Get(part)
	}
	for j := range k {
		text := ph.Rewrite(residual.Text, func(name, arguments string) (string, bool) {
			if !e.depends(name) {
				return "", false
			}
			return fmt.Sprintf("(%s%s + %s%s)", e.renamed(name, j), arguments, e.renamed(name, k), arguments), true
		})
		if i := equals(text); i >= 0 {
			text = fmt.Sprintf("%s - (%s)", strings.TrimSpace(text[:i]), strings.TrimSpace(text[i+1:]))
		}
		c := copied(x.Value)
		c.Entries = slices.DeleteFunc(c.Entries, func(e tree.Entry) bool { return e.Key == "residual" })
		name := fmt.Sprintf("orthogonal_%d_%d", j+1, k+1)
		if len(e.sizes) > 1 { // each of them says one
			name = strings.TrimSuffix(x.Key+"_"+part, "_") + "_" + name
		}
		c.Rename(tree.Join("constraints", name))
		c.Put("residual", &tree.Node{
			Kind: tree.Scalar, Quoted: true, At: residual.At, Path: tree.Join(c.Path, "residual"),
			Text: fmt.Sprintf("%s = %s", text, strconv.FormatFloat(-size, 'g', -1, 64)),
		})
		constraints.Put(name, c)
	}
}

// equals is where the sides of an equation meet; −1 where there is none.
func equals(text string) int {
	depth := 0
	for i, c := range text {
		switch c {
		case '(', '[':
			depth++
		case ')', ']':
			depth--
		case '=':
			if depth == 0 {
				return i
			}
		}
	}
	return -1
}

// rewrite renames what stands in the texts of a node.
func (e *eigenfile) rewrite(n *tree.Node, k int) {
	if n.Kind == tree.Scalar {
		n.Text = ph.Rewrite(n.Text, func(name, arguments string) (string, bool) { return e.renamed(name, k) + arguments, e.depends(name) })
	}
	for _, it := range n.Items {
		e.rewrite(it, k)
	}
	for _, x := range n.Entries {
		e.rewrite(x.Value, k)
	}
}

// base is the name of which another is a derivative: psi of psi_xx.
func (e *eigenfile) base(name string) string {
	i := strings.LastIndex(name, "_")
	if e.copied[name] || i < 0 {
		return name
	}
	rest := name[i+1:]
	for rest != "" {
		at := slices.IndexFunc(e.problem.Coords, func(c *ph.Coord) bool { return strings.HasPrefix(rest, c.Name()) })
		if at < 0 {
			return name
		}
		rest = rest[len(e.problem.Coords[at].Name()):]
	}
	return name[:i]
}

func (e *eigenfile) depends(name string) bool { return e.copied[e.base(name)] }

func (e *eigenfile) renamed(name string, k int) string {
	base := e.base(name)
	return e.numbered(base, k) + name[len(base):]
}

// mentioned reports whether a text in a node depends on the functions or the eigenvalue.
func (e *eigenfile) mentioned(n *tree.Node) bool {
	if n.Kind == tree.Scalar && slices.ContainsFunc(ph.Names(n.Text), e.depends) {
		return true
	}
	return slices.ContainsFunc(n.Items, e.mentioned) ||
		slices.ContainsFunc(n.Entries, func(x tree.Entry) bool { return e.mentioned(x.Value) })
}

// copied is a node of its own with the same parts.
func copied(n *tree.Node) *tree.Node {
	c := *n
	c.Items, c.Entries = slices.Clone(n.Items), slices.Clone(n.Entries)
	for i, it := range c.Items {
		c.Items[i] = copied(it)
	}
	for i := range c.Entries {
		c.Entries[i].Value = copied(c.Entries[i].Value)
	}
	return &c
}
