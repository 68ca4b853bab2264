package graph

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Dims are the dimensions of a value: Channels blocks of n rows (one row per point) and then Rows single rows, all of
// Width elements. A parameter has no channels; the activations of a layer no rows. Channels are the jet coefficients:
// they are stacked so that one matrix product serves all of them.
type Dims struct{ Channels, Rows, Width int }

// Height is the number of rows for n points.
func (d Dims) Height(n int) int { return d.Channels*n + d.Rows }

// Len is the number of elements for n points.
func (d Dims) Len(n int) int { return d.Height(n) * d.Width }

// Slots is the number of channels and single rows.
func (d Dims) Slots() int { return d.Channels + d.Rows }

// Offset is the index of the first element of a slot for n points.
func (d Dims) Offset(slot, n int) int {
	if slot <= d.Channels {
		return slot * n * d.Width
	}
	return (d.Channels*n + slot - d.Channels) * d.Width
}

// shape is what Gorgonia sees for n points.
func (d Dims) shape(n int) tensor.Shape { return tensor.Shape{d.Height(n), d.Width} }

func (d Dims) String() string {
	switch {
	case d.Channels == 0:
		return fmt.Sprintf("%d×%d", d.Rows, d.Width)
	case d.Rows == 0:
		return fmt.Sprintf("%dn×%d", d.Channels, d.Width)
	}
	return fmt.Sprintf("(%dn+%d)×%d", d.Channels, d.Rows, d.Width)
}

// DimsOf are the dimensions of a node of a graph whose chunks have n points: an operation knows them; an input has them in its
// shape, once it is said whether it has a row for each point.
func DimsOf(node *gorgonia.Node, perPoint bool, n int) Dims {
	if o, ok := node.Op().(*Op); ok {
		return o.Out
	}
	s := node.Shape()
	if len(s) != 2 {
		return Dims{} // nothing of ours
	}
	if perPoint {
		return Dims{Channels: s[0] / n, Width: s[1]}
	}
	return Dims{Rows: s[0], Width: s[1]}
}

// Operands are the operands of a node, in order.
func Operands(node *gorgonia.Node) gorgonia.Nodes {
	it := node.Graph().From(node.ID())
	if it == nil {
		return nil
	}
	in := make(gorgonia.Nodes, 0, max(it.Len(), 0))
	for it.Next() {
		in = append(in, it.Node().(*gorgonia.Node))
	}
	return in
}

// Patch copies slots [Src, Src+Slots) and columns [SrcCol, SrcCol+Width) of input In to the same number of slots and
// columns from Dst and DstCol on. Channels go to channels and single rows to single rows.
type Patch struct {
	In, Src, SrcCol, Dst, DstCol, Slots, Width int
}

// whole reports whether the patch is all of a value with dimensions src and fills one with dimensions dst.
func (p Patch) whole(src, dst Dims) bool {
	return src == dst && p.Src == 0 && p.Dst == 0 && p.SrcCol == 0 && p.DstCol == 0 && p.Slots == src.Slots() && p.Width == src.Width
}

// fits reports whether the patch lies within its source and its destination, channels on channels and single rows on single rows.
func (p Patch) fits(src, dst Dims) bool {
	within := func(slot, col int, d Dims) bool {
		return slot >= 0 && col >= 0 && slot+p.Slots <= d.Slots() && col+p.Width <= d.Width
	}
	channels := func(slot int, d Dims) int { return min(max(d.Channels-slot, 0), p.Slots) } // of the patch
	return within(p.Src, p.SrcCol, src) && within(p.Dst, p.DstCol, dst) && channels(p.Src, src) == channels(p.Dst, dst)
}

// View reports whether the patch alone makes up a result of dimensions dst that lies in its source as it is: slots of
// one kind, all columns. Such a copy costs nothing.
func (p Patch) View(src, dst Dims) bool {
	if p.Dst != 0 || p.DstCol != 0 || p.SrcCol != 0 || p.Width != src.Width || dst.Width != src.Width || p.Slots != dst.Slots() {
		return false
	}
	if dst.Channels > 0 && dst.Rows > 0 {
		return src == dst && p.Src == 0
	}
	return true
}

// overlap is the part of q's destination that p's source covers, as a patch from q's source to p's destination; ok is
// false when they do not meet. It composes two copies: first q, then p.
func (p Patch) overlap(q Patch) (r Patch, ok bool) {
	lo, hi := max(p.Src, q.Dst), min(p.Src+p.Slots, q.Dst+q.Slots)
	cl, ch := max(p.SrcCol, q.DstCol), min(p.SrcCol+p.Width, q.DstCol+q.Width)
	if lo >= hi || cl >= ch {
		return r, false
	}
	return Patch{
		In: q.In, Src: q.Src + lo - q.Dst, SrcCol: q.SrcCol + cl - q.DstCol,
		Dst: p.Dst + lo - p.Src, DstCol: p.DstCol + cl - p.SrcCol, Slots: hi - lo, Width: ch - cl,
	}, true
}

// collides reports whether two patches write the same element.
func (p Patch) collides(q Patch) bool {
	return p.Dst < q.Dst+q.Slots && q.Dst < p.Dst+p.Slots && p.DstCol < q.DstCol+q.Width && q.DstCol < p.DstCol+p.Width
}
