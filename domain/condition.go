package domain

import ph "github.com/crux-pinn/crux/placeholder"

// Inside is an expression of the coordinates that is 1 inside a region and 0 outside: a [Box], [Ball], [Polygon], or what is combined of
// such. It compares smooth functions alone, so that it says by which function each part of the boundary is given. Of other geometries it is
// an expression with an error.
func Inside(g Geometry) ph.Expr {
	if err := geometryErr(g); err != nil {
		return ph.Bad("%v", err)
	}
	below := func(a, b ph.Expr) ph.Expr { return ph.Compare(a, ph.Less, b) }
	both := func(a, b ph.Expr) ph.Expr {
		if a == nil {
			return b
		}
		return a.Mul(b)
	}
	switch g := g.(type) {
	case *Shape:
		return Inside(g.Geometry())
	case *Box:
		var all ph.Expr
		for _, a := range g.axes {
			all = both(all, below(ph.Const(a.Lo), a.Coord).Mul(below(a.Coord, ph.Const(a.Hi))))
		}
		return all
	case *Ball:
		var r2 ph.Expr = ph.Const(0)
		for i, c := range g.coords {
			r2 = r2.Add(c.Shift(-g.center[i]).Pow(2))
		}
		return below(r2, ph.Const(g.r*g.r))
	case *Polygon:
		// Inside, a ray to the right crosses an odd number of edges.
		x, y := g.coords[0], g.coords[1]
		differ := func(a, b ph.Expr) ph.Expr { return ph.Compare(ph.Compare(a, ph.Equal, b), ph.Equal, ph.Const(0)) }
		var odd ph.Expr = ph.Const(0)
		for i := range g.v {
			a, b := g.edge(i)
			if a[1] == b[1] {
				continue
			}
			edge := x.Shift(-a[0]).Scale(b[1] - a[1]).Sub(y.Shift(-a[1]).Scale(b[0] - a[0])) // its sign is that of the side
			left := below(edge, ph.Const(0))
			if b[1] < a[1] {
				left = ph.Compare(edge, ph.Greater, ph.Const(0))
			}
			odd = differ(odd, differ(below(y, ph.Const(a[1])), below(y, ph.Const(b[1]))).Mul(left))
		}
		return odd
	case *Combination:
		all := Inside(g.parts[0])
		for _, part := range g.parts[1:] {
			in := Inside(part)
			switch g.op {
			case OpUnion:
				all = ph.Max(all, in)
			case OpIntersection:
				all = all.Mul(in)
			default:
				all = all.Mul(ph.Compare(in, ph.Equal, ph.Const(0)))
			}
		}
		return all
	}
	return ph.Bad("no expression is known of a %T, only of boxes, balls, polygons and what is combined of them", g)
}
