package trackers

import (
	"fmt"
	"math"
	"slices"

	"github.com/crux-pinn/crux/trackers/explain"
)

// LossLandscapeValue is one measurement on an n×n grid.
type LossLandscapeValue struct {
	N           int
	Axis        []float64   // a and b
	Loss        []float64   // n×n, row by row: row a, column b
	Constraints [][]float64 // the same for each L_i, unweighted
	Weights     []float64   // w_i in Loss: those of the step, or 1 if unweighted
	Training    bool        // Loss is the training loss: its weights were not left out
	Masked      bool        // a mask selected the parameters
	Unscaled    []float64   // d₁ and d₂ before scaling, one after the other, P entries each: those that are fixed for the run
	// Directions are d₁ and d₂, scaled, one entry for each selected parameter; only if Along names one that belongs to the
	// step. Otherwise they are Unscaled, scaled to θ.
	Directions [2][]float64
}

// At is the loss at entry i of the axis along d₁ and j along d₂. Like a slice, it panics when one is out of range.
func (v LossLandscapeValue) At(i, j int) float64 { return v.Loss[i*v.N : (i+1)*v.N][j] }

func (v *LossLandscapeValue) lasting() []*[]float64 { return []*[]float64{&v.Axis, &v.Unscaled} }

// Measurement has the arrays landscapes (n,n) of the training loss, or of the unweighted one, and axis (n), which is Fixed; beside them
// constraint_landscapes (N,n,n) of the unweighted L_i, weights (N), the w_i in landscapes, and the unscaled directions (2,P), Fixed too,
// and with an Along of the step measured_directions (2,p) of the p selected parameters.
func (v LossLandscapeValue) Measurement(at explain.Setting) Measurement {
	m := Measurement{
		Title: "loss landscape" + left(!v.Training, v.Masked),
		Arrays: []Array{
			shaped("landscapes", v.Loss, v.N, v.N),
			{Name: "axis", Shape: []int{len(v.Axis)}, Data: v.Axis, Fixed: true},
			shaped("constraint_landscapes", slices.Concat(v.Constraints...), len(v.Constraints), v.N, v.N),
			vector("weights", v.Weights),
			{Name: "directions", Shape: []int{2, len(v.Unscaled) / 2}, Data: v.Unscaled, Fixed: true},
		},
		Findings: func() explain.Findings { return v.findings(at) },
		Plots: func() []Plot {
			logs := make([]float64, len(v.Loss))
			for i, l := range v.Loss {
				logs[i] = math.Log10(math.Max(l, math.SmallestNonzeroFloat64))
			}
			return []Plot{{Key: "loss_landscape", Picture: &Heatmap{
				Title: fmt.Sprintf("log10 of the loss, step %d", at.Epoch), Rows: v.N, Columns: v.N, Values: logs,
			}}}
		},
	}
	if d := v.Directions; d[0] != nil {
		m.Arrays = append(m.Arrays, shaped("measured_directions", slices.Concat(d[0], d[1]), 2, len(d[0])))
	}
	if len(v.Loss) > 0 {
		m.Scalars = []Scalar{{"", "least loss of the plane", slices.Min(v.Loss)}, {"", "largest loss of the plane", slices.Max(v.Loss)}}
	}
	return m
}

const (
	// lower is the quotient of the loss at the centre to the least one of the plane from which the parameters do not lie at the
	// bottom.
	lower = 1.05
	// valley is the quotient of the curvatures along the two directions from which the bowl is a valley.
	valley = 10
	// wall is how many times the loss at the edge exceeds that at the centre where the surroundings are walls.
	wall = 1e6
)

// findings say whether the parameters lie at the bottom, and in what. The axis is in units of the filters' norms.
func (v LossLandscapeValue) findings(at explain.Setting) explain.Findings {
	var list explain.Findings
	axis := v.Axis
	if v.N < 2 || len(axis) != v.N || len(v.Loss) != v.N*v.N {
		return nil
	}
	for k, l := range v.Loss {
		if math.IsNaN(l) || math.IsInf(l, 0) {
			return list.Warn("the loss is %v at %.2g d₁ + %.2g d₂: the surroundings are not defined everywhere; take a smaller alpha_range",
				l, axis[k/v.N], axis[k%v.N])
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
	low := v.Loss[least]
	odd := v.N%2 == 1 // only then the parameters themselves lie on the grid
	switch {
	case odd && centre > 0 && low > 0 && centre/low >= lower:
		list = list.Warn("the loss is %s times lower, %.3g, at %.2g d₁ + %.2g d₂ than at the parameters: they do not lie at the bottom",
			explain.Factor(centre/low), low, axis[least/v.N], axis[least%v.N])
	case odd:
		kind := "an unweighted"
		if v.Training {
			kind = "a training"
		}
		list = list.Note("the parameters lie at the bottom of the plane, with %s loss of %.3g", kind, centre)
	}
	if centre > 0 {
		text := "the mean loss at the edge, %.3g, is %s times that of the centre"
		if edge/centre >= wall {
			list = list.Note(text+": steep walls, in which large steps end", edge, explain.Factor(edge/centre))
		} else {
			list = list.Note(text, edge, explain.Factor(edge/centre))
		}
	}
	if odd && mid > 0 {
		list = append(list, v.curvature(mid)...)
	}
	if k := v.hollows(mid, least); k > 0 {
		minima := "minima"
		if k == 1 {
			minima = "minimum"
		}
		list = list.Warn("%d more local %s on the plane: the landscape is rough", k, minima)
	}
	return append(list, v.steepest(at)...)
}

// curvature compares the second differences along the two directions.
func (v LossLandscapeValue) curvature(mid int) explain.Findings {
	a := v.At(mid+1, mid) + v.At(mid-1, mid) - 2*v.At(mid, mid)
	b := v.At(mid, mid+1) + v.At(mid, mid-1) - 2*v.At(mid, mid)
	if !(a > 0) || !(b > 0) {
		return explain.Findings{}.Note("the loss curves down along one of the two directions")
	}
	r, which := a/b, "d₁"
	if r < 1 {
		r, which = 1/r, "d₂"
	}
	if r >= valley {
		return explain.Findings{}.Note("the loss curves %s times more along %s than along the other direction: "+
			"a valley, which suits a quasi-Newton method",
			explain.Factor(r), which)
	}
	return explain.Findings{}.Note("the loss curves about alike along both directions, by a factor of %s", explain.Factor(r))
}

// hollows counts the points inside the grid that lie lower than their eight neighbours, apart from the lowest of all, the centre
// and those around it.
func (v LossLandscapeValue) hollows(mid, least int) int {
	count := 0
	for i := 1; i < v.N-1; i++ {
		for j := 1; j < v.N-1; j++ {
			if max(i-mid, mid-i, j-mid, mid-j) <= 1 || i*v.N+j == least {
				continue
			}
			lowest := true
			for di := -1; di <= 1; di++ {
				for dj := -1; dj <= 1; dj++ {
					if (di != 0 || dj != 0) && v.At(i+di, j+dj) <= v.At(i, j) {
						lowest = false
					}
				}
			}
			if lowest {
				count++
			}
		}
	}
	return count
}

// steepest says which w_i L_i makes up the most at the edge, if there are several.
func (v LossLandscapeValue) steepest(at explain.Setting) explain.Findings {
	if len(v.Constraints) < 2 || len(v.Weights) != len(v.Constraints) {
		return nil
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
		return nil
	}
	kind := "losses"
	if v.Training {
		kind = "weighted losses"
	}
	return explain.Findings{}.Note("%.0f %% of the %s at the edge is that of %s", 100*most/total, kind, at.Constraint(which))
}
