package problemfile

import (
	"fmt"
	"math"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/pointwise"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Places are up to most points of a regular grid in some of the coordinates: in the domain where it has all of them, otherwise on their
// axes; with a condition in these coordinates, those for which it holds.
func (p *Problem) Places(coords []*ph.Coord, most int, where string) (*domain.Cloud, error) {
	n := max(2, int(math.Pow(float64(most), 1/float64(len(coords)))))
	on := p.Grid(n)
	if len(coords) < len(p.Coords) {
		var axes []domain.Axis
		for _, c := range coords {
			axes = append(axes, p.axes[c])
		}
		on = domain.NewBox(axes...).Grid(n)
	}
	at, err := on.Draw(nil)
	if err != nil || where == "" {
		return at, err
	}
	e, err := ph.ParseNamed("where", where, p.Env)
	if err != nil {
		return nil, err
	}
	free := ph.FreeCoords(e)
	for _, c := range coords {
		delete(free, c)
	}
	if e.Dim() != 1 || ph.Contains(e, ph.Unknown) || len(free) > 0 {
		return nil, fmt.Errorf("where %s: a condition has one component, and no unknown and no other coordinates than the data have", where)
	}
	f := pointwise.Function(e, at.Coords)
	var kept []int
	for i := range at.Len() {
		var v [1]float64
		if f(v[:], at.Row(i)); v[0] != 0 {
			kept = append(kept, i)
		}
	}
	if len(kept) == 0 {
		return nil, fmt.Errorf("where %s: it holds at none of %d places of a grid", where, at.Len())
	}
	return at.Subset(kept), nil
}
