package cli

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/crux-pinn/crux/internal/report"
)

func (a *app) show() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "show [RUN]",
		Short: "Print the report of a run again",
		Long: `Print the report of a run again, as at the end of crux solve, and where the run comes from: when, on what, by which command.

RUN is the directory that crux solve wrote, by default the newest one in runs. Of a run that has not ended it prints the losses of the last
step. Nothing is computed. Of the directory of several runs, of solve --seeds or sweep, it prints their table.`,
		Example: `  crux show
  crux show runs/burgers-1
  crux show runs/burgers-1 --json | jq .estimate`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completeRuns,
		RunE: func(_ *cobra.Command, args []string) error {
			dir, err := theRun(args)
			if err != nil {
				return err
			}
			return a.runShow(dir, asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print the result as one JSON object")
	return c
}

func (a *app) runShow(dir string, asJSON bool) error {
	if exists(filepath.Join(dir, batchFile)) {
		return a.showRuns(dir, asJSON)
	}
	r, err := a.readRun(dir)
	if err != nil {
		return err
	}
	for _, f := range r.report.Files {
		if err := report.Strayed(dir, f.Name); err != nil {
			fmt.Fprintf(a.Err, "crux: warning: %v\n", err) //nolint:errcheck
		}
	}
	if asJSON {
		return a.printSealed(r.report)
	}
	printReport(a.Out, r.report)
	printOrigin(a.Out, r.report.Origin)
	if v := r.report.Rate; v > 0 {
		fmt.Fprintf(a.Out, "speed of training: %.3g points · parameters in a second\n", v) //nolint:errcheck // as above
	}
	return nil
}

// showRuns prints what several runs have come to so far.
func (a *app) showRuns(dir string, asJSON bool) error {
	b, err := openBatch(dir)
	if err != nil {
		return err
	}
	for _, m := range b.runs {
		if r, err := a.readRun(filepath.Join(dir, m.Name)); err != nil {
			m.err = err
		} else if r.ended {
			m.report = r.report
		}
	}
	rep := b.report()
	if asJSON {
		return a.printJSON(rep)
	}
	a.printBatch(rep)
	origin, err := readOrigin(dir)
	printOrigin(a.Out, origin)
	return err
}

// printOrigin says where a run comes from, if it is known.
func printOrigin(w io.Writer, o *report.Origin) {
	if o == nil {
		return
	}
	var b strings.Builder
	fmt.Fprintf(&b, "begun %s", day(o.Began))
	if !o.Ended.IsZero() {
		fmt.Fprintf(&b, ", ended %s", day(o.Ended))
	}
	fmt.Fprintf(&b, ", crux %s, %s\n", o.Version, o.Host)
	for i, c := range o.Commands {
		if i == 0 {
			c = o.Again()
		}
		fmt.Fprintf(&b, "  %s\n", c)
	}
	if s := o.Changed(); s != "" {
		fmt.Fprintf(&b, "  %s; problem.yaml of the run is what was solved\n", s)
	}
	io.WriteString(w, b.String()) //nolint:errcheck // Run checks the writer at the end
}

// day is a date as people write it, to the minute.
func day(t time.Time) string { return t.Local().Format("2006-01-02 15:04") }
