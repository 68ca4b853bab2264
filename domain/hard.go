package domain

import (
	"errors"
	"fmt"
	"math"
	"slices"

	ph "github.com/crux-pinn/crux/placeholder"
)

// Hard builds boundary and initial conditions into an unknown function, so that it has them exactly whatever its network
// says and nothing is left of them to train: u = G + B(N), where G has the given values and B(N) is a network N changed so
// that it has homogeneous ones.
//
//	raw := placeholder.NewField("u", net.MLP{}, t, x)
//	exact := domain.Hard{Domain: slab, Conditions: []domain.Condition{
//		{Name: "ic", Residual: raw.Sub(placeholder.Sin(x)), On: slab.Face(t, 0, 1)},
//		{Name: "bc", Residual: raw, On: slab.Sides(x, 1)},
//	}}.Apply(raw)
//	u := exact.Expr // in place of raw, in all other residuals
//
// On the faces of a [Box], and at the ends of the axis of a [Cylinder], a condition is a·u + b·∂u/∂n = h with functions a, b
// and h of the coordinates: a value, a flux or one of Robin's kind; an initial velocity is a flux along time. G interpolates
// the values between opposite faces linearly, fluxes by cubic polynomials, one coordinate after the other (transfinite
// interpolation; the functional connections of Mortari 2017 and Leake, Mortari 2020). For values B multiplies N by
// polynomials that vanish on their faces and have the maximum 1; fluxes take N and its derivative on the face. Where an axis has
// conditions at one end only, with s the way from there in units of its length and τ = Onset, N is multiplied by
//
//	s/(s + τ)   for a value,   s²/(s² + τ²)   for a value and a flux
//
// so that it has something of order one to learn everywhere, and the data by one less that: beyond τ the network is the function
// itself, not what it differs by from a start that it may have left far behind.
//
// On the boundary of a [Shape], at all times of a [Cylinder], values are built in, by a smooth function that is zero on the boundary
// only: the product of a function for each side, ball or hole, non-convex corners by Rvachev's R-functions (Sukumar,
// Srivastava 2022, arXiv 2104.08426). Several conditions are joined by inverse distance (there, Eq. 21). Inside, h continues by
// its own formula and so must be smooth there. A flux a·u + b·∂u/∂n = h through a part of the boundary takes, by Rvachev's structure, the derivative of
// N along the gradient of the part's function (there, Eq. 11). It is exact away from corners of the shape, and where u has a value on the
// same part N is multiplied by the function squared instead. On straight sides the derivative may have any direction but that of the side.
// Two things are exact and seldom pay, and so are built in only with All: a flux without a value, which costs derivatives of one order
// more in all residuals, and different values on parts that meet, as the second derivatives of what joins them are infinite in the corner.
//
// A condition that u, or a derivative of it, is the same at both ends of an axis is had by a network that is periodic along it, as
// net.Periodic makes it; nothing is built for it then, and other conditions are if they leave the function periodic, up to its third derivative.
// [Hard.Periodicities] finds which periods that takes.
//
// Everything is an [ph.Expr] of the coordinates and N, so derivatives of every order exist. At corners where two of the
// functions of a shape vanish, second derivatives may be infinite; interior points never lie there.
type Hard struct {
	Domain     Domain      // a *Box, *Shape or *Cylinder
	Conditions []Condition // candidates, in the order in which they are tried, but for periodic ones, which come first
	All        bool        // on the boundary of a shape, build in also fluxes where u has no value, and different values on parts that meet
	Onset      float64     // τ, relative to the length of the axis; 0 means 0.1
}

// Condition is a residual that shall vanish on a part of the boundary, as a constraint of a problem has it. The number
// of points does not matter.
type Condition struct {
	Name     string
	Residual ph.Expr
	On       *Points
}

// Exact is an unknown function with conditions built into it.
type Exact struct {
	Expr  ph.Expr  // the function; it carries an error if there is one
	Built []string // the conditions that it has exactly, by name
	Kept  []Kept   // those that must stay constraints
}

// Kept is a condition that cannot be built in, and why.
type Kept struct{ Name, Why string }

// Apply returns the unknown function u, a field or one component of one, with as many of the conditions built in as is
// possible: each must be linear in u on whole faces, agree in corners with those before it, and be of a kind named at Hard. Every
// condition is checked numerically on its part of the boundary, corners included, with a function in place of the
// network. Conditions that fail are listed in Kept with the reason, those that do not concern u alone too.
func (h Hard) Apply(u ph.Expr) *Exact {
	if u == nil {
		return &Exact{Expr: ph.Bad("Hard of a nil function; pass a field or a component of one")}
	}
	if u.Err() != nil {
		return &Exact{Expr: u}
	}
	w, ok := unknownOf(u)
	if !ok || u.Dim() != 1 {
		return &Exact{Expr: ph.Bad("Hard of an expression with %d components; pass a field of one component, or one component of a field by Index", u.Dim())}
	}
	tau := h.Onset
	if tau == 0 {
		tau = 0.1
	}
	if !(tau > 0) || !finite(tau) {
		return &Exact{Expr: ph.Bad("Hard: Onset is %v; it must be positive, or 0 for 0.1", h.Onset)}
	}
	var meeting []Kept
	for {
		out, more := h.apply(u, w, tau, meeting)
		if more == nil {
			return out
		}
		meeting = append(meeting, more...)
	}
}

