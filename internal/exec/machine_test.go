package exec

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"gorgonia.org/gorgonia"

	"github.com/crux-pinn/crux/internal/graph"
	"github.com/crux-pinn/crux/internal/team"
)

// sums builds Σ_i x_i w and its derivative with respect to w.
func sums(t *testing.T) (Spec, *graph.Graph) {
	t.Helper()
	g := graph.New(16, false)
	x := g.Input("x", graph.Dims{Channels: 1, Width: 1})
	w := g.Input("w", graph.Dims{Rows: 1, Width: 1})
	b := graph.NewBuilder(1)
	v := b.Mul(b.Load(graph.Operand{Kind: graph.Points}), b.Load(graph.Operand{In: 1, Kind: graph.Scalar}))
	n, err := g.Pointwise(b.Program(true, nil, []int{v}), x, w)
	if err != nil {
		t.Fatal(err)
	}
	return Spec{Graph: g.Expr, N: g.N, Points: gorgonia.Nodes{x}, Params: gorgonia.Nodes{w}, Sums: gorgonia.Nodes{n}}, g
}

func TestMachineIsAGorgoniaVM(t *testing.T) {
	pool := NewPool(2)
	defer pool.Close()
	spec, _ := sums(t)
	points := make([]float64, 1000)
	for i := range points {
		points[i] = float64(i)
	}
	got := make([]float64, 1)
	o := &Operands[float64]{N: len(points), Points: [][]float64{points}, Params: [][]float64{{2}}, Sums: [][]float64{got}}
	m, err := New(pool, spec, o)
	if err != nil {
		t.Fatal(err)
	}
	var vm gorgonia.VM = m
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	if want := 999.0 * 1000; got[0] != want {
		t.Errorf("got %v, want %v", got[0], want)
	}
	vm.Reset()
	if err := vm.Close(); err != nil {
		t.Fatal(err)
	}
	o.Points = nil
	if err := m.RunAll(); err == nil || !strings.Contains(err.Error(), "0 point inputs and 1 parameters bound, the graph has 1 and 1") {
		t.Errorf("error %v", err)
	}
}

func TestMachineRefusesComputedInputs(t *testing.T) {
	spec, _ := sums(t)
	spec.Params = append(spec.Params, spec.Sums...)
	pool := NewPool(1)
	defer pool.Close()
	if _, err := New(pool, spec, &Operands[float64]{}); err == nil || !strings.Contains(err.Error(), "given as an input but is computed") {
		t.Errorf("error %v", err)
	}
}

// The division into slabs depends on the number of points alone: few points make several, many make more, up to a bound.
func TestSlabs(t *testing.T) {
	for n, want := range map[int]int{1: 1, 63: 1, 64: 2, 256: 8, 512: 8, 1151: 8, 1152: 9, 8192: 64, 131071: 1023, 131072: 1024, 10_000_000: 1024} {
		if got := Slabs(n); got != want {
			t.Errorf("%d points make %d slabs, want %d", n, got, want)
		}
	}
}

// The bits of sums and rows are the same for any number of workers, and of ranks that divide the slabs.
func TestSlabsOfATeam(t *testing.T) {
	const n = 1300
	points := make([]float64, n)
	for i := range points {
		points[i] = math.Sin(float64(i)) * math.Exp(float64(i%17))
	}
	run := func(workers int, of team.Team) (sum float64, rows []float64, err error) {
		pool := NewPool(workers)
		defer pool.Close()
		pool.Team = of
		spec, g := sums(t)
		b := graph.NewBuilder(1)
		v := b.Load(graph.Operand{Kind: graph.Points})
		square, err := g.Pointwise(b.Program(true, []int{b.Mul(v, v)}, nil), spec.Points[0])
		if err != nil {
			return 0, nil, err
		}
		spec.Rows = gorgonia.Nodes{square}
		rows = make([]float64, n)
		o := &Operands[float64]{N: n, Points: [][]float64{points}, Params: [][]float64{{2}}, Sums: [][]float64{{0}}, Rows: [][]float64{rows}}
		m, err := New(pool, spec, o)
		if err != nil {
			return 0, nil, err
		}
		for range 3 {
			err = errors.Join(err, m.RunAll())
		}
		return o.Sums[0][0], rows, err
	}
	want, wantRows, err := run(1, nil)
	if err != nil {
		t.Fatal(err)
	}
	check := func(who string, sum float64, rows []float64, err error) {
		if err != nil || sum != want || !slices.Equal(rows, wantRows) {
			t.Errorf("%s: sum %v, want %v; rows equal: %v; error %v", who, sum, want, slices.Equal(rows, wantRows), err)
		}
	}
	for _, workers := range []int{2, 5} {
		sum, rows, err := run(workers, nil)
		check(fmt.Sprint(workers, " workers"), sum, rows, err)
	}
	for _, ranks := range []int{2, 3, 4, 7} {
		var wg sync.WaitGroup
		for _, l := range team.Local(ranks) {
			wg.Go(func() {
				sum, rows, err := run(1+l.Rank()%2, l)
				check(fmt.Sprintf("rank %d of %d", l.Rank(), ranks), sum, rows, err)
			})
		}
		wg.Wait()
	}
}
