package known

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/integrate/quad"
)

// constants is short for the constants of a problem.
type constants = map[string]float64

// law states a problem, independently of how the library solves it.
type law struct {
	name   string
	cases  []constants            // constants to try besides the defaults
	step   float64                // of the numerical derivatives
	tol    float64                // of the equations, relative to the sum of the sizes of the terms
	smooth func(p []float64) bool // where the derivatives exist; nil: everywhere

	// equations returns, for each equation, its terms: they must add up to 0.
	equations func(q probe, c constants) [][]float64
	// conditions calls zero with what must be 0 on the boundary and at the start.
	conditions func(at func(p ...float64) probe, s float64, c constants, zero func(what string, v float64))
}

var sinPi = func(x float64) float64 { return math.Sin(pi * x) }

// heatLaw is shared by both heat problems.
func heatLaw(q probe, kappa float64) [][]float64 {
	return [][]float64{{q.d(0, 0), -kappa * q.dd(0, 1)}}
}

// burgersLaw is shared by both Burgers problems.
func burgersLaw(q probe, nu float64) [][]float64 {
	return [][]float64{{q.d(0, 0), q.u(0) * q.d(0, 1), -nu * q.dd(0, 1)}}
}

func burgersConditions(at func(p ...float64) probe, s float64, _ constants, zero func(string, float64)) {
	zero("u(0,x) + sin pi x", at(0, 2*s-1).u(0)+sinPi(2*s-1))
	zero("u(t,-1)", at(s, -1).u(0))
	zero("u(t,1)", at(s, 1).u(0))
}

