package domain_test

import (
	"bytes"
	"math"
	"testing"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/files/stl"
)

// Whatever a file holds, a shape or an error comes out, and distances from the shape are numbers.
func FuzzShapeFiles(f *testing.F) {
	var text, binary bytes.Buffer
	if stl.Write(&text, []stl.Solid{{Name: "cube", Triangles: cube()}}) != nil || stl.WriteBinary(&binary, cube()) != nil {
		f.Fatal("not written")
	}
	f.Add(text.Bytes(), byte(0))
	f.Add(binary.Bytes(), byte(0))
	f.Add(text.Bytes()[:700], byte(0))
	x, y, z := space()
	endings := domain.ShapeFiles()
	f.Fuzz(func(t *testing.T, b []byte, kind byte) {
		name := "a" + endings[int(kind)%len(endings)]
		for _, s := range []*domain.Shape{domain.ParseShape(b, name, x, y, z), domain.ParseShape(b, name, x, y)} {
			if s.Err() != nil {
				continue
			}
			lo, hi := s.Bounds()
			p := make([]float64, len(lo))
			for k := range p {
				p[k] = lo[k]/2 + hi[k]/2
			}
			if d := s.Distance(p); math.IsNaN(d) {
				t.Fatalf("distance %v at %v", d, p)
			}
			if !(s.Volume() > 0) {
				t.Fatalf("volume %v", s.Volume())
			}
		}
	})
}
