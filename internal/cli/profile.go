package cli

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crux-pinn/crux/internal/draw"
	"github.com/crux-pinn/crux/internal/problemfile"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers"
)

// profileFlags are the flags of crux profile.
type profileFlags struct {
	params []string
	out    string
}

func (a *app) profile() *cobra.Command {
	var f profileFlags
	c := &cobra.Command{
		Use:   "profile RUN",
		Short: "Say which values of an unknown number the data allow",
		Long: `Say which values of an unknown number the data allow: the profile likelihood.

RUN is the directory that crux solve wrote, of a run that has fitted noisy data. The number is given one value after the other, on
both sides of its estimate, and everything else is fitted again, until the misfit has grown by more than chance explains in 95 % of
all cases: 3.84 where the errors of the data are known. The misfit is the sum of squares of what is left of the data, in units of
their variance. Unlike that of ± the interval need not be symmetric, and it may be open: some data bound a number on one side only.

The table has the values with the growth of the misfit. RUN is not changed.`,
		Example: `  crux profile runs/cooling-1
  crux profile runs/epidemic-1 --param beta --param gamma -o profile.png`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeRuns,
		RunE:              func(c *cobra.Command, args []string) error { return a.runProfile(c.Context(), args[0], &f) },
	}
	c.Flags().StringArrayVar(&f.params, "param", nil, "one of params (repeatable); the default is all")
	must(c.RegisterFlagCompletionFunc("param", completeParams))
	c.Flags().StringVarP(&f.out, "out", "o", "", "file to write: .csv for the table, .png, .svg or .pdf for a picture")
	return c
}

// completeParams completes with the unknown numbers of the run on the command line.
func completeParams(_ *cobra.Command, args []string, _ string) (list []cobra.Completion, _ cobra.ShellCompDirective) {
	for _, dir := range args {
		if p, err := problemfile.Load(filepath.Join(dir, problemFile), nil); err == nil {
			list = append(list, paramNames(p)...)
		}
	}
	return list, cobra.ShellCompDirectiveNoFileComp
}

func paramNames(p *problemfile.Problem) (list []string) {
	for _, q := range p.Params {
		list = append(list, q.Path())
	}
	return list
}

func (a *app) runProfile(ctx context.Context, dir string, f *profileFlags) error {
	format := strings.TrimPrefix(strings.ToLower(filepath.Ext(f.out)), ".")
	if f.out != "" && format != "csv" && !slices.Contains(draw.Formats(), format) {
		return fail(exitUsage, fmt.Errorf("-o %s: take a name that ends in .csv, .%s", f.out, strings.Join(draw.Formats(), ", .")))
	}
	t, err := a.openTrained(dir)
	if err != nil {
		return err
	}
	defer t.solver.Close() //nolint:errcheck // it only ends workers
	params, err := f.chosen(t.problem)
	if err != nil {
		return fail(exitUsage, fmt.Errorf("%s: %w", dir, err))
	}
	var list []*trackers.Profile
	for _, q := range params {
		p := &trackers.Profile{Param: q, Watch: func(x trackers.ProfilePoint) {
			fmt.Fprintf(a.Err, "%s = %.6g: the misfit grows by %.3g\n", q.Path(), x.Value, x.Delta) //nolint:errcheck // progress
		}}
		if err := measure(ctx, t.problem, t.solver, p); err != nil {
			if canceled := canceled(ctx); canceled != nil {
				return canceled
			}
			return fail(exitUsage, fmt.Errorf("%s: %w", dir, err))
		}
		list = append(list, p)
	}
	if f.out == "" {
		_, err = a.Out.Write(profileText(list))
		return fail(exitFailed, err)
	}
	return a.writeNamed(f.out, func(w io.Writer) error {
		if format == "csv" {
			return csv.NewWriter(w).WriteAll(profileRows(list, -1, -1))
		}
		data, err := profileFigure(list).Encode(format)
		if err == nil {
			_, err = w.Write(data)
		}
		return err
	})
}

// chosen are the unknown numbers that the flags name.
func (f *profileFlags) chosen(p *problemfile.Problem) ([]*ph.Param, error) {
	if len(p.Params) == 0 {
		return nil, errors.New("it has no unknown number, under params")
	}
	if f.params == nil {
		return p.Params, nil
	}
	var list []*ph.Param
	for _, name := range f.params {
		i := slices.Index(paramNames(p), name)
		if i < 0 {
			return nil, fmt.Errorf("--param %s: the unknown numbers are %s", name, strings.Join(paramNames(p), ", "))
		}
		list = append(list, p.Params[i])
	}
	return list, nil
}

