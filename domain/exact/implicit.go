package exact

import (
	"fmt"
	"math"
	"slices"

	"github.com/crux-pinn/crux/domain"
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
		sum = add(sum, coords[i].Shift(-p.at[i]).Scale(n/p.unit))
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
		q = add(q, coords[i].Shift(-c).Pow(2))
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
func factors(g domain.Geometry, unit float64) ([]implicit, error) {
	switch g := g.(type) {
	case *domain.Shape:
		if err := g.Err(); err != nil {
			return nil, err
		}
		return factors(g.Geometry(), unit)
	case *domain.Box:
		var list []implicit
		lo, hi := g.Bounds()
		for i := range lo {
			for side, at := range [2]float64{lo[i], hi[i]} {
				n, p := make([]float64, len(lo)), make([]float64, len(lo))
				n[i], p[i] = float64(1-2*side), at
				list = append(list, plane{n, p, min(unit, (hi[i]-lo[i])/2)})
			}
		}
		return list, nil
	case *domain.Ball:
		return []implicit{round{center: g.Center(), r: g.Radius()}}, nil
	case *domain.Polygon:
		return polygon(g.Vertices(), unit), nil
	case *domain.Combination:
		return combination(g, unit)
	}
	return nil, fmt.Errorf("no distance function is known of %T, only of boxes, balls, polygons and what is built from them", g)
}

func combination(c *domain.Combination, unit float64) ([]implicit, error) {
	var list []implicit
	op, parts := c.Parts()
	for i, g := range parts {
		if op == domain.OpDifference && i > 0 {
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
func complement(g domain.Geometry, unit float64) (implicit, error) {
	if s, ok := g.(*domain.Shape); ok && s.Err() == nil {
		g = s.Geometry()
	}
	if b, ok := g.(*domain.Ball); ok {
		return round{b.Center(), b.Radius(), true}, nil
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
