package auto

import (
	"math"
	"slices"

	"github.com/crux-pinn/crux/internal/pointwise"
	ph "github.com/crux-pinn/crux/placeholder"
)

// curves are the places on a face where given values jump along a curve or a surface, such as the rim of a hot disk: where something that
// switches them, a smooth function of several coordinates of the face, changes its sign.
func (g box) curves(x given, face [2]int) []site {
	var list []site
	for part := range ph.Walk(x.residual, nil) {
		s := level(part)
		if s == nil || !ph.Given(s) {
			continue
		}
		free := ph.FreeCoords(s)
		if len(free) < 2 || free[g.coords[face[0]]] || !g.jumpsAcross(x, s, face) {
			continue
		}
		one := site{c: face[0], side: face[1], switches: part, rising: rises(part), of: []string{x.name}, component: x.component, level: s}
		one.y = slices.IndexFunc(g.coords, func(c *ph.Coord) bool { return free[c] })
		list = append(list, one)
	}
	return list
}

// level is the smooth function that a switch compares with zero; nil for others. √q < r is taken as q < r², which is smooth where q is
// zero.
func level(part ph.Expr) ph.Expr {
	if part.Op() != ph.OpCompare {
		return nil
	}
	s := decides(part)
	a := part.Args()
	for i, root := range a {
		if r := a[1-i]; isRoot(root) && r.Op() == ph.OpConst && r.Attr().(float64) > 0 {
			s = root.Args()[0].Sub(r.Pow(2))
			if i == 1 {
				s = s.Neg()
			}
		}
	}
	if ph.Contains(s, func(e ph.Expr) bool { return decides(e) != nil || isRoot(e) }) {
		return nil
	}
	return s
}

// isRoot reports whether an expression is a square root.
func isRoot(e ph.Expr) bool {
	u, ok := e.Attr().(*ph.Unary)
	return ok && u.Name == "sqrt" || e.Op() == ph.OpPow && e.Attr().(float64) == 0.5
}

// jumpsAcross reports whether given values differ on the two sides of s = 0, looked up where lines between some points of the face cross
// it.
func (g box) jumpsAcross(x given, s ph.Expr, face [2]int) bool {
	value := func(at []float64) float64 {
		v, err := pointwise.Eval(s, g.point(s, at))
		if err != nil {
			return math.NaN()
		}
		return v[0]
	}
	for n := range samples {
		p, q := g.somewhere(face, 2*n), g.somewhere(face, 2*n+1)
		if !(value(p)*value(q) < 0) {
			continue
		}
		above := value(p) > 0
		between := func(by float64) []float64 {
			m := slices.Clone(p)
			for i := range m {
				m[i] += by * (q[i] - p[i])
			}
			return m
		}
		a, b := 0.0, 1.0
		for range 50 {
			if m := (a + b) / 2; value(between(m)) > 0 == above {
				a = m
			} else {
				b = m
			}
		}
		v, ok := x.value(g, between(a-1e-6))
		w, also := x.value(g, between(b+1e-6))
		if ok && also && math.Abs(v-w) > noticed*x.size {
			return true
		}
	}
	return false
}

// across is the jump along a curve after it has diffused from the beginning of time. With D_i the rates along the axes, in units of
// √time,
//
//	n_i = √D_i ∂s/∂x_i,  S = n·n,  b = n·(∂n)n,  q = s b/2S²
//	d = s/√S (1 + q)                      the distance from the curve, to second order
//	erf((d + τ k/√S)/√(4τ)),  k = Σ D_i ∂²s/∂x_i² − b/S
//
// As a straight edge it spreads, and as a curved one it moves with its curvature k/√S: u_t = Σ D_i u_ii is satisfied but for terms that
// stay bounded as τ, the time since then, goes to 0. Away from the curve S has s² added and q is at most 1/2, so that nothing is singular
// where s has no slope. rate(i) is D_i; nil where one is negative. near is as in input.
func (g box) across(s site, tau ph.Expr, rate func(i int) float64) (e, near ph.Expr) {
	var axes []int
	var rates []float64
	most := 0.0
	for i, c := range g.coords {
		if i == s.c || !ph.FreeCoords(s.level)[c] {
			continue
		}
		d := rate(i)
		if d < 0 || math.IsNaN(d) {
			return nil, nil
		}
		axes, rates = append(axes, i), append(rates, d)
		most = max(most, d/(g.length(i)*g.length(i)))
	}
	if most == 0 {
		return nil, nil
	}
	var steep, spread, bend ph.Expr = ph.Const(0), ph.Const(0), ph.Const(0)
	for i, a := range axes {
		by := s.level.D(g.coords[a])
		steep = steep.Add(by.Pow(2).Scale(rates[i]))
		spread = spread.Add(s.level.D(g.coords[a], g.coords[a]).Scale(rates[i]))
		for j, b := range axes {
			bend = bend.Add(by.Mul(s.level.D(g.coords[b])).Mul(s.level.D(g.coords[a], g.coords[b])).Scale(rates[i] * rates[j]))
		}
	}
	steep = steep.Add(s.level.Pow(2).Scale(10 * most))
	q := s.level.Mul(bend).Div(steep.Pow(2)).Scale(0.5)
	d := s.level.Div(ph.Sqrt(steep)).Mul(q.Div(ph.Sqrt(q.Pow(2).Scale(4).Shift(1))).Shift(1))
	away := s.sided(d.Add(tau.Mul(spread.Sub(bend.Div(steep))).Div(ph.Sqrt(steep))), tau, 1)
	near = away.Pow(2).Add(tau.Scale(4)).Scale(most)
	return smoothed(away, tau, 1, 1/math.Sqrt(most), false), near
}

// rises reports whether a switch is above zero where what it compares is.
func rises(part ph.Expr) bool {
	return part.Op() != ph.OpCompare || part.Attr().(ph.Relation) > ph.LessEqual
}
