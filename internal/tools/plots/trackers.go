package main

import (
	"context"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/files/picture"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers"
	"github.com/crux-pinn/crux/trackers/explain"
)

// watch trains Burgers' equation with soft conditions and all eight trackers, prints what they say and draws what they saw.
func watch(args []string) error {
	f := flag.NewFlagSet("trackers", flag.ExitOnError)
	out := f.String("o", "docs/explainability", "folder of the PNG files")
	steps := f.Int("steps", 4000, "steps of training")
	if err := f.Parse(args); err != nil {
		return err
	}
	return train(*out, *steps)
}

// watched is the run with its trackers.
type watched struct {
	solver      *crux.Solver
	norms       *trackers.GradientNorms
	cosines     *trackers.CosSimilarity
	alignment   *trackers.GradientAlignment
	stats       *trackers.ResidualStats
	sensitivity *trackers.InputSensitivity
	kernel      *trackers.NTKSpectrum
	hessian     *trackers.HessianSpectrum
	landscape   *trackers.LossLandscape
}

const grid = 60 // points along each axis of the sensitivity

func train(out string, steps int) error {
	w, err := burgers()
	if err != nil {
		return err
	}
	defer w.solver.Close() //nolint:errcheck // it only ends workers
	ctx := context.Background()
	if _, err := w.solver.Solve(ctx, steps, w.all()...); err != nil {
		return err
	}
	if err := w.solver.Measure(ctx, w.all()...); err != nil {
		return err
	}
	for _, t := range w.all() {
		if s, ok := t.(trackers.Tracker).Explain(explain.For(w.solver)); ok {
			fmt.Println(s)
		}
	}
	for name, p := range w.pictures() {
		b, _, _, err := p.PNG()
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := os.WriteFile(filepath.Join(out, name+".png"), b, 0o644); err != nil { //nolint:gosec // documentation
			return err
		}
	}
	return nil
}

// burgers is u_t + u u_x = ν u_xx with a sine at t = 0 and zero at both ends, all three as losses.
func burgers() (*watched, error) {
	t, x := ph.Coords2("t", "x")
	box := domain.NewBox(domain.In(t, 0, 1), domain.In(x, -1, 1))
	u := ph.NewField("u", net.MLP{Hidden: []int{20, 20, 20, 20}}, t, x)
	pde := u.D(t).Add(u.Mul(u.D(x))).Sub(u.D(x, x).Scale(0.01 / math.Pi))
	inside := box.Interior(2000)
	s, err := crux.New(crux.Problem{Name: "burgers", Constraints: []crux.Constraint{
		{Name: "pde", Residual: pde, On: inside},
		{Name: "start", Residual: u.Add(ph.Sin(x.Scale(math.Pi))), On: box.Face(t, 0, 100)},
		{Name: "ends", Residual: u, On: box.Sides(x, 200)},
	}}, crux.Options{Method: &optim.Adam{LR: optim.Constant(2e-3)}, Seed: 1})
	return &watched{
		solver:      s,
		norms:       &trackers.GradientNorms{Interval: 20},
		cosines:     &trackers.CosSimilarity{Interval: 20},
		alignment:   &trackers.GradientAlignment{Interval: 20},
		stats:       &trackers.ResidualStats{Interval: 20, Constraints: []string{"pde"}},
		sensitivity: &trackers.InputSensitivity{Expr: u.D(x), On: box.Grid(grid), Interval: 1000},
		kernel:      &trackers.NTKSpectrum{Grad: ph.ParamGrad(pde, nil), On: inside, Interval: 1000},
		hessian:     &trackers.HessianSpectrum{Iters: 60, Interval: 200},
		landscape:   &trackers.LossLandscape{Grid: 31, Interval: 2000},
	}, err
}

func (w *watched) all() []crux.Callback {
	return []crux.Callback{w.norms, w.cosines, w.alignment, w.stats, w.sensitivity, w.kernel, w.hessian, w.landscape}
}

// drawing is what package picture draws.
type drawing interface {
	PNG() (data []byte, width, height int, err error)
}

