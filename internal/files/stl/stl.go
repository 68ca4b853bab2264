// Package stl reads and writes surfaces of triangles in the format of stereolithography, binary and ASCII (3D Systems 1988).
//
// A binary file has a header of 80 bytes, the number of triangles, and 50 bytes for each of them: a normal, three corners, all in float32,
// and two bytes without a meaning. ASCII files may have several solids with names. Normals are not read: the order of the corners says
// them.
package stl

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// Solid is a surface, or a part of one.
type Solid struct {
	Name      string
	Triangles [][3][3]float64 // corners, counter-clockwise as seen from outside
}

const (
	header = 84 // bytes before the first triangle
	record = 50 // bytes of a triangle
)

// Parse reads a file. Coordinates of binary files are the shortest decimal numbers that round to them in float32: 0.1 is read as 0.1.
func Parse(b []byte) ([]Solid, error) {
	if len(b) >= header {
		n := binary.LittleEndian.Uint32(b[80:])
		if uint64(len(b)) == header+record*uint64(n) {
			return parseBinary(b)
		}
	}
	start := bytes.TrimLeft(b[:min(len(b), 1024)], " \t\r\n\ufeff")
	if bytes.HasPrefix(bytes.ToLower(start), []byte("solid")) && bytes.IndexByte(start, 0) < 0 {
		return parseText(b)
	}
	if len(b) < header {
		return nil, fmt.Errorf("%d bytes are no STL file: it begins with solid, or with a header of %d bytes", len(b), header)
	}
	n, has := uint64(binary.LittleEndian.Uint32(b[80:])), uint64(len(b)-header)/record
	if n > has {
		return nil, fmt.Errorf("it is cut off: its header says %d triangles, and there are %d; export or copy it again", n, has)
	}
	return nil, fmt.Errorf("it is no STL file: its header says %d triangles, and %d bytes follow them", n, uint64(len(b))-header-record*n)
}

func parseBinary(b []byte) ([]Solid, error) {
	triangles := make([][3][3]float64, 0, (len(b)-header)/record)
	known := map[uint32]float64{} // the decimals of coordinates: many corners share theirs
	for at := header; at < len(b); at += record {
		var t [3][3]float64
		for k := range 9 {
			bits := binary.LittleEndian.Uint32(b[at+12+4*k:])
			v, ok := known[bits]
			if !ok {
				v = decimal(math.Float32frombits(bits))
				known[bits] = v
			}
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, fmt.Errorf("triangle %d has a coordinate that is %v; coordinates must be finite", (at-header)/record+1, v)
			}
			t[k/3][k%3] = v
		}
		triangles = append(triangles, t)
	}
	if len(triangles) == 0 {
		return nil, errors.New("it has no triangles")
	}
	return []Solid{{Triangles: triangles}}, nil
}

// decimal is the number that was meant, most often: the shortest that rounds to v.
func decimal(v float32) float64 {
	d, err := strconv.ParseFloat(strconv.FormatFloat(float64(v), 'g', -1, 32), 64)
	if err != nil {
		return float64(v)
	}
	return d
}

// text cuts a file into words and knows the line of the last one.
type text struct {
	rest []byte
	line int
}

// next is the following word, "" at the end.
func (t *text) next() string {
	for i, c := range t.rest {
		switch c {
		case '\n':
			t.line++
			continue
		case ' ', '\t', '\r', '\f', '\v':
			continue
		}
		t.rest = t.rest[i:]
		end := bytes.IndexAny(t.rest, " \t\r\n\f\v")
		if end < 0 {
			end = len(t.rest)
		}
		word := string(t.rest[:end])
		t.rest = t.rest[end:]
		return word
	}
	t.rest = nil
	return ""
}

// restOfLine is what follows the last word on its line.
func (t *text) restOfLine() string {
	end := bytes.IndexByte(t.rest, '\n')
	if end < 0 {
		end = len(t.rest)
	}
	s := string(t.rest[:end])
	t.rest = t.rest[end:]
	return strings.TrimSpace(s)
}

func (t *text) expect(words ...string) error {
	for _, want := range words {
		if got := t.next(); !strings.EqualFold(got, want) {
			return t.misses(want, got)
		}
	}
	return nil
}

