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
		return scientific(float64(s.Mean))
	}
	return scientific(float64(s.Mean)) + " ± " + precise(float64(s.Std), 2)
}

// SpreadOf is the spread of a quantity with a name.
type SpreadOf struct {
	Name string
	Spread
}

// Spreads are spreads by name. As JSON they are an object with its keys in this order.
type Spreads []SpreadOf

// MarshalJSON implements json.Marshaler.
func (s Spreads) MarshalJSON() ([]byte, error) {
	return object(len(s), func(i int) (string, any) { return s[i].Name, s[i].Spread })
}

// named is the spread with a name in a table.
func (s Spreads) named(name string) string {
	for _, x := range s {
		if x.Name == name {
			return x.plusMinus()
		}
	}
	return "–"
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
			v := math.NaN()
			for _, x := range numbers(r) {
				if x.Name == first.Name {
					v = x.Value
				}
			}
			values = append(values, v)
		}
		list = append(list, SpreadOf{first.Name, spreadOf(values)})
	}
	return list
}

func relL2(r *Report) Numbers {
	var ns Numbers
	for _, e := range r.Errors {
		ns = append(ns, Named{e.Field, e.RelL2})
	}
	return ns
}

func maxAbs(r *Report) Numbers {
	var ns Numbers
	for _, e := range r.Errors {
		ns = append(ns, Named{e.Field, e.MaxAbs})
	}
	return ns
}

// paramErrors are the relative errors of the parameters whose true values are known.
func paramErrors(r *Report) Numbers {
	var ns Numbers
	for _, t := range r.Truths {
		for _, q := range r.Params {
			if q.Name == t.Name {
				ns = append(ns, Named{q.Name, math.Abs(q.Value-t.Value) / math.Abs(t.Value)})
			}
		}
	}
	return ns
}
