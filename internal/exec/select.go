package exec

import (
	"math"
	"slices"

	"github.com/crux-pinn/crux/internal/graph"
	"github.com/crux-pinn/crux/internal/kern"
)

// selector chooses kernels for the instructions of a program.
type selector struct {
	p     *graph.Program
	c     *laneCode
	uses  []int
	value []int // instruction → value
	in    []graph.Dims
}

func (s *selector) newValue() int {
	s.c.values++
	return s.c.values - 1
}

// single reports whether v has this operation and no other user, so that it can be fused into that user.
func (s *selector) single(v int, op graph.Opcode) bool {
	return s.p.Code[v].Op == op && s.uses[v] == 1
}

// run emits the kernel calls, each fusion in the place of its last instruction.
func (s *selector) run() {
	s.lower()
	p := s.p
	fused, fusions := s.fuse()
	pairs := s.pairs()
	for v, in := range p.Code {
		if fused[v] || s.value[v] >= 0 {
			continue
		}
		if f, ok := fusions[v]; ok {
			s.emit(v, microOp{kind: f.kind, op: f.op, a: s.at(f.a), b: s.at(f.b), c: s.at(f.c), s: f.k})
			continue
		}
		a, b, c := -1, -1, -1
		for k, x := range in.Inputs() {
			*[]*int{&a, &b, &c}[k] = s.at(x)
		}
		switch in.Op {
		case graph.Load:
			s.load(v, p.Operands[in.A])
		case graph.Const:
			s.value[v] = s.newValue()
			s.c.consts = append(s.c.consts, laneConst{s.value[v], in.S})
		case graph.Add:
			s.plain(v, kern.OpAdd, a, b, -1)
		case graph.Sub:
			s.plain(v, kern.OpSub, a, b, -1)
		case graph.Mul:
			if in.A == in.B {
				s.plain(v, kern.OpSquare, a, -1, -1)
			} else {
				s.plain(v, kern.OpMul, a, b, -1)
			}
		case graph.Div:
			if num := p.Code[in.A]; num.Op == graph.Const {
				s.emit(v, microOp{kind: constant, op: int(kern.OpRDivC), a: b, b: -1, c: -1, s: num.S})
			} else {
				s.plain(v, kern.OpDiv, a, b, -1)
			}
		case graph.AddC:
			s.emit(v, microOp{kind: constant, op: int(kern.OpAddC), a: a, b: -1, c: -1, s: in.S})
		case graph.MulC:
			s.emit(v, microOp{kind: constant, op: int(kern.OpMulC), a: a, b: -1, c: -1, s: in.S})
		case graph.PowC:
			if n := int(in.S); float64(n) == in.S && n >= -64 && n <= 64 {
				s.emit(v, microOp{kind: constant, op: int(kern.OpPowI), a: a, b: -1, c: -1, s: in.S})
			} else {
				e := s.newValue()
				s.c.consts = append(s.c.consts, laneConst{e, in.S})
				s.plain(v, kern.OpPow, a, e, -1)
			}
		case graph.Pow:
			s.plain(v, kern.OpPow, a, b, -1)
		case graph.Fn:
			if q := pairs[in.A]; (in.K == kern.OpSin || in.K == kern.OpCos) && q.sin >= 0 && q.cos >= 0 {
				s.value[q.sin], s.value[q.cos] = s.newValue(), s.newValue()
				s.c.ops = append(s.c.ops, microOp{kind: sincos, dst: s.value[q.sin], b: s.value[q.cos], a: a, c: -1})
				continue
			}
			s.plain(v, in.K, a, -1, -1)
		case graph.Call:
			s.emit(v, microOp{kind: call, a: a, b: -1, c: -1, f: in.F.Eval})
		case graph.Max:
			s.plain(v, kern.OpMax, a, b, -1)
		case graph.Min:
			s.plain(v, kern.OpMin, a, b, -1)
		case graph.Cmp:
			s.plain(v, in.K, a, b, -1)
		case graph.Select:
			s.plain(v, kern.OpSelect, a, b, c)
		}
	}
	for _, v := range p.Out {
		s.c.out = append(s.c.out, s.at(v))
	}
	for _, v := range p.Sums {
		s.c.sums = append(s.c.sums, s.at(v))
	}
}

// lower moves powers of two from products that are added to a factor of theirs: c·(a·b) + x becomes (c·a)·b + x, of which the product
// is not rounded, as that of a·b + x is not. So terms are rounded alike in all units that are powers of two, those with the factor 1
// among them.
func (s *selector) lower() {
	p := *s.p
	p.Code = slices.Clone(p.Code)
	s.p = &p
	for _, in := range p.Code {
		if in.Op != graph.Add && in.Op != graph.Sub {
			continue
		}
		for _, v := range in.Inputs() {
			c := p.Code[v]
			if m, _ := math.Frexp(math.Abs(c.S)); !s.single(v, graph.MulC) || m != 0.5 || !s.single(c.A, graph.Mul) {
				continue
			}
			product := p.Code[c.A]
			p.Code[c.A] = graph.Instr{Op: graph.MulC, A: product.A, S: c.S}
			p.Code[v] = graph.Instr{Op: graph.Mul, A: c.A, B: product.B}
		}
	}
}

