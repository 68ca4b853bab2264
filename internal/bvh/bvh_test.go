package bvh

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// random boxes, some of them points, in space or in a plane.
func random(rng *rand.Rand, n int, flat bool) []Box {
	boxes := make([]Box, n)
	for i := range boxes {
		var p, q [3]float64
		for k := range 3 {
			p[k] = rng.NormFloat64()
			q[k] = p[k] + 0.1*rng.Float64()*float64(rng.IntN(2))
		}
		if flat {
			p[2], q[2] = 0, 0
		}
		boxes[i] = Around(p, q)
	}
	return boxes
}

// The nearest box is that of a search through all of them.
func TestNearest(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 2, 4, 5, 17, 300, 5000} {
		boxes := random(rng, n, n%2 == 0)
		tree, order := New(boxes, along(boxes))
		visits := 0
		for range 200 {
			p := [3]float64{2 * rng.NormFloat64(), 2 * rng.NormFloat64(), 2 * rng.NormFloat64()}
			want := math.Inf(1)
			for i := range boxes {
				want = min(want, boxes[i].distance(&p))
			}
			got := math.Inf(1)
			tree.Nearest(p, func(from, to int) float64 {
				for _, i := range order[from:to] {
					visits++
					got = min(got, boxes[i].distance(&p))
				}
				return got
			})
			if got != want {
				t.Fatalf("%d boxes: %v, want %v", n, got, want)
			}
		}
		if n == 5000 && visits > 200*n/20 {
			t.Errorf("%d visits for 200 queries among %d boxes", visits, n)
		}
	}
}

// A ray meets the boxes that points along it lie in.
func TestRay(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	boxes := random(rng, 400, false)
	tree, order := New(boxes, along(boxes))
	for range 50 {
		p := [3]float64{rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()}
		d := [3]float64{rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()}
		met := map[int]bool{}
		tree.Ray(p, d, func(i int) { met[int(order[i])] = true })
		for s := 0.0; s < 4; s += 1e-3 {
			q := [3]float64{p[0] + s*d[0], p[1] + s*d[1], p[2] + s*d[2]}
			for i := range boxes {
				if boxes[i].distance(&q) == 0 && !met[i] {
					t.Fatalf("box %d at %v is not visited", i, q)
				}
			}
		}
	}
}

// Items that cannot be told apart stay together, and every item is in the tree once.
func TestAllTheSame(t *testing.T) {
	b := Around([3]float64{1, 2, 3})
	boxes := slices.Repeat([]Box{b}, 100)
	boxes = append(boxes, random(rand.New(rand.NewPCG(5, 6)), 100, false)...)
	tree, order := New(boxes, along(boxes))
	for i, k := range slices.Sorted(slices.Values(order)) {
		if i != int(k) {
			t.Fatalf("item %d is missing", i)
		}
	}
	seen := 0
	tree.Nearest([3]float64{1, 2, 3}, func(from, to int) float64 {
		for _, i := range order[from:to] {
			if i < 100 {
				seen++
			}
		}
		return math.Inf(1)
	})
	if seen != 100 {
		t.Errorf("%d of the 100 same boxes visited", seen)
	}
}

// along are slabs of boxes along a direction.
func along(boxes []Box) func(items []int32) Slab {
	return func(items []int32) Slab {
		s := Slab{[3]float64{0.6, 0, 0.8}, math.Inf(1), math.Inf(-1)}
		for _, i := range items {
			b := &boxes[i]
			s.Lo, s.Hi = min(s.Lo, 0.6*b.Lo[0]+0.8*b.Lo[2]), max(s.Hi, 0.6*b.Hi[0]+0.8*b.Hi[2])
		}
		return s
	}
}
