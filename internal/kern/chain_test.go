package kern

import (
	"math/rand/v2"
	"testing"
)

// randomProgram is a program of mostly arithmetic over the slots of which the first are given.
func randomProgram[T Float](rng *rand.Rand, length, slots int) []Step[T] {
	arithmetic := []Op{OpAdd, OpSub, OpMul, OpFMA, OpFNMA, OpFMS, OpSquare, OpTanhD, OpCopy}
	constants := []ConstOp{OpAddC, OpMulC, OpFMAC, OpRSubC}
	var steps []Step[T]
	for range length {
		d, a, b, c := rng.IntN(slots), rng.IntN(slots), rng.IntN(slots), rng.IntN(slots)
		switch k := rng.IntN(40); {
		case k == 0:
			steps = append(steps, NewStep[T](OpTanh, d, a, 0, 0))
		case k == 1:
			steps = append(steps, NewStep[T](OpDiv, d, a, b, 0))
		case k == 2 && d != b:
			steps = append(steps, NewSinCosStep[T](d, b, a))
		case k < 14:
			steps = append(steps, NewConstStep(constants[rng.IntN(len(constants))], d, a, c, T(rng.NormFloat64())))
		default:
			steps = append(steps, NewStep[T](arithmetic[rng.IntN(len(arithmetic))], d, a, b, c))
		}
	}
	return steps
}

// testCode runs random programs with values in registers and step by step: what is kept must be the same, bit for bit, and
// nothing beyond the slots is written.
func testCode[T Float](t *testing.T) {
	rng := newRand(21)
	programs := 400
	if testing.Short() {
		programs = 60
	}
	for p := range programs {
		slotCount := 2 + rng.IntN(11)
		steps := randomProgram[T](rng, 1+rng.IntN(60), slotCount)
		kept := make([]bool, slotCount)
		for i := range kept {
			kept[i] = rng.IntN(3) == 0
		}
		code := Compile(steps, func(slot int) bool { return kept[slot] })
		for _, n := range []int{1, 63, 64, 128, 200, 256, 300, 520}[p%3:] {
			want, got := make([]*guarded[T], slotCount), make([]*guarded[T], slotCount)
			slots, ref := make([]*T, slotCount), make([]*T, slotCount)
			for i := range slotCount {
				x := testOperands[T](rng.Uint64(), n)[0]
				want[i], got[i] = newGuarded[T](n, 0), newGuarded[T](n, rng.IntN(9))
				copy(want[i].slice(), x)
				copy(got[i].slice(), x)
				slots[i], ref[i] = &got[i].slice()[0], &want[i].slice()[0]
			}
			Run(steps, ref, n)
			code.Run(slots, n)
			for i := range slotCount {
				got[i].check(t, "Code.Run")
				for j, v := range got[i].slice() {
					if kept[i] && !same(v, want[i].slice()[j]) {
						t.Fatalf("program %d, %d steps %+v over %d elements: slot %d[%d] is %v, want %v", p, len(steps), steps, n, i, j, v, want[i].slice()[j])
					}
				}
			}
		}
	}
}

func TestCode(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		t.Run("float64", testCode[float64])
		t.Run("float32", testCode[float32])
	})
}

func TestCodeDoesNotAllocate(t *testing.T) {
	steps := []Step[float64]{NewStep[float64](OpMul, 1, 0, 0, 0), NewStep[float64](OpAdd, 1, 1, 0, 0), NewStep[float64](OpExp, 1, 1, 0, 0)}
	slots := []*float64{&make([]float64, 200)[0], &make([]float64, 200)[0]}
	code := Compile(steps, func(int) bool { return true })
	code.Run(slots, 200)
	if got := testing.AllocsPerRun(10, func() { code.Run(slots, 200) }); got != 0 {
		t.Errorf("%v allocations, want none", got)
	}
}
