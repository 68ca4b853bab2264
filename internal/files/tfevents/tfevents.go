// Package tfevents writes event files of TensorBoard: numbers, images and histograms by tag and step.
//
// An event file is a TFRecord file, each record framed as
//
//	length u64 · mask(crc32c(length)) u32 · data · mask(crc32c(data)) u32,  all little-endian,
//	mask(c) = (c >> 15 | c << 17) + 0xa282ead8
//
// whose data are protocol buffers of type tensorflow.Event. Facts from tensorflow/core/util/event.proto,
// framework/summary.proto and lib/io/record_writer.cc (Apache-2.0); the code is ours.
package tfevents

import (
	"encoding/binary"
	"hash/crc32"
	"io"
	"math"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Writer writes events. It does not buffer.
type Writer struct {
	w   io.Writer
	buf []byte
}

// NewWriter begins an event file.
func NewWriter(w io.Writer, at time.Time) (*Writer, error) {
	e := &Writer{w: w}
	b := protowire.AppendTag(event(at, 0), 3, protowire.BytesType)
	return e, e.record(protowire.AppendString(b, "brain.Event:2"))
}

// Start says that the run continues at a step: readers forget what older files of the folder hold from that step on.
func (e *Writer) Start(at time.Time, step int) error {
	session := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), 1) // status START
	b := protowire.AppendTag(event(at, step), 7, protowire.BytesType)
	return e.record(protowire.AppendBytes(b, session))
}

// Summary writes the values of one step.
func (e *Writer) Summary(at time.Time, step int, values ...Value) error {
	var s []byte
	for _, v := range values {
		s = protowire.AppendTag(s, 1, protowire.BytesType)
		s = protowire.AppendBytes(s, v.encoded)
	}
	b := protowire.AppendTag(event(at, step), 5, protowire.BytesType)
	return e.record(protowire.AppendBytes(b, s))
}

// event begins a message with its time and step.
func event(at time.Time, step int) []byte {
	b := protowire.AppendTag(nil, 1, protowire.Fixed64Type)
	b = protowire.AppendFixed64(b, math.Float64bits(float64(at.UnixMicro())/1e6))
	if step != 0 {
		b = protowire.AppendTag(b, 2, protowire.VarintType)
		b = protowire.AppendVarint(b, uint64(step))
	}
	return b
}

// record frames data.
func (e *Writer) record(data []byte) error {
	b := binary.LittleEndian.AppendUint64(e.buf[:0], uint64(len(data)))
	b = binary.LittleEndian.AppendUint32(b, masked(b))
	b = append(b, data...)
	b = binary.LittleEndian.AppendUint32(b, masked(data))
	e.buf = b
	_, err := e.w.Write(b)
	return err
}

func masked(b []byte) uint32 {
	c := crc32.Checksum(b, castagnoli)
	return (c>>15 | c<<17) + 0xa282ead8
}

// Value is one value of a summary.
type Value struct{ encoded []byte }

func value(tag string) []byte {
	return protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), tag)
}

// Scalar is a number; the format has it in single precision.
func Scalar(tag string, v float64) Value {
	b := protowire.AppendTag(value(tag), 2, protowire.Fixed32Type)
	return Value{protowire.AppendFixed32(b, math.Float32bits(float32(v)))}
}

// Text is a text in Markdown: a tensor of one string, which the plugin for texts shows.
func Text(tag, text string) Value {
	embed := func(b []byte, field protowire.Number, inner []byte) []byte {
		return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), inner)
	}
	const dtString = 7
	tensor := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), dtString)
	dim := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), 1)
	tensor = embed(tensor, 2, embed(nil, 2, dim)) // shape
	tensor = embed(tensor, 8, []byte(text))
	b := embed(value(tag), 8, tensor)
	return Value{embed(b, 9, embed(nil, 1, embed(nil, 1, []byte("text"))))} // metadata: the plugin's name
}

// Image is a PNG image in colour.
func Image(tag string, width, height int, png []byte) Value {
	var i []byte
	for k, v := range []int{height, width, 3} { // 3: RGB
		i = protowire.AppendVarint(protowire.AppendTag(i, protowire.Number(k+1), protowire.VarintType), uint64(v))
	}
	i = protowire.AppendBytes(protowire.AppendTag(i, 4, protowire.BytesType), png)
	return Value{protowire.AppendBytes(protowire.AppendTag(value(tag), 4, protowire.BytesType), i)}
}

// Histogram has one more edge than counts. The format wants moments of the values; these are those of the middles of the bins.
func Histogram(tag string, edges []float64, counts []int) Value {
	var n, sum, squares float64
	var limits, buckets []byte
	for i, k := range counts {
		c := float64(k)
		middle := edges[i]/2 + edges[i+1]/2
		n, sum, squares = n+c, sum+c*middle, squares+c*middle*middle
		limits = protowire.AppendFixed64(limits, math.Float64bits(edges[i+1]))
		buckets = protowire.AppendFixed64(buckets, math.Float64bits(c))
	}
	var h []byte
	least, most := 0.0, 0.0
	if len(edges) > 0 {
		least, most = edges[0], edges[len(edges)-1]
	}
	for k, v := range []float64{least, most, n, sum, squares} {
		h = protowire.AppendFixed64(protowire.AppendTag(h, protowire.Number(k+1), protowire.Fixed64Type), math.Float64bits(v))
	}
	h = protowire.AppendBytes(protowire.AppendTag(h, 6, protowire.BytesType), limits)
	h = protowire.AppendBytes(protowire.AppendTag(h, 7, protowire.BytesType), buckets)
	return Value{protowire.AppendBytes(protowire.AppendTag(value(tag), 5, protowire.BytesType), h)}
}
