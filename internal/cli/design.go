package cli

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/files/ckpt"
	"github.com/crux-pinn/crux/internal/problemfile"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers"
)

// designFlags are the flags of crux design.
type designFlags struct {
	points int
	of     []string
	where  string
	out    string
}

// mostCandidates is how many places are looked at: each costs the solution of the normal equations.
const mostCandidates = 400

func (a *app) design() *cobra.Command {
	var f designFlags
	c := &cobra.Command{
		Use:   "design RUN",
		Short: "Say where further measurements would tell most about the unknown numbers",
		Long: `Say where further measurements would tell most about the unknown numbers.

RUN is the directory that crux solve wrote, of a run that has fitted noisy data. Each measurement is put where the determinant of the
covariance of params falls most, given those before it (D-optimal), among some hundred places on a grid. The table says what ± each number
has with it and those before; a place may come twice. Errors are taken to be as large as those of the data so far.`,
		Example: `  crux design runs/rod-1
  crux design runs/rod-1 --points 3 --where 't > 0.5 and x < 0.9' -o next.csv`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeRuns,
		RunE:              func(c *cobra.Command, args []string) error { return a.runDesign(c.Context(), args[0], &f) },
	}
	c.Flags().IntVar(&f.points, "points", 10, "how many measurements")
	c.Flags().StringArrayVar(&f.of, "of", nil, "a constraint with data, of which there can be more (repeatable); the default is all")
	c.Flags().StringVar(&f.where, "where", "", "a condition in the coordinates where one can measure, such as 'x < 0.9'")
	c.Flags().StringVarP(&f.out, "out", "o", "", "file to write: .csv")
	return c
}

func (a *app) runDesign(ctx context.Context, dir string, f *designFlags) error {
	if f.points < 1 {
		return fail(exitUsage, fmt.Errorf("--points %d: a design has one measurement at least", f.points))
	}
	t, err := a.openTrained(dir)
	if err != nil {
		return err
	}
	defer t.solver.Close() //nolint:errcheck // it only ends workers
	of := t.problem.ErrorTracker()
	d := &trackers.Design{
		Params: of.Params, Derived: of.Derived, Points: f.points, Of: f.of,
		Candidates: func(coords []*ph.Coord) (*domain.Cloud, error) {
			return t.problem.Places(coords, mostCandidates, f.where)
		},
	}
	if err := measure(ctx, t.problem, t.solver, d); err != nil {
		return fail(exitUsage, fmt.Errorf("%s: %w", dir, err))
	}
	rows := designRows(t.problem, d)
	if f.out != "" {
		return fail(exitFailed, ckpt.WriteFile(f.out, func(w io.Writer) error { return csv.NewWriter(w).WriteAll(rows) }))
	}
	var b bytes.Buffer
	table(&b, rows)
	_, err = a.Out.Write(b.Bytes())
	return fail(exitFailed, err)
}

// designRows are the measurements with their places and what they bring, below a head and what the data say without them.
func designRows(p *problemfile.Problem, d *trackers.Design) [][]string {
	head, first := []string{"measurement", "of"}, []string{"0", ""}
	for _, c := range p.Coords {
		head, first = append(head, c.Name()), append(first, "")
	}
	for _, k := range d.Before {
		head, first = append(head, "± "+k.Name), append(first, twoDigits(k.Sigma))
	}
	rows := [][]string{head, first}
	for i, m := range d.Best {
		of := m.Constraint
		if m.Component > 0 {
			of = fmt.Sprintf("%s[%d]", of, m.Component)
		}
		row := []string{strconv.Itoa(i + 1), of}
		for _, c := range p.Coords {
			at := ""
			for j, own := range m.Coords {
				if own == c {
					at = strconv.FormatFloat(m.At[j], 'g', 6, 64)
				}
			}
			row = append(row, at)
		}
		for _, s := range m.Sigma {
			row = append(row, twoDigits(s))
		}
		rows = append(rows, row)
	}
	return rows
}

// twoDigits is a standard deviation with two digits.
func twoDigits(v float64) string { return strconv.FormatFloat(v, 'g', 2, 64) }
