package kern

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// product is one call to be compared with the triple loop.
type product struct {
	m, n, k          int
	lda, ldb, ldc    int // added to the least possible distance between rows
	ta, tb           bool
	acc, bias        bool
	offA, offB, offC int
}

// naive computes the product in float64 and, for the error bound, the sum of absolute values.
func naive[T Float](p product, c, a []T, lda int, b []T, ldb int, bias []T, i, j int) (want, scale float64) {
	if p.acc {
		want = float64(c[0])
	}
	if bias != nil {
		want += float64(bias[j])
	}
	scale = math.Abs(want)
	for q := range p.k {
		ia, ib := i*lda+q, q*ldb+j
		if p.ta {
			ia = q*lda + i
		}
		if p.tb {
			ib = j*ldb + q
		}
		xy := float64(a[ia]) * float64(b[ib])
		want += xy
		scale += math.Abs(xy)
	}
	return want, scale
}

func (p product) String() string {
	return fmt.Sprintf("m=%d n=%d k=%d gaps %d,%d,%d ta=%v tb=%v acc=%v bias=%v", p.m, p.n, p.k, p.lda, p.ldb, p.ldc, p.ta, p.tb, p.acc, p.bias)
}

// checkProduct runs every entry point that can compute p.
func checkProduct[T Float](t *testing.T, rng *rand.Rand, ws *Workspace[T], packed *Packed[T], p product) {
	t.Helper()
	eps := 2.3e-16
	if T(1)+T(1e-9) == 1 {
		eps = 1.2e-7
	}
	ra, ca, rb, cb := p.m, p.k, p.k, p.n
	if p.ta {
		ra, ca = ca, ra
	}
	if p.tb {
		rb, cb = cb, rb
	}
	lda, ldb, ldc := ca+p.lda, cb+p.ldb, p.n+p.ldc
	size := func(rows, ld, cols int) int {
		if rows == 0 || cols == 0 {
			return 0
		}
		return (rows-1)*ld + cols // the last row ends where the slice ends
	}
	ga, gb := newGuarded[T](size(ra, lda, ca), p.offA), newGuarded[T](size(rb, ldb, cb), p.offB)
	gc, gbias := newGuarded[T](size(p.m, ldc, p.n), p.offC), newGuarded[T](p.n, p.offB)
	a, b, c0 := ga.fill(rng), gb.fill(rng), gc.fill(rng)
	start := append([]T(nil), c0...)
	var bias []T
	if p.bias && !p.acc {
		bias = gbias.fill(rng)
	}
	verify := func(name string, bias []T) {
		t.Helper()
		gc.check(t, name+p.String())
		for i := range p.m {
			for j := range ldc {
				at := i*ldc + j
				if at >= len(c0) {
					break
				}
				if j >= p.n {
					if c0[at] != start[at] {
						t.Fatalf("%s %v: wrote between rows, at %d,%d", name, p, i, j)
					}
					continue
				}
				want, scale := naive(p, start[at:], a, lda, b, ldb, bias, i, j)
				if got := float64(c0[at]); !(math.Abs(got-want) <= eps*scale*(2+float64(p.k)/4)) {
					t.Fatalf("%s %v: C[%d,%d] = %v, want %v", name, p, i, j, got, want)
				}
			}
		}
	}
	GemmFull(c0, ldc, a, lda, p.ta, b, ldb, p.tb, p.m, p.n, p.k, p.acc, ws)
	verify("GemmFull", nil)
	if p.ta && !p.tb {
		copy(c0, start)
		GemmTN(c0, ldc, a, lda, b, ldb, p.k, p.m, p.n, p.acc, ws)
		verify("GemmTN", nil)
	}
	if !p.ta && p.ldb == 0 {
		copy(c0, start)
		packed.Pack(b, p.k, p.n, p.tb)
		Gemm(c0, ldc, a, lda, packed, p.m, bias, p.acc)
		verify("Gemm", bias)
		once := append([]T(nil), c0...)
		copy(c0, start)
		// Row by row, as workers with other chunks would: the same bits.
		for i := 0; i < p.m; {
			r := min(p.m-i, 1+rng.IntN(5))
			if p.k > 0 || p.n > 0 {
				Gemm(c0[min(i*ldc, len(c0)):], ldc, a[min(i*lda, len(a)):], lda, packed, r, bias, p.acc)
			}
			i += r
		}
		for i := range c0 {
			if c0[i] != once[i] {
				t.Fatalf("%v: element %d depends on the division into rows: %v and %v", p, i, c0[i], once[i])
			}
		}
	}
}