func (w *watched) pictures() map[string]drawing {
	p := map[string]drawing{}
	names := w.solver.Names()
	norms := w.norms.Result()
	var curves []picture.Curve
	for i, n := range names {
		curves = append(curves, picture.Curve{Name: n, X: floats(norms.Epochs), Y: column(len(norms.Epochs), func(k int) float64 { return norms.Values[k].Norms[i] })})
	}
	p["norms"] = &picture.Lines{Title: "gradient norms over the steps", Log: true, Curves: curves}

	cos, align := w.cosines.Result(), w.alignment.Result()
	curves = nil
	for i := range names {
		for j := i + 1; j < len(names); j++ {
			curves = append(curves, picture.Curve{Name: names[i] + ", " + names[j], X: floats(cos.Epochs), Y: column(len(cos.Epochs), func(k int) float64 { return cos.Values[k].At(i, j) })})
		}
	}
	curves = append(curves, picture.Curve{Name: "alignment", X: floats(align.Epochs), Y: align.Matrix("alignment").RawMatrix().Data})
	p["cosines"] = &picture.Lines{Title: "cosines of the gradients, and their alignment", Curves: curves}

	stats := w.stats.Result()
	one := func(f func(trackers.ResidualStatsValue) float64) []float64 {
		return column(len(stats.Epochs), func(k int) float64 { return f(stats.Values[k]) })
	}
	p["residuals"] = &picture.Lines{Title: "residual of the PDE over the steps", Log: true, Curves: []picture.Curve{
		{Name: "max", X: floats(stats.Epochs), Y: one(func(v trackers.ResidualStatsValue) float64 { return v.Maxes[0] })},
		{Name: "99th percentile", X: floats(stats.Epochs), Y: one(func(v trackers.ResidualStatsValue) float64 { return v.P99[0] })},
		{Name: "std", X: floats(stats.Epochs), Y: one(func(v trackers.ResidualStatsValue) float64 { return v.Stds[0] })},
	}}
	last := stats.Values[len(stats.Values)-1]
	p["histogram"] = &picture.Histogram{Title: "residual of the PDE at the end", Edges: last.Edges[0], Counts: last.Counts[0]}

	p["sensitivity"] = w.slopes()

	kernel := w.kernel.Result()
	curves = nil
	for k, e := range kernel.Epochs {
		n := kernel.Values[k].Eigenvalues
		curves = append(curves, picture.Curve{Name: fmt.Sprint("step ", e), X: column(len(n), func(i int) float64 { return float64(i + 1) }), Y: n})
	}
	p["kernel"] = &picture.Lines{Title: "eigenvalues of the kernel by number", Log: true, Curves: curves}

	h := w.hessian.Result()
	curves = nil
	for i := range 3 {
		curves = append(curves, picture.Curve{Name: fmt.Sprint("eigenvalue ", i+1), X: floats(h.Epochs), Y: column(len(h.Epochs), func(k int) float64 { return h.Values[k].Eigenvalues[i] })})
	}
	curves = append(curves, picture.Curve{Name: "-smallest", X: floats(h.Epochs), Y: column(len(h.Epochs), func(k int) float64 { return -h.Values[k].Smallest })})
	p["hessian"] = &picture.Lines{Title: "ends of the Hessian's spectrum over the steps", Log: true, Curves: curves}

	surface, _ := w.landscape.Value()
	logs := column(len(surface.Loss), func(i int) float64 { return math.Log10(surface.Loss[i]) })
	p["landscape"] = &picture.Heatmap{Title: "log10 of the loss around the end", Rows: surface.N, Columns: surface.N, Values: logs}
	return p
}

// slopes is the latest |∂u/∂x|, t to the right and x upwards.
func (w *watched) slopes() drawing {
	v, _ := w.sensitivity.Value()
	m := &picture.Heatmap{Title: "|du/dx| over t (right) and x (up)", Rows: grid, Columns: grid, Values: make([]float64, grid*grid)}
	for i, s := range v.Values {
		t, x := v.Points[2*i], (v.Points[2*i+1]+1)/2
		m.Values[(grid-1-int(math.Round(x*(grid-1))))*grid+int(math.Round(t*(grid-1)))] = math.Abs(s)
	}
	return m
}

func floats(x []int) []float64 {
	return column(len(x), func(i int) float64 { return float64(x[i]) })
}

func column(n int, f func(int) float64) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = f(i)
	}
	return slices.Clip(v)
}
