package optim

import "github.com/crux-pinn/crux/internal/kern"

// wide is arithmetic on vectors that are longer than a cache: in blocks, which the workers of a pool share where there is
// one. The blocks depend on the length alone and sums are added in their order, so the bits do not depend on the workers.
type wide struct {
	pool Pool
	sums []float64
}

// wideBlock is the length of a block, 256 kB: passing it on costs little beside it. Vectors of one block stay with the caller.
const wideBlock = 1 << 15

// each calls do for the blocks of n elements.
func (w *wide) each(n int, do func(block, from, to int)) {
	blocks := (n + wideBlock - 1) / wideBlock
	one := func(_, b int) { do(b, b*wideBlock, min(n, (b+1)*wideBlock)) }
	if w.pool != nil && blocks > 1 {
		w.pool.Run(blocks, one)
		return
	}
	for b := range blocks {
		one(0, b)
	}
}

func (w *wide) dot(x, y []float64) float64 {
	if len(x) <= wideBlock {
		return kern.Dot(x, y)
	}
	blocks := (len(x) + wideBlock - 1) / wideBlock
	if len(w.sums) < blocks {
		w.sums = make([]float64, blocks)
	}
	w.each(len(x), func(b, from, to int) { w.sums[b] = kern.Dot(x[from:to], y[from:to]) })
	return kern.Sum(w.sums[:blocks])
}

// axpy adds a·x to y.
func (w *wide) axpy(a float64, x, y []float64) {
	if len(x) <= wideBlock {
		kern.Axpy(y, a, x)
		return
	}
	w.each(len(x), func(_, from, to int) { kern.Axpy(y[from:to], a, x[from:to]) })
}
