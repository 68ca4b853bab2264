package cli

import "math"

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

// spreadOf is NaN throughout if a value is, or if there is none.
func spreadOf(values []float64) Spread {
	n := float64(len(values))
	mean, ss := 0.0, 0.0
	for _, v := range values {
		mean += v / n
	}
	for _, v := range values {
		ss += (v - mean) * (v - mean)
	}
	if len(values) == 0 {
		mean = math.NaN()
	}
	std := math.NaN()
	if n > 1 {
		std = math.Sqrt(ss / (n - 1))
	}
	return Spread{Number(mean), Number(std), Number(quantile(values, 0)), Number(quantile(values, 0.5)), Number(quantile(values, 1))}
}

// plusMinus is mean ± standard deviation, or the value of a single run.
func (s Spread) plusMinus() string {
	if math.IsNaN(float64(s.Std)) {
		return scientific(s.Mean)
	}
	return scientific(s.Mean) + " ± " + precise(s.Std, 2)
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
			v, ok := numbers(r).get(first.Name)
			if !ok {
				v = Number(math.NaN())
			}
			values = append(values, float64(v))
		}
		list.add(first.Name, spreadOf(values))
	}
	return list
}

// The numbers of a report by which runs are compared.
func relL2(r *Report) (ns Numbers) {
	for _, e := range r.Errors {
		ns.add(e.Name, e.Value.RelL2)
	}
	return ns
}

func maxAbs(r *Report) (ns Numbers) {
	for _, e := range r.Errors {
		ns.add(e.Name, e.Value.MaxAbs)
	}
	return ns
}

func residualP99(r *Report) Numbers { return r.ResidualP99 }

func params(r *Report) Numbers { return r.Params }

// paramErrors are the relative errors of the parameters whose true values are known.
func paramErrors(r *Report) (ns Numbers) {
	for _, t := range r.Truths {
		if v, ok := r.Params.get(t.Name); ok {
			ns.add(t.Name, relative(v, t.Value))
		}
	}
	return ns
}

// relative is the relative error of a number.
func relative(v, truth Number) Number {
	return Number(math.Abs(float64(v-truth)) / math.Abs(float64(truth)))
}
