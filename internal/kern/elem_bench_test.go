package kern

import "testing"

// A block of the pointwise interpreter: three operands and a result of this length stay in the first-level cache.
const benchBlock = 256

func benchKernels[T Float](b *testing.B) {
	dst, x, y, z := AlignedSlice[T](benchBlock), AlignedSlice[T](benchBlock), AlignedSlice[T](benchBlock), AlignedSlice[T](benchBlock)
	rng := newRand(1)
	for i := range x {
		x[i], y[i], z[i] = T(rng.NormFloat64()), T(rng.Float64()+0.5), T(rng.NormFloat64())
	}
	perElement := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchBlock, "ns/elem")
	}
	for op := range NumOps {
		b.Run(op.String(), func(b *testing.B) {
			a := x
			if op == OpLog || op == OpSqrt || op == OpPow || op == OpLog1p {
				a = y
			}
			k := Table[T]()[op]
			for b.Loop() {
				k(dst, a, y, z)
			}
			perElement(b)
		})
	}
	for op := range NumConstOps {
		b.Run(op.String(), func(b *testing.B) {
			k := ConstTable[T]()[op]
			for b.Loop() {
				k(dst, x, z, 3)
			}
			perElement(b)
		})
	}
	b.Run("sincos", func(b *testing.B) {
		for b.Loop() {
			sinCos(dst, z, x)
		}
		perElement(b)
	})
	b.Run("sum", func(b *testing.B) {
		var s T
		for b.Loop() {
			s += Sum(x)
		}
		dst[0] = s
		perElement(b)
	})
	b.Run("dot", func(b *testing.B) {
		var s T
		for b.Loop() {
			s += Dot(x, y)
		}
		dst[0] = s
		perElement(b)
	})
	b.Run("adam", func(b *testing.B) {
		m, v := AlignedSlice[T](benchBlock), AlignedSlice[T](benchBlock)
		for b.Loop() {
			Adam(dst, m, v, x, 1e-3, 0.9, 0.999, 1e-8, 7)
		}
		perElement(b)
	})
}

func BenchmarkElementwise(b *testing.B) {
	atEachLevelB(b, func(b *testing.B) {
		b.Run("f64", benchKernels[float64])
		b.Run("f32", benchKernels[float32])
	})
}
