package cli

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/crux-pinn/crux/internal/files/ckpt"
)

// print prints a batch for people: of seeds, each run and the spread of each number; of a sweep, each combination.
func (b *batch) print(w io.Writer, rep *BatchReport) {
	var s strings.Builder
	fmt.Fprintf(&s, "%s: %d of %d runs completed", rep.Problem, rep.Done, len(rep.Runs))
	if rep.Summary != nil {
		s.WriteString("\n\n")
		table(&s, runRows(rep.Runs))
		s.WriteString("\n")
		table(&s, rep.Summary.rows())
	} else {
		fmt.Fprintf(&s, ", of %d combinations%s\n\n", len(rep.Combinations), order(rep))
		table(&s, combinationRows(rep))
	}
	fmt.Fprintf(&s, "\nresults in %s\n", rep.RunDir)
	io.WriteString(w, s.String()) //nolint:errcheck // Run checks the writer at the end
}

// order says by what combinations are sorted.
func order(rep *BatchReport) string {
	for _, c := range rep.Combinations {
		switch {
		case c.Runs == 0:
		case len(c.RelL2) > 0:
			return ", the smallest error of " + c.RelL2[0].Name + " first"
		case len(c.ParamErrors) > 0:
			return ", the smallest error of " + c.ParamErrors[0].Name + " first"
		default:
			return ", the smallest loss first"
		}
	}
	return ""
}

// runRows has one row for each run.
func runRows(runs []RunReport) [][]string {
	head := []string{"run", "status", "steps", "time", "loss"}
	var first *Report
	for _, r := range runs {
		if first == nil && r.Result != nil {
			first = r.Result
		}
	}
	if first != nil {
		for _, e := range first.Errors {
			head = append(head, e.Field+", rel. L2 error")
		}
		for _, q := range first.Params {
			head = append(head, q.Name)
		}
	}
	rows := [][]string{head}
	for _, r := range runs {
		row := []string{r.Run, r.Status}
		if q := r.Result; q != nil {
			row = append(row, fmt.Sprint(q.Steps), seconds(q.Seconds), scientific(float64(q.Loss)))
			for _, e := range q.Errors {
				row = append(row, scientific(e.RelL2))
			}
			for _, v := range q.Params {
				row = append(row, precise(v.Value, 6))
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// rows has one row for each quantity.
func (s *Summary) rows() [][]string {
	head := []string{fmt.Sprintf("over %d runs", s.Runs), "mean", "std", "min", "median", "max"}
	if len(s.Truths) > 0 {
		head = append(head, "true value")
	}
	rows := [][]string{head}
	add := func(name string, v Spread, text func(float64) string, more ...string) {
		row := []string{name}
		for _, x := range []Number{v.Mean, v.Std, v.Min, v.Median, v.Max} {
			cell := "–"
			if !math.IsNaN(float64(x)) {
				cell = text(float64(x))
			}
			row = append(row, cell)
		}
		rows = append(rows, append(row, more...))
	}
	for i, e := range s.RelL2 {
		add(e.Name+", rel. L2 error", e.Spread, scientific)
		add(e.Name+", max error", s.MaxAbs[i].Spread, scientific)
	}
	for _, q := range s.Params {
		var truth []string
		for _, t := range s.Truths {
			if t.Name == q.Name {
				truth = []string{precise(t.Value, 6)}
			}
		}
		add(q.Name, q.Spread, func(v float64) string { return precise(v, 6) }, truth...)
	}
	for _, q := range s.ParamErrors {
		add(q.Name+", rel. error", q.Spread, scientific)
	}
	for _, q := range s.ResidualP99 {
		add(q.Name+", residual p99", q.Spread, scientific)
	}
	add("loss", s.Loss, scientific)
	add("steps", s.Steps, func(v float64) string { return precise(v, 6) })
	add("time", s.Seconds, func(v float64) string { return seconds(Number(v)) })
	return rows
}

// combinationRows has one row for each combination.
func combinationRows(rep *BatchReport) [][]string {
	head := []string{"combination"}
	for _, v := range rep.Combinations[0].Values {
		head = append(head, v.Name)
	}
	var first *Summary
	for i := range rep.Combinations {
		if c := &rep.Combinations[i]; first == nil && c.Runs > 0 {
			first = &c.Summary
		}
	}
	if first == nil {
		first = &Summary{}
	}
	for _, e := range first.RelL2 {
		head = append(head, e.Name+", rel. L2 error")
	}
	for _, q := range first.ParamErrors {
		head = append(head, q.Name+", rel. error")
	}
	rows := [][]string{append(head, "loss", "steps", "time", "runs")}
	for _, c := range rep.Combinations {
		row := []string{fmt.Sprint(c.Number)}
		for _, v := range c.Values {
			row = append(row, v.Text)
		}
		for _, e := range first.RelL2 {
			row = append(row, c.RelL2.named(e.Name))
		}
		for _, q := range first.ParamErrors {
			row = append(row, c.ParamErrors.named(q.Name))
		}
		if c.Runs > 0 {
			row = append(row, c.Loss.plusMinus(), precise(float64(c.Steps.Mean), 6), seconds(c.Seconds.Mean))
		} else {
			row = append(row, "–", "–", "–")
		}
		rows = append(rows, append(row, rep.state(c)))
	}
	return rows
}

// state says how many runs of a combination came to an end, and what became of the others.
func (rep *BatchReport) state(c Combination) string {
	text := fmt.Sprintf("%d of %d", c.Runs, c.Total)
	var others []string
	for _, r := range rep.Runs {
		if fmt.Sprint(r.Values) != fmt.Sprint(c.Values) {
			continue
		}
		switch r.Status {
		case "completed", "converged", "stopped":
		default:
			others = append(others, r.Run+" "+r.Status)
		}
	}
	if len(others) > 0 {
		text += "; " + strings.Join(others, ", ")
	}
	return text
}

// printPlan prints the runs that there would be.
func (a *app) printPlan(b *batch, asJSON bool) error {
	if asJSON {
		text, err := jsonText(struct {
			DryRun bool `json:"dry_run"`
			manifest
		}{true, b.manifest})
		if err != nil {
			return fail(exitFailed, err)
		}
		a.Out.Write(text) //nolint:errcheck // Run checks the writer at the end
		return nil
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

// saveLines writes a file of CSV.
func saveLines(path string, lines [][]string) error {
	return ckpt.WriteFile(path, func(w io.Writer) error { return csv.NewWriter(w).WriteAll(lines) })
}

func integer(v uint64) string { return strconv.FormatUint(v, 10) }

// precise is a number with so many digits.
func precise(v float64, digits int) string { return strconv.FormatFloat(v, 'g', digits, 64) }

// seconds is a time in a report.
func seconds(s Number) string { return duration(time.Duration(float64(s) * float64(time.Second))) }
