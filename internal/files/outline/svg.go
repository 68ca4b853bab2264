package outline

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// SVG reads path, rect, circle, ellipse, polygon, polyline and line, with their transformations. The name of an element is its label in
// Inkscape, its id, or that of the group around it. Curves that are no arcs of circles become straight edges. In SVG y points down: the
// drawing is turned so that y points up, and the lower edge of the page is y = 0. The unit is that of the view box.
func SVG(b []byte) ([]Edge, error) {
	d := xml.NewDecoder(bytes.NewReader(b))
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil } // names alone could differ
	var stack []state
	var edges []Edge
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) && len(edges) > 0 {
			return edges, nil
		}
		if errors.Is(err, io.EOF) {
			return nil, errors.New("it has no paths or shapes")
		}
		var broken *xml.SyntaxError
		if errors.As(err, &broken) {
			if strings.Contains(broken.Msg, "unexpected EOF") {
				return nil, fmt.Errorf("line %d: it is cut off; export or copy it again", broken.Line)
			}
			return nil, fmt.Errorf("line %d: it is no SVG file: %s", broken.Line, broken.Msg)
		}
		if err != nil {
			return nil, fmt.Errorf("it is no SVG file: %w", err)
		}
		switch e := t.(type) {
		case xml.StartElement:
			line, _ := d.InputPos()
			if len(stack) > 200 {
				return nil, fmt.Errorf("line %d: elements are nested more than 200 deep", line)
			}
			s := state{m: matrix{1, 0, 0, 1, 0, 0}}
			switch {
			case len(stack) > 0:
				s = stack[len(stack)-1]
			case e.Name.Local != "svg":
				return nil, fmt.Errorf("line %d: it begins with %s, and an SVG file with svg", line, e.Name.Local)
			}
			drawn, err := s.element(e, len(stack) == 0)
			if err != nil {
				return nil, fmt.Errorf("line %d: %s: %w", line, e.Name.Local, err)
			}
			if edges = append(edges, drawn...); len(edges) > most {
				return nil, fmt.Errorf("it has more than %d edges", most)
			}
			stack = append(stack, s)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		}
	}
}

// matrix takes (x, y) to (a x + c y + e, b x + d y + f).
type matrix [6]float64

func (m matrix) times(n matrix) matrix {
	return matrix{
		m[0]*n[0] + m[2]*n[1], m[1]*n[0] + m[3]*n[1],
		m[0]*n[2] + m[2]*n[3], m[1]*n[2] + m[3]*n[3],
		m[0]*n[4] + m[2]*n[5] + m[4], m[1]*n[4] + m[3]*n[5] + m[5],
	}
}

func (m matrix) point(x, y float64) [2]float64 {
	return [2]float64{m[0]*x + m[2]*y + m[4], m[1]*x + m[3]*y + m[5]}
}

func (m matrix) direction(x, y float64) [2]float64 {
	return [2]float64{m[0]*x + m[2]*y, m[1]*x + m[3]*y}
}

// state is what elements take from those around them.
type state struct {
	m      matrix
	name   string
	hidden bool
}

// unseen are elements whose content is not drawn, or is no outline.
var unseen = []string{
	"defs", "symbol", "clipPath", "mask", "marker", "pattern", "linearGradient", "radialGradient", "metadata",
	"namedview", "filter", "text",
}

// element changes the state by an element, and draws it.
func (s *state) element(e xml.StartElement, root bool) ([]Edge, error) {
	attr := map[string]string{}
	for _, a := range e.Attr {
		if a.Name.Local != "label" || strings.Contains(a.Name.Space, "inkscape") {
			attr[a.Name.Local] = a.Value
		}
	}
	s.hidden = s.hidden || slices.Contains(unseen, e.Name.Local) || attr["display"] == "none" ||
		strings.Contains(strings.ReplaceAll(attr["style"], " ", ""), "display:none")
	if s.hidden {
		return nil, nil
	}
	for _, key := range []string{"id", "label"} {
		if v := strings.TrimSpace(attr[key]); v != "" && !root {
			s.name = v
		}
	}
	if root {
		if err := s.turnUp(attr); err != nil {
			return nil, err
		}
	}
	if text := attr["transform"]; text != "" {
		m, err := transform(text)
		if err != nil {
			return nil, err
		}
		s.m = s.m.times(m)
	}
	p := &pen{path: path{name: s.name}, m: s.m}
	if err := p.shape(e.Name.Local, attr); err != nil {
		return nil, err
	}
	for _, e := range p.edges {
		if err := finite(e.From[0], e.From[1], e.To[0], e.To[1], e.Bulge); err != nil {
			return nil, err
		}
	}
	return p.edges, nil
}

