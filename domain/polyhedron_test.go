package domain_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/files/stl"
	ph "github.com/crux-pinn/crux/placeholder"
)

func space() (x, y, z *ph.Coord) { return ph.NewCoord("x"), ph.NewCoord("y"), ph.NewCoord("z") }

// blocks is the surface of those cells of a grid that are full, two triangles for each side between a full and an empty cell.
func blocks(xs, ys, zs []float64, full func(i, j, k int) bool) (list [][3][3]float64) {
	ticks := [3][]float64{xs, ys, zs}
	in := func(c [3]int) bool {
		for d, i := range c {
			if i < 0 || i >= len(ticks[d])-1 {
				return false
			}
		}
		return full(c[0], c[1], c[2])
	}
	for i := range len(xs) - 1 {
		for j := range len(ys) - 1 {
			for k := range len(zs) - 1 {
				c := [3]int{i, j, k}
				if !in(c) {
					continue
				}
				for d := range 3 {
					for side := range 2 {
						next := c
						next[d] += 2*side - 1
						if in(next) {
							continue
						}
						corner := func(a, b int) (p [3]float64) {
							at := c
							at[d] += side
							at[(d+1)%3] += a
							at[(d+2)%3] += b
							for e := range 3 {
								p[e] = ticks[e][at[e]]
							}
							return p
						}
						p, q, r, s := corner(0, 0), corner(1, 0), corner(1, 1), corner(0, 1)
						if side == 0 {
							q, s = s, q
						}
						list = append(list, [3][3]float64{p, q, r}, [3][3]float64{p, r, s})
					}
				}
			}
		}
	}
	return list
}

func cube() [][3][3]float64 {
	ends := []float64{0, 1}
	return blocks(ends, ends, ends, func(_, _, _ int) bool { return true })
}

// globe is a sphere of radius 1 of about 4n² triangles, made of the faces of an octahedron.
func globe(n int) (list [][3][3]float64) {
	point := func(s [3]float64, i, j int) (p [3]float64) {
		p = [3]float64{s[0] * float64(i), s[1] * float64(j), s[2] * float64(n-i-j)}
		l := math.Sqrt(p[0]*p[0] + p[1]*p[1] + p[2]*p[2])
		return [3]float64{p[0] / l, p[1] / l, p[2] / l}
	}
	for o := range 8 {
		s := [3]float64{float64(1 - o%2*2), float64(1 - o/2%2*2), float64(1 - o/4*2)}
		add := func(a, b, c [3]float64) {
			if s[0]*s[1]*s[2] < 0 {
				b, c = c, b
			}
			list = append(list, [3][3]float64{a, b, c})
		}
		for i := range n {
			for j := range n - i {
				add(point(s, i, j), point(s, i+1, j), point(s, i, j+1))
				if i+j < n-1 {
					add(point(s, i+1, j), point(s, i+1, j+1), point(s, i, j+1))
				}
			}
		}
	}
	return list
}

