package trackers_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/linalg"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers"
)

// tol is relative to the largest entry, fourth derivatives included.
const tol = 1e-10

func TestGoldenGradients(t *testing.T) {
	for name := range cases {
		t.Run(name, func(t *testing.T) {
			w := load(t, name)
			norms, cos, align := &trackers.GradientNorms{}, &trackers.CosSimilarity{}, &trackers.GradientAlignment{}
			mask := w.outputWeight()
			mNorms, mCos, mAlign := &trackers.GradientNorms{Mask: mask}, &trackers.CosSimilarity{Mask: mask}, &trackers.GradientAlignment{Mask: mask}
			w.measure(t, norms, mCos, cos, mNorms, align, mAlign)
			near(t, "norms", value(t, norms).Norms, w.Norms, tol)
			near(t, "cosines", value(t, cos).Matrix, flat(w.Cosines), tol)
			near(t, "alignment", []float64{value(t, align).Alignment + 1}, []float64{w.Alignment + 1}, tol)
			near(t, "masked norms", value(t, mNorms).Norms, w.Masked.Norms, tol)
			near(t, "masked cosines", value(t, mCos).Matrix, flat(w.Masked.Cosines), tol)
			near(t, "masked alignment", []float64{value(t, mAlign).Alignment + 1}, []float64{w.Masked.Alignment + 1}, tol)
			near(t, "weighted", value(t, norms).Weighted, w.Norms, tol) // all weights are 1
		})
	}
}

func TestGoldenResidualStats(t *testing.T) {
	for name := range cases {
		t.Run(name, func(t *testing.T) {
			w := load(t, name)
			tr := &trackers.ResidualStats{Bins: 7}
			w.measure(t, tr)
			v := value(t, tr)
			for i, c := range w.Constraints {
				near(t, c.Name, []float64{v.Means[i], v.Stds[i], v.Maxes[i], v.P99[i]},
					[]float64{w.Stats.Signed[i].Mean, w.Stats.Signed[i].Std, w.Stats.Abs[i].Max, w.Stats.Abs[i].P99}, tol)
				k := 0
				for j, r := range w.Residuals[i] {
					if math.Abs(r) > math.Abs(w.Residuals[i][k]) {
						k = j
					}
				}
				if math.Abs(math.Abs(w.Residuals[i][k])-v.Maxes[i]) > 1e-8*v.Maxes[i] {
					t.Errorf("%s: largest residual elsewhere", c.Name)
				}
				if n := len(v.Edges[i]); n != 8 {
					t.Errorf("%s: %d edges", c.Name, n)
				}
				total := 0
				for _, n := range v.Counts[i] {
					total += n
				}
				if total != len(w.Residuals[i]) {
					t.Errorf("%s: the histogram holds %d of %d values", c.Name, total, len(w.Residuals[i]))
				}
			}
		})
	}
}

func TestResidualStatsSayWhere(t *testing.T) {
	w := load(t, "poisson2d_tanh")
	tr := &trackers.ResidualStats{Constraints: []string{"bc", "pde"}}
	w.measure(t, tr)
	for k, i := range []int{1, 0} {
		at := 0
		for j, r := range w.Residuals[i] {
			if math.Abs(r) > math.Abs(w.Residuals[i][at]) {
				at = j
			}
		}
		if got, want := value(t, tr).Where[k], w.Points[w.Constraints[i].Points][at]; !slices.Equal(got, want) {
			t.Errorf("%s: at %v, want %v", w.Constraints[i].Name, got, want)
		}
	}
	if got := value(t, tr).Indices; !slices.Equal(got, []int{1, 0}) {
		t.Errorf("indices %v", got)
	}
}

func TestGoldenNTK(t *testing.T) {
	for name := range cases {
		t.Run(name, func(t *testing.T) {
			w := load(t, name)
			check := func(what string, e ph.Expr, k kernel, set string) {
				t.Helper()
				tr := &trackers.NTKSpectrum{Grad: ph.ParamGrad(e, nil), On: w.sets[set]}
				w.measure(t, tr)
				v := value(t, tr)
				near(t, what+" eigenvalues", v.Eigenvalues, k.Eigvals, 1e-9)
				near(t, what+" trace", []float64{v.Trace}, []float64{k.Trace}, tol)
			}
			for i, k := range w.NTK.Residual {
				check(k.Constraint, w.exprs[k.Constraint], k, w.Constraints[i].Points)
			}
			for _, k := range w.NTK.Field {
				check("u at "+k.Points, w.u, k, k.Points)
			}
		})
	}
}

