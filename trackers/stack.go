package trackers

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// scalar is an array of one number.
func scalar(name string, x float64) Array { return Array{Name: name, Data: []float64{x}} }

// vector is an array of one row.
func vector(name string, x []float64) Array { return shaped(name, x, len(x)) }

// shaped is an array of any shape.
func shaped(name string, x []float64, shape ...int) Array {
	return Array{Name: name, Shape: shape, Data: x}
}

// whole are steps, and indices of constraints.
func whole(name string, x []int) Array {
	data := make([]int64, len(x))
	for i, v := range x {
		data[i] = int64(v)
	}
	return Array{Name: name, Shape: []int{len(x)}, Data: data}
}

// stack makes one array for each name of those of all measurements.
func stack(ms []Measurement) []Array {
	if len(ms) == 0 {
		return nil
	}
	var list []Array
	for _, a := range ms[len(ms)-1].Arrays {
		if last, ok := a.Data.([]int64); ok {
			list = append(list, join(ms, a, last, 0))
		} else {
			last, _ := a.Data.([]float64)
			list = append(list, join(ms, a, last, math.NaN()))
		}
	}
	return list
}

// join puts the arrays that measurements have under the name of a, that of the last one, one after the other. Where one is shorter than
// the longest the rest is filled.
func join[T int64 | float64](ms []Measurement, a Array, last []T, fill T) Array {
	rows, longest := make([][]T, len(ms)), len(last)
	for i, m := range ms {
		if k := slices.IndexFunc(m.Arrays, func(b Array) bool { return b.Name == a.Name }); k >= 0 {
			rows[i], _ = m.Arrays[k].Data.([]T)
			if len(rows[i]) > longest {
				longest, a.Shape = len(rows[i]), m.Arrays[k].Shape
			}
		}
		a.Fixed = a.Fixed && same(rows[i], last)
	}
	if a.Fixed {
		rows = rows[:1]
	} else {
		a.Shape = append([]int{len(ms)}, a.Shape...)
	}
	data := make([]T, 0, len(rows)*longest)
	for _, r := range rows {
		data = append(data, r...)
		for range longest - len(r) {
			data = append(data, fill)
		}
	}
	a.Data = data
	return a
}

// same reports whether two slices hold the same.
func same[T comparable](a, b []T) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0] || slices.Equal(a, b))
}

// matrix is an array with its first axis as rows; nil without numbers.
func (a Array) matrix() *mat.Dense {
	x, ok := a.Data.([]float64)
	if !ok || len(x) == 0 {
		return nil
	}
	rows := 1
	if len(a.Shape) > 0 {
		rows = a.Shape[0]
	}
	return mat.NewDense(rows, len(x)/rows, x)
}

// padded is the first k entries of x, NaN where it has fewer.
func padded(x []float64, k int) []float64 {
	y := make([]float64, k)
	for i := copy(y, x); i < k; i++ {
		y[i] = math.NaN()
	}
	return y
}
