package trackers

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/crux-pinn/crux/crux"
)

// MeasureWindows measures the error of a run in windows of time, all of them; one that has not been trained is wholly wrong. What is off
// at the end of a window is an error with which the next one begins, and grows or dies away there as the equations have it. With δ_j the
// changes of the parameters of window j that stand for the error there, r the residuals of window k, J, F and η as of [Error], and
// J⁺ = (JᵀJ + ε²σ²)⁻¹Jᵀ, ε = 1e-4, which leaves out what moves parameters far and u hardly,
//
//	p = −J⁺·Δr(δ_0 … δ_{k−1})                  what follows in window k from the errors before it
//	e_k² = ‖Δu(δ_0 … δ_{k−1}, p)‖² + η²        by which u is off in window k
//	δ_k = p ± a·J⁺r ± b·J⁺n ± c·J⁺1            n being random; the signs with which they add up
//	e² = Σ l_k e_k² / Σ l_k                    over the whole, l_k being the lengths of the windows
//
// where a makes the change of u as large as what could be repaired in this window, b and c as what could not; Δ is a difference, to first
// order. Of gains and residuals the worst window counts. With several functions one scale holds for all, their errors relative to their
// sizes. callbacks are what else is to be fired.
func (t *Error) MeasureWindows(ctx context.Context, s *crux.Solver, callbacks ...crux.Callback) error {
	c := chain{tracker: t, solver: s, callbacks: callbacks}
	for k, w := range s.Windows() {
		if w.Steps == 0 {
			c.untrained += w.To - w.From
			continue
		}
		if err := c.window(ctx, k); err != nil {
			return err
		}
		c.lengths = append(c.lengths, w.To-w.From)
	}
	if len(c.windows) == 0 {
		return errors.New("trackers: no window of time has been trained")
	}
	t.add(s.Epoch(), c.whole())
	return nil
}

// chain is what has been measured, window by window.
type chain struct {
	tracker   *Error
	solver    *crux.Solver
	callbacks []crux.Callback

	windows   []ErrorValue
	lengths   []float64
	untrained float64     // the length of windows that have not been trained
	off       [][]float64 // of each function: e_k
	changes   [][]float64 // δ_k
	size      float64     // of the error in the last window, relative and of all functions together
}

// Differences are taken with changes of functions and of parameters that are far above rounding, and far from where squares count.
const (
	difference = 1e-5 // of functions, relative
	step       = 1e-3 // of the parameters of a window
)

// window measures window k.
func (c *chain) window(ctx context.Context, k int) error {
	var v ErrorValue
	var m *measure
	err := c.look(ctx, k, nil, func(ctx context.Context, r *crux.Run) (err error) {
		v, m, err = c.tracker.estimate(ctx, r)
		return err
	})
	if err != nil {
		return err
	}
	before, p, err := c.passed(ctx, k, m)
	if err != nil {
		return fmt.Errorf("errors of the windows before window %d: %w", k+1, err)
	}
	change, err := c.own(k, m, v, before)
	if err != nil {
		return err
	}
	if p != nil {
		floats.Add(change, p)
	}
	off := make([]float64, len(v.Fields))
	c.size = 0
	for i, e := range v.Fields {
		off[i] = e.Relative() * e.Size
		if before != nil {
			off[i] = math.Hypot(off[i], floats.Norm(before[i], 2))
		}
		if math.IsNaN(off[i]) {
			off[i] = math.Inf(1)
		}
		c.size = math.Hypot(c.size, off[i]/e.scale())
	}
	c.windows, c.off, c.changes = append(c.windows, v), append(c.off, off), append(c.changes, change)
	return nil
}

// look measures window k with changes of the parameters.
func (c *chain) look(ctx context.Context, k int, changes [][]float64, at look) error {
	return c.solver.MeasureWindow(ctx, k, changes, append(slices.Clone(c.callbacks), at)...)
}

