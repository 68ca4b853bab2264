package graph

import (
	"math"

	"github.com/crux-pinn/crux/internal/kern"
)

// Builder writes a Program. Equal values are shared and constants folded, so derivative rules can be written plainly.
type Builder struct {
	p    Program
	seen map[Instr]int
	load map[Operand]int
}

// NewBuilder starts a program over lanes of the given width.
func NewBuilder(width int) *Builder {
	return &Builder{p: Program{Width: width}, seen: map[Instr]int{}, load: map[Operand]int{}}
}

// Load reads an operand.
func (b *Builder) Load(o Operand) int {
	k, ok := b.load[o]
	if !ok {
		k = len(b.p.Operands)
		b.p.Operands = append(b.p.Operands, o)
		b.load[o] = k
	}
	return b.emit(Instr{Op: Load, A: k})
}

func (b *Builder) emit(in Instr) int {
	if v, ok := b.seen[in]; ok {
		return v
	}
	v := len(b.p.Code)
	b.p.Code = append(b.p.Code, in)
	b.seen[in] = v
	return v
}

func (b *Builder) constant(v int) (float64, bool) {
	in := &b.p.Code[v]
	return in.S, in.Op == Const
}

// Const is the constant s.
func (b *Builder) Const(s float64) int {
	if s == 0 {
		s = 0 // one zero, so that −0 does not defeat sharing
	}
	return b.emit(Instr{Op: Const, S: s})
}

// Add is x + y.
func (b *Builder) Add(x, y int) int {
	if s, ok := b.constant(x); ok {
		return b.AddC(y, s)
	}
	if s, ok := b.constant(y); ok {
		return b.AddC(x, s)
	}
	if x > y {
		x, y = y, x
	}
	if x == y {
		return b.MulC(x, 2)
	}
	if in := b.p.Code[y]; in.Op == MulC && in.S == -1 {
		return b.Sub(x, in.A)
	}
	if in := b.p.Code[x]; in.Op == MulC && in.S == -1 {
		return b.Sub(y, in.A)
	}
	return b.emit(Instr{Op: Add, A: x, B: y})
}

// AddC is x + s.
func (b *Builder) AddC(x int, s float64) int {
	if s == 0 {
		return x
	}
	in := b.p.Code[x]
	switch in.Op {
	case Const:
		return b.Const(in.S + s)
	case AddC:
		return b.AddC(in.A, in.S+s)
	}
	return b.emit(Instr{Op: AddC, A: x, S: s})
}

// Sub is x − y.
func (b *Builder) Sub(x, y int) int {
	if s, ok := b.constant(y); ok {
		return b.AddC(x, -s)
	}
	if s, ok := b.constant(x); ok {
		return b.AddC(b.MulC(y, -1), s)
	}
	if x == y {
		return b.Const(0)
	}
	if in := b.p.Code[y]; in.Op == MulC && in.S == -1 {
		return b.Add(x, in.A)
	}
	return b.emit(Instr{Op: Sub, A: x, B: y})
}

// Mul is x y.
func (b *Builder) Mul(x, y int) int {
	if s, ok := b.constant(x); ok {
		return b.MulC(y, s)
	}
	if s, ok := b.constant(y); ok {
		return b.MulC(x, s)
	}
	// pull constant factors out, so that they meet and fold
	if in := b.p.Code[x]; in.Op == MulC {
		return b.MulC(b.Mul(in.A, y), in.S)
	}
	if in := b.p.Code[y]; in.Op == MulC {
		return b.MulC(b.Mul(x, in.A), in.S)
	}
	if x > y {
		x, y = y, x
	}
	return b.emit(Instr{Op: Mul, A: x, B: y})
}

// MulC is x s.
func (b *Builder) MulC(x int, s float64) int {
	switch s {
	case 0:
		return b.Const(0)
	case 1:
		return x
	}
	in := b.p.Code[x]
	switch in.Op {
	case Const:
		return b.Const(in.S * s)
	case MulC:
		return b.MulC(in.A, in.S*s)
	case Sub:
		if s == -1 {
			return b.Sub(in.B, in.A)
		}
	}
	return b.emit(Instr{Op: MulC, A: x, S: s})
}

