package compiler

import (
	"unsafe"

	"github.com/crux-pinn/crux/internal/kern"
)

const (
	// kernelBytes is the memory for a block of rows of features. There are two, and a packed copy of one.
	kernelBytes = 48 << 20
	// innerPart is how many columns of J a product takes at a time: a tile's rows of them fit the second-level cache.
	innerPart = 256
	// partsInSingle of these are added up in float32 before they go to float64.
	partsInSingle = 4
)

// rowTile is rows of one strip.
type rowTile[T kern.Float] struct {
	s     *strip[T]
	first int // point
	rows  int
	at    int // row of the block
}

// rowBlock is the features of some rows, as they are and in the order in which products read their right operand.
type rowBlock[T kern.Float] struct {
	tiles  []rowTile[T]
	data   []T
	packed [][]kern.Packed[T] // of each tile: the parts of J, then A_c and D_c of every factored weight
}

// kernelScratch is what Kernel keeps between calls.
type kernelScratch[T kern.Float] struct {
	x, y  rowBlock[T]
	tiles []tileScratch[T]
}

// tileScratch is one worker's memory: two Gram matrices and sums of their products.
type tileScratch[T kern.Float] struct {
	a, d, sum []T
	total     []float64 // the sum in float64; it is sum if T is float64
}

// blocks computes K block by block of rows.
func (r *typedRunner[T]) blocks(k []float64, ldk int, strips []*strip[T], f features) error {
	m := &r.kernelScratch
	tile := gramTile[T]()
	for len(m.tiles) < r.p.pool.Workers() {
		area := tile * tile
		t := tileScratch[T]{a: kern.AlignedSlice[T](area), d: kern.AlignedSlice[T](area), sum: kern.AlignedSlice[T](area)}
		if same, ok := any(t.sum).([]float64); ok {
			t.total = same
		} else {
			t.total = make([]float64, area)
		}
		m.tiles = append(m.tiles, t)
	}
	most := max(1, kernelBytes/(f.width*int(unsafe.Sizeof(T(0))))/tile)
	var all []rowTile[T]
	for _, s := range strips {
		for at := 0; at < s.n; at += tile {
			all = append(all, rowTile[T]{s: s, first: at, rows: min(tile, s.n-at)})
		}
	}
	for lo := 0; lo < len(all); lo += most {
		if err := r.fill(&m.x, all[lo:min(lo+most, len(all))], f); err != nil {
			return err
		}
		for at := lo; at < len(all); at += most {
			y := &m.x
			if at > lo {
				y = &m.y
				if err := r.fill(y, all[at:min(at+most, len(all))], f); err != nil {
					return err
				}
			}
			r.pack(y, f)
			nx, ny := len(m.x.tiles), len(y.tiles)
			if y == &m.x {
				r.p.pool.Run(nx*(nx+1)/2, func(worker, task int) {
					i, j := pair(task)
					m.tiles[worker].product(k, ldk, &m.x, i, y, j, f)
				})
				continue
			}
			r.p.pool.Run(nx*ny, func(worker, task int) {
				m.tiles[worker].product(k, ldk, &m.x, task/ny, y, task%ny, f)
			})
		}
	}
	return nil
}

// fill computes the features of tiles. Neighbours in one strip are computed together.
func (r *typedRunner[T]) fill(b *rowBlock[T], tiles []rowTile[T], f features) error {
	b.tiles = append(b.tiles[:0], tiles...)
	rows := 0
	for i := range b.tiles {
		b.tiles[i].at = rows
		rows += b.tiles[i].rows
	}
	if len(b.data) < rows*f.width {
		b.data = kern.AlignedSlice[T](rows * f.width)
	}
	for i := 0; i < len(b.tiles); {
		t, n := &b.tiles[i], 0
		for ; i < len(b.tiles) && b.tiles[i].s == t.s; i++ {
			n += b.tiles[i].rows
		}
		if err := t.s.r.features(t.s, t.first, n, b.data[t.at*f.width:], f); err != nil {
			return err
		}
	}
	return nil
}

