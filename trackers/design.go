package trackers

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Design says where further measurements would tell most about unknown numbers. It is a callback for Solver.Measure on a run that has
// fitted noisy data; it changes nothing.
//
// The places are chosen one after the other, each where the determinant of the covariance of Params falls most (D-optimal). With V that
// covariance, c those of Params with what is measured at a place, s² its variance and σ² that of the errors, a measurement there leaves
//
//	V − ccᵀ/(s² + σ²)
//
// of V, and of its determinant 1 − cᵀV⁻¹c/(s² + σ²). The equations are taken as linear where the run has ended, and errors are
// as large as those of the data so far. A place may be chosen more than once.
type Design struct {
	Params  []*ph.Param // the numbers
	Derived []Quantity  // further ones, whose standard deviations are told as well
	Points  int         // how many places; 0 means 10
	Of      []string    // the constraints with data of which there may be more; nil means all
	// Candidates are places of measurements that can be made, in these coordinates.
	Candidates func(coords []*ph.Coord) (*domain.Cloud, error)

	// Before is what the data say so far, and Best the places in the order of their choice; both are set by Measure.
	Before []Known
	Best   []Place
}

// Place is where a measurement would tell most.
type Place struct {
	Constraint string // whose data it belongs to
	Component  int    // of its residual
	Coords     []*ph.Coord
	At         []float64 // the place
	Sigma      []float64 // standard deviations with it and those before, of Params and then of Derived
}

// candidate is a measurement that could be made.
type candidate struct {
	Place
	variance float64 // of its errors
}

// OnSolveBegin implements crux.Callback.
func (d *Design) OnSolveBegin(_ context.Context, r *crux.Run) error {
	if len(d.Params) == 0 {
		return errors.New("there is no unknown number of which measurements could tell")
	}
	for _, name := range d.Of {
		i := slices.Index(r.Names(), name)
		if i < 0 || !Measured(r, i) {
			return fmt.Errorf("%s is not a constraint with data", name)
		}
	}
	return nil
}

// OnStep implements crux.Callback.
func (d *Design) OnStep(ctx context.Context, step *crux.Step) error {
	run := step.Run
	sets, s, err := noisyData(ctx, run)
	if err != nil {
		return err
	}
	var moves [][]float64
	d.Before = nil
	var numbers []Quantity
	for _, p := range d.Params {
		numbers = append(numbers, Quantity{Name: p.Path(), Expr: p})
	}
	for _, q := range append(numbers, d.Derived...) {
		value, g, err := gradientOf(run, q)
		if err != nil {
			return err
		}
		known, by, err := s.known(q.Name, value, g)
		if err != nil {
			return err
		}
		if !(known.Sigma > 0) || math.IsInf(known.Sigma, 0) {
			return fmt.Errorf("the data say nothing of %s so far", q.Name)
		}
		d.Before, moves = append(d.Before, known), append(moves, by)
	}
	list, theirs, err := d.candidates(ctx, run, sets, s)
	if err != nil {
		return err
	}
	return d.choose(list, slices.Concat(moves, theirs))
}

// candidates are all measurements that could be made, and what errors of the data do to what is measured there.
func (d *Design) candidates(ctx context.Context, run *crux.Run, sets []rows, s *covariance) (list []candidate, by [][]float64, err error) {
	for _, set := range sets {
		name := run.Names()[set.constraint]
		if !set.noisy || d.Of != nil && !slices.Contains(d.Of, name) {
			continue
		}
		data := run.Points(set.constraint)
		at, err := d.Candidates(data.Coords)
		if err != nil {
			return nil, nil, err
		}
		at = at.Clone()
		at.Columns = map[string][]float64{} // errors that the file tells are as usual
		for c, values := range data.Columns {
			sorted := slices.Sorted(slices.Values(values))
			at.Columns[c] = slices.Repeat([]float64{stat.Quantile(0.5, stat.Empirical, sorted, nil)}, at.Len())
		}
		ev, err := run.CompileGradient(ph.ParamGrad(run.Constraint(set.constraint).Residual, nil), at, crux.ForJacobian)
		if err != nil {
			return nil, nil, err
		}
		j, err := ev.Jacobian()
		if err != nil {
			return nil, nil, err
		}
		first := slices.IndexFunc(s.noise, func(n Noise) bool { return n.Constraint == name })
		for i := range at.Len() * set.dim {
			if ctx.Err() != nil {
				return nil, nil, context.Cause(ctx)
			}
			moves, err := s.errors(j.RawRowView(i))
			if err != nil {
				return nil, nil, err
			}
			sigma, _ := s.noise[first+i%set.dim].size()
			sigma /= s.scale[first+i%set.dim]
			m := Place{Constraint: name, Component: i % set.dim, Coords: at.Coords, At: slices.Clone(at.Row(i / set.dim))}
			list, by = append(list, candidate{m, sigma * sigma}), append(by, moves)
		}
	}
	if len(list) == 0 {
		return nil, nil, errors.New("there is no place where one could measure")
	}
	return list, by, nil
}

// choose takes the best candidates. moves are what errors of the data do to the numbers, and then to what the candidates measure.
func (d *Design) choose(list []candidate, moves [][]float64) error {
	first := len(d.Before) // of the candidates
	all := mat.NewSymDense(len(moves), nil)
	for i := range moves {
		for j := i; j < len(moves); j++ {
			all.SetSym(i, j, floats.Dot(moves[i], moves[j]))
		}
	}
	d.Best = nil
	n := d.Points
	if n == 0 {
		n = 10
	}
	for range n {
		best, left := 0, math.Inf(1)
		wanted := all.SliceSym(0, len(d.Params))
		unit := make([]float64, len(d.Params)) // so that the size of numbers does not matter to rounding
		for i := range unit {
			unit[i] = 1 / math.Sqrt(wanted.At(i, i))
		}
		v := mat.NewSymDense(len(unit), nil)
		for i := range unit {
			for j := i; j < len(unit); j++ {
				v.SetSym(i, j, wanted.At(i, j)*unit[i]*unit[j])
			}
		}
		var chol mat.Cholesky
		if !chol.Factorize(v) {
			return errors.New("the numbers are not separately determined by the data so far; give one of them a value")
		}
		for k, c := range list {
			with := mat.NewVecDense(len(unit), nil)
			for i := range unit {
				with.SetVec(i, all.At(i, first+k)*unit[i])
			}
			var solved mat.VecDense
			if err := chol.SolveVecTo(&solved, with); err != nil && !errors.As(err, new(mat.Condition)) {
				return err
			}
			if det := 1 - mat.Dot(with, &solved)/(all.At(first+k, first+k)+c.variance); det < left {
				best, left = k, det
			}
		}
		column := mat.NewVecDense(len(moves), mat.Col(nil, first+best, all))
		all.SymRankOne(all, -1/(column.AtVec(first+best)+list[best].variance), column)
		m := list[best].Place
		m.Sigma = nil
		for i := range d.Before {
			m.Sigma = append(m.Sigma, math.Sqrt(max(all.At(i, i), 0)))
		}
		d.Best = append(d.Best, m)
	}
	return nil
}
