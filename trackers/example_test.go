package trackers_test

import (
	"context"
	"fmt"
	"log"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers"
)

// fit asks a parameter a to be 1 and 3 at once, and b to be 2: losses (a−1)², (a−3)² and (b−2)².
func fit() (s *crux.Solver, a, b *ph.Param, on *domain.Points) {
	x := ph.NewCoord("x")
	on = domain.NewInterval(x, 0, 1).Interior(4)
	a, b = ph.NewParam("a", 0), ph.NewParam("b", 0)
	s, err := crux.New(crux.Problem{Name: "fit", Constraints: []crux.Constraint{
		{Name: "one", Residual: a.Sub(ph.Const(1)), On: on},
		{Name: "three", Residual: a.Sub(ph.Const(3)), On: on},
		{Name: "two", Residual: b.Sub(ph.Const(2)), On: on},
	}}, crux.Options{Method: &optim.SGD{LR: optim.Constant(0.3)}})
	if err != nil {
		log.Fatal(err)
	}
	return s, a, b, on
}

// watch runs 21 steps with one tracker.
func watch(s *crux.Solver, t crux.Callback) {
	defer s.Close() //nolint:errcheck // nothing was written
	if _, err := s.Solve(context.Background(), 21, t); err != nil {
		log.Fatal(err)
	}
}

// At step 0 the gradients are 2(a−1) = −2, 2(a−3) = −6 and 2(b−2) = −4. At step 20 the first two pull as hard as each
// other: a conflict that no training resolves.
func ExampleGradientNorms() {
	s, _, _, _ := fit()
	t := &trackers.GradientNorms{Interval: 20}
	watch(s, t)
	r := t.Result()
	for k, e := range r.Epochs {
		fmt.Printf("step %d: %.2f\n", e, r.Values[k].Norms)
	}
	// Output:
	// step 0: [2.00 6.00 4.00]
	// step 20: [2.00 2.00 0.05]
}

func ExampleCosSimilarity() {
	s, _, _, _ := fit()
	t := &trackers.CosSimilarity{Interval: 20}
	watch(s, t)
	r := t.Result()
	for k, v := range r.Values {
		fmt.Printf("step %d: one and three %+.0f, one and two %.0f\n", r.Epochs[k], v.At(0, 1), v.At(0, 2))
	}
	// Output:
	// step 0: one and three +1, one and two 0
	// step 20: one and three -1, one and two 0
}

// ‖(2, 1)/3‖² = 5/9 at first, ‖(0, 1)/3‖² = 1/9 in the end: −7/9 says that two of three constraints cancel.
func ExampleGradientAlignment() {
	s, _, _, _ := fit()
	t := &trackers.GradientAlignment{Interval: 20}
	watch(s, t)
	fmt.Printf("%.3f\n", t.Result().Matrix("alignment").RawMatrix().Data)
	// Output: [0.111 -0.778]
}

func ExampleResidualStats() {
	s, _, _, _ := fit()
	t := &trackers.ResidualStats{Interval: 20, Constraints: []string{"three"}}
	watch(s, t)
	v, ok := t.Value()
	fmt.Printf("%v: mean %.2f, max %.2f\n", ok, v.Means[0], v.Maxes[0])
	// Output: true: mean -1.00, max 1.00
}

// The derivative of a·x² is 2ax, here at x = 0, ½ and 1.
func ExampleInputSensitivity() {
	s, a, _, on := fit()
	x := on.Coords()[0]
	u := a.Mul(x, x)
	t := &trackers.InputSensitivity{Expr: u.D(x), On: domain.NewInterval(x, 0, 1).Grid(3), Interval: 20}
	watch(s, t)
	v, _ := t.Value()
	fmt.Printf("a = %.2f: %.2f\n", s.Value(a), v.Values)
	// Output: a = 2.00: [0.00 2.00 4.00]
}

// One of the parameters of a + b x is a, whose column of J is (1, 1, 1), the other is b with (0, ½, 1).
func ExampleNTKSpectrum() {
	s, a, b, on := fit()
	x := on.Coords()[0]
	line := a.Add(b.Mul(x))
	t := &trackers.NTKSpectrum{Grad: ph.ParamGrad(line, nil), On: domain.NewInterval(x, 0, 1).Grid(3), Interval: 20}
	watch(s, t)
	v, _ := t.Value()
	fmt.Printf("%.3f, trace %.2f, rank %d\n", v.Eigenvalues, v.Trace, v.Rank)
	// Output: [3.862 0.388 0.000], trace 4.25, rank 2
}

// ∇²L = diag(4/3, 2/3): gradient descent is stable below a learning rate of 2/(4/3).
func ExampleHessianSpectrum() {
	s, _, _, _ := fit()
	t := &trackers.HessianSpectrum{K: 2, Interval: 20}
	watch(s, t)
	v, _ := t.Value()
	fmt.Printf("%.4f, smallest %.4f\n", v.Eigenvalues, v.Smallest)
	// Output: [1.3333 0.6667], smallest 0.6667
}

// (100·a² + b²)/2 has the curvatures 100 and 1 when it is trained, and 1 and 1 without the weight.
func ExampleHessianSpectrum_unweighted() {
	on := domain.NewInterval(ph.NewCoord("x"), 0, 1).Interior(4)
	s, err := crux.New(crux.Problem{Name: "valley", Constraints: []crux.Constraint{
		{Name: "a", Residual: ph.NewParam("a", 1), On: on, Weight: 100},
		{Name: "b", Residual: ph.NewParam("b", 1), On: on},
	}}, crux.Options{})
	if err != nil {
		log.Fatal(err)
	}
	trained, plain := &trackers.HessianSpectrum{K: 2}, &trackers.HessianSpectrum{K: 2, Unweighted: true}
	if err := s.Measure(context.Background(), trained, plain); err != nil {
		log.Fatal(err)
	}
	v, _ := trained.Value()
	w, _ := plain.Value()
	fmt.Printf("%.1f with the weights %v, %.1f with %v\n", v.Eigenvalues, v.Weights, w.Eigenvalues, w.Weights)
	// Output: [100.0 1.0] with the weights [100 1], [1.0 1.0] with [1 1]
}

// With Global each direction gets the norm of θ: θ has the norm 2√2 in the end, so a and b reach from about 2 − 2√2 to 2 + 2√2; the losses of one and three leave 2/3 at the centre.
func ExampleLossLandscape() {
	s, _, _, _ := fit()
	t := &trackers.LossLandscape{Grid: 3, Global: true, Directions: [2][]float64{{1, 0}, {0, 1}}, Interval: 20}
	watch(s, t)
	v, _ := t.Value()
	for i := range v.N {
		fmt.Printf("%.2f %.2f %.2f\n", v.At(i, 0), v.At(i, 1), v.At(i, 2))
	}
	// Output:
	// 8.62 5.94 8.53
	// 3.35 0.67 3.26
	// 8.62 5.94 8.53
}
