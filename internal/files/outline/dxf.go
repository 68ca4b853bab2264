package outline

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// DXF reads the curves of an ASCII file of AutoCAD: lines, arcs, circles, ellipses, polylines with arcs in them, and splines. The layer of
// a curve is its name, but for layer 0. Ellipses and splines become straight edges. Other entities, and paper space, are passed over.
// Numbers are taken as they are, whatever $INSUNITS says.
func DXF(b []byte) ([]Edge, error) {
	if bytes.HasPrefix(b, []byte("AutoCAD Binary DXF")) {
		return nil, errors.New("it is a binary DXF file, and only ASCII ones are read; save it as ASCII")
	}
	d := &drawing{rest: b}
	entities, found := false, false
	for {
		if err := d.next(); err != nil {
			return nil, err
		}
		switch {
		case d.ended:
			if !found {
				return nil, errors.New("it has no section ENTITIES, so it is no DXF file, or one without a drawing")
			}
			return d.done()
		case d.code == 0 && d.value == "SECTION":
			if err := d.next(); err != nil {
				return nil, err
			}
			entities = d.code == 2 && d.value == "ENTITIES"
			found = found || entities
		case d.code == 0 && d.value == "ENDSEC":
			entities = false
		case d.code == 0 && d.value == "EOF":
			if !found {
				return nil, errors.New("it has no section ENTITIES; export the drawing again")
			}
			return d.done()
		case d.code == 0 && entities:
			if err := d.entity(d.value); err != nil {
				return nil, err
			}
		}
	}
}

// drawing is a file as pairs of a code and a value, each on a line of its own.
type drawing struct {
	path
	rest  []byte
	line  int
	code  int
	value string
	ended bool
	kept  bool // the pair is to be given again
	poly  *polyline
}

func (d *drawing) next() error {
	if d.kept {
		d.kept = false
		return nil
	}
	code, ok := d.text()
	if !ok || code == "" && len(bytes.TrimSpace(d.rest)) == 0 {
		d.ended = true
		return nil
	}
	n, err := strconv.Atoi(code)
	if err != nil {
		if len(code) > 40 {
			code = code[:40] + "…"
		}
		return fmt.Errorf("line %d: %q is no group code, so it is no DXF file, or a line is missing before it", d.line, code)
	}
	value, ok := d.text()
	if !ok {
		return fmt.Errorf("line %d: it is cut off: a value should follow; export or copy it again", d.line)
	}
	d.code, d.value = n, value
	return nil
}

func (d *drawing) text() (string, bool) {
	if len(d.rest) == 0 {
		return "", false
	}
	line, rest, _ := bytes.Cut(d.rest, []byte("\n"))
	d.rest = rest
	d.line++
	return strings.TrimSpace(string(line)), true
}

// done is the end of the file.
func (d *drawing) done() ([]Edge, error) {
	if len(d.edges) == 0 {
		return nil, errors.New("it has no lines, arcs, circles, polylines, ellipses or splines")
	}
	for _, e := range d.edges {
		if err := finite(e.From[0], e.From[1], e.To[0], e.To[1], e.Bulge); err != nil {
			return nil, err
		}
	}
	return d.edges, nil
}

// group is what an entity says: numbers by code, in order.
type group struct {
	numbers map[int][]float64
	pairs   []pair // in order, of those that come again
	layer   string
	paper   bool
}

type pair struct {
	code int
	v    float64
}

func (g *group) at(code int, def float64) float64 {
	if v := g.numbers[code]; len(v) > 0 {
		return v[0]
	}
	return def
}

func (g *group) point(code int) [2]float64 { return [2]float64{g.at(code, 0), g.at(code+10, 0)} }

// group reads up to the next entity.
func (d *drawing) group() (*group, error) {
	g := &group{numbers: map[int][]float64{}}
	for {
		if err := d.next(); err != nil {
			return nil, err
		}
		if d.ended {
			return nil, fmt.Errorf("line %d: it is cut off: its section has no end; export or copy it again", d.line)
		}
		switch c := d.code; {
		case c == 0:
			d.kept = true
			return g, nil
		case c == 8:
			g.layer = d.value
		case c >= 10 && c < 60, c >= 140 && c < 150, c >= 210 && c < 240, c >= 60 && c < 100: // numbers
			v, err := strconv.ParseFloat(d.value, 64)
			if err != nil {
				return nil, fmt.Errorf("line %d: %q where a number should be", d.line, d.value)
			}
			g.numbers[c] = append(g.numbers[c], v)
			g.pairs = append(g.pairs, pair{c, v})
			if c == 67 && v == 1 {
				g.paper = true
			}
		}
	}
}

