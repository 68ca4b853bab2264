package explain

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/trackers"
)

// The thresholds for landscapes.
const (
	// Lower is the quotient of the loss at the centre to the least one of the plane from which the parameters do not lie at the
	// bottom.
	Lower = 1.05
	// Valley is the quotient of the curvatures along the two directions from which the bowl is a valley.
	Valley = 10
	// Wall is how many times the loss at the edge exceeds that at the centre where the surroundings are walls.
	Wall = 1e6
)

// LossLandscape explains one measurement of the loss on a plane; axis are the steps along both directions, in units of the filters'
// norms.
func LossLandscape(at Setting, v trackers.LossLandscapeValue, axis []float64) []Finding {
	if v.N < 2 || len(axis) != v.N || len(v.Loss) != v.N*v.N {
		return nil
	}
	for k, l := range v.Loss {
		if math.IsNaN(l) || math.IsInf(l, 0) {
			return []Finding{warn("the loss is %v at %.2g d₁ + %.2g d₂: the surroundings are not defined everywhere; take a smaller alpha_range", l, axis[k/v.N], axis[k%v.N])}
		}
	}
	mid := v.N / 2
	centre := v.At(mid, mid)
	least, edge, edges := 0, 0.0, 0
	for k, l := range v.Loss {
		if l < v.Loss[least] {
			least = k
		}
		if i, j := k/v.N, k%v.N; i == 0 || j == 0 || i == v.N-1 || j == v.N-1 {
			edge, edges = edge+l, edges+1
		}
	}
	edge /= float64(edges)
	var list []Finding
	low := v.Loss[least]
	odd := v.N%2 == 1 // only then the parameters themselves lie on the grid
	switch {
	case odd && centre > 0 && low > 0 && centre/low >= Lower:
		list = append(list, warn("the loss is %s times lower, %.3g, at %.2g d₁ + %.2g d₂ than at the parameters: they do not lie at the bottom", factor(centre/low), low, axis[least/v.N], axis[least%v.N]))
	case odd:
		kind := "an unweighted"
		if v.Training {
			kind = "a training"
		}
		list = append(list, note("the parameters lie at the bottom of the plane, with %s loss of %.3g", kind, centre))
	}
	if centre > 0 {
		text := "the mean loss at the edge, %.3g, is %s times that of the centre"
		if edge/centre >= Wall {
			list = append(list, note(text+": steep walls, in which large steps end", edge, factor(edge/centre)))
		} else {
			list = append(list, note(text, edge, factor(edge/centre)))
		}
	}
	if odd && mid > 0 {
		list = append(list, curvature(v, mid)...)
	}
	if k := hollows(v, mid, least); k > 0 {
		minima := "minima"
		if k == 1 {
			minima = "minimum"
		}
		list = append(list, warn("%d more local %s on the plane: the landscape is rough", k, minima))
	}
	if f, ok := steepest(at, v); ok {
		list = append(list, f)
	}
	return list
}

// curvature compares the second differences along the two directions.
func curvature(v trackers.LossLandscapeValue, mid int) []Finding {
	a := v.At(mid+1, mid) + v.At(mid-1, mid) - 2*v.At(mid, mid)
	b := v.At(mid, mid+1) + v.At(mid, mid-1) - 2*v.At(mid, mid)
	if !(a > 0) || !(b > 0) {
		return []Finding{note("the loss curves down along one of the two directions")}
	}
	r, which := a/b, "d₁"
	if r < 1 {
		r, which = 1/r, "d₂"
	}
	if r >= Valley {
		return []Finding{note("the loss curves %s times more along %s than along the other direction: a valley, which suits a quasi-Newton method", factor(r), which)}
	}
	return []Finding{note("the loss curves about alike along both directions, by a factor of %s", factor(r))}
}

// hollows counts the points inside the grid that lie lower than their eight neighbours, apart from the lowest of all, the centre
// and those around it.
func hollows(v trackers.LossLandscapeValue, mid, least int) int {
	count := 0
	for i := 1; i < v.N-1; i++ {
		for j := 1; j < v.N-1; j++ {
			if abs(i-mid) <= 1 && abs(j-mid) <= 1 || i*v.N+j == least {
				continue
			}
			lower := true
			for di := -1; di <= 1; di++ {
				for dj := -1; dj <= 1; dj++ {
					if (di != 0 || dj != 0) && v.At(i+di, j+dj) <= v.At(i, j) {
						lower = false
					}
				}
			}
			if lower {
				count++
			}
		}
	}
	return count
}

func abs(i int) int {
	if i < 0 {
		return -i
	}
	return i
}

// steepest says which w_i L_i makes up the most at the edge, if there are several.
func steepest(at Setting, v trackers.LossLandscapeValue) (Finding, bool) {
	if len(v.Constraints) < 2 || len(v.Weights) != len(v.Constraints) {
		return Finding{}, false
	}
	most, total, which := 0.0, 0.0, 0
	for i, l := range v.Constraints {
		sum := 0.0
		for k, x := range l {
			if r, c := k/v.N, k%v.N; r == 0 || c == 0 || r == v.N-1 || c == v.N-1 {
				sum += v.Weights[i] * x
			}
		}
		if total += sum; sum > most {
			most, which = sum, i
		}
	}
	if !(total > 0) {
		return Finding{}, false
	}
	kind := "losses"
	if v.Training {
		kind = "weighted losses"
	}
	return note("%.0f %% of the %s at the edge is that of %s", 100*most/total, kind, at.constraint(which)), true
}

func landscapeSeries(r trackers.LossLandscapeResult) []Series {
	low, high := Series{Name: "least loss of the plane", Epochs: r.Epochs}, Series{Name: "largest loss of the plane", Epochs: r.Epochs}
	for _, m := range r.Surfaces {
		low.Values, high.Values = append(low.Values, mat.Min(m)), append(high.Values, mat.Max(m))
	}
	return []Series{low, high}
}
