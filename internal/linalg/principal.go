package linalg

import (
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Principal returns the leading principal components of the rows, of norm 1, at most k: the directions in which they spread
// most about their mean. There are fewer where the rows spread in fewer directions. The entry of largest size is positive.
//
// With few rows of many entries they come from the Gram matrix of the centred rows: for X Xᵀ u = σ² u it is Xᵀu/σ.
func Principal(rows [][]float64, k int) [][]float64 {
	m := len(rows)
	if m < 2 {
		return nil
	}
	mean := make([]float64, len(rows[0]))
	for _, r := range rows {
		floats.AddScaled(mean, 1/float64(m), r)
	}
	x := make([][]float64, m)
	for i, r := range rows {
		x[i] = floats.SubTo(make([]float64, len(r)), r, mean)
	}
	g := mat.NewSymDense(m, nil)
	for i := range m {
		for j := i; j < m; j++ {
			g.SetSym(i, j, floats.Dot(x[i], x[j]))
		}
	}
	var eig mat.EigenSym
	if !eig.Factorize(g, true) {
		return nil
	}
	values := eig.Values(nil)
	var u mat.Dense
	eig.VectorsTo(&u)
	var components [][]float64
	for c := m - 1; c >= 0 && len(components) < k; c-- {
		if !(values[c] > 1e-12*values[m-1]) {
			break
		}
		v := make([]float64, len(mean))
		for i := range m {
			floats.AddScaled(v, u.At(i, c), x[i])
		}
		scale := 1 / floats.Norm(v, 2)
		largest := 0
		for i := range v {
			if v[i]*v[i] > v[largest]*v[largest] {
				largest = i
			}
		}
		if v[largest] < 0 {
			scale = -scale
		}
		floats.Scale(scale, v)
		components = append(components, v)
	}
	return components
}
