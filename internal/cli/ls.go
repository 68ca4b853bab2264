package cli

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/crux-pinn/crux/internal/report"
)

// Listed is a run, or a directory of several, as crux ls --json prints it.
type Listed struct {
	Run      string        `json:"run"`
	Problem  string        `json:"problem"`
	Verdict  string        `json:"verdict"`  // or the status of a run without one; of several, how many of them are done
	Error    report.Number `json:"error"`    // the largest relative L2 error of a field, of the best of several runs; null if unknown
	Estimate report.Number `json:"estimate"` // likewise the largest estimated relative error
	Steps    int           `json:"steps"`    // of all runs
	Seconds  report.Number `json:"seconds"`  // of training, of all runs
	Date     time.Time     `json:"date"`
}

func (a *app) ls() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "ls [DIR]",
		Short: "List the runs in a directory, the newest first",
		Long: `List the runs in a directory, by default runs, the newest first: verdict, the largest error of a field where a reference is known,
the largest estimated error, steps, training time, problem and date. Directories of several runs are one line, with the
errors of the best run; crux ls DIR lists their runs.`,
		Example: `  crux ls
  crux ls runs/burgers-sweep
  crux ls --json | jq '.[] | select(.verdict == "solved").run'`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.runLs(append(args, runsFolder)[0], len(args) > 0, asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print the list as one JSON array")
	return c
}

func (a *app) runLs(folder string, asked, asJSON bool) error {
	if info, err := os.Stat(folder); asked && (err != nil || !info.IsDir()) {
		return fail(exitUsage, fmt.Errorf("%s is not a directory; crux ls lists the runs in %s", folder, runsFolder))
	}
	list := []Listed{}
	for _, dir := range runsIn(folder) {
		list = append(list, a.listed(dir))
	}
	slices.SortStableFunc(list, func(x, y Listed) int { return y.Date.Compare(x.Date) })
	if asJSON {
		return a.printJSON(list)
	}
	if len(list) == 0 {
		fmt.Fprintf(a.Out, "no runs in %s; crux solve problem.yaml makes them\n", folder) //nolint:errcheck // Run checks the writer at the end
		return nil
	}
	rows := [][]string{{"run", "verdict", "error", "estimated error", "steps", "time", "problem", "date"}}
	for _, l := range list {
		rows = append(rows, []string{
			l.Run, l.Verdict, orDash(l.Error, "%.1e"), orDash(l.Estimate, "%.1e"), fmt.Sprint(l.Steps), orDash(l.Seconds,
				"s"), l.Problem, day(l.Date),
		})
	}
	table(a.Out, rows)
	return nil
}

// listed is a run or several as a line of the list. What cannot be read says so there.
func (a *app) listed(dir string) Listed {
	if exists(filepath.Join(dir, batchFile)) {
		return a.listedRuns(dir)
	}
	r, err := a.readRun(dir)
	if err != nil {
		return Listed{Run: dir, Verdict: "unreadable", Error: none, Estimate: none, Seconds: none}
	}
	q := r.report
	return Listed{dir, q.Problem, cmp.Or(string(q.Verdict), q.Status), q.WorstError(), q.WorstEstimate(), q.Steps, q.Seconds, r.date}
}

func (a *app) listedRuns(dir string) Listed {
	l := Listed{Run: dir, Verdict: "unreadable", Error: none, Estimate: none}
	b, err := openBatch(dir)
	if err != nil {
		return l
	}
	done := 0
	for _, m := range b.runs {
		r := a.listed(filepath.Join(dir, m.Name))
		if r.Verdict != notBegun && r.Verdict != running && r.Verdict != broken {
			done++
		}
		l.Error, l.Estimate = least(l.Error, r.Error), least(l.Estimate, r.Estimate)
		l.Steps += r.Steps
		if !math.IsNaN(float64(r.Seconds)) {
			l.Seconds += r.Seconds
		}
		if l.Date.Before(r.Date) {
			l.Date = r.Date
		}
	}
	l.Problem, l.Verdict = b.Problem, fmt.Sprintf("%d of %d runs", done, len(b.runs))
	return l
}

// none is a number that there is not.
var none = report.Number(math.NaN())

// least is the smaller of two numbers, of which either may not be there.
func least(x, y report.Number) report.Number {
	if y < x || math.IsNaN(float64(x)) {
		return y
	}
	return x
}

// orDash is a number, or a dash where there is none. The format s is that of a time.
func orDash(x report.Number, format string) string {
	switch {
	case math.IsNaN(float64(x)):
		return "–"
	case format == "s":
		return seconds(x)
	}
	return fmt.Sprintf(format, float64(x))
}
