package known

import "testing"

// The lattice is even: every cell of a 10 × 10 partition holds about a hundredth of the points.
func TestLatticeIsEven(t *testing.T) {
	const n = 10_000
	var count [10][10]int
	for p := range (region{axes: []axis{{"t", 0, 2}, {"x", -1, 1}}}).lattice(n) {
		count[int(5*p[0])][int(5*(p[1]+1))]++
	}
	for i, row := range count {
		for j, c := range row {
			if c < 90 || c > 110 { // a random sample would range over 70 to 130
				t.Errorf("cell %d, %d holds %d of %d points", i, j, c, n)
			}
		}
	}
}

// The L keeps its sides: points on them, or outside by rounding, belong to it.
func TestHoleIsOpen(t *testing.T) {
	r := lookup(t, "lshape", nil).within
	for _, p := range [][]float64{{0, 0}, {0.5, 0}, {0.5, -1e-12}, {0, -0.5}, {1e-12, -1}, {1, 0}} {
		if err := r.contains(p); err != nil {
			t.Errorf("%v: %v", p, err)
		}
	}
	for _, p := range [][]float64{{0.5, -1e-6}, {1e-6, -0.5}, {1, -1}} {
		if r.contains(p) == nil {
			t.Errorf("%v lies in the hole and is accepted", p)
		}
	}
	for p := range r.lattice(1000) {
		if err := r.contains(p); err != nil {
			t.Fatal(err)
		}
	}
}
