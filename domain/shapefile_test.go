package domain_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/domain"
	ph "github.com/crux-pinn/crux/placeholder"
)

const shapeFolder = "../testdata/shapes"

// Files that other programs have written have the areas and volumes that these programs say, see testdata/shapes/make.py.
func TestShapeFiles(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(shapeFolder, "answers.json"))
	if err != nil {
		t.Fatal(err)
	}
	var answers map[string]struct{ Area float64 }
	if err := json.Unmarshal(b, &answers); err != nil {
		t.Fatal(err)
	}
	x, y := ph.Coords2("x", "y")
	for name, want := range answers {
		if want.Area == 0 {
			continue // a solid
		}
		s := domain.ReadShape(filepath.Join(shapeFolder, name), x, y)
		if s.Err() != nil {
			t.Error(s.Err())
			continue
		}
		if got := s.Volume(); math.Abs(got-want.Area) > 1e-4*want.Area {
			t.Errorf("%s: area %v, want %v", name, got, want.Area)
		}
	}
	if len(answers) < 7 {
		t.Errorf("%d answers", len(answers))
	}
}

// Arcs of a drawing stay arcs, and its layers are parts.
func TestBracket(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	s := domain.ReadShape(filepath.Join(shapeFolder, "bracket.dxf"), x, y)
	if s.Err() != nil {
		t.Fatal(s.Err())
	}
	// two arms of 40×60 and 40×100 with a fillet, a round corner and a hole
	corner := 100 * (1 - math.Pi/4)
	if want := 2400 + 4000 + corner - corner - math.Pi*64; math.Abs(s.Volume()-want) > 1e-9 {
		t.Errorf("area %v, want %v", s.Volume(), want)
	}
	if got := s.Parts(); !slices.Equal(got, []string{"fixed", "load", "hole"}) {
		t.Errorf("parts %q", got)
	}
	c := draw(t, s.Part("hole", 20))
	for i := range c.Len() {
		if r := math.Hypot(c.Row(i)[0]-20, c.Row(i)[1]-20); math.Abs(r-8) > 1e-12 {
			t.Errorf("a point of the hole has radius %v", r)
		}
	}
}

// Tables and GeoJSON give the corners in order, with holes and names.
func TestCorners(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	csv := "x; y; name; loop\n0; 0; base; 1\n2,0; 0; ; 1\n2; 1; ; 1\n0; 1; ; 1\n0,5; 0,5; hole; 2\n1; 0,5; hole; 2\n1; 0,75; hole; 2\n"
	geo := `{"type": "FeatureCollection", "features": [{"type": "Feature", "id": 7, "properties": {"name": "lake"}, "geometry":
		{"type": "Polygon", "coordinates": [[[0,0,5],[2,0],[2,1],[0,1],[0,0]], [[0.5,0.5],[1,0.5],[1,0.75],[0.5,0.5]]]}},
		{"type": "Feature", "properties": null, "geometry": {"type": "Point", "coordinates": [1, 2]}},
		{"type": "Feature", "id": 8, "geometry": {"type": "MultiPolygon", "coordinates": [[[[3,0],[4,0],[4,1]]]]}}]}`
	for _, tc := range []struct {
		name, text string
		area       float64
		parts      []string
	}{
		{"a.csv", csv, 2 - 0.0625, []string{"base", "hole"}},
		{"a.txt", "# corners\nx y\n0 0\n1 0\n0 1\n", 0.5, nil},
		{"a.geojson", geo, 2 - 0.0625 + 0.5, []string{"lake", "8"}},
	} {
		s := domain.ParseShape([]byte(tc.text), tc.name, x, y)
		if s.Err() != nil {
			t.Error(s.Err())
			continue
		}
		if math.Abs(s.Volume()-tc.area) > 1e-14 || !slices.Equal(s.Parts(), tc.parts) {
			t.Errorf("%s: area %v, parts %q", tc.name, s.Volume(), s.Parts())
		}
	}
}

