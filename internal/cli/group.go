package cli

import (
	"maps"
	"slices"

	"github.com/crux-pinn/crux/compiler"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/problemfile"
	ph "github.com/crux-pinn/crux/placeholder"
)

// group is the constraints that share points, as the compiler sees them, and the points.
type group struct {
	compiler.Group
	cloud *domain.Cloud
}

// groups describes constraints to the compiler as the solver does: those of each set of points together, or the one with a name alone.
func groups(p *problemfile.Problem, s *crux.Solver, only string) (list []group, layout *compiler.Layout, err error) {
	names := s.Names()
	at := map[*domain.Points]int{}
	var all []ph.Expr
	for i, c := range p.Crux.Constraints {
		residual := s.Constraint(i).Residual
		all = append(all, residual)
		if only != "" && names[i] != only {
			continue
		}
		k, ok := at[c.On]
		if !ok {
			k = len(list)
			at[c.On] = k
			cloud, err := s.Cloud(names[i])
			if err != nil {
				return nil, nil, err
			}
			g := compiler.Group{
				Name: names[i], Coords: cloud.Coords, Columns: slices.Sorted(maps.Keys(cloud.Columns)),
				Normals: cloud.Normals != nil, Weighted: cloud.Weights != nil, Bounds: map[*ph.Coord][2]float64{},
			}
			for _, x := range p.Coords {
				if lo, hi, ok := s.Bounds(x); ok {
					g.Bounds[x] = [2]float64{lo, hi}
				}
			}
			list = append(list, group{g, cloud})
		}
		list[k].Residuals = append(list[k].Residuals, compiler.Residual{Name: names[i], Expr: p.Final(residual), Loss: c.Loss})
	}
	layout, err = compiler.NewLayout(all...)
	return list, layout, err
}
