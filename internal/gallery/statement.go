package gallery

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/draw"
	"github.com/crux-pinn/crux/internal/mesh"
	"github.com/crux-pinn/crux/internal/pointwise"
	"github.com/crux-pinn/crux/internal/problemfile"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Statement is a problem before it is trained: its domain, with the parts that have names and the conditions on its boundary.
type Statement struct {
	Problem *problemfile.Problem
	Parts   []Part    // regions of the file and of the shape
	Sides   []Part    // conditions on the boundary of space, and after them those that are built into fields by their formulas
	Bare    float64   // the share of that boundary on which no condition holds
	BareAt  []float64 // a point there; nil if there is none

	space    []*ph.Coord
	boundary *domain.Cloud // points of the boundary of space
	owner    []int         // which condition holds there first, −1 for none
}

// Part is a region with a name.
type Part struct {
	Name    string
	Measure float64 // length, area or volume; of what is given point by point, 0
	On      *domain.Points
}

// looked is the number of points of the boundary that are asked for their conditions, and of each condition.
const looked = 4000

// NewStatement looks at a problem.
func NewStatement(p *problemfile.Problem) (*Statement, error) {
	s := &Statement{Problem: p}
	for _, c := range p.Coords {
		if c != p.Time || len(p.Coords) == 1 {
			s.space = append(s.space, c)
		}
	}
	for _, r := range p.Regions {
		s.Parts = append(s.Parts, part(r.Name, r.On))
	}
	rng := rand.New(rand.NewPCG(1, 2))
	all := p.Domain().Boundary(1)
	if b, ok := p.Domain().(*domain.Box); ok && p.Time != nil && len(s.space) > 0 {
		all = bounded(b, p.Time)
	}
	if all.Err() != nil {
		return s, nil // a domain without one
	}
	cloud, err := all.Count(looked).Draw(rng)
	if err != nil {
		return nil, err
	}
	s.boundary, s.owner = cloud, make([]int, cloud.Len())
	near := s.near(all)
	for i := range s.owner {
		s.owner[i] = -1
	}
	for _, c := range p.Conditions {
		if c.On == nil || c.On.Err() != nil && c.On.Count(1).Err() != nil || c.On.Dims() >= len(p.Coords) || len(c.On.Patches()) == 0 {
			continue
		}
		on, err := c.On.Count(looked).Draw(rng)
		if err != nil {
			return nil, err
		}
		if on.Normals == nil {
			continue // at one time
		}
		if k := len(s.Sides); k > 0 && s.Sides[k-1].On == c.On { // another residual of the same constraint
			s.Sides[k-1].Name, _, _ = strings.Cut(c.Name, ".")
			continue
		}
		s.Sides = append(s.Sides, part(c.Name, c.On))
		s.claim(len(s.Sides)-1, on, near)
	}
	if err := s.built(rng); err != nil {
		return nil, err
	}
	bare := 0
	for i, o := range s.owner {
		if o < 0 {
			bare++
			if s.BareAt == nil {
				s.BareAt = s.place(s.boundary, i)
			}
		}
	}
	s.Bare = float64(bare) / float64(len(s.owner))
	return s, nil
}

// built gives what is left of the boundary to the formulas of fields, where these have values there that no network can change:
// u = x·(1 − x)·N is 0 at x = 0, which needs no constraint.
func (s *Statement) built(rng *rand.Rand) error {
	formulas := s.Problem.Crux.Fields
	if len(formulas) == 0 {
		return nil
	}
	inside, err := s.Problem.Domain().Interior(looked / 10).Draw(rng)
	if err != nil {
		return nil //nolint:nilerr // what lies inside tells how much networks can change; without it nothing is fixed
	}
	fixed := make([][]string, len(s.owner)) // names of the fields, by point of the boundary
	for _, f := range s.Problem.Fields {
		change := change(ph.ReplaceFields(f.Expr, formulas), s.Problem.Coords)
		most := 0.0
		for i := range inside.Len() {
			most = max(most, change(s.whole(inside, i)))
		}
		for i := range s.owner {
			if s.owner[i] < 0 && change(s.whole(s.boundary, i)) <= 1e-9*most {
				fixed[i] = append(fixed[i], f.Name)
			}
		}
	}
	for i, names := range fixed {
		if len(names) == 0 {
			continue
		}
		name := "built into " + strings.Join(names, ", ")
		k := slices.IndexFunc(s.Sides, func(p Part) bool { return p.Name == name })
		if k < 0 {
			k, s.Sides = len(s.Sides), append(s.Sides, Part{Name: name})
		}
		s.owner[i] = k
	}
	return nil
}

