package domain

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	ph "github.com/crux-pinn/crux/placeholder"
)

// Points specifies a set of points: a region, how many, by which sampler, and how often to redraw; or given points. It
// is immutable, and safe to share: methods return changed copies. Nothing is drawn before [Points.Draw].
//
// The number 0 leaves it open how many there are: package auto chooses, [Points.Count] says it later, and until then Draw is an error.
type Points struct {
	coords  []*ph.Coord
	lo, hi  []float64
	patches []Patch                  // the region sampled; empty when the points are given
	counts  []int                    // points on each patch
	normals bool                     // whether the region is part of a boundary
	given   *given                   // the points themselves, for data and grids
	where   []func(x []float64) bool // by what a region has been restricted
	n       int
	sampler Sampler // nil means the default
	every   int
	paced   bool   // Every has been called
	what    string // "interior of the box" for messages
	err     error
}

// given are points that do not depend on random numbers: data, grids, quadrature nodes.
type given struct {
	columns []string
	gaps    []string      // those of the columns that lack values: they are NaN
	cloud   func() *Cloud // a fresh copy each time
}

// maxPoints bounds one point set: beyond it, memory and not this package is the limit.
const maxPoints = 1 << 28

// region returns the specification of n points on patches.
func region(coords []*ph.Coord, lo, hi []float64, patches []Patch, normals bool, n int, what string, err error) *Points {
	p := &Points{
		coords: slices.Clone(coords), lo: slices.Clone(lo), hi: slices.Clone(hi), normals: normals, n: n, what: what, err: err,
	}
	if p.err != nil {
		return p
	}
	if n != 0 {
		if p.err = checkCount(n, what); p.err != nil {
			return p
		}
	}
	for _, q := range patches {
		if q.Measure > 0 && finite(q.Measure) && q.At != nil && q.Params >= 0 {
			p.patches = append(p.patches, q)
		}
	}
	if len(p.patches) == 0 {
		p.err = fmt.Errorf("domain: %s: the region is empty; check its bounds and predicates", what)
		return p
	}
	p.counts = apportion(n, p.patches)
	return p
}

func checkCount(n int, what string) error {
	switch {
	case n < 1:
		return fmt.Errorf("domain: %s: %d points; ask for at least 1", what, n)
	case n > maxPoints:
		return fmt.Errorf("domain: %s: %d points; at most %d fit one point set, so use fewer and resample with Every", what, n, maxPoints)
	}
	return nil
}

// fixed returns the specification of given points. The bounds are those of the domain.
func fixed(coords []*ph.Coord, lo, hi []float64, n int, columns []string, what string, cloud func() *Cloud) *Points {
	return &Points{
		coords: slices.Clone(coords), lo: slices.Clone(lo), hi: slices.Clone(hi), n: n, what: what,
		given: &given{columns: columns, cloud: cloud},
	}
}

func bad(coords []*ph.Coord, err error) *Points {
	return &Points{coords: slices.Clone(coords), lo: make([]float64, len(coords)), hi: make([]float64, len(coords)), err: err}
}

// Err is the first mistake in the specification, or nil.
func (p *Points) Err() error {
	switch {
	case p == nil:
		return fmt.Errorf("domain: nil point set")
	case p.err != nil:
		return p.err
	case p.n == 0 && p.sampled():
		return fmt.Errorf("domain: %s: 0 points; ask for at least 1, or leave the choice to package auto", p.what)
	case p.every < 0:
		return fmt.Errorf("domain: %s: Every(%d); use a positive number of steps, or 0 for never", p.what, p.every)
	case p.every > 0 && p.given != nil:
		return fmt.Errorf("domain: %s: Every(%d), but given points are the same at every draw; leave Every out", p.what, p.every)
	case p.every > 0 && p.sampled() && !p.Random():
		return fmt.Errorf("domain: %s: Every(%d), but this sampler draws the same points every time; "+
			"use a random one, such as Sobol{Scramble: true}", p.what, p.every)
	}
	return nil
}

// String says which points they are, as in "interior of box [0, 1]×[0, 1] in (x, y)".
func (p *Points) String() string {
	if p == nil || p.what == "" {
		return "point set with an error"
	}
	return p.what
}

// Coords are the coordinates of the points, in the order of their entries.
func (p *Points) Coords() []*ph.Coord { return slices.Clone(p.coords) }

// Bounds are the smallest and largest value of each coordinate on the whole domain behind the region: a face x = 0 of a
// box reports the bounds of the box. For data they are the extremes of the data.
func (p *Points) Bounds() (lo, hi []float64) { return slices.Clone(p.lo), slices.Clone(p.hi) }

// Patches are the pieces of the region from which points are drawn; none of given points.
func (p *Points) Patches() []Patch { return slices.Clone(p.patches) }

