package report

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/crux-pinn/crux/internal/linalg"
)

// Spread says how a number varies over runs. As JSON, what is not finite is null.
type Spread struct {
	Mean   Number `json:"mean"`
	Std    Number `json:"std"` // sample standard deviation, √(Σ(x−x̄)²/(n−1)); NaN for one run
	Min    Number `json:"min"`
	Median Number `json:"median"`
	Max    Number `json:"max"`
}

// Spreads are spreads by name.
type Spreads = Object[Spread]

// Of is the spread of some values. It is NaN throughout if a value is, or if there is none.
func Of(values []float64) Spread {
	mean, std := stat.MeanStdDev(values, nil)
	return Spread{Number(mean), Number(std), Number(Quantile(values, 0)), Number(Quantile(values, 0.5)), Number(Quantile(values, 1))}
}

// spreads gathers numbers by name from several reports, in the order of the first.
func spreads(reports []*Report, numbers func(*Report) Numbers) Spreads {
	var list Spreads
	if len(reports) == 0 {
		return nil
	}
	for _, first := range numbers(reports[0]) {
		var values []float64
		for _, r := range reports {
			v, ok := numbers(r).Get(first.Name)
			if !ok {
				v = Number(math.NaN())
			}
			values = append(values, float64(v))
		}
		list.Add(first.Name, Of(values))
	}
	return list
}

// The numbers of a report by which runs are compared.

// RelL2 are the relative L2 errors of the fields with a reference.
func RelL2(r *Report) (ns Numbers) {
	for _, e := range r.Errors {
		ns.Add(e.Name, e.Value.RelL2)
	}
	return ns
}

func maxAbs(r *Report) (ns Numbers) {
	for _, e := range r.Errors {
		ns.Add(e.Name, e.Value.MaxAbs)
	}
	return ns
}

func estimate(r *Report) Numbers { return r.Estimate }

func residualP99(r *Report) Numbers { return r.ResidualP99 }

func params(r *Report) Numbers { return r.Params }

// paramErrors are the relative errors of the parameters whose true values are known.
func paramErrors(r *Report) (ns Numbers) {
	for _, t := range r.Truths {
		if v, ok := r.Params.Get(t.Name); ok {
			ns.Add(t.Name, Relative(v, t.Value))
		}
	}
	return ns
}

// Relative is the relative error of a number.
func Relative(v, truth Number) Number {
	return Number(math.Abs(float64(v-truth)) / math.Abs(float64(truth)))
}

// Worst is the largest of some errors. It is NaN if one is, or if there is none.
func Worst(errs Numbers) Number {
	if len(errs) == 0 {
		return Number(math.NaN())
	}
	worst := math.Inf(-1)
	for _, e := range errs {
		worst = max(worst, float64(e.Value))
	}
	return Number(worst)
}

// Quantile is NumPy's default quantile of values in any order. It is NaN if a value is, or if there is none.
func Quantile(values []float64, q float64) float64 {
	if slices.ContainsFunc(values, math.IsNaN) {
		return math.NaN()
	}
	return linalg.Percentile(slices.Sorted(slices.Values(values)), q)
}
