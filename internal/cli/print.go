package cli

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/problemfile"
	"github.com/crux-pinn/crux/internal/report"
)

// printReport prints a report for people.
func printReport(w io.Writer, r *report.Report) {
	var b strings.Builder
	sec := time.Duration(float64(r.Seconds) * float64(time.Second))
	head := r.Problem + ": "
	if r.Verdict != "" {
		fmt.Fprintf(&b, "%s%s\n", head, headline(r))
		head = ""
		for i, reason := range r.Advice() {
			if i > 0 { // the headline has the first
				fmt.Fprintf(&b, "  %s\n", reason.Text)
			}
			if reason.Remedy != "" {
				fmt.Fprintf(&b, "  try %s\n", reason.Remedy)
			}
		}
	}
	for _, x := range r.Expected {
		word := "met"
		if !x.Met {
			word = "MISSED"
		}
		fmt.Fprintf(&b, "expected %s %s: %.3g, %s\n", x.Of, x.Bound, x.Value, word)
	}
	fmt.Fprintf(&b, "%s%s, %s\n", head, r.Status, r.Reason)
	b.WriteString(report.Counted(r.Steps, "step"))
	if !math.IsNaN(float64(r.Seconds)) {
		fmt.Fprintf(&b, " in %s", duration(sec))
	}
	if r.Steps > 0 && r.Seconds > 0 {
		fmt.Fprintf(&b, " (%s/s)", short(float64(r.Steps)/float64(r.Seconds)))
	}
	fmt.Fprintf(&b, ", seed %d\n", r.Seed)
	for _, line := range r.Choices {
		fmt.Fprintf(&b, "optimizer: %s\n", line)
	}
	for _, line := range r.Resampling {
		fmt.Fprintf(&b, "points: %s\n", line)
	}
	for _, line := range r.Fitting {
		fmt.Fprintf(&b, "data: %s\n", line)
	}
	rows := [][]string{{"way", "verdict", "estimated error", "steps", "time"}}
	for _, x := range r.Attempts {
		rows = append(rows, []string{
			x.Way, cmp.Or(string(x.Verdict), x.Status), fmt.Sprintf("%.1e",
				x.Worst), fmt.Sprint(x.Steps), duration(time.Duration(float64(x.Seconds) * float64(time.Second))),
		})
	}
	spacedTable(&b, rows)
	rows = [][]string{{"constraint", "loss", "residual p99", "of its terms", "points"}}
	for _, l := range r.Losses {
		p99, share, points := "–", "–", "–"
		if v, ok := r.OfTerms.Get(l.Name); ok {
			share = report.Percent(v)
		}
		if v, ok := r.ResidualP99.Get(l.Name); ok {
			p99 = scientific(v)
		}
		if n, ok := r.Points.Get(l.Name); ok {
			points = fmt.Sprint(n)
		}
		rows = append(rows, []string{l.Name, scientific(l.Value), p99, share, points})
	}
	for _, e := range r.Exact {
		rows = append(rows, []string{e.Constraint, "exact", "", "", "built into " + e.Field})
	}
	spacedTable(&b, append(rows, []string{"total", scientific(r.Loss)}))
	if by := r.Divided(); by != "" && len(r.Losses) > 0 {
		fmt.Fprintf(&b, "\nlosses in the table are of the residuals as the file has them; "+
			"while they were trained, residuals were divided: %s\n", by)
	}

	printRegions(&b, r)
	rows = [][]string{{"window", "from", "to", "steps", "loss", "estimated error"}}
	for i, w := range r.Windows {
		rows = append(rows, []string{
			fmt.Sprint(i + 1), fmt.Sprintf("%.6g", w.From), fmt.Sprintf("%.6g", w.To), fmt.Sprint(w.Steps),
			lossOf(w.Steps, w.Loss), orNone(w.Estimate),
		})
	}
	spacedTable(&b, rows)
	for _, w := range r.Warnings {
		fmt.Fprintf(&b, "  ! %s\n", w)
	}
	if c := r.Curriculum; c != nil {
		rows = [][]string{{"lesson", c.Constant, "steps", "loss"}}
		for i, l := range c.Lessons {
			rows = append(rows, []string{fmt.Sprint(i + 1), fmt.Sprintf("%.6g", l.Value), fmt.Sprint(l.Steps), lossOf(l.Steps, l.Loss)})
		}
		spacedTable(&b, rows)
		if line := c.Unfinished(); line != "" {
			fmt.Fprintf(&b, "\n%s\n", line)
		}
	}
	rows = [][]string{{"field", "rel. L2 error", "max error", "own error of the reference", "reference"}}
	for _, named := range r.Errors {
		e, own := named.Value, "0"
		row := []string{named.Name, scientific(e.RelL2), scientific(e.MaxAbs)}
		switch {
		case math.IsNaN(float64(e.SelfError)):
			own = "unknown"
		case e.SelfError != 0:
			own = scientific(e.SelfError)
		}
		if e.Reference != "" {
			row = append(row, own, fmt.Sprintf("%s, at %s", e.Reference, report.Counted(e.Points, "point")))
		}
		rows = append(rows, row)
	}
	spacedTable(&b, rows)
	titles := []string{"parameter", "value", "±"}
	if len(r.Noise) > 0 {
		titles = append(titles, "95 % interval")
	}
	rows = [][]string{append(titles, "true value", "rel. error")}
	for _, q := range r.Params {
		row := []string{q.Name, fmt.Sprintf("%.6g", q.Value)}
		switch k, ok := r.Known.Get(q.Name); {
		case k.Interval != nil:
			row = append(row, fmt.Sprintf("%.2g", k.Sigma), fmt.Sprintf("%.5g to %.5g", k.Interval[0], k.Interval[1]))
		case ok:
			row = append(row, fmt.Sprintf("%.1e", k.Sigma))
		}
		for len(row) < len(titles) {
			row = append(row, "–")
		}
		if truth, ok := r.Truths.Get(q.Name); ok {
			row = append(row, fmt.Sprintf("%.6g", truth), scientific(report.Relative(q.Value, truth)))
		}
		rows = append(rows, row)
	}
	spacedTable(&b, rows)
	rows = [][]string{{"data", "standard deviation", "values", "degrees of freedom"}}
	for _, n := range r.Noise {
		name := n.Constraint
		if slices.ContainsFunc(r.Noise, func(o report.Noise) bool { return o.Constraint == n.Constraint && o.Component != n.Component }) {
			name = fmt.Sprintf("%s[%d]", name, n.Component)
		}
		rows = append(rows, []string{name, fmt.Sprintf("%.3g", n.Sigma), fmt.Sprint(n.Values), fmt.Sprintf("%.1f", n.Freedom)})
	}
	spacedTable(&b, rows)
	rows = [][]string{{"shown", "value"}}
	for _, q := range r.Shown {
		rows = append(rows, []string{q.Name, fmt.Sprintf("%.6g", q.Value)})
	}
	spacedTable(&b, rows)
	if len(r.Findings) > 0 {
		b.WriteString("\nwhat the trackers found\n")
		for _, f := range r.Findings {
			fmt.Fprintf(&b, "  ! %s\n", f)
		}
		if r.RunDir != nil {
			fmt.Fprintf(&b, "  all they measured: crux explain %s\n", *r.RunDir)
		}
	}
	if r.RunDir != nil {
		fmt.Fprintf(&b, "\nresults in %s\n", *r.RunDir)
	}
	io.WriteString(w, b.String()) //nolint:errcheck // Run checks the writer at the end
}

