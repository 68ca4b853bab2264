package kern

import (
	"math"
	"testing"
)

// FuzzFunctions looks for arguments at which a kernel of one operand is off. The seed corpus runs with the other tests.
func FuzzFunctions(f *testing.F) {
	for _, x := range specials {
		f.Add(x)
	}
	levels := levels()
	engines64, engines32 := make([]*engine[float64], len(levels)), make([]*engine[float32], len(levels))
	for i, l := range levels {
		engines64[i], engines32[i] = newEngine[float64](l), newEngine[float32](l)
	}
	f.Fuzz(func(t *testing.T, x float64) {
		for i, l := range levels {
			for _, r := range reference {
				// Lanes that are beside the point must not matter either.
				a, y := []float64{1, x, -x, 2, 1e9}, make([]float64, 5)
				engines64[i].ops[r.op](y, a, nil, nil)
				if d := distance64(y[1], r.f(x), 0); d > 3+r.slack && !mathIsWorse(r.op, y[1], r.f(x)) {
					t.Errorf("%v: %v(%v) = %v, want %v", l, r.op, x, y[1], r.f(x))
				}
				x32 := float32(x)
				a32, y32 := []float32{1, x32, -x32, 2, 1e9}, make([]float32, 5)
				engines32[i].ops[r.op](y32, a32, nil, nil)
				if d := distance32(y32[1], r.f(float64(x32))); d > 4 {
					t.Errorf("%v: float32 %v(%v) = %v, want %v", l, r.op, x32, y32[1], r.f(float64(x32)))
				}
			}
		}
	})
}

// FuzzProducts compares products of arbitrary shape with the triple loop.
func FuzzProducts(f *testing.F) {
	f.Add(uint64(1), uint8(3), uint8(4), uint8(5), uint8(0), uint8(0))
	f.Add(uint64(2), uint8(70), uint8(33), uint8(9), uint8(0xff), uint8(1))
	f.Add(uint64(3), uint8(1), uint8(1), uint8(255), uint8(0x55), uint8(7))
	f.Fuzz(func(t *testing.T, seed uint64, m, n, k, flags, gap uint8) {
		rng := newRand(seed)
		var ws64 Workspace[float64]
		var ws32 Workspace[float32]
		p := product{
			m: int(m), n: int(n), k: int(k), lda: int(gap & 3), ldb: int(gap >> 2 & 3), ldc: int(gap >> 4 & 3),
			ta: flags&1 != 0, tb: flags&2 != 0, acc: flags&4 != 0, bias: flags&8 != 0, offA: int(flags >> 4 & 3), offC: int(flags >> 6),
		}
		checkProduct(t, rng, &ws64, &Packed[float64]{}, p)
		checkProduct(t, rng, &ws32, &Packed[float32]{}, p)
	})
}

// FuzzSinCos checks the identity sin² + cos² = 1 and agreement with the single functions.
func FuzzSinCos(f *testing.F) {
	for _, x := range specials {
		f.Add(x)
	}
	f.Fuzz(func(t *testing.T, x float64) {
		s, c, y := []float64{0}, []float64{0}, []float64{0}
		sinCos(s, c, []float64{x})
		if math.IsInf(x, 0) || math.IsNaN(x) {
			if !math.IsNaN(s[0]) || !math.IsNaN(c[0]) {
				t.Errorf("SinCos(%v) = %v, %v, want NaN", x, s[0], c[0])
			}
			return
		}
		// each may be off by a unit in the last place, which is 2.2e-16 of it at most: the sum of squares by twice that, and by 2.2e-16 where
		// squares and sum are rounded
		if r := s[0]*s[0] + c[0]*c[0]; math.Abs(r-1) > 6.7e-16 {
			t.Errorf("sin² + cos² of %v is %v", x, r)
		}
		Table[float64]()[OpSin](y, []float64{x}, nil, nil)
		if d := distance64(s[0], y[0], 0); d > 3 && !mathIsWorse(OpSin, s[0], y[0]) {
			t.Errorf("sin(%v) is %v alone and %v with the cosine", x, y[0], s[0])
		}
	})
}
