package crux

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/compiler"
	"github.com/crux-pinn/crux/optim"
)

// squares is an error that names a constraint whose loss is no sum of squares, if there is one.
func (o *objective) squares() error {
	for i, c := range o.p.problem.Constraints {
		if !c.Loss.Squares() {
			return fmt.Errorf("crux: constraint %q is reduced by %s, which is not a sum of squares; "+
				"use mse, huber or student there, or a method that needs gradients only, such as ssbroyden", o.p.constraints[i].name, c.Loss.Kind)
		}
	}
	return nil
}

// asSquares are the residuals as methods see them: the rows of the groups' programs. Loss and gradient are those of the objective, so
// what gradient hooks have made of the gradient counts in Normal as well.
func (o *objective) asSquares() *optim.Squares {
	return &optim.Squares{
		Rows: o.rows, Scaled: o.scaled, MulJT: o.mulJT, Jacobian: o.jacobian, Kernel: o.kernel, Sample: o.sample, Work: o.work,
		Normal: func(ctx context.Context, a *mat.SymDense, g, theta []float64) (float64, error) {
			loss, err := o.Grad(ctx, g, theta)
			if err != nil {
				return loss, err
			}
			return loss, o.normal(ctx, a, theta)
		},
	}
}

// normal writes JᵀJ to a.
func (o *objective) normal(ctx context.Context, a *mat.SymDense, theta []float64) error {
	a.Zero()
	return o.eachGroup(ctx, func(g *group) error {
		return g.program.AddGaussNewton(a.RawSymmetric().Data, theta, o.p.fixed, g.w)
	})
}

// eachGroup calls do for every group, whose g.w hold the members' shares of the training loss by then.
func (o *objective) eachGroup(ctx context.Context, do func(g *group) error) error {
	n := float64(len(o.p.constraints))
	for _, g := range o.p.groups {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		for k, i := range g.members {
			g.w[k] = o.p.weights[i] / n
		}
		if err := do(g); err != nil {
			return err
		}
	}
	return nil
}

// rows is Rows of optim.Squares: the rows of the groups in their order, and within one those of
// compiler.Program.Scaled.
func (o *objective) rows() int {
	n := 0
	for _, g := range o.p.groups {
		n += g.program.Rows()
	}
	return n
}

// rowsOf cuts the part of each group from x, a vector of all rows.
func (o *objective) rowsOf(ctx context.Context, x []float64, do func(g *group, part []float64) error) error {
	if n := o.rows(); len(x) != n {
		return fmt.Errorf("crux: a vector of %d entries for %d residuals", len(x), n)
	}
	return o.eachGroup(ctx, func(g *group) error {
		n := g.program.Rows()
		part := x[:n]
		x = x[n:]
		return do(g, part)
	})
}

// scaled is Scaled of optim.Squares.
func (o *objective) scaled(ctx context.Context, dst, theta []float64) error {
	return o.rowsOf(ctx, dst, func(g *group, part []float64) error {
		return g.program.Scaled(part, theta, o.p.fixed, g.w)
	})
}

// mulJT is MulJT of optim.Squares.
func (o *objective) mulJT(ctx context.Context, dst, u, theta []float64) error {
	clear(dst)
	return o.rowsOf(ctx, u, func(g *group, part []float64) error {
		if err := g.program.MulJT(o.part, theta, o.p.fixed, g.w, part); err != nil {
			return err
		}
		floats.Add(dst, o.part)
		return nil
	})
}

// jacobian is Jacobian of optim.Squares.
func (o *objective) jacobian(ctx context.Context, dst []float64, first int, theta []float64) error {
	width := max(len(theta), 1)
	rows := len(dst) / width
	if len(dst)%width != 0 || first < 0 || first+rows > o.rows() {
		return fmt.Errorf("crux: %d places for a Jacobian from row %d on; a row has %d entries and there are %d", len(dst), first, len(theta),
			o.rows())
	}
	return o.eachGroup(ctx, func(g *group) error {
		from := min(first, g.program.Rows())
		n := min(g.program.Rows()-from, rows)
		first, rows = first-from, rows-n
		if n == 0 {
			return nil
		}
		part := dst[:n*width]
		dst = dst[len(part):]
		return g.program.ScaledJacobian(part, from, theta, o.p.fixed, g.w)
	})
}

// kernel is Kernel of optim.Squares.
func (o *objective) kernel(ctx context.Context, k *mat.SymDense, theta []float64, of []optim.Param) error {
	var programs []*compiler.Program
	var w [][]float64
	if err := o.eachGroup(ctx, func(g *group) error {
		programs, w = append(programs, g.program), append(w, g.w)
		return nil
	}); err != nil {
		return err
	}
	var only func(compiler.Entry) bool
	if of != nil {
		paths := map[string]bool{}
		for _, p := range of {
			paths[p.Path] = true
		}
		only = func(e compiler.Entry) bool { return paths[e.Path] }
	}
	m := k.RawSymmetric()
	if m.N != o.rows() || m.Stride != m.N {
		return fmt.Errorf("crux: a kernel of %d rows, %d apart, for %d residuals", m.N, m.Stride, o.rows())
	}
	return compiler.Kernel(m.Data, programs, theta, o.p.fixed, w, only)
}