// Len is the number of points that Draw returns. It is the number asked for, except that a face which is a single point
// (an end of an interval) counts once. It is 0 when Err is not nil.
func (p *Points) Len() int {
	switch {
	case p == nil || p.err != nil:
		return 0
	case p.given != nil:
		return p.n
	}
	n := 0
	for _, k := range p.counts {
		n += k
	}
	return n
}

// With returns the same points drawn by s; the default is Sobol{Scramble: true}. Given points (grids, data, quadrature nodes) are not
// sampled and do not change.
func (p *Points) With(s Sampler) *Points {
	q := *p
	q.sampler = s
	if s == nil && q.err == nil {
		q.err = fmt.Errorf("domain: %s: nil sampler; pass one such as domain.Uniform{}", p.what)
	}
	return &q
}

// Every returns the same points, redrawn by the solver every n steps; 0 means never and is the default.
func (p *Points) Every(n int) *Points {
	q := *p
	q.every, q.paced = n, true
	return &q
}

// Within says in which bounds given points lie: those by which networks map coordinates onto [−1, 1], where all that is known of a domain
// are some points of it. Without it they are those of the points.
func (p *Points) Within(lo, hi []float64) *Points {
	q := *p
	switch {
	case q.err != nil:
	case len(lo) != len(p.coords) || len(hi) != len(p.coords):
		q.err = fmt.Errorf("domain: %s: bounds of %d and %d coordinates, and there are %d", p.what, len(lo), len(hi), len(p.coords))
	default:
		q.lo, q.hi = slices.Clone(lo), slices.Clone(hi)
	}
	return &q
}

// Copy is another point set of the same kind. Constraints share points where they have the same set, by pointer.
func (p *Points) Copy() *Points {
	q := *p
	return &q
}

// Said tells what has been said of sampled points: how many, by With which sampler, and by Every how often they are redrawn. The rest
// is a default, or left to package auto. Of given points all is said.
func (p *Points) Said() (count, sampler, every bool) {
	if p.given != nil {
		return true, true, true
	}
	return p.n != 0 || !p.sampled(), p.sampler != nil, p.paced
}

// Dims is the number of dimensions of the region: that of the domain inside, one less on its boundary, 0 for single points and for given
// ones.
func (p *Points) Dims() int {
	d := 0
	for _, q := range p.patches {
		d = max(d, q.Params)
	}
	if p.normals { // a patch may have more parameters than dimensions
		d = min(d, len(p.coords)-1)
	}
	return d
}

// Count returns the same region with n points, as adaptive resampling draws its candidates from. Given points have no other
// number, so asking for one is an error.
func (p *Points) Count(n int) *Points {
	if p.err != nil {
		return p
	}
	if p.given != nil {
		return p.fail("Count(%d), but these are %d given points; choose some of them with Where", n, p.n)
	}
	q := *p
	if q.err = checkCount(n, p.what); q.err == nil {
		q.n, q.counts = n, apportion(n, p.patches)
	}
	return &q
}

// Interval is the number of steps between two draws; 0 means that the first draw stays.
func (p *Points) Interval() int { return p.every }

// Random reports whether Draw depends on its random numbers.
func (p *Points) Random() bool { return p.sampled() && p.samplerOrDefault().Random() }

// sampled reports whether a sampler has a say in where the points are.
func (p *Points) sampled() bool {
	return slices.ContainsFunc(p.patches, func(q Patch) bool { return q.Params > 0 })
}

// samplerOrDefault is the scrambled Sobol sequence where none is chosen: it covers the region more evenly than independent
// points, for any number of points, and gives a new set at every resampling.
func (p *Points) samplerOrDefault() Sampler {
	if p.sampler == nil {
		return Sobol{Scramble: true}
	}
	return p.sampler
}

// Columns are the names of the data columns, sorted; empty without data.
func (p *Points) Columns() []string {
	if p.given == nil {
		return nil
	}
	return slices.Clone(p.given.columns)
}

// Column returns the data column with the given name as an expression, to be used in residuals on these points. A name
// that does not exist gives an expression that carries the error.
func (p *Points) Column(name string) ph.Expr {
	cols := p.Columns()
	switch {
	case p.Err() != nil:
		return ph.Bad("column %q: %v", name, p.Err())
	case slices.Contains(cols, name):
		return ph.Column(name)
	case len(cols) == 0:
		return ph.Bad("column %q: the %s has no data columns; read them with ReadCSV or pass them to FromData", name, p.what)
	}
	return ph.Bad("no data column %q; %sthe columns are %s", name, didYouMean(name, cols), strings.Join(cols, ", "))
}

// Where returns the same number of points on the part of the region where f holds, as in
//
//	square.Boundary(100).Where(func(p []float64) bool { return p[0] < 0 })
//
// Of given points it keeps those for which f holds, so there may be fewer. f gets the coordinates in the order of Coords
// and must not keep or change them; it may be called whenever points are drawn. That nothing satisfies f is an error, found at once.
func (p *Points) Where(f func(x []float64) bool) *Points {
	if p.err != nil {
		return p
	}
	if f == nil {
		return p.fail("Where(nil); pass a predicate")
	}
	if p.given != nil {
		return p.filter(f)
	}
	return p.part(f, func(patch Patch) Patch {
		return patch.Where(len(p.coords), func(x, _ []float64) bool { return f(x) })
	})
}