// What is broken or foreign gives one clear error.
func TestBrokenShapeFiles(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	read := func(name string) string {
		b, err := os.ReadFile(filepath.Join(shapeFolder, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	bracket, arcs := read("bracket.dxf"), read("arcs.svg")
	at := strings.Index(bracket, "ENTITIES")
	for _, tc := range []struct{ name, text, want string }{
		{"a.dxf", "", "it has no section ENTITIES"},
		{"a.dxf", "AutoCAD Binary DXF\r\n\x1a\x00", "it is a binary DXF file, and only ASCII ones are read"},
		{"a.dxf", "hello\nworld\n", `line 1: "hello" is no group code`},
		{"a.dxf", bracket[:at+700], "it is cut off"},
		{"a.dxf", strings.Replace(bracket, "CIRCLE", "INSERT", 1), "the drawing has an INSERT, which places a block; explode blocks"},
		{"a.dxf", strings.Replace(bracket, "LWPOLYLINE\n", "TEXT\n", 1), "it is not closed: it has 2 open ends, one at (100, 40), from which the nearest other, (40, 100), is 84.9 away"},
		{"a.dxf", "  0\nSECTION\n  2\nENTITIES\n  0\nTEXT\n  0\nENDSEC\n  0\nEOF\n", "it has no lines, arcs, circles"},
		{"a.dxf", "  0\nSECTION\n  2\nENTITIES\n  0\nLINE\n 10\nx\n  0\nENDSEC\n  0\nEOF\n", `line 8: "x" where a number should be`},
		{"a.dxf", "  0\nSECTION\n  2\nENTITIES\n  0\nSPLINE\n 71\n3\n 10\n0\n 20\n0\n  0\nENDSEC\n  0\nEOF\n", "line 6: the SPLINE of degree 3 has 1 control points, 0 knots"},
		{"a.svg", "", "it has no paths or shapes"},
		{"a.svg", "<html></html>", "line 1: it begins with html, and an SVG file with svg"},
		{"a.svg", arcs[:150], "line 1: it is cut off"},
		{"a.svg", "<svg>\n<path d='M 0 0 L 1 x'/></svg>", `line 2: path: its data go wrong at "x"`},
		{"a.svg", "<svg>\n<path d='0 0'/></svg>", `its data go wrong at "0 0"; a command`},
		{"a.svg", "<svg>\n<g transform='turn(3)'/></svg>", `line 2: g: the transformation "turn" is not read`},
		{"a.svg", "<svg>\n<rect width='3mm' height='1'/></svg>", `width is "3mm"; a number must stand there`},
		{"a.svg", "<svg>\n<use href='#a'/></svg>", "expand it in the drawing program"},
		{"a.svg", "<svg>\n<path d='M0 0h1v1'/></svg>", "it is not closed: it has 2 open ends"},
		{"a.geojson", `{"type": "Polygon", "coordinates": [[[0, 0`, "it is cut off after"},
		{"a.geojson", `{"type": "Polygon"}}`, "something follows the object"},
		{"a.geojson", `{"type": "Polygon", "coordinates": [[0, 1]]}`, "the coordinates of a Polygon are lists of points"},
		{"a.geojson", `{"type": "Ploygon"}`, `"Ploygon" is no type of GeoJSON`},
		{"a.json", `{"type": "LineString", "coordinates": [[0, 0], [1, 0], [0, 1]]}`, "it has no polygon"},
		{"a.json", `[1, 2]`, "which GeoJSON does not have there"},
		{"a.csv", "", "it is empty"},
		{"a.csv", "a,b\n0,0\n1,1\n", "there is none for x and y"},
		{"a.csv", "x,y\n0,0\n1,z\n", `line 3: "z" is not a number`},
		{"a.csv", "x,y\n0,0\n1\n", "line 3: it has 1 cells, and y should be in cell 2"},
		{"a.csv", "x,y\n0,0\n1,1\n1,0\n0,1\n", "two of its edges meet at (0.5, 0.5)"},
	} {
		err := domain.ParseShape([]byte(tc.text), tc.name, x, y).Err()
		if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.HasPrefix(err.Error(), "domain: "+tc.name+": ") {
			t.Errorf("%v, want %s: … %s …", err, tc.name, tc.want)
		}
	}
}

// SVG draws what it says, whatever the transformations.
func TestSVG(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	for _, tc := range []struct {
		body         string
		area, length float64
		lo, hi       []float64
	}{
		{`<rect x="1" y="2" width="3" height="4"/>`, 12, 14, []float64{1, 4}, []float64{4, 8}},
		{`<rect x="1" y="2" width="3" height="4" rx="1"/>`, 12 - 4 + math.Pi, 6 + 2*math.Pi, []float64{1, 4}, []float64{4, 8}},
		{`<circle cx="5" cy="5" r="2"/>`, 4 * math.Pi, 4 * math.Pi, []float64{3, 3}, []float64{7, 7}},
		{`<g transform="rotate(30 5 5) translate(1, 1)"><circle cx="4" cy="4" r="1" transform="translate(-4,-4) scale(2) translate(2 2)"/></g>`, 4 * math.Pi, 4 * math.Pi, nil, nil},
		{`<polygon points="0,0 4,0 4,3"/><defs><circle r="1"/></defs><g display="none"><circle r="9"/></g>`, 6, 12, []float64{0, 7}, []float64{4, 10}},
		{`<path d="M0 0H4V3H0z m1 1v1h1v-1z"/>`, 11, 18, []float64{0, 7}, []float64{4, 10}},
		{`<path d="M0 0A2 2 0 0 0 4 0z"/>`, 2 * math.Pi, 4 + 2*math.Pi, []float64{0, 8}, []float64{4, 10}},
		{`<path d="M0 5a1 1 0 1 1 4 0z"/>`, 2 * math.Pi, 4 + 2*math.Pi, []float64{0, 5}, []float64{4, 7}}, // radii that are too small grow
	} {
		s := domain.ParseShape([]byte(`<svg viewBox="0 0 10 10" xmlns="http://www.w3.org/2000/svg">`+tc.body+`</svg>`), "a.svg", x, y)
		if s.Err() != nil {
			t.Error(tc.body, s.Err())
			continue
		}
		if math.Abs(s.Volume()-tc.area) > 1e-12 || math.Abs(s.Surface()-tc.length) > 1e-12 {
			t.Errorf("%s: area %v, want %v; length %v, want %v", tc.body, s.Volume(), tc.area, s.Surface(), tc.length)
		}
		lo, hi := s.Bounds()
		for k := range tc.lo {
			if math.Abs(lo[k]-tc.lo[k]) > 1e-14 || math.Abs(hi[k]-tc.hi[k]) > 1e-14 {
				t.Errorf("%s: from %v to %v", tc.body, lo, hi)
			}
		}
	}
}

// Whatever a file holds, a shape or an error comes out, and distances from the shape are numbers.
func FuzzShapeFiles(f *testing.F) {
	files, err := filepath.Glob(shapeFolder + "/*.*")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	endings := domain.ShapeFiles()
	for _, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		if kind := slices.Index(endings, filepath.Ext(path)); kind >= 0 && len(b) < 120_000 {
			f.Add(b, byte(kind))
			f.Add(b[:len(b)*2/3], byte(kind))
		}
	}
	f.Add([]byte("x,y\n0,0\n1,0\n0,1\n"), byte(slices.Index(endings, ".csv")))
	f.Add([]byte(`{"type":"Polygon","coordinates":[[[0,0],[1,0],[0,1]]]}`), byte(slices.Index(endings, ".geojson")))
	x, y, z := space()
	f.Fuzz(func(t *testing.T, b []byte, kind byte) {
		name := "a" + endings[int(kind)%len(endings)]
		for _, s := range []*domain.Shape{domain.ParseShape(b, name, x, y, z), domain.ParseShape(b, name, x, y)} {
			if s.Err() != nil {
				if strings.Contains(s.Err().Error(), "\n") {
					t.Fatalf("an error of several lines: %v", s.Err())
				}
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

// A bracket that somebody has drawn in millimetres; the layers of the drawing are its parts.
func ExampleReadShape() {
	x, y := ph.Coords2("x", "y")
	drawing := domain.ReadShape("../testdata/shapes/bracket.dxf", x, y)
	if drawing.Err() != nil {
		fmt.Println(drawing.Err())
		return
	}
	bracket := domain.Scale(drawing, 1e-3)
	fmt.Printf("area %.4g m², parts %q\n", bracket.Volume(), bracket.Parts())
	// Output:
	// area 0.006199 m², parts ["fixed" "load" "hole"]
}

// ParseShape is for files that stand somewhere else, as those that are embedded into a program.
func ExampleParseShape() {
	x, y := ph.Coords2("x", "y")
	s := domain.ParseShape([]byte("x,y,name\n0,0,floor\n4,0,\n4,3,\n"), "triangle.csv", x, y)
	fmt.Println(s.Volume(), s.Parts(), s.Err())
	s = domain.ParseShape([]byte("x,y\n0,0\n4,3\n4,0\n0,3\n"), "crossed.csv", x, y)
	fmt.Println(s.Err())
	// Output:
	// 6 [floor] <nil>
	// domain: crossed.csv: two of its edges meet at (2, 1.5); curves must not cross or touch
}

func ExampleShapeFiles() {
	fmt.Println(domain.ShapeFiles())
	// Output:
	// [.stl .msh .dxf .svg .geojson .json .csv .txt .tsv]
}

// Points where the bracket is loaded, with the component along x of the normals, which a traction needs.
func ExampleShape_Part() {
	x, y := ph.Coords2("x", "y")
	bracket := domain.ReadShape("../testdata/shapes/bracket.dxf", x, y)
	load := bracket.Part("load", 3).With(domain.Grid{})
	c, err := load.Draw(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range c.Len() {
		fmt.Printf("%.1f, normal %.0f\n", c.Row(i), c.Normals[2*i])
	}
	fmt.Println(bracket.Part("bolt", 3).Err())
	// Output:
	// [100.0 6.7], normal 1
	// [100.0 20.0], normal 1
	// [100.0 33.3], normal 1
	// domain: bracket.dxf has no part "bolt"; the parts are fixed, load, hole
}

// A mesh of Gmsh: its physical groups are lengths of the boundary, areas of materials, and a joint between two of them.
func ExampleShape_Parts() {
	x, y := ph.Coords2("x", "y")
	plate := domain.ReadShape("../testdata/shapes/plate.msh", x, y)
	for _, name := range plate.Parts() {
		size := 0.0
		for _, p := range plate.Part(name, 1).Patches() {
			size += p.Measure
		}
		fmt.Printf("%s %.3f\n", name, size)
	}
	// Output:
	// hole 1.531
	// left 1.000
	// right side 1.000
	// steel 0.823
	// copper 1.000
	// joint 1.000
}
