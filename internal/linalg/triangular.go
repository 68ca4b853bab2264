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
		c.sums = append(c.sums, kern.AlignedSlice[float64](choleskyStrip*choleskyTile))
	}
	w.Run((cols+choleskyTile-1)/choleskyTile, func(worker, t int) {
		first := t * choleskyTile
		c.solveTile(m[first:], cols, min(choleskyTile, cols-first), c.sums[worker], &c.ws[worker])
	})
}

// solveTile is forward substitution for w columns of M, whose rows are ld apart, strip by strip.
func (c *Cholesky) solveTile(m []float64, ld, w int, sums []float64, ws *kern.Workspace[float64]) {
	n, u := c.n, c.u
	for s := 0; s < n; s += choleskyStrip {
		end := min(s+choleskyStrip, n)
		if s > 0 {
			kern.GemmTN(sums, w, u[s:], n, m, ld, s, end-s, w, false, ws)
		}
		for i := s; i < end; i++ {
			row := m[i*ld:][:w]
			if s > 0 {
				kern.Axpy(row, -1, sums[(i-s)*w:][:w])
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
		kern.GemmFull(a[ri*n+cj:], n, y[ri*cols:], cols, false, y[cj*cols:], cols, true, min(choleskyTile, n-ri), min(choleskyTile, n-cj), cols, true, &c.ws[worker])
	})
}
