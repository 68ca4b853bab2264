package graph

import (
	"fmt"
	"strings"

	"github.com/crux-pinn/crux/internal/kern"
)

// Program is a fused elementwise computation over one block of points: static single assignment code whose values are
// lanes of rows × Width elements. Its derivative is another Program (see vjp), so every order of derivative closes.
type Program struct {
	Width    int
	PerPoint bool // computed for every point; else once, of parameters only
	Operands []Operand
	Code     []Instr
	Out      []int // values stored as channels, one row per point
	Sums     []int // values summed over the points, one row in all
}

// Kind says how an operand's elements are spread over the lane.
type Kind uint8

const (
	Points Kind = iota // one row of Width elements for each point
	Column             // one element for each point, repeated over the width
	Row                // one row of Width elements for all points
	Scalar             // one element for all points
)

func (k Kind) String() string { return [...]string{"points", "column", "row", "scalar"}[k] }

// Operand says where a lane is read: input In, slot Slot (a channel of n rows, or a single row), from column Col on.
type Operand struct {
	In, Slot, Col int
	Kind          Kind
}

// fits reports whether an input of dimensions d has what the operand reads, for lanes of the given width.
func (o Operand) fits(d Dims, width int) bool {
	lo, hi := d.Channels, d.Slots() // single rows
	if o.Kind == Points || o.Kind == Column {
		lo, hi = 0, d.Channels
	}
	if o.Kind == Column || o.Kind == Scalar {
		width = 1
	}
	return o.Slot >= lo && o.Slot < hi && o.Col >= 0 && o.Col+width <= d.Width
}

// Opcode is an operation of a Program.
type Opcode uint8

const (
	Load   Opcode = iota // A is the index of the operand
	Const                // S
	Add                  // a + b
	Sub                  // a − b
	Mul                  // a b
	Div                  // a / b
	AddC                 // a + S
	MulC                 // a S
	PowC                 // a^S
	Pow                  // a^b
	Fn                   // K(a), a function of one argument
	Call                 // F.Eval(a), a user's function
	Max                  // the larger; a when equal
	Min                  // the smaller; a when equal
	Cmp                  // K(a, b), 1 or 0
	Select               // b where a ≠ 0, else c
)

var opcodeNames = [...]string{
	"load", "const", "add", "sub", "mul", "div", "addc", "mulc", "powc", "pow", "fn", "call", "max", "min",
	"cmp", "select",
}

func (o Opcode) String() string { return opcodeNames[o] }

// operands is the number of A, B, C that are values.
func (o Opcode) operands() int {
	switch o {
	case Load, Const:
		return 0
	case AddC, MulC, PowC, Fn, Call:
		return 1
	case Select:
		return 3
	}
	return 2
}

// Instr computes one value. A, B and C are indices into Code.
type Instr struct {
	Op      Opcode
	K       kern.Op
	A, B, C int
	S       float64
	F       *Func
}

// Inputs are the values that the instruction reads.
func (i *Instr) Inputs() []int { return []int{i.A, i.B, i.C}[:i.Op.operands()] }

// Func is a function of one argument that a user has defined: its values, and its derivative as code. Func values are
// compared by pointer.
type Func struct {
	Name  string
	Eval  func(float64) float64
	Deriv func(b *Builder, x, y int) int // nil: zero
}

// Dims are the dimensions of the result.
func (p *Program) Dims() Dims {
	if p.PerPoint {
		return Dims{Channels: len(p.Out), Rows: len(p.Sums), Width: p.Width}
	}
	return Dims{Rows: len(p.Out), Width: p.Width}
}

// transcendental reports whether a value costs many multiplications.
func (i *Instr) transcendental() bool {
	switch i.Op {
	case Fn:
		switch i.K {
		case kern.OpNeg, kern.OpAbs, kern.OpSquare, kern.OpSign, kern.OpStep, kern.OpRecip:
			return false
		}
		return true
	case Call, Pow:
		return true
	case PowC:
		return i.S != float64(int(i.S))
	}
	return false
}

func (p *Program) String() string {
	var b strings.Builder
	for i, in := range p.Code {
		fmt.Fprintf(&b, "  v%d = ", i)
		switch in.Op {
		case Load:
			o := p.Operands[in.A]
			fmt.Fprintf(&b, "%s in%d[%d] col %d", o.Kind, o.In, o.Slot, o.Col)
		case Const:
			fmt.Fprintf(&b, "%g", in.S)
		default:
			switch {
			case in.Op == Fn || in.Op == Cmp:
				b.WriteString(in.K.String())
			case in.Op == Call:
				b.WriteString(in.F.Name)
			default:
				b.WriteString(in.Op.String())
			}
			for _, v := range in.Inputs() {
				fmt.Fprintf(&b, " v%d", v)
			}
			if in.Op == AddC || in.Op == MulC || in.Op == PowC {
				fmt.Fprintf(&b, " %g", in.S)
			}
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "  out %v sums %v\n", p.Out, p.Sums)
	return b.String()
}