// The distance to a cube, to a bent block and to a sphere is that of closed forms, outside and inside, beside faces, edges and corners.
func TestPolyhedronDistance(t *testing.T) {
	x, y, z := space()
	box := func(p []float64, hi ...float64) float64 {
		out, in := 0.0, math.Inf(-1)
		for k := range p {
			d := max(-p[k], p[k]-hi[k])
			out += max(d, 0) * max(d, 0)
			in = max(in, d)
		}
		if out > 0 {
			return math.Sqrt(out)
		}
		return in
	}
	thirds := []float64{0, 1, 2}
	corner := blocks(thirds, thirds, thirds, func(i, j, k int) bool { return i+j+k < 3 })
	outer := func(p []float64) float64 { return box(p, 2, 2, 2) }
	inner := func(p []float64) float64 { // the octant that is cut away, infinite
		return box([]float64{2 - p[0], 2 - p[1], 2 - p[2]}, 1, 1, 1)
	}
	for _, tc := range []struct {
		name   string
		solid  *domain.Shape
		want   func(p []float64) float64
		within float64
		volume float64
		area   float64
	}{
		{"cube", domain.NewPolyhedron(x, y, z, domain.Facets{Triangles: cube()}), func(p []float64) float64 { return box(p, 1, 1, 1) }, 1e-14, 1, 6},
		{"bent block", domain.NewPolyhedron(x, y, z, domain.Facets{Triangles: corner}), nil, 1e-14, 7, 24},
		{
			"globe", domain.NewPolyhedron(x, y, z, domain.Facets{Triangles: globe(40)}),
			func(p []float64) float64 { return math.Hypot(math.Hypot(p[0], p[1]), p[2]) - 1 }, 2e-3, 4 * math.Pi / 3 * (1 - 1.5e-3), 4 * math.Pi * (1 - 1e-3),
		},
	} {
		if err := tc.solid.Err(); err != nil {
			t.Fatal(tc.name, err)
		}
		rng := rand.New(rand.NewPCG(1, 2))
		for range 3000 {
			p := []float64{4*rng.Float64() - 1.5, 4*rng.Float64() - 1.5, 4*rng.Float64() - 1.5}
			if rng.IntN(2) == 0 { // in line with edges and corners
				p[rng.IntN(3)] = float64(rng.IntN(3))
			}
			got := tc.solid.Distance(p)
			if tc.want == nil { // max(d_box, −d_octant) is exact inside, and has the right sign everywhere
				o, i := outer(p), -inner(p)
				if w := max(o, i); (w < 0) != (got < 0) && math.Abs(w) > 1e-12 || w < 0 && math.Abs(got-w) > 1e-14 {
					t.Fatalf("%s: distance %v at %v, want %v", tc.name, got, p, w)
				}
				continue
			}
			if want := tc.want(p); math.Abs(got-want) > tc.within {
				t.Fatalf("%s: distance %v at %v, want %v", tc.name, got, p, want)
			}
		}
		if v := tc.solid.Volume(); math.Abs(v-tc.volume) > 1e-3*tc.volume {
			t.Errorf("%s: volume %v, want %v", tc.name, v, tc.volume)
		}
		if a := tc.solid.Surface(); math.Abs(a-tc.area) > 1e-3*tc.area {
			t.Errorf("%s: surface %v, want %v", tc.name, a, tc.area)
		}
	}
}

// Where the distance is searched tree by tree, it is the least of the distances to all triangles.
func TestPolyhedronNearest(t *testing.T) {
	x, y, z := space()
	rng := rand.New(rand.NewPCG(3, 4))
	triangles := globe(9)
	for i := range triangles { // rough, but closed
		for k := range 3 {
			p := &triangles[i][k]
			r := 1 + 0.2*math.Sin(5*p[0]+3)*math.Cos(7*p[1])*math.Sin(4*p[2]+1)
			for j := range p {
				p[j] *= r
			}
		}
	}
	s := domain.NewPolyhedron(x, y, z, domain.Facets{Triangles: triangles})
	if s.Err() != nil {
		t.Fatal(s.Err())
	}
	for range 500 {
		p := [3]float64{3*rng.Float64() - 1.5, 3*rng.Float64() - 1.5, 3*rng.Float64() - 1.5}
		want := math.Inf(1)
		for _, c := range triangles {
			want = min(want, apart(p, c))
		}
		if got := math.Abs(s.Distance(p[:])); math.Abs(got-want) > 1e-13 {
			t.Fatalf("distance %v at %v, want %v", got, p, want)
		}
	}
}

