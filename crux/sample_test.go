package crux_test

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/weights"
)

// asking is a method that looks at the objective of each step and leaves θ as it is.
type asking func(ctx context.Context, f optim.Objective, theta []float64) error

func (asking) Init([]optim.Param) error        { return nil }
func (asking) Info(optim.Objective) optim.Info { return optim.Info{Name: "asking"} }
func (asking) State() ([]byte, error)          { return nil, nil }
func (asking) SetState([]byte) error           { return nil }
func (a asking) Step(ctx context.Context, f optim.Objective, theta []float64) (float64, error) {
	if err := a(ctx, f, theta); err != nil {
		return math.NaN(), err
	}
	return f.Loss(ctx, theta)
}

// sampled is a problem with a large and a small set of points, weights of points and two residuals on one set.
func sampled(t *testing.T, ask asking) *crux.Solver {
	x, y := ph.Coords2("x", "y")
	u := ph.NewField("u", net.MLP{Hidden: []int{6, 6}}, x, y)
	box := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
	inside := box.Interior(400)
	return newSolver(t, crux.Problem{Name: "sampled", Constraints: []crux.Constraint{
		{Name: "pde", Residual: ph.Laplacian(u, x, y).Sub(ph.Exp(x)), On: inside, Weight: 3, PointWeights: &weights.RBA{}},
		{Name: "flux", Residual: u.D(x).Sub(y), On: inside},
		{Name: "edge", Residual: u, On: box.Boundary(25)},
	}}, crux.Options{Method: ask, Seed: 4})
}

// The loss, the gradient, the residuals and the products of samples are on average those of all points, whatever the size; a sample of all
// points is the whole. What the objective itself has does not change, and ends are the same for the same stream.
func TestSample(t *testing.T) {
	s := sampled(t, func(ctx context.Context, f optim.Objective, theta []float64) error {
		n := len(theta)
		grad, g := make([]float64, n), make([]float64, n)
		loss, err := f.Grad(ctx, grad, theta)
		if err != nil {
			return err
		}
		rng := rand.New(rand.NewPCG(1, 1))
		whole, err := f.Squares.Sample(ctx, f.Squares.Rows(), rng)
		if err != nil {
			return err
		}
		if l, err := whole.Grad(ctx, g, theta); err != nil || l != loss || !slices.Equal(g, grad) || whole.Squares.Rows() != f.Squares.Rows() {
			t.Errorf("all rows: loss %v, want %v (%v)", l, loss, err)
		}
		const draws, rows = 400, 120
		mean, sum := make([]float64, n), 0.0
		for range draws {
			part, err := f.Squares.Sample(ctx, rows, rng)
			if err != nil {
				return err
			}
			if r := part.Squares.Rows(); r < rows || r > rows+4 {
				t.Fatalf("%d rows, want about %d", r, rows)
			}
			l, err := part.Grad(ctx, g, theta)
			if err != nil {
				return err
			}
			sum += l / draws
			for i, v := range g {
				mean[i] += v / draws
			}
			s := make([]float64, part.Squares.Rows())
			if err := part.Squares.Scaled(ctx, s, theta); err != nil {
				return err
			}
			half := 0.0
			for _, v := range s {
				half += v * v / 2
			}
			if math.Abs(half-l) > 1e-12*l {
				t.Fatalf("half the sum of squares is %v, the loss %v", half, l)
			}
		}
		if math.Abs(sum-loss) > 0.02*loss { // 400 draws of 120 rows: some 0.5 %
			t.Errorf("samples have a mean loss of %v, all points %v", sum, loss)
		}
		num, den := 0.0, 0.0
		for i, v := range grad {
			num, den = num+(mean[i]-v)*(mean[i]-v), den+v*v
		}
		if !(num < 0.02*0.02*den) {
			t.Errorf("the mean of gradients is off by %.3f", math.Sqrt(num/den))
		}
		again := make([]float64, n)
		if l, err := f.Grad(ctx, again, theta); err != nil || l != loss || !slices.Equal(again, grad) {
			t.Errorf("sampling has changed the objective: %v, %v", l, err)
		}
		return nil
	})
	for range 2 { // the second step has point weights that differ
		solve(t, s, 1)
	}
}

// Resumed between any two steps, a run from samples goes on bit for bit.
func TestSampledResume(t *testing.T) {
	build := func() *crux.Solver {
		p := newPoisson()
		return newSolver(t, crux.Problem{Name: "p", Constraints: []crux.Constraint{
			{Name: "pde", Residual: ph.Laplacian(p.u, p.x, p.y).Sub(ph.Const(1)), On: p.box.Interior(600)},
		}}, crux.Options{Method: &optim.LevenbergMarquardt{Rows: 20}})
	}
	whole := build()
	solve(t, whole, 12)
	for _, cut := range []int{1, 5, 11} {
		resumes(t, build(), build(), whole, cut, 12)
	}
}
