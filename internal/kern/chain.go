package kern

import "unsafe"

// Code is a program of steps made ready to run. Where the processor has registers enough, stretches of arithmetic run in
// registers over a few vectors at a time, and what no later step needs is never stored. One worker owns a Code.
type Code[T Float] struct {
	parts []codePart[T]
	rest  []*T // the slots behind the whole groups
}

// codePart is a stretch of steps; chain is the same in registers, or nil.
type codePart[T Float] struct {
	steps []Step[T]
	chain []chainInstr
	slots []int32 // what the steps read and write
}

// chainInstr is an instruction of the chain interpreter. The assembly reads the fields in this order.
type chainInstr struct {
	code uintptr
	slot int64 // times 8
	s    uint64
}

// chainEngine is what a level offers for running in registers.
type chainEngine[T Float] struct {
	group int              // elements that an instruction works on
	forms map[form]uintptr // the address of its code
	end   uintptr
	run   func(code *chainInstr, slots **T, groups int)
}

// form is an operation with the places of its result and its operands: registers from 0, then formMemory.
type form struct {
	op         uint8 // as in Step, or formLoad or formStore
	d, x, y, z int8
}

const (
	chainRegs  = 3
	formMemory = chainRegs
	formLoad   = 0xFE // register d ← slot
	formStore  = 0xFF // slot ← register d
)

// Compile makes steps ready to run. kept says which slots are needed after the last step; the others may hold anything
// then.
func Compile[T Float](steps []Step[T], kept func(slot int) bool) *Code[T] {
	e := engineOf[T]()
	c := &Code[T]{}
	for len(steps) > 0 {
		n := 1
		arithmetic := e.chain.knows(&steps[0])
		for n < len(steps) && e.chain.knows(&steps[n]) == arithmetic {
			n++
		}
		p := codePart[T]{steps: steps[:n:n]}
		steps = steps[n:]
		if arithmetic && n > 1 { // a single step gains nothing
			later := steps
			p.chain = e.chain.compile(p.steps, func(slot int32) bool {
				for i := range later {
					if s := &later[i]; s.reads(slot) {
						return true
					} else if s.writes(slot) {
						return false
					}
				}
				return kept(int(slot))
			})
			p.slots = slotsOf(p.steps)
		}
		c.parts = append(c.parts, p)
	}
	return c
}

// Run executes the program over blocks of n elements, as [Run] does.
func (c *Code[T]) Run(slots []*T, n int) {
	e := &engineOf[T]().chain
	for i := range c.parts {
		p := &c.parts[i]
		if p.chain == nil || n < e.group {
			Run(p.steps, slots, n)
			continue
		}
		groups := n / e.group
		e.run(&p.chain[0], &slots[0], groups)
		if done := groups * e.group; done < n {
			if len(c.rest) < len(slots) {
				c.rest = make([]*T, len(slots))
			}
			for _, s := range p.slots {
				c.rest[s] = (*T)(unsafe.Add(unsafe.Pointer(slots[s]), done*int(unsafe.Sizeof(T(0)))))
			}
			Run(p.steps, c.rest, n-done)
		}
	}
}

// inRegisters reports whether Compile can run an operation in registers, where the processor has enough of them.
func inRegisters(op Op) bool {
	switch op {
	case OpAdd, OpSub, OpMul, OpFMA, OpFNMA, OpFMS, OpSquare, OpTanhD, OpCopy:
		return true
	}
	return false
}

// constInRegisters is inRegisters for operations with a constant.
func constInRegisters(op ConstOp) bool {
	switch op {
	case OpAddC, OpMulC, OpFMAC, OpRSubC:
		return true
	}
	return false
}

// operands are the slots that a step reads, −1 where it reads none: the factors or the only operand first, the addend last.
func (s *Step[T]) operands() [3]int32 {
	o := [3]int32{-1, -1, -1}
	switch {
	case s.op < uint8(NumOps):
		for i := range Op(s.op).Arity() {
			o[i] = [3]int32{s.a, s.b, s.c}[i]
		}
	case s.op < stepSinCos:
		if n := ConstOp(s.op - uint8(NumOps)).Arity(); n > 0 {
			o[0] = s.a
			if n > 1 {
				o[2] = s.c
			}
		}
	default:
		o[0] = s.a
	}
	return o
}

// Reads calls f for every slot that the step reads.
func (s *Step[T]) Reads(f func(slot int)) {
	for _, slot := range s.operands() {
		if slot >= 0 {
			f(int(slot))
		}
	}
}

func (s *Step[T]) reads(slot int32) bool {
	o := s.operands()
	return o[0] == slot || o[1] == slot || o[2] == slot
}

func (s *Step[T]) writes(slot int32) bool { return s.dst == slot || s.op == stepSinCos && s.b == slot }

func slotsOf[T Float](steps []Step[T]) []int32 {
	var list []int32
	seen := map[int32]bool{}
	for i := range steps {
		o := steps[i].operands()
		for _, s := range append(o[:], steps[i].dst) {
			if s >= 0 && !seen[s] {
				seen[s] = true
				list = append(list, s)
			}
		}
	}
	return list
}
