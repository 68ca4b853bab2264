package weights_test

import (
	"fmt"
	"math"

	"github.com/crux-pinn/crux/weights"
)

// gauge stands for a tracker that has measured these norms at step 0.
type gauge []float64

func (g gauge) Norms() ([]float64, bool) { return g, true }
func (g gauge) LatestEpoch() (int, bool) { return 0, true }

// The constraint with the small gradient gets the large weight.
func ExampleGradientNormBalanced() {
	s := &weights.GradientNormBalanced{Norms: gauge{1, 4}}
	w := make([]float64, 2)
	err := s.Weigh(w, nil, 1)
	fmt.Println(w, err)
	// Output: [1.6 0.4] <nil>
}

// kernel stands for a tracker that has measured a trace over a number of rows.
type kernel struct {
	trace float64
	rows  int
}

func (k kernel) Trace() (float64, int, bool) { return k.trace, k.rows, true }
func (k kernel) LatestEpoch() (int, bool)    { return 0, true }

// The first measurement enters with a share of one tenth.
func ExampleNewNTKBalanced() {
	s := weights.NewNTKBalanced(kernel{100, 10}, kernel{80, 2})
	w := make([]float64, 2)
	err := s.Weigh(w, nil, 1)
	fmt.Printf("%.2f %v\n", w, err)
	// Output: [1.06 0.94] <nil>
}

func ExampleSoftAdapt() {
	s := &weights.SoftAdapt{Temperature: 1}
	w := make([]float64, 2)
	for epoch, losses := range [][]float64{{1, 1}, {0.5, 0.9}} {
		if err := s.Weigh(w, losses, epoch); err != nil {
			fmt.Println(err)
		}
		fmt.Printf("%.3f\n", w)
	}
	// Output:
	// [1.000 1.000]
	// [0.803 1.197]
}

func ExampleDWA() {
	s := &weights.DWA{}
	w := make([]float64, 2)
	for epoch, losses := range [][]float64{{1, 1}, {0.5, 0.9}, {0.4, 0.8}} {
		if err := s.Weigh(w, losses, epoch); err != nil {
			fmt.Println(err)
		}
	}
	fmt.Printf("%.3f\n", w)
	// Output: [0.900 1.100]
}

func ExampleReLoBRaLo() {
	s := weights.NewReLoBRaLo(1)
	w := make([]float64, 2)
	for epoch, losses := range [][]float64{{1, 1}, {0.5, 0.9}} {
		if err := s.Weigh(w, losses, epoch); err != nil {
			fmt.Println(err)
		}
	}
	fmt.Printf("%.4f\n", w)
	// Output: [0.9990 1.0010]
}

func ExampleRLW() {
	w := make([]float64, 3)
	err := (&weights.RLW{Seed: 1}).Weigh(w, nil, 0)
	fmt.Printf("%.3f %v\n", w[0]+w[1]+w[2], err)
	// Output: 3.000 <nil>
}

func ExampleUncertainty() {
	s := &weights.Uncertainty{}
	w := make([]float64, 2)
	for epoch := range 100 {
		if err := s.Weigh(w, []float64{8, 0.5}, epoch); err != nil {
			fmt.Println(err)
		}
	}
	fmt.Printf("the large loss weighs less: %v\n", w[0] < w[1])
	// Output: the large loss weighs less: true
}

// A boundary condition that fades in over a thousand steps.
func ExampleScheduled() {
	s := &weights.Scheduled{W: []func(int) float64{nil, func(epoch int) float64 { return math.Min(1, float64(epoch)/1000) }}}
	w := make([]float64, 2)
	err := s.Weigh(w, nil, 250)
	fmt.Println(w, err)
	// Output: [1 0.25] <nil>
}

func ExampleFixed() {
	w := make([]float64, 2)
	err := (&weights.Fixed{W: []float64{1, 100}}).Weigh(w, nil, 0)
	fmt.Println(w, err)
	// Output: [1 100] <nil>
}