// Neg is −x.
func (b *Builder) Neg(x int) int { return b.MulC(x, -1) }

// Div is x / y.
func (b *Builder) Div(x, y int) int {
	if s, ok := b.constant(y); ok && s != 0 {
		if t, ok := b.constant(x); ok {
			return b.Const(t / s)
		}
		if math.Abs(s) == math.Exp2(math.Round(math.Log2(math.Abs(s)))) {
			return b.MulC(x, 1/s) // exact
		}
	}
	if s, ok := b.constant(x); ok && s == 0 {
		return x
	}
	return b.emit(Instr{Op: Div, A: x, B: y})
}

// PowC is x^s.
func (b *Builder) PowC(x int, s float64) int {
	switch s {
	case 0:
		return b.Const(1)
	case 1:
		return x
	case 2:
		return b.Mul(x, x)
	case -1:
		return b.Fn(kern.OpRecip, x)
	case 0.5:
		return b.Fn(kern.OpSqrt, x)
	}
	if c, ok := b.constant(x); ok {
		return b.Const(math.Pow(c, s))
	}
	return b.emit(Instr{Op: PowC, A: x, S: s})
}

// Pow is x^y.
func (b *Builder) Pow(x, y int) int {
	if s, ok := b.constant(y); ok {
		return b.PowC(x, s)
	}
	return b.emit(Instr{Op: Pow, A: x, B: y})
}

// Fn is k(x) for a kernel of one argument.
func (b *Builder) Fn(k kern.Op, x int) int {
	if s, ok := b.constant(x); ok {
		return b.Const(evalFn(k, s))
	}
	return b.emit(Instr{Op: Fn, K: k, A: x})
}

// Call is f(x).
func (b *Builder) Call(f *Func, x int) int { return b.emit(Instr{Op: Call, F: f, A: x}) }

// Max is the larger of x and y.
func (b *Builder) Max(x, y int) int { return b.emit(Instr{Op: Max, A: x, B: y}) }

// Min is the smaller of x and y.
func (b *Builder) Min(x, y int) int { return b.emit(Instr{Op: Min, A: x, B: y}) }

// Cmp is 1 where x and y stand in the relation k, else 0.
func (b *Builder) Cmp(k kern.Op, x, y int) int { return b.emit(Instr{Op: Cmp, K: k, A: x, B: y}) }

// Select is x where c ≠ 0, else y.
func (b *Builder) Select(c, x, y int) int {
	if s, ok := b.constant(c); ok {
		if s != 0 {
			return x
		}
		return y
	}
	if x == y {
		return x
	}
	return b.emit(Instr{Op: Select, A: c, B: x, C: y})
}

// Program ends the building: values that do not reach an output are dropped. Sums need a program per point.
func (b *Builder) Program(perPoint bool, out, sums []int) *Program {
	live := make([]bool, len(b.p.Code))
	mark := func(v int) { live[v] = true }
	for _, v := range out {
		mark(v)
	}
	for _, v := range sums {
		mark(v)
	}
	for v := len(live) - 1; v >= 0; v-- {
		if live[v] {
			for _, a := range b.p.Code[v].Inputs() {
				mark(a)
			}
		}
	}
	q := &Program{Width: b.p.Width, PerPoint: perPoint}
	to := make([]int, len(live))
	operand := map[int]int{}
	for v, in := range b.p.Code {
		if !live[v] {
			continue
		}
		if in.Op == Load {
			k, ok := operand[in.A]
			if !ok {
				k = len(q.Operands)
				operand[in.A] = k
				q.Operands = append(q.Operands, b.p.Operands[in.A])
			}
			in.A = k
		} else {
			for k, p := range []*int{&in.A, &in.B, &in.C} {
				if k < in.Op.operands() {
					*p = to[*p]
				}
			}
		}
		to[v] = len(q.Code)
		q.Code = append(q.Code, in)
	}
	for _, v := range out {
		q.Out = append(q.Out, to[v])
	}
	for _, v := range sums {
		q.Sums = append(q.Sums, to[v])
	}
	return q
}