// apply builds in what it can of the conditions but for those that are kept. It stops where values of two conditions differ on parts that
// meet, and returns both.
func (h Hard) apply(u ph.Expr, w unknown, tau float64, kept []Kept) (*Exact, []Kept) {
	fr, err := newFrame(h.Domain, tau)
	if err != nil {
		return &Exact{Expr: ph.Bad("Hard: %v", err)}, nil
	}
	fr.all = h.All
	for _, c := range fr.coords {
		if !slices.Contains(w.field.Coords(), c) {
			fr.err = fmt.Errorf("the field is no function of %s", c.Name())
		}
	}
	out := &Exact{Expr: u, Kept: slices.Clone(kept)}
	first, rest := []Condition{}, []Condition{}
	for i, c := range h.Conditions {
		if c.Name == "" {
			c.Name = fmt.Sprint(i)
		}
		if slices.ContainsFunc(kept, func(k Kept) bool { return k.Name == c.Name }) {
			continue
		}
		if p, _ := fr.pairIn(c); p != nil {
			first = append(first, c)
		} else {
			rest = append(rest, c)
		}
	}
	queue := append(first, rest...)
	for i, n := 0, len(queue); i < len(queue); i++ {
		c := queue[i]
		err := fr.try(c, w)
		var corner *cornerError
		switch {
		case errors.As(err, &corner):
			return nil, []Kept{{corner.with, (&cornerError{c.Name}).Error()}, {c.Name, corner.Error()}}
		case errors.Is(err, errOnRequest) && i < n:
			queue = append(queue, c) // a value on the same part may come later
		case err != nil:
			out.Kept = append(out.Kept, Kept{c.Name, err.Error()})
		default:
			out.Built = append(out.Built, c.Name)
		}
	}
	if len(out.Built) > 0 {
		out.Expr = fr.build(u)
	}
	return out, nil
}

// frame is the boundary of a domain in pieces, with the conditions built in so far.
type frame struct {
	domain Domain
	coords []*ph.Coord
	lo, hi []float64
	axes   []int // whose ends are pieces of the boundary: all of a box, time of a cylinder, none of a shape
	shape  *Shape
	parts  []implicit // of the boundary of the shape
	pieces []piece
	tau    float64
	err    error // why nothing can be built in

	ends   map[int]*[2]end // by axis
	held   []sector        // values on parts of the shape's boundary
	fluxes []sideFlux      // through such parts
	all    bool            // as Hard.All
	done   []built
	wraps  []wrap // axes along which the network is periodic
}

// piece is a part of the boundary on which a condition holds as a whole: a face, or the zeros of one function.
type piece struct {
	axis, side int // a face; axis −1 for a part of a shape
	part       int // of a shape
	measure    float64
	patches    []Patch
	on         func(x []float64) bool
}

// end is what is given at an end of an axis.
type end struct {
	value ph.Expr // u there, nil if not given
	flux  *flux   // nil if not given
}

// flux is a·u + b·∂u/∂x + rest = 0.
type flux struct{ a, b, rest ph.Expr }

// sector is a value on some of the parts of a shape's boundary.
type sector struct {
	name  string // of the condition
	parts []int
	value ph.Expr
}

// built is a condition that was accepted, for checking.
type built struct {
	name string
	at   []hold
}

// hold is a condition on one piece, in terms of u.
type hold struct {
	piece int
	form  affine
	along ph.Expr // the coefficient of the derivative along the normal, on a part of a shape; nil elsewhere
}

// newFrame takes the boundary of a domain apart.
func newFrame(d Domain, tau float64) (*frame, error) {
	f := &frame{domain: d, tau: tau, ends: map[int]*[2]end{}}
	if d == nil || d == (*Box)(nil) || d == (*Shape)(nil) || d == (*Cylinder)(nil) {
		return nil, fmt.Errorf("no domain; give the one on which the conditions lie")
	}
	switch d := d.(type) {
	case *Box:
		f.axes = make([]int, len(d.axes))
		for i := range f.axes {
			f.axes[i] = i
		}
	case *Shape:
		f.shape = d
	case *Cylinder:
		f.shape, f.axes = d.base, []int{len(d.box.axes) - 1}
	default:
		return nil, fmt.Errorf("a domain of type %T; conditions can be built in on a *Box, *Shape or *Cylinder", d)
	}
	if err := d.Err(); err != nil {
		return nil, err
	}
	f.coords = d.Coords()
	f.lo, f.hi = d.Bounds()
	for _, i := range f.axes {
		f.ends[i] = &[2]end{}
		for side, at := range [2]float64{f.lo[i], f.hi[i]} {
			tol := 1e-12 * (f.hi[i] - f.lo[i])
			p := piece{axis: i, side: side, on: func(x []float64) bool { return math.Abs(x[i]-at) <= tol }}
			switch d := d.(type) {
			case *Box:
				p.patches = []Patch{d.face(i, at, float64(2*side-1))}
			case *Cylinder:
				p.patches = []Patch{d.end(at)}
			}
			p.measure = surface(p.patches)
			f.pieces = append(f.pieces, p)
		}
	}
	if f.shape != nil {
		f.err = f.takeApart()
	}
	return f, nil
}

