package exact

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/pointwise"
	ph "github.com/crux-pinn/crux/placeholder"
)

// implicit is a function that is zero on a piece of a boundary and positive on the side of the region. It is scaled to be of order one.
type implicit struct {
	expr  ph.Expr
	width float64   // by which it is multiplied to have the slope 1 on the piece; 0 where no number does that
	n, at []float64 // of a line or plane: the inward unit normal, and a point of it
}

// function is an expression as a function of points.
func function(e ph.Expr, coords []*ph.Coord) func(x []float64) float64 {
	f := pointwise.Function(e, coords)
	return func(x []float64) float64 {
		v := []float64{0}
		f(v, x)
		return v[0]
	}
}

// maker makes implicit functions of the coordinates of a shape.
type maker struct {
	coords []*ph.Coord
	unit   float64 // the length that counts as one
}

// plane is (Σ n_i x_i − d)/unit: the signed distance from a line or plane, scaled.
func (m maker) plane(n, at []float64, unit float64) implicit {
	p := implicit{width: unit, n: n, at: at}
	for i, c := range m.coords {
		if n[i] != 0 {
			p.expr = add(p.expr, c.Shift(-at[i]).Scale(n[i]/unit))
		}
	}
	return p
}

// round is 1 − ρ²/r² inside of a ball, and 1 − r²/ρ² outside of one, which is bounded and singular only in the middle.
func (m maker) round(b *domain.Ball, outside bool) implicit {
	r := b.Radius()
	var q ph.Expr
	for i, c := range b.Center() {
		q = add(q, m.coords[i].Shift(-c).Pow(2))
	}
	if outside {
		q = ph.Const(r * r).Div(q)
	} else {
		q = q.Scale(1 / (r * r))
	}
	return implicit{expr: ph.Const(1).Sub(q), width: r / 2}
}

// joined is parts under one operation, by Rvachev's rules, which keep signs, zeros and, where only one part is zero, slopes:
//
//	a ∧ b = a + b − √(a² + b²),   a ∨ b = a + b + √(a² + b²)
//
// (Sukumar, Srivastava 2022, arXiv 2104.08426, Eq. 7). It is smooth except where both are zero.
func joined(or bool, parts []implicit) implicit {
	if len(parts) == 1 {
		return parts[0]
	}
	a := parts[0].expr
	for _, p := range parts[1:] {
		root := ph.Sqrt(a.Pow(2).Add(p.expr.Pow(2)))
		if or {
			a = a.Add(p.expr, root)
		} else {
			a = a.Add(p.expr).Sub(root)
		}
	}
	return implicit{expr: a}
}

// factors returns functions that are positive in a region and of which exactly one is zero at almost every point of its boundary.
// Their product vanishes on the boundary alone; unlike ∧ of them it is smooth in convex corners, where the second
// derivatives of ∧ are infinite.
func (m maker) factors(g domain.Geometry) ([]implicit, error) {
	switch g := g.(type) {
	case *domain.Shape:
		if err := g.Err(); err != nil {
			return nil, err
		}
		return m.factors(g.Geometry())
	case *domain.Box:
		var list []implicit
		lo, hi := g.Bounds()
		for i := range lo {
			for side, at := range [2]float64{lo[i], hi[i]} {
				n, p := make([]float64, len(lo)), make([]float64, len(lo))
				n[i], p[i] = float64(1-2*side), at
				list = append(list, m.plane(n, p, min(m.unit, (hi[i]-lo[i])/2)))
			}
		}
		return list, nil
	case *domain.Ball:
		return []implicit{m.round(g, false)}, nil
	case *domain.Polygon:
		return m.polygon(g.Vertices()), nil
	case *domain.Outline:
		return m.outline(g)
	case *domain.Combination:
		return m.combination(g)
	}
	return nil, fmt.Errorf("no distance function is known of %T, only of boxes, balls, polygons and what is built from them", g)
}

// mostEdges bounds the outlines of which functions are made: each edge is a factor of what the network is multiplied by.
const mostEdges = 64