// apart is the distance to a triangle: to its plane where the foot is within, which barycentric coordinates say, and otherwise to its nearest side.
func apart(p [3]float64, c [3][3]float64) float64 {
	minus := func(a, b [3]float64) [3]float64 { return [3]float64{a[0] - b[0], a[1] - b[1], a[2] - b[2]} }
	dot := func(a, b [3]float64) float64 { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] }
	u, v, w := minus(c[1], c[0]), minus(c[2], c[0]), minus(p, c[0])
	uu, uv, vv, wu, wv := dot(u, u), dot(u, v), dot(v, v), dot(w, u), dot(w, v)
	det := uu*vv - uv*uv
	s, t := (vv*wu-uv*wv)/det, (uu*wv-uv*wu)/det
	if s >= 0 && t >= 0 && s+t <= 1 {
		var r [3]float64
		for k := range r {
			r[k] = w[k] - s*u[k] - t*v[k]
		}
		return math.Sqrt(dot(r, r))
	}
	best := math.Inf(1)
	for k := range 3 {
		a, d := c[k], minus(c[(k+1)%3], c[k])
		at := min(max(dot(minus(p, a), d)/dot(d, d), 0), 1)
		r := minus(p, [3]float64{a[0] + at*d[0], a[1] + at*d[1], a[2] + at*d[2]})
		best = min(best, math.Sqrt(dot(r, r)))
	}
	return best
}

// Points on the surface are spread evenly, lie on it, and have the normals of the triangles; those inside are inside. What has a name is found by it, and faces of
// the box around as those of other shapes.
func TestPolyhedronPoints(t *testing.T) {
	x, y, z := space()
	tall := blocks([]float64{0, 1}, []float64{0, 2}, []float64{0, 3}, func(_, _, _ int) bool { return true })
	var base, rest [][3][3]float64
	for _, c := range tall {
		if c[0][2] == 0 && c[1][2] == 0 && c[2][2] == 0 {
			base = append(base, c)
		} else {
			rest = append(rest, c)
		}
	}
	s := domain.NewPolyhedron(x, y, z, domain.Facets{Name: "base", Triangles: base}, domain.Facets{Triangles: rest})
	c := draw(t, s.Boundary(2200))
	faces := map[[3]float64]int{}
	for i := range c.Len() {
		p, n := c.Row(i), [3]float64(c.Normals[3*i:3*i+3])
		faces[n]++
		if d := s.Distance(p); math.Abs(d) > 1e-14 {
			t.Fatalf("point %v at distance %v", p, d)
		}
		q := []float64{p[0] + 1e-3*n[0], p[1] + 1e-3*n[1], p[2] + 1e-3*n[2]}
		if d := s.Distance(q); math.Abs(d-1e-3) > 1e-12 {
			t.Fatalf("normal %v at %v does not lead outside: %v", n, p, d)
		}
	}
	for n, want := range map[[3]float64]int{{1, 0, 0}: 600, {0, -1, 0}: 300, {0, 0, 1}: 200, {0, 0, -1}: 200} {
		if got := faces[n]; math.Abs(float64(got-want)) > 2 {
			t.Errorf("%d points with normal %v, want %d", got, n, want)
		}
	}
	inner := draw(t, s.Interior(4000))
	var mean [3]float64
	for i := range inner.Len() {
		for k, v := range inner.Row(i) {
			mean[k] += v / 4000
		}
		if d := s.Distance(inner.Row(i)); d >= 0 {
			t.Fatalf("point %v outside", inner.Row(i))
		}
	}
	for k, want := range []float64{0.5, 1, 1.5} {
		if math.Abs(mean[k]-want) > 0.01 {
			t.Errorf("the points have the mean %v", mean)
		}
	}
	for name, p := range map[string]*domain.Points{"part": s.Part("base", 50), "face": s.Face(z, 0, 50)} {
		c := draw(t, p)
		for i := range c.Len() {
			if c.Row(i)[2] != 0 || c.Normals[3*i+2] != -1 {
				t.Fatalf("%s: point %v, normal %v", name, c.Row(i), c.Normals[3*i:3*i+3])
			}
		}
		if got := p.Patches()[0].Measure; math.Abs(got-2) > 1e-14 {
			t.Errorf("%s: measure %v", name, got)
		}
	}
	if got := s.Parts(); !slices.Equal(got, []string{"base"}) {
		t.Errorf("parts %q", got)
	}
	if err := s.Part("bsae", 5).Err(); err == nil || !strings.Contains(err.Error(), `did you mean "base"?`) {
		t.Errorf("no such part: %v", err)
	}
	cut := domain.Difference(s, domain.NewBall([]*ph.Coord{x, y, z}, []float64{0.5, 1, 0}, 0.4))
	at := ph.NewCoord("t")
	for _, p := range []*domain.Points{cut.Part("base", 40), domain.Cross(cut, domain.In(at, 0, 1)).Part("base", 40)} {
		c := draw(t, p)
		for i := range c.Len() {
			if r := c.Row(i); r[2] != 0 || math.Hypot(r[0]-0.5, r[1]-1) < 0.4-1e-9 {
				t.Fatalf("point %v of the base with a hole", r)
			}
		}
	}
}

