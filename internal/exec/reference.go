package exec

import (
	"fmt"
	"slices"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/crux-pinn/crux/internal/graph"
	"github.com/crux-pinn/crux/internal/kern"
)

var _ gorgonia.VM = (*Reference[float64])(nil)

// Reference runs a graph on Gorgonia's own TapeMachine, which evaluates every operation plainly, by Op.Do, for all points at once.
// It is there to compare with: far slower than Machine, and its memory grows with the points.
type Reference[T kern.Float] struct {
	*Operands[T]
	build func(n int) (Spec, error) // the graph whose shapes are those of n points
	tapes map[int]*tape             // by number of points
}

type tape struct {
	spec Spec
	vm   gorgonia.VM
}

// mostTapes bounds the memory of graphs for different numbers of points.
const mostTapes = 4

// NewReference returns a machine that asks build for the graph of each new number of points.
func NewReference[T kern.Float](build func(n int) (Spec, error), o *Operands[T]) *Reference[T] {
	return &Reference[T]{Operands: o, build: build, tapes: map[int]*tape{}}
}

// RunAll makes one sweep over the points.
func (r *Reference[T]) RunAll() error {
	t, err := r.tape()
	if err != nil {
		return err
	}
	if err := r.check(&t.spec); err != nil {
		return err
	}
	for _, in := range []struct {
		nodes  gorgonia.Nodes
		values [][]T
	}{{t.spec.Points, r.Points}, {t.spec.Params, r.Params}} {
		for k, n := range in.nodes {
			v := in.values[k][:n.Shape().TotalSize()]
			if err := gorgonia.Let(n, tensor.New(tensor.WithShape(n.Shape()...), tensor.WithBacking(v))); err != nil {
				return fmt.Errorf("exec: %s: %w", n.Name(), err)
			}
		}
	}
	defer t.vm.Reset()
	if err := t.vm.RunAll(); err != nil {
		return fmt.Errorf("exec: Gorgonia's TapeMachine: %w", err)
	}
	for k, n := range t.spec.Sums {
		if r.Sums == nil || r.Sums[k] == nil || n == nil {
			continue
		}
		for i, x := range graph.Data[T](n.Value()) {
			r.Sums[k][i] = float64(x)
		}
	}
	for k, n := range t.spec.Rows {
		if r.Rows == nil || r.Rows[k] == nil || n == nil {
			continue
		}
		d := graph.DimsOf(n, true, r.N)
		emitRows(r.Rows[k], graph.Data[T](n.Value()), d, r.stride(k, d.Channels*d.Width), 0, r.N)
	}
	return nil
}

func (r *Reference[T]) tape() (*tape, error) {
	if t, ok := r.tapes[r.N]; ok {
		return t, nil
	}
	if r.N < 1 {
		return nil, fmt.Errorf("exec: a sweep over %d points", r.N)
	}
	s, err := r.build(r.N)
	if err != nil {
		return nil, err
	}
	if len(r.tapes) == mostTapes {
		clear(r.tapes)
	}
	if len(s.Graph.Inputs()) == 0 { // TapeMachine wants one
		gorgonia.NewMatrix(s.Graph, tensor.Float64, gorgonia.WithShape(1, 1), gorgonia.WithName("unread"))
	}
	for _, n := range s.Graph.Inputs() { // what no result needs is computed too
		if !slices.Contains(s.Points, n) && !slices.Contains(s.Params, n) {
			if err := gorgonia.Let(n, tensor.New(tensor.WithShape(n.Shape()...), tensor.Of(n.Dtype()))); err != nil {
				return nil, fmt.Errorf("exec: %s: %w", n.Name(), err)
			}
		}
	}
	t := &tape{spec: s, vm: gorgonia.NewTapeMachine(s.Graph)}
	r.tapes[r.N] = t
	return t, nil
}

// Reset forgets the graphs.
func (r *Reference[T]) Reset() { clear(r.tapes) }

// Close frees the tape machines.
func (r *Reference[T]) Close() error {
	for _, t := range r.tapes {
		if err := t.vm.Close(); err != nil {
			return err
		}
	}
	r.Reset()
	return nil
}
