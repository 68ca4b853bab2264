package report

import (
	"cmp"
	"math"
	"slices"
	"strconv"
)

// Batch is what several runs came to: the object that --json prints and result.json of their directory holds.
type Batch struct {
	Schema       int           `json:"schema"` // of the file
	Problem      string        `json:"problem"`
	Done         int           `json:"done"`                   // runs that came to an end that counts
	Summary      *Summary      `json:"summary,omitempty"`      // of solve --seeds
	Combinations []Combination `json:"combinations,omitempty"` // of a sweep, the smallest error first
	Runs         []Run         `json:"runs"`                   // in the order in which they begin
	RunDir       string        `json:"run_dir"`
}

// Run is one run.
type Run struct {
	Run    string         `json:"run"`
	Values Object[string] `json:"values,omitempty"` // of a sweep's keys
	Seed   uint64         `json:"seed"`
	Status string         `json:"status"` // that of its report, "not begun", or "failed" without one
	Error  string         `json:"error,omitempty"`
	Result *Report        `json:"result"` // null if there is none

	Combination int `json:"-"` // from 0; runs of one differ in their seeds alone
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
	Runs        int         `json:"runs"`               // that it is made of
	Verdicts    Object[int] `json:"verdicts,omitempty"` // how many runs have which, in the order in which they occur
	Estimate    Spreads     `json:"estimate,omitempty"` // estimated relative errors, by field and parameter
	RelL2       Spreads     `json:"rel_l2"`             // by field
	MaxAbs      Spreads     `json:"max_abs"`            // by field
	Loss        Spread      `json:"loss"`               // at the final parameters
	ResidualP99 Spreads     `json:"residual_p99"`       // by constraint
	Params      Spreads     `json:"params"`
	ParamErrors Spreads     `json:"param_errors"` // relative; of those with a true value
	Truths      Numbers     `json:"truths,omitempty"`
	Steps       Spread      `json:"steps"`
	Seconds     Spread      `json:"seconds"` // of training, while the runs beside it had the other cores
}

// Counts reports whether a run of this status came to an end that counts.
func Counts(status string) bool {
	return status == "completed" || status == "converged" || status == "stopped"
}

// Sum completes the report of several runs. Those of a sweep are compared by combination.
func (b *Batch) Sum(sweep bool) {
	for _, r := range b.Runs {
		if Counts(r.Status) {
			b.Done++
		}
	}
	if !sweep {
		s := summarize(b.Runs)
		b.Summary = &s
		return
	}
	for rest := b.Runs; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].Combination == rest[0].Combination {
			n++
		}
		b.Combinations = append(b.Combinations, Combination{rest[0].Combination + 1, rest[0].Values, n, summarize(rest[:n])})
		rest = rest[n:]
	}
	slices.SortStableFunc(b.Combinations, func(x, y Combination) int { return slices.CompareFunc(x.rank(), y.rank(), last) })
}

// rank are the numbers by which combinations are compared: the mean error of the first field, of the first parameter with
// a true value, the largest mean of an estimated error, and the loss. What is not known is NaN.
func (s *Summary) rank() []Number {
	first := func(list Spreads) Number {
		if len(list) == 0 {
			return Number(math.NaN())
		}
		return list[0].Value.Mean
	}
	return []Number{first(s.RelL2), first(s.ParamErrors), s.WorstEstimate().Mean, s.Loss.Mean}
}

// WorstEstimate is the largest of the estimated errors, by their means; NaN throughout without one.
func (s *Summary) WorstEstimate() Spread {
	if len(s.Estimate) == 0 {
		return Of(nil)
	}
	return slices.MaxFunc(s.Estimate, func(x, y Named[Spread]) int { return last(x.Value.Mean, y.Value.Mean) }).Value
}

// last compares numbers with NaN behind all others.
func last(x, y Number) int {
	if math.IsNaN(float64(x)) || math.IsNaN(float64(y)) {
		return -cmp.Compare(x, y) // cmp puts NaN first
	}
	return cmp.Compare(x, y)
}

func summarize(runs []Run) Summary {
	var good []*Report
	var loss, steps, seconds []float64
	for _, r := range runs {
		if Counts(r.Status) {
			good = append(good, r.Result)
			loss, steps, seconds = append(loss, float64(r.Result.Loss)), append(steps, float64(r.Result.Steps)), append(seconds,
				float64(r.Result.Seconds))
		}
	}
	s := Summary{
		Runs: len(good), RelL2: spreads(good, RelL2), MaxAbs: spreads(good, maxAbs), Loss: Of(loss), ResidualP99: spreads(good, residualP99),
		Params: spreads(good, params), ParamErrors: spreads(good, paramErrors), Steps: Of(steps), Seconds: Of(seconds),
	}
	for _, r := range good {
		if r.Verdict != "" {
			n, _ := s.Verdicts.Get(string(r.Verdict))
			s.Verdicts.Set(string(r.Verdict), n+1)
		}
	}
	if len(good) > 0 {
		s.Truths, s.Estimate = good[0].Truths, spreads(good, estimate)
	}
	return s
}

// Table has one row for each run, with all digits, under a head; a cell is empty where there is nothing.
func (b *Batch) Table() [][]string {
	var head []string
	for _, v := range b.Runs[0].Values {
		head = append(head, v.Name)
	}
	head = append(head, "run", "seed", "status", "steps", "seconds", "loss")
	fixed := len(head)
	numbers := make([]Numbers, len(b.Runs))
	for _, c := range []struct {
		prefix string
		of     func(*Report) Numbers
	}{{"estimate/", estimate}, {"rel_l2/", RelL2}, {"max_abs/", maxAbs}, {"residual_p99/", residualP99}, {"param/", params}} {
		for i, r := range b.Runs {
			if r.Result == nil {
				continue
			}
			for _, v := range c.of(r.Result) {
				key := c.prefix + v.Name
				numbers[i].Add(key, v.Value)
				if !slices.Contains(head[fixed:], key) { // constraints can differ from combination to combination
					head = append(head, key)
				}
			}
		}
	}
	lines := [][]string{head}
	for i, r := range b.Runs {
		line := make([]string, 0, len(head))
		for _, v := range r.Values {
			line = append(line, v.Value)
		}
		line = append(line, r.Run, strconv.FormatUint(r.Seed, 10), r.Status)
		if q := r.Result; q != nil {
			line = append(line, strconv.Itoa(q.Steps), decimal(q.Seconds), decimal(q.Loss))
		}
		line = line[:len(head)]
		for k, key := range head[fixed:] {
			if v, ok := numbers[i].Get(key); ok {
				line[fixed+k] = decimal(v)
			}
		}
		lines = append(lines, line)
	}
	return lines
}

// decimal is the shortest text that reads back as the same number.
func decimal(v Number) string { return strconv.FormatFloat(float64(v), 'g', -1, 64) }
