package known

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
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

const pi = math.Pi

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
		name: "heat1d", step: 0.1, tol: 1e-9, cases: []constants{{"kappa": 1}, {"kappa": 0}},
		equations: func(q probe, c constants) [][]float64 { return heatLaw(q, c["kappa"]) },
		conditions: func(at func(p ...float64) probe, s float64, _ constants, zero func(string, float64)) {
			zero("start", at(0, s).u(0)-sinPi(s))
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
	f := s.field()
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
