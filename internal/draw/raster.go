package draw

import (
	"image"
	"math"

	"gonum.org/v1/plot"
)

// raster paints the triangles of a map into an image over its axes; what they do not cover stays transparent.
func (m *Map) raster(p *plot.Plot, s scale, width, height int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	n := m.Mesh.Len()
	x, y, v := make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range n {
		at := m.Mesh.Node(i)
		x[i] = p.X.Norm(at[0])*float64(width) - 0.5 // in pixels, whose middles are whole numbers
		y[i] = (1-p.Y.Norm(at[1]))*float64(height) - 0.5
		v[i] = s.at(m.Values[i]) // NaN stays NaN
		if m.Values[i]-m.Values[i] != 0 {
			v[i] = math.NaN()
		}
	}
	for t := m.Mesh.Cells; len(t) > 0; t = t[3:] {
		a, b, c := t[0], t[1], t[2]
		area := (x[b]-x[a])*(y[c]-y[a]) - (x[c]-x[a])*(y[b]-y[a])
		if area == 0 || v[a]+v[b]+v[c] != v[a]+v[b]+v[c] {
			continue
		}
		const edge = 1e-9 // pixels on an edge belong to both triangles
		for j := max(0, int(math.Ceil(min(y[a], y[b], y[c])-0.5))); j <= min(height-1, int(math.Floor(max(y[a], y[b], y[c])+0.5))); j++ {
			for i := max(0, int(math.Ceil(min(x[a], x[b], x[c])-0.5))); i <= min(width-1, int(math.Floor(max(x[a], x[b], x[c])+0.5))); i++ {
				fx, fy := float64(i), float64(j)
				wb := ((fx-x[a])*(y[c]-y[a]) - (x[c]-x[a])*(fy-y[a])) / area
				wc := ((x[b]-x[a])*(fy-y[a]) - (fx-x[a])*(y[b]-y[a])) / area
				if wa := 1 - wb - wc; wa >= -edge && wb >= -edge && wc >= -edge {
					img.SetRGBA(i, j, s.palette.at(wa*v[a]+wb*v[b]+wc*v[c]))
				}
			}
		}
	}
	return img
}

// level is the line on which the values are z, as pieces x₀, y₀, x₁, y₁: one in each triangle that it crosses.
func (m *Map) level(z float64) [][4]float64 {
	var list [][4]float64
	value := func(i int) float64 {
		if m.Log {
			return math.Log(math.Max(m.Values[i], math.SmallestNonzeroFloat64))
		}
		return m.Values[i]
	}
	if m.Log {
		z = math.Log(z)
	}
	for t := m.Mesh.Cells; len(t) > 0; t = t[3:] {
		var ends [4]float64
		n := 0
		for k := range 3 {
			i, j := t[k], t[(k+1)%3]
			vi, vj := value(i), value(j)
			if (vi < z) == (vj < z) || vi-vi != 0 || vj-vj != 0 {
				continue
			}
			f := (z - vi) / (vj - vi)
			if n < 2 {
				p, q := m.Mesh.Node(i), m.Mesh.Node(j)
				ends[2*n], ends[2*n+1] = p[0]+f*(q[0]-p[0]), p[1]+f*(q[1]-p[1])
			}
			n++
		}
		if n == 2 {
			list = append(list, ends)
		}
	}
	return list
}
