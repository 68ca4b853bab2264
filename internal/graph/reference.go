package graph

import (
	"math"

	"github.com/crux-pinn/crux/internal/kern"
)

// reference evaluates an operation plainly, in float64 per element: the meaning that the virtual machine must match.
func reference[T float32 | float64](o *Op, out []T, in [][]T) {
	n := o.n
	switch o.Code {
	case MatMul:
		refMatMul(o, out, in[0], in[1], n)
	case Pointwise:
		refPointwise(o, out, in, n)
	case Assemble:
		for _, p := range o.Patches {
			src := o.In[p.In]
			for s := range p.Slots {
				rows := 1
				if p.Dst+s < o.Out.Channels {
					rows = n
				}
				a, b := src.Offset(p.Src+s, n)+p.SrcCol, o.Out.Offset(p.Dst+s, n)+p.DstCol
				for i := range rows {
					copy(out[b+i*o.Out.Width:][:p.Width], in[p.In][a+i*src.Width:][:p.Width])
				}
			}
		}
	case Outer:
		a, b := o.In[0], o.In[1]
		for pt := range n {
			for i := range a.Width {
				for j := range b.Width {
					var s float64
					for c := range b.Channels {
						row := c
						if a.Channels > 0 {
							row = c*n + pt
						}
						s += float64(in[0][row*a.Width+i]) * float64(in[1][(c*n+pt)*b.Width+j])
					}
					out[(i*n+pt)*b.Width+j] = T(s)
				}
			}
		}
	case Sum:
		for i := range out {
			for _, v := range in {
				out[i] += v[i]
			}
		}
	}
}

func refMatMul[T float32 | float64](o *Op, out, a, b []T, n int) {
	m, w := o.Out.Height(n), o.Out.Width
	ah, aw, bw := o.In[0].Height(n), o.In[0].Width, o.In[1].Width
	k := aw
	if o.TransA {
		k = ah
	}
	for i := range m {
		for j := range w {
			var s float64
			for l := range k {
				x, y := 0, l*bw+j
				if x = i*aw + l; o.TransA {
					x = l*aw + i
				}
				if o.TransB {
					y = j*bw + l
				}
				s += float64(a[x]) * float64(b[y])
			}
			out[i*w+j] = T(s)
		}
	}
}

func refPointwise[T float32 | float64](o *Op, out []T, in [][]T, n int) {
	p := o.Program
	if !p.PerPoint {
		n = 1
	}
	lane := make([]float64, len(p.Code))
	sums := make([]float64, len(p.Sums)*p.Width)
	for i := range n {
		for j := range p.Width {
			for v := range p.Code {
				c := &p.Code[v]
				if c.Op == Load {
					t := p.Operands[c.A]
					d := o.In[t.In]
					at := d.Offset(t.Slot, n) + t.Col
					if t.Kind == Points || t.Kind == Column {
						at += i * d.Width
					}
					if t.Kind == Points || t.Kind == Row {
						at += j
					}
					lane[v] = float64(in[t.In][at])
					continue
				}
				lane[v] = evalInstr(c, lane)
			}
			for k, v := range p.Out {
				out[(k*n+i)*p.Width+j] = T(lane[v])
			}
			for k, v := range p.Sums {
				sums[k*p.Width+j] += lane[v]
			}
		}
	}
	for k, s := range sums {
		out[len(p.Out)*n*p.Width+k] = T(s)
	}
}

func evalInstr(c *Instr, lane []float64) float64 {
	var x, y float64
	if c.Op.operands() > 0 {
		x = lane[c.A]
	}
	if c.Op.operands() > 1 {
		y = lane[c.B]
	}
	truth := func(b bool) float64 {
		if b {
			return 1
		}
		return 0
	}
	switch c.Op {
	case Const:
		return c.S
	case Add:
		return x + y
	case Sub:
		return x - y
	case Mul:
		return x * y
	case Div:
		return x / y
	case AddC:
		return x + c.S
	case MulC:
		return x * c.S
	case PowC:
		return math.Pow(x, c.S)
	case Pow:
		return math.Pow(x, y)
	case Fn:
		return evalFn(c.K, x)
	case Call:
		return c.F.Eval(x)
	case Max:
		return math.Max(x, y)
	case Min:
		return math.Min(x, y)
	case Cmp:
		switch c.K {
		case kern.OpGT:
			return truth(x > y)
		case kern.OpGE:
			return truth(x >= y)
		case kern.OpLT:
			return truth(x < y)
		case kern.OpLE:
			return truth(x <= y)
		}
		return truth(x == y)
	case Select:
		if x != 0 {
			return y
		}
		return lane[c.C]
	}
	panic("graph: load without an operand")
}
