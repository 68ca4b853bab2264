package placeholder

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
)

// Coord is a coordinate of the domain, such as x or t. Two coordinates are the same only if they are the same pointer.
type Coord struct {
	node
	name string
}

// NewCoord returns a new coordinate.
func NewCoord(name string) *Coord {
	c := &Coord{name: name}
	c.node = node{op: OpCoord, dim: 1, attr: c, pos: caller()}
	if !IsName(name) {
		c.fail("coordinate name %q: use letters, digits and underscores, starting with a letter", name)
	}
	return c
}

// Name is the name given to NewCoord.
func (c *Coord) Name() string { return c.name }

// Coords2 returns two new coordinates.
func Coords2(a, b string) (x, y *Coord) { return NewCoord(a), NewCoord(b) }

// Coords3 returns three new coordinates.
func Coords3(a, b, c string) (x, y, z *Coord) { return NewCoord(a), NewCoord(b), NewCoord(c) }

// Init fills a new parameter of the given shape.
type Init func(rng *rand.Rand, dst []float64, shape []int)

// Param is a parameter: a scalar of the PDE, trainable or constant, or a weight of a network. As an expression it has as many
// components as the last entry of its shape; matrices appear only as the weight of [Affine].
type Param struct {
	node
	path  string
	shape []int
	init  Init
	fixed bool
	value *float64 // of a constant
}

// NewParam returns a trainable scalar, for inverse problems: an unknown coefficient with an initial guess.
func NewParam(name string, init float64) *Param {
	p := &Param{path: name, init: func(_ *rand.Rand, dst []float64, _ []int) { dst[0] = init }}
	p.node = node{op: OpParam, dim: 1, attr: p, pos: caller()}
	if !IsName(name) {
		p.fail("parameter name %q: use letters, digits and underscores, starting with a letter", name)
	}
	return p
}

// NewConstant returns a number with a name that is not trained: a coefficient of the equations. Unlike [Const] it can take other
// values while a solver trains, see crux.Curriculum; otherwise it is its value.
func NewConstant(name string, value float64) *Param {
	p := NewParam(name, value)
	p.fixed, p.value = true, &value
	if math.IsNaN(value) || math.IsInf(value, 0) {
		p.fail("constant %s is %v; it must be finite", name, value)
	}
	return p
}

// Constant is the value of a parameter that NewConstant has made; ok is false for any other.
func (p *Param) Constant() (value float64, ok bool) {
	if p.value == nil {
		return 0, false
	}
	return *p.value, true
}

// Path is the parameter's unique name, "kappa" or "u/layer1/weight".
func (p *Param) Path() string { return p.path }

// Shape is empty for a scalar, (n) for a vector, (in, out) for a matrix.
func (p *Param) Shape() []int { return slices.Clone(p.shape) }

// Size is the number of entries.
func (p *Param) Size() int {
	n := 1
	for _, s := range p.shape {
		n *= s
	}
	return n
}

// Initialize fills dst, of length Size, with the initial value.
func (p *Param) Initialize(rng *rand.Rand, dst []float64) { p.init(rng, dst, p.shape) }

// Fixed reports whether the parameter is a constant drawn once, such as the frequencies of Fourier features,
// rather than trained.
func (p *Param) Fixed() bool { return p.fixed }

// Frozen returns a parameter of the same shape that is not trained, under another path. Its values are zero until they are
// set: networks whose parameters are replaced by such ones are functions known beforehand.
func (p *Param) Frozen(path string) *Param {
	q := &Param{path: path, shape: slices.Clone(p.shape), fixed: true, init: func(_ *rand.Rand, dst []float64, _ []int) { clear(dst) }}
	q.node = node{op: OpParam, dim: p.dim, attr: q, pos: p.pos, err: p.err}
	return q
}

// Twin is another parameter of the same path, shape and initial values.
func (p *Param) Twin() *Param {
	q := *p
	q.attr = &q
	return &q
}

// Module is a network: it maps an input to an output, drawing its parameters from the scope.
type Module interface {
	Apply(s *Scope, in Expr) Expr
}

// Placed is a Module with inputs that are functions of the coordinates of the problem, and stay so where a solver gives the network other
// ones: in windows of time a network begins again in each, and a place where the solution is singular does not.
type Placed interface {
	Module
	Placed() []Expr
}

// Scope hands out a module's parameters under unique paths.
type Scope struct {
	prefix string
	params *[]*Param
	used   map[string]bool
}

// Param returns a new trainable parameter of this scope.
func (s *Scope) Param(name string, init Init, shape ...int) *Param {
	return s.add(name, init, false, shape)
}

// Constant returns a new parameter that is drawn once and not trained.
func (s *Scope) Constant(name string, init Init, shape ...int) *Param {
	return s.add(name, init, true, shape)
}

