package kern

import "unsafe"

// Dense products of row-major matrices. The shapes are those of small networks: many rows, and inner and outer widths
// from 1 to a few hundred. A product walks over panels of columns; a panel over tiles of rows, whose elements of C live in
// registers while the inner dimension goes by (Goto & van de Geijn 2008, with one level of blocking less, since the
// matrices of a chunk fit in the second-level cache).

const (
	// Up to this many columns a product is a set of dot products: a panel would be mostly padding.
	narrowMax = 4
	// The inner dimension is cut into pieces of this length where B is packed on the fly.
	innerBlock = 192
	// Rows of B farther apart than this many bytes fall on few lines of the first-level cache, and B is better packed.
	strideMax = 1024
	// Bytes of A that stay in the second-level cache while the panels of B go by.
	rowBlockBytes = 256 << 10
)

// gemmEngine is what products need from a level.
type gemmEngine[T Float] struct {
	lanes   int  // panels are a multiple of this many columns wide
	maxVec  int  // the widest panel, in lanes
	inPlace bool // tile can read a row-major B as it is

	// tile computes C[m×w] (+)= A[m×k]·B[k×w] (+ bias) for one panel of w ≤ vecs·lanes columns. A has the strides rsa, csa.
	// Rows of B are rsb apart, or rsb is 0 and b is a packed panel, padded with zeros. bias has w elements or is nil.
	tile func(vecs, m, k int, a []T, rsa, csa int, b []T, rsb int, c []T, ldc, w int, bias []T, acc bool)
	// dots computes C[m×n] (+)= A[m×k]·Bᵀ (+ bias) for n ≤ narrowMax rows of B, stored without gaps.
	dots func(c []T, ldc int, a []T, lda int, bt []T, m, n, k int, bias []T, acc bool)
}

// Gemm computes C = A·op(B) + bias or, when acc is set, C += A·op(B).
//
// A is m×K with rows lda apart, C is m×N with rows ldc apart, and op(B), K×N, is packed in p. bias has N elements, which
// are added to every row, or is nil; with acc it must be nil. C overlaps neither A nor bias.
func Gemm[T Float](c []T, ldc int, a []T, lda int, p *Packed[T], m int, bias []T, acc bool) {
	if m == 0 || p.N == 0 {
		return
	}
	if p.K == 0 {
		noTerms(c, ldc, m, p.N, bias, acc)
		return
	}
	g := &engineOf[T]().gemm
	if p.N <= narrowMax {
		g.dots(c, ldc, a, lda, p.data, m, p.N, p.K, bias, acc)
		return
	}
	g.panels(c, ldc, a, lda, 1, p.data, 0, m, p.N, p.K, bias, acc)
}

// GemmTN computes C = Aᵀ·G or, when acc is set, C += Aᵀ·G: the gradient of a layer's weights, whose inner dimension is the
// number of rows m. A is m×k with rows lda apart, G is m×n with rows ldg apart, C is k×n with rows ldc apart and overlaps
// neither. ws is scratch.
func GemmTN[T Float](c []T, ldc int, a []T, lda int, g []T, ldg int, m, k, n int, acc bool, ws *Workspace[T]) {
	if k == 0 || n == 0 {
		return
	}
	if n <= narrowMax && n < k {
		// Vectors must run along the long side: Cᵀ = Gᵀ·A, and C takes the transpose, which is small.
		ct := ws.transposed(k * n)
		outer(ct, k, g, ldg, a, lda, m, n, k, false, ws)
		for i := range k {
			row := c[i*ldc : i*ldc+n]
			for j := range row {
				if acc {
					row[j] += ct[j*k+i]
				} else {
					row[j] = ct[j*k+i]
				}
			}
		}
		return
	}
	outer(c, ldc, a, lda, g, ldg, m, k, n, acc, ws)
}

