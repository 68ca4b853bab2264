package reference

import (
	"math"
	"testing"
)

// ring is a quarter of a ring around the origin, between two radii.
func ring(a, b float64, n int) Block {
	return Block{func(s, t float64) [2]float64 {
		r := a + (b-a)*s
		return [2]float64{r * math.Cos(t*math.Pi/2), r * math.Sin(t*math.Pi/2)}
	}, n, n}
}

// A ring under pressure from inside has Lamé's stresses; the error falls with the square of the size of elements or faster.
func TestPlateOfLame(t *testing.T) {
	const a, b, q = 1, 2, 3
	p := Plate{
		E: 210, Nu: 0.3, Blocks: []Block{ring(a, b, 3)},
		Held: func(p [2]float64) (x, y bool) { return p[0] < 1e-9, p[1] < 1e-9 },
		Pull: func(p [2]float64) (x, y float64) {
			if r := math.Hypot(p[0], p[1]); r < a+1e-3 {
				return q * p[0] / r, q * p[1] / r
			}
			return 0, 0
		},
	}
	var errs []float64
	for range 3 {
		s, err := p.Solve()
		if err != nil {
			t.Fatal(err)
		}
		worst := 0.0
		for i, x := range s.Nodes {
			r := math.Hypot(x[0], x[1])
			c := q * a * a / (b*b - a*a) * 1.
			radial, hoop := c*(1-b*b/r/r), c*(1+b*b/r/r)
			cos, sin := x[0]/r, x[1]/r
			want := [3]float64{radial*cos*cos + hoop*sin*sin, radial*sin*sin + hoop*cos*cos, (radial - hoop) * sin * cos}
			for k := range want {
				worst = max(worst, math.Abs(want[k]-s.Values[i][k]))
			}
			if m := math.Sqrt(radial*radial - radial*hoop + hoop*hoop); math.Abs(s.Mises(i)-m) > 2*worst {
				t.Errorf("von Mises %v, want %v", s.Mises(i), m)
			}
		}
		errs, p = append(errs, worst), p.Refined()
	}
	if errs[0]/errs[1] < 3 || errs[1]/errs[2] < 3 || errs[2] > 0.05 {
		t.Errorf("errors %v", errs)
	}
}

// Two blocks beside each other are one: a strip that is pulled has the same stress everywhere.
func TestPlateOfBlocks(t *testing.T) {
	strip := func(lo, hi float64) Block {
		return Block{func(s, t float64) [2]float64 { return [2]float64{lo + (hi-lo)*s, t} }, 2, 3}
	}
	p := Plate{
		E: 210, Nu: 0.3, Blocks: []Block{strip(0, 1), strip(1, 4)},
		Held: func(p [2]float64) (x, y bool) { return p[0] < 1e-9, p[0] < 1e-9 && p[1] < 1e-9 },
		Pull: func(p [2]float64) (x, y float64) {
			if p[0] > 4-1e-9 {
				return 5, 0
			}
			return 0, 0
		},
	}
	s, err := p.Solve()
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Nodes) != 9*7 {
		t.Errorf("%d nodes", len(s.Nodes))
	}
	for i, v := range s.Values {
		if math.Abs(v[0]-5)+math.Abs(v[1])+math.Abs(v[2]) > 1e-7 {
			t.Fatalf("stress %v at %v", v, s.Nodes[i])
		}
	}
}
