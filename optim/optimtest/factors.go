package optimtest

import (
	"context"

	"github.com/crux-pinn/crux/optim"
)

// curvature is Curvature of the objective. A derivative G with respect to a layer's parameters is the sum over its inputs c of the outer
// products e_c ⊗ G_c, so the unit vectors are the inputs of as many coefficients.
func (o *Func) curvature(ctx context.Context, theta []float64, how optim.Averaging, layers []optim.LayerFactors, blocks []optim.MatrixBlock) error {
	for _, l := range layers {
		clear(l.A[0])
		clear(l.B[0])
	}
	for _, b := range blocks {
		clear(b.M)
	}
	err := o.rows(ctx, theta, func(_ int, _ float64, ds []float64) {
		for _, l := range layers {
			n, h := l.Inputs(), l.Outputs()
			g := append(append([]float64(nil), ds[l.Weight.Offset:][:l.Weight.Len]...), ds[l.Bias.Offset:][:l.Bias.Len]...)
			for p := range n {
				for j := range h {
					for q := range n {
						l.A[0][p*n+q] += g[p*h+j] * g[q*h+j]
					}
					for k := range h {
						l.B[0][j*h+k] += g[p*h+j] * g[p*h+k]
					}
				}
			}
		}
		for _, b := range blocks {
			var g []float64
			for _, p := range b.Params {
				g = append(g, ds[p.Offset:][:p.Len]...)
			}
			for i, x := range g {
				if b.Diagonal {
					b.M[i] += x * x
					continue
				}
				for j, y := range g {
					b.M[i*len(g)+j] += x * y
				}
			}
		}
	})
	for _, l := range layers {
		n, trace := l.Inputs(), 0.0
		for p := range n {
			trace += l.A[0][p*n+p]
		}
		for i := range l.A[0] {
			switch {
			case how == optim.Traces && trace > 0:
				l.A[0][i] /= trace
			case how == optim.Expand && i%(n+1) == 0:
				l.A[0][i] = 1 / float64(n)
			case how == optim.Expand:
				l.A[0][i] = 0
			}
		}
	}
	return err
}
