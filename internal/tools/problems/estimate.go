package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/crux-pinn/crux/crux/verdict"
	"github.com/crux-pinn/crux/internal/report"
)

// estimateBudget is the time for which a problem is trained, to learn how many steps that is.
const estimateBudget = "budget=8s"

// unknownReference is the error below which a reference out of a file says nothing, where its own error is not known: those of the files of
// testdata/issues are asked to be right to a tenth of a percent.
const unknownReference = 1e-3

// estimates solves a problem, and again as far as 10, 30 and 60 % of the steps that its first way took, which are states of the same run.
// There is a row for each number that is estimated and known. A problem that is refused has none.
func estimates(b *binary, file string, _ []string) (list [][]string, err error) {
	whole := &report.Report{}
	if _, err := b.solve(whole, file, "--set", estimateBudget, "--set", "accuracy=auto"); err != nil {
		return nil, nil //nolint:nilerr // it has printed why
	}
	steps := whole.Steps
	if len(whole.Attempts) > 0 {
		steps = whole.Attempts[0].Steps
	}
	for _, percent := range []int{10, 30, 60} {
		o := &report.Report{}
		if _, err := b.solve(o, file, "--steps", strconv.Itoa(max(1, steps*percent/100))); err != nil {
			return nil, err
		}
		list = append(list, pairs(o)...)
	}
	return append(list, pairs(whole)...), nil
}

// pairs are the estimated errors of a run beside the true ones, all at most 1. Left out are true ones that are no more than rounding, or
// than the error of the reference itself.
func pairs(o *report.Report) (list [][]string) {
	for _, e := range o.Estimate {
		found, known := o.Number(e.Name + ".error")
		truth := float64(found)
		own := 1e-12
		if f, ok := o.Errors.Get(e.Name); ok && math.IsNaN(float64(f.SelfError)) {
			own = unknownReference
		} else if ok && f.MaxAbs > 0 {
			own = max(own, 2*float64(f.SelfError/f.MaxAbs*f.RelL2))
		}
		if !known || !(truth >= own) {
			continue
		}
		truth = min(truth, 1)
		list = append(list, []string{
			strconv.Itoa(o.Steps), string(o.Verdict), e.Name, fmt.Sprintf("%.1e", e.Value), fmt.Sprintf("%.1e", truth), fmt.Sprintf("%.2g",
				float64(e.Value)/truth),
		})
	}
	return list
}

// judged says how many estimates are good ones, and what the verdicts are worth: the worst true error of each state beside its verdict.
func judged(_ string, all rows) string {
	var known, small, near int
	type state struct{ name, steps string }
	worst, word := map[state]float64{}, map[state]string{}
	for name, of := range all {
		for _, cells := range of {
			n := len(cells)
			truth, err := strconv.ParseFloat(cells[n-2], 64)
			quotient, also := strconv.ParseFloat(cells[n-1], 64)
			if err != nil || also != nil || math.IsNaN(quotient) {
				continue
			}
			known++
			if quotient < 1.0/3 {
				small++
			}
			if quotient >= 1.0/30 && quotient <= 30 {
				near++
			}
			at := state{name, cells[1]}
			worst[at], word[at] = max(worst[at], truth), cells[2]
		}
	}
	var text strings.Builder
	fmt.Fprintf(&text, "Of %d pairs %d estimates are more than 3 times too small, and %d lie within a factor of 30.\n\n", known, small, near)
	text.WriteString("| verdict | error below 1e-7 | to 1e-5 | to 0.01 | to 0.3 | above |\n|---|---|---|---|---|---|\n")
	bounds := []float64{verdict.Accuracy / 10, 10 * verdict.Accuracy, 1e-2, 0.3, math.Inf(1)}
	for _, w := range []verdict.Word{verdict.Solved, verdict.Inaccurate, verdict.Unsolved, verdict.IllPosed} {
		counts := make([]string, len(bounds))
		for i := range counts {
			n := 0
			for at, truth := range worst {
				if word[at] == string(w) && slices.IndexFunc(bounds, func(b float64) bool { return truth < b || b == bounds[len(bounds)-1] }) == i {
					n++
				}
			}
			counts[i] = strconv.Itoa(n)
		}
		text.WriteString(line(append([]string{string(w)}, counts...)))
	}
	return text.String()
}
