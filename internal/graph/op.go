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

	graph  *Graph
	serial uint32
}

var _ gorgonia.SDOp = (*Op)(nil)

// Arity is the number of inputs.
func (o *Op) Arity() int { return len(o.In) }

// Type is the function type: matrices to a matrix.
func (o *Op) Type() hm.Type {
	m := gorgonia.TensorType{Dims: 2, Of: o.graph.dtype}
	ts := make([]hm.Type, len(o.In)+1)
	for i := range ts {
		ts[i] = m
	}
	return hm.NewFnType(ts...)
}

// InferShape is the shape of the result for the graph's number of points.
func (o *Op) InferShape(...gorgonia.DimSizer) (tensor.Shape, error) { return o.graph.shape(o.Out), nil }

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
		return fmt.Sprintf("pointwise %d→%d+%d ×%d, %d instructions", len(o.Program.Operands), len(o.Program.Out), len(o.Program.Sums), o.Program.Width, len(o.Program.Code))
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
	need := o.DiffWRT(len(inputs))
	parts, err := o.vjp(sweep{}, inputs, output, []part{{node: grad, Patch: wholePatch(o.Out)}}, need)
	if err != nil {
		return nil, err
	}
	res := make(gorgonia.Nodes, len(inputs))
	for i, ps := range parts {
		if res[i], err = o.graph.join(ps, o.In[i]); err != nil {
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
	shape := o.graph.shape(o.Out)
	switch o.graph.dtype {
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
		switch d := v.Data().(type) {
		case []T:
			r[i] = d
		case T: // a 1×1 tensor shows its data as a scalar
			r[i] = []T{d}
		}
	}
	return r
}
