package cli

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"

	"github.com/crux-pinn/crux/internal/files/ckpt"
	"github.com/crux-pinn/crux/internal/gallery"
	"github.com/crux-pinn/crux/internal/page"
	"github.com/crux-pinn/crux/internal/report"
)

// Comparison is what crux compare --json prints.
type Comparison struct {
	Settings report.Object[[]string] `json:"settings"` // in which the runs differ, by their path in the problem file; "" where a run has none
	Runs     []*report.Report        `json:"runs"`     // in the order of the command line

	names     []string // of the runs, as short as they can be told apart
	settings  []report.Object[string]
	histories []*report.History
}

func (a *app) compare() *cobra.Command {
	var asJSON bool
	var out string
	c := &cobra.Command{
		Use:   "compare RUN RUN...",
		Short: "Compare runs: settings in which they differ, results, losses over the steps",
		Long: `Compare runs: settings in which they differ, results, losses over the steps.

Settings are those of the resolved problem files. A directory of several runs, of solve --seeds or sweep, stands for all of
them. -o writes one HTML page that opens offline, with the curves of all runs over each other: losses, errors, unknown numbers.`,
		Example: `  crux compare runs/burgers-1 runs/burgers-2
  crux compare runs/burgers-sweep
  crux compare runs/burgers-1 runs/burgers-2 -o compare.html
  crux compare runs/burgers-1 runs/burgers-2 --json | jq .settings`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: completeRuns,
		RunE: func(_ *cobra.Command, args []string) error {
			v, err := a.comparison(args)
			if err != nil {
				return err
			}
			switch {
			case asJSON:
				return a.printJSON(v)
			case out != "":
				if err := ckpt.WriteFile(out, v.page().Write); err != nil {
					return fail(exitFailed, err)
				}
				fmt.Fprintln(a.Out, out) //nolint:errcheck // Run checks the writer at the end
				return nil
			}
			v.print(a.Out)
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print the comparison as one JSON object")
	c.Flags().StringVarP(&out, "out", "o", "", "file to write, an HTML page")
	c.MarkFlagsMutuallyExclusive("json", "out")
	return c
}

// comparison reads the runs, and what their problem files say.
func (a *app) comparison(args []string) (*Comparison, error) {
	var dirs []string
	for _, dir := range args {
		if !exists(filepath.Join(dir, batchFile)) {
			dirs = append(dirs, dir)
			continue
		}
		m, err := readManifest(dir)
		if err != nil {
			return nil, err
		}
		for _, e := range m.Runs {
			dirs = append(dirs, filepath.Join(dir, e.Name))
		}
	}
	if len(dirs) < 2 {
		return nil, fail(exitUsage, fmt.Errorf("%s is one run; give two or more", dirs[0]))
	}
	v := &Comparison{names: shortNames(dirs)}
	for _, dir := range dirs {
		r, err := a.readRun(dir)
		if err != nil {
			return nil, err
		}
		path := filepath.Join(dir, problemFile)
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, fail(exitFailed, fmt.Errorf("read %s: %w", path, ckpt.Cause(err)))
		}
		said, err := flatten(text)
		if err != nil {
			return nil, fail(exitUsage, fmt.Errorf("%s is not the problem of a run: %w", path, err))
		}
		h, err := report.ReadHistory(filepath.Join(dir, historyFile))
		if err != nil {
			return nil, fail(exitUsage, err)
		}
		v.Runs, v.histories, v.settings = append(v.Runs, r.report), append(v.histories, h), append(v.settings, said)
	}
	v.Settings = differences(v.settings)
	return v, nil
}

// shortNames are the last parts of paths, if these are all different, and otherwise the paths.
func shortNames(dirs []string) []string {
	seen := map[string]bool{}
	var names []string
	for _, d := range dirs {
		name := filepath.Base(filepath.Clean(d))
		if seen[name] {
			return dirs
		}
		seen[name], names = true, append(names, name)
	}
	return names
}

// flatten is what a problem file says: its values by their dotted paths, as --set takes them.
func flatten(text []byte) (report.Object[string], error) {
	var root yaml.MapSlice
	if err := yaml.UnmarshalWithOptions(text, &root, yaml.UseOrderedMap()); err != nil {
		return nil, err
	}
	var list report.Object[string]
	var walk func(path string, v any)
	walk = func(path string, v any) {
		join := func(key string) string { return strings.TrimPrefix(path+"."+key, ".") }
		switch v := v.(type) {
		case yaml.MapSlice:
			for _, e := range v {
				walk(join(fmt.Sprint(e.Key)), e.Value)
			}
			if len(v) == 0 {
				list.Add(path, "{}")
			}
		case []any:
			if slices.ContainsFunc(v, func(x any) bool { _, is := x.(yaml.MapSlice); return is }) {
				for i, x := range v {
					walk(join(fmt.Sprint(i)), x)
				}
				return
			}
			words := make([]string, len(v))
			for i, x := range v {
				words[i] = fmt.Sprint(x)
			}
			list.Add(path, "["+strings.Join(words, ", ")+"]")
		default:
			list.Add(path, fmt.Sprint(v))
		}
	}
	walk("", root)
	return list, nil
}

// differences are the settings that are not the same in all runs, in the order in which they come.
func differences(runs []report.Object[string]) report.Object[[]string] {
	var list report.Object[[]string]
	seen := map[string]bool{}
	for _, run := range runs {
		for _, s := range run {
			if seen[s.Name] {
				continue
			}
			seen[s.Name] = true
			values := make([]string, len(runs))
			differ := false
			for i, other := range runs {
				values[i], _ = other.Get(s.Name)
				differ = differ || values[i] != values[0]
			}
			if differ {
				list.Add(s.Name, values)
			}
		}
	}
	return list
}

func (v *Comparison) print(w io.Writer) {
	var b strings.Builder
	rows := [][]string{append([]string{"setting"}, v.names...)}
	for _, s := range v.Settings {
		row := []string{s.Name}
		for _, x := range s.Value {
			row = append(row, cmp.Or(shortened(x), "–"))
		}
		rows = append(rows, row)
	}
	if len(rows) == 1 {
		b.WriteString("all settings are the same\n")
	} else {
		table(&b, rows)
	}
	b.WriteString("\n")
	table(&b, v.results(orDash))
	v.curves(&b)
	io.WriteString(w, b.String()) //nolint:errcheck // Run checks the writer at the end
}

// page is the comparison as a page.
func (v *Comparison) page() *page.Comparison {
	p := &page.Comparison{Title: strings.Join(v.names, ", "), Results: v.results(page.Text)[1:]}
	if len(v.names) > fewNames {
		p.Title = report.Counted(len(v.names), "run")
	}
	if name := v.Runs[0].Problem; !slices.ContainsFunc(v.Runs, func(r *report.Report) bool { return r.Problem != name }) {
		p.Title = name + ": " + p.Title
	}
	for _, s := range v.Settings {
		p.Settings = append(p.Settings, append([]string{s.Name}, s.Value...))
	}
	runs := make([]gallery.Recorded, len(v.Runs))
	for i, r := range v.Runs {
		p.Runs = append(p.Runs, page.Compared{Name: v.names[i], Report: r})
		unit := func(name string) string { u, _ := v.settings[i].Get("units." + name); return u }
		runs[i] = gallery.Recorded{Name: v.names[i], History: v.histories[i], Report: r, Unit: unit}
	}
	for _, x := range gallery.Over(runs) {
		g := page.Group{Title: strings.ToUpper(x.About[:1]) + x.About[1:], Panels: x.Figure.Panels}
		if x.Name == "losses" && v.divided() {
			g.About = "As they were trained, of residuals that were divided by their sizes. The table has the losses of undivided ones."
		}
		p.Curves = append(p.Curves, g)
	}
	return p
}

// divided reports whether a run divides residuals: then its losses over the steps are not those of the table.
func (v *Comparison) divided() bool {
	return slices.ContainsFunc(v.Runs, func(r *report.Report) bool { return r.Divided() != "" })
}

// fewNames are as many as a title has room for.
const fewNames = 4

// results is a table with a column for each run, with a function that writes numbers in formats of package fmt, or times for "s".
func (v *Comparison) results(written func(x report.Number, format string) string) [][]string {
	rows := [][]string{append([]string{"result"}, v.names...)}
	add := func(name string, of func(*report.Report) string) {
		row, any := []string{name}, false
		for _, r := range v.Runs {
			cell := of(r)
			any = any || cell != "–"
			row = append(row, cell)
		}
		if any {
			rows = append(rows, row)
		}
	}
	number := func(before, after, format string, of func(*report.Report) report.Numbers) {
		var names []string
		for _, r := range v.Runs {
			for _, n := range of(r) {
				if !slices.Contains(names, n.Name) {
					names = append(names, n.Name)
				}
			}
		}
		for _, name := range names {
			add(before+name+after, func(r *report.Report) string {
				x, ok := of(r).Get(name)
				if !ok {
					return "–"
				}
				return written(x, format)
			})
		}
	}
	add("verdict", func(r *report.Report) string { return cmp.Or(string(r.Verdict), r.Status) })
	number("estimated error of ", "", "%.1e", func(r *report.Report) report.Numbers { return r.Estimate })
	number("rel. L2 error of ", "", "%.3e", report.RelL2)
	number("", "", "%.6g", func(r *report.Report) report.Numbers { return r.Params })
	number("", "", "%.6g", func(r *report.Report) report.Numbers { return r.Shown })
	add("loss", func(r *report.Report) string { return written(r.Loss, "%.3e") })
	number("loss of ", "", "%.3e", func(r *report.Report) report.Numbers { return r.Losses })
	number("residual p99 of ", "", "%.3e", func(r *report.Report) report.Numbers { return r.ResidualP99 })
	add("steps", func(r *report.Report) string { return fmt.Sprint(r.Steps) })
	add("time", func(r *report.Report) string { return written(r.Seconds, "s") })
	add("parameters", func(r *report.Report) string { return fmt.Sprint(r.Parameters) })
	for _, of := range []struct {
		name string
		text func(*report.Origin) string
	}{
		{"begun", func(o *report.Origin) string { return day(o.Began) }},
		{"crux", func(o *report.Origin) string { return o.Version }},
		{"host", func(o *report.Origin) string { return o.Host }},
	} {
		add(of.name, func(r *report.Report) string {
			if r.Origin == nil {
				return "–"
			}
			return of.text(r.Origin)
		})
		if last := rows[len(rows)-1]; of.name != "begun" && last[0] == of.name &&
			!slices.ContainsFunc(last[1:], func(s string) bool { return s != last[1] }) {
			rows = rows[:len(rows)-1] // the same in all
		}
	}
	return rows
}

// curves shows the losses over the steps, on the same axes: a line of blocks for each run, and numbers at some of the steps.
func (v *Comparison) curves(w io.Writer) {
	const columns = 48
	last, low, high := 0.0, math.Inf(1), math.Inf(-1)
	for _, h := range v.histories {
		if n := len(h.Steps); n > 0 {
			last = max(last, h.Steps[n-1])
		}
		for _, x := range h.Column("loss") {
			if x > 0 && !math.IsInf(x, 0) {
				low, high = min(low, x), max(high, x)
			}
		}
	}
	if last == 0 || !(low < high) {
		return
	}
	// w is memory
	fmt.Fprintf(w, "\ntraining loss, from %.1e (▁) to %.1e (█), from step 0 to %.0f\n", low, high, last) //nolint:errcheck
	if v.divided() {
		fmt.Fprintln(w, "as it was trained, of residuals that were divided by their sizes; losses above are of undivided ones") //nolint:errcheck
	}
	width := 0
	for _, n := range v.names {
		width = max(width, utf8.RuneCountInString(n))
	}
	for i, h := range v.histories {
		line := spark(h.Steps, h.Column("loss"), columns, last, low, high)
		fmt.Fprintf(w, "%-*s  %s\n", width, v.names[i], line) //nolint:errcheck
	}
	fmt.Fprintln(w) //nolint:errcheck
	rows := [][]string{append([]string{"loss at step"}, v.names...)}
	const parts = 6
	for k := range parts + 1 {
		step := math.Round(last * float64(k) / parts)
		row := []string{fmt.Sprintf("%.0f", step)}
		for _, h := range v.histories {
			row = append(row, orDash(report.Number(at(h.Steps, h.Column("loss"), step)), "%.3e"))
		}
		rows = append(rows, row)
	}
	table(w, rows)
}

// spark draws positive numbers over steps from 0 to last, on a logarithmic scale, as blocks. Where there is nothing, it is blank.
func spark(steps, values []float64, columns int, last, low, high float64) string {
	blocks := []rune("▁▂▃▄▅▆▇█")
	line := make([]rune, columns)
	k := 0
	for c := range line {
		line[c] = ' '
		sum, n := 0.0, 0
		for ; k < len(steps) && (steps[k] <= last*float64(c+1)/float64(columns)); k++ {
			if x := values[k]; x > 0 && !math.IsInf(x, 0) {
				sum, n = sum+math.Log(x), n+1
			}
		}
		switch {
		case n > 0:
			share := (sum/float64(n) - math.Log(low)) / (math.Log(high) - math.Log(low))
			line[c] = blocks[max(0, min(len(blocks)-1, int(share*float64(len(blocks)))))]
		case k > 0 && k < len(steps): // fewer steps than columns
			line[c] = line[c-1]
		}
	}
	return strings.TrimRight(string(line), " ")
}

// at is the number recorded at a step, or at the last one before it; NaN beyond the end.
func at(steps, values []float64, step float64) float64 {
	k, found := slices.BinarySearch(steps, step)
	switch {
	case found:
	case k == 0 || k == len(steps):
		return math.NaN()
	default:
		k--
	}
	return values[k]
}
