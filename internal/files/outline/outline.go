// Package outline reads curves in the plane from the files of drawing programs and maps: SVG, DXF and GeoJSON. Readers give edges; that
// they form outlines is for others to see.
package outline

import (
	"fmt"
	"math"
)

// Edge is a piece of a curve, straight or an arc of a circle.
type Edge struct {
	Name     string // what the file calls the part of the drawing; "" for nothing
	From, To [2]float64
	Bulge    float64 // the tangent of a quarter of the angle of the arc, positive if it turns counter-clockwise; 0 for a straight edge
}

// most bounds the edges that a file may come to.
const most = 1 << 20

// smooth is the number of straight edges that a curve that is no arc is made of, for each of its pieces.
const smooth = 64

// path draws edges from point to point.
type path struct {
	edges []Edge
	name  string
	at    [2]float64
	start [2]float64 // of the curve
}

func (p *path) move(to [2]float64) { p.at, p.start = to, to }

func (p *path) line(to [2]float64) { p.arc(to, 0) }

// arc draws to a point, nothing if it is there already.
func (p *path) arc(to [2]float64, bulge float64) {
	if to != p.at {
		p.edges = append(p.edges, Edge{p.name, p.at, to, bulge})
	}
	p.at = to
}

// close returns to where the curve began.
func (p *path) close() { p.line(p.start) }

// end puts the end of the last edge where it is meant to be, which rounding misses.
func (p *path) end(at [2]float64) {
	if n := len(p.edges); n > 0 {
		p.edges[n-1].To, p.at = at, at
	}
}

// circle draws one in two halves.
func (p *path) circle(center [2]float64, r float64) {
	p.move([2]float64{center[0] - r, center[1]})
	p.arc([2]float64{center[0] + r, center[1]}, 1)
	p.arc(p.start, 1)
}

// curve draws what f makes of [0, 1] in straight edges.
func (p *path) curve(n int, f func(t float64) [2]float64) {
	for i := 1; i <= n; i++ {
		p.line(f(float64(i) / float64(n)))
	}
}

// turns draws an arc of an ellipse around a center from angle a to b: center + u·cos + v·sin. Where u and v are of one length and at
// right angles it is an arc of a circle.
func (p *path) turns(center, u, v [2]float64, a, b float64) {
	point := func(t float64) [2]float64 {
		sin, cos := math.Sincos(t)
		return [2]float64{center[0] + u[0]*cos + v[0]*sin, center[1] + u[1]*cos + v[1]*sin}
	}
	r, s := math.Hypot(u[0], u[1]), math.Hypot(v[0], v[1])
	n := max(1, int(math.Ceil(math.Abs(b-a)/math.Pi-1e-9))) // in halves, as a circle has no bulge
	if math.Abs(r-s) <= 1e-9*(r+s) && math.Abs(u[0]*v[0]+u[1]*v[1]) <= 1e-9*r*s {
		turn := math.Copysign(1, u[0]*v[1]-u[1]*v[0])
		for i := range n {
			p.arc(point(a+(b-a)*float64(i+1)/float64(n)), turn*math.Tan((b-a)/float64(4*n)))
		}
		return
	}
	p.curve(2*n*smooth, func(t float64) [2]float64 { return point(a + t*(b-a)) })
}

func finite(v ...float64) error {
	for _, x := range v {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Errorf("a coordinate is %v; coordinates must be finite", x)
		}
	}
	return nil
}
