package secant

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/crux-pinn/crux/optim/internal/vec"
)

// TestSelfScaledUpdate compares eight updates of the factor with the published update of the full matrix, done by NumPy.
func TestSelfScaledUpdate(t *testing.T) {
	b, err := os.ReadFile("testdata/broyden.json")
	if err != nil {
		t.Fatal(err)
	}
	type update struct {
		Alpha, Trace, Theta, Tau float64
		From, To, Direction      []float64
	}
	var want map[string][]update
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]Scaling{"ssbroyden": Broyden, "ssbfgs": BFGS} {
		d := &Dense{Pool: vec.Crew(1)}
		d.Scaling = func(b, h, a float64, n int) (theta, tau float64) { return s(b, h, a, n) }
		d.Reset(6)
		for k, u := range want[name] {
			y := make([]float64, 6)
			for i := range y {
				y[i] = u.To[i] - u.From[i]
			}
			d.Learn(Step{Y: y, From: u.From, To: u.To, Alpha: u.Alpha, SY: 1})
			p := make([]float64, 6)
			d.Direction(p, u.To)
			trace := 0.0
			for _, v := range d.z.a {
				trace += v * v // tr ZZᵀ
			}
			// H has a condition of about 1e3 here, and the two forms round differently.
			if math.Abs(trace-u.Trace) > 1e-11*u.Trace {
				t.Errorf("%s update %d: trace of H %v, want %v", name, k, trace, u.Trace)
			}
			for i := range p {
				if math.Abs(p[i]-u.Direction[i]) > 1e-11*vec.NormInf(u.Direction) {
					t.Errorf("%s update %d: direction %v, want %v", name, k, p, u.Direction)
					break
				}
			}
		}
	}
}

// TestSelfScaledSecant: H·y = s after every update, and the direction carried along is −H·g.
func TestSelfScaledSecant(t *testing.T) {
	const n = 40
	rng := rand.New(rand.NewPCG(1, 2))
	d := &Dense{Pool: vec.Crew(2), Scaling: Broyden}
	d.Reset(n)
	grad := func(g, x []float64) { // of Σ cosh(c_i x_i)
		for i, v := range x {
			c := 1 + float64(i)/4
			g[i] = c * math.Sinh(c*v)
		}
	}
	x, g, to, y, p, h := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range x {
		x[i] = 0.2 * rng.NormFloat64()
	}
	grad(g, x)
	for k := range 60 {
		if d.Empty() {
			for i := range p {
				p[i] = -g[i]
			}
		} else {
			d.Direction(p, g)
		}
		alpha := 0.3 / max(1, vec.Norm2(p))
		vec.Axpy(alpha, p, x)
		grad(to, x)
		for i := range y {
			y[i] = to[i] - g[i]
		}
		d.Learn(Step{Y: y, From: g, To: to, Alpha: alpha})
		d.z.tMulVec(d.Pool, h, y)
		hy := make([]float64, n)
		d.z.mulVec(d.Pool, hy, h)
		for i := range hy {
			if s := alpha * p[i]; math.Abs(hy[i]-s) > 1e-9*alpha*vec.NormInf(p) {
				t.Fatalf("update %d: (Hy)[%d] = %v, s[%d] = %v", k, i, hy[i], i, s)
			}
		}
		want := make([]float64, n)
		d.z.tMulVec(d.Pool, h, to)
		d.z.mulVec(d.Pool, want, h)
		for i := range want {
			if math.Abs(d.p[i]+want[i]) > 1e-10*vec.NormInf(want) {
				t.Fatalf("update %d: direction[%d] = %v, −Hg is %v", k, i, d.p[i], -want[i])
			}
		}
		copy(g, to)
	}
}

// TestScalingBounds: θ and τ keep the update positive definite, σ > 0 and τ > 0, and τ ≤ 1, for all b, h with bh ≥ 1.
func TestScalingBounds(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 100000 {
		b := math.Exp(20 * rng.NormFloat64() / 3)
		a := math.Exp(20 * rng.NormFloat64() / 3)
		h := (1 + a) / b
		for _, n := range []int{1, 2, 100} {
			theta, tau := Broyden(b, h, a, n)
			if sigma := 1 + a*theta; !(sigma > 0) || !(tau > 0 && tau <= 1) || math.IsNaN(theta) {
				t.Fatalf("b %g, h %g, a %g, n %d: θ %g, σ %g, τ %g", b, h, a, n, theta, sigma, tau)
			}
		}
	}
}

// TestFactorWorkers: products and updates have the same bits with one goroutine and with five.
func TestFactorWorkers(t *testing.T) {
	const n = 700 // several blocks
	x, eh := make([]float64, n), make([]float64, n)
	var out [2][][]float64
	for k, workers := range []int{1, 5} {
		rng := rand.New(rand.NewPCG(5, 6))
		d := &Dense{Pool: vec.Crew(workers), Scaling: Broyden}
		d.Reset(n)
		d.z, d.known = newFactor(n), true
		if len(d.z.partial) < 3 {
			t.Fatalf("only %d blocks", len(d.z.partial))
		}
		for i := range d.z.a {
			d.z.a[i] = rng.NormFloat64()
		}
		for i := range x {
			x[i], eh[i] = rng.NormFloat64(), rng.NormFloat64()
			d.r[i], d.zh[i], d.eh[i] = rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()
		}
		zx, ztx := make([]float64, n), make([]float64, n)
		d.z.mulVec(d.Pool, zx, x)
		d.z.tMulVec(d.Pool, ztx, x)
		d.apply(correction{1.1, 0.2, 0.3, 0.4}, slices.Clone(eh))
		out[k] = [][]float64{zx, ztx, d.z.a, d.p, d.r}
	}
	for i, name := range []string{"Zx", "Zᵀx", "Z", "p", "r"} {
		if !slices.Equal(out[0][i], out[1][i]) {
			t.Errorf("%s depends on the number of workers", name)
		}
	}
}