func testProducts[T Float](t *testing.T) {
	rng := newRand(1)
	var ws Workspace[T]
	var packed Packed[T]
	flip := func() bool { return rng.IntN(2) == 0 }
	for m := range 15 {
		for n := range 36 {
			for k := range 8 {
				checkProduct(t, rng, &ws, &packed, product{
					m: m, n: n, k: k, lda: rng.IntN(3), ldb: rng.IntN(2) * rng.IntN(4), ldc: rng.IntN(3),
					ta: flip(), tb: flip(), acc: flip(), bias: flip(), offA: rng.IntN(8), offB: rng.IntN(8), offC: rng.IntN(8),
				})
			}
		}
	}
	rounds := 150
	if testing.Short() {
		rounds = 30
	}
	for i := range rounds {
		p := product{
			m: 1 + rng.IntN(70), n: 1 + rng.IntN(140), k: 1 + rng.IntN(70), lda: rng.IntN(9), ldb: rng.IntN(2) * rng.IntN(9),
			ldc: rng.IntN(9), ta: flip(), tb: flip(), acc: flip(), bias: flip(), offA: rng.IntN(8), offB: rng.IntN(8), offC: rng.IntN(8),
		}
		switch i % 10 {
		case 0:
			p.k += 2 * innerBlock
		case 1:
			p.n = 1 + rng.IntN(5)
		case 2:
			p.m, p.n = 300+rng.IntN(300), 1+rng.IntN(20)
		case 3:
			p.m = 1 + rng.IntN(5)
		}
		checkProduct(t, rng, &ws, &packed, p)
	}
}

func TestProductsAgreeWithTripleLoop(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		t.Run("float64", testProducts[float64])
		t.Run("float32", testProducts[float32])
	})
}

func testProductAllocs[T Float](t *testing.T) {
	const m, k, n = 100, 20, 33
	a, b, c := make([]T, m*k), make([]T, k*n), make([]T, m*n)
	var ws Workspace[T]
	var p Packed[T]
	run := func() {
		p.Pack(b, k, n, false)
		Gemm(c, n, a, k, &p, m, nil, false)
		GemmTN(b, n, a, k, c, n, m, k, n, true, &ws)
		GemmTN(b, 1, a, k, c, n, m, k, 1, true, &ws)
		GemmFull(c, n, a, k, false, b, k, true, m, n, k, false, &ws)
	}
	run()
	if got := testing.AllocsPerRun(10, run); got != 0 {
		t.Errorf("%v allocations per round, want none", got)
	}
}

func TestProductsDoNotAllocate(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		t.Run("float64", testProductAllocs[float64])
		t.Run("float32", testProductAllocs[float32])
	})
}

// TestInnerOrder shows that adding rows to a chunk leaves the products of the others alone, bit for bit, in GemmTN too:
// accumulating the same pieces in the same order gives the same sums.
func TestInnerOrder(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		rng := newRand(3)
		const m, k, n = 700, 13, 21
		a, g := newGuarded[float64](m*k, 0).fill(rng), newGuarded[float64](m*n, 0).fill(rng)
		var ws Workspace[float64]
		once, again := make([]float64, k*n), make([]float64, k*n)
		GemmTN(once, n, a, k, g, n, m, k, n, false, &ws)
		GemmTN(again, n, a, k, g, n, m, k, n, false, &ws)
		for i := range once {
			if once[i] != again[i] {
				t.Fatalf("element %d: %v then %v", i, once[i], again[i])
			}
		}
	})
}
