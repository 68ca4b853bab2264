package graph

import (
	"encoding/binary"
	"fmt"
	"hash"
	"hash/fnv"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Code names one of the operations that a graph consists of. The set is closed under differentiation.
type Code uint8

const (
	MatMul    Code = iota // op(A)·op(B)
	Pointwise             // a fused Program
	Assemble              // copies parts of the inputs into place, zero elsewhere
	Sum                   // the sum of all inputs, which have equal dimensions
	Outer                 // for each point the sum over channels of A's row times B's row: the terms of AᵀB, kept apart
)

func (c Code) String() string {
	return [...]string{"matmul", "pointwise", "assemble", "sum", "outer"}[c]
}

// Op is an operation of the graph; it is a gorgonia.SDOp. The virtual machine of internal/exec runs it through kernels;
// Do is the plain reference, which Gorgonia's own machines use and tests compare with.
type Op struct {
	Code           Code
	TransA, TransB bool     // MatMul
	Program        *Program // Pointwise
	Patches        []Patch  // Assemble
	In             []Dims
	Out            Dims

	n      int // points of a chunk as Gorgonia sees it
	dtype  tensor.Dtype
	serial uint32
}

var _ gorgonia.SDOp = (*Op)(nil)

// Arity is the number of inputs.
func (o *Op) Arity() int { return len(o.In) }

// Type is the function type: matrices to a matrix.
func (o *Op) Type() hm.Type {
	m := gorgonia.TensorType{Dims: 2, Of: o.dtype}
	ts := make([]hm.Type, len(o.In)+1)
	for i := range ts {
		ts[i] = m
	}
	return hm.NewFnType(ts...)
}

// InferShape is the shape of the result. Operands of other shapes are an error, and so is a result that the operands do not give.
func (o *Op) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	dims := make([]Dims, len(in))
	for i, s := range in {
		rows, err := s.DimSize(0)
		if err != nil {
			return nil, err
		}
		cols, err := s.DimSize(1)
		if err != nil {
			return nil, err
		}
		if i < len(o.In) && rows == o.In[i].Height(o.n) && cols == o.In[i].Width {
			dims[i] = o.In[i] // the height alone does not tell channels from rows
		} else {
			dims[i] = Dims{Rows: rows, Width: cols}
		}
	}
	if err := o.Check(dims); err != nil {
		return nil, err
	}
	return o.Out.shape(o.n), nil
}

// Check reports operands that the operation cannot work on, and a result that they do not give.
func (o *Op) Check(in []Dims) error {
	if len(in) != len(o.In) {
		return fmt.Errorf("graph: %v takes %d operands, it has %d", o, len(o.In), len(in))
	}
	for i, d := range in {
		if d != o.In[i] {
			return fmt.Errorf("graph: %v: operand %d is %v, must be %v", o, i, d, o.In[i])
		}
	}
	switch out, err := o.result(); {
	case err != nil:
		return err
	case out != o.Out:
		return fmt.Errorf("graph: %v gives %v, not %v", o, out, o.Out)
	}
	return nil
}

// result is what the operands In give. An Assemble says itself how large it is.
func (o *Op) result() (Dims, error) {
	bad := func() (Dims, error) { return Dims{}, fmt.Errorf("graph: %v does not work on %v", o, o.In) }
	if want, ok := map[Code]int{MatMul: 2, Outer: 2}[o.Code]; ok && len(o.In) != want || len(o.In) == 0 {
		return bad()
	}
	a, b := o.In[0], o.In[len(o.In)-1]
	switch o.Code {
	case MatMul:
		k, n := b.Rows, b.Width
		if o.TransB {
			k, n = n, k
		}
		switch {
		case o.TransA && !o.TransB && a.Channels == b.Channels && a.Rows == b.Rows: // sums over rows
			return Dims{Rows: a.Width, Width: b.Width}, nil
		case !o.TransA && b.Channels == 0 && a.Width == k && (a.Channels == 0 || a.Rows == 0):
			return Dims{Channels: a.Channels, Rows: a.Rows, Width: n}, nil
		}
		return bad()
	case Outer:
		if a.Slots() != b.Channels || b.Rows != 0 || a.Channels > 0 && a.Rows > 0 {
			return bad()
		}
		return Dims{Channels: a.Width, Width: b.Width}, nil
	case Pointwise:
		for _, q := range o.Program.Operands {
			if q.In >= len(o.In) || !q.fits(o.In[q.In], o.Program.Width) {
				return bad()
			}
		}
		return o.Program.Dims(), nil
	case Assemble:
		for _, p := range o.Patches {
			if p.In >= len(o.In) || !p.fits(o.In[p.In], o.Out) {
				return bad()
			}
		}
		return o.Out, nil
	}
	for _, d := range o.In { // Sum
		if d != a {
			return bad()
		}
	}
	return a, nil
}

