package kern

import "unsafe"

// Step is one instruction of a block program: slot Dst ← op(slots A, B, C). Make it with [NewStep], [NewConstStep] or
// [NewSinCosStep].
//
// The assembly reads the fields in this order.
type Step[T Float] struct {
	code         int32 // the loop in the assembly, or −1
	dst, a, b, c int32 // slots
	s            T     // the operand of a ConstOp
	op           uint8 // Op, or NumOps + ConstOp, or stepSinCos
}

// NewStep returns the instruction dst ← op(a, b, c). Slots beyond the operation's arity are not read; 0 will do for them.
func NewStep[T Float](op Op, dst, a, b, c int) Step[T] {
	return Step[T]{code: opCode(op), dst: int32(dst), a: int32(a), b: int32(b), c: int32(c), op: uint8(op)}
}

// NewConstStep returns the instruction dst ← op(a, s, c).
func NewConstStep[T Float](op ConstOp, dst, a, c int, s T) Step[T] {
	return Step[T]{code: constOpCode(op), dst: int32(dst), a: int32(a), c: int32(c), s: s, op: uint8(NumOps) + uint8(op)}
}

// stepSinCos is the op of an instruction with two results.
const stepSinCos = uint8(NumOps) + uint8(NumConstOps)

// NewSinCosStep returns the instruction sin ← sin a, cos ← cos a. The three slots differ, but for a, which may be one of
// the results.
func NewSinCosStep[T Float](sin, cos, a int) Step[T] {
	return Step[T]{code: -1, dst: int32(sin), b: int32(cos), a: int32(a), op: stepSinCos}
}

// Run executes a program over blocks of n elements: slots[i] points to the first of the n elements of slot i, and steps
// run one after the other, each over the whole block. The results are those of the kernels in [Table] and [ConstTable],
// bit for bit, but runs of cheap operations take one call instead of one each. A slot may be the destination and an
// operand of one step; otherwise slots overlap only where the program means it.
//
// A program may be run by many goroutines; the slots belong to one.
func Run[T Float](steps []Step[T], slots []*T, n int) {
	if n <= 0 {
		return
	}
	e := engineOf[T]()
	for len(steps) > 0 {
		if e.run != nil && steps[0].code >= 0 {
			steps = steps[e.run(steps, slots, n):]
			continue
		}
		e.runStep(&steps[0], slots, n)
		steps = steps[1:]
	}
}

// runStep runs one instruction by its kernel.
func (e *engine[T]) runStep(s *Step[T], slots []*T, n int) {
	block := func(slot int32) []T { return unsafe.Slice(slots[slot], n) }
	dst, a, c := block(s.dst), block(s.a), block(s.c)
	switch {
	case s.op < uint8(NumOps):
		e.ops[s.op](dst, a, block(s.b), c)
	case s.op < stepSinCos:
		e.consts[s.op-uint8(NumOps)](dst, a, c, s.s)
	default:
		e.sincos(dst, block(s.b), a)
	}
}
