package domain

import (
	"fmt"
	"math"
	"slices"

	ph "github.com/crux-pinn/crux/placeholder"
)

// implicit is a function that is zero on a piece of a boundary and positive on the side of the region, as a number and as
// an expression. It is scaled to be of order one.
type implicit interface {
	value(x []float64) float64
	expr(coords []*ph.Coord) ph.Expr
}

// plane is (Σ n_i x_i − d)·s: the signed distance from a line or plane, scaled.
type plane struct {
	n    []float64 // the inward unit normal
	at   []float64 // a point of it
	unit float64   // the length that counts as one
}

func (p plane) value(x []float64) float64 {
	sum := 0.0
	for i, n := range p.n {
		if n != 0 {
			sum += n * (x[i] - p.at[i])
		}
	}
	return sum / p.unit
}

func (p plane) expr(coords []*ph.Coord) ph.Expr {
	var sum ph.Expr
	for i, n := range p.n {
		if n == 0 {
			continue
		}
		term := coords[i].Shift(-p.at[i]).Scale(n / p.unit)
		if sum == nil {
			sum = term
		} else {
			sum = sum.Add(term)
		}
	}
	return sum
}

// round is 1 − ρ²/r² inside of a ball, and 1 − r²/ρ² outside of one, which is bounded and singular only in the middle.
type round struct {
	center  []float64
	r       float64
	outside bool
}

func (s round) value(x []float64) float64 {
	q := 0.0
	for i, c := range s.center {
		q += (x[i] - c) * (x[i] - c)
	}
	if s.outside {
		return 1 - s.r*s.r/q
	}
	return 1 - q/(s.r*s.r)
}

func (s round) expr(coords []*ph.Coord) ph.Expr {
	var q ph.Expr
	for i, c := range s.center {
		term := coords[i].Shift(-c).Pow(2)
		if q == nil {
			q = term
		} else {
			q = q.Add(term)
		}
	}
	if s.outside {
		return ph.Const(1).Sub(ph.Const(s.r * s.r).Div(q))
	}
	return ph.Const(1).Sub(q.Scale(1 / (s.r * s.r)))
}

// rfunction joins functions by Rvachev's rules, which keep signs, zeros and, where only one part is zero, slopes:
//
//	a ∧ b = a + b − √(a² + b²),   a ∨ b = a + b + √(a² + b²)
//
// (Sukumar, Srivastava 2022, arXiv 2104.08426, Eq. 7). It is smooth except where both are zero.
type rfunction struct {
	or    bool
	parts []implicit
}

func (r rfunction) value(x []float64) float64 {
	a := r.parts[0].value(x)
	for _, p := range r.parts[1:] {
		b := p.value(x)
		if r.or {
			a = a + b + math.Hypot(a, b)
		} else {
			a = a + b - math.Hypot(a, b)
		}
	}
	return a
}

func (r rfunction) expr(coords []*ph.Coord) ph.Expr {
	a := r.parts[0].expr(coords)
	for _, p := range r.parts[1:] {
		b := p.expr(coords)
		root := ph.Sqrt(a.Pow(2).Add(b.Pow(2)))
		if r.or {
			a = a.Add(b, root)
		} else {
			a = a.Add(b).Sub(root)
		}
	}
	return a
}

// joined is parts under one operation.
func joined(or bool, parts []implicit) implicit {
	if len(parts) == 1 {
		return parts[0]
	}
	return rfunction{or, parts}
}

// factors returns functions that are positive in a region and of which exactly one is zero at almost every point of its boundary.
// Their product vanishes on the boundary alone; unlike ∧ of them it is smooth in convex corners, where the second
// derivatives of ∧ are infinite. unit is the length that counts as one.
func factors(g Geometry, unit float64) ([]implicit, error) {
	switch g := g.(type) {
	case *Shape:
		if g.err != nil {
			return nil, g.err
		}
		return factors(g.geometry, unit)
	case *Box:
		var list []implicit
		for i, a := range g.axes {
			for side, at := range [2]float64{a.Lo, a.Hi} {
				n, p := make([]float64, len(g.axes)), make([]float64, len(g.axes))
				n[i], p[i] = float64(1-2*side), at
				list = append(list, plane{n, p, min(unit, (a.Hi-a.Lo)/2)})
			}
		}
		return list, nil
	case *ball:
		return []implicit{round{center: g.center, r: g.r}}, nil
	case *polygon:
		return g.factors(unit), nil
	case *combined:
		return g.factors(unit)
	}
	return nil, fmt.Errorf("no distance function is known of %T, only of boxes, balls, polygons and what is built from them", g)
}