// printRegions prints what materials have of their own.
func printRegions(w io.Writer, r *report.Report) {
	rows := [][]string{{"material", "of", "estimated error", "error"}}
	for _, x := range r.Regions {
		for _, e := range x.Estimate {
			off := "–"
			if v, ok := x.Errors.Get(e.Name); ok {
				off = fmt.Sprintf("%.1e", v)
			}
			rows = append(rows, []string{x.Name, e.Name, fmt.Sprintf("%.1e", e.Value), off})
		}
	}
	spacedTable(w, rows)
	rows = [][]string{{"material", "residual of", "root mean square"}}
	for _, x := range r.Regions {
		for _, e := range x.Residuals {
			rows = append(rows, []string{x.Name, e.Name, scientific(e.Value)})
		}
	}
	spacedTable(w, rows)
	rows = [][]string{{"balance", "of", "in", "out", "made", "off"}}
	for _, f := range r.Balance {
		rows = append(rows, []string{
			f.Equation, f.Of, fmt.Sprintf("%.4g", f.In), fmt.Sprintf("%.4g", f.Out), fmt.Sprintf("%.3g", f.Made), fmt.Sprintf("%.0e", f.Off),
		})
	}
	spacedTable(w, rows)
}

// orNone is an estimated error, if there is one.
func orNone(e *report.Number) string {
	if e == nil {
		return "–"
	}
	return fmt.Sprintf("%.1e", *e)
}

