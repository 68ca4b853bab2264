package known

import "testing"

// BenchmarkAllenCahnSolve is the first evaluation of "allen_cahn", which computes the field.
func BenchmarkAllenCahnSolve(b *testing.B) {
	for b.Loop() {
		allenCahnField(constants{"diffusion": 1e-4, "reaction": 5}).field()
	}
}

// BenchmarkEval is the cost of 10 201 points, the grid on which errors are reported.
func BenchmarkEval(b *testing.B) {
	for _, name := range []string{"heat1d", "burgers_cole_hopf", "allen_cahn"} {
		b.Run(name, func(b *testing.B) {
			s := lookup(b, name, nil)
			const side = 101
			points := make([]float64, 0, 2*side*side)
			for i := range side {
				for j := range side {
					points = append(points,
						s.Lower[0]+(s.Upper[0]-s.Lower[0])*float64(i)/(side-1),
						s.Lower[1]+(s.Upper[1]-s.Lower[1])*float64(j)/(side-1))
				}
			}
			values := make([]float64, side*side*len(s.Fields))
			if err := s.Eval(values, points); err != nil { // computes what has to be computed
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if err := s.Eval(values, points); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/side/side, "ns/point")
		})
	}
}
