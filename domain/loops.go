package domain

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/crux-pinn/crux/internal/bvh"
)

// join makes closed curves of edges, turns each so that the region lies to its left, and checks that they do not meet.
func (o *Outline) join(edges []Edge) error {
	if len(edges) == 0 {
		return fmt.Errorf("it has no edges")
	}
	around := bvh.Around()
	for i, e := range edges {
		for _, v := range [5]float64{e.From[0], e.From[1], e.To[0], e.To[1], e.Bulge} {
			if !(math.Abs(v) <= largest) {
				return fmt.Errorf("edge %d runs from %s to %s with bulge %v; numbers must be finite and at most %g", i+1, at2(e.From), at2(e.To),
					e.Bulge, largest)
			}
		}
		around = around.Join(bvh.Around([3]float64{e.From[0], e.From[1]}, [3]float64{e.To[0], e.To[1]}))
	}
	size := norm(sub(around.Hi, around.Lo))
	nodes, ends := meetings(edges, 1e-6*size)
	loops, err := chains(edges, nodes, ends)
	if err != nil {
		return err
	}
	o.plant(loops)
	if err := o.apart(1e-6 * size); err != nil {
		return err
	}
	o.turn(loops)
	return nil
}

func at2(p [2]float64) string { return fmt.Sprintf("(%.6g, %.6g)", p[0], p[1]) }

// meetings numbers the ends of edges; those within a tolerance have the same number and become one point. nodes are the points.
func meetings(edges []Edge, tolerance float64) (nodes [][2]float64, ends [][2]int) {
	cells := map[[2]int64][]int{}
	number := func(p [2]float64) int {
		cell := [2]int64{}
		if tolerance > 0 {
			cell = [2]int64{int64(math.Floor(p[0] / tolerance)), int64(math.Floor(p[1] / tolerance))}
		}
		for o := range 9 {
			for _, n := range cells[[2]int64{cell[0] + int64(o/3) - 1, cell[1] + int64(o%3) - 1}] {
				if q := nodes[n]; math.Abs(q[0]-p[0]) <= tolerance && math.Abs(q[1]-p[1]) <= tolerance {
					return n
				}
			}
		}
		cells[cell] = append(cells[cell], len(nodes))
		nodes = append(nodes, p)
		return len(nodes) - 1
	}
	for _, e := range edges {
		ends = append(ends, [2]int{number(e.From), number(e.To)})
	}
	return nodes, ends
}

// chains follows edges from end to end until all are used. Edges without a length are left out.
func chains(edges []Edge, nodes [][2]float64, ends [][2]int) (loops []Loop, err error) {
	at := make([][]int, len(nodes)) // the edges at each point
	for i, e := range ends {
		if e[0] != e[1] {
			at[e[0]], at[e[1]] = append(at[e[0]], i), append(at[e[1]], i)
		}
	}
	var open []int
	for n, list := range at {
		for k, i := range list {
			for _, j := range list[:k] {
				a, b := edges[i], edges[j]
				if ends[i] == ends[j] && a.Bulge == b.Bulge || ends[i] == [2]int{ends[j][1], ends[j][0]} && a.Bulge == -b.Bulge {
					return nil, fmt.Errorf("edges %d and %d, from %s to %s, are the same; leave out one of them", j+1, i+1, at2(a.From), at2(a.To))
				}
			}
		}
		switch {
		case len(list) == 1:
			open = append(open, n)
		case len(list) > 2:
			return nil, fmt.Errorf("%d edges meet at %s; curves must not touch, and what does not belong to the outline must not be among them",
				len(list), at2(nodes[n]))
		}
	}
	if len(open) > 0 {
		return nil, gap(nodes, open)
	}
	used := make([]bool, len(edges))
	for i, e := range ends {
		if used[i] || e[0] == e[1] {
			continue
		}
		var l Loop
		for j, n := i, e[0]; !used[j]; {
			used[j] = true
			edge, to := edges[j], ends[j][1]
			if ends[j][0] != n {
				edge.From, edge.To, edge.Bulge, to = edge.To, edge.From, -edge.Bulge, ends[j][0]
			}
			edge.From, edge.To = nodes[n], nodes[to]
			l.Edges = append(l.Edges, edge)
			n = to
			if next := at[n]; next[0] == j {
				j = next[1]
			} else {
				j = next[0]
			}
		}
		loops = append(loops, l)
	}
	if len(loops) == 0 {
		return nil, fmt.Errorf("its edges have no length")
	}
	return loops, nil
}

// gap says where curves end, and how far it is from there to the nearest other end.
func gap(nodes [][2]float64, open []int) error {
	p := nodes[open[0]]
	q, far := p, math.Inf(1)
	for _, n := range open[1:] {
		if d := math.Hypot(nodes[n][0]-p[0], nodes[n][1]-p[1]); d < far {
			q, far = nodes[n], d
		}
	}
	return fmt.Errorf("it is not closed: it has %d open ends, one at %s, from which the nearest other, %s, "+
		"is %.3g away; close it in the program that made it",
		len(open), at2(p), at2(q), far)
}

// plant makes the tree of the pieces.
func (o *Outline) plant(loops []Loop) {
	var pieces []piece
	var boxes []bvh.Box
	all := bvh.Around()
	for _, l := range loops {
		for _, e := range l.Edges {
			whole := e.piece()
			for _, p := range whole.monotone() {
				b := p.box()
				pieces, boxes, all = append(pieces, p), append(boxes, b), all.Join(b)
			}
		}
	}
	o.lo, o.hi = [2]float64(all.Lo[:2]), [2]float64(all.Hi[:2])
	tree, order := bvh.New(boxes, func([]int32) bvh.Slab { return bvh.Slab{} })
	o.tree, o.pieces = tree, nil
	for _, i := range order {
		o.pieces = append(o.pieces, pieces[i])
	}
}