// Cavities, parts side by side and surfaces that are inside out as a whole are right; edges where parts touch, corners that are a little apart, and triangles
// without an area do no harm.
func TestPolyhedronShells(t *testing.T) {
	x, y, z := space()
	five := []float64{0, 1, 2, 3, 4, 5}
	hollow := blocks(five, five, five, func(i, j, k int) bool { return i != 2 || j != 2 || k != 2 })
	turned := func(list [][3][3]float64) (out [][3][3]float64) {
		for _, c := range list {
			out = append(out, [3][3]float64{c[0], c[2], c[1]})
		}
		return out
	}
	touching := blocks([]float64{0, 1, 2}, []float64{0, 1, 2}, []float64{0, 1}, func(i, j, _ int) bool { return i == j })
	apart := cube()
	for i := range apart { // written with few digits
		for k := range 3 {
			for j := range 3 {
				apart[i][k][j] += 1e-7 * float64((i+k+j)%3-1)
			}
		}
	}
	needle := cube()
	needle = append(needle[1:], // the first triangle in two parts, with a needle on its long side
		[3][3]float64{needle[0][0], needle[0][1], {0, 0.5, 0.5}}, [3][3]float64{{0, 0.5, 0.5}, needle[0][1], needle[0][2]},
		[3][3]float64{needle[0][0], {0, 0.5, 0.5}, needle[0][2]})
	for _, tc := range []struct {
		name      string
		triangles [][3][3]float64
		volume    float64
		in, out   [3]float64
	}{
		{"cavity", hollow, 124, [3]float64{1, 1, 1}, [3]float64{2.5, 2.5, 2.5}},
		{"inside out", turned(hollow), 124, [3]float64{1, 1, 1}, [3]float64{2.5, 2.5, 2.5}},
		{"touching", touching, 2, [3]float64{0.99, 0.99, 0.5}, [3]float64{0.99, 1.01, 0.5}},
		{"gaps", apart, 1, [3]float64{1e-3, 0.5, 0.5}, [3]float64{-1e-3, 0.5, 0.5}},
		{"needle", needle, 1, [3]float64{0.01, 0.5, 0.5}, [3]float64{-0.01, 0.5, 0.5}},
	} {
		s := domain.NewPolyhedron(x, y, z, domain.Facets{Triangles: tc.triangles})
		if s.Err() != nil {
			t.Errorf("%s: %v", tc.name, s.Err())
			continue
		}
		if v := s.Volume(); math.Abs(v-tc.volume) > 1e-6*tc.volume {
			t.Errorf("%s: volume %v", tc.name, v)
		}
		if d, e := s.Distance(tc.in[:]), s.Distance(tc.out[:]); !(d < 0) || !(e > 0) {
			t.Errorf("%s: distances %v and %v", tc.name, d, e)
		}
		rng := rand.New(rand.NewPCG(1, 2))
		for range 500 {
			p := []float64{6*rng.Float64() - 0.5, 6*rng.Float64() - 0.5, 6*rng.Float64() - 0.5}
			in := func(lo, hi float64) bool { return min(p[0], p[1], p[2]) > lo && max(p[0], p[1], p[2]) < hi }
			if tc.volume == 124 && (s.Distance(p) < 0) != (in(0, 5) && !in(2, 3)) {
				t.Fatalf("%s: distance %v at %v", tc.name, s.Distance(p), p)
			}
		}
	}
}

