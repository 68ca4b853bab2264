package trackers

import "math"

// Chained is the error of the whole where it has been measured window by window of time, windows having the given lengths. The error at the
// end of a window is the initial error of the next one, relative to the solution there. An error that grows evenly from 0 is at its end √3
// times its root mean square; so with δ_k what has been measured in window k,
//
//	e_k² = c_{k−1}² + δ_k²,  c_k² = c_{k−1}² + 3 δ_k²,  e² = Σ l_k (e_k ‖u‖_k)² / Σ l_k ‖u‖_k²
//
// which is too much where errors die away, and too little where they grow faster than the solution does. Of gains and residuals the
// worst window counts.
func Chained(windows []ErrorValue, lengths []float64) ErrorValue {
	var whole ErrorValue
	for i := range windows[0].Fields {
		var carried, squares, sizes, total float64
		worst := windows[0].Fields[i]
		for k, w := range windows {
			e := w.Fields[i]
			if !e.Determined() || worst.Determined() && e.Gain*worst.Coarse > worst.Gain*e.Coarse {
				worst = e
			}
			own := e.Relative()
			off := math.Hypot(carried, own) * e.Size
			carried = math.Hypot(carried, math.Sqrt(3)*own)
			squares += lengths[k] * off * off
			sizes += lengths[k] * e.Size * e.Size
			total += lengths[k]
		}
		worst.Size, worst.Repairable, worst.Left = math.Sqrt(sizes/total), math.Sqrt(squares/total), 0
		whole.Fields = append(whole.Fields, worst)
	}
	for i := range windows[0].Residuals {
		worst := windows[0].Residuals[i]
		for _, w := range windows {
			if s := w.Residuals[i]; s.Residual*worst.Term > worst.Residual*s.Term {
				worst = s
			}
		}
		whole.Residuals = append(whole.Residuals, worst)
	}
	return whole
}