func TestGoldenHessian(t *testing.T) {
	for name := range cases {
		t.Run(name, func(t *testing.T) {
			w := load(t, name)
			check := func(what string, tr *trackers.HessianSpectrum, top []float64, least float64) {
				t.Helper()
				w.measure(t, tr)
				v := value(t, tr)
				for i := range 3 { // each by itself, down to the rounding of the golden numbers
					if d := math.Abs(v.Eigenvalues[i] - top[i]); !(d <= 1e-6*math.Abs(top[i])+1e-13*top[0]) {
						t.Errorf("%s: value %d is %v, want %v", what, i, v.Eigenvalues[i], top[i])
					}
				}
				for i, x := range v.Eigenvalues {
					// The bound is about the nearest eigenvalue, and top may end before it. The golden numbers themselves are
					// right to about 1e-9 of the largest.
					d := math.Inf(1)
					for _, y := range top {
						d = math.Min(d, math.Abs(x-y))
					}
					if x > top[len(top)-1] && d > v.Bounds[i]+1e-9*top[0] {
						t.Errorf("%s: value %d is off by %v, bound %v", what, i, d, v.Bounds[i])
					}
				}
				if v.Smallest < least-1e-9*top[0] || v.Sharpness() != v.Eigenvalues[0] {
					t.Errorf("%s: smallest %v, below %v; sharpness %v", what, v.Smallest, least, v.Sharpness())
				}
			}
			check("all", &trackers.HessianSpectrum{Iters: 60}, w.Hessian.Eigvals, w.Hessian.Eigvals[w.P-1])
			for i, h := range w.Hessian.PerConstraint {
				c := w.Constraints[i].Name
				check(c, &trackers.HessianSpectrum{Iters: 60, Constraints: []string{c}}, h.Top, slices.Min(h.Bottom))
			}
		})
	}
}

// Lanczos from the golden start vector: the same Ritz values at the upper end, where they do not depend on rounding.
func TestGoldenLanczos(t *testing.T) {
	for name := range cases {
		t.Run(name, func(t *testing.T) {
			w := load(t, name)
			var got *linalg.Ritz
			w.measure(t, callback(func(ctx context.Context, s *crux.Step) (err error) {
				op := func(dst, v []float64) error { return s.Run.HVP(dst, nil, v) }
				got, err = linalg.Lanczos{Iters: w.Lanczos.N, Start: w.order(w.Lanczos.V0), Rand: s.Run.Solver().Stream("test")}.Run(ctx, w.P, op)
				return err
			}))
			if len(got.Values) != w.Lanczos.N {
				t.Fatalf("%d Ritz values, want %d", len(got.Values), w.Lanczos.N)
			}
			near(t, "upper Ritz values", got.Values[:3], w.Lanczos.Ritz[:3], 1e-9)
			near(t, "first coefficients", []float64{got.Alpha[0], got.Beta[0]}, []float64{w.Lanczos.Alphas[0], w.Lanczos.Betas[0]}, 1e-9)
		})
	}
}

// callback is a function called at every step.
type callback func(context.Context, *crux.Step) error

func (callback) OnSolveBegin(context.Context, *crux.Run) error { return nil }

func (f callback) OnStep(ctx context.Context, s *crux.Step) error { return f(ctx, s) }

