//go:build amd64 && !purego

package kern

import "golang.org/x/sys/cpu"

//go:generate sh -c "cd gen && go run . -out .."

func bestLevel() level {
	l := levels()
	return l[len(l)-1]
}

// levels lists what this processor and its operating system can run, slowest first.
func levels() []level {
	x := &cpu.X86
	l := []level{levelPortable}
	if !x.HasAVX2 || !x.HasFMA || !x.HasBMI2 {
		return l
	}
	l = append(l, levelAVX2)
	if x.HasAVX512F && x.HasAVX512DQ && x.HasAVX512BW && x.HasAVX512VL {
		l = append(l, levelAVX512)
	}
	return l
}

// accelerate replaces the portable kernels for which there is assembly at this level.
func accelerate[T Float](e *engine[T], l level) {
	e.level = l
	switch e := any(e).(type) {
	case *engine[float64]:
		switch l {
		case levelAVX2:
			e.gemm.useTiles(4, 4, tilesAVX2F64())
			e.gemm.useDots(dots8AVX2F64, dots1AVX2F64)
		case levelAVX512:
			e.gemm.useTiles(8, 1, tilesAVX512F64())
			e.gemm.useDots(dots8AVX512F64, dots1AVX512F64)
		}
	case *engine[float32]:
		switch l {
		case levelAVX2:
			e.gemm.useTiles(8, 8, tilesAVX2F32())
			e.gemm.useDots(dots8AVX2F32, dots1AVX2F32)
		case levelAVX512:
			e.gemm.useTiles(16, 1, tilesAVX512F32())
			e.gemm.useDots(dots8AVX512F32, dots1AVX512F32)
		}
	}
}
