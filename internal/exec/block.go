package exec

import (
	"github.com/crux-pinn/crux/internal/graph"
	"github.com/crux-pinn/crux/internal/kern"
)

// laneState is one worker's memory for a laneCode.
type laneState[T kern.Float] struct {
	lanes [][]T // by lane, full length
	vals  [][]T // by value, for the current block
	sums  [][]T // accumulators of the sums, one block wide, folded at the end
	stamp uint64
}

func newLaneState[T kern.Float](c *laneCode) *laneState[T] {
	s := &laneState[T]{vals: make([][]T, c.values)}
	n := c.rows * c.width
	stride := (n + 15) / 16 * 16
	all := kern.AlignedSlice[T]((c.lanes + len(c.sums)) * stride)
	for l := range c.lanes + len(c.sums) {
		v := all[l*stride:][:n:n]
		if l < c.lanes {
			s.lanes = append(s.lanes, v)
		} else {
			s.sums = append(s.sums, v)
		}
	}
	for _, k := range c.consts {
		kern.ConstTable[T]()[kern.OpFill](s.lanes[c.lane[k.value]], nil, nil, T(k.s))
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
	ops, consts := kern.Table[T](), kern.ConstTable[T]()
	for first := 0; first < n; first += c.rows {
		rows := min(c.rows, n-first)
		m := rows * w
		for v, l := range c.lane {
			if l >= 0 {
				s.vals[v] = s.lanes[l][:m]
			}
		}
		for k := range c.loads {
			l := &c.loads[k]
			if l.fixed {
				continue
			}
			d := dims[l.from.In]
			base := d.Offset(l.from.Slot, n) + l.from.Col
			src := in[l.from.In]
			if l.direct {
				s.vals[l.value] = src[base+first*w:][:m]
				continue
			}
			gather(s.vals[l.value], src[base+first*d.Width:], d.Width, rows, w, l.from.Kind)
		}
		for k, v := range c.out {
			s.vals[v] = out[(k*n+first)*w:][:m]
		}
		for k := range c.ops {
			o := &c.ops[k]
			var a, b, e []T
			if o.a >= 0 {
				a = s.vals[o.a]
			}
			if o.b >= 0 {
				b = s.vals[o.b]
			}
			if o.c >= 0 {
				e = s.vals[o.c]
			}
			dst := s.vals[o.dst]
			switch o.kind {
			case plain:
				ops[o.op](dst, a, b, e)
			case constant:
				consts[o.op](dst, a, e, T(o.s))
			case sincos:
				kern.SinCos(dst, b, a)
			case call:
				for i, x := range a {
					dst[i] = T(o.f(float64(x)))
				}
			}
		}
		for k, v := range c.sums {
			kern.AddTo(s.sums[k][:m], s.vals[v])
		}
	}
	base := len(c.out) * n * w
	for k, acc := range s.sums {
		dst := out[base+k*w:][:w]
		copy(dst, acc[:w])
		for r := 1; r < c.rows; r++ {
			kern.AddTo(dst, acc[r*w:][:w])
		}
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
