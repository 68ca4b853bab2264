package reference

// Facet is a triangle of the surface of a body, seen from outside counterclockwise, with the name of the part that it belongs to.
type Facet struct {
	Part    string
	Corners [3][3]float64
}

// Blocks is the surface of the full cells of a grid: two triangles for each side between a full and an empty cell.
func Blocks(ticks [3][]float64, full func(centre [3]float64) bool,
	part func(centre [3]float64, axis int, sign float64) string,
) (list []Facet) {
	h := Heat{Ticks: ticks}
	in := func(c [3]int) bool {
		for d, i := range c {
			if i < 0 || i >= len(ticks[d])-1 {
				return false
			}
		}
		return full(h.centre(c))
	}
	for i := range len(ticks[0]) - 1 {
		for j := range len(ticks[1]) - 1 {
			for k := range len(ticks[2]) - 1 {
				c := [3]int{i, j, k}
				for n := range 6 {
					d, side := n/2, n%2
					next := c
					next[d] += 2*side - 1
					if !in(c) || in(next) {
						continue
					}
					corner := func(a, b int) (p [3]float64) {
						at := c
						at[d] += side
						at[(d+1)%3] += a
						at[(d+2)%3] += b
						for e := range 3 {
							p[e] = ticks[e][at[e]]
						}
						return p
					}
					p, q, r, s := corner(0, 0), corner(1, 0), corner(1, 1), corner(0, 1)
					if side == 0 {
						q, s = s, q
					}
					middle := h.centre(c)
					middle[d] = p[d]
					name := part(middle, d, float64(2*side-1))
					list = append(list, Facet{name, [3][3]float64{p, q, r}}, Facet{name, [3][3]float64{p, r, s}})
				}
			}
		}
	}
	return list
}