// The Hessian diag(10, 0, …, 0): the losses are the mean of 5 a² over points where b x, c x and d x vanish.
func TestRankDeficientHessian(t *testing.T) {
	x := ph.NewCoord("x")
	a, b, c, d := ph.NewParam("a", 1), ph.NewParam("b", 2), ph.NewParam("c", 3), ph.NewParam("d", 4)
	s, err := crux.New(crux.Problem{Name: "flat", Constraints: []crux.Constraint{{
		Name: "one", Residual: a.Scale(math.Sqrt(5)).Add(b.Mul(x), c.Mul(x), d.Mul(x)), On: domain.At([]*ph.Coord{x}, []float64{0, 0, 0}),
	}}}, crux.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	tr := &trackers.HessianSpectrum{K: 6}
	if err := s.Measure(t.Context(), tr); err != nil {
		t.Fatal(err)
	}
	v := value(t, tr)
	near(t, "spectrum", v.Ritz, []float64{10, 0, 0, 0}, 1e-14)
	if !math.IsNaN(v.Eigenvalues[4]) || math.Abs(v.Smallest) > 1e-14 {
		t.Errorf("values %v, smallest %v", v.Eigenvalues, v.Smallest)
	}
}

// With as many iterations as parameters every eigenvalue is found, none twice, and the trace with enough probes.
func TestWholeHessian(t *testing.T) {
	w := load(t, "edge_conflict_zero")
	tr := &trackers.HessianSpectrum{K: 10, Iters: 1000, Probes: 300}
	w.measure(t, tr)
	v := value(t, tr)
	near(t, "spectrum", v.Ritz, w.Hessian.Eigvals, 1e-9)
	if d := math.Abs(v.Trace - w.Hessian.Trace); d > 4*v.TraceError {
		t.Errorf("trace %v ± %v, want %v", v.Trace, v.TraceError, w.Hessian.Trace)
	}
	// With all eigenvalues known the density integrates to 1 and its mean is that of the start vector.
	var mass, mean float64
	for i, m := range v.Mass {
		mass, mean = mass+m, mean+m*v.Ritz[i]
	}
	var area float64
	for x := v.Smallest - 5; x < v.Sharpness()+5; x += 0.01 {
		area += 0.01 * v.Density([]float64{x}, 0.3)[0]
	}
	near(t, "mass and area", []float64{mass, area}, []float64{1, 1}, 1e-6)
	one := &trackers.HessianSpectrum{Iters: 30}
	w.measure(t, one)
	near(t, "mean of the density", []float64{mean * float64(w.P)}, []float64{value(t, one).Trace}, 1e-10)
	if !math.IsNaN(v.Density([]float64{0}, 0)[0]) {
		t.Error("a density of width 0")
	}
	// A constraint without gradient has the zero matrix for its Hessian.
	zero := &trackers.HessianSpectrum{Constraints: []string{"const"}}
	w.measure(t, zero)
	for _, x := range value(t, zero).Eigenvalues {
		if x != 0 {
			t.Errorf("eigenvalue %v of the zero matrix", x)
		}
	}
}

func TestGoldenLandscape(t *testing.T) {
	for name := range cases {
		t.Run(name, func(t *testing.T) {
			w := load(t, name)
			l := w.Landscape
			d := [2][]float64{w.order(l.A), w.order(l.B)}
			filter := &trackers.LossLandscape{Grid: l.N, AlphaRange: l.Range, Directions: d}
			global := &trackers.LossLandscape{Grid: l.N, AlphaRange: l.Range, Directions: d, Global: true}
			w.measure(t, filter, global)
			near(t, "filter", value(t, filter).Loss, flat(l.Filter.Values), tol)
			near(t, "global", value(t, global).Loss, flat(l.Global.Values), tol)
			v := value(t, filter)
			near(t, "axis", v.Axis, l.Alphas, 1e-15)
			if !slices.Equal(filter.Result().Matrix("directions").RawRowView(0), d[0]) {
				t.Error("the result has other directions")
			}
			var mean float64
			for _, l := range v.Constraints {
				mean += l[v.N+3] / float64(len(v.Constraints))
			}
			near(t, "mean of the constraints' surfaces", []float64{mean}, []float64{v.At(1, 3)}, 1e-14)
		})
	}
}

// Saliency: the golden Jacobian of the field.
func TestGoldenSensitivity(t *testing.T) {
	for _, name := range []string{"poisson2d_tanh", "burgers1d_tanh", "poisson2d_sin_hardbc"} {
		w := load(t, name)
		for set, f := range w.Fields {
			tr := &trackers.InputSensitivity{Expr: ph.Jacobian(w.u, w.coords...), On: w.sets[set]}
			w.measure(t, tr)
			var want []float64
			for _, p := range f.Jacobian {
				want = append(want, flat(p)...)
			}
			near(t, name+" "+set, value(t, tr).Values, want, 1e-10)
			near(t, "points", value(t, tr).Points, flat(w.Points[set]), 0)
		}
	}
}
