package reference

import "math"

// Heat is −div(k·grad T) = 0 in a body made of the cells of a grid, by finite volumes: the flux through a face is that of two half cells in
// series.
type Heat struct {
	Ticks [3][]float64 // the planes between cells
	// K is the conductivity at the centre of a cell; 0 is outside of the body.
	K func(p [3]float64) float64
	// Side is what holds on the surface, at the centre of a face whose normal is n: q + h·(ambient − T) flows in. An infinite h holds T.
	Side func(p [3]float64, axis int, sign float64) (q, h, ambient float64)
	// Resists is the resistance of the face between two cells, beside that of the cells; nil is none.
	Resists func(p [3]float64, axis int) float64
}

// Temperature is a solution: values at the centres of full cells.
type Temperature struct {
	Centres [][3]float64
	Values  []float64
	at      map[[3]int]int // by cell
}

// Refined has each cell divided into two along each axis.
func (h Heat) Refined() Heat {
	for d, ticks := range h.Ticks {
		var finer []float64
		for i, v := range ticks {
			if i > 0 {
				finer = append(finer, (ticks[i-1]+v)/2)
			}
			finer = append(finer, v)
		}
		h.Ticks[d] = finer
	}
	return h
}

// Solve is the solution.
func (h Heat) Solve() (*Temperature, error) {
	t := &Temperature{at: map[[3]int]int{}}
	var cells [][3]int
	var k []float64
	for i := range len(h.Ticks[0]) - 1 {
		for j := range len(h.Ticks[1]) - 1 {
			for l := range len(h.Ticks[2]) - 1 {
				c := [3]int{i, j, l}
				p := h.centre(c)
				if v := h.K(p); v > 0 {
					t.at[c] = len(cells)
					cells, k, t.Centres = append(cells, c), append(k, v), append(t.Centres, p)
				}
			}
		}
	}
	e, b := newEntries(len(cells)), make([]float64, len(cells))
	for n, c := range cells {
		for d := range 3 {
			area := h.length(c, (d+1)%3) * h.length(c, (d+2)%3)
			half := h.length(c, d) / 2 / k[n]
			for _, sign := range []int{-1, 1} {
				p := t.Centres[n]
				p[d] += float64(sign) * h.length(c, d) / 2
				next := c
				next[d] += sign
				if m, ok := t.at[next]; ok {
					other := h.length(next, d) / 2 / k[m]
					if h.Resists != nil {
						other += h.Resists(p, d)
					}
					e.add(n, n, area/(half+other))
					e.add(n, m, -area/(half+other))
					continue
				}
				q, film, ambient := h.Side(p, d, float64(sign))
				b[n] += q * area
				if film > 0 {
					g := area / (half + 1/film)
					e.add(n, n, g)
					b[n] += g * ambient
				}
			}
		}
	}
	var err error
	t.Values, err = e.matrix().solve(b)
	return t, err
}

func (h Heat) length(c [3]int, d int) float64 { return h.Ticks[d][c[d]+1] - h.Ticks[d][c[d]] }

func (h Heat) centre(c [3]int) (p [3]float64) {
	for d, i := range c {
		p[d] = (h.Ticks[d][i] + h.Ticks[d][i+1]) / 2
	}
	return p
}

// Beside is the difference from the solution on the grid with twice as many cells along each axis, whose means count: its root mean square
// over the cells, and the largest.
func (t *Temperature) Beside(finer *Temperature) (typical, largest float64) {
	sum := 0.0
	for c, n := range t.at {
		mean := 0.0
		for o := range 8 {
			mean += finer.Values[finer.at[[3]int{2*c[0] + o%2, 2*c[1] + o/2%2, 2*c[2] + o/4}]] / 8
		}
		largest = max(largest, math.Abs(mean-t.Values[n]))
		sum += (mean - t.Values[n]) * (mean - t.Values[n])
	}
	return math.Sqrt(sum / float64(len(t.at))), largest
}

// Span divides what lies between ends into cells of at most a size, and has all of the ends as planes.
func Span(size float64, ends ...float64) []float64 {
	list := []float64{ends[0]}
	for i, hi := range ends[1:] {
		lo := ends[i]
		n := max(1, int(math.Ceil((hi-lo)/size-1e-9)))
		for j := range n {
			list = append(list, lo+(hi-lo)*float64(j+1)/float64(n))
		}
		list[len(list)-1] = hi
	}
	return list
}
