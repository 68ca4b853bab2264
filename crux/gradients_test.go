package crux_test

import (
	"context"
	"fmt"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/weights"
)

// sharing is a problem with every kind of constraint that differs in what its gradient costs: on points of its own, on points of
// its own with weights, and two on the same points. Points are redrawn.
func sharing() (crux.Problem, *ph.Field) {
	x, y := ph.Coords2("x", "y")
	box := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
	u := ph.NewField("u", net.MLP{Hidden: []int{6, 6}}, x, y)
	kappa := ph.NewParam("kappa", 0.5)
	inside := box.Interior(30).Every(2)
	return crux.Problem{Name: "sharing", Constraints: []crux.Constraint{
		{Name: "pde", Residual: ph.Laplacian(u, x, y).Mul(kappa).Add(ph.Sin(x)), On: inside},
		{Name: "mean", Residual: u.Mul(u).Sub(x), On: inside},
		{Name: "edge", Residual: u, On: box.Boundary(12)},
		{Name: "slope", Residual: u.D(x), On: box.Boundary(9), PointWeights: weights.NewRBA()},
	}}, u
}

// gradientReader reads the gradients with respect to a mask every so many steps, and hands them on.
func gradientReader(mask ph.Selector, n int, use func(*crux.Step, *mat.Dense) error) *hook {
	var fact *crux.Fact[*mat.Dense]
	return &hook{
		begin: func(r *crux.Run) (err error) {
			fact, err = r.GradientsOf(mask)
			return err
		},
		step: func(ctx context.Context, s *crux.Step) error {
			if s.Epoch%n != 0 {
				return nil
			}
			g, err := fact.At(ctx, s)
			if err != nil || use == nil {
				return err
			}
			return use(s, g)
		},
	}
}

// Whatever the masks and intervals of the readers, each gets the columns of the whole matrix, to rounding.
func TestGradientsOfAMask(t *testing.T) {
	for _, precision := range []crux.Precision{crux.Float64, crux.Float32} {
		p, u := sharing()
		tol := 1e-12
		if precision == crux.Float32 {
			tol = 1e-5
		}
		reads := 0
		agrees := func(name string, mask ph.Selector) func(*crux.Step, *mat.Dense) error {
			return func(s *crux.Step, g *mat.Dense) error {
				reads++
				want, err := s.Run.Solver().Gradients(context.Background())
				if err != nil {
					return err
				}
				in, err := s.Run.Select(mask)
				if err != nil {
					return err
				}
				for i := range s.Losses {
					var row []float64
					for k, ok := range in {
						if ok {
							row = append(row, want.At(i, k))
						}
					}
					near(t, fmt.Sprintf("%s, step %d, constraint %d", name, s.Epoch, i), g.RawRowView(i), row, tol)
				}
				return nil
			}
		}
		var cs []crux.Callback
		for _, r := range []struct {
			name  string
			mask  ph.Selector
			every int
		}{
			{"output layer", u.LastLayer(), 1},
			{"biases", ph.Paths("u/*/bias"), 2}, // which overlaps with the one before
			{"parameter", ph.Paths("kappa"), 3},
			{"all", nil, 6},
			{"all, selected", ph.Paths("u", "kappa"), 7},
		} {
			cs = append(cs, gradientReader(r.mask, r.every, agrees(r.name, r.mask)))
		}
		s := newSolver(t, p, crux.Options{Seed: 2, Precision: precision})
		solve(t, s, 8, cs...)
		if reads != 8+4+3+2+2 {
			t.Errorf("%d reads", reads)
		}
		if err := s.Measure(t.Context(), cs[0], cs[3]); err != nil {
			t.Fatal(err)
		}
	}
}

// A reader with a mask differentiates nothing with respect to other parameters: no reverse sweep of a whole program beside those of
// training, and one of a restricted program for each constraint whose gradient training does not have. Readers with the same mask share it.
func TestMasksSaveSweeps(t *testing.T) {
	const steps, train = 12, 3
	const lacking = 3 // gradients that the training step does not have: two constraints share points, one has weights of points
	output, biases := ph.Paths("u/layer2"), ph.Paths("u/*/bias")
	for _, c := range []struct {
		name        string
		readers     []crux.Callback
		whole, part int // sweeps beside those of training
	}{
		{"none", nil, 0, 0},
		{"no mask", []crux.Callback{gradientReader(nil, 1, nil)}, steps * lacking, 0},
		{"one mask", []crux.Callback{gradientReader(output, 1, nil)}, 0, steps * lacking},
		{"one mask, three readers", []crux.Callback{
			gradientReader(output, 1, nil), gradientReader(ph.Paths("u/layer2/*"), 2, nil), gradientReader(output, 3, nil),
		}, 0, steps * lacking},
		{"two masks", []crux.Callback{gradientReader(output, 1, nil), gradientReader(biases, 2, nil)}, 0, steps * 3 / 2 * lacking},
		{"a mask, and none every fourth step", []crux.Callback{
			gradientReader(output, 1, nil), gradientReader(nil, 4, nil),
		}, steps / 4 * lacking, steps * lacking},
		{"a mask of everything", []crux.Callback{gradientReader(ph.Paths("u", "kappa"), 1, nil)}, steps * lacking, 0},
	} {
		p, _ := sharing()
		s := newSolver(t, p, crux.Options{Seed: 2})
		solve(t, s, steps, c.readers...)
		if got, want := s.ReverseSweeps(), steps*train+c.whole; got != want {
			t.Errorf("%s: %d sweeps of whole programs, want %d", c.name, got, want)
		}
		if got := s.RestrictedSweeps(); got != c.part {
			t.Errorf("%s: %d sweeps of restricted programs, want %d", c.name, got, c.part)
		}
	}
}

// A mask that selects nothing is an error before the first step.
func TestGradientsOfNothing(t *testing.T) {
	p, _ := sharing()
	s := newSolver(t, p, crux.Options{})
	if _, err := s.Solve(t.Context(), 1, gradientReader(ph.Paths("v"), 1, nil)); err == nil || s.Epoch() != 0 {
		t.Errorf("%v at step %d", err, s.Epoch())
	}
}
