package placeholder

import "slices"

func (n *node) D(coords ...*Coord) Expr {
	if len(coords) == 0 {
		return n
	}
	d := newNode(OpD, n.dim, slices.Clone(coords), n)
	for _, c := range coords {
		if c == nil {
			return d.fail("derivative with respect to a nil coordinate")
		}
		if d.err != nil {
			return d
		}
		if f := fieldOf(n); f != nil && !slices.Contains(f.coords, c) {
			return d.fail("%s.D(%s): %s is a function of %s, not of %s", f.name, c.name, f.name, names(f.coords), c.name)
		}
	}
	return d
}

func (n *node) At(c *Coord, v float64) Expr { return n.Subst(c, Const(v)) }

// Subst is n itself where it does not depend on c, so that no substitution is without effect.
func (n *node) Subst(c *Coord, v Expr) Expr {
	s := newNode(OpAt, n.dim, c, n, v)
	switch {
	case c == nil:
		return s.fail("substitution for a nil coordinate")
	case s.err != nil:
		return s
	case s.args[1].dim != 1:
		return s.fail("coordinate %s cannot become a quantity of %d components; pick one with Index", c.name, s.args[1].dim)
	case s.args[1].is(c) || !FreeCoords(n)[c]:
		return n
	}
	return s
}

// is reports whether n is the coordinate c.
func (n *node) is(c *Coord) bool { return n.op == OpCoord && n.attr == any(c) }

// Gradient returns (∂u/∂x_1, …, ∂u/∂x_d) of a one-component u.
func Gradient(u Expr, xs ...*Coord) Expr {
	if u.Err() == nil && u.Dim() != 1 {
		return newNode(OpConcat, 0, nil, u).fail("Gradient of %d components; use Jacobian, or pick one with Index", u.Dim())
	}
	return Jacobian(u, xs...)
}

// Jacobian returns the derivatives of every component of u: (∂u_1/∂x_1, …, ∂u_1/∂x_d, ∂u_2/∂x_1, …).
func Jacobian(u Expr, xs ...*Coord) Expr {
	var parts []Expr
	for i := range u.Dim() {
		for _, x := range xs {
			parts = append(parts, u.Index(i).D(x))
		}
	}
	if u.Err() != nil {
		return u
	}
	return Concat(parts...)
}

// Hessian returns the d×d second derivatives of a one-component u, row by row.
func Hessian(u Expr, xs ...*Coord) Expr {
	if u.Err() == nil && u.Dim() != 1 {
		return newNode(OpConcat, 0, nil, u).fail("Hessian of %d components; pick one with Index", u.Dim())
	}
	var parts []Expr
	for _, x := range xs {
		for _, y := range xs {
			parts = append(parts, u.D(x, y))
		}
	}
	return Concat(parts...)
}

// Laplacian returns Σ ∂²u/∂x_i², for each component of u.
func Laplacian(u Expr, xs ...*Coord) Expr {
	if len(xs) == 0 {
		return newNode(OpConst, 1, 0.0).fail("Laplacian without coordinates; name them, as in Laplacian(u, x, y)")
	}
	sum := u.D(xs[0], xs[0])
	for _, x := range xs[1:] {
		sum = sum.Add(u.D(x, x))
	}
	return sum
}

// Divergence returns Σ ∂w_i/∂x_i of a w with as many components as there are coordinates.
func Divergence(w Expr, xs ...*Coord) Expr {
	if w.Err() != nil {
		return w
	}
	if w.Dim() != len(xs) || len(xs) == 0 {
		return newNode(OpSum, 1, nil, w).fail("Divergence of %d components over %d coordinates; the numbers must agree", w.Dim(), len(xs))
	}
	sum := w.Index(0).D(xs[0])
	for i, x := range xs[1:] {
		sum = sum.Add(w.Index(i + 1).D(x))
	}
	return sum
}

// Advect returns (w·∇)q for velocity w, one entry per coordinate.
func Advect(w []Expr, q Expr, xs ...*Coord) Expr {
	if len(w) != len(xs) || len(w) == 0 {
		return newNode(OpSum, 1, nil, q).fail("Advect with %d velocities over %d coordinates; the numbers must agree", len(w), len(xs))
	}
	sum := w[0].Mul(q.D(xs[0]))
	for i, x := range xs[1:] {
		sum = sum.Add(w[i+1].Mul(q.D(x)))
	}
	return sum
}

// Normal returns the component along c of the outward unit normal. It is known only on boundary point sets.
func Normal(c *Coord) Expr {
	n := newNode(OpNormal, 1, c)
	if c == nil {
		return n.fail("normal along a nil coordinate")
	}
	return n
}

// NormalDerivative returns ∂u/∂n = Σ n_i ∂u/∂x_i on a boundary point set.
func NormalDerivative(u Expr, xs ...*Coord) Expr {
	if len(xs) == 0 {
		return newNode(OpConst, 1, 0.0).fail("NormalDerivative without coordinates; name them")
	}
	sum := Normal(xs[0]).Mul(u.D(xs[0]))
	for _, x := range xs[1:] {
		sum = sum.Add(Normal(x).Mul(u.D(x)))
	}
	return sum
}

// Column returns the data column with the given name of the point set on which the expression is evaluated.
func Column(name string) Expr { return newNode(OpColumn, 1, name) }

// Where returns a where cond is not zero and b elsewhere. Both are evaluated everywhere.
func Where(cond, a, b Expr) Expr { return elementwise(OpWhere, nil, cond, a, b) }

// Compare returns 1 where a and b stand in the relation and 0 elsewhere. Its derivative is zero.
func Compare(a Expr, r Relation, b Expr) Expr { return elementwise(OpCompare, r, a, b) }

// Min returns the smaller of a and b. Where they are equal, derivatives are those of a.
func Min(a, b Expr) Expr { return elementwise(OpMin, nil, a, b) }

// Max returns the larger of a and b. Where they are equal, derivatives are those of a.
func Max(a, b Expr) Expr { return elementwise(OpMax, nil, a, b) }

// Power returns base^exponent for an exponent that is itself an expression; the base must be positive.
func Power(base, exponent Expr) Expr {
	if exponent != nil && exponent.Err() == nil && exponent.Op() == OpConst {
		return base.Pow(exponent.Attr().(float64))
	}
	return elementwise(OpPower, nil, base, exponent)
}
