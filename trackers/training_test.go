package trackers_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/optim"
	"github.com/crux-pinn/crux/trackers"
)

// What 2/λ promises holds for the loss that is trained: a small step along the leading eigenvector shrinks under gradient descent with
// a learning rate of 0.95·2/λ, grows with 1.05·2/λ, and 1.9/λ descends. The parameters move meanwhile, so the step is the
// difference of two descents, with it and without.
func TestSharpnessIsTheLimitOfGradientDescent(t *testing.T) {
	for name, build := range trainings {
		t.Run(name, func(t *testing.T) {
			p, o, cs := build()
			if strings.HasPrefix(name, "weight") { // the README's problem is that of the first two
				p.Constraints = p.Constraints[:2]
			}
			o.Method = &optim.Adam{LR: optim.Constant(5e-3)}
			s := p.solver(t, o)
			solve(t, s, 300, cs...)
			hessian := &trackers.HessianSpectrum{Iters: 60}
			plain := &trackers.HessianSpectrum{Iters: 60, Unweighted: true}
			bend := &trackers.LossLandscape{Grid: 2, Along: [2]trackers.Direction{trackers.CurvatureDirection}}
			var m moment
			if err := s.Measure(t.Context(), append(cs, hessian, plain, bend, m.catch())...); err != nil {
				t.Fatal(err)
			}
			lambda, bound := value(t, hessian).Sharpness(), value(t, hessian).Bounds[0]
			dense := differences(t, m.frozen(t, nil), m.theta)
			values, leading := spectrum(t, dense, upTo(len(m.theta)))
			if d := math.Abs(lambda - values[0]); d > bound+1e-7*lambda {
				t.Errorf("sharpness %v ± %v, by differences %v", lambda, bound, values[0])
			}
			d := value(t, bend).Directions[0]
			if c := math.Abs(floats.Dot(d, leading)) / floats.Norm(d, 2); c < 0.999 {
				t.Errorf("the curvature direction has a cosine of %v to the leading eigenvector", c)
			}
			if other := value(t, plain).Sharpness(); strings.Contains(name, "00") && other > lambda/2 {
				t.Errorf("unweighted sharpness %v beside %v", other, lambda)
			}

			descend := func(rate float64, from []float64, steps int) (theta []float64, first, last float64) {
				d := m.frozen(t, &optim.SGD{LR: optim.Constant(rate)})
				if err := d.SetTheta(from); err != nil {
					t.Fatal(err)
				}
				res := solve(t, d, steps)
				return d.Theta(), d.History().Loss[0], res.Loss
			}
			step := 1e-6 * floats.Norm(m.theta, 2)
			moved := make([]float64, len(m.theta))
			floats.AddScaledTo(moved, m.theta, step, leading)
			grown := func(part float64) float64 {
				with, _, _ := descend(part*2/lambda, moved, 20)
				without, _, _ := descend(part*2/lambda, m.theta, 20)
				floats.Sub(with, without)
				return math.Abs(floats.Dot(with, leading)) / step
			}
			// On a quadratic they are 0.9²⁰ = 0.12 and 1.1²⁰ = 6.7.
			if g := grown(0.95); !(g < 0.3) {
				t.Errorf("at 0.95·2/λ the step grows %v times", g)
			}
			if g := grown(1.05); !(g > 3) {
				t.Errorf("at 1.05·2/λ the step grows %v times", g)
			}
			if _, first, last := descend(1.9/lambda, m.theta, 200); math.Abs(first-m.loss) > 1e-12*m.loss || !(last < first) {
				t.Errorf("at 1.9/λ the loss goes from %v, which is %v, to %v", first, m.loss, last)
			}
		})
	}
}

