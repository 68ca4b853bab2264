package main

import (
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// accuracyPage is the page on the shipped problems.
var accuracyPage = &page{head: accuracyHead, tail: accuracyTail, file: "docs/accuracy.md", of: shipped, targets: true, row: accuracyRow}

// accuracyHead is the page on accuracy up to its table.
const accuracyHead = `# Accuracy

Made by ` + "`make accuracy`" + ` (` + "`go -C internal/tools run ./problems`" + `): every file of testdata/problems solved by
` + "`crux solve FILE --seeds 3 --jobs 1`" + `, so with its own settings, three seeds one after the other, each on all cores of the machine
(two, where it was measured). "must" and "aim" are the targets of the project. Of errors, residuals and times there is the median over the seeds, with
the smallest and the largest in brackets. Errors are relative L2 errors on a grid of at least 101 points per axis that was not trained on, or of a parameter
its relative error; p99 is the 99th percentile of the residual's absolute value at the training points. "reached" says what the median error and the
median time are enough for; "optimiser" is what ran, for the first seed where it decides by itself; where several fields have a reference, the worst counts. "commit" is the state that was measured, + with changes
not committed. Times are wall times, so measure on a machine that does nothing else. A row that says "` + notMeasured + `" has no numbers of ours behind it.

| problem | must | aim | error | reached | residual p99 | time | steps | optimiser | parameters | commit |
|---|---|---|---|---|---|---|---|---|---|---|
`

// seedsOutcome is the part of the JSON of several seeds that the page shows.
type seedsOutcome struct {
	Done    int
	Summary struct {
		RelL2       map[string]spread `json:"rel_l2"`
		ParamErrors map[string]spread `json:"param_errors"`
		ResidualP99 map[string]spread `json:"residual_p99"`
		Steps       spread
		Seconds     spread
	}
	Runs []struct {
		Status string
		Result *outcome
	}
}

// number is a float64 that is null in JSON when it is not finite; it is NaN then.
type number float64

// UnmarshalJSON implements json.Unmarshaler.
func (x *number) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*x = number(math.NaN())
		return nil
	}
	return json.Unmarshal(b, (*float64)(x))
}

type spread struct{ Min, Median, Max number }

func (s spread) text(format string) string {
	if fmt.Sprintf(format, s.Min) == fmt.Sprintf(format, s.Max) {
		return fmt.Sprintf(format, s.Median)
	}
	return fmt.Sprintf(format+" ("+format+"–"+format+")", s.Median, s.Min, s.Max)
}

// accuracyRow solves a problem with several seeds.
func accuracyRow(b *binary, name, file string, f flags) ([]string, error) {
	o := &seedsOutcome{}
	_, err := b.solve(o, file, f, "--seeds", strconv.Itoa(f.seeds), "--jobs", "1", "--out", filepath.Join(b.dir, name))
	return o.row(targets[name], b.commit), err
}

func (o *seedsOutcome) row(t target, commit string) []string {
	fields, params := map[string]float64{}, map[string]float64{}
	var errs, p99 []string
	s := &o.Summary
	for _, name := range keys(s.RelL2) {
		fields[name] = float64(s.RelL2[name].Median)
		errs = append(errs, name+" "+s.RelL2[name].text("%.1e"))
	}
	for _, name := range keys(s.ParamErrors) {
		params[name] = float64(s.ParamErrors[name].Median)
		errs = append(errs, name+" "+s.ParamErrors[name].text("%.1e"))
	}
	for _, name := range keys(s.ResidualP99) {
		p99 = append(p99, name+" "+s.ResidualP99[name].text("%.1e"))
	}
	reached := t.reached(fields, params, time.Duration(float64(s.Seconds.Median)*float64(time.Second)))
	optimiser, size := "", ""
	for _, r := range o.Runs {
		if r.Result != nil && optimiser == "" {
			ran := append([]string{r.Result.Optimizer}, r.Result.Choices...)
			optimiser, size = strings.ReplaceAll(strings.Join(ran, "; "), "|", "/"), strconv.Itoa(r.Result.Parameters)
		}
	}
	if o.Done < len(o.Runs) {
		for i, r := range o.Runs {
			reached += fmt.Sprintf("%s %s", map[bool]string{true: "; seeds:", false: ","}[i == 0], r.Status)
		}
	}
	return []string{
		strings.Join(errs, ", "), reached, strings.Join(p99, ", "), s.Seconds.text("%.1f") + " s", s.Steps.text("%.0f"), optimiser, size, commit,
	}
}
