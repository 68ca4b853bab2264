package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crux-pinn/crux/internal/files/ckpt"
	"github.com/crux-pinn/crux/internal/files/npy"
	"github.com/crux-pinn/crux/internal/problemfile"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers"
)

// evalFlags are the flags of crux eval.
type evalFlags struct {
	points string
	grid   int
	asked  bool // for that grid, rather than the default
	at     []string
	exprs  []string
	sigma  bool
	out    string
}

func (a *app) eval() *cobra.Command {
	var f evalFlags
	c := &cobra.Command{
		Use:   "eval RUN",
		Short: "Evaluate a solved run, or expressions of it, at points",
		Long: `Evaluate a solved run, or expressions of it, at points.

RUN is the directory that crux solve wrote, of a run that has ended or not. Without --expr all fields are evaluated,
without points on a grid of 101 points per axis. Columns are the coordinates followed by the values: as text on standard
output, or in the file of -o, whose ending says how: .csv, .parquet, .npy (one row for each point) or .npz (arrays by name).

With --sigma each value has its standard deviation beside it, in the column NAME_sigma: how well the noisy data that the run has
fitted determine it, with the equations taken as linear around the result.`,
		Example: `  crux eval runs/burgers-1 --at t=0.5,x=0.1
  crux eval runs/burgers-1 --grid 201 --expr u_x --expr 'u_t + u*u_x' -o slopes.npz
  crux eval runs/burgers-1 --points probes.csv -o values.csv
  crux eval runs/rod-1 --grid 21 --expr k --sigma`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeRuns,
		RunE: func(c *cobra.Command, args []string) error {
			f.asked = c.Flags().Changed("grid")
			return a.runEval(c.Context(), args[0], &f)
		},
	}
	c.Flags().StringVar(&f.points, "points", "", "points of a .csv, whose first line names the coordinates, or of NumPy's .npy or .npz")
	c.Flags().IntVar(&f.grid, "grid", 101, "regular grid with this many points per axis; the default is smaller in many dimensions")
	c.Flags().StringArrayVar(&f.at, "at", nil, "one point, as in t=0.5,x=0.1 (repeatable)")
	c.Flags().StringArrayVar(&f.exprs, "expr", nil, "expression in the names of the problem (repeatable)")
	c.Flags().BoolVar(&f.sigma, "sigma", false, "also the standard deviation of each value, of a run that has fitted noisy data")
	c.Flags().StringVarP(&f.out, "out", "o", "", "file to write: .csv, .parquet, .npy or .npz")
	must(c.RegisterFlagCompletionFunc("expr", completeNames))
	c.MarkFlagsMutuallyExclusive("points", "grid", "at")
	return c
}

func (a *app) runEval(ctx context.Context, run string, f *evalFlags) error {
	ext := strings.ToLower(filepath.Ext(f.out))
	if f.out != "" && !slices.Contains([]string{".csv", ".parquet", ".npy", ".npz"}, ext) {
		return fail(exitUsage, fmt.Errorf("-o %s: files end in .csv, .parquet, .npy or .npz", f.out))
	}
	t, err := a.openTrained(run)
	if err != nil {
		return err
	}
	p, s := t.problem, t.solver
	defer s.Close() //nolint:errcheck // it only ends workers
	exprs, err := f.expressions(p)
	if err != nil {
		return err
	}
	on, err := f.where(p)
	if err != nil {
		return err
	}
	sh := &sheet{}
	for i, e := range exprs {
		ev, err := s.Compile(e.expr, on)
		if err != nil {
			return fail(exitUsage, fmt.Errorf("%s: %w", e.name, err))
		}
		v, err := ev.Eval()
		if err != nil {
			return fail(exitFailed, fmt.Errorf("%s: %w", e.name, err))
		}
		if i == 0 {
			sh.cloud = ev.Points()
			if text := outside(sh.cloud, p); text != "" {
				fmt.Fprintf(a.Err, "crux: warning: %s\n", text) //nolint:errcheck
			}
		}
		sh.columns = append(sh.columns, column{e.name, ev.Components(), v.RawMatrix().Data})
	}
	if f.sigma {
		if err := sh.addSigma(ctx, t, exprs); err != nil {
			return fail(exitUsage, fmt.Errorf("%s: --sigma: %w", run, err))
		}
	}
	switch ext {
	case ".npy":
		return fail(exitFailed, ckpt.WriteFile(f.out, func(w io.Writer) error { return npy.Write(w, sh.table()) }))
	case ".npz":
		return fail(exitFailed, ckpt.WriteFile(f.out, func(w io.Writer) error { return npy.WriteZip(w, sh.arrays()) }))
	case ".parquet":
		return fail(exitFailed, ckpt.WriteFile(f.out, sh.writeParquet))
	case ".csv":
		return fail(exitFailed, ckpt.WriteFile(f.out, sh.writeCSV))
	}
	return fail(exitFailed, sh.writeCSV(a.Out))
}

// addSigma puts the standard deviation of each value behind it.
func (sh *sheet) addSigma(ctx context.Context, t *training, exprs []namedExpr) error {
	bands := &trackers.Bands{At: sh.cloud}
	for _, e := range exprs {
		bands.Of = append(bands.Of, trackers.Quantity{Name: e.name, Expr: e.expr})
	}
	if err := measure(ctx, t.problem, t.solver, bands); err != nil {
		return err
	}
	var list []column
	for i, c := range sh.columns {
		list = append(list, c, column{c.name + "_sigma", c.dim, bands.Sigma[i]})
	}
	sh.columns = list
	return nil
}

// namedExpr is an expression and what its column is called.
type namedExpr struct {
	name string
	expr ph.Expr
}

// expressions are those of --expr, or all fields.
func (f *evalFlags) expressions(p *problemfile.Problem) ([]namedExpr, error) {
	var list []namedExpr
	if len(f.exprs) == 0 {
		for _, x := range p.Fields {
			list = append(list, namedExpr{x.Name, x.Expr})
		}
		if len(list) == 0 {
			return nil, fail(exitUsage, fmt.Errorf("%s has no field to evaluate; give an expression of its names with --expr", p.Name))
		}
		return list, nil
	}
	var errs []error
	seen := map[string]bool{}
	for _, c := range p.Coords {
		seen[c.Name()] = true
	}
	for _, text := range f.exprs {
		e, err := expression(text, p)
		if err == nil && seen[text] {
			err = fmt.Errorf("--expr %s: this column is there already", text)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		seen[text] = true
		list = append(list, namedExpr{text, e})
	}
	return list, fail(exitUsage, errors.Join(errs...))
}

// expression reads an expression of a flag --expr.
func expression(text string, p *problemfile.Problem) (ph.Expr, error) {
	e, err := ph.ParseNamed("--expr", text, p.Env)
	if err == nil {
		err = e.Err()
	}
	return e, withCaret(err)
}

// withCaret shows where in an expression a mistake is.
func withCaret(err error) error {
	if at, ok := errors.AsType[*ph.Error](err); ok {
		if c := at.Pos.Caret(); c != "" && !strings.Contains(err.Error(), c) {
			return fmt.Errorf("%w\n%s", err, c)
		}
	}
	return err
}
