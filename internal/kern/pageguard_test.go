//go:build linux

package kern

import (
	"syscall"
	"testing"
	"unsafe"
)

// lastPage hands out slices that end where readable memory ends, so that a read beyond them is a fault.
type lastPage struct {
	mem  []byte
	size int
}

func newLastPage(t *testing.T, size int) *lastPage {
	t.Helper()
	page := syscall.Getpagesize()
	size = (size + page - 1) / page * page
	mem, err := syscall.Mmap(-1, 0, size+page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Skip("no guard page: ", err)
	}
	t.Cleanup(func() { _ = syscall.Munmap(mem) })
	if err := syscall.Mprotect(mem[size:], syscall.PROT_NONE); err != nil {
		t.Skip("no guard page: ", err)
	}
	return &lastPage{mem, size}
}

func atEnd[T Float](p *lastPage, n int) []T {
	if n == 0 {
		return nil
	}
	s := unsafe.Slice((*T)(unsafe.Pointer(&p.mem[p.size-n*int(unsafe.Sizeof(T(0)))])), n)
	for i := range s {
		s[i] = T(1 + i%3)
	}
	return s
}

func testReads[T Float](t *testing.T) {
	var pages [4]*lastPage
	for i := range pages {
		pages[i] = newLastPage(t, 1<<16)
	}
	var ws Workspace[T]
	var p Packed[T]
	rng := newRand(1)
	for range 600 {
		m, n, k := 1+rng.IntN(20), 1+rng.IntN(40), 1+rng.IntN(20)
		a, b, c, bias := atEnd[T](pages[0], m*k), atEnd[T](pages[1], k*n), atEnd[T](pages[2], m*n), atEnd[T](pages[3], n)
		p.Pack(b, k, n, false)
		Gemm(c, n, a, k, &p, m, bias, false)
		p.Pack(b, k, n, true)
		Gemm(c, n, a, k, &p, m, nil, true)
		GemmTN(b, n, a, k, c, n, m, k, n, false, &ws)
		for i := range a {
			a[i] = T(i % 3)
		}
		GemmFull(c, n, a, m, true, b, k, true, m, n, k, true, &ws)
		// A row distance with a gap after the last column, so that the last row alone ends at the page's end.
		if n > 1 {
			g := atEnd[T](pages[2], (m-1)*(n+3)+n)
			GemmTN(b, n, a, k, g, n+3, m, k, n, false, &ws)
			GemmTN(b[:k*(n-1)], n-1, a, k, g, n+3, m, k, n-1, false, &ws)
		}
	}
	for n := range 100 {
		dst, a, b, c := atEnd[T](pages[0], n), atEnd[T](pages[1], n), atEnd[T](pages[2], n), atEnd[T](pages[3], n)
		for op := range NumOps {
			Table[T]()[op](dst, a, b, c)
		}
		for op := range NumConstOps {
			ConstTable[T]()[op](dst, a, c, 3)
		}
		sinCos(dst, b, a)
		Axpy(dst, Sum(a)*Dot(a, c), c)
		Adam(dst, a, b, c, 0.1, 0.9, 0.999, 1e-8, 1)
		if n > 0 {
			Run([]Step[T]{NewStep[T](OpFMA, 0, 1, 2, 3), NewConstStep(OpFMAC, 0, 1, 2, T(2))}, []*T{&dst[0], &a[0], &b[0], &c[0]}, n)
		}
	}
}

// TestNothingIsReadBeyondTheEnd would crash if a kernel read beyond its operands.
func TestNothingIsReadBeyondTheEnd(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		t.Run("float64", testReads[float64])
		t.Run("float32", testReads[float32])
	})
}
