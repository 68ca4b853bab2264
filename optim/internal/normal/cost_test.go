package normal

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/crux-pinn/crux/internal/kern"
	"github.com/crux-pinn/crux/internal/linalg"
	"github.com/crux-pinn/crux/optim/internal/vec"
)

// There are speeds for the processor that the tests run on, and a step costs more for more residuals, more parameters and a late stage,
// and less for a kernel that is factored.
func TestCost(t *testing.T) {
	if v := speeds[kern.Instructions()]; v.sweep <= 0 || v.gram <= 0 || v.chol <= 0 || v.solve <= 0 {
		t.Fatalf("%s: %+v", kern.Instructions(), v)
	}
	const all = 16_000
	for _, c := range [][2]float64{
		{Cost(250, all, 2000, Work{}, false), Cost(300, all, 2000, Work{}, false)},
		{Cost(1999, all, 2000, Work{}, false), Cost(2000, all, 2000, Work{}, false)},
		{Cost(3000, all, 2000, Work{}, false), Cost(4000, all, 2000, Work{}, false)},
		{Cost(1000, all, 2000, Work{}, false), Cost(1000, all, 2001, Work{}, false)},
		{Cost(1000, all, 2000, Work{}, false), Cost(1000, all, 2000, Work{}, true)},
		{Cost(1000, all, 2000, Work{Pair: 500}, false), Cost(1000, all, 2000, Work{}, false)},
		{Cost(1000, all, 2000, Work{}, false), Cost(1000, 2*all, 2000, Work{}, false)},
	} {
		if !(c[0] < c[1]) {
			t.Errorf("%v ns are not less than %v", c[0], c[1])
		}
	}
	// A step from all of 16000 residuals with 2000 parameters is JᵀJ, for the most part: 3.2e10 multiplications.
	gram := all * 2000. * 2000 / 2 / speeds[kern.Instructions()].gram
	if c := Cost(all, all, 2000, Work{}, false); !(c > gram && c < 2*gram) {
		t.Errorf("%v ns, of which %v are JᵀJ", c, gram)
	}
}

// BenchmarkSpeed measures the table of speeds on this processor, but for sweep, in multiplications for each nanosecond of one core: the
// best of some rounds, so that it also holds on a busy machine.
func BenchmarkSpeed(b *testing.B) {
	const n = 1500
	one := vec.Crew(1)
	rng := rand.New(rand.NewPCG(1, 1))
	x, a, u := make([]float64, n*n), make([]float64, n*n), make([]float64, n*n)
	for i := range x {
		x[i] = rng.NormFloat64()
	}
	var c linalg.Cholesky
	best := map[string]float64{}
	note := func(what string, multiplications float64, do func()) {
		start := time.Now()
		do()
		best[what] = max(best[what], multiplications/float64(time.Since(start).Nanoseconds()))
	}
	for b.Loop() {
		clear(a)
		note("gram", n*n*n/2, func() { c.AddGram(one, a, x, n, n) })
		for i := range n {
			a[i*n+i] += n
		}
		copy(u, a)
		note("chol", n*n*n/6, func() { c.Factorize(one, u, n) })
		copy(a, x)
		note("solve", n*n*n/2, func() { c.SolveTMat(one, a, n) })
	}
	for what, v := range best {
		b.ReportMetric(v, what+"/ns")
	}
	b.ReportMetric(0, "ns/op")
}
