package graph

import (
	"math"

	"github.com/crux-pinn/crux/internal/kern"
)

// replay copies the values of p that are asked for into b. Values that p has stored and that are expensive to compute are
// loaded from p's result instead, through stored (which may be nil).
type replay struct {
	p      *Program
	b      *Builder
	memo   []int // value of p → value of b, or −1
	stored func(v int) (int, bool)
	cone   []bool // value needs a transcendental function to be recomputed
}

func newReplay(p *Program, b *Builder, operand func(k int) int, stored func(v int) (int, bool)) *replay {
	r := &replay{p: p, b: b, memo: make([]int, len(p.Code)), stored: stored, cone: make([]bool, len(p.Code))}
	for v := range p.Code {
		in := &p.Code[v]
		r.memo[v] = -1
		r.cone[v] = in.transcendental()
		for _, a := range in.Inputs() {
			r.cone[v] = r.cone[v] || r.cone[a]
		}
		if in.Op == Load {
			r.memo[v] = operand(in.A)
		}
	}
	return r
}

func (r *replay) value(v int) int {
	if r.memo[v] >= 0 {
		return r.memo[v]
	}
	in := &r.p.Code[v]
	if r.stored != nil && r.cone[v] {
		if w, ok := r.stored(v); ok && (in.transcendental() || r.direct(v)) {
			r.memo[v] = w
			return w
		}
	}
	var a [3]int
	for k, x := range in.Inputs() {
		a[k] = r.value(x)
	}
	r.memo[v] = r.b.apply(in, a)
	return r.memo[v]
}

// direct reports whether recomputing v would need a transcendental function that is not stored.
func (r *replay) direct(v int) bool {
	in := &r.p.Code[v]
	if !r.cone[v] || r.memo[v] >= 0 {
		return false
	}
	if in.transcendental() {
		_, ok := r.stored(v)
		return !ok
	}
	for _, a := range in.Inputs() {
		if r.direct(a) {
			return true
		}
	}
	return false
}

// apply repeats an instruction with other operands.
func (b *Builder) apply(in *Instr, a [3]int) int {
	switch in.Op {
	case Const:
		return b.Const(in.S)
	case Add:
		return b.Add(a[0], a[1])
	case Sub:
		return b.Sub(a[0], a[1])
	case Mul:
		return b.Mul(a[0], a[1])
	case Div:
		return b.Div(a[0], a[1])
	case AddC:
		return b.AddC(a[0], in.S)
	case MulC:
		return b.MulC(a[0], in.S)
	case PowC:
		return b.PowC(a[0], in.S)
	case Pow:
		return b.Pow(a[0], a[1])
	case Fn:
		return b.Fn(in.K, a[0])
	case Call:
		return b.Call(in.F, a[0])
	case Max:
		return b.Max(a[0], a[1])
	case Min:
		return b.Min(a[0], a[1])
	case Cmp:
		return b.Cmp(in.K, a[0], a[1])
	case Select:
		return b.Select(a[0], a[1], a[2])
	}
	panic("graph: apply of a load")
}

// reverse runs the reverse sweep of p inside b. cot maps values of p to their cotangents (values of b) and is consumed;
// need says which operands of p are asked for. The result maps operand indices to cotangents, −1 where it is zero.
func (r *replay) reverse(cot map[int]int, need []bool) []int {
	p, b := r.p, r.b
	depends := make([]bool, len(p.Code))
	for v := range p.Code {
		in := &p.Code[v]
		if in.Op == Load {
			depends[v] = need[in.A]
		}
		for _, a := range in.Inputs() {
			depends[v] = depends[v] || depends[a]
		}
	}
	result := make([]int, len(p.Operands))
	for i := range result {
		result[i] = -1
	}
	add := func(v, g int) {
		if !depends[v] {
			return
		}
		if s, ok := b.constant(g); ok && s == 0 {
			return
		}
		if h, ok := cot[v]; ok {
			g = b.Add(h, g)
		}
		cot[v] = g
	}
	for v := len(p.Code) - 1; v >= 0; v-- {
		g, ok := cot[v]
		in := &p.Code[v]
		if !ok || !depends[v] {
			continue
		}
		x, y := in.A, in.B
		switch in.Op {
		case Load:
			result[in.A] = g
		case Add:
			add(x, g)
			add(y, g)
		case Sub:
			add(x, g)
			add(y, b.Neg(g))
		case Mul:
			if depends[x] {
				add(x, b.Mul(g, r.value(y)))
			}
			if depends[y] {
				add(y, b.Mul(g, r.value(x)))
			}
		case Div: // z = x/y: x̄ += g/y, ȳ −= g z/y
			h := b.Div(g, r.value(y))
			add(x, h)
			if depends[y] {
				add(y, b.Neg(b.Mul(h, r.value(v))))
			}
		case AddC:
			add(x, g)
		case MulC:
			add(x, b.MulC(g, in.S))
		case PowC:
			add(x, b.Mul(g, b.MulC(b.PowC(r.value(x), in.S-1), in.S)))
		case Pow: // x^y
			if depends[x] {
				add(x, b.Mul(g, b.Mul(r.value(y), b.Pow(r.value(x), b.AddC(r.value(y), -1)))))
			}
			if depends[y] {
				add(y, b.Mul(g, b.Mul(r.value(v), b.Fn(kern.OpLog, r.value(x)))))
			}
		case Fn:
			add(x, r.chain(in.K, g, x, v))
		case Call:
			if in.F.Deriv != nil {
				add(x, b.Mul(g, in.F.Deriv(b, r.value(x), r.value(v))))
			}
		case Max, Min:
			k := kern.OpGE
			if in.Op == Min {
				k = kern.OpLE
			}
			first := b.Cmp(k, r.value(x), r.value(y))
			add(x, b.Mul(g, first))
			add(y, b.Mul(g, b.AddC(b.Neg(first), 1)))
		case Select:
			c, zero := r.value(in.A), b.Const(0)
			add(in.B, b.Select(c, g, zero))
			add(in.C, b.Select(c, zero, g))
		}
	}
	return result
}

