package domain_test

import (
	"math"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/domain"
	ph "github.com/crux-pinn/crux/placeholder"
)

func TestWrongShapes(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	disk := domain.NewDisk(x, y, 0, 0, 1)
	v := func(c ...float64) (out [][2]float64) {
		for i := 0; i < len(c); i += 2 {
			out = append(out, [2]float64{c[i], c[i+1]})
		}
		return out
	}
	var noBox *domain.Box
	var noShape *domain.Shape
	for _, tc := range []struct {
		name string
		s    *domain.Shape
		want string
	}{
		{"zero radius", domain.NewDisk(x, y, 0, 0, 0), "radius must be positive"},
		{"NaN radius", domain.NewDisk(x, y, 0, 0, math.NaN()), "radius must be positive"},
		{"Inf center", domain.NewDisk(x, y, math.Inf(1), 0, 1), "center must be finite"},
		{"far center", domain.NewDisk(x, y, 1e300, 0, 1), "lower bound must be less"},
		{"huge", domain.NewDisk(x, y, 0, 0, 1e200), "volume"},
		{"x twice", domain.NewDisk(x, x, 0, 0, 1), "given twice"},
		{"nil coordinate", domain.NewDisk(x, nil, 0, 0, 1), "nil coordinate"},
		{"center", domain.NewBall([]*ph.Coord{x, y}, []float64{1}, 1), "1 entries for 2 coordinates"},
		{"two vertices", domain.NewPolygon(x, y, v(0, 0, 1, 1)...), "at least 3"},
		{"no vertex", domain.NewPolygon(x, y), "at least 3"},
		{"NaN vertex", domain.NewPolygon(x, y, v(0, 0, 1, math.NaN(), 2, 2)...), "vertex 1"},
		{"bow tie", domain.NewPolygon(x, y, v(0, 0, 1, 1, 1, 0, 0, 1)...), "meet"},
		{"flat", domain.NewPolygon(x, y, v(0, 0, 1, 1, 2, 2)...), "meet"},
		{"spike", domain.NewPolygon(x, y, v(0, 0, 2, 0, 1, 0, 1, 1)...), "meet"},
		{"repeated vertex", domain.NewPolygon(x, y, v(0, 0, 1, 0, 1, 0, 1, 1)...), "meet"},
		{"touching itself", domain.NewPolygon(x, y, v(0, 0, 4, 0, 4, 4, 2, 0, 0, 4)...), "meet"},
		{"nil geometry", domain.NewShape(nil), "nil geometry"},
		{"nil box", domain.NewShape(noBox), "nil geometry"},
		{"nil shape", domain.Union(disk, noShape), "nil geometry"},
		{"no parts", domain.Union(), "at least one"},
		{"apart", domain.Intersection(disk, domain.NewDisk(x, y, 5, 0, 1)), "empty"},
		{"apart within bounds", domain.Intersection(disk, rect(x, y, 0.9, 1, 0.9, 1)), "empty"},
		{"all cut away", domain.Difference(disk, domain.NewDisk(x, y, 0, 0, 2)), "empty"},
		{"other coordinates", domain.Union(disk, domain.NewDisk(y, x, 0, 0, 1)), "same in the same order"},
		{"broken part", domain.Difference(disk, domain.NewDisk(x, y, 0, 0, -1)), "part 2"},
	} {
		err := tc.s.Err()
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want … %s …", tc.name, err, tc.want)
		}
		c := domain.Cross(tc.s, domain.In(ph.NewCoord("t"), 0, 1))
		for _, p := range []*domain.Points{
			tc.s.Interior(3), tc.s.Boundary(3), tc.s.Grid(3), tc.s.Face(x, 0, 3), tc.s.Sides(x, 3), c.Interior(3), c.Boundary(3),
			c.Grid(3), c.Face(x, 0, 3), c.Sides(x, 3),
		} {
			if p.Err() == nil {
				t.Errorf("%s: points without an error", tc.name)
			}
		}
		if tc.s.Volume() != 0 || !math.IsNaN(tc.s.Distance([]float64{0, 0})) {
			t.Errorf("%s: volume %v, distance %v", tc.name, tc.s.Volume(), tc.s.Distance([]float64{0, 0}))
		}
	}
}
