package kern

import (
	"math"
	"unsafe"
)

// chainState is what the registers of a chain hold while it is compiled.
type chainState[T Float] struct {
	e     *chainEngine[T]
	steps []Step[T]
	after func(slot int32) bool // the slot is read after the last step
	reg   [chainRegs]int32      // the slot whose value a register holds, or −1
	dirty [chainRegs]bool       // it has not been stored
	code  []chainInstr
}

// knows reports whether there is code for a step.
func (e *chainEngine[T]) knows(s *Step[T]) bool {
	switch {
	case e.run == nil || s.op >= stepSinCos:
		return false
	case s.op < uint8(NumOps):
		return inRegisters(Op(s.op))
	}
	return constInRegisters(ConstOp(s.op - uint8(NumOps)))
}

// formOf normalises the places of the operands: those that an operation lacks are −1, factors are in order.
func formOf(op uint8, d int8, p [3]int8) form {
	f := form{op, d, p[0], p[1], p[2]}
	switch op {
	case uint8(OpAdd), uint8(OpMul):
		f.z = -1
		f.x, f.y = min(f.x, f.y), max(f.x, f.y)
	case uint8(OpFMA), uint8(OpFNMA), uint8(OpFMS):
		f.x, f.y = min(f.x, f.y), max(f.x, f.y)
	case uint8(OpSub):
		f.z = -1
	case uint8(NumOps) + uint8(OpFMAC):
		f.y = -1
	default:
		f.y, f.z = -1, -1
	}
	return f
}

// compile assigns registers. A value stays in one until another needs the place: then the one that is needed last goes, and
// is stored if it has to be. What is needed afterwards is stored at once.
func (e *chainEngine[T]) compile(steps []Step[T], after func(slot int32) bool) []chainInstr {
	c := &chainState[T]{e: e, steps: steps, after: after}
	for r := range c.reg {
		c.reg[r] = -1
	}
	for k := range steps {
		c.step(k)
	}
	return append(c.code, chainInstr{code: e.end})
}

// nextUse is the first step from k on that reads the value that a slot holds now; len(steps) stands for what comes after
// them, and math.MaxInt for never.
func (c *chainState[T]) nextUse(slot int32, k int) int {
	for ; k < len(c.steps); k++ {
		if c.steps[k].reads(slot) {
			return k
		}
		if c.steps[k].dst == slot {
			return math.MaxInt
		}
	}
	if c.after(slot) {
		return len(c.steps)
	}
	return math.MaxInt
}

func (c *chainState[T]) emit(f form, slot int32, s T) {
	var bits uint64
	if unsafe.Sizeof(s) == 8 {
		bits = math.Float64bits(float64(s))
	} else {
		bits = uint64(math.Float32bits(float32(s)))
	}
	code, ok := c.e.forms[f]
	if !ok {
		panic("kern: no code for a step")
	}
	c.code = append(c.code, chainInstr{code, 8 * int64(max(slot, 0)), bits})
}

func (c *chainState[T]) holds(slot int32) int8 {
	for r, s := range c.reg {
		if s == slot && s >= 0 {
			return int8(r)
		}
	}
	return formMemory
}

// take returns a register for a result of step k, none of those that are busy.
func (c *chainState[T]) take(k int, busy [chainRegs]bool) int8 {
	best, far := -1, -1
	for r, s := range c.reg {
		if busy[r] {
			continue
		}
		use := math.MaxInt
		if s >= 0 {
			use = c.nextUse(s, k+1)
		}
		if use > far || use == far && !c.dirty[r] {
			best, far = r, use
		}
	}
	if c.reg[best] >= 0 && c.dirty[best] && far < math.MaxInt {
		c.emit(form{formStore, int8(best), -1, -1, -1}, c.reg[best], 0)
	}
	c.reg[best], c.dirty[best] = -1, false
	return int8(best)
}

// step emits step k.
func (c *chainState[T]) step(k int) {
	s := &c.steps[k]
	o, op, constant := s.operands(), s.op, s.s
	switch {
	case op == uint8(OpSquare):
		op, o[1] = uint8(OpMul), o[0]
	case op == uint8(OpTanhD):
		constant = 1
	}
	var places [3]int8
	var busy [chainRegs]bool
	for i, slot := range o {
		places[i] = -1
		if slot >= 0 {
			if places[i] = c.holds(slot); places[i] < formMemory {
				busy[places[i]] = true
			}
		}
	}
	// One operand may stay in memory: the last of them, unless the same slot is read twice or copied.
	for i, slot := range o {
		if places[i] != formMemory {
			continue
		}
		other := op == uint8(OpCopy)
		for j := range o {
			other = other || j != i && places[j] == formMemory && (j > i || o[j] == slot)
		}
		if !other {
			continue
		}
		r := c.take(k, busy)
		c.emit(form{formLoad, r, -1, -1, -1}, slot, 0)
		c.reg[r], busy[r] = slot, true
		for j := range o {
			if o[j] == slot {
				places[j] = r
			}
		}
	}
	inMemory := int32(-1)
	for i, p := range places {
		if p == formMemory {
			inMemory = o[i]
		}
	}
	// The old value of the result's slot is gone, wherever it is.
	if r := c.holds(s.dst); r < formMemory && !s.reads(s.dst) {
		c.reg[r], c.dirty[r] = -1, false
	}
	if op == uint8(OpCopy) {
		c.emit(form{formStore, places[0], -1, -1, -1}, s.dst, 0)
		return
	}
	// The result goes to an operand's register if that dies here, else to a free one.
	var keep [chainRegs]bool
	for r, slot := range c.reg {
		keep[r] = slot >= 0 && slot != s.dst && c.nextUse(slot, k+1) < math.MaxInt && busy[r]
	}
	if keep == [chainRegs]bool{true, true, true} { // the operands fill all registers, and all live on
		keep[c.farthest(k)] = false
	}
	d := c.take(k, keep)
	c.emit(formOf(op, d, places), inMemory, constant)
	if r := c.holds(s.dst); r < formMemory {
		c.reg[r] = -1 // the value before, which was an operand
	}
	c.reg[d], c.dirty[d] = s.dst, true
	if c.after(s.dst) && c.nextUse(s.dst, k+1) != math.MaxInt {
		c.emit(form{formStore, d, -1, -1, -1}, s.dst, 0)
		c.dirty[d] = false
	}
}

func (c *chainState[T]) farthest(k int) int {
	best, far := 0, -1
	for r, slot := range c.reg {
		if use := c.nextUse(slot, k+1); use > far {
			best, far = r, use
		}
	}
	return best
}