// outer is GemmTN with its vectors along the columns of C.
func outer[T Float](c []T, ldc int, a []T, lda int, b []T, ldb int, m, k, n int, acc bool, ws *Workspace[T]) {
	g := &engineOf[T]().gemm
	if m == 0 {
		noTerms(c, ldc, k, n, nil, acc)
	}
	for p0 := 0; p0 < m; p0 += innerBlock {
		kc := min(innerBlock, m-p0)
		if g.inPlace && ldb*int(unsafe.Sizeof(T(0))) <= strideMax {
			g.panels(c, ldc, a[p0*lda:], 1, lda, b[p0*ldb:], ldb, k, n, kc, nil, acc || p0 > 0)
			continue
		}
		ws.b.packPanels(g, b[p0*ldb:], ldb, kc, n, false)
		g.panels(c, ldc, a[p0*lda:], 1, lda, ws.b.data, 0, k, n, kc, nil, acc || p0 > 0)
	}
}

// GemmFull computes C = op(A)·op(B) or, when acc is set, C += op(A)·op(B), where op transposes if ta or tb is set.
// op(A) is m×k, op(B) is k×n, C is m×n; lda, ldb and ldc are the distances between stored rows. C overlaps neither
// operand. ws is scratch.
func GemmFull[T Float](c []T, ldc int, a []T, lda int, ta bool, b []T, ldb int, tb bool, m, n, k int, acc bool, ws *Workspace[T]) {
	if ta && !tb {
		GemmTN(c, ldc, a, lda, b, ldb, k, m, n, acc, ws)
		return
	}
	if m == 0 || n == 0 {
		return
	}
	g := &engineOf[T]().gemm
	if k == 0 {
		noTerms(c, ldc, m, n, nil, acc)
	}
	rsa, csa, rsb := lda, 1, ldb
	if ta {
		rsa, csa = 1, lda
	}
	if tb {
		rsb = 1
	}
	for p0 := 0; p0 < k; p0 += innerBlock {
		kc := min(innerBlock, k-p0)
		bp := b[p0*rsb:]
		if n <= narrowMax && !ta {
			ws.b.pack(g, bp, ldb, kc, n, tb)
			g.dots(c, ldc, a[p0:], lda, ws.b.data, m, n, kc, nil, acc || p0 > 0)
			continue
		}
		ws.b.packPanels(g, bp, ldb, kc, n, tb)
		g.panels(c, ldc, a[p0*csa:], rsa, csa, ws.b.data, 0, m, n, kc, nil, acc || p0 > 0)
	}
}

// panels runs over C by blocks of rows and panels of columns. ldb = 0 means that b is packed.
func (g *gemmEngine[T]) panels(c []T, ldc int, a []T, rsa, csa int, b []T, ldb, m, n, k int, bias []T, acc bool) {
	vecs := (n + g.lanes - 1) / g.lanes
	count := (vecs + g.maxVec - 1) / g.maxVec
	rows := m
	if csa == 1 {
		rows = max(48, rowBlockBytes/(8*k)/24*24)
	}
	for i := 0; i < m; i += rows {
		mc := min(rows, m-i)
		j := 0
		for q := range count {
			nv := vecs / count
			if q < vecs%count {
				nv++
			}
			w := min(nv*g.lanes, n-j)
			bp := b[j:]
			if ldb == 0 {
				bp = b[j*k:]
			}
			var bs []T
			if bias != nil {
				bs = bias[j : j+w]
			}
			g.tile(nv, mc, k, a[i*rsa:], rsa, csa, bp, ldb, c[i*ldc+j:], ldc, w, bs, acc)
			j += w
		}
	}
}

// noTerms is the product with an inner dimension of 0: the bias, or nothing.
func noTerms[T Float](c []T, ldc, m, n int, bias []T, acc bool) {
	for i := 0; !acc && i < m; i++ {
		row := c[i*ldc : i*ldc+n]
		clear(row)
		copy(row, bias)
	}
}
