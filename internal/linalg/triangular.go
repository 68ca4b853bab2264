package linalg

import "github.com/crux-pinn/crux/internal/kern"

// SolveT writes U⁻ᵀb to x, which may be b.
func (c *Cholesky) SolveT(x, b []float64) {
	n, u := c.n, c.u
	copy(x, b)
	for i := range n {
		x[i] /= u[i*n+i]
		kern.Axpy(x[i+1:n], -x[i], u[i*n+i+1:(i+1)*n])
	}
}

// SolveU writes U⁻¹b to x, which may be b.
func (c *Cholesky) SolveU(x, b []float64) {
	n, u := c.n, c.u
	copy(x, b)
	for i := n - 1; i >= 0; i-- {
		x[i] = (x[i] - kern.Dot(u[i*n+i+1:(i+1)*n], x[i+1:n])) / u[i*n+i]
	}
}

// SolveTMat replaces M, n×cols and row-major, by U⁻ᵀM. The bits do not depend on the number of workers.
func (c *Cholesky) SolveTMat(w Workers, m []float64, cols int) {
	for len(c.ws) < w.Workers() {
		c.ws = append(c.ws, kern.Workspace[float64]{})
	}
	for len(c.sums) < w.Workers() {
		c.sums = append(c.sums, kern.AlignedSlice[float64](solveBlock*choleskyTile))
	}
	w.Run((cols+choleskyTile-1)/choleskyTile, func(worker, t int) {
		first := t * choleskyTile
		c.solveTile(m[first:], cols, min(choleskyTile, cols-first), c.sums[worker], &c.ws[worker])
	})
}

// solveTile is forward substitution for w columns of M, whose rows are ld apart, block by block and strip by strip: the rows above a
// block are read once for all of it, while a strip's own rows are still in the cache.
func (c *Cholesky) solveTile(m []float64, ld, w int, sums []float64, ws *kern.Workspace[float64]) {
	n, u := c.n, c.u
	for b := 0; b < n; b += solveBlock {
		last := min(b+solveBlock, n)
		if b > 0 {
			kern.GemmTN(sums, w, u[b:], n, m, ld, b, last-b, w, false, ws)
		}
		for s := b; s < last; s += choleskyStrip {
			end := min(s+choleskyStrip, last)
			above := sums[(s-b)*w:]
			if s > b {
				kern.GemmTN(above, w, u[b*n+s:], n, m[b*ld:], ld, s-b, end-s, w, b > 0, ws)
			}
			for i := s; i < end; i++ {
				row := m[i*ld:][:w]
				if s > 0 {
					kern.Axpy(row, -1, above[(i-s)*w:][:w])
				}
				for j := s; j < i; j++ {
					kern.Axpy(row, -u[j*n+i], m[j*ld:][:w])
				}
				d := u[i*n+i]
				for j := range row {
					row[j] /= d
				}
			}
		}
	}
}

// AddGram adds Y·Yᵀ to the upper triangle of A, n×n, for Y of n rows and cols columns. The bits do not depend on the number
// of workers.
func (c *Cholesky) AddGram(w Workers, a, y []float64, n, cols int) {
	for len(c.ws) < w.Workers() {
		c.ws = append(c.ws, kern.Workspace[float64]{})
	}
	tiles := (n + choleskyTile - 1) / choleskyTile
	w.Run(tiles*(tiles+1)/2, func(worker, task int) {
		i, j := task, 0
		for i > j {
			i -= j + 1
			j++
		}
		ri, cj := i*choleskyTile, j*choleskyTile
		kern.GemmFull(a[ri*n+cj:], n, y[ri*cols:], cols, false, y[cj*cols:], cols, true, min(choleskyTile, n-ri), min(choleskyTile, n-cj),
			cols, true, &c.ws[worker])
	})
}