var laws = []law{
	{
		name: "poisson1d", step: 0.1, tol: 1e-9,
		equations: func(q probe, _ constants) [][]float64 {
			return [][]float64{{-q.dd(0, 0), -pi * pi * sinPi(q.p[0])}}
		},
		conditions: func(at func(p ...float64) probe, _ float64, _ constants, zero func(string, float64)) {
			zero("u(-1)", at(-1).u(0))
			zero("u(1)", at(1).u(0))
		},
	},
	{
		name: "poisson2d", step: 0.1, tol: 1e-9,
		equations: func(q probe, _ constants) [][]float64 {
			return [][]float64{{-q.dd(0, 0), -q.dd(0, 1), -2 * pi * pi * sinPi(q.p[0]) * sinPi(q.p[1])}}
		},
		conditions: func(at func(p ...float64) probe, s float64, _ constants, zero func(string, float64)) {
			for side, p := range [][]float64{{0, s}, {1, s}, {s, 0}, {s, 1}} {
				zero(fmt.Sprint("u on side ", side), at(p...).u(0))
			}
		},
	},
	{
		name: "laplace", step: 0.1, tol: 1e-9,
		equations: func(q probe, _ constants) [][]float64 { return [][]float64{{q.dd(0, 0), q.dd(0, 1)}} },
		conditions: func(at func(p ...float64) probe, s float64, _ constants, zero func(string, float64)) {
			zero("left", at(0, s).u(0))
			zero("right", at(1, s).u(0))
			zero("bottom", at(s, 0).u(0))
			zero("top", at(s, 1).u(0)-sinPi(s))
		},
	},
	{
		name: "helmholtz2d", step: 0.05, tol: 1e-9, cases: []constants{{"k": 3, "a1": 2, "a2": 3}},
		equations: func(q probe, c constants) [][]float64 {
			f := (c["k"]*c["k"] - (c["a1"]*c["a1"]+c["a2"]*c["a2"])*pi*pi) * q.u(0)
			return [][]float64{
				{q.dd(0, 0), q.dd(0, 1), c["k"] * c["k"] * q.u(0), -q.u(1)},
				{f, -q.u(1)},
			}
		},
		conditions: func(at func(p ...float64) probe, s float64, _ constants, zero func(string, float64)) {
			for side, p := range [][]float64{{-1, s}, {1, s}, {s, -1}, {s, 1}} {
				zero(fmt.Sprint("u on side ", side), at(p...).u(0))
			}
		},
	},
	{
		name: "lshape", step: 0.05, tol: 1e-8,
		smooth:    func(p []float64) bool { return math.Hypot(p[0], p[1]) > 0.15 },
		equations: func(q probe, _ constants) [][]float64 { return [][]float64{{q.dd(0, 0), q.dd(0, 1)}} },
		conditions: func(at func(p ...float64) probe, s float64, _ constants, zero func(string, float64)) {
			zero("right of the corner", at(s, 0).u(0))
			zero("just below the side", at(s, -1e-17).u(0))
			zero("below the corner", at(0, -s).u(0))
			zero("just right of the side", at(1e-17, -s).u(0))
			zero("corner", at(0, 0).u(0))
		},
	},
	{
		name: "kovasznay", step: 0.05, tol: 1e-8, cases: []constants{{"Re": 40}, {"Re": 1e4}},
		equations: func(q probe, c constants) [][]float64 {
			u, v, nu := q.u(0), q.u(1), 1/c["Re"]
			return [][]float64{
				{u * q.d(0, 0), v * q.d(0, 1), q.d(2, 0), -nu * q.dd(0, 0), -nu * q.dd(0, 1)},
				{u * q.d(1, 0), v * q.d(1, 1), q.d(2, 1), -nu * q.dd(1, 0), -nu * q.dd(1, 1)},
				{q.d(0, 0), q.d(1, 1)},
			}
		},
	},
	{
		name: "elasticity_plate", step: 0.1, tol: 1e-9, cases: []constants{{"lambda": 2, "mu": 1.5, "Q": -3}},
		equations: func(q probe, c constants) [][]float64 {
			const ux, uy, sxx, syy, sxy, fx, fy = 0, 1, 2, 3, 4, 5, 6
			l, mu := c["lambda"], c["mu"]
			return [][]float64{
				{q.d(sxx, 0), q.d(sxy, 1), q.u(fx)},
				{q.d(sxy, 0), q.d(syy, 1), q.u(fy)},
				{(l + 2*mu) * q.d(ux, 0), l * q.d(uy, 1), -q.u(sxx)},
				{(l + 2*mu) * q.d(uy, 1), l * q.d(ux, 0), -q.u(syy)},
				{mu * q.d(ux, 1), mu * q.d(uy, 0), -q.u(sxy)},
			}
		},
		conditions: func(at func(p ...float64) probe, s float64, c constants, zero func(string, float64)) {
			zero("bottom ux", at(s, 0).u(0))
			zero("bottom uy", at(s, 0).u(1))
			zero("top ux", at(s, 1).u(0))
			zero("top syy", at(s, 1).u(3)-(c["lambda"]+2*c["mu"])*c["Q"]*sinPi(s))
			for _, x := range []float64{0, 1} {
				zero("side uy", at(x, s).u(1))
				zero("side sxx", at(x, s).u(2))
			}
		},
	},
	{
		name: "oscillator", step: 0.05, tol: 1e-9, cases: []constants{{"delta": 0, "omega0": 3}},
		equations: func(q probe, c constants) [][]float64 {
			return [][]float64{{q.dd(0, 0), 2 * c["delta"] * q.d(0, 0), c["omega0"] * c["omega0"] * q.u(0)}}
		},
		conditions: func(at func(p ...float64) probe, _ float64, _ constants, zero func(string, float64)) {
			zero("u(0) - 1", at(0).u(0)-1)
			zero("u_t(0)", at(0).d(0, 0))
		},
	},
	{
		name: "volterra", step: 0.1, tol: 1e-10,
		equations: func(q probe, _ constants) [][]float64 {
			x := q.p[0]
			integral := quad.Fixed(func(s float64) float64 {
				return math.Exp(s-x) * q.at(0, 0, s-x)
			}, 0, x, 30, quad.Legendre{}, 0)
			return [][]float64{{q.d(0, 0), q.u(0), -integral}}
		},
		conditions: func(at func(p ...float64) probe, _ float64, _ constants, zero func(string, float64)) {
			zero("y(0) - 1", at(0).u(0)-1)
		},
	},
	{
		name: "heat1d", step: 0.1, tol: 1e-9, cases: []constants{{"kappa": 1}, {"kappa": 0}},
		equations: func(q probe, c constants) [][]float64 { return heatLaw(q, c["kappa"]) },
		conditions: func(at func(p ...float64) probe, s float64, _ constants, zero func(string, float64)) {
			zero("start", at(0, s).u(0)-sinPi(s))
			zero("left", at(s, 0).u(0))
			zero("right", at(s, 1).u(0))
		},
	},
	{
		name: "param_heat", step: 0.1, tol: 1e-9,
		equations: func(q probe, _ constants) [][]float64 { return heatLaw(q, q.p[2]) },
		conditions: func(at func(p ...float64) probe, s float64, _ constants, zero func(string, float64)) {
			kappa := 0.05 + 0.95*s
			zero("start", at(0, s, kappa).u(0)-sinPi(s))
			zero("left", at(s, 0, kappa).u(0))
			zero("right", at(s, 1, kappa).u(0))
		},
	},
	{
		name: "convection", step: 0.05, tol: 1e-9, cases: []constants{{"beta": 50}, {"beta": -1}},
		equations: func(q probe, c constants) [][]float64 { return [][]float64{{q.d(0, 0), c["beta"] * q.d(0, 1)}} },
		conditions: func(at func(p ...float64) probe, s float64, _ constants, zero func(string, float64)) {
			zero("start", at(0, 6*s).u(0)-math.Sin(6*s))
			zero("periodic u", at(s, 0).u(0)-at(s, 2*pi).u(0))
			zero("periodic u_x", at(s, 0).d(0, 1)-at(s, 2*pi).d(0, 1))
		},
	},
	{
		name: "wave1d", step: 0.04, tol: 1e-8, cases: []constants{{"c": 0.5}},
		equations: func(q probe, c constants) [][]float64 {
			return [][]float64{{q.dd(0, 0), -c["c"] * c["c"] * q.dd(0, 1)}}
		},
		conditions: func(at func(p ...float64) probe, s float64, _ constants, zero func(string, float64)) {
			zero("start", at(0, s).u(0)-sinPi(s)-sinPi(4*s)/2)
			zero("start u_t", at(0, s).d(0, 0))
			zero("left", at(s, 0).u(0))
			zero("right", at(s, 1).u(0))
		},
	},
	{
		// The shock has width 4ν/2 = 0.006, and u_xx reaches 1e4 there.
		name: "burgers_cole_hopf", step: 2e-3, tol: 1e-7, cases: []constants{{"nu": 0.1}, {"nu": 0.00125}},
		smooth:     func(p []float64) bool { return p[0] > 3e-3 },
		equations:  func(q probe, c constants) [][]float64 { return burgersLaw(q, c["nu"]) },
		conditions: burgersConditions,
	},
	{
		name: "inverse_burgers", step: 2e-3, tol: 1e-7,
		smooth:     func(p []float64) bool { return p[0] > 3e-3 },
		equations:  func(q probe, c constants) [][]float64 { return burgersLaw(q, c["nu"]) },
		conditions: burgersConditions,
	},
	{
		// The interpolant is a polynomial in each cell, so its derivatives are less exact than its values.
		name: "allen_cahn", step: 2e-3, tol: 1e-6, cases: []constants{{"diffusion": 1e-3, "reaction": 2}},
		smooth: func(p []float64) bool { return p[0] > 0.05 && p[0] < 0.99 && math.Abs(p[1]) < 0.99 },
		equations: func(q probe, c constants) [][]float64 {
			u := q.u(0)
			return [][]float64{{q.d(0, 0), -c["diffusion"] * q.dd(0, 1), -c["reaction"] * (u - u*u*u)}}
		},
		conditions: func(at func(p ...float64) probe, s float64, _ constants, zero func(string, float64)) {
			x := 2*s - 1
			zero("start", at(0, x).u(0)-x*x*math.Cos(pi*x))
			zero("periodic", at(s, -1).u(0)-at(s, 1).u(0))
		},
	},
	{
		name: "lotka_volterra", step: 5e-3, tol: 1e-9, cases: []constants{{"rate": 100}, {"rate": 40}, {"rate": 0}},
		smooth: func(p []float64) bool { return p[0] > 0.005 && p[0] < 0.995 },
		equations: func(q probe, c constants) [][]float64 {
			r, p := q.u(0), q.u(1)
			return [][]float64{
				{q.d(0, 0), -2 * c["rate"] * r, 8 * c["rate"] * r * p},
				{q.d(1, 0), -4 * c["rate"] * r * p, 1.06 * c["rate"] * p},
			}
		},
		conditions: func(at func(p ...float64) probe, s float64, _ constants, zero func(string, float64)) {
			zero("r(0) - 0.5", at(0).u(0)-0.5)
			zero("p(0) - 0.075", at(0).u(1)-0.075)
			// 4 r - 1.06 log r + 8 p - 2 log p is the same at all times.
			level := func(r, p float64) float64 { return 4*r - 1.06*math.Log(r) + 8*p - 2*math.Log(p) }
			zero("level", level(at(s).u(0), at(s).u(1))-level(0.5, 0.075))
		},
	},
	{
		name: "inverse_field", step: 0.05, tol: 1e-9,
		equations: func(q probe, _ constants) [][]float64 {
			return [][]float64{
				{-q.d(1, 0) * q.d(0, 0), -q.u(1) * q.dd(0, 0), -q.u(2)},
				{q.u(0), -sinPi(q.p[0])},
				{q.u(1), -1 - sinPi(2*q.p[0])/2},
			}
		},
		conditions: func(at func(p ...float64) probe, _ float64, _ constants, zero func(string, float64)) {
			zero("k(0) - 1", at(0).u(1)-1)
			zero("u(0)", at(0).u(0))
			zero("u(1)", at(1).u(0))
		},
	},
}

