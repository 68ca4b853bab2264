package trackers

import (
	"context"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/crux"
	ph "github.com/crux-pinn/crux/placeholder"
)

// gradients reads the gradient matrix of the run. Masks select columns of it, so it is evaluated once a step however many
// trackers ask.
type gradients struct {
	interval int
	fact     *crux.Fact[*mat.Dense]
	columns  []int // nil means all
}

// defaultGradientInterval is that of all trackers which read losses, residuals and gradients.
const defaultGradientInterval = 100

func (g *gradients) begin(r *crux.Run, every int, mask ph.Selector) error {
	var err error
	if g.interval, err = interval(every, defaultGradientInterval); err != nil {
		return err
	}
	if g.columns, err = selected(r, mask); err != nil {
		return err
	}
	g.fact = r.Gradients()
	return nil
}

// rows are the gradients of the constraints, selected columns only.
func (g *gradients) rows(ctx context.Context, s *crux.Step) ([][]float64, error) {
	m, err := g.fact.At(ctx, s)
	if err != nil {
		return nil, err
	}
	rows := make([][]float64, len(s.Losses))
	for i := range rows {
		rows[i] = take(m.RawRowView(i), g.columns)
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
