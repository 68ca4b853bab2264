package trackers_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers"
	"github.com/crux-pinn/crux/weights"
)

// The centre of a landscape is the training loss of its step, at every step, and elsewhere it is that loss too, with the weights that the
// step has; the surfaces of the constraints are without weights.
func TestLandscapeOfTheTrainingLoss(t *testing.T) {
	for name, build := range trainings {
		t.Run(name, func(t *testing.T) {
			p, o, cs := build()
			o.Method = &optim.Adam{LR: optim.Constant(5e-3)}
			s := p.solver(t, o)
			drawn := &trackers.LossLandscape{Grid: 3, Interval: 10}
			top := &trackers.LossLandscape{Grid: 3, Interval: 10, Mask: p.u.LastLayer()}
			plain := &trackers.LossLandscape{Grid: 3, Interval: 10, Unweighted: true}
			down := &trackers.LossLandscape{Grid: 3, Interval: 10, AlphaRange: 0.01, Along: [2]trackers.Direction{trackers.GradientDirection, trackers.CurvatureDirection}}
			var m moment
			catch := m.catch()
			check := callback(func(ctx context.Context, st *crux.Step) error {
				if st.Epoch%10 != 0 {
					return nil
				}
				if err := catch.OnStep(ctx, st); err != nil {
					return err
				}
				for _, l := range []*trackers.LossLandscape{drawn, top, down} {
					v := value(t, l)
					near(t, "centre", []float64{v.At(1, 1)}, []float64{st.Loss}, 1e-12)
					near(t, "weights", v.Weights, st.Weights, 0)
					for i, c := range v.Constraints {
						near(t, "centre of a constraint", c[4:5], st.Losses[i:i+1], 1e-12)
					}
				}
				v := value(t, plain)
				near(t, "unweighted centre", []float64{v.At(1, 1)}, []float64{floats.Sum(st.Losses) / 3}, 1e-12)
				near(t, "no weights", v.Weights, []float64{1, 1, 1}, 0)
				if v.Training || !value(t, drawn).Training {
					t.Error("which loss it is, is wrong")
				}
				return nil
			})
			solve(t, s, 50, append(cs, drawn, top, plain, down, check)...)
			v, witness := value(t, down), m.frozen(t, nil)
			for i, a := range []float64{-0.01, 0, 0.01} {
				for j, b := range []float64{-0.01, 0, 0.01} {
					at := slices.Clone(m.theta)
					floats.AddScaled(at, a, v.Directions[0])
					floats.AddScaled(at, b, v.Directions[1])
					got := look(t, witness, at)
					near(t, fmt.Sprint("loss at ", i, j), []float64{v.At(i, j)}, []float64{got.loss}, 1e-12)
					for k, c := range v.Constraints {
						near(t, "loss of a constraint", []float64{c[3*i+j]}, got.losses[k:k+1], 1e-12)
					}
				}
			}
			d := v.Directions[0]
			near(t, "gradient direction", []float64{floats.Dot(d, m.grad) / floats.Norm(d, 2)}, []float64{floats.Norm(m.grad, 2)}, 1e-12)
		})
	}
}

// So it is in every window and lesson, where a constraint may have no points, and after the last, when all windows are looked at as
// one.
func TestLandscapeOfStages(t *testing.T) {
	x := ph.NewCoord("t")
	line := domain.NewInterval(x, 0, 3)
	u := ph.NewField("u", net.MLP{Hidden: []int{8}}, x)
	stiffness := ph.NewConstant("k", 4)
	p := crux.Problem{Name: "swing", Constraints: []crux.Constraint{
		{Name: "ode", Residual: u.D(x, x).Add(u.Mul(stiffness)), On: line.Interior(20).Every(3), PointWeights: weights.NewRBA()},
		{Name: "value", Residual: u.Shift(-1), On: line.Face(x, 0, 1), Weight: 10},
	}}
	for name, o := range map[string]crux.Options{
		"windows": {Windows: &crux.Windows{Coord: x, Count: 3, Steps: 10}},
		"lessons": {Curriculum: &crux.Curriculum{Of: stiffness, Values: []float64{1, 2, 4}, Steps: 10}},
	} {
		o.Method = &optim.Adam{}
		p.Constraints[0].PointWeights = weights.NewRBA()
		s, err := crux.New(p, o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		whole := &trackers.LossLandscape{Grid: 3, Interval: 3, Along: [2]trackers.Direction{trackers.GradientDirection, trackers.CurvatureDirection}}
		top := &trackers.LossLandscape{Grid: 3, Interval: 3, Mask: ph.Paths("**/layer1/weight")}
		checked := 0
		check := callback(func(_ context.Context, st *crux.Step) error {
			for _, l := range []*trackers.LossLandscape{whole, top} {
				if e, _ := l.LatestEpoch(); e == st.Epoch {
					near(t, fmt.Sprintf("%s, step %d: centre", name, e), []float64{value(t, l).At(1, 1)}, []float64{st.Loss}, 1e-12)
					checked++
				}
			}
			return nil
		})
		solve(t, s, 40, whole, top, check)
		if err := s.Measure(t.Context(), whole, top, check); err != nil {
			t.Fatal(err)
		}
		if checked != 22 { // at ten steps of thirty, and once more
			t.Errorf("%s: %d centres", name, checked)
		}
	}
}
