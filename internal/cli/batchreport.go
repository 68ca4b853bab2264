package cli

import (
	"cmp"
	"encoding/csv"
	"io"
	"math"
	"path/filepath"
	"slices"

	"github.com/crux-pinn/crux/internal/files/ckpt"
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
	Run    string         `json:"run"`
	Values Object[string] `json:"values,omitempty"` // of a sweep's keys
	Seed   uint64         `json:"seed"`
	Status string         `json:"status"` // that of its report, "not begun", or "failed" without one
	Error  string         `json:"error,omitempty"`
	Result *Report        `json:"result"` // null if there is none

	combination int
}

// Combination is a choice of values and what the runs with it came to.
type Combination struct {
	Number int            `json:"combination"` // in the order of the grid, from 1
	Values Object[string] `json:"values"`
	Total  int            `json:"total"` // runs
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

// report gathers what the runs came to.
func (b *batch) report() *BatchReport {
	rep := &BatchReport{Problem: b.Problem, RunDir: b.dir}
	for _, m := range b.runs {
		r := RunReport{Run: m.Name, Seed: m.Seed, Status: m.status(), Result: m.report, combination: m.Combination}
		for i, x := range b.Grid {
			r.Values.add(x.Key, m.Values[i])
		}
		if m.err != nil && r.Status != "canceled" {
			r.Error = m.err.Error()
		}
		if counts(r.Status) {
			rep.Done++
		}
		rep.Runs = append(rep.Runs, r)
	}
	if len(b.Grid) == 0 {
		s := summarize(rep.Runs)
		rep.Summary = &s
		return rep
	}
	for rest := rep.Runs; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].combination == rest[0].combination {
			n++
		}
		rep.Combinations = append(rep.Combinations, Combination{rest[0].combination + 1, rest[0].Values, n, summarize(rest[:n])})
		rest = rest[n:]
	}
	slices.SortStableFunc(rep.Combinations, func(x, y Combination) int { return slices.CompareFunc(x.rank(), y.rank(), last) })
	return rep
}

// rank are the numbers by which combinations are compared: the mean error of the first field, of the first parameter with
// a true value, and the loss. What is not known is NaN.
func (s *Summary) rank() []Number {
	first := func(list Spreads) Number {
		if len(list) == 0 {
			return Number(math.NaN())
		}
		return list[0].Value.Mean
	}
	return []Number{first(s.RelL2), first(s.ParamErrors), s.Loss.Mean}
}

// last compares numbers with NaN behind all others.
func last(x, y Number) int {
	if math.IsNaN(float64(x)) || math.IsNaN(float64(y)) {
		return -cmp.Compare(x, y) // cmp puts NaN first
	}
	return cmp.Compare(x, y)
}

func summarize(runs []RunReport) Summary {
	var good []*Report
	var loss, steps, seconds []float64
	for _, r := range runs {
		if counts(r.Status) {
			good = append(good, r.Result)
			loss, steps, seconds = append(loss, float64(r.Result.Loss)), append(steps, float64(r.Result.Steps)), append(seconds, float64(r.Result.Seconds))
		}
	}
	s := Summary{
		Runs: len(good), RelL2: spreads(good, relL2), MaxAbs: spreads(good, maxAbs), Loss: spreadOf(loss), ResidualP99: spreads(good, residualP99),
		Params: spreads(good, params), ParamErrors: spreads(good, paramErrors), Steps: spreadOf(steps), Seconds: spreadOf(seconds),
	}
	if len(good) > 0 {
		s.Truths = good[0].Truths
	}
	return s
}

// runsFile has one line for each run, with all digits.
const runsFile = "runs.csv"

// saveCSV writes the directory's table of runs; a cell is empty where there is nothing.
func (rep *BatchReport) saveCSV() error {
	var head []string
	for _, v := range rep.Runs[0].Values {
		head = append(head, v.Name)
	}
	head = append(head, "run", "seed", "status", "steps", "seconds", "loss")
	fixed := len(head)
	numbers := make([]Numbers, len(rep.Runs))
	for _, c := range []struct {
		prefix string
		of     func(*Report) Numbers
	}{{"rel_l2/", relL2}, {"max_abs/", maxAbs}, {"residual_p99/", residualP99}, {"param/", params}} {
		for i, r := range rep.Runs {
			if r.Result == nil {
				continue
			}
			for _, v := range c.of(r.Result) {
				key := c.prefix + v.Name
				numbers[i].add(key, v.Value)
				if !slices.Contains(head[fixed:], key) { // constraints can differ from combination to combination
					head = append(head, key)
				}
			}
		}
	}
	lines := [][]string{head}
	for i, r := range rep.Runs {
		line := make([]string, 0, len(head))
		for _, v := range r.Values {
			line = append(line, v.Value)
		}
		line = append(line, r.Run, integer(r.Seed), r.Status)
		if q := r.Result; q != nil {
			line = append(line, integer(uint64(q.Steps)), decimal(float64(q.Seconds)), decimal(float64(q.Loss)))
		}
		line = line[:len(head)]
		for k, key := range head[fixed:] {
			if v, ok := numbers[i].get(key); ok {
				line[fixed+k] = decimal(float64(v))
			}
		}
		lines = append(lines, line)
	}
	return ckpt.WriteFile(filepath.Join(rep.RunDir, runsFile), func(w io.Writer) error { return csv.NewWriter(w).WriteAll(lines) })
}