func (c *combined) factors(unit float64) ([]implicit, error) {
	var list []implicit
	for i, g := range c.parts {
		if c.op == difference && i > 0 {
			f, err := complement(g, unit)
			if err != nil {
				return nil, err
			}
			list = append(list, f)
			continue
		}
		fs, err := factors(g, unit)
		if err != nil {
			return nil, err
		}
		if c.op == union {
			fs = []implicit{joined(false, fs)}
		}
		list = distinct(append(list, fs...))
	}
	if c.op == union {
		return []implicit{joined(true, list)}, nil
	}
	return list, nil
}

// complement is positive outside of a region and negative inside.
func complement(g Geometry, unit float64) (implicit, error) {
	if s, ok := g.(*Shape); ok && s.err == nil {
		g = s.geometry
	}
	if b, ok := g.(*ball); ok {
		return round{b.center, b.r, true}, nil
	}
	fs, err := factors(g, unit)
	if err != nil {
		return nil, err
	}
	return negated{joined(false, fs)}, nil
}

type negated struct{ of implicit }

func (n negated) value(x []float64) float64       { return -n.of.value(x) }
func (n negated) expr(coords []*ph.Coord) ph.Expr { return n.of.expr(coords).Neg() }

// factors follows the convex deficiency tree of a polygon: it is the intersection of the half planes of its convex hull,
// where each side of the hull that is no edge is replaced by the union of what the chain of edges behind it bounds, and so on
// by turns (Rvachev; Shapiro 1999, "Convex deficiency tree").
func (p *polygon) factors(unit float64) []implicit {
	v := slices.Clone(p.v)
	if p.area < 0 {
		slices.Reverse(v)
	}
	for i := 0; i < len(v) && len(v) > 3; { // straight on: no corner
		n := len(v)
		if cross(v[(i+n-1)%n], v[i], v[(i+1)%n]) == 0 {
			v = slices.Delete(v, i, i+1)
			continue
		}
		i++
	}
	start := 0 // a vertex of the hull
	for i, a := range v {
		if a[0] < v[start][0] || a[0] == v[start][0] && a[1] < v[start][1] {
			start = i
		}
	}
	v = append(v[start:], v[:start]...)
	return sides(append(v, v[0]), 1, unit)
}

// sides returns the functions of a chain of edges, one for each side of its hull other than the one from its end to its
// beginning. turn is 1 where the chain runs around the hull counter-clockwise, −1 where it runs clockwise.
func sides(chain [][2]float64, turn float64, unit float64) []implicit {
	var list []implicit
	for i := 0; i+1 < len(chain); {
		j := i + 1
		for k := i + 2; k < len(chain); k++ { // the side of the hull that begins at i has all later vertices on its inner side
			if turn*cross(chain[i], chain[j], chain[k]) < 0 {
				j = k
			}
		}
		if j == i+1 {
			a, b := chain[i], chain[j]
			l := math.Hypot(b[0]-a[0], b[1]-a[1])
			list = append(list, plane{[]float64{-(b[1] - a[1]) / l, (b[0] - a[0]) / l}, a[:], unit})
		} else {
			list = append(list, joined(turn > 0, sides(chain[i:j+1], -turn, unit)))
		}
		i = j
	}
	return distinct(list)
}

// distinct leaves repeated planes out: two edges on one line, or two parts with a face in common, bound the region once.
func distinct(list []implicit) []implicit {
	var out []implicit
	for _, f := range list {
		p, flat := f.(plane)
		if !flat || !slices.ContainsFunc(out, func(g implicit) bool {
			q, ok := g.(plane)
			return ok && slices.Equal(p.n, q.n) && math.Abs(p.value(q.at)) < 1e-12
		}) {
			out = append(out, f)
		}
	}
	return out
}