// profileRows are the values that were looked at, below a head, with the given numbers of digits; −1 means all of them.
func profileRows(list []*trackers.Profile, value, delta int) [][]string {
	rows := [][]string{{"parameter", "value", "misfit grows by"}}
	for _, p := range list {
		for _, x := range p.Points {
			rows = append(rows, []string{
				p.Known.Name, strconv.FormatFloat(x.Value, 'g', value, 64), strconv.FormatFloat(x.Delta, 'g', delta, 64),
			})
		}
	}
	return rows
}

// profileText is what the command prints: the values, the intervals, and what is to be said of them.
func profileText(list []*trackers.Profile) []byte {
	var b bytes.Buffer
	table(&b, profileRows(list, 6, 3))
	rows := [][]string{{"parameter", "value", "95 % interval", "by ± alone", "up to a misfit of"}}
	var said []string
	for _, p := range list {
		low, high := p.Known.Interval(0.95)
		rows = append(rows, []string{
			p.Known.Name, fmt.Sprintf("%.6g", p.Best), interval(p.Low, p.High), interval(low, high), fmt.Sprintf("+ %.3g", p.Bound),
		})
		said = append(said, profileWarnings(p)...)
	}
	spacedTable(&b, rows)
	for _, line := range said {
		fmt.Fprintf(&b, "  ! %s\n", line)
	}
	return b.Bytes()
}

// interval is the text of an interval, which may be open.
func interval(low, high float64) string {
	switch {
	case math.IsInf(low, -1) && math.IsInf(high, 1):
		return "all values"
	case math.IsInf(low, -1):
		return fmt.Sprintf("below %.5g", high)
	case math.IsInf(high, 1):
		return fmt.Sprintf("above %.5g", low)
	}
	return fmt.Sprintf("%.5g to %.5g", low, high)
}

// mayViolate is how much violating equations may lower the misfit before it is said.
const mayViolate = 0.1

func profileWarnings(p *trackers.Profile) (list []string) {
	name, first, last := p.Known.Name, p.Points[0], p.Points[len(p.Points)-1]
	if math.IsInf(p.Low, -1) {
		list = append(list, fmt.Sprintf("%s is open below: down to %.5g the data are fitted nearly as well", name, first.Value))
	}
	if math.IsInf(p.High, 1) {
		list = append(list, fmt.Sprintf("%s is open above: up to %.5g the data are fitted nearly as well", name, last.Value))
	}
	if off := math.Abs(p.Best - p.Known.Value); off > 0.3*p.Known.Sigma {
		list = append(list, fmt.Sprintf("the run ended at %s = %.6g, and %.6g fits better: train more", name, p.Known.Value, p.Best))
	}
	if p.Violated > mayViolate {
		list = append(list, fmt.Sprintf("the misfit is %.2g lower as the fit violates equations; the interval may be too wide", p.Violated))
	}
	return list
}

// profileFigure has a panel for each number: the profile, the parabola that ± alone would give, and what bounds the interval.
func profileFigure(list []*trackers.Profile) *draw.Figure {
	f := &draw.Figure{}
	for _, p := range list {
		if len(p.Points) < 2 {
			continue
		}
		dots := draw.Line{Stroke: draw.Points, Group: 1}
		for _, x := range p.Points {
			dots.X, dots.Y = append(dots.X, x.Value), append(dots.Y, x.Delta)
		}
		own, parabola := draw.Line{Name: "profile", Group: 1}, draw.Line{Name: "by ± alone"}
		first, last := dots.X[0], dots.X[len(dots.X)-1]
		for i := range 201 {
			v := first + (last-first)*float64(i)/200
			own.X, own.Y = append(own.X, v), append(own.Y, between(p, v))
			parabola.X, parabola.Y = append(parabola.X, v), append(parabola.Y, math.Pow((v-p.Known.Value)/p.Known.Sigma, 2))
		}
		bound := draw.Line{Name: "95 %", X: []float64{first, last}, Y: []float64{p.Bound, p.Bound}, Stroke: draw.Dashed}
		f.Panels = append(f.Panels, &draw.Curves{
			X: p.Known.Name, Y: "growth of the misfit", YEnds: draw.Ends{0, 2 * p.Bound}, Lines: []draw.Line{own, dots, parabola, bound},
		})
	}
	return f
}

// between is the growth of the misfit between the points of a profile: its root, with a sign, is nearly a straight line.
func between(p *trackers.Profile, v float64) float64 {
	k := 1
	for k < len(p.Points)-1 && p.Points[k].Value < v {
		k++
	}
	root := func(x trackers.ProfilePoint) float64 { return math.Copysign(math.Sqrt(x.Delta), x.Value-p.Best) }
	a, b := p.Points[k-1], p.Points[k]
	return math.Pow(root(a)+(root(b)-root(a))*(v-a.Value)/(b.Value-a.Value), 2)
}
