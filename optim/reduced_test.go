package optim

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
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
		s    scaling
		list []update
	}{{"SSBroyden", broydenScaling, want.SSBroyden}, {"SSBFGS", bfgsScaling, want.SSBFGS}} {
		if len(c.list) < 10 {
			t.Fatalf("%d updates", len(c.list))
		}
		n := len(c.list[0].From)
		m := &reduced{scaling: c.s, most: want.Memory}
		m.reset(n)
		for k, u := range c.list {
			y := make([]float64, n)
			for i := range y {
				y[i] = u.To[i] - u.From[i]
			}
			m.learn(step{y: y, from: u.From, to: u.To, alpha: u.Alpha})
			p := make([]float64, n)
			m.direction(p, u.To)
			d := m.basis.d
			trace := float64(n-d) * m.rho * m.rho
			for i := range d {
				trace += dot(m.row(i), m.row(i))
			}
			if d != u.Rank {
				t.Fatalf("%s update %d: %d directions, want %d", c.name, k, d, u.Rank)
			}
			// The two forms round differently, and the condition of H is up to 1e4.
			if math.Abs(trace-u.Trace) > 1e-10*u.Trace {
				t.Errorf("%s update %d: trace of H %v, want %v", c.name, k, trace, u.Trace)
			}
			for i := range p {
				if math.Abs(p[i]-u.Direction[i]) > 1e-10*normInf(u.Direction) {
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
func walk(m curvature, n, steps int, after func(k int, s, y, g []float64)) {
	rng := rand.New(rand.NewPCG(1, 2))
	x, g, to, y, p, s := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range x {
		x[i] = 0.2 * rng.NormFloat64()
	}
	coshes(g, x)
	for k := range steps {
		if m.empty() {
			for i := range p {
				p[i] = -g[i]
			}
		} else {
			m.direction(p, g)
		}
		alpha := 0.3 / max(1, norm2(p))
		for i := range x {
			s[i] = alpha * p[i]
			x[i] += s[i]
		}
		coshes(to, x)
		for i := range y {
			y[i] = to[i] - g[i]
		}
		m.learn(step{y: y, from: g, to: to, alpha: alpha})
		copy(g, to)
		after(k, s, y, g)
	}
}

// TestReducedIsDense: as long as nothing was dropped the directions are those of the matrix.
func TestReducedIsDense(t *testing.T) {
	const n, steps = 90, 30
	var want [][]float64
	matrix := &dense{workers: 1, scaling: broydenScaling}
	matrix.reset(n)
	walk(matrix, n, steps, func(_ int, _, _, g []float64) {
		p := make([]float64, n)
		matrix.direction(p, g)
		want = append(want, p)
	})
	m := &reduced{scaling: broydenScaling, most: steps + 2}
	m.reset(n)
	walk(m, n, steps, func(k int, _, _, g []float64) {
		p := make([]float64, n)
		m.direction(p, g)
		for i := range p {
			if math.Abs(p[i]-want[k][i]) > 1e-9*normInf(want[k]) {
				t.Fatalf("step %d: direction[%d] = %v, of the matrix %v", k, i, p[i], want[k][i])
			}
		}
	})
}

// TestReducedSecant: while the memory is cut again and again, its directions stay orthonormal to rounding, H has no eigenvalue that
// is not positive, and the equation H·y = s of the latest pair holds after a step that cut nothing.
func TestReducedSecant(t *testing.T) {
	const n = 1100 // several blocks of columns
	m := &reduced{scaling: broydenScaling, most: 12}
	m.reset(n)
	checked, cut, before := 0, 0, 0
	walk(m, n, 200, func(k int, s, y, _ []float64) {
		d := m.basis.d
		if d <= before {
			cut++
		}
		for i := range d {
			for j := range i + 1 {
				want := 0.0
				if i == j {
					want = 1
				}
				if e := math.Abs(dot(m.basis.row(i), m.basis.row(j)) - want); e > 1e-13 {
					t.Fatalf("step %d: rows %d and %d are off by %v", k, i, j, e)
				}
			}
		}
		if !(m.rho > 0) || !finite(m.rho) {
			t.Fatalf("step %d: ρ = %v", k, m.rho)
		}
		if d > before && before > 0 {
			c, rest := make([]float64, d), make([]float64, n)
			m.basis.split(c, rest, y)
			u, v, hy := make([]float64, d), make([]float64, d), make([]float64, n)
			m.tMul(u, c)
			for i := range d {
				v[i] = -dot(m.row(i), u)
			}
			m.basis.combine(hy, v)
			axpy(m.rho*m.rho, rest, hy)
			for i := range hy {
				if math.Abs(hy[i]-s[i]) > 1e-9*normInf(s) {
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

// Both forms of H are the same method to its user: the switch says so, and a state is of one form.
func TestMemorySwitch(t *testing.T) {
	for _, c := range []struct {
		memory, n int
		describe  string
		choice    string
	}{
		{0, 5000, "SSBroyden", ""},
		{0, 5001, "SSBroyden(memory 300)", "SSBroyden with a memory of 300 directions: a matrix is kept up to 5000 parameters, and there are 5001"},
		{0, 4_000_000, "SSBroyden(memory 33)", "SSBroyden with a memory of 33 directions: a matrix is kept up to 5000 parameters, and there are 4000000"},
		{0, 100_000_000, "SSBroyden(memory 30)", "SSBroyden with a memory of 30 directions: a matrix is kept up to 5000 parameters, and there are 100000000"},
		{50, 5001, "SSBroyden(memory 50)", ""},
		{50, 51, "SSBroyden(memory 50)", ""},
		{50, 50, "SSBroyden", ""},
		{6000, 5001, "SSBroyden", ""},
	} {
		if n := directions(c.memory, c.n); n > 0 && !strings.Contains(c.describe, "memory") {
			t.Errorf("%d of %d: a limit of %d", c.memory, c.n, n)
		}
		q := quasiNewton{}
		q.layout = layout{n: c.n, known: true}
		if got := q.describe("SSBroyden", c.memory); got != c.describe {
			t.Errorf("%d of %d: %q, want %q", c.memory, c.n, got, c.describe)
		}
		if got := strings.Join(q.choices("SSBroyden", c.memory), "\n"); got != c.choice {
			t.Errorf("%d of %d: choice %q, want %q", c.memory, c.n, got, c.choice)
		}
	}

	m := &SSBroyden{Memory: 1}
	if err := m.Init(Flat(9)); err == nil || !strings.Contains(err.Error(), "Memory 1") {
		t.Errorf("a memory of one direction: %v", err)
	}
	m.Memory = -1
	if err := m.Init(Flat(9)); err == nil || !strings.Contains(err.Error(), "Memory -1") {
		t.Errorf("a negative memory: %v", err)
	}

	// Another memory starts afresh, and does not take the state of the other.
	theta := make([]float64, 9)
	var states [][]byte
	for _, memory := range []int{0, 4, 0, 4, 3} {
		m.Memory = memory
		if err := m.Init(Flat(9)); err != nil {
			t.Fatal(err)
		}
		clear(theta)
		for range 6 {
			if _, err := m.Step(context.Background(), lending(0), theta); err != nil && !errors.Is(err, ErrConverged) {
				t.Fatal(err)
			}
		}
		s, err := m.State()
		if err != nil {
			t.Fatal(err)
		}
		states = append(states, s)
	}
	if !slices.Equal(states[0], states[2]) || !slices.Equal(states[1], states[3]) {
		t.Error("a method whose Memory was changed and changed back is not as a fresh one")
	}
	for _, s := range [][]byte{states[0], states[1]} {
		if err := m.SetState(s); err == nil {
			t.Error("a state of another memory was accepted")
		}
	}
}

// Numbers that are not finite end the memory, not the run.
func TestReducedForgetsWhatIsNotFinite(t *testing.T) {
	m := &reduced{scaling: broydenScaling, most: 3}
	m.reset(10)
	g := make([]float64, 10)
	for k := range 5 {
		g[k] = 1
		m.learn(step{from: slices.Clone(g), to: append([]float64{2}, g[1:]...), alpha: 1})
		if k == 2 {
			m.s[0] = math.NaN()
			m.aim()
			m.basis.d = m.most
			m.aim()
			if !m.empty() {
				t.Error("the memory holds NaN and is not empty")
			}
		}
	}
}
