package trackers_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers"
)

// wave is a function that is measured at 60 points, with errors, and bends little.
func wave(seed uint64) (*crux.Solver, *ph.Field, error) {
	x := ph.NewCoord("x")
	q := ph.NewField("q", net.MLP{Hidden: []int{12}}, x)
	rng := rand.New(rand.NewPCG(seed, 0))
	var at, values []float64
	for i := range 60 {
		at = append(at, float64(i)/59)
		values = append(values, math.Sin(2*math.Pi*at[i])+0.1*rng.NormFloat64())
	}
	data := domain.FromData([]*ph.Coord{x}, at, map[string][]float64{"q": values})
	s, err := crux.New(crux.Problem{Name: "wave", Constraints: []crux.Constraint{
		{Name: "data", Residual: q.Sub(data.Column("q")), On: data},
		{Name: "smooth", Residual: q.D(x, x), On: domain.NewInterval(x, 0, 1).Grid(40), Prior: true, Weight: 1e-6},
	}}, crux.Options{Method: &optim.LevenbergMarquardt{}, Seed: seed})
	return s, q, err
}

// weighed is a callback that asks for the weights of what is likely.
type weighed func(ctx context.Context, r *crux.Run) error

func (weighed) OnSolveBegin(context.Context, *crux.Run) error    { return nil }
func (f weighed) OnStep(ctx context.Context, s *crux.Step) error { return f(ctx, s.Run) }

// The weight is a fixed point of the evidence, by dense algebra in place of traces from some rows: of the degrees of freedom of the fit two,
// a constant and a slope, are not bounded by what is likely.
func TestPriorsEvidence(t *testing.T) {
	s, _, err := wave(1)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // it only ends workers
	if _, err := s.Solve(t.Context(), 60); err != nil {
		t.Fatal(err)
	}
	err = s.Measure(t.Context(), weighed(func(ctx context.Context, r *crux.Run) error {
		list, ok, err := trackers.Priors(ctx, r)
		if err != nil || !ok || len(list) != 1 || r.Names()[list[0].Constraint] != "smooth" {
			return fmt.Errorf("%+v, %v, %w", list, ok, err)
		}
		v, err := (&trackers.Error{}).Estimate(ctx, r)
		if err != nil {
			return err
		}
		matrix := func(i int) (j, res *mat.Dense) {
			ev, err := r.CompileGradient(ph.ParamGrad(r.Constraint(i).Residual, nil), r.Points(i), crux.ForJacobian)
			if err != nil {
				t.Fatal(err)
			}
			if j, err = ev.Jacobian(); err != nil {
				t.Fatal(err)
			}
			if res, err = ev.Eval(); err != nil {
				t.Fatal(err)
			}
			return j, res
		}
		jd, rd := matrix(0)
		js, rs := matrix(1)
		var a, b mat.Dense
		a.Mul(jd.T(), jd)
		a.Scale(1./60, &a)
		b.Mul(js.T(), js)
		b.Scale(list[0].Weight/40, &b)
		a.Add(&a, &b)
		for i := range r.Parameters() {
			a.Set(i, i, a.At(i, i)+1e-13*mat.Trace(&a))
		}
		var right, more, change mat.Dense
		right.Mul(jd.T(), rd)
		right.Scale(-1./60, &right)
		more.Mul(js.T(), rs)
		more.Scale(list[0].Weight/40, &more)
		right.Sub(&right, &more)
		if err := change.Solve(&a, &right); err != nil {
			t.Log(err) // it is ill-conditioned: directions that no residual sees
		}
		var bent, inverse, hat mat.Dense
		bent.Mul(js, &change)
		bent.Add(&bent, rs)
		bends := mat.Norm(&bent, 2) * mat.Norm(&bent, 2) / 40
		if err := inverse.Solve(&a, jd.T()); err != nil {
			t.Log(err)
		}
		hat.Mul(jd, &inverse)
		freedom := mat.Trace(&hat)/60 - 2
		sigma := v.Noise[0].Sigma
		if w := freedom * sigma * sigma / 60 / bends; math.Abs(math.Log(w/list[0].Weight)) > 0.15 || math.Abs(freedom-list[0].Freedom) > 0.15*freedom {
			t.Errorf("weight %.3g and freedom %.3g; by dense algebra %.3g and %.3g", list[0].Weight, list[0].Freedom, w, freedom)
		}
		if sigma < 0.07 || sigma > 0.13 || freedom < 3 || freedom > 15 {
			t.Errorf("errors of %.3g, %.3g degrees of freedom of a wave", sigma, freedom)
		}
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
}

// How much smoothness should count beside noisy values, and how well they determine the function at three points.
func ExamplePriors() {
	s, q, err := wave(1)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close() //nolint:errcheck // it only ends workers
	if _, err := s.Solve(context.Background(), 60); err != nil {
		fmt.Println(err)
		return
	}
	err = s.Measure(context.Background(), weighed(func(ctx context.Context, r *crux.Run) error {
		list, ok, err := trackers.Priors(ctx, r)
		fmt.Printf("%v: constraint %d has a weight of about 10^%.0f\n", ok, list[0].Constraint, math.Log10(list[0].Weight))
		return err
	}))
	if err != nil {
		fmt.Println(err)
	}
	bands := &trackers.Bands{
		Of: []trackers.Quantity{{Name: "q", Expr: q}},
		At: &domain.Cloud{Coords: q.Coords(), X: []float64{0, 0.25, 0.5}},
	}
	if err := s.Measure(context.Background(), bands); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("± %.2f at the end, ± %.2f and ± %.2f inside\n", bands.Sigma[0][0], bands.Sigma[0][1], bands.Sigma[0][2])
	// Output:
	// true: constraint 1 has a weight of about 10^-6
	// ± 0.08 at the end, ± 0.07 and ± 0.04 inside
}