// chain is g k′(x), with y the value index of k(x).
func (r *replay) chain(k kern.Op, g, xv, yv int) int {
	b := r.b
	x := func() int { return r.value(xv) }
	y := func() int { return r.value(yv) }
	inverse := func(s int) int { return b.Div(g, s) }
	oneMinusSquare := func(v int) int { return b.AddC(b.Neg(b.Mul(v, v)), 1) }
	switch k {
	case kern.OpNeg:
		return b.Neg(g)
	case kern.OpAbs:
		return b.Mul(g, b.Fn(kern.OpSign, x()))
	case kern.OpSqrt:
		return b.MulC(inverse(y()), 0.5)
	case kern.OpRecip: // −1/x²
		return b.Neg(b.Mul(g, b.Mul(y(), y())))
	case kern.OpSquare:
		return b.MulC(b.Mul(g, x()), 2)
	case kern.OpExp:
		return b.Mul(g, y())
	case kern.OpLog:
		return inverse(x())
	case kern.OpTanh:
		return b.Mul(g, oneMinusSquare(y()))
	case kern.OpTanhD: // 1 − x²
		return b.MulC(b.Mul(g, x()), -2)
	case kern.OpSigmoid:
		return b.Mul(g, b.Mul(y(), b.AddC(b.Neg(y()), 1)))
	case kern.OpSin:
		return b.Mul(g, r.sibling(kern.OpCos, xv))
	case kern.OpCos:
		return b.Neg(b.Mul(g, r.sibling(kern.OpSin, xv)))
	case kern.OpErf:
		return b.MulC(b.Mul(g, b.Fn(kern.OpExp, b.Neg(b.Mul(x(), x())))), 2/math.SqrtPi)
	case kern.OpSoftplus:
		return b.Mul(g, r.sibling(kern.OpSigmoid, xv))
	case kern.OpSinh:
		return b.Mul(g, r.sibling(kern.OpCosh, xv))
	case kern.OpCosh:
		return b.Mul(g, r.sibling(kern.OpSinh, xv))
	case kern.OpTan:
		return b.Mul(g, b.AddC(b.Mul(y(), y()), 1))
	case kern.OpAtan:
		return inverse(b.AddC(b.Mul(x(), x()), 1))
	case kern.OpAsin:
		return inverse(b.Fn(kern.OpSqrt, oneMinusSquare(x())))
	case kern.OpAcos:
		return b.Neg(inverse(b.Fn(kern.OpSqrt, oneMinusSquare(x()))))
	case kern.OpLog1p:
		return inverse(b.AddC(x(), 1))
	case kern.OpExpm1:
		return b.Mul(g, b.AddC(y(), 1))
	case kern.OpSign, kern.OpStep:
		return b.Const(0)
	}
	panic("graph: no derivative of " + k.String())
}

// sibling is k(x) for a function that p often has computed already, as cos beside sin: then its stored value serves.
func (r *replay) sibling(k kern.Op, xv int) int {
	for v := range r.p.Code {
		if in := &r.p.Code[v]; in.Op == Fn && in.K == k && in.A == xv {
			return r.value(v)
		}
	}
	return r.b.Fn(k, r.value(xv))
}

// evalFn is the scalar meaning of the kernels of one argument: what the block kernels are compared with.
func evalFn(k kern.Op, x float64) float64 {
	switch k {
	case kern.OpNeg:
		return -x
	case kern.OpAbs:
		return math.Abs(x)
	case kern.OpSqrt:
		return math.Sqrt(x)
	case kern.OpRecip:
		return 1 / x
	case kern.OpSquare:
		return x * x
	case kern.OpExp:
		return math.Exp(x)
	case kern.OpLog:
		return math.Log(x)
	case kern.OpTanh:
		return math.Tanh(x)
	case kern.OpTanhD:
		return 1 - x*x
	case kern.OpSigmoid:
		if x < 0 {
			e := math.Exp(x)
			return e / (1 + e)
		}
		return 1 / (1 + math.Exp(-x))
	case kern.OpSin:
		return math.Sin(x)
	case kern.OpCos:
		return math.Cos(x)
	case kern.OpErf:
		return math.Erf(x)
	case kern.OpSoftplus:
		return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x)))
	case kern.OpSinh:
		return math.Sinh(x)
	case kern.OpCosh:
		return math.Cosh(x)
	case kern.OpTan:
		return math.Tan(x)
	case kern.OpAtan:
		return math.Atan(x)
	case kern.OpAsin:
		return math.Asin(x)
	case kern.OpAcos:
		return math.Acos(x)
	case kern.OpLog1p:
		return math.Log1p(x)
	case kern.OpExpm1:
		return math.Expm1(x)
	case kern.OpSign:
		switch {
		case x > 0:
			return 1
		case x < 0:
			return -1
		}
		return x
	case kern.OpStep:
		switch {
		case x > 0:
			return 1
		case x < 0:
			return 0
		case x == 0:
			return 0.5
		}
		return x
	}
	panic("graph: not a function of one argument: " + k.String())
}
