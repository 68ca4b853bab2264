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

// TestReducedUpdate compares updates in a memory of six directions, full from the fifth on, with the published update of the
// full matrix and its spectrum cut by NumPy (testdata/reduced.py).
func TestReducedUpdate(t *testing.T) {
	b, err := os.ReadFile("testdata/reduced.json")
	if err != nil {
		t.Fatal(err)
	}
	type update struct {
		Alpha, Trace        float64
		Rank                int
		From, To, Direction []float64
	}
	var want struct {
		Memory            int
		SSBroyden, SSBFGS []update
	}
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		s    Scaling
		list []update
	}{{"SSBroyden", Broyden, want.SSBroyden}, {"SSBFGS", BFGS, want.SSBFGS}} {
		if len(c.list) < 10 {
			t.Fatalf("%d updates", len(c.list))
		}
		n := len(c.list[0].From)
		m := &Reduced{Scaling: c.s, Most: want.Memory}
		m.Reset(n)
		for k, u := range c.list {
			y := make([]float64, n)
			for i := range y {
				y[i] = u.To[i] - u.From[i]
			}
			m.Learn(Step{Y: y, From: u.From, To: u.To, Alpha: u.Alpha})
			p := make([]float64, n)
			m.Direction(p, u.To)
			d := m.basis.D
			trace := float64(n-d) * m.rho * m.rho
			for i := range d {
				trace += vec.Dot(m.row(i), m.row(i))
			}
			if d != u.Rank {
				t.Fatalf("%s update %d: %d directions, want %d", c.name, k, d, u.Rank)
			}
			// The two forms round differently, and the condition of H is up to 1e4.
			if math.Abs(trace-u.Trace) > 1e-10*u.Trace {
				t.Errorf("%s update %d: trace of H %v, want %v", c.name, k, trace, u.Trace)
			}
			for i := range p {
				if math.Abs(p[i]-u.Direction[i]) > 1e-10*vec.NormInf(u.Direction) {
					t.Fatalf("%s update %d: direction %v, want %v", c.name, k, p, u.Direction)
				}
			}
		}
	}
}

// coshes is the gradient of Σ cosh(c_i·x_i).
func coshes(g, x []float64) {
	for i, v := range x {
		c := 1 + float64(i%40)/4
		g[i] = c * math.Sinh(c*v)
	}
}

// walk takes steps along the directions of a model and calls after for each.
func walk(m Model, n, steps int, after func(k int, s, y, g []float64)) {
	rng := rand.New(rand.NewPCG(1, 2))
	x, g, to, y, p, s := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range x {
		x[i] = 0.2 * rng.NormFloat64()
	}
	coshes(g, x)
	for k := range steps {
		if m.Empty() {
			for i := range p {
				p[i] = -g[i]
			}
		} else {
			m.Direction(p, g)
		}
		alpha := 0.3 / max(1, vec.Norm2(p))
		for i := range x {
			s[i] = alpha * p[i]
			x[i] += s[i]
		}
		coshes(to, x)
		for i := range y {
			y[i] = to[i] - g[i]
		}
		m.Learn(Step{Y: y, From: g, To: to, Alpha: alpha})
		copy(g, to)
		after(k, s, y, g)
	}
}

// TestReducedIsDense: as long as nothing was dropped the directions are those of the matrix.
func TestReducedIsDense(t *testing.T) {
	const n, steps = 90, 30
	var want [][]float64
	matrix := &Dense{Pool: vec.Crew(1), Scaling: Broyden}
	matrix.Reset(n)
	walk(matrix, n, steps, func(_ int, _, _, g []float64) {
		p := make([]float64, n)
		matrix.Direction(p, g)
		want = append(want, p)
	})
	m := &Reduced{Scaling: Broyden, Most: steps + 2}
	m.Reset(n)
	walk(m, n, steps, func(k int, _, _, g []float64) {
		p := make([]float64, n)
		m.Direction(p, g)
		for i := range p {
			if math.Abs(p[i]-want[k][i]) > 1e-9*vec.NormInf(want[k]) {
				t.Fatalf("step %d: direction[%d] = %v, of the matrix %v", k, i, p[i], want[k][i])
			}
		}
	})
}

// TestReducedSecant: while the memory is cut again and again, its directions stay orthonormal to rounding, H has no eigenvalue that
// is not positive, and the equation H·y = s of the latest pair holds after a step that cut nothing.
func TestReducedSecant(t *testing.T) {
	const n = 1100 // several blocks of columns
	m := &Reduced{Scaling: Broyden, Most: 12}
	m.Reset(n)
	checked, cut, before := 0, 0, 0
	walk(m, n, 200, func(k int, s, y, _ []float64) {
		d := m.basis.D
		if d <= before {
			cut++
		}
		for i := range d {
			for j := range i + 1 {
				want := 0.0
				if i == j {
					want = 1
				}
				if e := math.Abs(vec.Dot(m.basis.Row(i), m.basis.Row(j)) - want); e > 1e-13 {
					t.Fatalf("step %d: rows %d and %d are off by %v", k, i, j, e)
				}
			}
		}
		if !(m.rho > 0) || !vec.Finite(m.rho) {
			t.Fatalf("step %d: ρ = %v", k, m.rho)
		}
		if d > before && before > 0 {
			c, rest := make([]float64, d), make([]float64, n)
			m.basis.Split(c, rest, y)
			u, v, hy := make([]float64, d), make([]float64, d), make([]float64, n)
			m.tMul(u, c)
			for i := range d {
				v[i] = -vec.Dot(m.row(i), u)
			}
			m.basis.Combine(hy, v)
			vec.Axpy(m.rho*m.rho, rest, hy)
			for i := range hy {
				if math.Abs(hy[i]-s[i]) > 1e-9*vec.NormInf(s) {
					t.Fatalf("step %d: (Hy)[%d] = %v, s[%d] = %v", k, i, hy[i], i, s[i])
				}
			}
			checked++
		}
		before = d
	})
	if cut < 20 || checked < 50 {
		t.Errorf("%d cuts and %d steps without", cut, checked)
	}
}

// Numbers that are not finite end the memory, not the run.
func TestReducedForgetsWhatIsNotFinite(t *testing.T) {
	m := &Reduced{Scaling: Broyden, Most: 3}
	m.Reset(10)
	g := make([]float64, 10)
	for k := range 5 {
		g[k] = 1
		m.Learn(Step{From: slices.Clone(g), To: append([]float64{2}, g[1:]...), Alpha: 1})
		if k == 2 {
			m.s[0] = math.NaN()
			m.aim()
			m.basis.D = m.Most
			m.aim()
			if !m.Empty() {
				t.Error("the memory holds NaN and is not empty")
			}
		}
	}
}
