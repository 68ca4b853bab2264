package optim

import "github.com/crux-pinn/crux/internal/kern"

// basis is a set of orthonormal vectors of length n, the rows of Q. Its work goes through memory in blocks of columns, which the
// workers of a pool share where there is one; sums are added in the order of the blocks, so no bit depends on the workers.
type basis struct {
	n, most, d int       // d of at most most rows are in use
	q          []float64 // most×n
	pool       Pool

	partial []float64                  // one row of most sums per block
	again   []float64                  // scratch of split
	rotated [][]float64                // scratch of each worker
	ws      []*kern.Workspace[float64] // of each worker
}

// basisBlock is the number of columns of a block: that many of a hundred rows fit the second-level cache, where the second pass
// over them finds them.
const basisBlock = 512

func newBasis(n, most int) *basis {
	b := &basis{n: n, most: most, q: make([]float64, most*n)}
	b.partial, b.again = make([]float64, b.blocks()*most), make([]float64, most)
	return b
}

func (b *basis) blocks() int { return (b.n + basisBlock - 1) / basisBlock }

func (b *basis) row(i int) []float64 { return b.q[i*b.n : (i+1)*b.n : (i+1)*b.n] }

// each calls do for the blocks of columns.
func (b *basis) each(do func(worker, block, from, to int)) {
	one := func(w, k int) { do(w, k, k*basisBlock, min(b.n, (k+1)*basisBlock)) }
	if blocks := b.blocks(); b.pool != nil && blocks > 1 {
		b.pool.Run(blocks, one)
	} else {
		for k := range blocks {
			one(0, k)
		}
	}
}

// sum adds the first k partial sums of the blocks to dst.
func (b *basis) sum(dst []float64, k int) {
	for i := range b.blocks() {
		kern.AddTo(dst[:k], b.partial[i*b.most:][:k])
	}
}

// project writes Q·g to c, of length d.
func (b *basis) project(c, g []float64) {
	b.each(func(_, k, from, to int) {
		part := b.partial[k*b.most:]
		for i := range b.d {
			part[i] = kern.Dot(b.row(i)[from:to], g[from:to])
		}
	})
	clear(c)
	b.sum(c, b.d)
}

// split writes the coordinates Q·g to c, of length d, and what is left of g to e, and returns its length. Gram–Schmidt, twice:
// e is orthogonal to the rows to rounding.
func (b *basis) split(c, e, g []float64) float64 {
	d, stride := b.d, b.most
	b.project(c, g)
	again := b.again[:d]
	clear(again)
	b.each(func(_, k, from, to int) {
		part, rest := b.partial[k*stride:], e[from:to]
		copy(rest, g[from:to])
		for i := range d {
			kern.Axpy(rest, -c[i], b.row(i)[from:to])
		}
		for i := range d {
			part[i] = kern.Dot(b.row(i)[from:to], rest)
		}
	})
	b.sum(again, d)
	b.each(func(_, _, from, to int) {
		for i := range d {
			kern.Axpy(e[from:to], -again[i], b.row(i)[from:to])
		}
	})
	kern.AddTo(c, again)
	return norm2(e)
}

// add makes e/length a further row.
func (b *basis) add(e []float64, length float64) {
	row := b.row(b.d)
	b.d++
	copy(row, e)
	scale(1/length, row)
}

// combine writes −Qᵀv.
func (b *basis) combine(dst, v []float64) {
	b.each(func(_, _, from, to int) {
		part := dst[from:to]
		clear(part)
		for i := range b.d {
			kern.Axpy(part, -v[i], b.row(i)[from:to])
		}
	})
}

// rotate replaces the rows by keep combinations of them: Q ← UᵀQ, u being d×keep, row-major.
func (b *basis) rotate(u []float64, keep int) {
	workers := 1
	if b.pool != nil {
		workers = b.pool.Workers()
	}
	for len(b.ws) < workers {
		b.ws = append(b.ws, new(kern.Workspace[float64]))
		b.rotated = append(b.rotated, make([]float64, b.most*basisBlock))
	}
	if keep > 0 {
		b.each(func(w, _, from, to int) {
			n := to - from
			kern.GemmFull(b.rotated[w], n, u, keep, true, b.q[from:], b.n, false, keep, n, b.d, false, b.ws[w])
			for i := range keep {
				copy(b.row(i)[from:to], b.rotated[w][i*n:])
			}
		})
	}
	b.d = keep
}
