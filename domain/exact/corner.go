package exact

import (
	"fmt"
	"math"
	"slices"

	"github.com/crux-pinn/crux/internal/pointwise"
	ph "github.com/crux-pinn/crux/placeholder"
)

// cornerError says that the values of two conditions differ on parts of a shape that meet.
type cornerError struct{ with string }

func (e *cornerError) Error() string {
	return fmt.Sprintf("its part meets that of %q, which has other values: "+
		"built in, they would have infinite second derivatives in the corner, which seldom pays; "+
		"name both in hard: of a file, or set All in Go", e.with)
}

// meet reports whether two sectors have parts that meet, or nearly so: the function of one of them becomes small on the other.
func (f *frame) meet(a, b sector) bool {
	d := len(f.space())
	for _, p := range f.pieces {
		if p.axis >= 0 || !slices.Contains(a.parts, p.part) {
			continue
		}
		for _, k := range b.parts {
			least, most := math.Inf(1), 0.0
			for _, q := range p.patches {
				each(q, len(f.coords), 256, func(x []float64) {
					v := math.Abs(f.values[k](x[:d]))
					least, most = min(least, v), max(most, v)
				})
			}
			if least <= 0.02*most {
				return true
			}
		}
	}
	return false
}

// same reports whether two functions of the coordinates have the same values, at some points.
func (f *frame) same(a, b ph.Expr) bool {
	both := ph.Concat(a, b)
	params := parameterValues(both)
	x := make([]float64, len(f.coords))
	apart, size := 0.0, 0.0
	for try := range 5 {
		for i := range x {
			_, s := math.Modf(math.Pi * float64(2+i+3*try))
			x[i] = f.lo[i] + s*(f.hi[i]-f.lo[i])
		}
		v, err := pointwise.Eval(both, pointwise.Point{Coords: f.point(x), Params: params})
		if err != nil {
			return false
		}
		apart, size = max(apart, math.Abs(v[0]-v[1])), max(size, math.Abs(v[0]), math.Abs(v[1]))
	}
	return apart <= 1e-12*size
}
