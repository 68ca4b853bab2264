package trackers

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/crux"
	ph "github.com/crux-pinn/crux/placeholder"
)

// gradients reads the gradients of all constraints, with respect to the parameters that a mask selects. They are computed once a
// step for all trackers with the same mask.
type gradients struct{ fact *crux.Fact[*mat.Dense] }

// begin prepares a history of them, and itself, for a run.
func (g *gradients) begin(h interface{ Begin(int, int, ...int) error }, r *crux.Run, interval int, mask ph.Selector) (err error) {
	if err := h.Begin(interval, 100, len(r.Names())); err != nil {
		return err
	}
	if g.fact, err = r.GradientsOf(mask); err != nil {
		return fmt.Errorf("mask: %w", err)
	}
	return nil
}

// rows are the gradients of the constraints; nil where none are due.
func (g *gradients) rows(ctx context.Context, s *crux.Step, due bool) ([][]float64, error) {
	if !due {
		return nil, nil
	}
	m, err := g.fact.At(ctx, s)
	if err != nil {
		return nil, err
	}
	rows := make([][]float64, len(s.Losses))
	for i := range rows {
		rows[i] = m.RawRowView(i)
	}
	return rows, nil
}

// directions are ĝ = g/(‖g‖ + 1e-12), 0 for a zero gradient.
func directions(rows [][]float64) [][]float64 {
	hat := make([][]float64, len(rows))
	for i, g := range rows {
		hat[i] = make([]float64, len(g))
		floats.ScaleTo(hat[i], 1/(floats.Norm(g, 2)+1e-12), g)
	}
	return hat
}
