package secant

import (
	"github.com/crux-pinn/crux/internal/kern"
	"github.com/crux-pinn/crux/optim/internal/vec"
)

// factor is a square matrix Z that stands for the symmetric positive definite matrix Z·Zᵀ.
//
// Its operations go through memory row by row, on several goroutines. Rows are cut into blocks whose number depends
// on n alone, and partial sums are added in block order, so the bits do not depend on the number of goroutines.
type factor struct {
	n       int
	a       []float64   // row-major
	partial [][]float64 // one vector of n sums per block
}

const (
	blockArea = 1 << 16 // elements of a block: enough work to pay for a goroutine's wake-up
	mostBlock = 32      // bounds the memory for partial sums
)

func newFactor(n int) *factor {
	z := &factor{n: n, a: make([]float64, n*n)}
	z.partial = make([][]float64, min(max(n*n/blockArea, 1), mostBlock))
	for b := range z.partial {
		z.partial[b] = make([]float64, n)
	}
	z.setIdentity()
	return z
}

func (z *factor) row(i int) []float64 { return z.a[i*z.n : (i+1)*z.n : (i+1)*z.n] }

func (z *factor) setIdentity() {
	clear(z.a)
	for i := range z.n {
		z.a[i*z.n+i] = 1
	}
}

// mulVec writes dst = Z·x.
func (z *factor) mulVec(pool vec.Pool, dst, x []float64) {
	z.forBlocks(pool, false, func(_, from, to int) {
		for i := from; i < to; i++ {
			dst[i] = kern.Dot(z.row(i), x)
		}
	})
}

// tMulVec writes dst = Zᵀ·x.
func (z *factor) tMulVec(pool vec.Pool, dst, x []float64) {
	z.forBlocks(pool, false, func(b, from, to int) {
		part := z.partial[b]
		clear(part)
		for i := from; i < to; i++ {
			kern.Axpy(part, x[i], z.row(i))
		}
	})
	copy(dst, z.partial[0])
	for _, part := range z.partial[1:] {
		kern.AddTo(dst, part)
	}
}

// forBlocks calls do for every block of rows and waits. Each worker has neighbouring blocks, mostly the same ones from call
// to call, so that a part of them is still in its cache; backwards begins with those that a forward pass has left there.
func (z *factor) forBlocks(pool vec.Pool, backwards bool, do func(block, from, to int)) {
	blocks := len(z.partial)
	workers := min(pool.Workers(), blocks)
	share := func(w int) {
		lo, hi := w*blocks/workers, (w+1)*blocks/workers
		for k := lo; k < hi; k++ {
			b := k
			if backwards {
				b = hi - 1 - (k - lo)
			}
			do(b, b*z.n/blocks, (b+1)*z.n/blocks)
		}
	}
	pool.Run(workers, func(_, w int) { share(w) })
}