// change is how much a formula differs at a point between two networks; not a number where that cannot be told before training.
func change(e ph.Expr, coords []*ph.Coord) func(x []float64) float64 {
	with := func(first float64) func(dst, x []float64) {
		return pointwise.Function(ph.Replace(e, func(part ph.Expr) ph.Expr {
			if part.Op() != ph.OpField {
				return nil
			}
			values := make([]ph.Expr, part.Dim())
			for i := range values {
				values[i] = ph.Const(first + 0.1*float64(i))
			}
			return ph.Concat(values...)
		}), coords)
	}
	one, other := with(0.3), with(-0.8)
	a, b := make([]float64, e.Dim()), make([]float64, e.Dim())
	return func(x []float64) (most float64) {
		one(a, x)
		other(b, x)
		for i := range a {
			most = max(most, math.Abs(a[i]-b[i]))
		}
		return most
	}
}

// whole is a point of a cloud with all coordinates of the problem: those that it lacks are in the middle of their axes.
func (s *Statement) whole(c *domain.Cloud, i int) []float64 {
	x, row := make([]float64, len(s.Problem.Coords)), c.Row(i)
	for j, a := range s.Problem.Coords {
		if k := slices.Index(c.Coords, a); k >= 0 {
			x[j] = row[k]
			continue
		}
		lo, hi := s.Problem.Bounds(a)
		x[j] = (lo + hi) / 2
	}
	return x
}

// bounded is the boundary of the space of a box in space and time.
func bounded(b *domain.Box, time *ph.Coord) *domain.Points {
	lo, hi := b.Bounds()
	var axes []domain.Axis
	for i, c := range b.Coords() {
		if c != time {
			axes = append(axes, domain.In(c, lo[i], hi[i]))
		}
	}
	return domain.NewBox(axes...).Boundary(1)
}

func part(name string, on *domain.Points) Part {
	p := Part{Name: name, On: on}
	for _, q := range on.Patches() {
		p.Measure += q.Measure
	}
	return p
}

// place is a point of a cloud in space.
func (s *Statement) place(c *domain.Cloud, i int) []float64 { return s.entries(c, c.Row(i)) }

// normal is the one there.
func (s *Statement) normal(c *domain.Cloud, i int) []float64 {
	d := len(c.Coords)
	return s.entries(c, c.Normals[i*d:(i+1)*d])
}

// entries are those of a row that belong to space.
func (s *Statement) entries(c *domain.Cloud, row []float64) []float64 {
	var x []float64
	for _, a := range s.space {
		if k := slices.Index(c.Coords, a); k >= 0 {
			x = append(x, row[k])
		}
	}
	return x
}

// near is how far a point of the boundary may be from those of a condition that holds there: three times what lies between them.
func (s *Statement) near(all *domain.Points) float64 {
	total, d := 0.0, len(s.space)-1
	for _, q := range all.Patches() {
		total += q.Measure
	}
	lo, hi := all.Bounds()
	for i, c := range all.Coords() {
		if !slices.Contains(s.space, c) {
			total /= hi[i] - lo[i] // that of the boundary in space alone
		}
	}
	if d < 1 {
		return 1e-9
	}
	return 3 * math.Pow(total/looked, 1/float64(d))
}

// claim gives the points of the boundary that are near those of a condition to it, unless they belong to another.
func (s *Statement) claim(k int, on *domain.Cloud, near float64) {
	type place struct{ x, normal []float64 }
	cells := map[[3]int][]place{}
	cell := func(x []float64) (c [3]int) {
		for j, v := range x[:min(3, len(x))] {
			c[j] = int(math.Floor(v / near))
		}
		return c
	}
	for i := range on.Len() {
		x := s.place(on, i)
		cells[cell(x)] = append(cells[cell(x)], place{x, s.normal(on, i)})
	}
	for i := range s.owner {
		if s.owner[i] >= 0 {
			continue
		}
		x, n := s.place(s.boundary, i), s.normal(s.boundary, i)
		c := cell(x)
		for o := range 27 {
			for _, y := range cells[[3]int{c[0] + o/9 - 1, c[1] + o/3%3 - 1, c[2] + o%3 - 1}] {
				d, same := 0.0, 0.0
				for j := range x {
					d += (x[j] - y.x[j]) * (x[j] - y.x[j])
					same += n[j] * y.normal[j]
				}
				if d <= near*near && same > 0.5 { // and not on the other side of a wall
					s.owner[i] = k
				}
			}
		}
	}
}

