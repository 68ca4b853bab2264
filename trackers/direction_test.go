package trackers_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers"
)

// Along the gradient the slope of the surface at its centre is g·d; along the leading eigenvectors, whose value is known
// from JAX, its curvature is λ‖d‖², and the two do not mix.
func TestDirectionsOfTheStep(t *testing.T) {
	for _, masked := range []bool{false, true} {
		w := load(t, "burgers1d_tanh")
		var mask ph.Selector
		if masked {
			mask = w.raw.LastLayer()
		}
		along := func(d ...trackers.Direction) *trackers.LossLandscape {
			return &trackers.LossLandscape{Along: [2]trackers.Direction(d), Grid: 3, AlphaRange: 1e-4, Mask: mask}
		}
		down := along(trackers.GradientDirection, trackers.RandomDirection)
		curved := along(trackers.CurvatureDirection, trackers.CurvatureDirection)
		spectrum := &trackers.HessianSpectrum{Iters: 60, Mask: mask}
		var grad []float64
		var norm float64 // of the selected parameters
		w.measure(t, down, curved, spectrum, callback(func(_ context.Context, s *crux.Step) error {
			in, err := s.Run.Select(mask)
			theta := s.Theta()
			for i, ok := range in {
				if ok {
					grad, norm = append(grad, s.Grad[i]), math.Hypot(norm, theta[i])
				}
			}
			return err
		}))
		v := value(t, down)
		d := v.Directions[0]
		near(t, "norm", []float64{floats.Norm(d, 2)}, []float64{norm}, 1e-11)
		slope := (v.At(2, 1) - v.At(0, 1)) / 2e-4
		near(t, "slope", []float64{slope}, []float64{floats.Norm(grad, 2) * norm}, 1e-5)

		v = value(t, curved)
		a, b := v.Directions[0], v.Directions[1]
		near(t, "orthogonal", []float64{1 + floats.Dot(a, b)/norm/norm}, []float64{1}, 1e-12)
		second := func(f func(i int) float64) float64 { return (f(2) - 2*f(1) + f(0)) / 1e-8 / norm / norm }
		got := []float64{second(func(i int) float64 { return v.At(i, 1) }), second(func(j int) float64 { return v.At(1, j) })}
		near(t, "curvature", got, value(t, spectrum).Eigenvalues[:2], 1e-4)
		mixed := (v.At(2, 2) - v.At(0, 2) - v.At(2, 0) + v.At(0, 0)) / 4e-8 / norm / norm
		if math.Abs(mixed) > 1e-4*got[0] {
			t.Errorf("mixed second derivative %v of %v", mixed, got[0])
		}
		if !masked {
			near(t, "curvature from JAX", got, w.Hessian.Eigvals[:2], 1e-4)
		}
	}
}

// wander trains a and b, with rates that differ, so that the path bends in their plane; c stays where it is.
func wander(t *testing.T) *crux.Solver {
	x := ph.NewCoord("x")
	on := domain.NewInterval(x, 0, 1).Interior(4)
	a, b, c := ph.NewParam("a", 4), ph.NewParam("b", 3), ph.NewParam("c", 2)
	s, err := crux.New(crux.Problem{Name: "wander", Constraints: []crux.Constraint{
		{Name: "ab", Residual: a.Add(b.Scale(0.2)), On: on},
		{Name: "b", Residual: b.Scale(0.5).Add(c.Sub(c)), On: on},
		{Name: "c", Residual: c.Sub(ph.Const(2)), On: on},
	}}, crux.Options{Method: &optim.SGD{LR: optim.Constant(0.02)}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// Principal components span the plane of the path; before there is a path the drawn direction serves. A run broken off and
// resumed finds the same.
func TestPrincipalDirections(t *testing.T) {
	build := func() *trackers.LossLandscape {
		pca := trackers.PCADirection
		return &trackers.LossLandscape{Along: [2]trackers.Direction{pca, pca}, Grid: 2, Interval: 20, Global: true}
	}
	s := wander(t)
	whole := build()
	var path []float64
	solve(t, s, 21, whole, callback(func(_ context.Context, s *crux.Step) error {
		path = append(path, s.Theta()...)
		return nil
	}))
	measured := whole.Result().Values
	at := slices.IndexFunc(s.Parameters(), func(p crux.Parameter) bool { return p.Path == "c" })
	if d := measured[0].Directions[0]; d[at] == 0 {
		t.Errorf("at step 0 the direction %v is not drawn", d)
	}
	first, second := measured[1].Directions[0], measured[1].Directions[1]
	if math.Abs(first[at])+math.Abs(second[at]) > 1e-9 || math.Abs(floats.Dot(first, second)) > 1e-9 {
		t.Errorf("components %v and %v leave the plane of the path", first, second)
	}
	// By singular values of the centred path, as the definition has it.
	x := mat.NewDense(21, 3, path)
	for j := range 3 {
		mean := mat.Sum(x.ColView(j)) / 21
		for i := range 21 {
			x.Set(i, j, x.At(i, j)-mean)
		}
	}
	var svd mat.SVD
	svd.Factorize(x, mat.SVDThin)
	var v mat.Dense
	svd.VTo(&v)
	cosine := math.Abs(mat.Dot(v.ColView(0), mat.NewVecDense(3, first))) / floats.Norm(first, 2)
	near(t, "first component", []float64{cosine}, []float64{1}, 1e-12)

	half, s2 := build(), wander(t)
	solve(t, s2, 9, half)
	b, err := half.State()
	if err != nil {
		t.Fatal(err)
	}
	resumed := build()
	if err := resumed.SetState(b); err != nil {
		t.Fatal(err)
	}
	solve(t, s2, 12, resumed)
	if got := resumed.Result().Values[1].Directions; !slices.Equal(got[0], first) || !slices.Equal(got[1], second) {
		t.Errorf("resumed: %v, want %v and %v", got, first, second)
	}
}
