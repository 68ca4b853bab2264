package compiler

import (
	"github.com/crux-pinn/crux/internal/exec"
	"github.com/crux-pinn/crux/internal/kern"
)

// tile is the width of a tile. A row of it is 1 kB: the matrix kernels read such panels without packing them first.
const tile = 128

// panels is a matrix of rows×n entries, stored as panels of tile columns, one after the other.
type panels struct {
	n, rows int
	data    []float64
}

// resize makes room for rows×n entries, which are undefined.
func (x *panels) resize(rows, n int) {
	x.n, x.rows = n, rows
	if len(x.data) < rows*n {
		x.data = kern.AlignedSlice[float64](rows * n)
	}
}

// count is the number of panels.
func (x *panels) count() int { return (x.n + tile - 1) / tile }

// panel returns panel t, rows of the given width, which begins at column first of the matrix.
func (x *panels) panel(t int) (data []float64, first, width int) {
	first = t * tile
	width = min(tile, x.n-first)
	return x.data[x.rows*first:][:x.rows*width], first, width
}

// gram adds products of panels to a symmetric matrix. The zero value is ready for use, one call at a time.
type gram struct {
	ws []kern.Workspace[float64]
}

// add computes A += XᵀY in the upper triangle of A, whose rows are lda apart. XᵀY must be symmetric, as it is for Y = ±X.
func (m *gram) add(pool *exec.Pool, a []float64, lda int, x, y *panels) {
	for len(m.ws) < pool.Workers() {
		m.ws = append(m.ws, kern.Workspace[float64]{})
	}
	tiles := x.count()
	pool.Run(tiles*(tiles+1)/2, func(worker, task int) {
		i, j := pair(task)
		xi, ri, wi := x.panel(i)
		yj, cj, wj := y.panel(j)
		kern.GemmTN(a[ri*lda+cj:], lda, xi, wi, yj, wj, x.rows, wi, wj, true, &m.ws[worker])
	})
}

// pair numbers the tiles (i, j) with i ≤ j, column by column.
func pair(task int) (i, j int) {
	for task > j {
		task -= j + 1
		j++
	}
	return task, j
}
