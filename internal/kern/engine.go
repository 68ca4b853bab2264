package kern

import "unsafe"

// level is an instruction set for which there are kernels.
type level uint8

const (
	levelPortable level = iota // Go
	levelNEON                  // arm64: products and the simplest operations, the rest is Go
	levelAVX2                  // AVX2 and FMA3
	levelAVX512                // AVX-512 F, DQ, BW and VL
)

func (l level) String() string { return [...]string{"portable", "neon", "avx2", "avx512"}[l] }

// Instructions names the instruction set of the kernels that this processor runs: portable, neon, avx2 or avx512.
func Instructions() string { return engine64.level.String() }

// engine is one complete set of kernels. The exported functions are thin: they ask the engine of this processor.
type engine[T Float] struct {
	level  level
	ops    [NumOps]Kernel[T]
	consts [NumConstOps]ConstKernel[T]
	sincos func(s, c, x []T)
	sum    func(x []T) T
	dot    func(x, y []T) T
	addTo  func(dst, a []T)
	axpy   func(dst []T, s T, a []T)
	adam   func(theta, m, v, g []T, k adamStep[T])
	run    func(steps []Step[T], slots []*T, n int) int // executes leading steps with a code, at least one; may be nil
	chain  chainEngine[T]
	gemm   gemmEngine[T]
	zeros  [512]T // stays so
}

// These are written once, here; only tests put another engine in their place, to try each level.
var (
	engine64 = newEngine[float64](bestLevel())
	engine32 = newEngine[float32](bestLevel())
)

func engineOf[T Float]() *engine[T] {
	if unsafe.Sizeof(T(0)) == 4 {
		return (*engine[T])(unsafe.Pointer(engine32))
	}
	return (*engine[T])(unsafe.Pointer(engine64))
}

func newEngine[T Float](l level) *engine[T] {
	e := portableEngine[T]()
	accelerate(e, l)
	return e
}