// entity draws one.
func (d *drawing) entity(kind string) error {
	line := d.line
	g, err := d.group()
	if err != nil || g.paper {
		return err
	}
	if d.name = g.layer; g.layer == "0" {
		d.name = ""
	}
	flipped := g.at(230, 1) < 0 // the plane is looked at from below, so that x runs the other way
	from := len(d.edges)
	switch kind {
	case "LINE":
		d.move(g.point(10))
		d.arc(g.point(11), 0)
		flipped = false // its ends are points of the world
	case "CIRCLE":
		if r := g.at(40, 0); r > 0 {
			d.circle(g.point(10), r)
		}
	case "ARC":
		c, r := g.point(10), g.at(40, 0)
		a, b := onwards(g.at(50, 0)*math.Pi/180, g.at(51, 360)*math.Pi/180)
		d.move([2]float64{c[0] + r*math.Cos(a), c[1] + r*math.Sin(a)})
		d.turns(c, [2]float64{r, 0}, [2]float64{0, r}, a, b)
	case "ELLIPSE":
		c, u, ratio := g.point(10), g.point(11), g.at(40, 1)
		v := [2]float64{-ratio * u[1], ratio * u[0]}
		a, b := onwards(g.at(41, 0), g.at(42, 2*math.Pi))
		sin, cos := math.Sincos(a)
		d.move([2]float64{c[0] + u[0]*cos + v[0]*sin, c[1] + u[1]*cos + v[1]*sin})
		if d.turns(c, u, v, a, b); b-a > 2*math.Pi-1e-9 {
			d.end(d.start)
		}
		flipped = false
	case "LWPOLYLINE":
		pl := &polyline{closed: int(g.at(70, 0))&1 != 0}
		for _, p := range g.pairs {
			switch p.code {
			case 10:
				pl.points = append(pl.points, vertex{at: [2]float64{p.v, 0}})
			case 20, 42:
				if len(pl.points) == 0 {
					return fmt.Errorf("line %d: the LWPOLYLINE has a y or a bulge before its first x", line)
				}
				if last := &pl.points[len(pl.points)-1]; p.code == 20 {
					last.at[1] = p.v
				} else {
					last.bulge = p.v
				}
			}
		}
		d.draw(pl)
	case "POLYLINE":
		if flags := int(g.at(70, 0)); flags&(16|64) == 0 { // no mesh
			d.poly = &polyline{closed: flags&1 != 0, name: d.name, flipped: flipped}
		}
		return nil
	case "VERTEX":
		if d.poly != nil && int(g.at(70, 0))&16 == 0 { // no control point of a spline
			d.poly.points = append(d.poly.points, vertex{g.point(10), g.at(42, 0)})
		}
		return nil
	case "SEQEND":
		pl := d.poly
		if d.poly = nil; pl == nil {
			return nil
		}
		d.name, flipped = pl.name, pl.flipped
		d.draw(pl)
	case "SPLINE":
		if err := d.spline(g); err != nil {
			return fmt.Errorf("line %d: the SPLINE %w", line, err)
		}
		flipped = false
	case "INSERT":
		return fmt.Errorf("line %d: the drawing has an INSERT, which places a block; explode blocks before it is saved", line)
	}
	if len(d.edges) > most {
		return fmt.Errorf("it has more than %d edges", most)
	}
	if flipped {
		for i := range d.edges[from:] {
			e := &d.edges[from+i]
			e.From[0], e.To[0], e.Bulge = -e.From[0], -e.To[0], -e.Bulge
		}
	}
	return nil
}

// onwards are two angles of which the second is up to a turn behind the first.
func onwards(a, b float64) (from, to float64) {
	sweep := math.Mod(b-a, 2*math.Pi)
	if sweep < 0 {
		sweep += 2 * math.Pi
	}
	if sweep < 1e-9 || math.IsNaN(sweep) {
		sweep = 2 * math.Pi
	}
	return a, a + sweep
}

type polyline struct {
	points  []vertex
	closed  bool
	name    string
	flipped bool
}

type vertex struct {
	at    [2]float64
	bulge float64 // of the edge from there
}

func (d *drawing) draw(p *polyline) {
	for i, v := range p.points {
		if i == 0 {
			d.move(v.at)
		}
		switch {
		case i+1 < len(p.points):
			d.arc(p.points[i+1].at, v.bulge)
		case p.closed:
			d.arc(p.points[0].at, v.bulge)
		}
	}
}

// spline draws a rational B-spline (de Boor 1978), as straight edges.
func (d *drawing) spline(g *group) error {
	degree := int(g.at(71, 3))
	knots, weights := g.numbers[40], g.numbers[41]
	xs, ys := g.numbers[10], g.numbers[20]
	n := len(xs)
	switch {
	case n == 0:
		return errors.New("has no control points, and what runs through given points alone is not read; convert it to a polyline")
	case degree < 1 || degree > 11 || n <= degree || len(ys) != n || len(knots) != n+degree+1 || len(weights) > 0 && len(weights) != n:
		return fmt.Errorf("of degree %d has %d control points, %d knots and %d weights, which do not fit together", degree, n, len(knots),
			len(weights))
	}
	for i := 1; i < len(knots); i++ {
		if !(knots[i] >= knots[i-1]) {
			return errors.New("has knots that do not ascend")
		}
	}
	at := func(t float64) [2]float64 {
		k := degree
		for k < n-1 && t >= knots[k+1] {
			k++
		}
		var c [12][3]float64 // x·w, y·w, w
		for j := range degree + 1 {
			i := k - degree + j
			w := 1.0
			if len(weights) > 0 {
				w = weights[i]
			}
			c[j] = [3]float64{xs[i] * w, ys[i] * w, w}
		}
		for r := 1; r <= degree; r++ {
			for j := degree; j >= r; j-- {
				i := k - degree + j
				s := 0.0
				if length := knots[i+degree-r+1] - knots[i]; length > 0 {
					s = (t - knots[i]) / length
				}
				for e := range 3 {
					c[j][e] = (1-s)*c[j-1][e] + s*c[j][e]
				}
			}
		}
		return [2]float64{c[degree][0] / c[degree][2], c[degree][1] / c[degree][2]}
	}
	d.move(at(knots[degree]))
	for k := degree; k < n; k++ {
		if a, b := knots[k], knots[k+1]; b > a && len(d.edges) <= most {
			d.curve(smooth, func(t float64) [2]float64 {
				if t == 1 { // from the left, where the curve may have a corner
					return at(math.Nextafter(b, a))
				}
				return at(a + t*(b-a))
			})
		}
	}
	if int(g.at(70, 0))&1 != 0 {
		d.close()
	}
	return nil
}