// fusion is an instruction that takes the product before it into one call.
type fusion struct {
	kind    microKind
	op      int
	a, b, c int
	k       float64
}

// fuse decides, from the users' side, which products are taken into the addition that alone reads them, those of two values before those
// with a constant. It returns the instructions that vanish and, by instruction, the call that stands in its place.
func (s *selector) fuse() (fused []bool, fusions map[int]fusion) {
	p := s.p
	fused = make([]bool, len(p.Code))
	fusions = map[int]fusion{}
	for v := len(p.Code) - 1; v >= 0; v-- {
		in := p.Code[v]
		if fused[v] {
			continue
		}
		take := func(child int, f fusion) {
			fused[child] = true
			fusions[v] = f
		}
		switch in.Op {
		case graph.Add:
			switch {
			case s.single(in.B, graph.Mul):
				take(in.B, fusion{plain, int(kern.OpFMA), p.Code[in.B].A, p.Code[in.B].B, in.A, 0})
			case s.single(in.A, graph.Mul):
				take(in.A, fusion{plain, int(kern.OpFMA), p.Code[in.A].A, p.Code[in.A].B, in.B, 0})
			case s.single(in.B, graph.MulC):
				take(in.B, fusion{constant, int(kern.OpFMAC), p.Code[in.B].A, -1, in.A, p.Code[in.B].S})
			case s.single(in.A, graph.MulC):
				take(in.A, fusion{constant, int(kern.OpFMAC), p.Code[in.A].A, -1, in.B, p.Code[in.A].S})
			}
		case graph.Sub:
			switch {
			case s.single(in.B, graph.Mul):
				take(in.B, fusion{plain, int(kern.OpFNMA), p.Code[in.B].A, p.Code[in.B].B, in.A, 0})
			case s.single(in.A, graph.Mul):
				take(in.A, fusion{plain, int(kern.OpFMS), p.Code[in.A].A, p.Code[in.A].B, in.B, 0})
			case s.single(in.B, graph.MulC):
				take(in.B, fusion{constant, int(kern.OpFMAC), p.Code[in.B].A, -1, in.A, -p.Code[in.B].S})
			}
		case graph.AddC:
			if m := in.A; s.single(m, graph.MulC) && p.Code[m].S == -1 {
				x := p.Code[m].A
				if in.S == 1 && s.single(x, graph.Mul) && p.Code[x].A == p.Code[x].B {
					fused[x] = true
					take(m, fusion{plain, int(kern.OpTanhD), p.Code[x].A, -1, -1, 0})
				} else {
					take(m, fusion{constant, int(kern.OpRSubC), x, -1, -1, in.S})
				}
			}
		}
	}
	return fused, fusions
}

// pair is the sine and the cosine of one argument, −1 where the program has only one of them.
type pair struct{ sin, cos int }

// pairs finds, by argument, the sines and cosines that one call computes together.
func (s *selector) pairs() map[int]pair {
	p := s.p
	pairs := map[int]pair{}
	for v, in := range p.Code {
		if in.Op != graph.Fn || in.K != kern.OpSin && in.K != kern.OpCos {
			continue
		}
		q, ok := pairs[in.A]
		if !ok {
			q = pair{-1, -1}
		}
		if in.K == kern.OpSin {
			q.sin = v
		} else {
			q.cos = v
		}
		pairs[in.A] = q
	}
	return pairs
}

func (s *selector) at(v int) int {
	if v < 0 {
		return -1
	}
	return s.value[v]
}

func (s *selector) emit(v int, m microOp) {
	m.dst = s.newValue()
	s.value[v] = m.dst
	s.c.ops = append(s.c.ops, m)
}

func (s *selector) plain(v int, op kern.Op, a, b, c int) {
	s.emit(v, microOp{kind: plain, op: int(op), a: a, b: b, c: c})
}

func (s *selector) load(v int, o graph.Operand) {
	s.value[v] = s.newValue()
	d := s.in[o.In]
	l := laneLoad{value: s.value[v], from: o, fixed: s.p.PerPoint && (o.Kind == graph.Row || o.Kind == graph.Scalar)}
	switch {
	case !s.p.PerPoint:
		l.direct = o.Kind != graph.Scalar || s.p.Width == 1
	case o.Kind == graph.Points:
		l.direct = d.Width == s.p.Width
	case o.Kind == graph.Column:
		l.direct = d.Width == 1 && s.p.Width == 1
	}
	s.c.loads = append(s.c.loads, l)
}
