package picture

import "image/color"

// viridis is the colour of t in [0, 1]: eleven equidistant colours of the map of that name, interpolated (van der Walt & Smith
// 2015, CC0).
func viridis(t float64) color.RGBA {
	table := [...][3]float64{
		{68, 1, 84},
		{72, 36, 117},
		{65, 68, 135},
		{53, 95, 141},
		{42, 120, 142},
		{33, 145, 140},
		{34, 168, 132},
		{68, 191, 112},
		{122, 209, 81},
		{189, 223, 38},
		{253, 231, 37},
	}
	s := min(max(t, 0), 1) * float64(len(table)-1)
	k := min(int(s), len(table)-2)
	f := s - float64(k)
	mix := func(c int) uint8 { return uint8(table[k][c]*(1-f) + table[k+1][c]*f + 0.5) }
	return color.RGBA{mix(0), mix(1), mix(2), 255}
}