// turnUp lets y point up from the lower edge of the page.
func (s *state) turnUp(attr map[string]string) error {
	bottom := 0.0
	if box := attr["viewBox"]; box != "" {
		v, err := (&scanner{rest: box}).all()
		if err != nil || len(v) != 4 {
			return fmt.Errorf("the viewBox is %q; it is four numbers", box)
		}
		bottom = v[1] + v[3]
	} else if h, err := length(attr["height"]); err == nil {
		bottom = h
	}
	s.m = matrix{1, 0, 0, -1, 0, bottom}
	return nil
}

// length is a number with or without px.
func length(text string) (float64, error) {
	return strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(text), "px"), 64)
}

// transform reads a list of transformations.
func transform(text string) (matrix, error) {
	m := matrix{1, 0, 0, 1, 0, 0}
	for rest := strings.TrimSpace(text); rest != ""; {
		name, after, ok := strings.Cut(rest, "(")
		args, next, closed := strings.Cut(after, ")")
		v, err := (&scanner{rest: args}).all()
		if !ok || !closed || err != nil {
			return m, fmt.Errorf("the transformation %q is not read; write one such as translate(1, 2)", text)
		}
		get := func(i int, def float64) float64 {
			if i < len(v) {
				return v[i]
			}
			return def
		}
		var n matrix
		switch name = strings.Trim(name, " \t\r\n,"); {
		case name == "matrix" && len(v) == 6:
			n = matrix(v)
		case name == "translate" && len(v) > 0:
			n = matrix{1, 0, 0, 1, v[0], get(1, 0)}
		case name == "scale" && len(v) > 0:
			n = matrix{v[0], 0, 0, get(1, v[0]), 0, 0}
		case name == "rotate" && (len(v) == 1 || len(v) == 3):
			sin, cos := math.Sincos(v[0] * math.Pi / 180)
			x, y := get(1, 0), get(2, 0)
			n = matrix{cos, sin, -sin, cos, x - cos*x + sin*y, y - sin*x - cos*y}
		case name == "skewX" && len(v) == 1:
			n = matrix{1, 0, math.Tan(v[0] * math.Pi / 180), 1, 0, 0}
		case name == "skewY" && len(v) == 1:
			n = matrix{1, math.Tan(v[0] * math.Pi / 180), 0, 1, 0, 0}
		default:
			return m, fmt.Errorf("the transformation %q is not read; there are matrix, translate, scale, rotate, skewX and skewY", name)
		}
		m, rest = m.times(n), strings.Trim(next, " \t\r\n,")
	}
	return m, nil
}

// pen draws in the coordinates of an element.
type pen struct {
	path
	m matrix
}

func (p *pen) moveTo(x, y float64) { p.move(p.m.point(x, y)) }
func (p *pen) lineTo(x, y float64) { p.line(p.m.point(x, y)) }

// ellipse draws a whole one.
func (p *pen) ellipse(cx, cy, rx, ry float64) {
	p.moveTo(cx+rx, cy)
	p.turns(p.m.point(cx, cy), p.m.direction(rx, 0), p.m.direction(0, ry), 0, 2*math.Pi)
	p.end(p.start)
}

