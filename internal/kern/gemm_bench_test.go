package kern

import (
	"fmt"
	"testing"
)

// Shapes of small networks: rows of a chunk, inner width, outer width.
var benchShapes = [][3]int{
	{512, 20, 20}, {512, 30, 30}, {512, 32, 32}, {512, 50, 50}, {512, 64, 64}, {512, 128, 128}, {512, 2, 64}, {512, 64, 1}, {512, 512, 512},
}

func atEachLevelB(b *testing.B, f func(b *testing.B)) {
	was64, was32 := engine64, engine32
	defer func() { engine64, engine32 = was64, was32 }()
	for _, l := range levels() {
		engine64, engine32 = newEngine[float64](l), newEngine[float32](l)
		b.Run(l.String(), f)
	}
}

func benchShape[T Float](b *testing.B, s [3]int, tn bool) {
	m, k, n := s[0], s[1], s[2]
	a, w, c := AlignedSlice[T](m*k), AlignedSlice[T](k*n), AlignedSlice[T](m*n)
	for i := range a {
		a[i] = 1
	}
	var p Packed[T]
	p.Pack(w, k, n, false)
	var ws Workspace[T]
	bias := make([]T, n)
	for b.Loop() {
		if tn {
			GemmTN(w, n, a, k, c, n, m, k, n, false, &ws)
		} else {
			Gemm(c, n, a, k, &p, m, bias, false)
		}
	}
	b.ReportMetric(2*float64(m*k*n)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
}

func BenchmarkGemm(b *testing.B) {
	atEachLevelB(b, func(b *testing.B) {
		for _, s := range benchShapes {
			b.Run(fmt.Sprintf("f64/%dx%dx%d", s[0], s[1], s[2]), func(b *testing.B) { benchShape[float64](b, s, false) })
			b.Run(fmt.Sprintf("f32/%dx%dx%d", s[0], s[1], s[2]), func(b *testing.B) { benchShape[float32](b, s, false) })
		}
	})
}

func BenchmarkGemmTN(b *testing.B) {
	atEachLevelB(b, func(b *testing.B) {
		for _, s := range benchShapes {
			b.Run(fmt.Sprintf("f64/%dx%dx%d", s[0], s[1], s[2]), func(b *testing.B) { benchShape[float64](b, s, true) })
			b.Run(fmt.Sprintf("f32/%dx%dx%d", s[0], s[1], s[2]), func(b *testing.B) { benchShape[float32](b, s, true) })
		}
	})
}

func BenchmarkPack(b *testing.B) {
	for _, n := range []int{20, 50, 64, 128} {
		for _, trans := range []bool{false, true} {
			b.Run(fmt.Sprintf("f64/%dx%d/%v", n, n, trans), func(b *testing.B) {
				w := make([]float64, n*n)
				var p Packed[float64]
				for b.Loop() {
					p.Pack(w, n, n, trans)
				}
			})
		}
	}
}

// BenchmarkGram is J·Jᵀ for 512 residuals of a network with 4000 parameters.
func BenchmarkGram(b *testing.B) {
	const rows, params = 512, 4000
	j, k := AlignedSlice[float64](rows*params), AlignedSlice[float64](rows*rows)
	var ws Workspace[float64]
	for b.Loop() {
		GemmFull(k, rows, j, params, false, j, params, true, rows, rows, params, false, &ws)
	}
	b.ReportMetric(2*rows*rows*params*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
}
