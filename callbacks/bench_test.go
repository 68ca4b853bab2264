package callbacks_test

import (
	"context"
	"math"
	"path/filepath"
	"testing"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
)

// BenchmarkSinks is a training step of the Poisson problem with trackers at the intervals of the documentation, alone and
// with every sink.
func BenchmarkSinks(b *testing.B) {
	for _, with := range []string{"without", "files", "all"} {
		b.Run(with, func(b *testing.B) {
			x, y := ph.Coords2("x", "y")
			box := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
			u := ph.NewField("u", net.MLP{Hidden: []int{32, 32, 32}}, x, y)
			f := ph.Sin(x.Scale(math.Pi)).Mul(ph.Sin(y.Scale(math.Pi))).Scale(2 * math.Pi * math.Pi)
			s, err := crux.New(crux.Problem{Name: "poisson", Constraints: []crux.Constraint{
				{Name: "pde", Residual: ph.Laplacian(u, x, y).Add(f), On: box.Interior(1024)}, {Name: "bc", Residual: u, On: box.Boundary(256)},
			}}, crux.Options{Method: &optim.Adam{LR: optim.Constant(1e-3)}, Seed: 1})
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close() //nolint:errcheck
			dir := b.TempDir()
			cs := []crux.Callback{&callbacks.GradientNorms{}, &callbacks.CosSimilarity{}, &callbacks.GradientAlignment{}, &callbacks.ResidualStats{}}
			if with != "without" {
				cs = append(cs,
					&callbacks.JSONL{Path: filepath.Join(dir, "metrics.jsonl")}, &callbacks.CSV{Path: filepath.Join(dir, "history.csv")},
					&callbacks.Arrays{Dir: filepath.Join(dir, "trackers")},
				)
			}
			if with == "all" {
				cs = append(cs, &callbacks.TensorBoard{Dir: filepath.Join(dir, "board")}, &callbacks.WandB{Dir: dir})
			}
			b.ResetTimer()
			if _, err := s.Solve(context.Background(), b.N, cs...); err != nil {
				b.Fatal(err)
			}
		})
	}
}