// passed is what follows in window k from the errors before it: the changes of functions, and of the parameters; nil where there are none.
func (c *chain) passed(ctx context.Context, k int, m *measure) (functions [][]float64, p []float64, err error) {
	if !(c.size > 0) {
		return nil, nil, nil
	}
	scale := difference / c.size
	for _, d := range c.changes {
		scale = min(scale, step/floats.Norm(d, 2))
	}
	changes := make([][]float64, len(c.changes))
	for j, d := range c.changes {
		changes[j] = make([]float64, len(d))
		floats.AddScaled(changes[j], scale, d)
	}
	err = c.look(ctx, k, changes, func(_ context.Context, r *crux.Run) error {
		now, err := m.now(r)
		if err != nil {
			return err
		}
		p = make([]float64, len(m.repair))
		floats.SubTo(now, m.all, now)
		return m.tangent.Change(p, now, coarseEps)
	})
	if err != nil {
		return nil, nil, err
	}
	err = c.look(ctx, k, append(changes, p), func(_ context.Context, r *crux.Run) error {
		for _, f := range m.functions {
			now, err := f.now(r)
			if err != nil {
				return err
			}
			floats.Sub(now, f.values)
			floats.Scale(1/scale, now)
			functions = append(functions, now)
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	floats.Scale(1/scale, p)
	return functions, p, nil
}

// own is a change of the parameters that stands for the error which window k adds to what the windows before have changed.
func (c *chain) own(k int, m *measure, v ErrorValue, before [][]float64) ([]float64, error) {
	rng := c.solver.Stream(fmt.Sprintf("tracker/error/%d/window/%d", c.tracker.Seed, k))
	even := m.even()
	noise := make([]float64, len(even))
	for i, size := range even {
		noise[i] = size * rng.NormFloat64()
	}
	left := func(e FieldError) float64 { return e.Left }
	sum := make([]float64, len(m.repair))
	total := make([][]float64, len(v.Fields)) // the change of each function so far
	for i := range total {
		if total[i] = make([]float64, len(m.functions[i].values)); before != nil {
			copy(total[i], before[i])
		}
	}
	for _, part := range []struct {
		residual []float64
		size     func(FieldError) float64
	}{
		{m.r, func(e FieldError) float64 { return e.Repairable }},
		{noise, left},
		{even, left},
	} {
		d := make([]float64, len(sum))
		if err := m.tangent.Change(d, part.residual, coarseEps); err != nil {
			return nil, err
		}
		var moves, wanted, together float64
		for i, e := range v.Fields {
			size := e.scale()
			by := moved(m.functions[i].by, d).RawVector().Data
			moves, wanted = math.Hypot(moves, floats.Norm(by, 2)/size), math.Hypot(wanted, min(part.size(e), e.Size)/size)
			together += floats.Dot(by, total[i]) / (size * size)
		}
		if moves == 0 {
			continue
		}
		floats.Scale(math.Copysign(wanted/moves, together), d)
		floats.Add(sum, d)
		for i, f := range m.functions[:len(total)] {
			floats.Add(total[i], moved(f.by, d).RawVector().Data)
		}
	}
	return sum, nil
}

// scale is the size of a function, by which its errors are divided; never 0.
func (e FieldError) scale() float64 { return max(e.Size, math.SmallestNonzeroFloat64) }

// whole is the error of all windows.
func (c *chain) whole() ErrorValue {
	whole := ErrorValue{Windows: make([]float64, len(c.windows))}
	for i := range c.windows[0].Fields {
		var squares, sizes, total float64
		worst := c.windows[0].Fields[i]
		for k, w := range c.windows {
			e := w.Fields[i]
			if !e.Determined() || worst.Determined() && e.Gain*worst.Coarse > worst.Gain*e.Coarse {
				worst = e
			}
			whole.Windows[k] = max(whole.Windows[k], min(c.off[k][i]/e.scale(), 1))
			squares += c.lengths[k] * c.off[k][i] * c.off[k][i]
			sizes += c.lengths[k] * e.Size * e.Size
			total += c.lengths[k]
		}
		sizes /= total
		worst.Size, worst.Left = math.Sqrt(sizes), 0
		worst.Repairable = math.Sqrt((squares + c.untrained*sizes) / (total + c.untrained))
		whole.Fields = append(whole.Fields, worst)
	}
	for i := range c.windows[0].Residuals {
		worst := c.windows[0].Residuals[i]
		for _, w := range c.windows {
			if s := w.Residuals[i]; s.Residual*worst.Term > worst.Residual*s.Term {
				worst = s
			}
		}
		whole.Residuals = append(whole.Residuals, worst)
	}
	return whole
}

// look is a function of a run that is measured.
type look func(context.Context, *crux.Run) error

// OnSolveBegin implements crux.Callback.
func (look) OnSolveBegin(context.Context, *crux.Run) error { return nil }

// OnStep implements crux.Callback.
func (l look) OnStep(ctx context.Context, s *crux.Step) error { return l(ctx, s.Run) }
