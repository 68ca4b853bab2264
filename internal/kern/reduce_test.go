package kern

import (
	"math"
	"testing"
	"unsafe"
)

func testReductions[T Float](t *testing.T) {
	rng := newRand(7)
	eps := 2.3e-16
	if unsafe.Sizeof(T(0)) == 4 {
		eps = 1.2e-7
	}
	for n := range 300 {
		gx, gy := newGuarded[T](n, n%9), newGuarded[T](n, n%5)
		x, y := gx.fill(rng), gy.fill(rng)
		var sum, dot, absSum, absDot float64
		for i := range x {
			sum += float64(x[i])
			dot += float64(x[i]) * float64(y[i])
			absSum += math.Abs(float64(x[i]))
			absDot += math.Abs(float64(x[i]) * float64(y[i]))
		}
		if got := float64(Sum(x)); !(math.Abs(got-sum) <= eps*absSum*(1+float64(n)/8)) {
			t.Errorf("Sum of %d = %v, want %v", n, got, sum)
		}
		if got := float64(Dot(x, y)); !(math.Abs(got-dot) <= eps*absDot*(1+float64(n)/8)) {
			t.Errorf("Dot of %d = %v, want %v", n, got, dot)
		}
		if Sum(x) != Sum(x) || Dot(x, y) != Dot(x, y) {
			t.Errorf("sums of %d elements are not repeatable", n)
		}
		before := append([]T(nil), y...)
		AddTo(y, x)
		for i := range y {
			if y[i] != before[i]+x[i] {
				t.Fatalf("AddTo: element %d of %d is %v, want %v", i, n, y[i], before[i]+x[i])
			}
		}
		copy(y, before)
		Axpy(y, 2.5, x)
		for i := range y {
			want := float64(before[i]) + 2.5*float64(x[i])
			if math.Abs(float64(y[i])-want) > 2*eps*(math.Abs(float64(before[i]))+math.Abs(2.5*float64(x[i]))) {
				t.Fatalf("Axpy: element %d of %d is %v, want %v", i, n, y[i], want)
			}
		}
		gx.check(t, "sums")
		gy.check(t, "AddTo and Axpy")
	}
}

func TestReductions(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		t.Run("float64", testReductions[float64])
		t.Run("float32", testReductions[float32])
	})
}

// testAdam compares with the formulas of Kingma & Ba, written out in float64, from moments in the middle of a run.
func testAdam[T Float](t *testing.T, tol float64) {
	for n := range 40 {
		rng := newRand(uint64(n))
		var s [4]*guarded[T]
		for j := range s {
			s[j] = newGuarded[T](n, j)
			s[j].fill(rng)
		}
		theta, m, v, g := s[0].slice(), s[1].slice(), s[2].slice(), s[3].slice()
		for i := range v {
			v[i] *= v[i]
		}
		want := make([][3]float64, n)
		for i := range want {
			want[i] = [3]float64{float64(theta[i]), float64(m[i]), float64(v[i])}
		}
		const lr, b1, b2, eps = 0.1, 0.9, 0.999, 1e-8
		for step := 3; step < 6; step++ {
			Adam(theta, m, v, g, lr, b1, b2, eps, step)
			for i := range want {
				w, gi := &want[i], float64(g[i])
				w[1] = b1*w[1] + (1-b1)*gi
				w[2] = b2*w[2] + (1-b2)*gi*gi
				mHat, vHat := w[1]/(1-math.Pow(b1, float64(step))), w[2]/(1-math.Pow(b2, float64(step)))
				w[0] -= lr * mHat / (math.Sqrt(vHat) + eps)
			}
		}
		for i := range want {
			for j, got := range []T{theta[i], m[i], v[i]} {
				if math.Abs(float64(got)-want[i][j]) > tol*(1+math.Abs(want[i][j])) {
					t.Fatalf("element %d of %d: %v, want %v", i, n, []T{theta[i], m[i], v[i]}, want[i])
				}
			}
		}
		for j := range s {
			s[j].check(t, "Adam")
		}
	}
}

func TestAdam(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		t.Run("float64", func(t *testing.T) { testAdam[float64](t, 2e-15) })
		t.Run("float32", func(t *testing.T) { testAdam[float32](t, 2e-6) })
	})
}

func TestAlignedSlice(t *testing.T) {
	for n := range 50 {
		x, y := AlignedSlice[float64](n), AlignedSlice[float32](n)
		if len(x) != n || cap(x) != n || len(y) != n || cap(y) != n {
			t.Fatalf("lengths %d, %d and capacities %d, %d, want %d", len(x), len(y), cap(x), cap(y), n)
		}
		if n > 0 && (uintptr(unsafe.Pointer(&x[0]))%Alignment != 0 || uintptr(unsafe.Pointer(&y[0]))%Alignment != 0) {
			t.Fatalf("%d elements are not aligned", n)
		}
	}
}

func TestFinite(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		for _, n := range []int{0, 1, 7, 512, 513, 1700} {
			x := make([]float64, n)
			for i := range x {
				x[i] = math.MaxFloat64 * float64(1-2*(i%2))
			}
			if !Finite(x) {
				t.Errorf("%d finite numbers are said not to be", n)
			}
			for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
				for _, at := range []int{0, n / 2, n - 1} {
					if n == 0 {
						continue
					}
					old := x[at]
					x[at] = bad
					if Finite(x) {
						t.Errorf("%v at %d of %d was not seen", bad, at, n)
					}
					x[at] = old
				}
			}
		}
	})
}
