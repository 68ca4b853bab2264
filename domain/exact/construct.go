package exact

import (
	"slices"

	ph "github.com/crux-pinn/crux/placeholder"
)

// build is the function G + B(n).
func (f *frame) build(n ph.Expr) ph.Expr {
	return add(f.data(), f.homogeneous(n))
}

// data is G: the values on a shape by inverse distance, then one axis after the other, each corrected by what is missing at its
// ends. The last axis comes last, and all agree where the data agree in corners.
func (f *frame) data() ph.Expr {
	g := f.correctSides(f.blend(), true)
	for _, i := range f.axes {
		c, e := f.coords[i], f.ends[i]
		s, r := f.ways(i)
		var step ph.Expr
		for side := range 2 {
			at := f.at(i, side)
			if e[side].value == nil {
				continue
			}
			missing := less(e[side].value, fixedAt(g, c, at))
			switch {
			case zero(missing):
			case e[1-side].value != nil:
				missing = missing.Mul([2]ph.Expr{r, s}[side])
			case e[1-side].flux == nil:
				missing = missing.Mul(f.fading([2]ph.Expr{s, r}[side], e[side].order()))
			}
			if !zero(missing) {
				step = add(step, missing)
			}
		}
		g = add(g, step)
		g = f.correct(g, i, true)
	}
	return g
}

// homogeneous is B(n).
func (f *frame) homogeneous(n ph.Expr) ph.Expr {
	var factor ph.Expr
	times := func(e ph.Expr) { factor = multiply(factor, e) }
	for _, i := range f.axes {
		s, r := f.ways(i)
		e := f.ends[i]
		a, b := e[0].order(), e[1].order()
		switch {
		case a == 0 && b == 0:
		case (a == 0 && e[0].flux == nil) || (b == 0 && e[1].flux == nil): // nothing is given at the other end
			if a == 0 {
				s, a = r, b
			}
			if a == 1 {
				times(s.Div(s.Shift(f.tau)))
			} else {
				times(s.Pow(2).Div(s.Pow(2).Shift(f.tau * f.tau)))
			}
		case a == 0 || b == 0: // a flux
			if a == 0 {
				s, a = r, b
			}
			times(s.Pow(float64(a)))
		default:
			scale := 1.0 // the maximum of s^a (1 − s)^b, at s = a/(a + b)
			for range a {
				scale *= float64(a+b) / float64(a)
			}
			for range b {
				scale *= float64(a+b) / float64(b)
			}
			times(power(s, a).Mul(power(r, b)).Scale(scale))
		}
	}
	for _, h := range f.held {
		for _, k := range h.parts {
			times(power(f.parts[k].expr, max(1, f.sideOrder(k)-1)))
		}
	}
	n = f.correctSides(multiply(factor, n), false)
	for _, i := range f.axes {
		n = f.correct(n, i, false)
	}
	return n
}

// fading is 1 at s = 0, where it has the slope 0 if order is 2, and falls to little where s is larger than τ: one less the factor by
// which homogeneous functions are multiplied.
func (f *frame) fading(s ph.Expr, order int) ph.Expr {
	if order == 1 {
		return ph.Const(f.tau).Div(s.Shift(f.tau))
	}
	return ph.Const(f.tau * f.tau).Div(s.Pow(2).Shift(f.tau * f.tau))
}

// order is the order of the zero that homogeneous functions have by a factor.
func (e end) order() int {
	switch {
	case e.value == nil:
		return 0
	case e.flux == nil:
		return 1
	}
	return 2
}

