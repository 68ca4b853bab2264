package kern

import (
	"fmt"
	"testing"
)

// testRun compares every operation, alone and in random programs, with the tables, at every length up to 150, and shows
// that nothing beyond the slots is written.
func testRun[T Float](t *testing.T) {
	const slotCount = 6
	rng := newRand(11)
	var all []Step[T]
	for op := range NumOps {
		all = append(all, NewStep[T](op, rng.IntN(slotCount), rng.IntN(slotCount), rng.IntN(slotCount), rng.IntN(slotCount)))
	}
	for op := range NumConstOps {
		all = append(all, NewConstStep(op, rng.IntN(slotCount), rng.IntN(slotCount), rng.IntN(slotCount), T(2.5)))
	}
	all = append(all, NewSinCosStep[T](1, 4, 2), NewSinCosStep[T](3, 5, 5))
	check := func(steps []Step[T], n int) {
		t.Helper()
		x := [2][3][]T{testOperands[T](uint64(n), n), testOperands[T](uint64(n)+1000, n)}
		var want, got [slotCount]*guarded[T]
		slots := make([]*T, slotCount)
		for i := range slotCount {
			want[i], got[i] = newGuarded[T](n, 0), newGuarded[T](n, rng.IntN(9))
			copy(want[i].slice(), x[i/3][i%3])
			copy(got[i].slice(), x[i/3][i%3])
			slots[i] = &got[i].all[got[i].off]
		}
		for _, s := range steps {
			dst, a, b, c := want[s.dst].slice(), want[s.a].slice(), want[s.b].slice(), want[s.c].slice()
			switch {
			case s.op == stepSinCos:
				sinCos(dst, b, a)
			case s.op < uint8(NumOps):
				Table[T]()[s.op](dst, a, b, c)
			default:
				ConstTable[T]()[s.op-uint8(NumOps)](dst, a, c, s.s)
			}
		}
		Run(steps, slots, n)
		for i := range slotCount {
			got[i].check(t, "Run")
			for j, v := range got[i].slice() {
				if !same(v, want[i].slice()[j]) {
					t.Fatalf("%d steps from %+v over %d elements: slot %d[%d] is %v, want %v", len(steps), steps[0], n, i, j, v, want[i].slice()[j])
				}
			}
		}
	}
	for n := 0; n < 150; n += 1 + n/12 { // all short lengths, fewer long ones
		for i := range all {
			check(all[i:i+1], n)
		}
		rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		check(all[:1+rng.IntN(len(all))], n)
	}
	Run[T](nil, nil, 5)
}

func TestRun(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		t.Run("float64", testRun[float64])
		t.Run("float32", testRun[float32])
	})
}

func TestRunDoesNotAllocate(t *testing.T) {
	steps := []Step[float64]{NewStep[float64](OpMul, 1, 0, 0, 0), NewStep[float64](OpExp, 1, 1, 0, 0), NewConstStep(OpAddC, 1, 1, 0, 2.0)}
	slots := []*float64{&make([]float64, 64)[0], &make([]float64, 64)[0]}
	if got := testing.AllocsPerRun(10, func() { Run(steps, slots, 64) }); got != 0 {
		t.Errorf("%v allocations, want none", got)
	}
}

// benchProgram is 30 additions, products and multiply-adds over twelve slots, as in the interpreter of a jet.
func benchProgram[T Float](b *testing.B, n int) {
	const slotCount = 12
	rng := newRand(1)
	buf := AlignedSlice[T](slotCount * n)
	for i := range buf {
		buf[i] = T(1 + rng.Float64()) // grows to Inf, which costs nothing; denormal numbers would
	}
	var steps []Step[T]
	slots := make([]*T, slotCount)
	for i := range slots {
		slots[i] = &buf[i*n]
	}
	for i := range 30 {
		op := []Op{OpAdd, OpMul, OpFMA}[i%3]
		steps = append(steps, NewStep[T](op, rng.IntN(slotCount), rng.IntN(slotCount), rng.IntN(slotCount), rng.IntN(slotCount)))
	}
	code := Compile(steps, func(slot int) bool { return slot < 4 })
	perStep := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/30, "ns/step")
	}
	b.Run("table", func(b *testing.B) {
		ops := Table[T]()
		for b.Loop() {
			for i := range steps {
				s := &steps[i]
				d, x, y, z := int(s.dst)*n, int(s.a)*n, int(s.b)*n, int(s.c)*n
				ops[s.op](buf[d:d+n], buf[x:x+n], buf[y:y+n], buf[z:z+n])
			}
		}
		perStep(b)
	})
	b.Run("run", func(b *testing.B) {
		for b.Loop() {
			Run(steps, slots, n)
		}
		perStep(b)
	})
	b.Run("code", func(b *testing.B) {
		for b.Loop() {
			code.Run(slots, n)
		}
		perStep(b)
	})
}

func BenchmarkProgram(b *testing.B) {
	atEachLevelB(b, func(b *testing.B) {
		for _, n := range []int{128, 256, 512} {
			b.Run(fmt.Sprintf("f64/%d", n), func(b *testing.B) { benchProgram[float64](b, n) })
			b.Run(fmt.Sprintf("f32/%d", n), func(b *testing.B) { benchProgram[float32](b, n) })
		}
	})
}
