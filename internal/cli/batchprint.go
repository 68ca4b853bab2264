package cli

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/crux-pinn/crux/internal/report"
)

// printBatch prints a batch for people: of seeds, each run and the spread of each number; of a sweep, each combination.
func (a *app) printBatch(rep *report.Batch) {
	// Run checks the writer at the end
	fmt.Fprintf(a.Out, "%s: %d of %d runs completed", rep.Problem, rep.Done, len(rep.Runs)) //nolint:errcheck
	if rep.Summary != nil {
		fmt.Fprint(a.Out, "\n\n") //nolint:errcheck
		table(a.Out, runRows(rep.Runs))
		fmt.Fprintln(a.Out) //nolint:errcheck
		if line := disagreement(rep); line != "" {
			fmt.Fprintf(a.Out, "%s\n\n", line) //nolint:errcheck
		}
		table(a.Out, summaryRows(rep.Summary))
	} else {
		fmt.Fprintf(a.Out, ", of %d combinations%s\n\n", len(rep.Combinations), order(rep)) //nolint:errcheck
		table(a.Out, combinationRows(rep))
	}
	fmt.Fprintf(a.Out, "\nresults in %s\n", rep.RunDir) //nolint:errcheck
}

// disagreement says that runs which differ in their seeds alone have come to different things; empty if they agree.
func disagreement(rep *report.Batch) string {
	if len(rep.Summary.Verdicts) < 2 {
		return ""
	}
	var words, losses []string
	for _, v := range rep.Summary.Verdicts {
		words = append(words, fmt.Sprintf("%d %s", v.Value, v.Name))
	}
	for _, r := range rep.Runs {
		if r.Result != nil {
			losses = append(losses, scientific(r.Result.Loss))
		}
	}
	return fmt.Sprintf("the runs disagree: %s; losses %s", strings.Join(words, ", "), strings.Join(losses, ", "))
}

// worst is the largest estimated error of a run, "–" without one.
func worst(r *report.Report) string {
	if v := r.WorstEstimate(); !math.IsNaN(float64(v)) {
		return fmt.Sprintf("%.1e", v)
	}
	return "–"
}

// firstOf is the summary of the first combination of which a run came to an end.
func firstOf(rep *report.Batch) *report.Summary {
	for i := range rep.Combinations {
		if s := &rep.Combinations[i].Summary; s.Runs > 0 {
			return s
		}
	}
	return &report.Summary{}
}

// order says by what combinations are sorted.
func order(rep *report.Batch) string {
	switch s := firstOf(rep); {
	case s.Runs == 0:
		return ""
	case len(s.RelL2) > 0:
		return ", the smallest error of " + s.RelL2[0].Name + " first"
	case len(s.ParamErrors) > 0:
		return ", the smallest error of " + s.ParamErrors[0].Name + " first"
	case len(s.Estimate) > 0:
		return ", the smallest estimated error first"
	}
	return ", the smallest loss first"
}

