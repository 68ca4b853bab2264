package cli

import (
	"cmp"
	"context"
	"errors"
	"math"
	"path/filepath"
	"slices"
)

// BatchReport is what several runs came to: the object that --json prints and result.json of their directory holds.
type BatchReport struct {
	Problem      string        `json:"problem"`
	Done         int           `json:"done"`                   // runs that came to an end that counts
	Summary      *Summary      `json:"summary,omitempty"`      // of solve --seeds
	Combinations []Combination `json:"combinations,omitempty"` // of a sweep, the smallest error first
	Runs         []RunReport   `json:"runs"`                   // in the order in which they begin
	RunDir       string        `json:"run_dir"`
}

// RunReport is one run.
type RunReport struct {
	Run    string  `json:"run"`
	Values Texts   `json:"values,omitempty"` // of a sweep's keys
	Seed   uint64  `json:"seed"`
	Status string  `json:"status"` // that of its report, "not begun", or "failed" without one
	Error  string  `json:"error,omitempty"`
	Result *Report `json:"result"` // null if there is none
}

// Combination is a choice of values and what the runs with it came to.
type Combination struct {
	Number int   `json:"combination"` // in the order of the grid, from 1
	Values Texts `json:"values"`
	Total  int   `json:"total"` // runs
	Summary
}

// Summary is the spread of results over the runs that were completed, converged or stopped. For the others there is none.
type Summary struct {
	Runs        int     `json:"runs"`         // that it is made of
	RelL2       Spreads `json:"rel_l2"`       // by field
	MaxAbs      Spreads `json:"max_abs"`      // by field
	Loss        Spread  `json:"loss"`         // at the final parameters
	ResidualP99 Spreads `json:"residual_p99"` // by constraint
	Params      Spreads `json:"params"`
	ParamErrors Spreads `json:"param_errors"` // relative; of those with a true value
	Truths      Numbers `json:"truths,omitempty"`
	Steps       Spread  `json:"steps"`
	Seconds     Spread  `json:"seconds"` // of training, while the runs beside it had the other cores
}

// Texts are texts by name. As JSON they are an object with its keys in this order.
type Texts []NamedText

// NamedText is a text with a name.
type NamedText struct{ Name, Text string }

// MarshalJSON implements json.Marshaler.
func (ts Texts) MarshalJSON() ([]byte, error) {
	return object(len(ts), func(i int) (string, any) { return ts[i].Name, ts[i].Text })
}

func (b *batch) texts(values []string) Texts {
	var ts Texts
	for i, x := range b.Grid {
		ts = append(ts, NamedText{x.Key, values[i]})
	}
	return ts
}

// newBatchReport gathers what the runs came to.
func newBatchReport(b *batch) *BatchReport {
	rep := &BatchReport{Problem: b.Problem, RunDir: b.dir}
	for _, m := range b.runs {
		r := RunReport{Run: m.Name, Values: b.texts(m.Values), Seed: m.Seed, Status: m.status(), Result: m.report}
		if m.err != nil && r.Status != "canceled" {
			r.Error = m.err.Error()
		}
		if m.good() {
			rep.Done++
		}
		rep.Runs = append(rep.Runs, r)
	}
	if len(b.Grid) == 0 {
		s := summarize(b.runs)
		rep.Summary = &s
		return rep
	}
	for rest := b.runs; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].Combination == rest[0].Combination {
			n++
		}
		rep.Combinations = append(rep.Combinations, Combination{
			Number: rest[0].Combination + 1, Values: b.texts(rest[0].Values), Total: n, Summary: summarize(rest[:n]),
		})
		rest = rest[n:]
	}
	slices.SortStableFunc(rep.Combinations, func(x, y Combination) int {
		for i, v := range x.rank() {
			if c := last(v, y.rank()[i]); c != 0 {
				return c
			}
		}
		return 0
	})
	return rep
}

// rank are the numbers by which combinations are compared: the mean error of the first field, of the first parameter with
// a true value, and the loss. What is not known is NaN.
func (s *Summary) rank() [3]float64 {
	first := func(list Spreads) float64 {
		if len(list) == 0 {
			return math.NaN()
		}
		return float64(list[0].Mean)
	}
	return [3]float64{first(s.RelL2), first(s.ParamErrors), float64(s.Loss.Mean)}
}

