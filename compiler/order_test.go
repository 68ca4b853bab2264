package compiler_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/crux-pinn/crux/compiler"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// mixed lists derivatives up to sixth order, pure and mixed, of a function of x and y.
func mixed(u ph.Expr, x, y *ph.Coord) ph.Expr {
	return ph.Concat(
		u, u.D(x), u.D(y), u.D(x, y), u.D(y, y), u.D(x, x, x), u.D(x, y, y), u.D(x, x, y, y), u.D(y, y, y, y),
		u.D(x, x, x, y, y), u.D(x, x, x, x, x, x).Scale(0.01), u.D(x, x, y, y, y, y).Scale(0.01), u.D(x, y, x, y, x, y).Scale(0.01),
	)
}

func TestEveryActivationToSixthOrder(t *testing.T) {
	for _, name := range net.Activations() {
		t.Run(name, func(t *testing.T) {
			act, err := net.ActivationByName(name)
			if err != nil {
				t.Fatal(err)
			}
			w := newWorld()
			u := ph.NewField("v", net.MLP{Hidden: []int{4, 4}, Act: act}, w.x, w.y)
			e := mixed(u, w.x, w.y)
			switch name {
			case "relu", "relu2", "relu3": // piecewise polynomials of low degree
				e = ph.Concat(u, u.D(w.x), u.D(w.x, w.y))
			}
			w.compile(t, compiler.TraceCompiler{}, w.group(e), w.batch(2, 1)).expect(t, 1e-10)
		})
	}
}

func TestAdaptiveAndFactorizedLayers(t *testing.T) {
	w := newWorld()
	for _, m := range modules() {
		t.Run(fmt.Sprintf("%T", m), func(t *testing.T) {
			u := ph.NewField("v", m, w.x, w.y)
			e := ph.Concat(u, u.D(w.x), u.D(w.x, w.y), ph.Laplacian(u, w.x, w.y), u.D(w.y, w.y, w.x), u.D(w.x, w.x, w.y, w.y))
			r := w.compile(t, compiler.TraceCompiler{}, w.group(e), w.batch(2, 1))
			r.expect(t, 1e-10)
			agree(t, r.p, w.compile(t, compiler.TraceCompiler{Reference: true}, r.g, r.b).p, r.theta, r.fixed, 0)
			r.expectHVP(t, 1e-6)
		})
	}
}

// modules are small networks of every kind.
func modules() []ph.Module {
	return []ph.Module{
		net.MLP{Hidden: []int{}, Out: 2},
		net.MLP{Hidden: []int{4}, Out: 2, AdaptiveSlope: 5, Factorized: true},
		net.ModifiedMLP{Hidden: []int{4, 4}, Out: 2, AdaptiveSlope: 2},
		net.ModifiedMLP{Hidden: []int{4, 4}, Factorized: true},
		net.Fourier{Features: 3, Inner: net.MLP{Hidden: []int{4}, Out: 2}},
		net.Fourier{Features: 12, Inner: net.MLP{Hidden: []int{4}}},
		net.SIREN{Hidden: []int{4, 4}, Omega: 3},
		net.ResNet{Width: 4, Blocks: 2, Out: 2},
		net.PirateNet{Width: 4, Blocks: 2},
		net.PirateNet{Width: 12, Blocks: 1, Factorized: true, Out: 2},
		net.Periodic{Harmonics: 2, Inner: net.MLP{Hidden: []int{4}}},
	}
}

// expectHVP compares Hessian-vector products with Richardson's extrapolation of central differences of gradients:
// (4 d(h/2) − d(h))/3, of fourth order.
func (r *run) expectHVP(t tb, tol float64) {
	t.Helper()
	v := direction(len(r.theta), 23)
	w := make([]float64, r.p.Len())
	for i := range w {
		w[i] = 0.5 + float64(i)
	}
	central := func(h float64) []float64 {
		plus, minus := make([]float64, len(v)), make([]float64, len(v))
		for i := range v {
			plus[i], minus[i] = r.theta[i]+h*v[i], r.theta[i]-h*v[i]
		}
		a, _ := r.gradient(t, plus, w)
		b, _ := r.gradient(t, minus, w)
		for i := range a {
			a[i] = (a[i] - b[i]) / (2 * h)
		}
		return a
	}
	const h = 1e-3
	want, fine := central(h), central(h/2)
	for i := range want {
		want[i] = (4*fine[i] - want[i]) / 3
	}
	if e := relative(r.hvp(t, w, v), want); !(e <= tol) {
		t.Errorf("Hessian-vector product: relative error %.2e against differences of gradients", e)
	}
}

// A gradient is checked against differences of the loss alone, which knows nothing of the reverse sweep.
func TestGradientAgainstDifferences(t *testing.T) {
	w := newWorld()
	u := w.u
	pde := u.D(w.t).Add(u.Mul(u.D(w.x))).Sub(w.k.Mul(u.D(w.x, w.x)))
	div := ph.Divergence(w.flow.Slice(0, 2), w.x, w.y)
	g := w.group(pde, div, w.flow.Index(2).Sub(ph.Column("data")), u.Sub(ph.Const(0.3)))
	for i, l := range []compiler.Loss{{}, {Kind: compiler.Huber, Delta: 0.4}, {Kind: compiler.Mean}, {Kind: compiler.MAE}} {
		g.Residuals[i].Loss = l
	}
	g.Weighted = true
	b := w.batch(40, 2)
	for i := range b.N {
		b.Weights = append(b.Weights, 0.5+float64(i%3))
	}
	r := w.compile(t, compiler.TraceCompiler{}, g, b)
	weights := []float64{1, 2, -0.5, 3}
	grad, _ := r.gradient(t, r.theta, weights)
	loss := func(theta []float64) float64 {
		l := make([]float64, r.p.Len())
		if err := r.p.Losses(l, theta, r.fixed); err != nil {
			t.Fatal(err)
		}
		var s float64
		for i := range l {
			s += weights[i] * l[i]
		}
		return s
	}
	for i := range r.theta {
		d := func(h float64) float64 {
			x := r.theta[i]
			defer func() { r.theta[i] = x }()
			r.theta[i] = x + h
			p := loss(r.theta)
			r.theta[i] = x - h
			return (p - loss(r.theta)) / (2 * h)
		}
		if want := (4*d(5e-5) - d(1e-4)) / 3; math.Abs(grad[i]-want) > 1e-7 {
			t.Errorf("parameter %d: %v, differences give %v", i, grad[i], want)
		}
	}
	for i := range r.p.Len() { // one at a time they add up to the weighted sum
		one := make([]float64, len(grad))
		if err := r.p.GradientOf(i, one, r.theta, r.fixed); err != nil {
			t.Fatal(err)
		}
		for k := range grad {
			grad[k] -= weights[i] * one[k]
		}
	}
	if e := magnitude(grad); e > 1e-13 {
		t.Errorf("the gradients of the residuals differ from their sum by %.2e", e)
	}
}
