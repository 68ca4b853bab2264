package exec

import (
	"github.com/crux-pinn/crux/internal/graph"
	"github.com/crux-pinn/crux/internal/kern"
)

// SetRowStride tells the machine that result Spec.Rows[k] is part of a wider matrix: consecutive points lie stride
// elements apart in the slice that Run is given. Without it they lie side by side, channel after channel.
func (m *Machine[T]) SetRowStride(k, stride int) {
	for len(m.strides) <= k {
		m.strides = append(m.strides, 0)
	}
	m.strides[k] = stride
}

// emitRows copies a chunk's part of result Spec.Rows[k] to its place: the channels of one point one after the other.
func (m *Machine[T]) emitRows(k int, src []T, first, n int) {
	d := m.dims[m.rows[k]]
	length, stride := d.Channels*d.Width, 0
	if k < len(m.strides) {
		stride = m.strides[k]
	}
	if stride == 0 {
		stride = length
	}
	dst := m.bound.rows[k][first*stride:]
	if d.Channels == 1 && stride == d.Width {
		copy(dst[:n*d.Width], src)
		return
	}
	for i := range n {
		row := dst[i*stride:][:length]
		for c := range d.Channels {
			copy(row[c*d.Width:][:d.Width], src[(c*n+i)*d.Width:])
		}
	}
}

// outer computes, for every point, the small product AᵀB of its channels: k×h outputs from as many terms as there are
// channels.
func outer[T kern.Float](o *graph.Op, out, a, b []T, n int, ws *kern.Workspace[T]) {
	da, db := o.In[0], o.In[1]
	k, h := da.Width, db.Width
	for i := range n {
		ai, lda := a, k // a parameter: the same rows for all points
		if da.Channels > 0 {
			ai, lda = a[i*k:], n*k
		}
		kern.GemmTN(out[i*h:], n*h, ai, lda, b[i*h:], n*h, db.Channels, k, h, false, ws)
	}
}
