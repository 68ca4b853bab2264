package crux_test

import (
	"context"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/optim"
)

// settled has converged from the step with the given index on.
type settled struct {
	stateless
	from, asked int
	reason      optim.Reason
}

func (m *settled) Init([]optim.Param) error { return nil }

func (m *settled) Step(ctx context.Context, f optim.Objective, theta []float64) (float64, error) {
	loss, err := f.Loss(ctx, theta)
	if err != nil {
		return loss, err
	}
	if m.asked++; m.asked > m.from {
		return loss, &optim.ConvergedError{Method: "settled", Reason: m.reason, Loss: loss}
	}
	theta[0] /= 2
	return loss, nil
}

// reviewer looks at every fifth step, and at the first of these gives constraint 0 other points if it moves.
type reviewer struct {
	moves bool
	seen  int
}

func (r *reviewer) OnSolveBegin(context.Context, *crux.Run) error { return nil }

func (r *reviewer) OnStep(_ context.Context, s *crux.Step) error {
	if s.Epoch == 0 || s.Epoch%5 != 0 {
		return nil
	}
	r.seen = s.Epoch
	if r.moves && s.Epoch == 5 {
		return s.Run.SetPoints(0, s.Run.Points(0))
	}
	return nil
}

func (r *reviewer) Reviewed(epoch int) bool { return epoch == r.seen }

// A method that has converged ends the run after the first step that reviewers have looked at without moving points. The steps until
// then, and the one in which it converges, change nothing and count.
func TestReviewer(t *testing.T) {
	for name, c := range map[string]struct {
		m     settled
		r     *reviewer // nil for none
		steps int
		want  int
	}{
		"nobody looks":                    {settled{from: 2}, nil, 100, 3},
		"looked at later":                 {settled{from: 2}, &reviewer{}, 100, 6},
		"looked at already":               {settled{from: 5}, &reviewer{}, 100, 6},
		"points are about to be others":   {settled{from: 2}, &reviewer{moves: true}, 100, 11},
		"the steps end before":            {settled{from: 2}, &reviewer{}, 4, 4},
		"would end on any points":         {settled{from: 2, reason: optim.Stalled}, &reviewer{}, 100, 3},
		"has no more steps on any points": {settled{from: 2, reason: optim.PhasesDone}, &reviewer{}, 100, 3},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSolver(t, newPoisson().Problem, crux.Options{Method: &c.m})
			start := s.Theta()
			start[0] /= float64(int(1) << c.m.from)
			var list []crux.Callback
			if c.r != nil {
				list = append(list, c.r)
			}
			res := solve(t, s, c.steps, list...)
			if res.Status != crux.Converged || res.Steps != c.want {
				t.Errorf("%v after %d steps; want it to have converged after %d", res.Status, res.Steps, c.want)
			}
			sameBits(t, "theta", s.Theta(), start)
		})
	}
}
