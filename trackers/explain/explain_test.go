package explain_test

import (
	"fmt"
	"testing"

	"github.com/crux-pinn/crux/trackers"
	"github.com/crux-pinn/crux/trackers/explain"
)

func ExampleSummary() {
	at := explain.Setting{Constraints: []string{"pde", "boundary"}}
	s := explain.Summary{
		Tracker: "gradients", Epoch: 2000,
		Findings: append(
			trackers.GradientNormsValue{Norms: []float64{6, 0.05}, Weighted: []float64{6, 0.05}}.Measurement(at).Findings(),
			trackers.CosSimilarityValue{N: 2, Matrix: []float64{1, -0.7, -0.7, 1}}.Measurement(at).Findings()...,
		),
		Series: []explain.Series{{"norm of pde", []int{0, 2000}, []float64{310, 6}}},
	}
	fmt.Print(s)
	// Output:
	// gradients, step 2000
	//   ! the gradient of boundary is 120 times smaller than that of pde: it is hardly trained; balance it, as weights: {gradient_norm: {}} does
	//   ! pde and boundary oppose each other, cosine -0.7: a step down for one undoes the other; weights do not resolve this, a quasi-Newton method (ssbroyden) or another network may
	//   norm of pde: 310 at step 0 → 6 at step 2000
}

// Places have the axes in the order that is asked for, whatever that of the points.
func TestPlacesInOrder(t *testing.T) {
	at := explain.Setting{Coords: [][]string{{"x", "y", "t"}, {"x"}}, Order: []string{"t", "x", "y"}}
	if s := at.Place(0, []float64{1, 2, 3}); s != "(t = 3, x = 1, y = 2)" {
		t.Error(s)
	}
	if s := at.Place(1, []float64{1}); s != "(x = 1)" {
		t.Error(s)
	}
	at.Order = nil
	if s := at.Place(0, []float64{1, 2, 3}); s != "(x = 1, y = 2, t = 3)" {
		t.Error(s)
	}
}
