// Package reference solves problems on meshes by finite volumes and finite elements: what bodies of any shape are compared with in tests.
// It shares nothing with the rest of crux. How exact a solution is shows beside that on a mesh twice as fine.
package reference

import (
	"errors"
	"math"
	"slices"
)

// sparse is a symmetric matrix with positive eigenvalues, by rows.
type sparse struct {
	start  []int // of each row, and of one behind the last
	column []int32
	value  []float64
	diag   []float64
}

// entries are the terms of which a matrix is summed.
type entries struct {
	n    int
	list []entry
	held map[int]bool // unknowns that are zero
}

type entry struct {
	row, column int32
	value       float64
}

func newEntries(n int) *entries { return &entries{n: n, held: map[int]bool{}} }

func (e *entries) add(i, j int, v float64) { e.list = append(e.list, entry{int32(i), int32(j), v}) }

// matrix is the sum.
func (e *entries) matrix() *sparse {
	byRow := make([][]entry, e.n)
	for _, x := range e.list {
		if !e.held[int(x.row)] && !e.held[int(x.column)] {
			byRow[x.row] = append(byRow[x.row], x)
		}
	}
	for i := range e.held {
		byRow[i] = []entry{{int32(i), int32(i), 1}}
	}
	m := &sparse{start: []int{0}, diag: make([]float64, e.n)}
	for i, row := range byRow {
		slices.SortStableFunc(row, func(a, b entry) int { return int(a.column) - int(b.column) })
		for k, x := range row {
			if k > 0 && row[k-1].column == x.column {
				m.value[len(m.value)-1] += x.value
			} else {
				m.column, m.value = append(m.column, x.column), append(m.value, x.value)
			}
			if int(x.column) == i {
				m.diag[i] += x.value
			}
		}
		m.start = append(m.start, len(m.column))
	}
	return m
}

// mul is dst = A·x.
func (m *sparse) mul(dst, x []float64) {
	for i := range dst {
		sum := 0.0
		for k := m.start[i]; k < m.start[i+1]; k++ {
			sum += m.value[k] * x[m.column[k]]
		}
		dst[i] = sum
	}
}

func dot(x, y []float64) (sum float64) {
	for i, v := range x {
		sum += v * y[i]
	}
	return sum
}

// solve is A⁻¹·b by conjugate gradients, with the diagonal in front, to a residual of 1e-11.
func (m *sparse) solve(b []float64) ([]float64, error) {
	n := len(b)
	x, r, z, p, q := make([]float64, n), slices.Clone(b), make([]float64, n), make([]float64, n), make([]float64, n)
	enough := 1e-11 * math.Sqrt(dot(b, b))
	last := 1.0
	for step := range 20*n + 100 {
		if math.Sqrt(dot(r, r)) <= enough {
			return x, nil
		}
		for i := range z {
			z[i] = r[i] / m.diag[i]
		}
		now := dot(r, z)
		for i := range p {
			if step == 0 {
				p[i] = z[i]
			} else {
				p[i] = z[i] + now/last*p[i]
			}
		}
		m.mul(q, p)
		a := now / dot(p, q)
		if math.IsNaN(a) || a <= 0 {
			break
		}
		for i := range x {
			x[i] += a * p[i]
			r[i] -= a * q[i]
		}
		last = now
	}
	return nil, errors.New("reference: conjugate gradients do not come to an end; is something held everywhere?")
}
