package exec

import (
	"unsafe"

	"github.com/crux-pinn/crux/internal/graph"
	"github.com/crux-pinn/crux/internal/kern"
)

// laneState is one worker's memory for a laneCode.
type laneState[T kern.Float] struct {
	lanes [][]T // by lane, full length
	sums  [][]T // accumulators of the sums, one block wide, folded at the end
	slots []*T  // of the current block: values, then sums
	code  []segment[T]
	stamp uint64
}

// segment is a run of kernel steps, and the user's function that comes after it, if any.
type segment[T kern.Float] struct {
	steps  []kern.Step[T]
	code   *kern.Code[T]
	f      func(float64) float64
	dst, a int
}

func newLaneState[T kern.Float](c *laneCode) *laneState[T] {
	s := &laneState[T]{slots: make([]*T, c.values+len(c.sums))}
	n := c.rows * c.width
	stride := (n + 15) / 16 * 16
	all := kern.AlignedSlice[T]((c.lanes + len(c.sums)) * stride)
	for l := range c.lanes + len(c.sums) {
		v := all[l*stride:][:n:n]
		if l < c.lanes {
			s.lanes = append(s.lanes, v)
		} else {
			s.slots[c.values+l-c.lanes] = &v[0]
			s.sums = append(s.sums, v)
		}
	}
	for v, l := range c.lane {
		if l >= 0 {
			s.slots[v] = &s.lanes[l][0]
		}
	}
	for _, k := range c.consts {
		kern.ConstTable[T]()[kern.OpFill](s.lanes[c.lane[k.value]], nil, nil, T(k.s))
	}
	var seg segment[T]
	sum := func(v int) { // right after v has been computed, while it is in a register
		for k, w := range c.sums {
			if w == v {
				seg.steps = append(seg.steps, kern.NewStep[T](kern.OpAdd, c.values+k, c.values+k, v, 0))
			}
		}
	}
	computed := make([]bool, c.values)
	for _, o := range c.ops {
		a, b, e := max(o.a, 0), max(o.b, 0), max(o.c, 0)
		switch o.kind {
		case plain:
			seg.steps = append(seg.steps, kern.NewStep[T](kern.Op(o.op), o.dst, a, b, e))
		case constant:
			seg.steps = append(seg.steps, kern.NewConstStep(kern.ConstOp(o.op), o.dst, a, e, T(o.s)))
		case sincos:
			seg.steps = append(seg.steps, kern.NewSinCosStep[T](o.dst, b, a))
		case call:
			seg.f, seg.dst, seg.a = o.f, o.dst, a
			s.code = append(s.code, seg)
			seg = segment[T]{}
		}
		computed[o.dst] = true
		sum(o.dst)
		if o.kind == sincos {
			computed[o.b] = true
			sum(o.b)
		}
	}
	for v, done := range computed {
		if !done {
			sum(v)
		}
	}
	s.code = append(s.code, seg)
	// What is stored, summed or read by a later segment has to be in memory when a segment ends.
	kept := make([]bool, len(s.slots))
	for _, v := range c.out {
		kept[v] = true
	}
	for k := range c.sums {
		kept[c.values+k] = true
	}
	for k := len(s.code) - 1; k >= 0; k-- {
		seg := &s.code[k]
		if seg.f != nil {
			kept[seg.a] = true
		}
		seg.code = kern.Compile(seg.steps, func(slot int) bool { return kept[slot] })
		for i := range seg.steps {
			seg.steps[i].Reads(func(slot int) { kept[slot] = true })
		}
	}
	return s
}

// runLanes computes a program for n points. in are the inputs with their dimensions, out the memory of the result: channels
// first, then the sums. stamp changes whenever parameters may have changed.
func runLanes[T kern.Float](c *laneCode, s *laneState[T], dims []graph.Dims, in [][]T, out []T, n int, stamp uint64) {
	w := c.width
	if s.stamp != stamp {
		s.stamp = stamp
		fillFixed(c, s, dims, in, n)
	}
	for _, a := range s.sums {
		clear(a)
	}
	for first := 0; first < n; first += c.rows {
		rows := min(c.rows, n-first)
		m := rows * w
		for k := range c.loads {
			l := &c.loads[k]
			if l.fixed {
				continue
			}
			d := dims[l.from.In]
			base := d.Offset(l.from.Slot, n) + l.from.Col
			src := in[l.from.In]
			if l.direct {
				s.slots[l.value] = &src[base+first*w : base+first*w+m][0]
				continue
			}
			gather(s.lanes[c.lane[l.value]][:m], src[base+first*d.Width:], d.Width, rows, w, l.from.Kind)
		}
		for k, v := range c.out {
			at := (k*n + first) * w
			s.slots[v] = &out[at : at+m][0]
		}
		for k := range s.code {
			seg := &s.code[k]
			seg.code.Run(s.slots, m)
			if seg.f != nil {
				a, dst := unsafe.Slice(s.slots[seg.a], m), unsafe.Slice(s.slots[seg.dst], m)
				for i, x := range a {
					dst[i] = T(seg.f(float64(x)))
				}
			}
		}
	}
	base := len(c.out) * n * w
	for k, acc := range s.sums {
		for rows := min(c.rows, n); rows > 1; { // fold the upper half onto the lower
			half := rows / 2
			kern.AddTo(acc[:half*w], acc[(rows-half)*w:rows*w])
			rows -= half
		}
		copy(out[base+k*w:][:w], acc)
	}
}

// fillFixed repeats the operands that are the same for all points over a block.
func fillFixed[T kern.Float](c *laneCode, s *laneState[T], dims []graph.Dims, in [][]T, n int) {
	for _, l := range c.loads {
		if !l.fixed {
			continue
		}
		at := dims[l.from.In].Offset(l.from.Slot, n) + l.from.Col
		src, dst := in[l.from.In][at:], s.lanes[c.lane[l.value]]
		if l.from.Kind == graph.Scalar {
			for i := range dst {
				dst[i] = src[0]
			}
			continue
		}
		for i := 0; i < len(dst); i += c.width {
			copy(dst[i:i+c.width], src)
		}
	}
}

func gather[T kern.Float](dst, src []T, stride, rows, w int, kind graph.Kind) {
	if kind == graph.Scalar {
		for i := range dst {
			dst[i] = src[0]
		}
		return
	}
	if kind == graph.Column {
		if w == 1 {
			for i := range rows {
				dst[i] = src[i*stride]
			}
			return
		}
		for i := range rows {
			x, d := src[i*stride], dst[i*w:][:w]
			for j := range d {
				d[j] = x
			}
		}
		return
	}
	if w == 1 {
		for i := range rows {
			dst[i] = src[i*stride]
		}
		return
	}
	for i := range rows {
		copy(dst[i*w:][:w], src[i*stride:])
	}
}