// shape draws an element.
func (p *pen) shape(kind string, attr map[string]string) error {
	var bad error
	num := func(key string) float64 {
		text, ok := attr[key]
		if !ok {
			return 0
		}
		v, err := length(text)
		if err != nil && bad == nil {
			bad = fmt.Errorf("%s is %q; a number must stand there", key, text)
		}
		return v
	}
	switch kind {
	case "path":
		return p.commands(attr["d"])
	case "rect":
		x, y, w, h, rx, ry := num("x"), num("y"), num("width"), num("height"), num("rx"), num("ry")
		if _, ok := attr["rx"]; !ok {
			rx = ry
		}
		if _, ok := attr["ry"]; !ok {
			ry = rx
		}
		rx, ry = min(rx, w/2), min(ry, h/2)
		p.moveTo(x+rx, y)
		for i, c := range [4][2]float64{{x + w - rx, y + ry}, {x + w - rx, y + h - ry}, {x + rx, y + h - ry}, {x + rx, y + ry}} {
			from := float64(i)*math.Pi/2 - math.Pi/2
			sin, cos := math.Sincos(from)
			p.lineTo(c[0]+rx*math.Round(cos), c[1]+ry*math.Round(sin))
			if rx > 0 && ry > 0 {
				p.turns(p.m.point(c[0], c[1]), p.m.direction(rx, 0), p.m.direction(0, ry), from, from+math.Pi/2)
			}
		}
		p.close()
	case "circle":
		if r := num("r"); r > 0 {
			p.ellipse(num("cx"), num("cy"), r, r)
		}
	case "ellipse":
		if rx, ry := num("rx"), num("ry"); rx > 0 && ry > 0 {
			p.ellipse(num("cx"), num("cy"), rx, ry)
		}
	case "line":
		p.moveTo(num("x1"), num("y1"))
		p.lineTo(num("x2"), num("y2"))
	case "polygon", "polyline":
		v, err := (&scanner{rest: attr["points"]}).all()
		if err != nil || len(v)%2 == 1 {
			return fmt.Errorf("its points are no pairs of numbers: %.40q", attr["points"])
		}
		for i := 0; i < len(v); i += 2 {
			if i == 0 {
				p.moveTo(v[0], v[1])
			}
			p.lineTo(v[i], v[i+1])
		}
		if kind == "polygon" {
			p.close()
		}
	case "use":
		return errors.New("it shows another element again, which is not read; expand it in the drawing program")
	}
	return bad
}

// arguments is how many numbers a command of a path has.
var arguments = map[byte]int{'M': 2, 'L': 2, 'H': 1, 'V': 1, 'C': 6, 'S': 4, 'Q': 4, 'T': 2, 'A': 7, 'Z': 0}

// commands draws the data of a path.
func (p *pen) commands(d string) error {
	s := &scanner{rest: d}
	var x, y, x0, y0 float64 // where the pen is, and where the curve began
	var cx, cy float64       // the last control point
	last := byte('M')
	for {
		c, ok := s.command()
		if !ok && s.rest == "" {
			return nil
		}
		n, known := arguments[c&^0x20]
		if !ok || !known {
			return fmt.Errorf("its data go wrong at %.20q; a command such as M, L or Z must stand there", s.rest)
		}
		for first := true; first || n > 0 && s.more(); first = false {
			var v [7]float64
			for i := range n {
				var err error
				if v[i], err = s.number(c&^0x20 == 'A' && (i == 3 || i == 4)); err != nil {
					return err
				}
			}
			op := c &^ 0x20
			if c != op { // relative
				switch op {
				case 'H':
					v[0] += x
				case 'V':
					v[0] += y
				case 'A':
					v[5], v[6] = v[5]+x, v[6]+y
				default:
					for i := 0; i < n; i += 2 {
						v[i], v[i+1] = v[i]+x, v[i+1]+y
					}
				}
			}
			if !first && op == 'M' {
				op = 'L'
			}
			if last != 'C' && last != 'S' && op == 'S' || last != 'Q' && last != 'T' && op == 'T' {
				cx, cy = x, y
			}
			x1, y1 := x, y
			switch op {
			case 'M':
				x, y = v[0], v[1]
				x0, y0 = x, y
				p.moveTo(x, y)
			case 'L':
				x, y = v[0], v[1]
			case 'H':
				x = v[0]
			case 'V':
				y = v[0]
			case 'Z':
				x, y = x0, y0
			case 'C', 'S':
				ax, ay := 2*x-cx, 2*y-cy
				w := v[:4]
				if op == 'C' {
					ax, ay, w = v[0], v[1], v[2:6]
				}
				cx, cy, x, y = w[0], w[1], w[2], w[3]
				bx, by, ex, ey := cx, cy, x, y
				p.curve(smooth, func(t float64) [2]float64 {
					u := 1 - t
					return p.m.point(u*u*u*x1+3*u*u*t*ax+3*u*t*t*bx+t*t*t*ex, u*u*u*y1+3*u*u*t*ay+3*u*t*t*by+t*t*t*ey)
				})
			case 'Q', 'T':
				if op == 'Q' {
					cx, cy, x, y = v[0], v[1], v[2], v[3]
				} else {
					cx, cy, x, y = 2*x-cx, 2*y-cy, v[0], v[1]
				}
				bx, by, ex, ey := cx, cy, x, y
				p.curve(smooth, func(t float64) [2]float64 {
					u := 1 - t
					return p.m.point(u*u*x1+2*u*t*bx+t*t*ex, u*u*y1+2*u*t*by+t*t*ey)
				})
			case 'A':
				p.ellipticArc(x, y, v)
				x, y = v[5], v[6]
			}
			if op != 'M' {
				p.lineTo(x, y)
			}
			if last = op; len(p.edges) > most {
				return fmt.Errorf("it has more than %d edges", most)
			}
		}
	}
}