// ReturnsPtr, CallsExtern and OverwritesInput describe Do to Gorgonia's machines: it returns a new value each time.
func (o *Op) ReturnsPtr() bool     { return true }
func (o *Op) CallsExtern() bool    { return false }
func (o *Op) OverwritesInput() int { return -1 }

// WriteHash makes every operation distinct: Gorgonia merges nodes by a 32-bit hash that ignores children.
func (o *Op) WriteHash(h hash.Hash) {
	var b [5]byte
	b[0] = byte(o.Code)
	binary.LittleEndian.PutUint32(b[1:], o.serial)
	h.Write(b[:]) //nolint:errcheck // hash.Hash never returns an error
}

// Hashcode is the hash of WriteHash.
func (o *Op) Hashcode() uint32 {
	h := fnv.New32a()
	o.WriteHash(h)
	return h.Sum32()
}

func (o *Op) String() string {
	switch o.Code {
	case MatMul:
		t := func(b bool) string {
			if b {
				return "ᵀ"
			}
			return ""
		}
		return fmt.Sprintf("matmul A%s·B%s", t(o.TransA), t(o.TransB))
	case Pointwise:
		return fmt.Sprintf("pointwise %d→%d+%d ×%d, %d instructions", len(o.Program.Operands), len(o.Program.Out), len(o.Program.Sums),
			o.Program.Width, len(o.Program.Code))
	}
	return o.Code.String()
}

// DiffWRT says that every operation is differentiable with respect to all inputs.
func (o *Op) DiffWRT(inputs int) []bool {
	b := make([]bool, inputs)
	for i := range b {
		b[i] = true
	}
	return b
}

// SymDiff returns the cotangents of the inputs for cotangent grad of the output, as gorgonia.SDOp asks. [Graph.Grad]
// does the same for a whole graph without building what is not needed.
func (o *Op) SymDiff(inputs gorgonia.Nodes, output, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	g := &Graph{Expr: output.Graph(), N: o.n, dtype: o.dtype, perPoint: map[*gorgonia.Node]bool{}, ones: map[int]*gorgonia.Node{}}
	g.perPoint[grad] = o.Out.Channels > 0
	for i, n := range inputs {
		g.perPoint[n] = o.In[i].Channels > 0
	}
	parts, err := g.vjp(sweep{}, o, inputs, output, []part{{node: grad, Patch: wholePatch(o.Out)}}, o.DiffWRT(len(inputs)))
	if err != nil {
		return nil, err
	}
	res := make(gorgonia.Nodes, len(inputs))
	for i, ps := range parts {
		if res[i], err = g.join(ps, o.In[i]); err != nil {
			return nil, err
		}
	}
	return res, nil
}

// Do evaluates the operation on new memory.
func (o *Op) Do(inputs ...gorgonia.Value) (gorgonia.Value, error) {
	if len(inputs) != len(o.In) {
		return nil, fmt.Errorf("graph: %v takes %d inputs, got %d", o, len(o.In), len(inputs))
	}
	shape := o.Out.shape(o.n)
	switch o.dtype {
	case tensor.Float64:
		out := make([]float64, shape.TotalSize())
		reference(o, out, data[float64](inputs))
		return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(out)), nil
	default:
		out := make([]float32, shape.TotalSize())
		reference(o, out, data[float32](inputs))
		return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(out)), nil
	}
}

func data[T float32 | float64](vs []gorgonia.Value) [][]T {
	r := make([][]T, len(vs))
	for i, v := range vs {
		r[i] = Data[T](v)
	}
	return r
}

// Data are the elements of a value; nil if they are of another type.
func Data[T float32 | float64](v gorgonia.Value) []T {
	switch d := v.Data().(type) {
	case []T:
		return d
	case T: // a 1×1 tensor shows its data as a scalar
		return []T{d}
	}
	return nil
}