// features computes n rows of a strip from point first on.
func (r *typedRunner[T]) features(s *strip[T], first, n int, dst []T, f features) error {
	q := s.q
	for k, g := range q.grads {
		e := r.p.layout.at[q.inputs.paramRef[g]]
		at := f.place[e]
		for _, w := range f.weights {
			if w.entry == e {
				if at = w.a; q.right[k] {
					at = w.d
				}
			}
		}
		q.Strides[k], q.Rows[k] = f.width, dst[at:]
	}
	for e, at := range f.place {
		if entry := &r.p.layout.entries[e]; at >= 0 && !q.dependsOn(entry.Param) {
			for row := range n {
				clear(dst[row*f.width+at:][:entry.Len])
			}
		}
	}
	return r.sweep(q, first, n)
}

// pack stores the features of the tiles as right operands.
func (r *typedRunner[T]) pack(b *rowBlock[T], f features) {
	parts := (f.dense + innerPart - 1) / innerPart
	for len(b.packed) < len(b.tiles) {
		b.packed = append(b.packed, nil)
	}
	r.p.pool.Run(len(b.tiles), func(_, i int) {
		t := &b.tiles[i]
		data, ps := b.data[t.at*f.width:], b.packed[i]
		next := 0
		add := func(col, width int) {
			if next == len(ps) {
				ps = append(ps, kern.Packed[T]{})
			}
			ps[next].PackRows(data[col:], f.width, width, t.rows)
			next++
		}
		for p := range parts {
			add(p*innerPart, min(innerPart, f.dense-p*innerPart))
		}
		for q, w := range f.weights {
			for c := range t.s.terms[q] {
				add(w.a+c*w.k, w.k)
				add(w.d+c*w.h, w.h)
			}
		}
		b.packed[i] = ps
	})
}

// product computes the tile of K that belongs to rows i of x and rows j of y.
func (m *tileScratch[T]) product(k []float64, ldk int, x *rowBlock[T], i int, y *rowBlock[T], j int, f features) {
	tx, ty := &x.tiles[i], &y.tiles[j]
	rows, cols := tx.rows, ty.rows
	a, packs := x.data[tx.at*f.width:], y.packed[j]
	single := unsafe.Sizeof(T(0)) == 4
	started := false // whether m.sum holds anything
	if single {
		clear(m.total[:rows*cols])
	}
	flush := func() {
		if single && started {
			for q, v := range m.sum[:rows*cols] {
				m.total[q] += float64(v)
			}
			started = false
		}
	}
	parts := (f.dense + innerPart - 1) / innerPart
	for p := range parts {
		kern.Gemm(m.sum, cols, a[p*innerPart:], f.width, &packs[p], rows, nil, started)
		started = true
		if p%partsInSingle == partsInSingle-1 {
			flush()
		}
	}
	packs = packs[parts:]
	fma := kern.Table[T]()[kern.OpFMA]
	for q, w := range f.weights {
		cx, cy := tx.s.terms[q], ty.s.terms[q]
		for c := range cx {
			for d := range cy {
				if !started {
					clear(m.sum[:rows*cols])
					started = true
				}
				kern.Gemm(m.a, cols, a[w.a+c*w.k:], f.width, &packs[2*d], rows, nil, false)
				kern.Gemm(m.d, cols, a[w.d+c*w.h:], f.width, &packs[2*d+1], rows, nil, false)
				fma(m.sum[:rows*cols], m.a[:rows*cols], m.d[:rows*cols], m.sum[:rows*cols])
			}
		}
		packs = packs[2*cy:]
	}
	if !single && !started {
		clear(m.total[:rows*cols])
	}
	flush()
	for u := range rows {
		row := tx.s.base + (tx.first+u)*tx.s.step
		scale := 1.0
		if tx.s.scale != nil {
			scale = tx.s.scale[tx.first+u]
		}
		from := 0
		if tx.s == ty.s && tx.first == ty.first {
			from = u
		}
		for v := from; v < cols; v++ {
			z := scale * m.total[u*cols+v]
			if ty.s.scale != nil {
				z *= ty.s.scale[ty.first+v]
			}
			col := ty.s.base + (ty.first+v)*ty.s.step
			k[min(row, col)*ldk+max(row, col)] = z
		}
	}
}
