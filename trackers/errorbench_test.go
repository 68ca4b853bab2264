package trackers_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers"
)

// BenchmarkError is an estimate beside a step of Levenberg–Marquardt on all of 10,000 + 2000 points, for 921 and 1981 parameters.
func BenchmarkError(b *testing.B) {
	for _, width := range []int{20, 30} {
		b.Run(fmt.Sprint("hidden=", width), func(b *testing.B) { benchmarkError(b, width) })
	}
}

func benchmarkError(b *testing.B, width int) {
	x, y := ph.Coords2("x", "y")
	box := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
	u := ph.NewField("u", net.MLP{Hidden: []int{width, width, width}}, x, y)
	s, err := crux.New(crux.Problem{Constraints: []crux.Constraint{
		{Name: "pde", Residual: ph.Laplacian(u, x, y).Add(ph.Sin(x)), On: box.Interior(10000)},
		{Name: "bc", Residual: u, On: box.Boundary(2000)},
	}}, crux.Options{Method: &optim.LevenbergMarquardt{Rows: 1 << 20, Plain: true}})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // it only ends workers
	ctx := context.Background()
	if _, err := s.Solve(ctx, 5); err != nil {
		b.Fatal(err)
	}
	b.Run("step", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Solve(ctx, 1); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("estimate", func(b *testing.B) {
		for b.Loop() {
			if err := s.Measure(ctx, &trackers.Error{}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
