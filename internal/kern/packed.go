package kern

// Packed is the right operand of a product, op(B), in the order in which the kernels read it: panels of columns, each
// stored row after row and padded with zeros to whole vectors; or, for up to four columns, its transpose. The zero value is
// ready for Pack. One Packed may be read by many goroutines.
type Packed[T Float] struct {
	K, N int // op(B) is K×N

	data []T
}

// Pack stores op(B) = B, a row-major k×n matrix, or, with trans, op(B) = Bᵀ of a row-major n×k matrix. It allocates only
// when the storage of earlier calls is too small.
func (p *Packed[T]) Pack(b []T, k, n int, trans bool) {
	ldb := n
	if trans {
		ldb = k
	}
	p.pack(&engineOf[T]().gemm, b, ldb, k, n, trans)
}

// PackRows stores op(B) = Bᵀ of n rows of k elements, which are ldb apart: the right operand of a Gram matrix.
func (p *Packed[T]) PackRows(b []T, ldb, k, n int) {
	p.pack(&engineOf[T]().gemm, b, ldb, k, n, true)
}

func (p *Packed[T]) pack(g *gemmEngine[T], b []T, ldb, k, n int, trans bool) {
	if n <= narrowMax {
		p.packRows(b, ldb, k, n, trans)
		return
	}
	p.packPanels(g, b, ldb, k, n, trans)
}

func (p *Packed[T]) resize(k, n, size int) {
	p.K, p.N = k, n
	if cap(p.data) < size {
		p.data = AlignedSlice[T](size)
	}
	p.data = p.data[:size]
}

// packRows stores op(B)ᵀ, n rows of k elements.
func (p *Packed[T]) packRows(b []T, ldb, k, n int, trans bool) {
	p.resize(k, n, k*n)
	for j := range n {
		row := p.data[j*k : (j+1)*k]
		if trans {
			copy(row, b[j*ldb:])
			continue
		}
		for i := range row {
			row[i] = b[i*ldb+j]
		}
	}
}

// packPanels stores the panels in the widths that gemmEngine.panels expects.
func (p *Packed[T]) packPanels(g *gemmEngine[T], b []T, ldb, k, n int, trans bool) {
	vecs := (n + g.lanes - 1) / g.lanes
	p.resize(k, n, vecs*g.lanes*k)
	if k == 0 || n == 0 {
		return
	}
	count := (vecs + g.maxVec - 1) / g.maxVec
	j := 0
	for q := range count {
		nv := vecs / count
		if q < vecs%count {
			nv++
		}
		width := nv * g.lanes
		w := min(width, n-j)
		d := p.data[j*k : j*k+width*k]
		if trans {
			packTransposed(d, b[j*ldb:], ldb, k, w, width)
		} else {
			for i := range k {
				row := d[i*width : (i+1)*width]
				copy(row, b[i*ldb+j:i*ldb+j+w])
				clear(row[w:])
			}
		}
		j += w
	}
}

// packTransposed writes the transpose of w rows of b to d, whose rows hold width elements. Four rows go together, so
// that each line of d is visited once.
func packTransposed[T Float](d, b []T, ldb, k, w, width int) {
	if w < width {
		clear(d)
	}
	q := 0
	for ; q+4 <= w; q += 4 {
		r0, r1, r2, r3 := b[q*ldb:][:k], b[(q+1)*ldb:][:k], b[(q+2)*ldb:][:k], b[(q+3)*ldb:][:k]
		for i := range r0 {
			e := d[i*width+q:][:4]
			e[0], e[1], e[2], e[3] = r0[i], r1[i], r2[i], r3[i]
		}
	}
	for ; q < w; q++ {
		for i, v := range b[q*ldb:][:k] {
			d[i*width+q] = v
		}
	}
}

// Workspace is scratch for products whose operands are not packed. Each worker owns one. The zero value is ready.
type Workspace[T Float] struct {
	b  Packed[T]
	ct []T
}

func (w *Workspace[T]) transposed(n int) []T {
	if cap(w.ct) < n {
		w.ct = AlignedSlice[T](n)
	}
	return w.ct[:n]
}
