package cli

import (
	"maps"
	"slices"

	"github.com/crux-pinn/crux/compiler"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/spec"
	ph "github.com/crux-pinn/crux/placeholder"
)

// groupOf describes the points of constraint i to the compiler, as the solver does, without residuals.
func groupOf(p *spec.Problem, s *crux.Solver, i int) (compiler.Group, *domain.Cloud, error) {
	name := s.Names()[i]
	cloud, err := s.Cloud(name)
	if err != nil {
		return compiler.Group{}, nil, err
	}
	g := compiler.Group{
		Name: name, Coords: cloud.Coords, Columns: slices.Sorted(maps.Keys(cloud.Columns)),
		Normals: cloud.Normals != nil, Weighted: cloud.Weights != nil, Bounds: map[*ph.Coord][2]float64{},
	}
	for _, x := range p.Coords {
		if lo, hi, ok := s.Bounds(x); ok {
			g.Bounds[x] = [2]float64{lo, hi}
		}
	}
	return g, cloud, nil
}
