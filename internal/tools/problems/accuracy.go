package main

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/crux-pinn/crux/internal/report"
)

// accuracyPage is the page on the shipped problems.
var accuracyPage = &page{head: accuracyHead, tail: accuracyTail, file: "docs/results/accuracy.md", of: shipped, targets: true, row: accuracyRow}

// accuracyHead is the page on accuracy up to its table.
const accuracyHead = `# Accuracy

Made by ` + "`make accuracy`" + ` (` + "`go -C internal/tools run ./problems`" + `): every file of testdata/problems solved by
` + "`crux solve FILE --seeds 3 --jobs 1`" + `, so with its own settings, three seeds one after the other, each on all cores of the machine
(two, where it was measured). "must" and "aim" are the targets of the project. Of errors, residuals and times there is the median over the seeds, with
the smallest and the largest in brackets. Errors are relative L2 errors on a grid of at least 101 points per axis that was not trained on, or of a parameter
its relative error; p99 is the 99th percentile of the residual's absolute value at the training points. "reached" says what the median error and the
median time are enough for; "optimiser" is what ran, for the first seed where it decides by itself; where several fields have a
reference, the worst counts. "commit" is the state that was measured, + with changes
not committed. Times are wall times, so measure on a machine that does nothing else. A row that says "` + notMeasured + `" has no numbers of ours behind it.

| problem | must | aim | error | reached | residual p99 | time | steps | optimiser | parameters | commit |
|---|---|---|---|---|---|---|---|---|---|---|
`

// spreadText is the median, with the smallest and the largest in brackets where they differ.
func spreadText(s report.Spread, format string) string {
	if fmt.Sprintf(format, s.Min) == fmt.Sprintf(format, s.Max) {
		return fmt.Sprintf(format, s.Median)
	}
	return fmt.Sprintf(format+" ("+format+"–"+format+")", s.Median, s.Min, s.Max)
}

// accuracyRow solves a problem with several seeds.
func accuracyRow(b *binary, name, file string, f flags) ([]string, error) {
	o := &report.Batch{}
	_, err := b.solve(o, file, f, "--seeds", strconv.Itoa(f.seeds), "--jobs", "1", "--out", filepath.Join(b.dir, name))
	if err != nil {
		return nil, err
	}
	return seedsRow(o, targets[name], b.commit), nil
}

func seedsRow(o *report.Batch, t target, commit string) []string {
	fields, params := map[string]float64{}, map[string]float64{}
	var errs, p99 []string
	s := o.Summary
	for _, e := range sorted(s.RelL2) {
		fields[e.Name] = float64(e.Value.Median)
		errs = append(errs, e.Name+" "+spreadText(e.Value, "%.1e"))
	}
	for _, e := range sorted(s.ParamErrors) {
		params[e.Name] = float64(e.Value.Median)
		errs = append(errs, e.Name+" "+spreadText(e.Value, "%.1e"))
	}
	for _, e := range sorted(s.ResidualP99) {
		p99 = append(p99, e.Name+" "+spreadText(e.Value, "%.1e"))
	}
	reached := t.reached(fields, params, time.Duration(float64(s.Seconds.Median)*float64(time.Second)))
	optimiser, size := "", ""
	for _, r := range o.Runs {
		if r.Result != nil && optimiser == "" {
			optimiser, size = chosen(append([]string{r.Result.Optimizer}, r.Result.Choices...)), strconv.Itoa(r.Result.Parameters)
		}
	}
	if o.Done < len(o.Runs) {
		for i, r := range o.Runs {
			reached += fmt.Sprintf("%s %s", map[bool]string{true: "; seeds:", false: ","}[i == 0], r.Status)
		}
	}
	return []string{
		strings.Join(errs, ", "), reached, strings.Join(p99, ", "), spreadText(s.Seconds, "%.1f") + " s", spreadText(s.Steps, "%.0f"), optimiser, size, commit,
	}
}