// apart checks that pieces meet at their common ends alone.
func (o *Outline) apart(tolerance float64) (err error) {
	for i := range o.pieces {
		p := &o.pieces[i]
		o.tree.Meeting(p.box(), func(j int) {
			if j <= i || err != nil {
				return
			}
			q := &o.pieces[j]
			near := tolerance + 1e-7*(p.r+q.r) // where circles touch, rounding moves the point by its root
			for _, x := range p.meet(q) {
				common := false
				for _, e := range [2][2]float64{p.a, p.b} {
					common = common || (e == q.a || e == q.b) && math.Hypot(x[0]-e[0], x[1]-e[1]) <= near
				}
				if !common {
					err = fmt.Errorf("two of its edges meet at %s; curves must not cross or touch", at2(x))
				}
			}
		})
	}
	return err
}

// meet are points that two pieces have in common.
func (p *piece) meet(q *piece) (list [][2]float64) {
	add := func(x [2]float64) {
		if p.holds(x) && q.holds(x) {
			list = append(list, x)
		}
	}
	dx, dy := q.b[0]-q.a[0], q.b[1]-q.a[1]
	switch {
	case p.r == 0 && q.r == 0:
		if !meet(p.a, p.b, q.a, q.b) {
			return nil
		}
		ex, ey := p.b[0]-p.a[0], p.b[1]-p.a[1]
		if d := ex*dy - ey*dx; math.Abs(d) > 1e-12*math.Hypot(ex, ey)*math.Hypot(dx, dy) {
			t := ((q.a[0]-p.a[0])*dy - (q.a[1]-p.a[1])*dx) / d
			return [][2]float64{{p.a[0] + t*ex, p.a[1] + t*ey}}
		}
		for _, x := range [4][2]float64{p.a, p.b, q.a, q.b} { // on one line
			add(x)
		}
	case p.r == 0:
		return q.meet(p)
	case q.r == 0: // q.a + t·d on the circle
		wx, wy := q.a[0]-p.center[0], q.a[1]-p.center[1]
		a, b, c := dx*dx+dy*dy, wx*dx+wy*dy, wx*wx+wy*wy-p.r*p.r
		if root := b*b - a*c; root >= 0 {
			for _, side := range [2]float64{-1, 1} {
				t := (-b + side*math.Sqrt(root)) / a
				add([2]float64{q.a[0] + t*dx, q.a[1] + t*dy})
			}
		}
	default:
		dx, dy = q.center[0]-p.center[0], q.center[1]-p.center[1]
		d := math.Hypot(dx, dy)
		if d <= 1e-9*(p.r+q.r) { // around one centre
			if math.Abs(p.r-q.r) <= 1e-9*(p.r+q.r) {
				middle, _ := p.at(0.5)
				for _, x := range [5][2]float64{p.a, p.b, q.a, q.b, middle} {
					add(x)
				}
			}
			return list
		}
		along := (d*d + p.r*p.r - q.r*q.r) / (2 * d)
		if square := p.r*p.r - along*along; square >= 0 {
			for _, side := range [2]float64{-1, 1} {
				h := side * math.Sqrt(square)
				add([2]float64{p.center[0] + (along*dx-h*dy)/d, p.center[1] + (along*dy+h*dx)/d})
			}
		}
	}
	return list
}

// holds reports whether a point of the line or circle of a piece is between its ends.
func (p *piece) holds(x [2]float64) bool {
	if p.r > 0 {
		return p.spans(x)
	}
	dx, dy := p.b[0]-p.a[0], p.b[1]-p.a[1]
	t := (x[0]-p.a[0])*dx + (x[1]-p.a[1])*dy
	return t >= 0 && t <= dx*dx+dy*dy
}

// turn finds which curves are holes, and lets all run so that the region is to their left.
func (o *Outline) turn(loops []Loop) {
	for _, l := range loops {
		x, normal := [2]float64{}, [2]float64{}
		e := slices.MaxFunc(l.Edges, func(a, b Edge) int { p, q := a.piece(), b.piece(); return cmp.Compare(p.length(), q.length()) })
		p := e.piece()
		x, normal = p.at(0.4871) // no end of a piece
		step := 1e-7 * p.length()
		if o.inside([]float64{x[0] + step*normal[0], x[1] + step*normal[1]}) {
			l.reverse()
		}
		a := l.signedArea()
		l.Hole = a < 0
		o.area += a
		o.loops = append(o.loops, l)
	}
}

func (l *Loop) reverse() {
	slices.Reverse(l.Edges)
	for i, e := range l.Edges {
		l.Edges[i].From, l.Edges[i].To, l.Edges[i].Bulge = e.To, e.From, -e.Bulge
	}
}

// signedArea is that of the polygon of the ends and of the segments between chords and arcs, r²/2·(θ − sin θ).
func (l *Loop) signedArea() float64 {
	sum := 0.0
	o := l.Edges[0].From
	for _, e := range l.Edges {
		p := e.piece()
		sum += cross(o, e.From, e.To)/2 + p.r*p.r/2*(p.sweep-math.Sin(p.sweep))
	}
	return sum
}
