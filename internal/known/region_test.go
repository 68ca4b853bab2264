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
