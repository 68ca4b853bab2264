package compiler

import (
	"unsafe"

	"github.com/crux-pinn/crux/internal/exec"
	"github.com/crux-pinn/crux/internal/kern"
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
	// singleRounds times as many are added up in float32 before they go to float64.
	singleRounds = 4
	// From this many panels on, a task is four tiles, so that each panel is read half as often.
	manyPanels = 12
)

// panels is a matrix of rows×n entries, stored as panels of gramTile columns, one after the other.
type panels[T kern.Float] struct {
	n, rows int
	data    []T
}

// resize makes room for rows×n entries, which are undefined.
func (x *panels[T]) resize(rows, n int) {
	x.n, x.rows = n, rows
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
	parts [][]T // products on their way to the matrix, for each worker
}

// add computes A += XᵀX in the upper triangle of A, whose rows are lda apart.
func (m *gram[T]) add(pool *exec.Pool, a []float64, lda int, x *panels[T]) {
	for len(m.ws) < pool.Workers() {
		m.ws = append(m.ws, kern.Workspace[T]{})
		m.parts = append(m.parts, kern.AlignedSlice[T](4*gramTile[T]()*gramTile[T]()))
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
// is formed in a place of its own: rows of a large matrix lie on too many pages to go there more than once.
func (m *gram[T]) square(worker int, a []float64, lda int, x *panels[T], at [2]int, side int) {
	tile, round := gramTile[T](), x.rows
	ld := side * tile
	part := m.parts[worker]
	if unsafe.Sizeof(T(0)) == 4 {
		round = singleRounds * gramRows
	}
	for start := 0; start < x.rows; start += round {
		end := min(start+round, x.rows)
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
		width := min(side*tile, x.n-at[1])
		for r := range min(side*tile, x.n-at[0]) {
			from := max(0, at[0]+r-at[1])
			addRow(a[(at[0]+r)*lda+at[1]+from:][:width-from], part[r*ld+from:][:width-from])
		}
	}
}

// addRow adds src to dst.
func addRow[T kern.Float](dst []float64, src []T) {
	if same, ok := any(src).([]float64); ok {
		kern.AddTo(dst, same)
		return
	}
	for c, v := range src {
		dst[c] += float64(v)
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