// Every solution satisfies its equation at random points, with numerical derivatives, and its conditions to rounding.
func TestSolutionsSatisfyTheirProblems(t *testing.T) {
	stated := map[string]bool{}
	for _, l := range laws {
		stated[l.name] = true
		for _, c := range append([]constants{nil}, l.cases...) {
			t.Run(fmt.Sprint(l.name, c), func(t *testing.T) { l.check(t, c) })
		}
	}
	for _, name := range Names() {
		if !stated[name] {
			t.Errorf("no law states %s", name)
		}
	}
}

func (l law) check(t *testing.T, c constants) {
	t.Parallel()
	s := shared(t, l.name, c)
	f, err := s.field()
	if err != nil {
		t.Fatal(err)
	}
	at := func(p ...float64) probe { return probe{f: f, p: p, width: s.width, step: l.step} }

	rng := rand.New(rand.NewPCG(1, 2))
	worst := 0.0
	for n := 0; n < 40; {
		p := make([]float64, s.dims)
		s.within.draw(p, rng)
		if l.smooth != nil && !l.smooth(p) {
			continue
		}
		n++
		for i, terms := range l.equations(at(p...), s.Params) {
			sum, size := 0.0, 1.0
			for _, v := range terms {
				sum += v
				size += math.Abs(v)
			}
			if r := math.Abs(sum) / size; !(r <= l.tol) {
				t.Errorf("equation %d at %v: terms %v add up to %.3g, relatively %.2g", i, p, terms, sum, r)
			} else {
				worst = math.Max(worst, r)
			}
		}
	}
	t.Logf("largest relative residual %.2g", worst)

	if l.conditions == nil {
		return
	}
	for range 20 {
		l.conditions(at, rng.Float64(), s.Params, func(what string, v float64) {
			// Rounding: sin(4π) is 5e-16, and the numerical derivatives among the conditions are good to 1e-12.
			near(t, what, v, 0, 1e-11)
		})
	}
}
