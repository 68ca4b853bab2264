package exact

import (
	"math"
	"slices"
)

// polygon returns the functions of a polygon whose vertices run counter-clockwise by its convex deficiency tree: it is the intersection of
// the half planes of its convex hull, where each side of the hull that is no edge is replaced by the union of what the chain of edges
// behind it bounds, and so on by turns (Rvachev; Shapiro 1999, "Convex deficiency tree").
func (m maker) polygon(v [][2]float64) []implicit {
	for i := 0; i < len(v) && len(v) > 3; { // straight on: no corner
		n := len(v)
		if cross(v[(i+n-1)%n], v[i], v[(i+1)%n]) == 0 {
			v = slices.Delete(v, i, i+1)
			continue
		}
		i++
	}
	start := 0 // a vertex of the hull
	for i, a := range v {
		if a[0] < v[start][0] || a[0] == v[start][0] && a[1] < v[start][1] {
			start = i
		}
	}
	v = append(v[start:], v[:start]...)
	return m.sides(append(v, v[0]), 1)
}

// sides returns the functions of a chain of edges, one for each side of its hull other than the one from its end to its
// beginning. turn is 1 where the chain runs around the hull counter-clockwise, −1 where it runs clockwise.
func (m maker) sides(chain [][2]float64, turn float64) []implicit {
	var list []implicit
	for i := 0; i+1 < len(chain); {
		j := i + 1
		for k := i + 2; k < len(chain); k++ { // the side of the hull that begins at i has all later vertices on its inner side
			if turn*cross(chain[i], chain[j], chain[k]) < 0 {
				j = k
			}
		}
		if j == i+1 {
			a, b := chain[i], chain[j]
			l := math.Hypot(b[0]-a[0], b[1]-a[1])
			list = append(list, m.plane([]float64{-(b[1] - a[1]) / l, (b[0] - a[0]) / l}, a[:], m.unit))
		} else {
			list = append(list, joined(turn > 0, m.sides(chain[i:j+1], -turn)))
		}
		i = j
	}
	return distinct(list)
}

// cross is the cross product (a − o) × (b − o).
func cross(o, a, b [2]float64) float64 {
	return (a[0]-o[0])*(b[1]-o[1]) - (a[1]-o[1])*(b[0]-o[0])
}
