package optim

import (
	"sync"
	"sync/atomic"
)

// factor is a square matrix Z that stands for the symmetric positive definite matrix Z·Zᵀ.
//
// Its operations go through memory row by row, on several goroutines. Rows are cut into blocks whose number depends
// on n alone, and partial sums are added in block order, so the bits do not depend on the number of goroutines.
type factor struct {
	n       int
	a       []float64   // row-major
	partial [][]float64 // one vector of n sums per block
	workers int         // goroutines; at least 1
}

const (
	blockArea = 1 << 16 // elements of a block: enough work to pay for a goroutine's wake-up
	mostBlock = 32      // bounds the memory for partial sums
)

func newFactor(n, workers int) *factor {
	z := &factor{n: n, a: make([]float64, n*n), workers: workers}
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
func (z *factor) mulVec(dst, x []float64) {
	z.forBlocks(func(_, from, to int) {
		for i := from; i < to; i++ {
			dst[i] = dot(z.row(i), x)
		}
	})
}

// tMulVec writes dst = Zᵀ·x.
func (z *factor) tMulVec(dst, x []float64) {
	z.forBlocks(func(b, from, to int) {
		part := z.partial[b]
		clear(part)
		for i := from; i < to; i++ {
			axpy(x[i], z.row(i), part)
		}
	})
	copy(dst, z.partial[0])
	for _, part := range z.partial[1:] {
		axpy(1, part, dst)
	}
}

// forBlocks calls do for every block of rows, on z.workers goroutines, and waits for them.
func (z *factor) forBlocks(do func(block, from, to int)) {
	blocks := len(z.partial)
	one := func(b int) { do(b, b*z.n/blocks, (b+1)*z.n/blocks) }
	workers := min(z.workers, blocks)
	if workers <= 1 {
		for b := range blocks {
			one(b)
		}
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for b := int(next.Add(1)) - 1; b < blocks; b = int(next.Add(1)) - 1 {
				one(b)
			}
		})
	}
	wg.Wait()
}
