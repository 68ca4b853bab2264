package compiler

import (
	"unsafe"

	"github.com/crux-pinn/crux/internal/exec"
	"github.com/crux-pinn/crux/internal/kern"
	"github.com/crux-pinn/crux/internal/team"
)

// gramTile is the width of a panel: 15 or 9 cache lines, an odd number, so that its rows use all of the first-level cache,
// and whole panels of the matrix kernels, which read rows of up to 1 kB without packing them first.
func gramTile[T kern.Float]() int {
	if unsafe.Sizeof(T(0)) == 4 {
		return 144
	}
	return 120
}

const (
	// gramRows of a product are added up before the next tile's turn: four tiles and these rows of four panels stay in a
	// second-level cache.
	gramRows = 192
	// leafRows of them are a leaf of the tree along which all rows are added up, whoever computes them. Products of float32 are added up
	// within a leaf in float32, and leaves in float64.
	leafRows = 4 * gramRows
	// From this many panels on, a task is four tiles, so that each panel is read half as often.
	manyPanels = 12
)

// panels is a matrix of rows×n entries, stored as panels of gramTile columns, one after the other.
type panels[T kern.Float] struct {
	n, rows int
	data    []T
	ends    []int // of the leaves
}

// leavesOf is the number of leaves of a matrix.
func leavesOf(rows int) int { return (rows + leafRows - 1) / leafRows }

// resize makes room for rows×n entries, which are undefined, of leaves of their own.
func (x *panels[T]) resize(rows, n int) {
	x.n, x.rows = n, rows
	x.ends = x.ends[:0]
	for k := range leavesOf(rows) {
		x.ends = append(x.ends, team.Leaf(rows, leavesOf(rows), k+1))
	}
	if len(x.data) < rows*n {
		x.data = kern.AlignedSlice[T](rows * n)
	}
}

// count is the number of panels.
func (x *panels[T]) count() int { return (x.n + gramTile[T]() - 1) / gramTile[T]() }

// panel returns panel t, rows of the given width, which begins at column first of the matrix.
func (x *panels[T]) panel(t int) (data []T, first, width int) {
	first = t * gramTile[T]()
	width = min(gramTile[T](), x.n-first)
	return x.data[x.rows*first:][:x.rows*width], first, width
}

// gram adds XᵀX to a symmetric matrix. The zero value is ready for use, one call at a time.
type gram[T kern.Float] struct {
	ws    []kern.Workspace[T]
	parts [][]T         // products of float32 on their way to the sums, for each worker
	sums  [][][]float64 // of leaves, one for each level of the tree, for each worker
}

// add computes A += XᵀX in the upper triangle of A, whose rows are lda apart.
func (m *gram[T]) add(pool *exec.Pool, a []float64, lda int, x *panels[T]) {
	for len(m.ws) < pool.Workers() {
		m.ws = append(m.ws, kern.Workspace[T]{})
		m.parts = append(m.parts, nil)
		m.sums = append(m.sums, nil)
	}
	side := 1
	if x.count() >= manyPanels {
		side = 2
	}
	squares := (x.count() + side - 1) / side
	pool.Run(squares*(squares+1)/2, func(worker, task int) {
		i, j := pair(task)
		m.square(worker, a, lda, x, [2]int{i * side * gramTile[T](), j * side * gramTile[T]()}, side)
	})
}

// square computes a square of side×side tiles whose first entry is at, as far as it belongs to the upper triangle. It
// is formed in a place of its own: rows of a large matrix lie on too many pages to go there more than once. The leaves' products are
// added along the tree, each in a place of its level.
func (m *gram[T]) square(worker int, a []float64, lda int, x *panels[T], at [2]int, side int) {
	ld := side * gramTile[T]()
	height := min(ld, x.n-at[0])
	sums := m.sums[worker]
	level, start := 0, 0
	for leaf, end := range x.ends {
		if level == len(sums) {
			sums = append(sums, kern.AlignedSlice[float64](4*gramTile[T]()*gramTile[T]()))
			m.sums[worker] = sums
		}
		if same, ok := any(sums[level]).([]T); ok {
			m.leaf(worker, same, ld, x, at, side, start, end)
		} else {
			if m.parts[worker] == nil {
				m.parts[worker] = kern.AlignedSlice[T](len(sums[level]))
			}
			m.leaf(worker, m.parts[worker], ld, x, at, side, start, end)
			for k, v := range m.parts[worker][:height*ld] {
				sums[level][k] = float64(v)
			}
		}
		level++
		start = end
		for done := leaf + 1; done%2 == 0; done /= 2 { // a node is complete
			level--
			kern.AddTo(sums[level-1][:height*ld], sums[level][:height*ld])
		}
	}
	for ; level > 1; level-- {
		kern.AddTo(sums[level-2][:height*ld], sums[level-1][:height*ld])
	}
	width := min(ld, x.n-at[1])
	for r := range height {
		from := max(0, at[0]+r-at[1])
		kern.AddTo(a[(at[0]+r)*lda+at[1]+from:][:width-from], sums[0][r*ld+from:][:width-from])
	}
}

// leaf writes the part that rows start … end have in a square.
func (m *gram[T]) leaf(worker int, part []T, ld int, x *panels[T], at [2]int, side, start, end int) {
	tile := gramTile[T]()
	for first := start; first < end; first += gramRows {
		rows := min(gramRows, end-first)
		for i := at[0]; i < min(at[0]+side*tile, x.n); i += tile {
			xi, _, wi := x.panel(i / tile)
			for j := max(i, at[1]); j < min(at[1]+side*tile, x.n); j += tile {
				xj, _, wj := x.panel(j / tile)
				product := func(r, h, c, w int) {
					kern.GemmTN(part[(i-at[0]+r)*ld+j-at[1]+c:], ld, xi[first*wi+r:], wi, xj[first*wj+c:], wj, rows, h, w, first > start, &m.ws[worker])
				}
				if half := wi / 48 * 24; i == j && half > 0 { // the square below the diagonal is left out
					product(0, half, 0, wi)
					product(half, wi-half, half, wi-half)
					continue
				}
				product(0, wi, 0, wj)
			}
		}
	}
}

// pair numbers the tiles (i, j) with i ≤ j, column by column.
func pair(task int) (i, j int) {
	for task > j {
		task -= j + 1
		j++
	}
	return task, j
}
