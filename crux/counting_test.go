package crux_test

import (
	"context"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers"
	"github.com/crux-pinn/crux/weights"
)

// Three gradient trackers that are due at every step cost no reverse sweep beside those of training when all constraints
// have points of their own, and one for each constraint when constraints share them: one gradient matrix a step.
func TestGradientTrackersShareTheStepsGradients(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	box := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
	u := ph.NewField("u", net.MLP{Hidden: []int{5}}, x, y)
	edge := box.Boundary(8)
	const steps = 7
	for _, c := range []struct {
		name        string
		slope       *domain.Points
		train, more int // reverse sweeps a step
	}{
		{"own points", box.Boundary(6), 3, 0},
		{"two share points", edge, 2, 2},
	} {
		sweeps := func(cs ...crux.Callback) int {
			s := newSolver(t, crux.Problem{Name: "count", Constraints: []crux.Constraint{
				{Name: "pde", Residual: ph.Laplacian(u, x, y).Add(x), On: box.Interior(20)},
				{Name: "value", Residual: u, On: edge},
				{Name: "slope", Residual: u.D(x), On: c.slope},
			}}, crux.Options{})
			solve(t, s, steps, cs...)
			return s.ReverseSweeps()
		}
		if got := sweeps(); got != steps*c.train {
			t.Errorf("%s: %d sweeps to train, want %d", c.name, got, steps*c.train)
		}
		got := sweeps(&trackers.GradientNorms{Interval: 1}, &trackers.CosSimilarity{Interval: 1}, &trackers.GradientAlignment{Interval: 1, Mask: u.LastLayer()})
		if want := steps * (c.train + c.more); got != want {
			t.Errorf("%s: %d sweeps with three trackers, want %d", c.name, got, want)
		}
	}
}

// With masks on all trackers that have one, no reverse sweep of the whole problem is made beside those of training, also where
// constraints share points: each of these two costs one of a program for the selected parameters, and the Hessian its products.
func TestMaskedTrackersLeaveTheWholeAlone(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	box := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
	u := ph.NewField("u", net.MLP{Hidden: []int{5, 5}}, x, y)
	edge, mask := box.Boundary(8), u.LastLayer()
	const steps, train, shared, products = 4, 2, 2, 3
	for _, along := range []trackers.Direction{trackers.RandomDirection, trackers.GradientDirection} {
		s := newSolver(t, crux.Problem{Name: "count", Constraints: []crux.Constraint{
			{Name: "pde", Residual: ph.Laplacian(u, x, y).Add(x), On: box.Interior(20)},
			{Name: "value", Residual: u, On: edge},
			{Name: "slope", Residual: u.D(x), On: edge},
		}}, crux.Options{})
		solve(
			t, s, steps,
			&trackers.GradientNorms{Interval: 1, Mask: mask}, &trackers.CosSimilarity{Interval: 1, Mask: mask},
			&trackers.GradientAlignment{Interval: 1, Mask: mask},
			&trackers.ResidualStats{Interval: 1}, &trackers.InputSensitivity{Interval: 1, Expr: u, On: edge},
			&trackers.NTKSpectrum{Interval: 1, Grad: ph.ParamGrad(u, mask), On: edge},
			&trackers.HessianSpectrum{Interval: 1, K: 1, Iters: products, Mask: mask},
			&trackers.LossLandscape{Interval: 1, Grid: 3, Mask: mask, Along: [2]trackers.Direction{along, trackers.RandomDirection}},
		)
		if got, want := s.ReverseSweeps(), steps*train; got != want {
			t.Errorf("%v: %d sweeps of whole programs, want %d", along, got, want)
		}
		if got, want := s.RestrictedSweeps(), steps*(shared+products*train); got != want {
			t.Errorf("%v: %d sweeps of restricted programs, want %d", along, got, want)
		}
	}
}

// Trackers build their graphs when a run begins: at their first firing there is none left to build, whatever their options.
func TestTrackersBuildBeforeTheFirstStep(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	box := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
	u := ph.NewField("u", net.MLP{Hidden: []int{5, 5}}, x, y)
	edge := box.Boundary(8)
	problem := func() crux.Problem {
		return crux.Problem{Name: "build", Constraints: []crux.Constraint{
			{Name: "pde", Residual: ph.Laplacian(u, x, y).Add(ph.Sin(x)), On: box.Interior(20)},
			{Name: "value", Residual: u, On: edge},
			{Name: "slope", Residual: u.D(x), On: edge},
			{Name: "mean", Residual: u, On: box.Interior(9), PointWeights: weights.NewRBA()},
		}}
	}
	for _, mask := range []ph.Selector{nil, u.LastLayer()} {
		for _, unweighted := range []bool{false, true} {
			along := [2]trackers.Direction{trackers.GradientDirection, trackers.CurvatureDirection}
			watch := []crux.Callback{
				&trackers.GradientNorms{Mask: mask}, &trackers.CosSimilarity{Mask: mask}, &trackers.GradientAlignment{Mask: mask},
				&trackers.ResidualStats{}, &trackers.InputSensitivity{Expr: u.D(x)}, &trackers.NTKSpectrum{Grad: ph.ParamGrad(u, mask)},
				&trackers.HessianSpectrum{K: 1, Iters: 2, Mask: mask, Unweighted: unweighted},
				&trackers.LossLandscape{Grid: 3, Mask: mask, Unweighted: unweighted}, &trackers.LossLandscape{Grid: 3, Mask: mask, Unweighted: unweighted, Along: along},
			}
			for _, tr := range watch {
				s := newSolver(t, problem(), crux.Options{})
				begun, before, after := 0, 0, 0
				solve(t, s, 1,
					&hook{step: func(context.Context, *crux.Step) error { before = s.Machines(); return nil }},
					tr,
					&hook{begin: func(*crux.Run) error { begun = s.Machines(); return nil }, step: func(context.Context, *crux.Step) error { after = s.Machines(); return nil }})
				if after != before || begun == 0 {
					t.Errorf("%T, mask %v, unweighted %v: %d graphs were built at the first firing, %d before", tr, mask != nil, unweighted, after-before, before)
				}
			}
		}
	}
}