// The Hessian is that of the training loss with the weights of the step, as differences of its gradient have it, or what options leave of
// that.
func TestHessianOfTheTrainingLoss(t *testing.T) {
	for name, build := range trainings {
		t.Run(name, func(t *testing.T) {
			p, o, cs := build()
			o.Method = &optim.Adam{LR: optim.Constant(5e-3)}
			s := p.solver(t, o)
			solve(t, s, 50, cs...)
			layer := p.u.LastLayer()
			whole := &trackers.HessianSpectrum{K: 3, Iters: 1000}
			top := &trackers.HessianSpectrum{K: 3, Iters: 1000, Mask: layer}
			some := &trackers.HessianSpectrum{K: 3, Iters: 1000, Constraints: []string{"symmetry", "bc"}}
			plain := &trackers.HessianSpectrum{K: 3, Iters: 1000, Unweighted: true}
			one := &trackers.HessianSpectrum{K: 3, Iters: 1000, Unweighted: true, Constraints: []string{"pde"}, Mask: layer}
			var m moment
			var v, hv []float64
			var in []bool
			product := callback(func(_ context.Context, st *crux.Step) (err error) {
				v = make([]float64, st.Run.Parameters())
				for i := range v {
					v[i] = math.Sin(float64(3*i + 1))
				}
				hv = make([]float64, len(v))
				if in, err = st.Run.Select(layer); err != nil {
					return err
				}
				return st.Run.HVP(hv, nil, v)
			})
			if err := s.Measure(t.Context(), append(cs, whole, top, some, plain, one, product, m.catch())...); err != nil {
				t.Fatal(err)
			}
			var above []int
			for i, ok := range in {
				if ok {
					above = append(above, i)
				}
			}
			all := upTo(len(m.theta))
			// of is a moment with other weights, whose loss has the factor 1/3 of three constraints.
			of := func(w []float64, points bool) *mat.SymDense {
				n := m
				if n.weights = w; !points {
					n.points = make([][]float64, 3)
				}
				return differences(t, n.frozen(t, nil), m.theta)
			}
			w := m.weights
			for _, c := range []struct {
				name    string
				tracker *trackers.HessianSpectrum
				dense   *mat.SymDense
				in      []int
				weights []float64
			}{
				{"whole", whole, of(w, true), all, w},
				{"last layer", top, of(w, true), above, w},
				{"subset", some, of([]float64{1e-200, 1.5 * w[1], 1.5 * w[2]}, true), all, []float64{0, w[1], w[2]}}, // a weight of 0 would be 1
				{"unweighted", plain, of([]float64{1, 1, 1}, false), all, []float64{1, 1, 1}},
				{"unweighted part", one, of([]float64{3, 1e-200, 1e-200}, false), above, []float64{1, 0, 0}},
			} {
				values, _ := spectrum(t, c.dense, c.in)
				got := value(t, c.tracker)
				near(t, c.name, append(got.Eigenvalues, got.Smallest), append(slices.Clone(values[:3]), values[len(values)-1]), 1e-7)
				near(t, c.name+" weights", got.Weights, c.weights, 0)
				if got.Training != (c.name == "whole") {
					t.Errorf("%s: of the training loss: %v", c.name, got.Training)
				}
			}
			want := mat.NewVecDense(len(v), nil)
			want.MulVec(of(w, true), mat.NewVecDense(len(v), v))
			near(t, "Run.HVP", hv, want.RawVector().Data, 1e-7)
		})
	}
}

// Measurements of the training loss and of the unweighted one do not come into one history.
func TestWeightsDoNotChangeWithinAHistory(t *testing.T) {
	s := newPoisson(10).solver(t, crux.Options{})
	h, l := &trackers.HessianSpectrum{K: 2, Iters: 4}, &trackers.LossLandscape{Grid: 2}
	solve(t, s, 1, h, l)
	h.Unweighted, l.Unweighted = true, true
	for _, c := range []crux.Callback{h, l} {
		if err := s.Measure(t.Context(), c); err == nil || !strings.Contains(err.Error(), "use a new tracker") {
			t.Errorf("%T: %v", c, err)
		}
	}
}