func (t *text) misses(want, got string) error {
	if got == "" {
		return fmt.Errorf("line %d: it is cut off: %q should follow; export or copy it again", t.line, want)
	}
	if len(got) > 40 {
		got = got[:40] + "…"
	}
	return fmt.Errorf("line %d: %q where %q should be", t.line, got, want)
}

func (t *text) number() (float64, error) {
	word := t.next()
	v, err := strconv.ParseFloat(word, 64)
	switch {
	case word == "" || err != nil && !errors.Is(err, strconv.ErrRange):
		return 0, t.misses("a number", word)
	case math.IsNaN(v) || math.IsInf(v, 0):
		return 0, fmt.Errorf("line %d: %s is no finite number", t.line, word)
	}
	return v, nil
}

func parseText(b []byte) ([]Solid, error) {
	t := &text{rest: bytes.TrimPrefix(b, []byte("\ufeff")), line: 1}
	var list []Solid
	n := 0
	for word := t.next(); word != ""; word = t.next() {
		if !strings.EqualFold(word, "solid") {
			return nil, t.misses("solid", word)
		}
		s := Solid{Name: t.restOfLine()}
		for {
			word := t.next()
			if strings.EqualFold(word, "endsolid") {
				t.restOfLine()
				break
			}
			if !strings.EqualFold(word, "facet") {
				return nil, t.misses("facet or endsolid", word)
			}
			corners, err := t.facet()
			if err != nil {
				return nil, err
			}
			s.Triangles = append(s.Triangles, corners)
		}
		n += len(s.Triangles)
		list = append(list, s)
	}
	if n == 0 {
		return nil, errors.New("it has no triangles")
	}
	return list, nil
}

// facet is what follows the word.
func (t *text) facet() (corners [3][3]float64, err error) {
	if err := t.expect("normal"); err != nil {
		return corners, err
	}
	for range 3 {
		t.next() // of the normal, which some programs write as nan
	}
	if err := t.expect("outer", "loop"); err != nil {
		return corners, err
	}
	for k := range 3 {
		if err := t.expect("vertex"); err != nil {
			return corners, err
		}
		for j := range 3 {
			if corners[k][j], err = t.number(); err != nil {
				return corners, err
			}
		}
	}
	return corners, t.expect("endloop", "endfacet")
}

// Write writes solids as ASCII.
func Write(w io.Writer, solids []Solid) error {
	var b bytes.Buffer
	for _, s := range solids {
		fmt.Fprintf(&b, "solid %s\n", s.Name)
		for _, t := range s.Triangles {
			n := normal(t)
			fmt.Fprintf(&b, "facet normal %g %g %g\nouter loop\n", n[0], n[1], n[2])
			for _, c := range t {
				fmt.Fprintf(&b, "vertex %v %v %v\n", c[0], c[1], c[2])
			}
			b.WriteString("endloop\nendfacet\n")
		}
		fmt.Fprintf(&b, "endsolid %s\n", s.Name)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// WriteBinary writes triangles as a binary file.
func WriteBinary(w io.Writer, triangles [][3][3]float64) error {
	b := make([]byte, 80, header+record*len(triangles))
	copy(b, "binary")
	b = binary.LittleEndian.AppendUint32(b, uint32(len(triangles)))
	for _, t := range triangles {
		for _, p := range [4][3]float64{normal(t), t[0], t[1], t[2]} {
			for _, v := range p {
				b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(v)))
			}
		}
		b = append(b, 0, 0)
	}
	_, err := w.Write(b)
	return err
}

// normal is that of a triangle; 0 without an area.
func normal(t [3][3]float64) (n [3]float64) {
	var a, b [3]float64
	for k := range 3 {
		a[k], b[k] = t[1][k]-t[0][k], t[2][k]-t[0][k]
	}
	length := 0.0
	for k := range 3 {
		n[k] = a[(k+1)%3]*b[(k+2)%3] - a[(k+2)%3]*b[(k+1)%3]
		length = math.Hypot(length, n[k])
	}
	for k := range n {
		if length > 0 {
			n[k] /= length
		}
	}
	return n
}
