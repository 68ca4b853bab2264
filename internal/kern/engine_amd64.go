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
			useAVX2F64(e)
		case levelAVX512:
			useAVX512F64(e)
			useChain(e, chainTableF64(), chainRunF64)
		}
	case *engine[float32]:
		switch l {
		case levelAVX2:
			useAVX2F32(e)
		case levelAVX512:
			useAVX512F32(e)
			useChain(e, chainTableF32(), chainRunF32)
		}
	}
}
