package domain_test

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/domain"
	ph "github.com/crux-pinn/crux/placeholder"
)

// A mesh of two materials has their regions, the sides with names, and the joint between them, whether it is text or binary.
func TestMeshOfTwoMaterials(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	for _, name := range []string{"plate.msh", "plate_binary.msh"} {
		s := domain.ReadShape(filepath.Join(shapeFolder, name), x, y)
		if s.Err() != nil {
			t.Fatal(s.Err())
		}
		parts := slices.Sorted(slices.Values(s.Parts()))
		if want := []string{"copper", "hole", "joint", "left", "right side", "steel"}; !slices.Equal(parts, want) {
			t.Errorf("parts %q, want %q", parts, want)
		}
		for part, want := range map[string]float64{"copper": 1, "steel": s.Volume() - 1, "joint": 1, "left": 1, "right side": 1} {
			if got := s.Part(part, 1).Patches(); len(got) == 0 || math.Abs(total(got)-want) > 1e-9 {
				t.Errorf("%s: %v, want %v", part, total(got), want)
			}
		}
		for part, inside := range map[string]func(p []float64) bool{
			"copper": func(p []float64) bool { return p[0] >= 1 && p[0] <= 2 },
			"steel":  func(p []float64) bool { return p[0] <= 1 && math.Hypot(p[0]-0.5, p[1]-0.5) > 0.2 },
			"joint":  func(p []float64) bool { return math.Abs(p[0]-1) < 1e-9 },
			"left":   func(p []float64) bool { return p[0] == 0 },
		} {
			c := draw(t, s.Part(part, 300))
			mean := 0.0
			for i := range c.Len() {
				if mean += c.Row(i)[1] / 300; !inside(c.Row(i)) {
					t.Fatalf("%s has the point %v", part, c.Row(i))
				}
				if n := c.Normals; part == "left" && n[2*i] != -1 || part == "joint" && math.Abs(n[2*i]) < 1-1e-9 {
					t.Fatalf("%s has the normal %v", part, n[2*i:2*i+2])
				}
			}
			if math.Abs(mean-0.5) > 0.02 {
				t.Errorf("%s: the mean of y is %v", part, mean)
			}
		}
		// a part of it, and all of it at all times, turned
		cut := domain.Intersection(s, domain.NewBox(domain.In(x, 0, 2), domain.In(y, 0, 0.5)))
		if got := total(cut.Part("copper", 1).Patches()); math.Abs(got-0.5) > 1e-2 {
			t.Errorf("half of the copper: %v", got)
		}
		turned := domain.Cross(domain.Rotate(domain.Scale(s, 2), 90), domain.In(ph.NewCoord("t"), 0, 3))
		if got := total(turned.Part("copper", 1).Patches()); math.Abs(got-12) > 1e-9 {
			t.Errorf("turned copper: %v", got)
		}
		c := draw(t, turned.Part("right side", 5))
		if math.Abs(c.Row(0)[1]-4) > 1e-12 || math.Abs(c.Normals[1]-1) > 1e-12 {
			t.Errorf("turned right side: %v, %v", c.Row(0), c.Normals[:3])
		}
	}
}

func total(patches []domain.Patch) (sum float64) {
	for _, p := range patches {
		sum += p.Measure
	}
	return sum
}

// A bent pipe has the volume that Gmsh says, and openings where they should be.
func TestMeshOfAPipe(t *testing.T) {
	x, y, z := space()
	s := domain.ReadShape(filepath.Join(shapeFolder, "pipe.msh"), x, y, z)
	if s.Err() != nil {
		t.Fatal(s.Err())
	}
	const want = 0.24708265029967763 // answers.json
	if math.Abs(s.Volume()-want) > 1e-12 || math.Abs(total(s.Part("metal", 1).Patches())-want) > 1e-12 {
		t.Errorf("volume %v and %v, want %v", s.Volume(), total(s.Part("metal", 1).Patches()), want)
	}
	sum := 0.0
	for part, n := range map[string][3]float64{"inlet": {0, -1, 0}, "outlet": {-1, 0, 0}, "bore": {}, "skin": {}} {
		p := s.Part(part, 50)
		sum += total(p.Patches())
		c := draw(t, p)
		for i := range c.Len() {
			for k := range 3 {
				if n != ([3]float64{}) && math.Abs(c.Normals[3*i+k]-n[k]) > 1e-9 {
					t.Fatalf("%s: normal %v", part, c.Normals[3*i:3*i+3])
				}
			}
		}
	}
	if math.Abs(sum-s.Surface()) > 1e-12*sum {
		t.Errorf("the parts have %v, the surface %v", sum, s.Surface())
	}
	c := draw(t, s.Part("metal", 1000))
	for i := range c.Len() {
		p := c.Row(i)
		if r := math.Hypot(math.Hypot(p[0], p[1])-1, p[2]); r > 0.3 || r < 0.15 || s.Distance(p) > 1e-12 {
			t.Fatalf("%v is not in the pipe", p)
		}
	}
}

