package trackers

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// Array is one named array of a tracker's result, ready for a file.
type Array struct {
	Name  string
	Shape []int
	Data  any // []float64, or []int64 for epochs and indices; row by row
}

func floatArray(name string, data []float64, shape ...int) Array {
	return Array{name, shape, data}
}

func intArray(name string, data []int) Array {
	x := make([]int64, len(data))
	for i, v := range data {
		x[i] = int64(v)
	}
	return Array{name, []int{len(data)}, x}
}

// stack puts one row of each measurement after the other.
func stack[V any](values []V, row func(V) []float64) []float64 {
	x := []float64{}
	for _, v := range values {
		x = append(x, row(v)...)
	}
	return x
}

// level makes all rows as long as the longest; NaN follows the shorter ones.
func level[V any](values []V, row func(V) []float64) func(V) []float64 {
	most := 0
	for _, v := range values {
		most = max(most, len(row(v)))
	}
	return func(v V) []float64 { return padded(row(v), most) }
}

// padded is the first k entries of x, NaN where it has fewer.
func padded(x []float64, k int) []float64 {
	y := make([]float64, k)
	for i := range y {
		y[i] = math.NaN()
	}
	copy(y, x)
	return y
}

// column takes one number of each measurement.
func column[V any](values []V, f func(V) float64) []float64 {
	x := make([]float64, len(values))
	for i, v := range values {
		x[i] = f(v)
	}
	return x
}

// width is the length of the rows of a stack.
func width[V any](values []V, row func(V) []float64) int {
	if len(values) == 0 {
		return 0
	}
	return len(row(values[0]))
}

// matrix is a stack as a matrix; nil without rows.
func matrix[V any](values []V, row func(V) []float64) *mat.Dense {
	n, w := len(values), width(values, row)
	if n == 0 || w == 0 {
		return nil
	}
	return mat.NewDense(n, w, stack(values, row))
}