// Between is [Points.Where] for the points at which a coordinate lies above lo, or at it if from is set, and not above hi. However thin that
// part is, its points are found at once where the coordinate is one of the parameters of the region, as time is.
func (p *Points) Between(c *ph.Coord, lo, hi float64, from bool) *Points {
	at := slices.Index(p.coords, c)
	if p.err == nil && (at < 0 || !(lo < hi)) {
		return p.fail("Between(%s, %v, %v); give a coordinate of it, and the lower end first", c.Name(), lo, hi)
	}
	in := func(x []float64) bool { return x[at] <= hi && (x[at] > lo || from && x[at] >= lo) }
	if p.err != nil || p.given != nil {
		return p.Where(in)
	}
	return p.part(in, func(patch Patch) Patch { return patch.between(len(p.coords), at, lo, hi, in) })
}

// part is the region whose patches are parts of those of p, by a predicate.
func (p *Points) part(f func(x []float64) bool, of func(Patch) Patch) *Points {
	q := *p
	q.where = append(slices.Clip(q.where), f)
	q.patches, q.counts = nil, nil
	for _, patch := range p.patches {
		if c := of(patch); c.Measure > 0 {
			q.patches = append(q.patches, c)
		}
	}
	if len(q.patches) == 0 {
		return p.fail("no point of it satisfies the predicate of Where; parts smaller than about 1/%d of it are not seen, "+
			"so give such a part bounds of its own", curveCells)
	}
	q.counts = apportion(p.n, q.patches)
	return &q
}

// Part is what restricts the region to a part of a domain, by [Points.Where] and [Points.Between]: it reports whether a point lies in it. It
// is nil if nothing does, and for given points.
func (p *Points) Part() func(x []float64) bool {
	if len(p.where) == 0 {
		return nil
	}
	return func(x []float64) bool {
		return !slices.ContainsFunc(p.where, func(holds func([]float64) bool) bool { return !holds(x) })
	}
}

func (p *Points) filter(f func([]float64) bool) *Points {
	all := p.given.cloud()
	return p.some(all, func(i int) bool { return f(all.Row(i)) }, "satisfies the predicate of Where")
}

// some are the given points, which are all, that have a property.
func (p *Points) some(all *Cloud, has func(i int) bool, property string) *Points {
	var idx []int
	for i := range p.n {
		if has(i) {
			idx = append(idx, i)
		}
	}
	if len(idx) == 0 {
		return p.fail("none of its %d points %s", p.n, property)
	}
	kept := all.Subset(idx)
	q := *p
	q.n = len(idx)
	q.given = &given{p.given.columns, p.given.gaps, kept.Clone}
	return &q
}

// Complete are the points at which all of the given data columns have a value. Other columns that lack values are gone there. Points whose
// columns have all their values are returned as they are. See [Table.Points].
func (p *Points) Complete(columns ...string) *Points {
	if p.err != nil || p.given == nil || len(p.given.gaps) == 0 {
		return p
	}
	all := p.given.cloud()
	q := p.some(all, func(i int) bool {
		return !slices.ContainsFunc(columns, func(c string) bool { return all.Columns[c] != nil && math.IsNaN(all.Columns[c][i]) })
	}, "has a value of "+strings.Join(columns, " and "))
	if q.err != nil {
		return q
	}
	kept := q.given.cloud()
	other := func(c string) bool { return slices.Contains(p.given.gaps, c) && !slices.Contains(columns, c) }
	maps.DeleteFunc(kept.Columns, func(c string, _ []float64) bool { return other(c) })
	q.given = &given{slices.DeleteFunc(slices.Clone(p.given.columns), other), nil, kept.Clone}
	return q
}

func (p *Points) fail(format string, args ...any) *Points {
	q := *p
	q.err = fmt.Errorf("domain: %s: %s", p.what, fmt.Sprintf(format, args...))
	return &q
}

// Draw returns the points. The same state of rng gives the same points; rng may be nil when Random is false.
func (p *Points) Draw(rng *rand.Rand) (*Cloud, error) {
	if err := p.Err(); err != nil {
		return nil, err
	}
	if p.given != nil {
		if g := p.given.gaps; len(g) > 0 {
			return nil, fmt.Errorf("domain: %s lacks values of %s; take the points that have those you need, by Complete", p.what,
				strings.Join(g, ", "))
		}
		return p.given.cloud(), nil
	}
	if rng == nil && p.Random() {
		return nil, fmt.Errorf("domain: %s: the sampler needs random numbers; pass a *rand.Rand to Draw", p.what)
	}
	c, err := p.drawPatches(rng)
	if err != nil {
		return nil, fmt.Errorf("domain: %s: %w", p.what, err)
	}
	return c, nil
}
