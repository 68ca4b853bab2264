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

// residuals calls row for each residual s with its gradient ds.
type residuals = func(theta []float64, row func(s float64, ds []float64))

// rows calls row for each residual, with its number.
func (o *Func) rows(ctx context.Context, theta []float64, row func(k int, s float64, ds []float64)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if o.Squares == nil {
		return errors.New("optimtest: the loss is not a sum of squares")
	}
	k := 0
	o.Squares(theta, func(s float64, ds []float64) {
		row(k, s, ds)
		k++
	})
	return nil
}

// normal is Normal of the objective.
func (o *Func) normal(ctx context.Context, a *mat.SymDense, grad, theta []float64) (float64, error) {
	loss, err := o.Grad(ctx, grad, theta)
	if err != nil {
		return loss, err
	}
	a.Zero()
	return loss, o.rows(ctx, theta, func(_ int, _ float64, ds []float64) {
		a.SymRankOne(a, 1, mat.NewVecDense(len(ds), ds))
	})
}

// scaled has the residuals times c.
func scaled(squares residuals, c float64) residuals {
	return func(theta []float64, row func(s float64, ds []float64)) {
		squares(theta, func(s float64, ds []float64) { row(c*s, floats.ScaleTo(make([]float64, len(ds)), c, ds)) })
	}
}

// residual is Scaled of the objective.
func (o *Func) residual(ctx context.Context, dst, theta []float64) error {
	return o.rows(ctx, theta, func(k int, s float64, _ []float64) { dst[k] = s })
}

// mulJT is MulJT of the objective.
func (o *Func) mulJT(ctx context.Context, dst, u, theta []float64) error {
	clear(dst)
	return o.rows(ctx, theta, func(k int, _ float64, ds []float64) { floats.AddScaled(dst, u[k], ds) })
}

// jacobian is Jacobian of the objective.
func (o *Func) jacobian(ctx context.Context, dst []float64, first int, theta []float64) error {
	return o.rows(ctx, theta, func(k int, _ float64, ds []float64) {
		if at := (k - first) * len(theta); at >= 0 && at < len(dst) {
			copy(dst[at:], ds)
		}
	})
}

// sample is Sample of the objective: residuals that are drawn one by one, scaled so that the loss is an estimate of the whole.
func (o *Func) sample(ctx context.Context, rows int, rng *rand.Rand) (optim.Objective, error) {
	if err := ctx.Err(); err != nil {
		return optim.Objective{}, err
	}
	n := min(rows, o.Count)
	in := make([]bool, o.Count)
	for _, k := range rng.Perm(o.Count)[:n] {
		in[k] = true
	}
	part := &Func{Count: n, Squares: scaled(func(theta []float64, row func(s float64, ds []float64)) {
		k := 0
		o.Squares(theta, func(s float64, ds []float64) {
			if in[k] {
				row(s, ds)
			}
			k++
		})
	}, math.Sqrt(float64(o.Count)/float64(n)))}
	part.F = func(grad, theta []float64) float64 {
		clear(grad)
		loss := 0.0
		part.Squares(theta, func(s float64, ds []float64) {
			loss += s * s / 2
			floats.AddScaled(grad, s, ds)
		})
		return loss
	}
	return part.Objective(), nil
}

// kernel is Kernel of the objective.
func (o *Func) kernel(ctx context.Context, k *mat.SymDense, theta []float64, of []optim.Param) error {
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
