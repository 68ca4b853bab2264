//go:build arm64 && !purego

package kern

import "unsafe"

// Every arm64 processor has NEON.
func bestLevel() level { return levelNEON }

// levels lists what this build can run, slowest first.
func levels() []level { return []level{levelPortable, levelNEON} }

// accelerate replaces the portable kernels for which there is assembly.
func accelerate[T Float](e *engine[T], l level) {
	if l != levelNEON {
		return
	}
	e.level = l
	switch e := any(e).(type) {
	case *engine[float64]:
		useNEON(e, neonKernels[float64]{
			add: addNEONF64, sub: subNEONF64, mul: mulNEONF64, fma: fmaNEONF64, fnma: fnmaNEONF64,
			mulC: mulCNEONF64, fmaC: fmaCNEONF64,
		})
	case *engine[float32]:
		useNEON(e, neonKernels[float32]{
			add: addNEONF32, sub: subNEONF32, mul: mulNEONF32, fma: fmaNEONF32, fnma: fnmaNEONF32,
			mulC: mulCNEONF32, fmaC: fmaCNEONF32,
		})
	}
}

// neonKernels is the elementwise assembly for one element type.
type neonKernels[T Float] struct {
	add, sub, mul func(count int, dst, a, b *T)
	fma, fnma     func(count int, dst, a, b, c *T)
	mulC          func(count int, dst, a *T, s T)
	fmaC          func(count int, dst, a, c *T, s T)
}

func useNEON[T Float](e *engine[T], k neonKernels[T]) {
	group := 64 / int(unsafe.Sizeof(T(0))) // elements of four vectors
	e.gemm = gemmEngine[T]{lanes: group / 2, maxVec: 1, tile: tileNEON[T], dots: dotsGo[T]}

	// What does not fill a group is left to Go, which rounds the same way: its compiler fuses, too.
	binary := func(f func(count int, dst, a, b *T), rest Kernel[T]) Kernel[T] {
		return func(dst, a, b, c []T) {
			n := len(dst) / group
			if n > 0 {
				f(n, &dst[0], &a[0], &b[0])
			}
			n *= group
			rest(dst[n:], a[n:], b[n:], nil)
		}
	}
	ternary := func(f func(count int, dst, a, b, c *T), rest Kernel[T]) Kernel[T] {
		return func(dst, a, b, c []T) {
			n := len(dst) / group
			if n > 0 {
				f(n, &dst[0], &a[0], &b[0], &c[0])
			}
			n *= group
			rest(dst[n:], a[n:], b[n:], c[n:])
		}
	}
	e.ops[OpAdd], e.ops[OpSub], e.ops[OpMul] = binary(k.add, addGo[T]), binary(k.sub, subGo[T]), binary(k.mul, mulGo[T])
	e.ops[OpFMA], e.ops[OpFNMA] = ternary(k.fma, fmaGo[T]), ternary(k.fnma, fnmaGo[T])
	mul := e.ops[OpMul]
	e.ops[OpSquare] = func(dst, a, _, _ []T) { mul(dst, a, a, nil) }
	e.consts[OpMulC] = func(dst, a, _ []T, s T) {
		n := len(dst) / group
		if n > 0 {
			k.mulC(n, &dst[0], &a[0], s)
		}
		n *= group
		mulCGo(dst[n:], a[n:], nil, s)
	}
	fmaC := func(dst, a, c []T, s T) {
		n := len(dst) / group
		if n > 0 {
			k.fmaC(n, &dst[0], &a[0], &c[0], s)
		}
		n *= group
		fmaCGo(dst[n:], a[n:], c[n:], s)
	}
	e.consts[OpFMAC] = fmaC
	add := e.ops[OpAdd]
	e.addTo = func(dst, a []T) { add(dst, dst, a, nil) }
	e.axpy = func(dst []T, s T, a []T) { fmaC(dst, a, dst, s) }
}

// tileNEON is gemmEngine.tile for packed panels of two vectors. A panel that is cut off goes through a tile of its own.
func tileNEON[T Float](_, m, inner int, a []T, rsa, csa int, b []T, _ int, c []T, ldc, w int, bias []T, acc bool) {
	const highest, widest = 8, 8
	lanes := 32 / int(unsafe.Sizeof(T(0)))
	var start [widest]T
	var part [highest * widest]T
	biasp := unsafe.SliceData(bias)
	if bias != nil && w < lanes {
		copy(start[:], bias)
		biasp = &start[0]
	}
	for rows := highest; m > 0; rows /= 2 {
		tiles := m / rows
		if tiles == 0 {
			continue
		}
		if w == lanes {
			tilesNEON(rows, tiles, inner, &a[0], rsa, csa, &b[0], &c[0], ldc, biasp, acc)
		} else {
			for i := range tiles {
				tilesNEON(rows, 1, inner, &a[i*rows*rsa], rsa, csa, &b[0], &part[0], lanes, biasp, false)
				for r := range rows {
					dst := c[(i*rows+r)*ldc:][:w]
					if acc {
						addToGo(dst, part[r*lanes:])
					} else {
						copy(dst, part[r*lanes:])
					}
				}
			}
		}
		if m -= tiles * rows; m > 0 {
			a, c = a[tiles*rows*rsa:], c[tiles*rows*ldc:]
		}
	}
}

// tilesNEON calls the kernel for tiles of 8, 4, 2 or 1 rows. It calls by name: through a variable the operands would escape.
func tilesNEON[T Float](rows, tiles, k int, a *T, rsa, csa int, b, c *T, ldc int, bias *T, acc bool) {
	if unsafe.Sizeof(T(0)) == 8 {
		a, b, c, bias := (*float64)(unsafe.Pointer(a)), (*float64)(unsafe.Pointer(b)), (*float64)(unsafe.Pointer(c)), (*float64)(unsafe.Pointer(bias))
		switch rows {
		case 8:
			tile8NEONF64(tiles, k, a, rsa, csa, b, c, ldc, bias, acc)
		case 4:
			tile4NEONF64(tiles, k, a, rsa, csa, b, c, ldc, bias, acc)
		case 2:
			tile2NEONF64(tiles, k, a, rsa, csa, b, c, ldc, bias, acc)
		default:
			tile1NEONF64(tiles, k, a, rsa, csa, b, c, ldc, bias, acc)
		}
		return
	}
	a32, b32, c32, bias32 := (*float32)(unsafe.Pointer(a)), (*float32)(unsafe.Pointer(b)), (*float32)(unsafe.Pointer(c)), (*float32)(unsafe.Pointer(bias))
	switch rows {
	case 8:
		tile8NEONF32(tiles, k, a32, rsa, csa, b32, c32, ldc, bias32, acc)
	case 4:
		tile4NEONF32(tiles, k, a32, rsa, csa, b32, c32, ldc, bias32, acc)
	case 2:
		tile2NEONF32(tiles, k, a32, rsa, csa, b32, c32, ldc, bias32, acc)
	default:
		tile1NEONF32(tiles, k, a32, rsa, csa, b32, c32, ldc, bias32, acc)
	}
}
