package ckpt

import (
	"encoding/binary"
	"math"

	"github.com/nlpodyssey/safetensors"
)

// Tensor is data of a safetensors file as the library writes them. Its own constructor takes no scalars.
type Tensor struct {
	kind  safetensors.DType
	shape []uint64
	data  []byte
}

func (t Tensor) DType() safetensors.DType { return t.kind }
func (t Tensor) Shape() []uint64          { return t.shape }
func (t Tensor) Data() []byte             { return t.data }
func (t Tensor) DataLen() uint64          { return uint64(len(t.data)) }

// Bytes is a vector of bytes.
func Bytes(b []byte) Tensor { return Tensor{safetensors.U8, []uint64{uint64(len(b))}, b} }

// Floats is an array of float64.
func Floats(shape []int, x []float64) Tensor {
	t := Tensor{safetensors.F64, make([]uint64, len(shape)), make([]byte, 0, 8*len(x))} // no nil shape: it would be written as null
	for i, n := range shape {
		t.shape[i] = uint64(n)
	}
	for _, v := range x {
		t.data = binary.LittleEndian.AppendUint64(t.data, math.Float64bits(v))
	}
	return t
}

// ReadFloats are the numbers of the data of an array of float64.
func ReadFloats(data []byte) []float64 {
	x := make([]float64, len(data)/8)
	for i := range x {
		x[i] = math.Float64frombits(binary.LittleEndian.Uint64(data[8*i:]))
	}
	return x
}
