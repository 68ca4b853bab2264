package weights_test

import (
	"fmt"

	"github.com/crux-pinn/crux/weights"
)

// line are points on 0 ≤ t ≤ 1 with a residual of one component each.
func line(epoch int, t, r []float64) weights.Points {
	p := weights.Points{Epoch: epoch, Coords: []string{"t"}, Lo: []float64{0}, Hi: []float64{1}, X: t, At: t}
	for _, x := range r {
		p.Residual, p.Loss = append(p.Residual, max(x, -x)), append(p.Loss, x*x)
	}
	return p
}

// Points late in time hardly count before the early ones are solved.
func ExampleCausal() {
	c := &weights.Causal{Slabs: 4, Eps: []float64{1}}
	w := make([]float64, 4)
	for epoch, r := range [][]float64{{2, 2, 2, 2}, {0.1, 2, 2, 2}, {0.01, 0.1, 0.1, 2}} {
		if err := c.WeighPoints(w, line(epoch, []float64{0.1, 0.3, 0.6, 0.9}, r)); err != nil {
			fmt.Println(err)
		}
		fmt.Printf("%.3f\n", w)
	}
	// Output:
	// [1.000 0.018 0.000 0.000]
	// [1.000 0.990 0.018 0.000]
	// [1.000 1.000 0.990 0.980]
}

// The second point keeps a large residual, so its weight grows towards (η/(1−γ))² = 1.
func ExampleRBA() {
	s := &weights.RBA{Gamma: 0.9, Eta: 0.1}
	w := make([]float64, 2)
	for epoch := range 50 {
		if err := s.WeighPoints(w, line(epoch, []float64{0.2, 0.8}, []float64{0.1, 1})); err != nil {
			fmt.Println(err)
		}
	}
	fmt.Printf("%.3f\n", w)
	// Output: [0.010 0.990]
}

func ExampleNewRBA() {
	s := weights.NewRBA()
	w := make([]float64, 2)
	err := s.WeighPoints(w, line(0, []float64{0.2, 0.8}, []float64{0.5, -1}))
	fmt.Printf("%.1e %v\n", w, err)
	// Output: [2.5e-05 1.0e-04] <nil>
}

// By plain ascent, ∂L̃/∂λ = 2λr²/n moves λ from 1 to 1.5 and 1.0 where r² is 1 and 0.
func ExampleSelfAdaptive() {
	s := &weights.SelfAdaptive{Rate: 0.5, Plain: true}
	w := make([]float64, 2)
	for epoch := range 2 {
		if err := s.WeighPoints(w, line(epoch, []float64{0.2, 0.8}, []float64{1, 0})); err != nil {
			fmt.Println(err)
		}
		fmt.Println(w)
	}
	// Output:
	// [1 1]
	// [2.25 1]
}

// front is a point scheme of one's own: points before a front that moves through time count.
type front struct{ speed float64 }

func (f front) WeighPoints(dst []float64, p weights.Points) error {
	for k, t := range p.X { // one coordinate, so X are the times
		dst[k] = 0
		if t <= f.speed*float64(p.Epoch) {
			dst[k] = 1
		}
	}
	return nil
}

func ExamplePointScheme() {
	var s weights.PointScheme = front{0.1}
	w := make([]float64, 3)
	err := s.WeighPoints(w, line(4, []float64{0.2, 0.4, 0.6}, []float64{1, 1, 1}))
	fmt.Println(w, err)
	// Output: [1 1 0] <nil>
}
