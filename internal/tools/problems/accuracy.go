package main

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/crux-pinn/crux/internal/report"
)

// accuracy solves a problem with three seeds.
func accuracy(b *binary, file string, byHand []string) ([][]string, error) {
	o := &report.Batch{}
	if _, err := b.solve(o, file, "--seeds", strconv.Itoa(len(evidenceSeeds)), "--jobs", "1"); err != nil {
		return nil, err
	}
	row, err := seedsRow(o, byHand[1], byHand[2], b.commit)
	return [][]string{row}, err
}

func seedsRow(o *report.Batch, must, aim, commit string) ([]string, error) {
	s := o.Summary
	var fields, params report.Numbers
	for _, e := range s.RelL2 {
		fields.Add(e.Name, e.Value.Median)
	}
	for _, e := range s.ParamErrors {
		params.Add(e.Name, e.Value.Median)
	}
	reached, err := reached(must, aim, fields, params, time.Duration(float64(s.Seconds.Median)*float64(time.Second)))
	if o.Done < len(o.Runs) {
		for i, r := range o.Runs {
			reached += fmt.Sprintf("%s %s", map[bool]string{true: "; seeds:", false: ","}[i == 0], r.Status)
		}
	}
	method, size := "", ""
	for _, r := range o.Runs {
		if r.Result != nil && method == "" {
			method, size = decided(append([]string{r.Result.Optimizer}, r.Result.Choices...)), strconv.Itoa(r.Result.Parameters)
		}
	}
	return []string{
		spreadsText(append(s.RelL2, s.ParamErrors...)), reached, spreadsText(s.ResidualP99), spreadText(s.Seconds,
			"%.1f") + " s", spreadText(s.Steps, "%.0f"),
		method, size, commit,
	}, err
}

// misses reports whether a row says that not all seeds have run, or that what must be reached is not.
func misses(row []string) bool {
	return strings.HasPrefix(row[1], "no") || strings.Contains(row[1], "seeds:")
}

// spreadText is the median, with the smallest and the largest in brackets where they differ.
func spreadText(s report.Spread, format string) string {
	if fmt.Sprintf(format, s.Min) == fmt.Sprintf(format, s.Max) {
		return fmt.Sprintf(format, s.Median)
	}
	return fmt.Sprintf(format+" ("+format+"–"+format+")", s.Median, s.Min, s.Max)
}

func spreadsText(list report.Spreads) string {
	var texts []string
	for _, e := range list {
		texts = append(texts, e.Name+" "+spreadText(e.Value, "%.1e"))
	}
	return strings.Join(texts, ", ")
}

// decided is what an optimizer that decides by itself has decided, for a cell of a table.
func decided(lines []string) string { return strings.ReplaceAll(strings.Join(lines, "; "), "|", "/") }

// reached says what errors and a time are enough for: "aim", "must", or neither and why. must and aim are bounds of errors: "1e-6", of the
// field that is worst, or "a 1e-3, b 1e-2", by the names of fields and parameters. must ends with a time, "in 2 min".
func reached(must, aim string, fields, params report.Numbers, took time.Duration) (string, error) {
	if must == "–" {
		return must, nil
	}
	must, limit, _ := strings.Cut(must, " in ")
	within, err := time.ParseDuration(strings.NewReplacer(" ", "", "min", "m").Replace(limit))
	needed, errMust := missed(must, fields, params)
	wanted, errAim := missed(aim, fields, params)
	if err := errors.Join(err, errMust, errAim); err != nil {
		return "", fmt.Errorf("its row says that it must reach %s in %s, and may %s: %w", must, limit, aim, err)
	}
	switch {
	case needed != nil:
		return strings.TrimSpace("no: error " + needed[0]), nil
	case took > within:
		return "no: time", nil
	case wanted != nil:
		return "must", nil
	}
	return "aim", nil
}

// missed are the names of the bounds that errors exceed, "" for that of the worst field.
func missed(bounds string, fields, params report.Numbers) (names []string, err error) {
	for bound := range strings.SplitSeq(bounds, ", ") {
		name, text, named := strings.Cut(bound, " ")
		v := report.Worst(fields)
		if !named {
			name, text = "", bound
		} else if x, ok := append(params, fields...).Get(name); ok {
			v = x
		} else {
			v = report.Number(math.NaN())
		}
		most, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, err
		}
		if !(float64(v) <= most) {
			names = append(names, name)
		}
	}
	return names, nil
}

var ourName = regexp.MustCompile("`\\w+`")

// besideOthers writes our error and time, out of the rows of the problems, into the last column of a table of what others have.
func besideOthers(old string, all rows) string {
	lines := strings.SplitAfter(old, "\n")
	for i, l := range lines {
		cells := cellsOf(l)
		name := ourName.FindString(cells[len(cells)-1])
		if ours := all[strings.Trim(name, "`")]; ours != nil {
			cells[len(cells)-1] = fmt.Sprintf("%s: %s in %s", name, ours[0][3], ours[0][6])
			lines[i] = line(cells)
		}
	}
	return strings.Join(lines, "")
}
