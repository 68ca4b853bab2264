package compiler_test

import (
	"testing"

	"github.com/crux-pinn/crux/compiler"
)

// What has been prepared for builds no graph when it is asked for.
func TestPrepare(t *testing.T) {
	for purpose, call := range map[compiler.Purpose]func(r *run) error{
		compiler.ForLosses: func(r *run) error { return r.p.Losses(make([]float64, r.p.Len()), r.theta, r.fixed) },
		compiler.ForGradient: func(r *run) error {
			return r.p.Gradient(make([]float64, len(r.theta)), r.theta, r.fixed, r.ones(), make([]float64, r.p.Len()))
		},
		compiler.ForGradients: func(r *run) error {
			for i := range r.p.Len() {
				if err := r.p.GradientOf(i, make([]float64, len(r.theta)), r.theta, r.fixed); err != nil {
					return err
				}
			}
			return nil
		},
		compiler.ForResiduals: func(r *run) error {
			for i := range r.p.Len() {
				if err := r.p.Residuals(i, make([]float64, r.p.Points()*r.p.Dim(i)), r.theta, r.fixed); err != nil {
					return err
				}
			}
			return nil
		},
		compiler.ForHVP: func(r *run) error {
			return r.p.HVP(make([]float64, len(r.theta)), r.theta, r.fixed, r.ones(), direction(len(r.theta), 1))
		},
		compiler.ForTrainingHVP: func(r *run) error {
			return r.p.TrainingHVP(make([]float64, len(r.theta)), r.theta, r.fixed, r.ones(), direction(len(r.theta), 1))
		},
		compiler.ForJacobian: func(r *run) error {
			return r.p.ScaledJacobian(make([]float64, r.p.Rows()*len(r.theta)), 0, r.theta, r.fixed, nil)
		},
		compiler.ForKernel: func(r *run) error {
			return compiler.Kernel(make([]float64, r.p.Rows()*r.p.Rows()), []*compiler.Program{r.p}, r.theta, r.fixed, nil, nil)
		},
	} {
		w := newWorld()
		g := w.system()
		g.Residuals[0].ByPoint = true
		r := w.compile(t, compiler.TraceCompiler{}, g, w.batch(7, 1))
		was := r.p.Graphs()
		if err := r.p.Prepare(purpose); err != nil {
			t.Fatal(err)
		}
		built := r.p.Graphs()
		if built == was {
			t.Errorf("purpose %d: nothing was built", purpose)
		}
		if err := call(r); err != nil {
			t.Fatal(err)
		}
		if n := r.p.Graphs(); n != built {
			t.Errorf("purpose %d: %d graphs were built at the call", purpose, n-built)
		}
	}
}
