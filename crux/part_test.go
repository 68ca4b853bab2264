package crux_test

import (
	"context"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// A part of θ has the losses and second derivatives of the whole, at the parameters and points of every step: both change
// here, between one evaluation and the next.
func TestPartAgreesWithTheWhole(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	box := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
	u := ph.NewField("u", net.MLP{Hidden: []int{6, 6}}, x, y)
	kappa := ph.NewParam("kappa", 0.5)
	inside := box.Interior(60).Every(2)
	for name, mask := range map[string]ph.Selector{
		"all": nil, "output layer": u.LastLayer(), "first layer": ph.Paths("u/layer0"), "parameter": ph.Paths("kappa"),
	} {
		s, err := crux.New(crux.Problem{Name: "part", Constraints: []crux.Constraint{
			{Name: "pde", Residual: ph.Laplacian(u, x, y).Mul(kappa).Add(ph.Sin(x)), On: inside},
			{Name: "mean", Residual: u.Mul(u).Sub(x), On: inside},
			{Name: "edge", Residual: u, On: box.Boundary(20)},
		}}, crux.Options{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		var fact *crux.Fact[*crux.Part]
		check := &hook{
			begin: func(r *crux.Run) (err error) {
				fact, err = r.Part(mask)
				return err
			},
			step: func(ctx context.Context, s *crux.Step) error {
				part, err := fact.At(ctx, s)
				if err != nil {
					return err
				}
				w := []float64{1, 2, 3}
				in, err := s.Run.Select(mask)
				if err != nil {
					return err
				}
				v, got := make([]float64, part.Len()), make([]float64, part.Len())
				whole, want := make([]float64, len(in)), make([]float64, len(in))
				for i, k := 0, 0; i < len(in); i++ {
					if in[i] {
						v[k] = float64(k%5) - 1.5
						whole[i] = v[k]
						k++
					}
				}
				if err := part.HVP(got, w, v); err != nil {
					return err
				}
				if err := s.Run.HVP(want, w, whole); err != nil {
					return err
				}
				near(t, name+": product", got, part.Take(want), 1e-12)
				theta, moved := part.Theta(), s.Theta()
				for i := range theta {
					theta[i] += 0.1 * v[i]
				}
				for i := range moved {
					moved[i] += 0.1 * whole[i]
				}
				a, b := make([]float64, 3), make([]float64, 3)
				if err := part.Losses(a, theta); err != nil {
					return err
				}
				if err := s.Run.LossesAt(b, moved); err != nil {
					return err
				}
				near(t, name+": losses", a, b, 1e-12)
				if part.HVP(got, w[:1], v) == nil || part.Losses(a, theta[:0]) == nil {
					t.Error("no error for wrong lengths")
				}
				return nil
			},
		}
		if _, err := s.Solve(t.Context(), 5, check); err != nil {
			t.Fatal(err)
		}
	}
}
