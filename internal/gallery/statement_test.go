package gallery

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/internal/problemfile"
)

func stated(t *testing.T, text string) *Statement {
	t.Helper()
	p, err := problemfile.Parse("p.yaml", []byte(text), "../../testdata/shapes", nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewStatement(p)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A condition that the formula of a field builds in is a condition, and one that it leaves open at a part of the boundary is none there.
func TestBuiltIntoFields(t *testing.T) {
	const file = `problem: plate
coords: {TIMEx: [0, 2], y: [0, 1]}
domain: DOMAIN
fields: {u: {net: mlp, hidden: [4], output: FORMULA}, v: {net: mlp, hidden: [4], output: x*v}}
constraints:
  pde: {residual: laplacian(u)}
  other: {residual: laplacian(v)}
  top: {residual: u_y, on: {y: 1}}
`
	const hole = "{difference: [box, {disk: {center: [1, 0.5], radius: 0.3}}]}"
	around := 2 * math.Pi * 0.3
	for _, c := range []struct {
		time, domain, formula string
		bare                  float64
		sides                 []string
	}{
		{"", hole, "x*(2 - x)*y*u", around / (6 + around), []string{"top", "built into u, v", "built into u"}},
		{"t: [0, 1], ", hole, "x*u", (around + 3) / (6 + around), []string{"top", "built into u, v"}},
		{"t: [0, 1], ", "box", "exp(-t) + x*(2 - x)*y*u", 0, []string{"top", "built into u, v", "built into u"}},
		{"", "box", "1e-12*(1 + x)*u", 0.5, []string{"top", "built into v"}},
	} {
		s := stated(t, strings.NewReplacer("TIME", c.time, "DOMAIN", c.domain, "FORMULA", c.formula).Replace(file))
		var sides []string
		for _, p := range s.Sides {
			sides = append(sides, p.Name)
		}
		slices.Sort(sides)
		slices.Sort(c.sides)
		if !slices.Equal(sides, c.sides) || math.Abs(s.Bare-c.bare) > 0.02 {
			t.Errorf("%s: %q, without a condition %v; want %q, %v", c.formula, sides, s.Bare, c.sides, c.bare)
		}
	}
}

// A bracket from a drawing has its parts, and a boundary of which most has no condition; with time it is the same.
func TestStatementInThePlane(t *testing.T) {
	for _, time := range []string{"", "t: [0, 1], "} {
		s := stated(t, "problem: bracket\ncoords: {"+time+`x: [0, 100], y: [0, 100]}
domain: {file: bracket.dxf}
fields: {u: {net: mlp, hidden: [4]}}
constraints:
  pde: {residual: laplacian(u)}
  fixed: {residual: u, on: fixed}
  load: {residual: {a: dn(u) - 1, b: u_x}, on: load}
`)
		const length = 441.68 // of the boundary
		if want := 1 - 80/length; math.Abs(s.Bare-want) > 0.02 || len(s.BareAt) != 2 {
			t.Errorf("%q: without a condition %v, want %v; at %v", time, s.Bare, want, s.BareAt)
		}
		var sides []string
		for _, p := range s.Sides {
			sides = append(sides, p.Name)
		}
		if !slices.Equal(sides, []string{"fixed", "load"}) {
			t.Errorf("%q: sides %q", time, sides)
		}
		text := strings.Join(s.Lines(), "\n")
		for _, want := range []string{"area 6198.9, boundary 441.68", "no condition on 82 % of the boundary"} {
			if !strings.Contains(text, want) {
				t.Errorf("%q: %s lacks %q", time, text, want)
			}
		}
		p, err := s.Picture()
		if err != nil || len(p.Figure.Panels) != 2 {
			t.Fatal(err, p)
		}
		if b, err := p.Figure.Encode("svg"); err != nil || !strings.Contains(string(b), "no condition") {
			t.Error(err)
		}
	}
}

// Of a solid, every triangle of the surface has the condition that holds on it, whether it comes from a file or from a formula.
func TestStatementInSpace(t *testing.T) {
	if testing.Short() {
		t.Skip("half a minute")
	}
	for _, tc := range []struct {
		domain string
		parts  map[string]float64 // areas by condition
		bare   float64
	}{
		{"{file: pipe.msh}", map[string]float64{"inlet": 0.15659, "outlet": 0.15659}, 0.94},
		{"{extrude: {shape: {box: {x: [0, 1], y: [0, 0.5]}}, along: {z: [-0.25, 0.25]}}}", map[string]float64{"inlet": 0.5, "outlet": 0.25}, 0.7},
	} {
		inlet, outlet := "inlet", "outlet"
		if strings.HasPrefix(tc.domain, "{ex") {
			inlet, outlet = "{y: 0}", "{x: 0}"
		}
		s := stated(t, "problem: pipe\ncoords: {x: [-0.1, 1.3], y: [-0.1, 1.3], z: [-0.3, 0.3]}\ndomain: "+tc.domain+`
fields: {u: {net: mlp, hidden: [4]}}
constraints:
  pde: {residual: laplacian(u)}
  inlet: {residual: u - 1, on: `+strings.Replace(inlet, "{y: 0}", "boundary, where: y < 1e-9", 1)+`}
  outlet: {residual: u, on: `+strings.Replace(outlet, "{x: 0}", "boundary, where: x < 1e-9", 1)+`}
`)
		triangles, owner := s.Surface()
		areas := map[string]float64{}
		for i, k := range owner {
			if k >= 0 {
				areas[s.Sides[k].Name] += areaOf(triangles[i])
			}
		}
		for name, want := range tc.parts {
			if got := areas[name]; math.Abs(got-want) > 0.1*want {
				t.Errorf("%s: %s has the area %v, want %v", tc.domain, name, got, want)
			}
		}
		if math.Abs(s.Bare-tc.bare) > 0.03 {
			t.Errorf("%s: without a condition %v, want %v", tc.domain, s.Bare, tc.bare)
		}
		p, err := s.Picture()
		if err != nil {
			t.Fatal(err)
		}
		if b, err := p.Figure.Encode("svg"); err != nil || !strings.Contains(string(b), "inlet") {
			t.Error(err)
		}
	}
}

func areaOf(t [3][3]float64) float64 {
	var a, b [3]float64
	for k := range 3 {
		a[k], b[k] = t[1][k]-t[0][k], t[2][k]-t[0][k]
	}
	sum := 0.0
	for k := range 3 {
		v := a[(k+1)%3]*b[(k+2)%3] - a[(k+2)%3]*b[(k+1)%3]
		sum += v * v
	}
	return math.Sqrt(sum) / 2
}

// A line has no picture of its domain.
func TestStatementOnALine(t *testing.T) {
	s := stated(t, "problem: rod\ncoords: {x: [0, 1]}\nfields: {u: {net: mlp, hidden: [4]}}\nconstraints: {pde: {residual: u_xx + 1}, bc: {residual: u, on: {x: 0}}}\n")
	if _, err := s.Picture(); err == nil || !strings.Contains(err.Error(), "space has 1 coordinates") {
		t.Error(err)
	}
	if got := s.Lines(); len(got) != 1 || !strings.Contains(got[0], "no condition on 50 % of the boundary, as around [1]") {
		t.Errorf("%q", got)
	}
}
