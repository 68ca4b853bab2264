package linalg

import (
	"math"

	"github.com/crux-pinn/crux/internal/kern"
)

// Workers shares tasks: Run calls do(worker, task) for every task below tasks, each once, with worker below Workers().
type Workers interface {
	Workers() int
	Run(tasks int, do func(worker, task int))
}

// Transpose writes the transpose of the rows×cols matrix a to dst, in tiles that stay in the cache. Both are row-major.
func Transpose(w Workers, dst, a []float64, rows, cols int) {
	const tile = 64
	w.Run((cols+tile-1)/tile, func(_, task int) {
		from, to := task*tile, min((task+1)*tile, cols)
		for first := 0; first < rows; first += tile {
			end := min(first+tile, rows)
			for i := from; i < to; i++ {
				column := dst[i*rows:][:rows]
				for k := first; k < end; k++ {
					column[k] = a[k*cols+i]
				}
			}
		}
	})
}

// Cholesky is the factorisation A = UᵀU of a symmetric positive definite matrix. The zero value is ready for Factorize.
//
// It is the right-looking blocked algorithm (Golub & Van Loan 2013, §4.2.6): with a block row of A divided into
// a square and the rest,
//
//	A₁₁ = U₁₁ᵀU₁₁      U₁₂ = U₁₁⁻ᵀA₁₂      A₂₂ ← A₂₂ − U₁₂ᵀU₁₂
//
// and so on with A₂₂. Nearly all work is in the last product, tiles of which are tasks. The first two steps go the same way in
// strips of a few rows, so that only the strips themselves are left to operations on rows.
type Cholesky struct {
	n, block int
	u        []float64 // row-major; the strict lower triangle is scratch

	minus    []float64 // −U₁₁
	row, neg []float64 // U₁₂ and −U₁₂ in panels of choleskyTile columns
	ws       []kern.Workspace[float64]
	sums     [][]float64 // of each worker: a block of a product
}

const (
	choleskyTile  = 120 // width of a tile: rows of 15 cache lines, an odd number, use all of the first-level cache
	choleskyStrip = 16  // rows that are left to operations on rows
	// Rows of a forward substitution that read the rows above together: as many as kern adds up before a sum goes to memory.
	solveBlock = 192
	// A taller block row means less traffic through A₂₂ and more work that only one worker can do.
	shortBlock, tallBlock, tallFrom = 64, 128, 2000
)

// Factorize factorises A, in place: u is row-major n×n and holds the upper triangle of A on entry and U on return; the
// strict lower one is scratch. u belongs to c until the last Solve. ok is false when A is not positive definite to working
// precision, or not finite. The bits do not depend on the number of workers.
func (c *Cholesky) Factorize(w Workers, u []float64, n int) (ok bool) {
	c.n, c.u, c.block = n, u, shortBlock
	if n >= tallFrom {
		c.block = tallBlock
	}
	if len(c.minus) < c.block*c.block {
		c.minus = kern.AlignedSlice[float64](c.block * c.block)
	}
	if len(c.row) < c.block*n {
		c.row, c.neg = kern.AlignedSlice[float64](c.block*n), kern.AlignedSlice[float64](c.block*n)
	}
	for len(c.ws) < w.Workers() {
		c.ws = append(c.ws, kern.Workspace[float64]{})
	}
	for k := 0; k < n; k += c.block {
		b := min(c.block, n-k)
		if !c.square(k, b) {
			return false
		}
		tiles := (n - k - b + choleskyTile - 1) / choleskyTile
		if tiles == 0 {
			break
		}
		w.Run(tiles, func(worker, t int) { c.solveRow(k, b, t, &c.ws[worker]) })
		w.Run(tiles*(tiles+1)/2, func(worker, t int) { c.product(k, b, t, &c.ws[worker]) })
	}
	return true
}

// square factorises the diagonal block of rows k … k+b and copies it, negated, to c.minus.
func (c *Cholesky) square(k, b int) bool {
	n, u := c.n, c.u
	for s := k; s < k+b; s += choleskyStrip {
		end := min(s+choleskyStrip, k+b)
		if s > k { // rows s … end of the block: minus what the rows above have in them
			at := s - k
			kern.GemmTN(u[s*n+s:], n, c.minus[at:], c.block, u[k*n+s:], n, at, end-s, k+b-s, true, &c.ws[0])
		}
		for i := s; i < end; i++ {
			d := u[i*n+i]
			if !(d > 0) || math.IsInf(d, 1) {
				return false
			}
			d = math.Sqrt(d)
			u[i*n+i] = d
			row := u[i*n+i+1 : i*n+k+b]
			for j := range row {
				row[j] /= d
			}
			for j := i + 1; j < end; j++ {
				kern.Axpy(u[j*n+j:j*n+k+b], -u[i*n+j], u[i*n+j:i*n+k+b])
			}
			minus := c.minus[(i-k)*c.block:]
			for j := i; j < k+b; j++ {
				minus[j-k] = -u[i*n+j]
			}
		}
	}
	return true
}

// solveRow computes tile t of U₁₂ by forward substitution, and its copies.
func (c *Cholesky) solveRow(k, b, t int, ws *kern.Workspace[float64]) {
	n, u := c.n, c.u
	first := t * choleskyTile
	w := min(choleskyTile, n-k-b-first)
	x, neg := c.row[first*b:][:w*b], c.neg[first*b:][:w*b]
	for i := range b {
		copy(x[i*w:(i+1)*w], u[(k+i)*n+k+b+first:])
	}
	for s := 0; s < b; s += choleskyStrip {
		end := min(s+choleskyStrip, b)
		if s > 0 {
			kern.GemmTN(x[s*w:], w, c.minus[s:], c.block, x, w, s, end-s, w, true, ws)
		}
		for i := s; i < end; i++ {
			row := x[i*w : (i+1)*w]
			for j := s; j < i; j++ {
				kern.Axpy(row, c.minus[j*c.block+i], x[j*w:(j+1)*w])
			}
			d := u[(k+i)*n+k+i]
			for j := range row {
				row[j] /= d
			}
		}
	}
	for i, v := range x {
		neg[i] = -v
	}
	for i := range b {
		copy(u[(k+i)*n+k+b+first:], x[i*w:(i+1)*w])
	}
}

// product subtracts U₁₂ᵀU₁₂ from tile (i, j), i ≤ j, of A₂₂; the tiles are numbered column by column.
func (c *Cholesky) product(k, b, task int, ws *kern.Workspace[float64]) {
	i, j := task, 0
	for i > j {
		i -= j + 1
		j++
	}
	n, rest := c.n, c.n-k-b
	ri, cj := i*choleskyTile, j*choleskyTile
	wi, wj := min(choleskyTile, rest-ri), min(choleskyTile, rest-cj)
	kern.GemmTN(c.u[(k+b+ri)*n+k+b+cj:], n, c.neg[ri*b:], wi, c.row[cj*b:], wj, b, wi, wj, true, ws)
}

// Solve writes the solution of A·x = b to x, which may be b.
func (c *Cholesky) Solve(x, b []float64) {
	c.SolveT(x, b)
	c.SolveU(x, x)
}
