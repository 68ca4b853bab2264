package explain

import (
	"fmt"
	"math"

	"github.com/crux-pinn/crux/trackers"
)

// The thresholds for values at points.
const (
	// Spot is how many times the largest residual exceeds the 99th percentile where it is a spot that the mean square does
	// not see. Of normally distributed residuals at 10⁴ points it is 1.5.
	Spot = 4
	// Bias is the share of the mean in the root mean square from which a residual is biased: the network lacks the freedom to
	// remove it, or the constraints contradict each other.
	Bias = 0.7
	// Steep is how many times a sensitivity exceeds its mean where the network resolves a layer.
	Steep = 10
	// Flat is the same quotient below which a sensitivity is the same everywhere.
	Flat = 1.5
)

// ResidualStats explains one measurement of residuals; indices are those of the constraints that it has, in its order.
func ResidualStats(at Setting, indices []int, v trackers.ResidualStatsValue) []Finding {
	var list []Finding
	for k, i := range indices {
		if k >= len(v.Maxes) {
			break
		}
		name, mean, std, largest, p99 := at.constraint(i), v.Means[k], v.Stds[k], v.Maxes[k], v.P99[k]
		spot := fmt.Sprintf("the largest residual of %s, %.3g, lies at %s", name, largest, place(at.coords(i), v.Where[k]))
		switch {
		case largest == 0:
			list = append(list, note("the residual of %s is zero at all points", name))
			continue
		case p99 > 0 && largest >= Spot*p99:
			list = append(list, warn("%s and is %s times the 99th percentile: a spot that the mean square hardly sees; resample: {rad: {}} puts points there", spot, factor(largest/p99)))
		case p99 > 0:
			list = append(list, note("%s, %s times the 99th percentile", spot, factor(largest/p99)))
		default:
			list = append(list, note("%s", spot))
		}
		if rms := math.Hypot(mean, std); std > 0 && math.Abs(mean) >= Bias*rms {
			list = append(list, warn("the residual of %s has mean %.3g, %.0f %% of its root mean square: a bias, which a larger network, more steps or a larger weight may remove", name, mean, 100*math.Abs(mean)/rms))
		}
	}
	return list
}

// InputSensitivity explains the latest measurement of a sensitivity.
func InputSensitivity(r trackers.InputSensitivityResult) []Finding {
	last := len(r.Values) - 1
	if last < 0 || len(r.Points) <= last || r.Points[last] == nil {
		return nil
	}
	m, points := r.Values[last], r.Points[last]
	n, components := m.Dims()
	var list []Finding
	for c := range components {
		which := "its absolute value"
		if components > 1 {
			which = fmt.Sprintf("the absolute value of component %d", c)
		}
		mean, most, where := 0.0, -1.0, 0
		for i := range n {
			a := math.Abs(m.At(i, c))
			mean += a / float64(n)
			if a > most {
				most, where = a, i
			}
		}
		switch {
		case most == 0:
			list = append(list, warn("%s is zero at all %d points: the network does not react there", which, n))
		case most >= Steep*mean:
			list = append(list, note("%s is largest, %.3g, at %s, %s times its mean %.3g: a steep layer, which needs points", which, most, place(r.Coords, points.RawRowView(where)), factor(most/mean), mean))
		case most <= Flat*mean:
			list = append(list, note("%s is about the same everywhere, %.3g: where the solution is known to be steep, that is spectral bias", which, mean))
		default:
			list = append(list, note("%s is %.3g in the mean and %.3g at most, at %s", which, mean, most, place(r.Coords, points.RawRowView(where))))
		}
	}
	return list
}

func residualSeries(at Setting, r trackers.ResidualStatsResult) []Series {
	var list []Series
	for k, i := range r.Indices {
		rms := Series{Name: "root mean square of " + at.constraint(i), Epochs: r.Epochs}
		largest := Series{Name: "largest of " + at.constraint(i), Epochs: r.Epochs}
		for _, v := range r.Values {
			rms.Values = append(rms.Values, math.Hypot(v.Means[k], v.Stds[k]))
			largest.Values = append(largest.Values, v.Maxes[k])
		}
		list = append(list, rms, largest)
	}
	return list
}

func sensitivitySeries(r trackers.InputSensitivityResult) []Series {
	mean, most := Series{Name: "mean absolute value", Epochs: r.Epochs}, Series{Name: "largest absolute value", Epochs: r.Epochs}
	for _, m := range r.Values {
		data := m.RawMatrix().Data
		sum, top := 0.0, 0.0
		for _, x := range data {
			sum += math.Abs(x)
			top = math.Max(top, math.Abs(x))
		}
		mean.Values, most.Values = append(mean.Values, sum/float64(len(data))), append(most.Values, top)
	}
	return []Series{mean, most}
}
