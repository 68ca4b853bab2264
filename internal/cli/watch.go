package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/problemfile"
	"github.com/crux-pinn/crux/internal/report"
)

// watchEvery is how often files are looked at.
const watchEvery = 100 * time.Millisecond

func (a *app) watchFile() *cobra.Command {
	var o overrides
	var train time.Duration
	c := &cobra.Command{
		Use:   "watch problem.yaml",
		Short: "Check a problem file and train it for a moment whenever it is saved",
		Long: `Check a problem file and train it for a moment whenever it is saved, until Ctrl-C: mistakes with their places,
or what was decided, and how far the losses come down in half a second. Data files that the problem names are watched as
well. Nothing is written. On a terminal there is a picture of the first field; it shows where training goes, not yet a solution.`,
		Example: `  crux watch heat.yaml
  crux watch heat.yaml --for 2s --set seed=2`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: yamlFiles,
		RunE: func(c *cobra.Command, args []string) error {
			if train <= 0 {
				return fail(exitUsage, fmt.Errorf("--for %v; take a time above 0", train))
			}
			return a.runWatch(c.Context(), args[0], &o, train)
		},
	}
	o.flag(c)
	c.Flags().DurationVar(&train, "for", 500*time.Millisecond, "how long to train after each save")
	return c
}

func (a *app) runWatch(ctx context.Context, path string, o *overrides, train time.Duration) error {
	if _, err := os.Stat(path); err != nil {
		_, err := o.load(path) // says it as all commands do
		return err
	}
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	seen := map[string]string{path: "not yet"} // files with their sums
	for {
		if now := sums(seen); !maps.Equal(now, seen) {
			if a.Terminal != nil {
				io.WriteString(a.Out, "\x1b[H\x1b[2J\x1b[3J") //nolint:errcheck // Run checks the writer at the end
			}
			named, err := a.glance(ctx, path, o, train)
			if err != nil && ctx.Err() == nil {
				a.say(err)
			}
			for _, f := range named {
				if _, known := now[f.Path]; !known {
					now[f.Path] = f.Sum
				}
			}
			seen = now // as it was before: what has changed meanwhile is seen next
		}
		select {
		case <-ctx.Done():
			return nil // Ctrl-C is how it ends
		case <-tick.C:
		}
	}
}

// sums are the SHA-256 of files as they are now. Editors take a file away before they write it: one that cannot be read has none.
func sums(files map[string]string) map[string]string {
	now := map[string]string{}
	for path := range files {
		if sum, err := report.FileSum(path); err == nil {
			now[path] = sum
		} else {
			now[path] = ""
		}
	}
	return now
}

// glance reads a problem, trains it for a moment and says what came of it. It returns the files that the problem
// reads; of one with mistakes nobody knows them.
func (a *app) glance(ctx context.Context, path string, o *overrides, train time.Duration) ([]problemfile.File, error) {
	p, err := o.load(path)
	if err != nil {
		return nil, err
	}
	t, err := a.training(p)
	if err != nil {
		return p.Files, err
	}
	defer t.solver.Close() //nolint:errcheck // it only ends workers
	g := &glanced{limit: train, now: a.Now}
	if a.Terminal != nil {
		g.picture = &smallPicture{problem: p, colours: a.Colours, shown: min(1, len(p.Fields))}
		g.size = a.Terminal
	}
	res, err := t.solver.Solve(ctx, p.Steps, g)
	if err != nil && !errors.Is(err, context.Canceled) {
		if d, ok := errors.AsType[*crux.DivergedError](err); ok {
			t.place(d)
		}
		return p.Files, fail(exitFailed, err)
	}
	a.printGlance(path, t, g, res)
	return p.Files, nil
}

// glanced is a callback that trains for a moment, and keeps what is to be shown of it.
type glanced struct {
	limit   time.Duration
	now     func() time.Time
	picture *smallPicture // nil for none
	size    func() (cols, rows int)

	begin time.Time
	first []float64 // losses
	lines []string  // of the picture
}

// OnSolveBegin implements crux.Callback.
func (g *glanced) OnSolveBegin(context.Context, *crux.Run) error { return nil }

// OnStep implements crux.Callback.
func (g *glanced) OnStep(_ context.Context, s *crux.Step) error {
	if g.first == nil {
		g.begin, g.first = g.now(), slices.Clone(s.Losses)
		return nil
	}
	if g.now().Sub(g.begin) < g.limit {
		return nil
	}
	return crux.Stop("the moment is over")
}

// OnSolveEnd implements crux.Ender.
func (g *glanced) OnSolveEnd(_ context.Context, r *crux.Run, _ *crux.Result) error {
	if g.picture == nil {
		return nil
	}
	cols, rows := g.size()
	var err error
	g.lines, err = g.picture.lines(r, g.now(), cols-2, rows/2)
	return err
}

func (a *app) printGlance(path string, t *training, g *glanced, res *crux.Result) {
	p := t.problem
	fmt.Fprintf(a.Out, "%s: ok at %s: %s, %s, %s; %s in %s\n", //nolint:errcheck // Run checks the writer at the end
		filepath.Base(path), a.Now().Format(time.TimeOnly), report.Counted(len(p.Fields), "field"),
		report.Counted(len(p.Crux.Constraints), "constraint"),
		report.Counted(len(t.start), "parameter"), report.Counted(res.Steps, "step"), duration(res.Time))
	printDecisions(a.Out, p)
	for i, name := range t.solver.Names() {
		fmt.Fprintf(a.Out, "  %s  loss %.2e → %.2e\n", name, g.first[i], res.Losses[i]) //nolint:errcheck
	}
	for _, q := range p.Params {
		fmt.Fprintf(a.Out, "  %s = %.6g\n", q.Path(), t.solver.Value(q)) //nolint:errcheck
	}
	for _, l := range g.lines {
		fmt.Fprintln(a.Out, "  "+l) //nolint:errcheck
	}
}