// A broken surface gives one clear error, which says where.
func TestBrokenPolyhedra(t *testing.T) {
	x, y, z := space()
	whole := cube()
	change := func(f func(list [][3][3]float64) [][3][3]float64) [][3][3]float64 { return f(slices.Clone(whole)) }
	moved := func(by float64) (out [][3][3]float64) {
		for _, c := range whole {
			for k := range c {
				for j := range c[k] {
					c[k][j] += by
				}
			}
			out = append(out, c)
		}
		return out
	}
	small := func() (out [][3][3]float64) { // within the cube, turned as if it were alone
		for _, c := range whole {
			for k := range c {
				for j := range c[k] {
					c[k][j] = 0.25 + 0.5*c[k][j]
				}
			}
			out = append(out, c)
		}
		return out
	}()
	for _, tc := range []struct {
		name      string
		triangles [][3][3]float64
		want      string
	}{
		{"nothing", nil, "solid of 0 triangles: it has no triangles"},
		{"hole", whole[1:], "it is not closed: it has a hole, one with 3 edges around (0, 0.333333, 0.666667)"},
		{"two holes", change(func(l [][3][3]float64) [][3][3]float64 { return slices.Delete(l[1:], 6, 7) }), "it has 2 holes, one with 3 edges around"},
		{"turned", change(func(l [][3][3]float64) [][3][3]float64 { l[4][1], l[4][2] = l[4][2], l[4][1]; return l }), "turned against each other"},
		{"twice", append(slices.Clone(whole), whole[3]), "triangle 13 is triangle 4 again, around"},
		{"wall", append(slices.Clone(whole), [3][3]float64{{0, 0, 0}, {1, 0, 0}, {1, 1, 1}}), "it is not closed"},
		{"NaN", [][3][3]float64{{{0, 0, math.NaN()}}}, "triangle 1 has the corner (0, 0, NaN)"},
		{"flat", [][3][3]float64{{{0, 0, 0}, {1, 0, 0}, {2, 0, 0}}, {{0, 0, 0}, {2, 0, 0}, {1, 0, 0}}}, "triangle 2 is triangle 1 again"},
		{"one in the other", append(slices.Clone(whole), small...), "a part of the surface is turned inside out, or lies in another"},
		{"overlapping", append(slices.Clone(whole), moved(0.4)...), "a part of the surface is turned inside out, or lies in another"},
		{"side by side", append(slices.Clone(whole), blocks([]float64{1, 2}, []float64{-1, 2}, []float64{-1, 2}, func(_, _, _ int) bool { return true })...), "touches or cuts itself"},
	} {
		err := domain.NewPolyhedron(x, y, z, domain.Facets{Triangles: tc.triangles}).Err()
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want … %s …", tc.name, err, tc.want)
		}
	}
}

func ExampleNewPolyhedron() {
	x, y, z := space()
	floor := [][3][3]float64{{{0, 0, 0}, {0, 1, 0}, {1, 0, 0}}}
	walls := [][3][3]float64{{{0, 0, 0}, {1, 0, 0}, {0, 0, 1}}, {{0, 0, 0}, {0, 0, 1}, {0, 1, 0}}, {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}}
	s := domain.NewPolyhedron(x, y, z, domain.Facets{Name: "floor", Triangles: floor}, domain.Facets{Triangles: walls})
	fmt.Printf("volume %.4f, distance from (0.1, 0.2, 0.3) %.4f\n", s.Volume(), s.Distance([]float64{0.1, 0.2, 0.3}))
	fmt.Println(s.Part("floor", 100))
	fmt.Println(domain.NewPolyhedron(x, y, z, domain.Facets{Triangles: walls}).Err())
	// Output:
	// volume 0.1667, distance from (0.1, 0.2, 0.3) -0.1000
	// floor of solid of 4 triangles
	// domain: solid of 3 triangles: it is not closed: it has a hole, one with 3 edges around (0.333333, 0.333333, 0); close it in the program that made it
}

