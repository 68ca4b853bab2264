package known

// latticeField interpolates a function of t and x from its values on a uniform lattice of [0, 1]². It is even about x = 0
// and about x = 1. The interpolant is the polynomial through the nearest 8 times and 10 places: with spacing h and a
// singularity at distance d from the real axis the error falls like (h/d)^8 and (h/d)^10.
type latticeField struct {
	steps, cells int       // intervals in t and in x
	values       []float64 // (steps+1) × (cells+1), row after row
}

const (
	timeStencil  = 8
	spaceStencil = 10
)

func newLatticeField(steps, cells int) *latticeField {
	return &latticeField{steps: steps, cells: cells, values: make([]float64, (steps+1)*(cells+1))}
}

// row is the storage of time i/steps.
func (f *latticeField) row(i int) []float64 {
	return f.values[i*(f.cells+1) : (i+1)*(f.cells+1)]
}

// at returns the field for 0 ≤ t, x ≤ 1. Near the first and the last time the stencil is one-sided; in x the field
// continues beyond 0 and 1 as its own mirror image, so the stencil is always centred.
func (f *latticeField) at(t, x float64) float64 {
	var wt [timeStencil]float64
	var wx [spaceStencil]float64
	i0 := min(max(int(t*float64(f.steps))-(timeStencil/2-1), 0), f.steps+1-timeStencil)
	j0 := int(x*float64(f.cells)) - (spaceStencil/2 - 1)
	lagrange(wt[:], t*float64(f.steps)-float64(i0))
	lagrange(wx[:], x*float64(f.cells)-float64(j0))

	sum := 0.0
	for a, wa := range wt {
		row := f.row(i0 + a)
		inner := 0.0
		for b, wb := range wx {
			j := j0 + b
			if j < 0 {
				j = -j
			} else if j > f.cells {
				j = 2*f.cells - j
			}
			inner += wb * row[j]
		}
		sum += wa * inner
	}
	return sum
}

// lagrange fills w with the weights for which Σ w_j y_j is, at s, the polynomial through (0, y_0), …, (n−1, y_{n−1}):
//
//	w_j = ∏_{k≠j} (s − k)/(j − k),   n = len(w)
//
// The numerators are products of what stands left and right of k = j, which needs no division by s − j.
func lagrange(w []float64, s float64) {
	left := 1.0
	for j := range w {
		w[j] = left
		left *= (s - float64(j)) / float64(j+1)
	}
	right := 1.0
	for j := len(w) - 1; j >= 0; j-- {
		w[j] *= right
		right *= (s - float64(j)) / float64(j-len(w))
	}
}