// takeApart finds the functions that vanish on the boundary of the shape, and checks that they do what they must:
// to be positive inside, and one of them zero on the boundary.
func (f *frame) takeApart() error {
	s := f.shape
	var err error
	if f.parts, err = factors(s, s.scale()/2); err != nil {
		return err
	}
	patches := s.patches
	if c, ok := f.domain.(*Cylinder); ok {
		patches = c.lateral(patches)
	}
	d := len(s.box.axes)
	const tol = 1e-9
	for k, g := range f.parts {
		p := piece{axis: -1, part: k, on: func(x []float64) bool { return math.Abs(g.value(x[:d])) <= tol }}
		for _, q := range patches {
			if q = cut(q, len(f.coords), func(x, _ []float64) bool { return p.on(x) }); q.Measure > 0 {
				p.patches = append(p.patches, q)
			}
		}
		p.measure = surface(p.patches)
		if p.measure > 0 {
			f.pieces = append(f.pieces, p)
		}
	}
	good := true
	for _, q := range s.patches {
		each(q, d, 256, func(x []float64) {
			zeros := 0
			for _, g := range f.parts {
				if v := g.value(x); math.Abs(v) <= tol {
					zeros++
				} else if !(v > 0) {
					good = false
				}
			}
			good = good && zeros == 1
		})
	}
	each(s.inside(), d, 1024, func(x []float64) {
		for _, g := range f.parts {
			good = good && g.value(x) > 0
		}
	})
	if !good {
		return fmt.Errorf("no function is known that vanishes on the boundary of the %s and nowhere else, perhaps because boundaries of its parts coincide", s.name)
	}
	return nil
}

// each calls visit for n points of a patch, or fewer where its parametrisation covers more than the patch. They are those of a
// sequence, moved by a number that is no fraction, so that none falls into a corner.
func each(p Patch, dim, n int, visit func(x []float64)) {
	u, err := Halton{}.Sample(nil, n, p.Params)
	if err != nil {
		return
	}
	for i := range u {
		_, u[i] = math.Modf(u[i] + 1/(50*math.Pi))
	}
	x, normal := make([]float64, dim), make([]float64, dim)
	for i := range n {
		if p.At(u[i*p.Params:(i+1)*p.Params], x, normal) {
			visit(slices.Clone(x))
		}
		if p.Params == 0 {
			return
		}
	}
}

// covers returns the pieces that a set of points covers, and an error if that is not all of it, or only parts of pieces.
func (f *frame) covers(on *Points) ([]int, error) {
	if on == nil {
		return nil, fmt.Errorf("it has no point set")
	}
	if err := on.Err(); err != nil {
		return nil, err
	}
	if on.given != nil {
		return nil, fmt.Errorf("its points are given, and are no face of the domain")
	}
	order := make([]int, len(f.coords))
	for i, c := range f.coords {
		if order[i] = slices.Index(on.coords, c); order[i] < 0 || len(on.coords) != len(f.coords) {
			return nil, fmt.Errorf("its points have other coordinates than the domain")
		}
	}
	var list []int
	found := 0.0
	y := make([]float64, len(f.coords))
	for k, p := range f.pieces {
		part, rough := 0.0, 1e-5
		for _, q := range on.patches {
			c := cut(q, len(f.coords), func(x, _ []float64) bool {
				for i, j := range order {
					y[i] = x[j]
				}
				return p.on(y)
			})
			part += c.Measure
			if c.Params > 1 && f.shape != nil {
				rough = 1e-2 // shares of surfaces are estimated
			}
		}
		if part <= rough*p.measure {
			continue
		}
		if math.Abs(part-p.measure) > rough*p.measure {
			return nil, fmt.Errorf("it covers a part of %s only; build in what holds on whole faces", f.describe(k))
		}
		found += part
		list = append(list, k)
	}
	total := surface(on.patches)
	if len(list) == 0 || math.Abs(total-found) > 1e-2*total {
		return nil, fmt.Errorf("it does not lie on the boundary")
	}
	return list, nil
}

// describe names a piece: "x = 0", or "a part of the boundary".
func (f *frame) describe(k int) string {
	p := f.pieces[k]
	if p.axis < 0 {
		return "a side of " + f.shape.name
	}
	return fmt.Sprintf("the face %s = %v", f.coords[p.axis].Name(), [2]float64{f.lo[p.axis], f.hi[p.axis]}[p.side])
}
