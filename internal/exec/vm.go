package exec

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"github.com/crux-pinn/crux/internal/kern"
)

var _ gorgonia.VM = (*VM[float64])(nil)

// VM is a machine bound to its operands, behind Gorgonia's interface: RunAll makes one sweep.
type VM[T kern.Float] struct {
	Machine        *Machine[T]
	N              int
	Points, Params [][]T
	Sums           [][]float64
	Rows           [][]T
}

// RunAll makes one sweep over the N points.
func (v *VM[T]) RunAll() error {
	if len(v.Points) != len(v.Machine.points) || len(v.Params) != len(v.Machine.params) {
		return fmt.Errorf("exec: %d point inputs and %d parameters bound, the graph has %d and %d",
			len(v.Points), len(v.Params), len(v.Machine.points), len(v.Machine.params))
	}
	v.Machine.Run(v.N, v.Points, v.Params, v.Sums, v.Rows)
	return nil
}

// Reset does nothing: every sweep starts afresh.
func (v *VM[T]) Reset() {}

// Close does nothing: the pool owns the goroutines.
func (v *VM[T]) Close() error { return nil }
