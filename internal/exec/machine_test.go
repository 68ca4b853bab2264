package exec

import (
	"strings"
	"testing"

	"gorgonia.org/gorgonia"

	"github.com/crux-pinn/crux/internal/graph"
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

// The division into chunks depends on the number of points alone: few points make several chunks, many fill the cache.
func TestChunks(t *testing.T) {
	p := &plan{cap: 64}
	for n, want := range map[int]int{1: 1, 31: 1, 32: 1, 63: 1, 64: 2, 256: 8, 512: 8, 513: 9, 6400: 100} {
		if got := p.chunks(n); got != want {
			t.Errorf("%d points make %d chunks, want %d", n, got, want)
		}
	}
}
