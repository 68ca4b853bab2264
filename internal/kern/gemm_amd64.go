//go:build amd64 && !purego

package kern

import "unsafe"

// tileKernel computes tiles one below the other, of a fixed height and a width in vectors of which the last has tail
// columns: C (+)= A·B (+ bias). Distances are counted in elements. k and tiles are at least 1. masked says that rows of B end
// with the last column, too; otherwise they are whole vectors.
type tileKernel[T Float] func(tiles, k int, a *T, rsa, csa int, b *T, rsb int, c *T, ldc, tail int, bias *T, acc, masked bool)

// tileHeight is a kernel with the number of rows of its tile.
type tileHeight[T Float] struct {
	rows int
	run  tileKernel[T]
}

// useTiles makes g run kernels[v] for panels of v vectors, the highest tiles first.
func (g *gemmEngine[T]) useTiles(lanes int, kernels [][]tileHeight[T]) {
	g.lanes, g.maxVec, g.inPlace = lanes, len(kernels)-1, true
	g.tile = func(vecs, m, k int, a []T, rsa, csa int, b []T, rsb int, c []T, ldc, w int, bias []T, acc bool) {
		tail := w - (vecs-1)*lanes
		masked := rsb > 0 && tail < lanes
		if rsb == 0 {
			rsb = vecs * lanes
		}
		ap, bp, cp := unsafe.SliceData(a), unsafe.SliceData(b), unsafe.SliceData(c)
		biasp := unsafe.SliceData(bias)
		for _, h := range kernels[vecs] {
			tiles := m / h.rows
			if tiles == 0 {
				continue
			}
			h.run(tiles, k, ap, rsa, csa, bp, rsb, cp, ldc, tail, biasp, acc, masked)
			m -= tiles * h.rows
			if m == 0 {
				return
			}
			a, c = a[tiles*h.rows*rsa:], c[tiles*h.rows*ldc:]
			ap, cp = &a[0], &c[0]
		}
	}
}

// dotKernel computes tiles of rows times one column of B, which lies contiguous: C (+)= A·b + bias.
type dotKernel[T Float] func(tiles, k int, a *T, lda int, b *T, c *T, ldc int, bias T, acc bool)

// dotRows of A stay in the first-level cache while the columns of B go by.
const dotRows = 64

// useDots makes g run these kernels, for eight rows and for one.
func (g *gemmEngine[T]) useDots(eight, one dotKernel[T]) {
	g.dots = func(c []T, ldc int, a []T, lda int, bt []T, m, n, k int, bias []T, acc bool) {
		for i := 0; i < m; i += dotRows {
			rows := min(dotRows, m-i)
			for j := range n {
				var b T
				if bias != nil {
					b = bias[j]
				}
				if rows >= 8 {
					eight(rows/8, k, &a[i*lda], lda, &bt[j*k], &c[i*ldc+j], ldc, b, acc)
				}
				if rest := rows % 8; rest > 0 {
					r := i + rows - rest
					one(rest, k, &a[r*lda], lda, &bt[j*k], &c[r*ldc+j], ldc, b, acc)
				}
			}
		}
	}
}