// The flat sides of an L that have all of it behind them: six of eight, without the two within its angle.
func ExamplePolyhedron_Hull() {
	x, y, z := space()
	bend := domain.NewPolyhedron(x, y, z, domain.Facets{Triangles: blocks([]float64{0, 1, 3}, []float64{0, 1, 2}, []float64{0, 1},
		func(i, j, _ int) bool { return i == 0 || j == 0 })})
	p := bend.Geometry().(*domain.Polyhedron)
	triangles := 0
	for _, f := range p.Triangles() {
		triangles += len(f.Triangles)
	}
	fmt.Printf("%d sides, %d triangles, volume %.3f\n", len(p.Hull()), triangles, bend.Volume())
	// Output:
	// 6 sides, 28 triangles, volume 4.000
}

// Both kinds of STL files give the same solid, with the decimals that were written.
func TestReadSTL(t *testing.T) {
	x, y, z := space()
	tenth := blocks([]float64{0, 0.1, 0.3}, []float64{0, 0.2}, []float64{0, 0.7}, func(_, _, _ int) bool { return true })
	dir := t.TempDir()
	var text, binary bytes.Buffer
	if err := stl.Write(&text, []stl.Solid{{Name: "left half", Triangles: tenth[:9]}, {Name: "rest", Triangles: tenth[9:]}}); err != nil {
		t.Fatal(err)
	}
	if err := stl.WriteBinary(&binary, tenth); err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"text.stl": text.Bytes(), "binary.STL": binary.Bytes()} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		s := domain.ReadShape(path, x, y, z)
		if s.Err() != nil {
			t.Fatal(s.Err())
		}
		if _, hi := s.Bounds(); !slices.Equal(hi, []float64{0.3, 0.2, 0.7}) {
			t.Errorf("%s: bounds %v", name, hi)
		}
		if want := 0.3 * 0.2 * 0.7; math.Abs(s.Volume()-want) > 1e-15 {
			t.Errorf("%s: volume %v", name, s.Volume())
		}
		if name == "text.stl" && !slices.Equal(s.Parts(), []string{"left half", "rest"}) {
			t.Errorf("parts %q", s.Parts())
		}
	}
	for _, tc := range []struct {
		name string
		b    []byte
		want string
	}{
		{"a.stl", binary.Bytes()[:500], "a.stl: it is cut off: its header says 20 triangles, and there are 8"},
		{"a.stl", text.Bytes()[:500], "it is cut off"},
		{"a.stl", []byte("solid\nfacet normal 0 0 1\nouter loop\nvertex 0 0 z\n"), `line 4: "z" where "a number" should be`},
		{"a.stl", []byte("solid\nendsolid\n"), "it has no triangles"},
		{"a.stl", []byte("ply"), "are no STL file"},
		{"a.obj", []byte("ply"), `no shape is read from files of kind ".obj"; give one of .stl`},
	} {
		err := domain.ParseShape(tc.b, tc.name, x, y, z).Err()
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%v, want … %s …", err, tc.want)
		}
	}
	if err := domain.ParseShape(text.Bytes(), "a.stl", x, y).Err(); err == nil || !strings.Contains(err.Error(), "in 3 coordinates, and here are 2 (x, y)") {
		t.Error(err)
	}
	if err := domain.ReadShape(filepath.Join(dir, "none.stl"), x, y, z).Err(); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Error(err)
	}
}

// BenchmarkPolyhedron reads a sphere of 100 352 triangles, checks it, and draws a million points inside with their distances, which is the worst case:
// in the middle all triangles are nearly as far.
func BenchmarkPolyhedron(b *testing.B) {
	x, y, z := space()
	var file bytes.Buffer
	if err := stl.WriteBinary(&file, globe(112)); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		s := domain.ParseShape(file.Bytes(), "globe.stl", x, y, z)
		c, err := s.Interior(1_000_000).Draw(rand.New(rand.NewPCG(1, 2)))
		if err != nil {
			b.Fatal(err)
		}
		for i := range c.Len() {
			if d := s.Distance(c.Row(i)); d >= 0 {
				b.Fatal(d)
			}
		}
	}
}
