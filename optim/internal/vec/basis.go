package vec

import "github.com/crux-pinn/crux/internal/kern"

// Basis is a set of orthonormal vectors of length n, the rows of Q. Its work goes through memory in blocks of columns, which the
// workers of a pool share where there is one; sums are added in the order of the blocks, so no bit depends on the workers.
type Basis struct {
	n, most int
	D       int       // rows in use, of at most most
	Q       []float64 // most×n
	Pool    Pool

	partial []float64                  // one row of most sums per block
	again   []float64                  // scratch of split
	rotated [][]float64                // scratch of each worker
	ws      []*kern.Workspace[float64] // of each worker
}

// basisBlock is the number of columns of a block: that many of a hundred rows fit the second-level cache, where the second pass
// over them finds them.
const basisBlock = 512

// NewBasis has room for the given number of rows of length n.
func NewBasis(n, most int) *Basis {
	b := &Basis{n: n, most: most, Q: make([]float64, most*n)}
	b.partial, b.again = make([]float64, b.blocks()*most), make([]float64, most)
	return b
}

// Fits tells whether it was made for this number of rows of length n.
func (b *Basis) Fits(n, most int) bool { return b != nil && b.n == n && b.most == most }

func (b *Basis) blocks() int { return (b.n + basisBlock - 1) / basisBlock }

// Row is row i.
func (b *Basis) Row(i int) []float64 { return b.Q[i*b.n : (i+1)*b.n : (i+1)*b.n] }

// each calls do for the blocks of columns.
func (b *Basis) each(do func(worker, block, from, to int)) {
	one := func(w, k int) { do(w, k, k*basisBlock, min(b.n, (k+1)*basisBlock)) }
	if blocks := b.blocks(); b.Pool != nil && blocks > 1 {
		b.Pool.Run(blocks, one)
	} else {
		for k := range blocks {
			one(0, k)
		}
	}
}

// sum adds the first k partial sums of the blocks to dst.
func (b *Basis) sum(dst []float64, k int) {
	for i := range b.blocks() {
		kern.AddTo(dst[:k], b.partial[i*b.most:][:k])
	}
}

// Project writes Q·g to c, of length d.
func (b *Basis) Project(c, g []float64) {
	b.each(func(_, k, from, to int) {
		part := b.partial[k*b.most:]
		for i := range b.D {
			part[i] = kern.Dot(b.Row(i)[from:to], g[from:to])
		}
	})
	clear(c)
	b.sum(c, b.D)
}

// Split writes the coordinates Q·g to c, of length d, and what is left of g to e, and returns its length. Gram–Schmidt, twice:
// e is orthogonal to the rows to rounding.
func (b *Basis) Split(c, e, g []float64) float64 {
	d, stride := b.D, b.most
	b.Project(c, g)
	again := b.again[:d]
	clear(again)
	b.each(func(_, k, from, to int) {
		part, rest := b.partial[k*stride:], e[from:to]
		copy(rest, g[from:to])
		for i := range d {
			kern.Axpy(rest, -c[i], b.Row(i)[from:to])
		}
		for i := range d {
			part[i] = kern.Dot(b.Row(i)[from:to], rest)
		}
	})
	b.sum(again, d)
	b.each(func(_, _, from, to int) {
		for i := range d {
			kern.Axpy(e[from:to], -again[i], b.Row(i)[from:to])
		}
	})
	kern.AddTo(c, again)
	return Norm2(e)
}

// Add makes e/length a further row.
func (b *Basis) Add(e []float64, length float64) {
	row := b.Row(b.D)
	b.D++
	copy(row, e)
	Scale(1/length, row)
}

// Combine writes −Qᵀv.
func (b *Basis) Combine(dst, v []float64) {
	b.each(func(_, _, from, to int) {
		part := dst[from:to]
		clear(part)
		for i := range b.D {
			kern.Axpy(part, -v[i], b.Row(i)[from:to])
		}
	})
}

// Rotate replaces the rows by keep combinations of them: Q ← UᵀQ, u being d×keep, row-major.
func (b *Basis) Rotate(u []float64, keep int) {
	workers := 1
	if b.Pool != nil {
		workers = b.Pool.Workers()
	}
	for len(b.ws) < workers {
		b.ws = append(b.ws, new(kern.Workspace[float64]))
		b.rotated = append(b.rotated, make([]float64, b.most*basisBlock))
	}
	if keep > 0 {
		b.each(func(w, _, from, to int) {
			n := to - from
			kern.GemmFull(b.rotated[w], n, u, keep, true, b.Q[from:], b.n, false, keep, n, b.D, false, b.ws[w])
			for i := range keep {
				copy(b.Row(i)[from:to], b.rotated[w][i*n:])
			}
		})
	}
	b.D = keep
}
