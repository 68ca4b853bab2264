package main

import (
	"context"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

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

// watched is the run with its trackers: two that are drawn by their numbers, and those that are drawn as they say.
type watched struct {
	solver      *crux.Solver
	sensitivity *trackers.InputSensitivity
	kernel      *trackers.NTKSpectrum
	others      []trackers.Tracker
}

const grid = 60 // points along each axis of the sensitivity

func train(out string, steps int) error {
	w, err := burgers()
	if err != nil {
		return err
	}
	defer w.solver.Close() //nolint:errcheck // it only ends workers
	ctx := context.Background()
	all := []crux.Callback{w.sensitivity, w.kernel}
	for _, t := range w.others {
		all = append(all, t)
	}
	if _, err := w.solver.Solve(ctx, steps, all...); err != nil {
		return err
	}
	if err := w.solver.Measure(ctx, all...); err != nil {
		return err
	}
	var series []explain.Series
	plots := map[string]trackers.Picture{}
	at := explain.For(w.solver)
	for _, t := range append(w.others, w.sensitivity, w.kernel) {
		if s, ok := t.Explain(at); ok {
			fmt.Println(s)
			series = append(series, s.Series...)
			for _, x := range s.Series { // negative ends of a spectrum have a logarithm as well
				y := column(len(x.Values), func(i int) float64 { return -x.Values[i] })
				series = append(series, explain.Series{Name: "-" + x.Name, Epochs: x.Epochs, Values: y})
			}
		}
		if m, _ := t.Latest(at); m.Plots != nil {
			for _, p := range m.Plots() {
				plots[p.Key] = p.Picture
			}
		}
	}
	for name, p := range map[string]trackers.Picture{
		"norms":       lines("gradient norms over the steps", true, series, "norm of "),
		"cosines":     lines("cosines of the gradients, and their alignment", false, series, "cosine of ", "alignment"),
		"residuals":   lines("residual of the PDE over the steps", true, series, "root mean square of ", "largest of "),
		"histogram":   plots["residual/constraint_0/histogram"],
		"sensitivity": w.slopes(),
		"kernel":      w.spectra(),
		"hessian":     lines("ends of the Hessian's spectrum over the steps", true, series, "sharpness", "-smallest eigenvalue"),
		"landscape":   plots["loss_landscape"],
	} {
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
		sensitivity: &trackers.InputSensitivity{Expr: u.D(x), On: box.Grid(grid), Interval: 1000},
		kernel:      &trackers.NTKSpectrum{Grad: ph.ParamGrad(pde, nil), On: inside, Interval: 1000},
		others: []trackers.Tracker{
			&trackers.GradientNorms{Interval: 20},
			&trackers.CosSimilarity{Interval: 20},
			&trackers.GradientAlignment{Interval: 20},
			&trackers.ResidualStats{Interval: 20, Constraints: []string{"pde"}},
			&trackers.HessianSpectrum{Iters: 60, Interval: 200},
			&trackers.LossLandscape{Grid: 31, Interval: 2000},
		},
	}, err
}

// lines draws the series whose names begin with one of the words.
func lines(title string, log bool, series []explain.Series, words ...string) *picture.Lines {
	l := &picture.Lines{Title: title, Log: log}
	for _, s := range series {
		if slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(s.Name, w) }) {
			x := column(len(s.Epochs), func(i int) float64 { return float64(s.Epochs[i]) })
			l.Curves = append(l.Curves, picture.Curve{Name: s.Name, X: x, Y: s.Values})
		}
	}
	return l
}

// spectra are the eigenvalues of the kernel by number, one curve for each measurement.
func (w *watched) spectra() *picture.Lines {
	kernel := w.kernel.Result()
	l := &picture.Lines{Title: "eigenvalues of the kernel by number", Log: true}
	for k, e := range kernel.Epochs {
		y := kernel.Values[k].Eigenvalues
		l.Curves = append(l.Curves, picture.Curve{
			Name: fmt.Sprint("step ", e),
			X:    column(len(y), func(i int) float64 { return float64(i + 1) }), Y: y,
		})
	}
	return l
}

// slopes is the latest |∂u/∂x|, t to the right and x upwards.
func (w *watched) slopes() *picture.Heatmap {
	v, _ := w.sensitivity.Value()
	m := &picture.Heatmap{Title: "|du/dx| over t (right) and x (up)", Rows: grid, Columns: grid, Values: make([]float64, grid*grid)}
	for i, s := range v.Values {
		t, x := v.Points[2*i], (v.Points[2*i+1]+1)/2
		m.Values[(grid-1-int(math.Round(x*(grid-1))))*grid+int(math.Round(t*(grid-1)))] = math.Abs(s)
	}
	return m
}

func column(n int, f func(int) float64) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = f(i)
	}
	return slices.Clip(v)
}