// last compares numbers with NaN behind all others.
func last(x, y float64) int {
	if math.IsNaN(x) || math.IsNaN(y) {
		return -cmp.Compare(x, y) // cmp puts NaN first
	}
	return cmp.Compare(x, y)
}

func summarize(runs []*member) Summary {
	var good []*Report
	for _, m := range runs {
		if m.good() {
			good = append(good, m.report)
		}
	}
	of := func(f func(*Report) float64) Spread {
		var values []float64
		for _, r := range good {
			values = append(values, f(r))
		}
		return spreadOf(values)
	}
	s := Summary{
		Runs:        len(good),
		RelL2:       spreads(good, relL2),
		MaxAbs:      spreads(good, maxAbs),
		Loss:        of(func(r *Report) float64 { return float64(r.Loss) }),
		ResidualP99: spreads(good, func(r *Report) Numbers { return r.ResidualP99 }),
		Params:      spreads(good, func(r *Report) Numbers { return r.Params }),
		ParamErrors: spreads(good, paramErrors),
		Steps:       of(func(r *Report) float64 { return float64(r.Steps) }),
		Seconds:     of(func(r *Report) float64 { return float64(r.Seconds) }),
	}
	if len(good) > 0 {
		s.Truths = good[0].Truths
	}
	return s
}

// showBatch prints what the runs of a batch came to, and writes it into their directory.
func (a *app) showBatch(ctx context.Context, b *batch, asJSON bool) error {
	rep := newBatchReport(b)
	text, err := jsonText(rep)
	if err != nil {
		return fail(exitFailed, errors.Join(b.conclusion(ctx), err))
	}
	saved := errors.Join(b.saveCSV(rep), saveBytes(b.dir, resultFile, text))
	hints := a.Out
	if asJSON {
		a.Out.Write(text) //nolint:errcheck // Run checks the writer at the end
		hints = a.Err
	} else {
		b.print(a.Out, rep)
	}
	for _, m := range b.runs {
		if m.ended != nil {
			m.ended.records.hints(hints)
		}
	}
	failed := b.conclusion(ctx)
	if err := errors.Join(failed, saved); err != nil {
		return fail(max(exitCodeOr(failed), exitFailed), err)
	}
	return nil
}

// runsFile has one line for each run.
const runsFile = "runs.csv"

// table is the directory's table of runs; a cell is empty where there is nothing.
func (b *batch) saveCSV(rep *BatchReport) error {
	columns := []struct {
		prefix  string
		numbers func(*Report) Numbers
	}{
		{"rel_l2/", relL2},
		{"max_abs/", maxAbs},
		{"residual_p99/", func(r *Report) Numbers { return r.ResidualP99 }},
		{"param/", func(r *Report) Numbers { return r.Params }},
	}
	var head []string
	for _, x := range b.Grid {
		head = append(head, x.Key)
	}
	head = append(head, "run", "seed", "status", "steps", "seconds", "loss")
	var names [][]string
	for _, c := range columns {
		var list []string
		for _, r := range rep.Runs {
			if r.Result == nil {
				continue
			}
			for _, v := range c.numbers(r.Result) {
				if !slices.Contains(list, v.Name) { // constraints can differ from combination to combination
					list, head = append(list, v.Name), append(head, c.prefix+v.Name)
				}
			}
		}
		names = append(names, list)
	}
	lines := [][]string{head}
	for _, r := range rep.Runs {
		var line []string
		for _, v := range r.Values {
			line = append(line, v.Text)
		}
		line = append(line, r.Run, integer(r.Seed), r.Status)
		if r.Result != nil {
			line = append(line, integer(uint64(r.Result.Steps)), decimal(float64(r.Result.Seconds)), decimal(float64(r.Result.Loss)))
			for i, c := range columns {
				numbers := c.numbers(r.Result)
				for _, name := range names[i] {
					cell := ""
					if k := slices.IndexFunc(numbers, func(v Named) bool { return v.Name == name }); k >= 0 {
						cell = decimal(numbers[k].Value)
					}
					line = append(line, cell)
				}
			}
		}
		for len(line) < len(head) {
			line = append(line, "")
		}
		lines = append(lines, line)
	}
	return saveLines(filepath.Join(b.dir, runsFile), lines)
}