// Triangles without tetrahedra are the surface of a solid. Broken and foreign meshes each give one error.
func TestBrokenMeshes(t *testing.T) {
	x, y, z := space()
	b, err := os.ReadFile(filepath.Join(shapeFolder, "plate.msh"))
	if err != nil {
		t.Fatal(err)
	}
	plate := string(b)
	old, err := os.ReadFile(filepath.Join(shapeFolder, "plate_22.msh"))
	if err != nil {
		t.Fatal(err)
	}
	pipe, err := os.ReadFile(filepath.Join(shapeFolder, "pipe.msh"))
	if err != nil {
		t.Fatal(err)
	}
	tetrahedron := "$MeshFormat\n4.1 0 8\n$EndMeshFormat\n$Nodes\n1 4 1 4\n3 1 0 4\n1\n2\n3\n4\n0 0 0\n1 0 0\n0 1 0\n0 0 1\n$EndNodes\n$Elements\n1 4 1 4\n2 1 2 4\n1 1 3 2\n2 1 2 4\n3 2 3 4\n4 3 1 4\n$EndElements\n"
	if s := domain.ParseShape([]byte(tetrahedron), "a.msh", x, y, z); s.Err() != nil || math.Abs(s.Volume()-1.0/6) > 1e-15 {
		t.Errorf("surface: %v, volume %v", s.Err(), s.Volume())
	}
	xy, xyz := []*ph.Coord{x, y}, []*ph.Coord{x, y, z}
	for _, tc := range []struct {
		text   string
		coords []*ph.Coord
		want   string
	}{
		{"", xy, "it is no mesh of Gmsh"},
		{"solid", xy, "it is no mesh of Gmsh"},
		{string(old), xy, "it has format 2.2, and 4.1 is read; save it by gmsh -save -format msh41"},
		{strings.Replace(plate, "4.1 0 8", "4.1 0 4", 1), xy, "its sizes have 4 bytes"},
		{plate[:len(plate)/3], xy, "it is cut off"},
		{plate[:strings.Index(plate, "$Elements")], xy, "it is cut off: it has no section Elements"},
		{string(pipe[:len(pipe)/2]), xyz, "it is cut off"},
		{string(pipe[:20]), xyz, "it is cut off"},
		{plate, xyz, "it is not closed: it has 2 holes"},
		{string(pipe), xy, "a shape in the plane has the same z everywhere"},
		{strings.Replace(tetrahedron, "4 3 1 4", "4 3 1 9", 1), xyz, "Elements: element 4 has node 9, which does not exist"},
		{strings.Replace(tetrahedron, "4 3 1 4\n", "", 1), xyz, `line 22: "$EndElements" where a whole number should be`},
		{strings.Replace(tetrahedron, "1 4 1 4\n2 1 2 4\n1 1 3 2\n2 1 2 4\n3 2 3 4\n4 3 1 4", "1 3 1 3\n2 1 2 3\n1 1 3 2\n2 1 2 4\n3 2 3 4", 1), xyz, "it is not closed: it has a hole, one with 3 edges"},
		{strings.Replace(tetrahedron, "1 1 3 2", "1 1 2 3", 1), xyz, "are turned against each other"},
		{strings.Replace(tetrahedron, "0 0 1\n$End", "0 0 inf\n$End", 1), xyz, "a coordinate is +Inf"},
		{strings.Replace(tetrahedron, "2 1 2 4\n1 1", "3 1 5 4\n1 1", 1), xyz, "the mesh has hexahedra"},
		{strings.Replace(tetrahedron, "2 1 2 4\n1 1", "3 1 99 4\n1 1", 1), xyz, "elements of type 99 are not read"},
		{strings.Replace(tetrahedron, "1 4 1 4\n3", "999999999999 4 1 4\n3", 1), xyz, "which the rest of the file has no room for"},
		{tetrahedron, xy, "same z everywhere"},
	} {
		err := domain.ParseShape([]byte(tc.text), "a.msh", tc.coords...).Err()
		if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.HasPrefix(err.Error(), "domain: a.msh: ") {
			t.Errorf("%v, want … %s …", err, tc.want)
		}
	}
}
