package pointwise

import (
	"math"

	ph "github.com/crux-pinn/crux/placeholder"
)

// derivative moves each coordinate by an infinitesimal of its own for every time it is differentiated by, and reads off the
// coefficient of their product.
func (s *state) derivative(e ph.Expr, coords []*ph.Coord) []jet {
	moved := s
	for i, c := range coords {
		moved = moved.with(c, moved.coord(c).add(infinitesimal(s.used+i)), 1)
	}
	v := moved.eval(e)
	d := make([]jet, len(v))
	for i, j := range v {
		d[i] = j.drop(s.used, s.used+len(coords))
	}
	return d
}

// integrate is Gauss quadrature: (hi−lo)/2 Σ w_k f(s_k) with s_k = (hi+lo)/2 + (hi−lo)/2 ξ_k. The limits carry
// their infinitesimals, so derivatives of a variable limit are those of the quadrature formula.
func (s *state) integrate(in *ph.Integral, f ph.Expr, lo, hi jet) []jet {
	half, middle := hi.sub(lo).scale(0.5), hi.add(lo).scale(0.5)
	sum := make([]jet, f.Dim())
	rule := in.Rule
	if in.Kernel == [2]float64{} {
		rule = func() (nodes, weights []float64) { return gaussLegendre(in.Nodes) } // not the compiler's, which it checks
	}
	nodes, weights := rule()
	for k, xi := range nodes {
		for i, v := range s.with(in.Var, middle.add(half.scale(xi)), 0).eval(f) {
			sum[i] = sum[i].add(v.scale(weights[k]))
		}
	}
	for i := range sum {
		sum[i] = sum[i].mul(half)
	}
	return sum
}

// gaussLegendre finds the zeros of P_n by Newton's method from Tricomi's estimate; w = 2/((1−ξ²) P_n′(ξ)²).
func gaussLegendre(n int) (nodes, weights []float64) {
	for i := range n {
		x := math.Cos(math.Pi * (float64(i) + 0.75) / (float64(n) + 0.5))
		var slope float64
		for range 100 {
			p, q := 1.0, 0.0 // P_k and P_{k−1}
			for k := range n {
				p, q = (float64(2*k+1)*x*p-float64(k)*q)/float64(k+1), p
			}
			slope = float64(n) * (x*p - q) / (x*x - 1)
			step := p / slope
			x -= step
			if math.Abs(step) < 1e-16 {
				break
			}
		}
		nodes = append(nodes, x)
		weights = append(weights, 2/((1-x*x)*slope*slope))
	}
	return nodes, weights
}