// Lines say what the domain is, one fact each.
func (s *Statement) Lines() []string {
	d := len(s.space)
	word := [...]string{"", "length", "area", "volume"}
	edge := [...]string{"", "", "boundary", "surface"}
	var list []string
	shape, ok := s.Problem.Domain().(interface{ Volume() float64 })
	if c, is := s.Problem.Domain().(*domain.Cylinder); is {
		shape, ok = c.Base(), true
	}
	_, box := s.Problem.Domain().(*domain.Box)
	if ok && d <= 3 && !box {
		line := fmt.Sprintf("domain: %v, %s %.5g", s.Problem.Domain(), word[d], shape.Volume())
		if b, ok := shape.(interface{ Surface() float64 }); ok && d > 1 {
			line += fmt.Sprintf(", %s %.5g", edge[d], b.Surface())
		}
		list = append(list, line)
	}
	for _, p := range s.Parts {
		if n := p.On.Dims(); p.Measure > 0 && n > 0 && n <= 3 && len(p.On.Coords()) == d {
			list = append(list, fmt.Sprintf("%s: %s %.5g", p.Name, word[n], p.Measure))
		}
	}
	if s.Bare > 0.01 && len(s.Sides) > 0 && s.everywhere() {
		list = append(list, fmt.Sprintf("no condition on %.0f %% of the boundary, as around %.4g", 100*s.Bare, s.BareAt))
	}
	return list
}

// everywhere reports whether conditions may be wanted on the whole boundary: an equation of the first order in space has them where things
// flow in, and one without derivatives there nowhere.
func (s *Statement) everywhere() bool {
	unknown := func(part ph.Expr) (is, inside bool) { return part.Op() == ph.OpField, true }
	for _, k := range s.Problem.Crux.Constraints {
		for _, c := range s.space {
			if ph.Order(k.Residual, c, unknown) > 1 {
				return true
			}
		}
	}
	return false
}

// Picture shows the domain with its conditions, and the parts that have names.
func (s *Statement) Picture() (Picture, error) {
	p := Picture{Name: "domain", About: "the domain, its parts and the conditions on its boundary"}
	switch len(s.space) {
	case 2:
		p.Figure = &draw.Figure{Panels: []draw.Panel{s.plane("conditions", s.Sides, true)}}
		if len(s.Parts) > 0 {
			p.Figure.Panels = append(p.Figure.Panels, s.plane("parts", s.Parts, false))
		}
	case 3:
		solid := s.solid()
		p.Figure = &draw.Figure{Panels: []draw.Panel{solid}}
	default:
		return p, &NoneError{"domain", fmt.Sprintf("space has %d coordinates; a domain is drawn in two or three", len(s.space))}
	}
	return p, nil
}

// Solid reports whether space has three coordinates.
func (s *Statement) Solid() bool { return len(s.space) == 3 }

// outline is a line along each piece of the boundary of the plane.
func (s *Statement) outline() (list []draw.Line) {
	var patches []domain.Patch
	switch d := s.Problem.Domain().(type) {
	case *domain.Shape:
		patches = d.Patches()
	case *domain.Cylinder:
		patches = d.Base().Patches()
	case *domain.Box:
		var axes []domain.Axis
		for _, c := range s.space {
			lo, hi := s.Problem.Bounds(c)
			axes = append(axes, domain.In(c, lo, hi))
		}
		patches = domain.NewBox(axes...).Patches()
	}
	const points = 720 // of a piece
	for _, p := range patches {
		if p.Params != 1 {
			continue
		}
		l := draw.Line{Group: 1}
		x, normal, last := make([]float64, 2), make([]float64, 2), []float64{math.NaN(), 0}
		for i := range points + 1 {
			if !p.At([]float64{min(float64(i)/points, 1-1e-9)}, x, normal) {
				continue
			}
			if math.Hypot(x[0]-last[0], x[1]-last[1]) > 2*p.Measure/points { // the piece is in several parts
				l.X, l.Y = append(l.X, math.NaN()), append(l.Y, math.NaN())
			}
			l.X, l.Y, last = append(l.X, x[0]), append(l.Y, x[1]), []float64{x[0], x[1]}
		}
		list = append(list, l)
	}
	return list
}

// covered is space in simplices, with so many points along each axis.
func (s *Statement) covered(n int) *mesh.Mesh {
	var ticks [][]float64
	for _, c := range s.space {
		lo, hi := s.Problem.Bounds(c)
		ticks = append(ticks, domain.Ticks(lo, hi, n))
	}
	switch d := s.Problem.Domain().(type) {
	case *domain.Shape:
		return mesh.New(ticks, d.Distance)
	case *domain.Cylinder:
		return mesh.New(ticks, d.Base().Distance)
	}
	return mesh.New(ticks, nil)
}