// runRows has one row for each run.
func runRows(runs []report.Run) [][]string {
	rows := [][]string{{"run", "status", "verdict", "estimated error", "steps", "time", "loss"}}
	for _, r := range runs {
		row := []string{r.Run, r.Status}
		if q := r.Result; q != nil {
			row = append(row, string(q.Verdict), worst(q), fmt.Sprint(q.Steps), seconds(q.Seconds), scientific(q.Loss))
			named := len(rows[0]) > 7 // by the first run that has a result
			for _, e := range q.Errors {
				row = append(row, scientific(e.Value.RelL2))
				if !named {
					rows[0] = append(rows[0], e.Name+", rel. L2 error")
				}
			}
			for _, v := range q.Params {
				row = append(row, precise(v.Value, 6))
				if !named {
					rows[0] = append(rows[0], v.Name)
				}
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// summaryRows has one row for each quantity.
func summaryRows(s *report.Summary) [][]string {
	rows := [][]string{{fmt.Sprintf("over %d runs", s.Runs), "mean", "std", "min", "median", "max"}}
	if len(s.Truths) > 0 {
		rows[0] = append(rows[0], "true value")
	}
	add := func(name string, v report.Spread, text func(report.Number) string) {
		row := []string{name}
		for _, x := range []report.Number{v.Mean, v.Std, v.Min, v.Median, v.Max} {
			cell := "–"
			if !math.IsNaN(float64(x)) {
				cell = text(x)
			}
			row = append(row, cell)
		}
		rows = append(rows, row)
	}
	six := func(v report.Number) string { return precise(v, 6) }
	for _, e := range s.Estimate {
		add(e.Name+", estimated error", e.Value, scientific)
	}
	for i, e := range s.RelL2 {
		add(e.Name+", rel. L2 error", e.Value, scientific)
		add(e.Name+", max error", s.MaxAbs[i].Value, scientific)
	}
	for _, q := range s.Params {
		add(q.Name, q.Value, six)
		if t, ok := s.Truths.Get(q.Name); ok {
			rows[len(rows)-1] = append(rows[len(rows)-1], six(t))
		}
	}
	for _, q := range s.ParamErrors {
		add(q.Name+", rel. error", q.Value, scientific)
	}
	for _, q := range s.ResidualP99 {
		add(q.Name+", residual p99", q.Value, scientific)
	}
	add("loss", s.Loss, scientific)
	add("steps", s.Steps, six)
	add("time", s.Seconds, seconds)
	return rows
}

// combinationRows has one row for each combination.
func combinationRows(rep *report.Batch) [][]string {
	head := []string{"combination"}
	for _, v := range rep.Combinations[0].Values {
		head = append(head, v.Name)
	}
	first := firstOf(rep)
	for _, e := range first.RelL2 {
		head = append(head, e.Name+", rel. L2 error")
	}
	for _, q := range first.ParamErrors {
		head = append(head, q.Name+", rel. error")
	}
	rows := [][]string{append(head, "estimated error", "loss", "steps", "time", "runs")}
	for _, c := range rep.Combinations {
		row := []string{fmt.Sprint(c.Number)}
		for _, v := range c.Values {
			row = append(row, v.Value)
		}
		for _, of := range [][2]report.Spreads{{first.RelL2, c.RelL2}, {first.ParamErrors, c.ParamErrors}} {
			for _, q := range of[0] {
				cell := "–"
				if s, ok := of[1].Get(q.Name); ok {
					cell = plusMinus(s)
				}
				row = append(row, cell)
			}
		}
		if c.Runs > 0 {
			row = append(row, plusMinus(c.WorstEstimate()), plusMinus(c.Loss), precise(c.Steps.Mean, 6), seconds(c.Seconds.Mean))
		} else {
			row = append(row, "–", "–", "–", "–")
		}
		rows = append(rows, append(row, state(rep, c)))
	}
	return rows
}

// state says how many runs of a combination came to an end, and what became of the others.
func state(rep *report.Batch, c report.Combination) string {
	var others []string
	for _, r := range rep.Runs {
		if r.Combination+1 == c.Number && !report.Counts(r.Status) {
			others = append(others, r.Run+" "+r.Status)
		}
	}
	text := fmt.Sprintf("%d of %d", c.Runs, c.Total)
	if len(others) > 0 {
		text += "; " + strings.Join(others, ", ")
	}
	return text
}

// printPlan prints the runs that there would be.
func (a *app) printPlan(b *batch, asJSON bool) error {
	if asJSON {
		return a.printJSON(struct {
			DryRun bool `json:"dry_run"`
			manifest
		}{true, b.manifest})
	}
	head := []string{"run", "seed"}
	for _, x := range b.Grid {
		head = append(head, x.Key)
	}
	rows := [][]string{head}
	for _, m := range b.runs {
		rows = append(rows, append([]string{m.Name, integer(m.Seed)}, m.Values...))
	}
	table(a.Out, rows)
	return nil
}

// plusMinus is mean ± standard deviation, or the value of a single run; "–" without one.
func plusMinus(s report.Spread) string {
	if math.IsNaN(float64(s.Mean)) {
		return "–"
	}
	if math.IsNaN(float64(s.Std)) {
		return scientific(s.Mean)
	}
	return scientific(s.Mean) + " ± " + precise(s.Std, 2)
}

func integer(v uint64) string { return strconv.FormatUint(v, 10) }

// precise is a number with the given number of digits.
func precise(v report.Number, digits int) string {
	return strconv.FormatFloat(float64(v), 'g', digits, 64)
}

// seconds is a time in a report.
func seconds(s report.Number) string {
	return duration(time.Duration(float64(s) * float64(time.Second)))
}