// ellipticArc draws an arc from (x, y) to the last two of v: radii, the angle of the first in degrees, whether it is the larger one,
// whether it turns to positive angles (SVG 1.1, F.6.5).
func (p *pen) ellipticArc(x, y float64, v [7]float64) {
	rx, ry := math.Abs(v[0]), math.Abs(v[1])
	dx, dy := (x-v[5])/2, (y-v[6])/2
	if rx == 0 || ry == 0 || dx == 0 && dy == 0 {
		return // a straight edge
	}
	sin, cos := math.Sincos(v[2] * math.Pi / 180)
	ux, uy := (cos*dx+sin*dy)/rx, (cos*dy-sin*dx)/ry // half the chord, where the ellipse is a circle of radius 1
	long := ux*ux + uy*uy
	if long > 1 {
		grow := math.Sqrt(long)
		rx, ry, ux, uy, long = rx*grow, ry*grow, ux/grow, uy/grow, 1
	}
	h := math.Sqrt(max(1/long-1, 0))
	if (v[3] != 0) == (v[4] != 0) {
		h = -h
	}
	ox, oy := h*uy, -h*ux // the centre
	cx, cy := cos*rx*ox-sin*ry*oy+(x+v[5])/2, sin*rx*ox+cos*ry*oy+(y+v[6])/2
	a, b := math.Atan2(uy-oy, ux-ox), math.Atan2(-uy-oy, -ux-ox)
	if v[4] != 0 && b <= a {
		b += 2 * math.Pi
	}
	if v[4] == 0 && b >= a {
		b -= 2 * math.Pi
	}
	p.turns(p.m.point(cx, cy), p.m.direction(rx*cos, rx*sin), p.m.direction(-ry*sin, ry*cos), a, b)
	p.end(p.m.point(v[5], v[6]))
}

// scanner cuts numbers and commands.
type scanner struct{ rest string }

func (s *scanner) skip() { s.rest = strings.TrimLeft(s.rest, " \t\r\n\f,") }

func (s *scanner) command() (byte, bool) {
	s.skip()
	if s.rest == "" || !strings.ContainsRune("MmLlHhVvCcSsQqTtAaZz", rune(s.rest[0])) {
		return 0, false
	}
	c := s.rest[0]
	s.rest = s.rest[1:]
	return c, true
}

// more reports whether a number follows.
func (s *scanner) more() bool {
	s.skip()
	return s.rest != "" && strings.ContainsRune("+-.0123456789", rune(s.rest[0]))
}

// number reads one; of flags only one digit.
func (s *scanner) number(flag bool) (float64, error) {
	s.skip()
	n := 0
	if flag && s.rest != "" && (s.rest[0] == '0' || s.rest[0] == '1') {
		n = 1
	} else {
		n = numberLength(s.rest)
	}
	v, err := strconv.ParseFloat(s.rest[:n], 64)
	if err != nil || math.IsInf(v, 0) {
		return 0, fmt.Errorf("its data go wrong at %.20q; a number must stand there", s.rest)
	}
	s.rest = s.rest[n:]
	return v, nil
}

// numberLength is how many bytes of a text are a number.
func numberLength(s string) int {
	n := 0
	digits := func() {
		for n < len(s) && s[n] >= '0' && s[n] <= '9' {
			n++
		}
	}
	if n < len(s) && (s[n] == '+' || s[n] == '-') {
		n++
	}
	digits()
	if n < len(s) && s[n] == '.' {
		n++
		digits()
	}
	if n < len(s) && (s[n] == 'e' || s[n] == 'E') {
		e := n + 1
		if e < len(s) && (s[e] == '+' || s[e] == '-') {
			e++
		}
		if e < len(s) && s[e] >= '0' && s[e] <= '9' {
			n = e
			digits()
		}
	}
	return n
}

// all reads numbers up to the end.
func (s *scanner) all() (list []float64, err error) {
	for s.skip(); s.rest != ""; s.skip() {
		v, err := s.number(false)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}
