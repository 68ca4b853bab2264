package optimtest

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/optim"
)

var _ optim.Sampled = (*Func)(nil)

// rows calls row for each residual, with its number.
func (o *Func) rows(ctx context.Context, theta []float64, row func(k int, s float64, ds []float64)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if o.Squares == nil {
		return errors.New("optimtest: the loss is no sum of squares")
	}
	k := 0
	o.Squares(theta, func(s float64, ds []float64) {
		row(k, s, ds)
		k++
	})
	return nil
}

// Normal implements optim.LeastSquares.
func (o *Func) Normal(ctx context.Context, a *mat.SymDense, grad, theta []float64) (float64, error) {
	loss, err := o.Grad(ctx, grad, theta)
	if err != nil {
		return loss, err
	}
	a.Zero()
	return loss, o.rows(ctx, theta, func(_ int, _ float64, ds []float64) {
		a.SymRankOne(a, 1, mat.NewVecDense(len(ds), ds))
	})
}

// Rows implements optim.Residuals.
func (o *Func) Rows() int {
	if o.Squares == nil {
		return 0
	}
	return o.Count
}

// Scaled implements optim.Residuals.
func (o *Func) Scaled(ctx context.Context, dst, theta []float64) error {
	return o.rows(ctx, theta, func(k int, s float64, _ []float64) { dst[k] = s })
}

// MulJ implements optim.Residuals.
func (o *Func) MulJ(ctx context.Context, dst, v, theta []float64) error {
	return o.rows(ctx, theta, func(k int, _ float64, ds []float64) { dst[k] = floats.Dot(ds, v) })
}

// MulJT implements optim.Residuals.
func (o *Func) MulJT(ctx context.Context, dst, u, theta []float64) error {
	clear(dst)
	return o.rows(ctx, theta, func(k int, _ float64, ds []float64) { floats.AddScaled(dst, u[k], ds) })
}

// Jacobian implements optim.Residuals.
func (o *Func) Jacobian(ctx context.Context, dst []float64, first int, theta []float64) error {
	return o.rows(ctx, theta, func(k int, _ float64, ds []float64) {
		if at := (k - first) * len(theta); at >= 0 && at < len(dst) {
			copy(dst[at:], ds)
		}
	})
}

// Kernel implements optim.Residuals.
func (o *Func) Kernel(ctx context.Context, k *mat.SymDense, theta []float64, of []optim.Param) error {
	var j [][]float64
	err := o.rows(ctx, theta, func(_ int, _ float64, ds []float64) {
		row := append([]float64(nil), ds...)
		if of != nil {
			clear(row)
			for _, p := range of {
				copy(row[p.Offset:][:p.Len], ds[p.Offset:])
			}
		}
		j = append(j, row)
	})
	for a := range j {
		for b := a; b < len(j); b++ {
			k.SetSym(a, b, floats.Dot(j[a], j[b]))
		}
	}
	return err
}

// Sample implements optim.Sampled: one residual at random out of each of so many strata, scaled by the root of their size.
func (o *Func) Sample(ctx context.Context, rows int, draw uint64) (optim.Residuals, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if o.Squares == nil {
		return nil, errors.New("optimtest: the loss is no sum of squares")
	}
	rows = max(min(rows, o.Count), 1)
	rng := rand.New(rand.NewPCG(draw, uint64(rows)))
	in := make([]bool, o.Count)
	for k := range rows {
		lo, hi := k*o.Count/rows, (k+1)*o.Count/rows
		in[lo+rng.IntN(hi-lo)] = true
	}
	c := math.Sqrt(float64(o.Count) / float64(rows))
	part := &Func{Count: rows, Squares: func(theta []float64, row func(s float64, ds []float64)) {
		k := -1
		o.Squares(theta, func(s float64, ds []float64) {
			if k++; in[k] {
				scaled := append([]float64(nil), ds...)
				floats.Scale(c, scaled)
				row(c*s, scaled)
			}
		})
	}}
	part.F = func(grad, theta []float64) float64 {
		clear(grad)
		loss := 0.0
		part.Squares(theta, func(s float64, ds []float64) {
			loss += s * s / 2
			floats.AddScaled(grad, s, ds)
		})
		return loss
	}
	return part, nil
}
