package optim_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/optim"
	"github.com/crux-pinn/crux/optim/optimtest"
)

// The trajectory of testdata/soap.py, to the rounding of two eigensolvers.
func TestSOAPGolden(t *testing.T) {
	var g struct {
		Start, Target, Curvature []float64
		Every                    int
		LR, Beta1, Beta2, Eps    float64
		Theta                    [][]float64
	}
	readJSON(t, "soap.json", &g)
	m := &optim.SOAP{LR: optim.Constant(g.LR), Beta1: g.Beta1, Beta2: g.Beta2, Eps: g.Eps, Every: g.Every}
	if err := m.Init([]optim.Param{{Path: "w", Len: 25, Shape: []int{5, 5}}}); err != nil {
		t.Fatal(err)
	}
	f := &optimtest.Func{F: func(grad, theta []float64) float64 {
		loss := 0.0
		for i, v := range theta {
			d := v - g.Target[i]
			grad[i] = g.Curvature[i] * d
			loss += grad[i] * d / 2
		}
		return loss
	}}
	theta := g.Start
	for k, want := range g.Theta {
		take(t, m, f, theta, 1)
		if !near(theta, want, 1e-9) {
			t.Fatalf("step %d: θ = %v, want %v", k, theta, want)
		}
	}
}

// Parameters without a basis get Adam: biases, and matrices with a long side.
func TestSOAPOfVectorsIsAdam(t *testing.T) {
	want, got := optimtest.RosenbrockStart(8), optimtest.RosenbrockStart(8)
	f := &optimtest.Func{F: optimtest.Rosenbrock}
	take(t, initialised(t, &optim.Adam{LR: optim.Constant(1e-3), Beta1: 0.95, Beta2: 0.95}, 8), f, want, 30)
	m := &optim.SOAP{LR: optim.Constant(1e-3), MostSide: 3}
	if err := m.Init([]optim.Param{{Path: "w", Len: 6, Shape: []int{6, 1}}, {Path: "b", Offset: 6, Len: 2, Shape: []int{2}}}); err != nil {
		t.Fatal(err)
	}
	take(t, m, f, got, 30)
	if !near(got, want, 1e-12) {
		t.Errorf("θ = %v, by Adam %v", got, want)
	}
	for name, bad := range map[string]*optim.SOAP{"Every": {Every: -1}, "MostSide": {MostSide: -1}, "beta1": {Beta1: 1}} {
		if err := bad.Init(optim.Flat(2)); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func ExampleSOAP() {
	theta := []float64{1, 2, 3, 4}
	m := &optim.SOAP{LR: optim.Cosine(0.1, 1e-4, 300)}
	if err := m.Init([]optim.Param{{Path: "w", Len: 4, Shape: []int{2, 2}}}); err != nil {
		fmt.Println(err)
	}
	f := &optimtest.Func{F: optimtest.Bowl(10)}
	for range 300 {
		if _, err := m.Step(context.Background(), f.Objective(), theta); err != nil {
			fmt.Println(err)
		}
	}
	loss, _ := f.Loss(context.Background(), theta)
	fmt.Println(loss < 1e-3)
	// Output: true
}
