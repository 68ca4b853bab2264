package cli

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/problemfile"
	"github.com/crux-pinn/crux/internal/report"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers"
)

// regionPoints is the number of points in all materials at which errors and residuals are taken: in each of 25 of the same size
// there are 80, of which a root mean square is right to a tenth.
const regionPoints = 2000

// regions says what a run has come to in each material, and whether what flows into it flows out. What cannot be measured is left
// out, with a warning: the rest of the report is worth having.
func regions(ctx context.Context, p *problemfile.Problem, s *crux.Solver, sol *solution, res *crux.Result, r *report.Report) {
	if res.Status == crux.Diverged || res.Status == crux.Failed {
		return
	}
	var err error
	if len(p.Choice.Materials) > 0 {
		r.Regions, err = materials(context.WithoutCancel(ctx), p, s, sol)
	}
	for _, b := range p.Choice.Balances {
		flows, failed := b.Measure(s.Eval)
		if failed != nil {
			err = failed
			continue
		}
		for _, f := range flows {
			r.Balance = append(r.Balance, report.Flow{
				Equation: b.Equation, Of: f.Of, In: report.Number(f.In), Out: report.Number(f.Out), Made: report.Number(f.Made),
				Off: report.Number(f.Off()),
			})
		}
	}
	if err != nil {
		r.Warnings = append(r.Warnings, fmt.Sprintf("what materials have of their own is not known: %v", err))
	}
}

// materials are errors and residuals in each material.
func materials(ctx context.Context, p *problemfile.Problem, s *crux.Solver, sol *solution) ([]report.Region, error) {
	coords := p.Domain().Coords()
	list := make([]report.Region, len(p.Choice.Materials))
	for i, m := range p.Choice.Materials {
		list[i].Name = m.Name
	}
	in := p.Choice.Material(coords)
	of := func(at *domain.Cloud, row int) int { // the material of a point, −1 if it has fewer coordinates
		if !slices.Equal(at.Coords, coords) {
			return -1
		}
		return in(at.Row(row))
	}
	at, err := p.Domain().Interior(regionPoints).With(domain.Sobol{}).Every(0).Draw(nil)
	if err != nil {
		return nil, err
	}
	on := domain.At(at.Coords, at.X)
	// size is the root mean square of values in each material.
	size := func(at *domain.Cloud, values []float64) []float64 {
		sum, n := make([]float64, len(list)), make([]float64, len(list))
		each := len(values) / at.Len()
		for row := range at.Len() {
			if i := of(at, row); i >= 0 {
				v := values[row*each : (row+1)*each]
				sum[i], n[i] = sum[i]+floats.Dot(v, v), n[i]+1
			}
		}
		for i := range sum {
			sum[i] = math.Sqrt(sum[i] / n[i])
		}
		return sum
	}
	for _, c := range p.Choice.Problem.Constraints {
		if c.Prior || c.On.Dims() < len(coords) || c.On.Part() != nil || len(c.On.Columns()) > 0 || !ph.Contains(c.Residual, ph.Unknown) {
			continue
		}
		v, err := s.Eval(c.Residual, on)
		if err != nil {
			return nil, err
		}
		for i, size := range size(at, v.RawMatrix().Data) {
			list[i].Residuals.Add(c.Name, report.Number(size))
		}
	}
	for _, f := range p.Fields {
		if !slices.Equal(f.Coords, coords) || f.Expr.Dim() != 1 {
			continue
		}
		v, err := s.Eval(f.Expr, on)
		if err != nil {
			return nil, err
		}
		own := size(at, v.RawMatrix().Data)
		if len(s.Windows()) == 0 {
			m := &trackers.ErrorMap{Of: trackers.Quantity{Name: f.Name, Expr: f.Expr}, At: on}
			if err := s.Measure(ctx, p.WithSources(m)...); err != nil {
				return nil, err
			}
			for i, size := range size(at, m.Values) {
				list[i].Estimate.Add(f.Name, report.Number(size/own[i]))
			}
		}
		if sh, off := sol.offOf(f.Name); sh != nil {
			for i, size := range size(sh.cloud, off) {
				list[i].Errors.Add(f.Name, report.Number(size/own[i]))
			}
		}
	}
	return list, nil
}

// offOf are the differences of a field from its reference, on the sheet that has them; nil if it has no reference.
func (sol *solution) offOf(name string) (*sheet, []float64) {
	for _, sh := range sol.sheets {
		for _, c := range sh.columns {
			if c.name == name+"_error" {
				return sh, c.data
			}
		}
	}
	return nil, nil
}
