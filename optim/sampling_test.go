package optim

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
)

// residuals is an objective of which only the number of residuals counts.
func residuals(rows int) *Objective {
	return &Objective{Squares: &Squares{
		Rows:   func() int { return rows },
		Sample: func(context.Context, int, *rand.Rand) (Objective, error) { return Objective{}, nil },
	}}
}

// settled is n after many steps that fit d directions.
func settled(t *testing.T, rows, params int, d float64) int {
	t.Helper()
	s := sampling{}
	for range 200 {
		q := s.sampler(residuals(rows), params, firstRows)
		surplus := min(d/float64(q.rows), 0.99)
		if err := q.taken(0.5, math.Pow(0.5, 1-surplus), false); err != nil {
			t.Fatal(err)
		}
		s = q.sampling
	}
	return s.rows
}

// The more directions a step fits, the more residuals it takes: more than directions, and all where they are many. Where there are
// more than 3000 parameters and residuals it takes 3000 at most.
func TestSamplingSettles(t *testing.T) {
	last := 0
	for _, d := range []float64{20, 120, 200, 400, 800} {
		n := settled(t, 16_000, 2000, d)
		if float64(n) <= d || n > 16_000/2 || n < last {
			t.Errorf("%v directions: %d residuals, after %d for fewer", d, n, last)
		}
		last = n
	}
	for _, c := range []struct {
		rows, params int
		d            float64
		want         int
	}{
		{16_000, 2000, 12_000, 16_000},
		{16_000, 3000, 12_000, 16_000},
		{16_000, 3001, 12_000, 3000},
		{3000, 20_000, 2900, 3000},
		{340, 20_000, 1, 340}, // 250 are too many of them to be a sample
		{16_000, 2000, 1, leastRows},
	} {
		if n := settled(t, c.rows, c.params, c.d); n != c.want {
			t.Errorf("%+v: %d residuals", c, n)
		}
	}
}

// A step that is refused is tried from more residuals, and in the end from all of them; losses of which nothing can be learned change
// no more than that.
func TestSamplingRefused(t *testing.T) {
	q := sampling{}.sampler(residuals(5000), 1000, firstRows)
	for tries := 0; !q.full(); tries++ {
		before := q.rows
		q.refused()
		if q.rows <= before || tries > 8 {
			t.Fatalf("from %d to %d residuals after %d tries", before, q.rows, tries)
		}
	}
	if !q.whole() {
		t.Errorf("the last try has %d residuals of %d", q.rows, q.all)
	}
	for _, c := range [][2]float64{{0, 0}, {0.5, 0}, {math.Inf(1), 1}, {1, 0.5}} {
		q := sampling{}.sampler(residuals(5000), 1000, firstRows)
		if err := q.taken(c[0], c[1], false); err != nil || math.IsNaN(q.freed) || q.rows < leastRows || q.rows > 5000 {
			t.Errorf("losses %v: %+v, %v", c, q.sampling, err)
		}
	}
}
