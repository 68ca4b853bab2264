package exec

import (
	"github.com/crux-pinn/crux/internal/graph"
	"github.com/crux-pinn/crux/internal/kern"
)

// emitRows copies n points of a value of dimensions d, from point first on, to their places in dst: the channels of one point one
// after the other, points stride elements apart.
func emitRows[T kern.Float](dst, src []T, d graph.Dims, stride, first, n int) {
	length := d.Channels * d.Width
	dst = dst[first*stride:]
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
