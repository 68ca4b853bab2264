package crux_test

import (
	"sync"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/team"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers"
)

// Ranks that solve one problem together end with the bits of one process: methods, points that are drawn again, trackers, evaluation.
func TestTeam(t *testing.T) {
	for name, method := range map[string]func() optim.Method{
		"adam": func() optim.Method { return &optim.Adam{} },
		"lm":   func() optim.Method { return &optim.LevenbergMarquardt{} },
		"lm from some rows": func() optim.Method {
			return &optim.LevenbergMarquardt{Rows: 300}
		},
		"ssbroyden": func() optim.Method { return &optim.SSBroyden{} },
	} {
		t.Run(name, func(t *testing.T) {
			run := func(of crux.Team, workers int) (theta, losses, field []float64, err error) {
				x, y := ph.NewCoord("x"), ph.NewCoord("y")
				u := ph.NewField("u", net.MLP{Hidden: []int{8, 8}}, x, y)
				square := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
				s, err := crux.New(crux.Problem{Name: "poisson", Constraints: []crux.Constraint{
					{Name: "pde", Residual: u.D(x, x).Add(u.D(y, y)).Add(ph.Sin(x.Mul(y))), On: square.Interior(900).Every(3)},
					{Name: "bc", Residual: u, On: square.Boundary(300)},
				}}, crux.Options{Method: method(), Seed: 1, Workers: workers, Team: of})
				if err != nil {
					return nil, nil, nil, err
				}
				defer s.Close() //nolint:errcheck // it only ends workers
				h := &trackers.HessianSpectrum{Interval: 4, K: 3}
				if _, err = s.Solve(t.Context(), 6, h); err != nil {
					return nil, nil, nil, err
				}
				m, err := s.Eval(u, square.Grid(31))
				if err != nil {
					return nil, nil, nil, err
				}
				return s.Theta(), s.History().Loss, m.RawMatrix().Data, nil
			}
			theta, losses, field, err := run(nil, 2)
			if err != nil {
				t.Fatal(err)
			}
			for size := 2; size <= 3; size++ {
				var wg sync.WaitGroup
				for _, l := range team.Local(size) {
					wg.Go(func() {
						a, b, c, err := run(l, 1)
						if err != nil {
							t.Errorf("rank %d of %d: %v", l.Rank(), size, err)
							l.Leave()
							return
						}
						sameBits(t, "theta", a, theta)
						sameBits(t, "losses", b, losses)
						sameBits(t, "the field", c, field)
					})
				}
				wg.Wait()
			}
		})
	}
}
