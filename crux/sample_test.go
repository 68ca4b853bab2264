package crux_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/optim"
	"github.com/crux-pinn/crux/weights"
)

// sampled is three constraints in two groups, 190 points and 490 rows, with weights of points on one.
func sampled() *poisson {
	p := three()
	p.Constraints[2].Loss = crux.Loss{}
	p.Constraints[0].PointWeights = &emphasis{f: func(k int, _ weights.Points) float64 { return 0.5 + float64(k%7) }}
	return p
}

// sampleProbe is a method that looks at samples, and goes nowhere.
type sampleProbe struct {
	stateless
	look func(f optim.Objective, theta []float64) error
}

func (sampleProbe) Init([]optim.Param) error { return nil }

func (p sampleProbe) Step(ctx context.Context, f optim.Objective, theta []float64) (float64, error) {
	if err := p.look(f, theta); err != nil {
		return math.NaN(), err
	}
	return f.Loss(ctx, theta)
}

// A sample of all rows is the objective. One of fewer has the share of each group, the same rows for the same draw, and the
// loss on the average over many.
func TestSample(t *testing.T) {
	ctx := t.Context()
	probe := sampleProbe{look: func(f optim.Objective, theta []float64) error {
		loss, err := f.Loss(ctx, theta)
		if err != nil {
			return err
		}
		all, err := f.Squares.Sample(ctx, f.Squares.Rows(), 3)
		if err != nil {
			return err
		}
		if all.Squares.Rows() != f.Squares.Rows() {
			t.Errorf("%d rows, of the objective %d", all.Squares.Rows(), f.Squares.Rows())
		}
		for _, o := range []optim.Objective{all, f} {
			s, g := make([]float64, o.Squares.Rows()), make([]float64, len(theta))
			if err := o.Squares.Scaled(ctx, s, theta); err != nil {
				return err
			}
			l, err := o.Grad(ctx, g, theta)
			if err != nil {
				return err
			}
			want, grad := make([]float64, o.Squares.Rows()), make([]float64, len(theta))
			if err := f.Squares.Scaled(ctx, want, theta); err != nil {
				return err
			}
			if _, err := f.Grad(ctx, grad, theta); err != nil {
				return err
			}
			sameBits(t, "residuals of all rows", s, want)
			near(t, "loss of all rows", []float64{l}, []float64{loss}, 1e-13)
			near(t, "gradient of all rows", g, grad, 1e-11)
		}
		at := func(draw uint64) (float64, error) {
			part, err := f.Squares.Sample(ctx, 98, draw) // a fifth: 30 points of two constraints, one of two components, and 8 of the other
			if err != nil {
				return 0, err
			}
			if part.Squares.Rows() != 30*3+8 {
				t.Fatalf("%d rows", part.Squares.Rows())
			}
			return part.Loss(ctx, theta)
		}
		var sum, squares float64
		const draws = 400
		var first []float64
		for k := range uint64(draws) {
			l, err := at(k)
			if err != nil {
				return err
			}
			sum += l
			squares += l * l
			first = append(first, l)
		}
		mean := sum / draws
		if dev := math.Sqrt((squares/draws - mean*mean) / draws); !(math.Abs(mean-loss) < 4*dev) || !(dev > 0) {
			t.Errorf("mean loss %v ± %v, of all rows %v", mean, dev, loss)
		}
		again, err := at(7)
		if err != nil {
			return err
		}
		if again != first[7] || slices.Contains(first[:7], again) {
			t.Errorf("draw 7 gives %v and %v; the others %v", first[7], again, first[:7])
		}
		return nil
	}}
	solve(t, newSolver(t, sampled().Problem, crux.Options{Method: probe, Seed: 2}), 1)
}

// Steps with samples, in one go, restored in the middle, and with other numbers of workers: the same bits, with points that move. The
// loss falls.
func TestSampledSteps(t *testing.T) {
	build := func(workers int) *crux.Solver {
		p := sampled()
		p.Constraints[0].On = p.box.Interior(150).Every(5)
		p.Constraints[2].On = p.Constraints[0].On
		return newSolver(t, p.Problem, crux.Options{Method: &optim.LevenbergMarquardt{Rows: 80, Workers: workers}, Workers: workers, Seed: 4})
	}
	one, other, half := build(1), build(3), build(2)
	res := solve(t, one, 12)
	if start := one.History().Loss[0]; !(res.Loss < 1e-2*start) {
		t.Errorf("loss %v from %v", res.Loss, start)
	}
	solve(t, other, 12)
	sameRun(t, other, one)
	solve(t, half, 7)
	st, err := half.State()
	if err != nil {
		t.Fatal(err)
	}
	rest := build(2)
	if err := rest.SetState(st); err != nil {
		t.Fatal(err)
	}
	solve(t, rest, 5)
	sameRun(t, rest, one)
}
