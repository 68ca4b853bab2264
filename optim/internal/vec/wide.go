package vec

import "github.com/crux-pinn/crux/internal/kern"

// Wide is arithmetic on vectors that are longer than a cache: in blocks, which the workers of a pool share where there is
// one. The blocks depend on the length alone and sums are added in their order, so the bits do not depend on the workers.
type Wide struct {
	Pool Pool
	sums []float64
}

// Block is the length of a block, 256 kB: passing it on costs little beside it. Vectors of one block stay with the caller.
const Block = 1 << 15

// Each calls do for the blocks of n elements.
func (w *Wide) Each(n int, do func(block, from, to int)) {
	blocks := (n + Block - 1) / Block
	one := func(_, b int) { do(b, b*Block, min(n, (b+1)*Block)) }
	if w.Pool != nil && blocks > 1 {
		w.Pool.Run(blocks, one)
		return
	}
	for b := range blocks {
		one(0, b)
	}
}

// Dot is xᵀy.
func (w *Wide) Dot(x, y []float64) float64 {
	if len(x) <= Block {
		return kern.Dot(x, y)
	}
	blocks := (len(x) + Block - 1) / Block
	if len(w.sums) < blocks {
		w.sums = make([]float64, blocks)
	}
	w.Each(len(x), func(b, from, to int) { w.sums[b] = kern.Dot(x[from:to], y[from:to]) })
	return kern.Sum(w.sums[:blocks])
}

// Axpy adds a·x to y.
func (w *Wide) Axpy(a float64, x, y []float64) {
	if len(x) <= Block {
		kern.Axpy(y, a, x)
		return
	}
	w.Each(len(x), func(_, from, to int) { kern.Axpy(y[from:to], a, x[from:to]) })
}