func (s *Scope) add(name string, init Init, fixed bool, shape []int) *Param {
	p := &Param{path: s.prefix + name, shape: slices.Clone(shape), init: init, fixed: fixed}
	dim := 1
	if len(shape) > 0 {
		dim = shape[len(shape)-1]
	}
	p.node = node{op: OpParam, dim: dim, attr: p, pos: caller()}
	switch {
	case s.used[p.path]:
		p.fail("parameter %q exists already in this network; give it another name or use Scope.Sub", p.path)
	case init == nil:
		p.fail("parameter %q has no initialiser", p.path)
	case len(shape) > 2:
		p.fail("parameter %q has %d axes; at most 2 are supported", p.path, len(shape))
	}
	for _, n := range shape {
		if n < 1 {
			p.fail("parameter %q has shape %v; every axis needs at least 1 entry", p.path, shape)
		}
	}
	s.used[p.path] = true
	*s.params = append(*s.params, p)
	return p
}

// Sub returns the scope for a part of the module; its parameters' paths begin with name.
func (s *Scope) Sub(name string) *Scope {
	return &Scope{prefix: s.prefix + name + "/", params: s.params, used: s.used}
}

// Field is a network evaluated at coordinates: an unknown function of the problem.
type Field struct {
	node
	name   string
	coords []*Coord
	params []*Param
	module Module
	body   Expr
}

// NewField returns the function that module m computes of the given coordinates.
func NewField(name string, m Module, at ...*Coord) *Field {
	f := &Field{name: name, coords: slices.Clone(at), module: m}
	f.node = node{op: OpField, attr: f, pos: caller()}
	switch {
	case !IsName(name):
		f.fail("field name %q: use letters, digits and underscores, starting with a letter", name)
		return f
	case m == nil:
		f.fail("field %q has no network; pass one, such as net.MLP{}", name)
		return f
	case len(at) == 0:
		f.fail("field %q is a function of no coordinate; name at least one", name)
		return f
	}
	in := make([]Expr, len(at))
	for i, c := range at {
		if c == nil || slices.Contains(at[:i], c) {
			f.fail("field %q: coordinate %d is nil or repeated", name, i+1)
			return f
		}
		in[i] = c
	}
	scope := &Scope{prefix: name + "/", params: &f.params, used: map[string]bool{}}
	f.body = m.Apply(scope, Concat(in...))
	for _, p := range f.params {
		if f.err == nil && p.err != nil {
			f.err = p.err
		}
	}
	switch {
	case f.err != nil:
	case f.body == nil:
		f.fail("field %q: the network returned nil", name)
	case f.body.Err() != nil:
		f.err = f.body.Err()
	default:
		f.dim = f.body.Dim()
	}
	return f
}

// Name is the name given to NewField.
func (f *Field) Name() string { return f.name }

// Coords are the coordinates of which the field is a function.
func (f *Field) Coords() []*Coord { return slices.Clone(f.coords) }

// Twin is another field of the same network, with the same parameters.
func (f *Field) Twin() *Field {
	g := *f
	g.attr = &g
	return &g
}

// Module is the network given to NewField.
func (f *Field) Module() Module { return f.module }

// Parameters are the network's parameters, in the order in which it created them.
func (f *Field) Parameters() []*Param { return slices.Clone(f.params) }

// Body is the expression that the network computes of the coordinates; nil when Err is not nil.
func (f *Field) Body() Expr { return f.body }

// Normalize maps coordinates onto [−1, 1] by the bounds that the problem's point sets give them. Networks apply it to
// their input unless told otherwise.
func Normalize(in Expr) Expr {
	n := newNode(OpNormalize, in.Dim(), nil, in)
	if n.err != nil {
		return n
	}
	parts := n.args
	if n.args[0].op == OpConcat {
		parts = n.args[0].args
	}
	for _, p := range parts {
		if p.op != OpCoord {
			return in // already transformed: its range is the transform's business
		}
	}
	return n
}

// Affine returns in·w + b, with w of shape (in.Dim(), out) and b of shape (out); b may be nil.
func Affine(w, b *Param, in Expr) Expr {
	args := []Expr{in}
	if w == nil {
		return newNode(OpAffine, 0, nil, in).fail("Affine without a weight")
	}
	args = append(args, w)
	if b != nil {
		args = append(args, b)
	}
	n := newNode(OpAffine, 0, nil, args...)
	if n.err != nil {
		return n
	}
	if len(w.shape) != 2 || w.shape[0] != n.args[0].dim {
		return n.fail("Affine: weight %s has shape %v, the input %d components", w.path, w.shape, n.args[0].dim)
	}
	if b != nil && (len(b.shape) != 1 || b.shape[0] != w.shape[1]) {
		return n.fail("Affine: bias %s has shape %v, weight %s gives %d outputs", b.path, b.shape, w.path, w.shape[1])
	}
	n.dim = w.shape[1]
	return n
}

func names(cs []*Coord) string {
	s := make([]string, len(cs))
	for i, c := range cs {
		s[i] = c.name
	}
	return strings.Join(s, ", ")
}

// IsName reports whether s can be a name in a text: letters, digits and underscores, no digit first.
func IsName(s string) bool {
	for i, r := range s {
		if !letter(r) && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != "" && s != "_"
}