func (s *Statement) plane(title string, parts []Part, sides bool) *draw.Curves {
	a, b := s.space[0], s.space[1]
	label := func(x *ph.Coord) string { return in(s.Problem.Unit(x.Name()), x.Name()) }
	c := &draw.Curves{Title: title, X: label(a), Y: label(b), Equal: true}
	for k, coord := range s.space {
		lo, hi := s.Problem.Bounds(coord)
		if e := wider(draw.Ends{lo, hi}); k == 0 {
			c.XEnds = e
		} else {
			c.YEnds = e
		}
	}
	c.Lines = s.outline()
	dots := func(name string, cloud *domain.Cloud, keep func(i int) bool) {
		l := draw.Line{Name: name, Stroke: draw.Points}
		for i := range cloud.Len() {
			if p := s.place(cloud, i); len(p) == 2 && keep(i) {
				l.X, l.Y = append(l.X, p[0]), append(l.Y, p[1])
			}
		}
		c.Lines = append(c.Lines, l)
	}
	if sides && s.boundary != nil {
		for k, p := range parts {
			dots(p.Name, s.boundary, func(i int) bool { return s.owner[i] == k })
		}
		if s.Bare > 0.01 {
			dots("no condition", s.boundary, func(i int) bool { return s.owner[i] < 0 })
		}
		return c
	}
	rng := rand.New(rand.NewPCG(3, 4))
	for _, p := range parts {
		if len(p.On.Patches()) > 0 {
			if cloud, err := p.On.Count(400).Draw(rng); err == nil {
				dots(p.Name, cloud, func(int) bool { return true })
			}
		}
	}
	return c
}

// Surface are the triangles of the boundary of space, with the condition that holds on each: a place among Sides, −1 for none.
func (s *Statement) Surface() (triangles [][3][3]float64, owner []int) {
	if g := polyhedron(s.Problem.Domain()); g != nil {
		for _, f := range g.Triangles() {
			triangles = append(triangles, f.Triangles...)
		}
	} else {
		m := s.covered(41)
		if m.Ticks != nil { // a box
			m = mesh.New(m.Ticks, func([]float64) float64 { return -1 })
		}
		list := m.Boundary()
		for k := 0; k+2 < len(list); k += 3 {
			var t [3][3]float64
			for j := range 3 {
				t[j] = [3]float64(m.Node(list[k+j]))
			}
			triangles = append(triangles, s.outwards(t))
		}
	}
	for _, t := range triangles {
		owner = append(owner, s.ownerOf(t))
	}
	return triangles, owner
}

// polyhedron is the solid of a domain that is one.
func polyhedron(d domain.Domain) *domain.Polyhedron {
	if c, ok := d.(*domain.Cylinder); ok {
		d = c.Base()
	}
	if s, ok := d.(*domain.Shape); ok {
		g, _ := s.Geometry().(*domain.Polyhedron)
		return g
	}
	return nil
}

// outwards turns a triangle so that its corners run counter-clockwise as seen from outside.
func (s *Statement) outwards(t [3][3]float64) [3][3]float64 {
	n, x, size := normalOf(t), [3]float64{}, 0.0
	for k := range 3 {
		size = max(size, math.Abs(t[1][k]-t[0][k]), math.Abs(t[2][k]-t[0][k]))
	}
	inside := true
	for k := range 3 {
		x[k] = (t[0][k]+t[1][k]+t[2][k])/3 + 0.1*size*n[k]
		lo, hi := s.Problem.Bounds(s.space[k])
		inside = inside && x[k] > lo && x[k] < hi
	}
	if d, ok := s.Problem.Domain().(interface{ Distance(x []float64) float64 }); ok {
		inside = d.Distance(x[:]) < 0
	}
	if inside {
		t[1], t[2] = t[2], t[1]
	}
	return t
}

// ownerOf is the condition of the point of the boundary that is nearest to the middle of a triangle, among those whose normals are alike.
func (s *Statement) ownerOf(t [3][3]float64) int {
	n := normalOf(t)
	best, owner := math.Inf(1), -1
	for i := range s.owner {
		p, m := s.place(s.boundary, i), s.normal(s.boundary, i)
		d, same := 0.0, 0.0
		for k := range 3 {
			v := p[k] - (t[0][k]+t[1][k]+t[2][k])/3
			d += v * v
			same += n[k] * m[k]
		}
		if d < best && same > 0.7 {
			best, owner = d, s.owner[i]
		}
	}
	return owner
}

// normalOf is the normal of a triangle, 0 without an area.
func normalOf(t [3][3]float64) (n [3]float64) {
	var a, b [3]float64
	length := 0.0
	for k := range 3 {
		a[k], b[k] = t[1][k]-t[0][k], t[2][k]-t[0][k]
	}
	for k := range 3 {
		n[k] = a[(k+1)%3]*b[(k+2)%3] - a[(k+2)%3]*b[(k+1)%3]
		length = math.Hypot(length, n[k])
	}
	for k := range n {
		n[k] /= max(length, 1e-300)
	}
	return n
}

func (s *Statement) solid() *draw.Body {
	v := &draw.Body{Title: "conditions"}
	v.Triangles, v.Part = s.Surface()
	for _, p := range s.Sides {
		v.Names = append(v.Names, p.Name)
	}
	for k, c := range s.space {
		v.Axes[k] = c.Name()
	}
	return v
}