// outline has one outer curve, and in it holes, each a polygon or a circle.
func (m maker) outline(o *domain.Outline) (list []implicit, err error) {
	edges, outer := 0, 0
	for _, l := range o.Loops() {
		center, r, round := l.Circle()
		corners := l.Polygon()
		edges += len(corners)
		switch {
		case round && l.Hole:
			list = append(list, m.round(domain.NewBall(m.coords, center[:], r).Geometry().(*domain.Ball), true))
		case round:
			list = append(list, m.round(domain.NewBall(m.coords, center[:], r).Geometry().(*domain.Ball), false))
		case corners == nil:
			return nil, errors.New("no distance function is known of an outline with arcs that are no whole circles")
		case l.Hole: // it runs clockwise
			slices.Reverse(corners)
			list = append(list, implicit{expr: joined(false, m.polygon(corners)).expr.Neg()})
		default:
			list = append(list, m.polygon(corners)...)
		}
		if !l.Hole {
			outer++
		}
	}
	switch {
	case outer > 1:
		return nil, fmt.Errorf("no distance function is known of an outline in %d parts", outer)
	case edges > mostEdges:
		return nil, fmt.Errorf("an outline of %d edges makes too long a distance function; up to %d are built in", edges, mostEdges)
	}
	return distinct(list), nil
}

// flats are the planes on which flat sides of a shape lie that have all of it on one side: those of the box around, and of a solid those
// with a good part of its surface.
func (m maker) flats(s *domain.Shape) []implicit {
	var list []implicit
	lo, hi := s.Bounds()
	for i, c := range m.coords {
		for side, at := range [2]float64{lo[i], hi[i]} {
			if s.Face(c, at, 1).Err() == nil {
				n, p := make([]float64, len(lo)), make([]float64, len(lo))
				n[i], p[i] = float64(1-2*side), at
				list = append(list, m.plane(n, p, min(m.unit, (hi[i]-lo[i])/2)))
			}
		}
	}
	if g, ok := s.Geometry().(*domain.Polyhedron); ok {
		for _, h := range g.Hull() {
			list = append(list, m.plane([]float64{-h.Normal[0], -h.Normal[1], -h.Normal[2]}, h.At[:], m.unit))
		}
	}
	return distinct(list)
}

func (m maker) combination(c *domain.Combination) ([]implicit, error) {
	var list []implicit
	op, parts := c.Parts()
	for i, g := range parts {
		if op == domain.OpDifference && i > 0 {
			f, err := m.complement(g)
			if err != nil {
				return nil, err
			}
			list = append(list, f)
			continue
		}
		fs, err := m.factors(g)
		if err != nil {
			return nil, err
		}
		if op == domain.OpUnion {
			fs = []implicit{joined(false, fs)}
		}
		list = distinct(append(list, fs...))
	}
	if op == domain.OpUnion {
		return []implicit{joined(true, list)}, nil
	}
	return list, nil
}

// complement is positive outside of a region and negative inside.
func (m maker) complement(g domain.Geometry) (implicit, error) {
	if s, ok := g.(*domain.Shape); ok && s.Err() == nil {
		g = s.Geometry()
	}
	if b, ok := g.(*domain.Ball); ok {
		return m.round(b, true), nil
	}
	fs, err := m.factors(g)
	if err != nil {
		return implicit{}, err
	}
	return implicit{expr: joined(false, fs).expr.Neg()}, nil
}

// distinct leaves repeated planes out: two edges on one line, or two parts with a face in common, bound the region once.
func distinct(list []implicit) []implicit {
	var out []implicit
	for _, p := range list {
		same := func(q implicit) bool { return slices.Equal(p.n, q.n) && math.Abs(p.distance(q.at)) < 1e-12 }
		if p.n == nil || !slices.ContainsFunc(out, same) {
			out = append(out, p)
		}
	}
	return out
}

// distance is how far a point is from a plane, in the lengths that count as one.
func (p implicit) distance(x []float64) float64 {
	sum := 0.0
	for i, n := range p.n {
		sum += n * (x[i] - p.at[i])
	}
	return sum / p.width
}