// lossOf is the loss at the end of a piece of the run, if that has begun.
func lossOf(steps int, loss report.Number) string {
	if steps == 0 {
		return "–"
	}
	return scientific(loss)
}

// spacedTable prints a table after an empty line, if it has rows below its head.
func spacedTable(w io.Writer, rows [][]string) {
	if len(rows) > 1 {
		fmt.Fprintln(w) //nolint:errcheck // it writes to memory
		table(w, rows)
	}
}

// table prints rows with their columns aligned.
func table(w io.Writer, rows [][]string) {
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	for _, r := range rows {
		fmt.Fprintln(t, strings.Join(r, "\t")) //nolint:errcheck // it writes to memory
	}
	t.Flush() //nolint:errcheck
}

// scientific is a number with three digits after the point.
func scientific[T ~float64](v T) string { return fmt.Sprintf("%.3e", v) }

// short is a rate with about three digits.
func short(v float64) string {
	if v >= 100 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

// duration is a time as people say it: 4.2s, 1m20s, 3h05m.
func duration(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%.1fs", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
}

// printDecisions says what was decided that the file leaves open.
func printDecisions(w io.Writer, p *problemfile.Problem) {
	for _, d := range p.Choice.Decisions {
		fmt.Fprintf(w, "%s: %s\n", d.What, d.Why) //nolint:errcheck // it is said in the report again
	}
}

// scalesOf are the scales of the residuals as the report has them.
func scalesOf(list []crux.Scale) []report.Scale {
	out := make([]report.Scale, len(list))
	for i, s := range list {
		out[i] = report.Scale{Constraint: s.Name, Residual: report.Number(s.RMS), Divisor: report.Number(s.By)}
		for _, t := range s.Terms {
			out[i].Terms = append(out[i].Terms, report.Term{Text: t.Text, RMS: report.Number(t.RMS)})
		}
	}
	return out
}

// printScales says how large the residuals and their terms are at step 0.
func printScales(w io.Writer, list []crux.Scale) {
	for _, s := range list {
		line := fmt.Sprintf("%s: residual %.1e at step 0", s.Name, s.RMS)
		if s.By != 1 {
			line += fmt.Sprintf(", divided by %.3g", s.By)
		}
		if len(s.Terms) > 1 {
			var terms []string
			for _, t := range s.Terms {
				terms = append(terms, fmt.Sprintf("%s %.1e", shortened(t.Text), t.RMS))
			}
			line += "; terms: " + strings.Join(terms, ", ")
		}
		fmt.Fprintln(w, line) //nolint:errcheck // it is in result.json again
	}
}

// shortened is a text of at most 32 letters.
func shortened(s string) string {
	if r := []rune(s); len(r) > 32 {
		return string(r[:31]) + "…"
	}
	return s
}
