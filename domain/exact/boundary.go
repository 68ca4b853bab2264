package exact

import (
	"fmt"
	"math"
	"slices"

	"github.com/crux-pinn/crux/domain"
	ph "github.com/crux-pinn/crux/placeholder"
)

// frame is the boundary of a domain in pieces, with the conditions built in so far.
type frame struct {
	domain domain.Domain
	coords []*ph.Coord
	lo, hi []float64
	axes   []int // whose ends are pieces of the boundary: all of a box, time of a cylinder, none of a shape
	shape  *domain.Shape
	parts  []implicit                  // of the boundary of the shape
	values []func(x []float64) float64 // of the parts, at points of the shape
	pieces []piece
	tau    float64
	err    error // why nothing can be built in
	rest   error // why nothing can on what is no part; nil where the parts are all of the boundary

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
	patches    []domain.Patch
	on         func(x []float64) bool
}

// end is what is given at an end of an axis.
type end struct {
	value ph.Expr // u there, nil if not given
	flux  *flux   // nil if not given
}

// flux is a·u + Σ along_c ∂u/∂x_c + rest = 0.
type flux struct {
	a, rest ph.Expr
	along   map[*ph.Coord]ph.Expr
}

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
func newFrame(d domain.Domain, tau float64) (*frame, error) {
	f := &frame{domain: d, tau: tau, ends: map[int]*[2]end{}}
	if d == nil || d == (*domain.Box)(nil) || d == (*domain.Shape)(nil) || d == (*domain.Cylinder)(nil) {
		return nil, fmt.Errorf("no domain; give the one on which the conditions lie")
	}
	switch d := d.(type) {
	case *domain.Box:
		f.axes = make([]int, len(d.Coords()))
		for i := range f.axes {
			f.axes[i] = i
		}
	case *domain.Shape:
		f.shape = d
	case *domain.Cylinder:
		f.shape, f.axes = d.Base(), []int{len(d.Coords()) - 1}
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
			p.patches = d.Face(f.coords[i], at, 1).Patches()
			p.measure = measure(p.patches)
			f.pieces = append(f.pieces, p)
		}
	}
	if f.shape != nil {
		f.err = f.takeApart()
	}
	return f, nil
}

// takeApart finds the functions that vanish on the boundary of the shape, or where no such are known on its flat sides.
func (f *frame) takeApart() error {
	m := maker{f.space(), diagonal(f.shape.Bounds()) / 2}
	parts, err := m.factors(f.shape)
	if err == nil {
		if err = f.take(parts, true); err == nil {
			return nil
		}
	}
	f.rest = err
	if parts = m.flats(f.shape); len(parts) == 0 {
		return err
	}
	return f.take(parts, false)
}

// vanishes is what a function of one of the parts is at most where it is zero, in units of its largest value.
const vanishes = 1e-9

// take makes pieces of functions, and checks that they do what they must: to be positive inside, and zero on the boundary, where exactly
// one of them is if they are to be zero on all of it, and one at most otherwise.
func (f *frame) take(parts []implicit, all bool) error {
	s, d := f.shape, len(f.shape.Coords())
	inside := s.Interior(1).Patches()[0]
	f.parts, f.values = parts, nil
	for _, g := range f.parts {
		value, most := function(g.expr, f.space()), 0.0
		each(inside, d, 1024, func(x []float64) { most = max(most, math.Abs(value(x))) })
		f.values = append(f.values, func(x []float64) float64 { return value(x) / most })
	}
	good := true
	for _, q := range s.Patches() {
		each(q, d, 256, func(x []float64) {
			zeros := 0
			for _, value := range f.values {
				if v := value(x); math.Abs(v) <= vanishes {
					zeros++
				} else if !(v > 0) {
					good = false
				}
			}
			good = good && (zeros == 1 || zeros == 0 && !all)
		})
	}
	each(inside, d, 1024, func(x []float64) {
		for _, value := range f.values {
			good = good && value(x) > 0
		}
	})
	if !good {
		return fmt.Errorf("no function is known that vanishes on the boundary of the %s and nowhere else, "+
			"perhaps because boundaries of its parts coincide", s)
	}
	for k, value := range f.values {
		p := piece{axis: -1, part: k, on: func(x []float64) bool { return math.Abs(value(x[:d])) <= vanishes }}
		for _, q := range f.domain.Boundary(1).Patches() {
			if q = q.Where(len(f.coords), func(x, _ []float64) bool { return p.on(x) }); q.Measure > 0 {
				p.patches = append(p.patches, q)
			}
		}
		p.measure = measure(p.patches)
		if p.measure > 0 {
			f.pieces = append(f.pieces, p)
		}
	}
	return nil
}

// each calls visit for n points of a patch, or fewer where its parametrisation covers more than the patch. They are those of a
// sequence, moved by an irrational number, so that none falls into a corner.
func each(p domain.Patch, dim, n int, visit func(x []float64)) {
	u, err := domain.Halton{}.Sample(nil, n, p.Params)
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
func (f *frame) covers(on *domain.Points) ([]int, error) {
	if on == nil {
		return nil, fmt.Errorf("it has no point set")
	}
	if err := on.Err(); err != nil {
		return nil, err
	}
	if isData(on) {
		return nil, fmt.Errorf("its points are given, and are not a face of the domain")
	}
	order := make([]int, len(f.coords))
	for i, c := range f.coords {
		if order[i] = slices.Index(on.Coords(), c); order[i] < 0 || len(on.Coords()) != len(f.coords) {
			return nil, fmt.Errorf("its points have other coordinates than the domain")
		}
	}
	var list []int
	found := 0.0
	y := make([]float64, len(f.coords))
	for k, p := range f.pieces {
		part, rough := 0.0, 1e-5
		for _, q := range on.Patches() {
			c := q.Where(len(f.coords), func(x, _ []float64) bool {
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
	total := measure(on.Patches())
	if len(list) == 0 || math.Abs(total-found) > 1e-2*total {
		if f.rest != nil {
			return nil, f.rest
		}
		return nil, fmt.Errorf("it does not lie on the boundary")
	}
	return list, nil
}

// describe names a piece: "x = 0", or "a part of the boundary".
func (f *frame) describe(k int) string {
	p := f.pieces[k]
	if p.axis < 0 {
		return "a side of " + f.shape.String()
	}
	return fmt.Sprintf("the face %s = %v", f.coords[p.axis].Name(), [2]float64{f.lo[p.axis], f.hi[p.axis]}[p.side])
}

// measure sums the measures of patches.
func measure(patches []domain.Patch) float64 {
	sum := 0.0
	for _, p := range patches {
		sum += p.Measure
	}
	return sum
}

// isData reports whether points are given, and not drawn from a region.
func isData(on *domain.Points) bool { return len(on.Patches()) == 0 }

// diagonal is that of a box.
func diagonal(lo, hi []float64) float64 {
	d := 0.0
	for i := range lo {
		d = math.Hypot(d, hi[i]-lo[i])
	}
	return d
}
