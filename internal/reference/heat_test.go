package reference

import (
	"math"
	"testing"
)

// A wall of two layers with a resistance between them has the temperatures of resistances in series, to the last digits: they are linear in each layer.
func TestHeatInSeries(t *testing.T) {
	wall := Heat{
		Ticks: [3][]float64{Span(0.1, 0, 1, 3), {0, 1}, {0, 1}},
		K: func(p [3]float64) float64 {
			if p[0] < 1 {
				return 2
			}
			return 5
		},
		Side: func(_ [3]float64, axis int, sign float64) (q, h, ambient float64) {
			switch {
			case axis > 0:
				return 0, 0, 0
			case sign < 0:
				return 7, 0, 0
			}
			return 0, 4, 20
		},
		Resists: func(p [3]float64, axis int) float64 {
			if axis == 0 && math.Abs(p[0]-1) < 1e-9 {
				return 0.3
			}
			return 0
		},
	}
	s, err := wall.Solve()
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range s.Centres {
		want := 20 + 7/4. + 7*(3-p[0])/5
		if p[0] < 1 {
			want = 20 + 7/4. + 7*2/5. + 7*0.3 + 7*(1-p[0])/2
		}
		if math.Abs(s.Values[i]-want) > 1e-8 {
			t.Errorf("%v at %v, want %v", s.Values[i], p, want)
		}
	}
}

// Half of the size of the cells makes a quarter of the error where a solution is smooth: T = cosh(x)·cos(y) with its values on the sides.
func TestHeatConverges(t *testing.T) {
	exact := func(p [3]float64) float64 { return math.Cosh(p[0]) * math.Cos(p[1]) }
	h := Heat{
		Ticks: [3][]float64{Span(0.1, 0, 1), Span(0.1, 0, 1), {0, 1}},
		K:     func([3]float64) float64 { return 3 },
		Side: func(p [3]float64, axis int, _ float64) (q, film, ambient float64) {
			if axis == 2 {
				return 0, 0, 0
			}
			return 0, math.Inf(1), exact(p)
		},
	}
	var errs []float64
	var all []*Temperature
	for range 3 {
		s, err := h.Solve()
		if err != nil {
			t.Fatal(err)
		}
		worst := 0.0
		for i, p := range s.Centres {
			worst = max(worst, math.Abs(s.Values[i]-exact(p)))
		}
		errs, all, h = append(errs, worst), append(all, s), h.Refined()
	}
	for i := range 2 {
		if r := errs[i] / errs[i+1]; r < 3 || r > 5 {
			t.Errorf("errors %v", errs)
		}
		if r, d := all[i].Beside(all[i+1]); d < errs[i]/2 || d > 2*errs[i] || r > d {
			t.Errorf("%v beside the finer grid, with an error of %v", d, errs[i])
		}
	}
}