// correct adds to v what its fluxes at the ends of an axis lack, times functions that have the slope 1 at one end and
// change nothing else that is given: v + φ·(−rest − a·v − b·∂v/∂x)/b. Homogeneous functions that vanish to second order
// have no flux already.
func (f *frame) correct(v ph.Expr, i int, inhomogeneous bool) ph.Expr {
	c, e := f.coords[i], f.ends[i]
	s, r := f.ways(i)
	sum := v
	for side := range 2 {
		q := e[side].flux
		if q == nil || !inhomogeneous && e[side].value != nil {
			continue
		}
		at := f.at(i, side)
		lack := q.lack(v, f.coords, inhomogeneous, func(e ph.Expr) ph.Expr { return e.At(c, at) })
		if zero(lack) {
			continue
		}
		lack = over(lack, q.along[c])
		phi := c.Shift(-at)
		switch other := e[1-side]; {
		case other.flux != nil:
			phi = phi.Mul([2]ph.Expr{r, s}[side].Pow(2))
		case other.value != nil:
			phi = phi.Mul([2]ph.Expr{r, s}[side])
		case e[side].value != nil: // a value and a flux at this end only
			phi = phi.Mul(f.fading([2]ph.Expr{s, r}[side], 2))
		}
		sum = add(sum, phi.Mul(lack))
	}
	return sum
}

// lack is −rest − a·v − along·∇v, each at the place where that holds, and without rest for homogeneous functions; nil for 0.
func (q flux) lack(v ph.Expr, coords []*ph.Coord, inhomogeneous bool, at func(ph.Expr) ph.Expr) ph.Expr {
	var lack ph.Expr
	if inhomogeneous && !zero(q.rest) {
		lack = q.rest.Neg()
	}
	if v == nil {
		return lack
	}
	if !zero(q.a) {
		lack = less(lack, at(q.a.Mul(v)))
	}
	for _, c := range coords {
		if e := q.along[c]; !zero(e) {
			lack = less(lack, at(e.Mul(v.D(c))))
		}
	}
	return lack
}

// tiny makes a quotient of zeros a number, and changes no other.
const tiny = 1e-100

// blend is the value on the boundary of the shape, nil for 0. With one condition it is its own data, with several
//
//	Σ w_j h_j,   w_j = (Π_{k≠j} ω_k)/(Σ_l Π_{k≠l} ω_k)
//
// where ω_k vanishes on the part of condition k (Sukumar, Srivastava 2022, Eq. 21). In a corner, where both sums are
// zero, w_j gains a tiny Σ_{m≠j} Π_{k≠j,m} ω_k, which leaves those that meet there, and where more do a number as tiny as makes it
// the mean.
func (f *frame) blend() ph.Expr {
	same := true
	for _, h := range f.held {
		same = same && h.value.String() == f.held[0].value.String()
	}
	switch {
	case len(f.held) == 0 || same && zero(f.held[0].value):
		return nil
	case same:
		return f.held[0].value
	}
	var above, below ph.Expr
	for j, h := range f.held {
		w := f.without(j).Shift(tiny * tiny)
		for m := range f.held {
			if m != j && len(f.held) > 2 {
				w = w.Add(f.without(j, m).Scale(tiny))
			}
		}
		below = add(below, w)
		if !zero(h.value) {
			above = add(above, w.Mul(h.value))
		}
	}
	if above == nil {
		return nil
	}
	return above.Div(below)
}

// without is the product of the functions of all conditions on the shape but some.
func (f *frame) without(conditions ...int) ph.Expr {
	w := ph.Const(1)
	for k, h := range f.held {
		if slices.Contains(conditions, k) {
			continue
		}
		for _, p := range h.parts {
			w = w.Mul(f.parts[p].expr)
		}
	}
	return w
}

// ways are s, the way from the lower end of an axis in units of its length, and r = 1 − s, exactly 0 at the ends.
func (f *frame) ways(i int) (s, r ph.Expr) {
	c, l := f.coords[i], f.hi[i]-f.lo[i]
	return c.Shift(-f.lo[i]).Scale(1 / l), ph.Const(f.hi[i]).Sub(c).Scale(1 / l)
}

func (f *frame) at(i, side int) float64 { return [2]float64{f.lo[i], f.hi[i]}[side] }

func power(e ph.Expr, n int) ph.Expr {
	if n == 1 {
		return e
	}
	return e.Pow(float64(n))
}

// less is a difference in which nil is 0.
func less(a, b ph.Expr) ph.Expr {
	switch {
	case zero(b):
		return a
	case zero(a):
		return b.Neg()
	}
	return a.Sub(b)
}
