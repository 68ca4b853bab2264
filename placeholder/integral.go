package placeholder

import (
	"math"

	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/mat"
)

// Integral describes ∫ integrand d(Var) from lo to hi by Gauss quadrature.
type Integral struct {
	Var   *Coord // the variable of integration, bound inside the integrand
	Nodes int    // quadrature nodes: exact for polynomials up to degree 2·Nodes−1, beside the factors of the kernel

	// Kernel has the exponents p and q of the factors (s − lo)^p and (hi − s)^q of the integrand, each above −1 and not a whole number,
	// or 0. Such a factor, as in the fractional derivative ∫ u′(s)/√(t−s) ds, is part of the weight of the quadrature, not of what it
	// takes for a polynomial.
	Kernel [2]float64
}

// MostNodes are the quadrature nodes that an integral has at most.
const MostNodes = 256

// defaultNodes is how many quadrature nodes an integral has unless told otherwise.
const defaultNodes = 20

// Integrate returns ∫ f ds from lo to hi by Gauss quadrature with the given number of nodes; 0 means 20. The rule is that of Legendre, or
// of Jacobi where f has a factor such as 1/√(hi − s), see [Integral].
// The limits may be expressions, so ∫₀ˣ is written with hi = x (Volterra) and ∫₀¹ with constants (Fredholm). Inside f,
// a field at the integration variable is written u.Subst(x, s).
func Integrate(f Expr, s *Coord, lo, hi Expr, nodes int) Expr {
	if nodes == 0 {
		nodes = defaultNodes
	}
	in := &Integral{Var: s, Nodes: nodes}
	n := newNode(OpIntegral, f.Dim(), in, f, lo, hi)
	switch {
	case n.err != nil:
	case s == nil:
		return n.fail("integral without a variable")
	case nodes < 1 || nodes > MostNodes:
		return n.fail("integral with %d quadrature nodes; take 1 to %d", nodes, MostNodes)
	case n.args[1].dim != 1 || n.args[2].dim != 1:
		return n.fail("limits of an integral need one component each")
	default:
		in.Kernel = kernel(f, s, lo, hi)
	}
	return n
}

// Rule returns the nodes ξ_k in (−1, 1) and weights of ∫ f ds ≈ (hi−lo)/2 Σ w_k f(lo + (hi−lo)(1+ξ_k)/2), where f has the
// factors of the kernel: the weights of Gauss and Jacobi for (1+ξ)^p (1−ξ)^q, divided by these.
func (in *Integral) Rule() (nodes, weights []float64) {
	n := in.Nodes
	nodes, weights = make([]float64, n), make([]float64, n)
	p, q := in.Kernel[0], in.Kernel[1]
	if p == 0 && q == 0 {
		quad.Legendre{}.FixedLocations(nodes, weights, -1, 1)
		return nodes, weights
	}
	// Golub and Welsch (1969): nodes are the eigenvalues of the matrix of the recurrence of Jacobi's polynomials, weights the squares
	// of the first components of its eigenvectors times ∫ (1+ξ)^p (1−ξ)^q dξ = 2^(p+q+1) B(p+1, q+1).
	m := mat.NewSymDense(n, nil)
	for k := range n {
		c := 2*float64(k) + p + q
		if k == 0 {
			m.SetSym(0, 0, (p-q)/(p+q+2))
			continue
		}
		m.SetSym(k, k, (p*p-q*q)/(c*(c+2)))
		kf := float64(k)
		b := 4 * kf * (kf + p) * (kf + q) * (kf + p + q) / (c * c * (c + 1) * (c - 1))
		if k == 1 { // where k + p + q and c − 1 are the same, which may be 0
			b = 4 * (1 + p) * (1 + q) / (c * c * (c + 1))
		}
		m.SetSym(k-1, k, math.Sqrt(b))
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(m, true) {
		return nodes, weights // cannot be: the matrix is finite
	}
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	eigen.Values(nodes)
	total := math.Exp2(p+q+1) * math.Gamma(p+1) * math.Gamma(q+1) / math.Gamma(p+q+2)
	for k, x := range nodes {
		v := vectors.At(0, k)
		weights[k] = total * v * v / (math.Pow(1+x, p) * math.Pow(1-x, q))
	}
	return nodes, weights
}

// kernel looks for factors of f that are powers of s − lo and hi − s and no polynomials. Where there are several of one kind their
// exponents add up.
func kernel(f Expr, s *Coord, lo, hi Expr) (of [2]float64) {
	toLow, toHigh := linear(s.Sub(lo)), linear(hi.Sub(s))
	var visit func(e Expr, power float64)
	visit = func(e Expr, power float64) {
		a := e.Args()
		switch e.Op() {
		case OpNamed, OpNeg:
			visit(a[0], power)
			return
		case OpMul, OpDiv:
			visit(a[0], power)
			if e.Op() == OpDiv {
				power = -power
			}
			visit(a[1], power)
			return
		case OpPow:
			visit(a[0], power*e.Attr().(float64))
			return
		case OpUnary:
			if e.Attr().(*Unary).Name == "sqrt" {
				visit(a[0], power/2)
				return
			}
		}
		if e.Dim() != 1 {
			return
		}
		switch base := linear(e); {
		case base.multiple(toLow):
			of[0] += power
		case base.multiple(toHigh):
			of[1] += power
		}
	}
	visit(f, 1)
	for i, p := range of {
		if p <= -1 || p == math.Trunc(p) { // the integral does not exist, or the factor is a polynomial
			of[i] = 0
		}
	}
	return of
}

// combination is a linear combination of coordinates, by themselves, and of other expressions, by their text, with the constant under "".
type combination map[any]float64

// linear takes an expression apart as far as it is linear in others.
func linear(e Expr) combination {
	c := combination{}
	var add func(e Expr, by float64)
	add = func(e Expr, by float64) {
		a := e.Args()
		switch {
		case e.Op() == OpNamed:
			add(a[0], by)
		case e.Op() == OpNeg:
			add(a[0], -by)
		case e.Op() == OpAdd, e.Op() == OpSub:
			add(a[0], by)
			if e.Op() == OpSub {
				by = -by
			}
			add(a[1], by)
		case e.Op() == OpMul && a[0].Op() == OpConst:
			add(a[1], by*a[0].Attr().(float64))
		case e.Op() == OpMul && a[1].Op() == OpConst:
			add(a[0], by*a[1].Attr().(float64))
		case e.Op() == OpDiv && a[1].Op() == OpConst:
			add(a[0], by/a[1].Attr().(float64))
		case e.Op() == OpConst:
			c[""] += by * e.Attr().(float64)
		case e.Op() == OpCoord: // two may have one name
			c[e.Attr()] += by
		default:
			c[e.String()] += by
		}
	}
	add(e, 1)
	for k, v := range c {
		if v == 0 {
			delete(c, k)
		}
	}
	return c
}

// multiple reports whether a combination is another one times a positive number.
func (c combination) multiple(of combination) bool {
	factor := 0.0
	for k, v := range of {
		switch f := c[k] / v; {
		case !(f > 0), factor != 0 && math.Abs(f-factor) > 1e-12*factor:
			return false
		default:
			factor = f
		}
	}
	return len(c) == len(of) && len(of) > 0
}
