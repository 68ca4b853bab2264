package crux

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/crux-pinn/crux/compiler"
	"github.com/crux-pinn/crux/domain"
	ph "github.com/crux-pinn/crux/placeholder"
)

// points are those of a point set as they are now.
type points struct {
	cloud *domain.Cloud
	next  *domain.Cloud // those of the next step, if a callback has set them
	draws int           // sets drawn from its stream
}

// draw draws the next points of a set from its own stream.
func (p *points) draw(s *statement, set *pointSet, from *domain.Points) error {
	cloud, err := from.Draw(s.Stream(fmt.Sprintf("points/%s/%d", set.name, p.draws)))
	if err != nil {
		return &PointsError{set.name, err}
	}
	p.cloud = cloud
	p.draws++
	return nil
}

// PointsError says that the points of a constraint cannot be drawn: its region is too small to be found, say, or has too many dimensions
// for the sampler.
type PointsError struct {
	Constraint string
	Err        error // the reason, of package domain
}

func (e *PointsError) Error() string { return fmt.Sprintf("constraint %q: %v", e.Constraint, e.Err) }
func (e *PointsError) Unwrap() error { return e.Err }

// PointState is one point set as it is now.
type PointState struct {
	Name  string // of the group of constraints on it
	Draws int    // sets drawn from its stream
	PointData
	Next *PointData // points that a callback has set for the next step; nil if there are none
}

// PointData are the numbers of a cloud of points, as in domain.Cloud.
type PointData struct {
	X       []float64
	Normals []float64            // nil if the points have none
	Weights []float64            // nil if the points have none
	Columns map[string][]float64 // nil if the points have none
}

func (p *points) state(name string) PointState {
	st := PointState{Name: name, Draws: p.draws, PointData: *dataOf(p.cloud)}
	if p.next != nil {
		st.Next = dataOf(p.next)
	}
	return st
}

// restore takes over a state that fits.
func (p *points) restore(st *PointState) {
	coords := p.cloud.Coords
	p.cloud, p.next, p.draws = st.cloud(coords), nil, st.Draws
	if st.Next != nil {
		p.next = st.Next.cloud(coords)
	}
}

// fits compares a point set with that of a name, whose points are now.
func (p *PointState) fits(name string, now *domain.Cloud) error {
	if p.Name != name || p.Draws < 1 || !p.provides(now) || p.Next != nil && !p.Next.provides(now) {
		return fmt.Errorf("its points %q do not fit those of constraint %q", p.Name, name)
	}
	return nil
}

// provides reports whether there are as many numbers of each kind as points like those of a cloud have.
func (p *PointData) provides(c *domain.Cloud) bool {
	d := len(c.Coords)
	n := len(p.X) / d
	ok := n > 0 && len(p.X) == n*d && len(p.Columns) == len(c.Columns)
	ok = ok && (c.Normals == nil) == (p.Normals == nil) && (p.Normals == nil || len(p.Normals) == n*d)
	ok = ok && (c.Weights == nil) == (p.Weights == nil) && (p.Weights == nil || len(p.Weights) == n)
	for name := range c.Columns {
		ok = ok && len(p.Columns[name]) == n
	}
	return ok
}

// dataOf is a copy of the points of a cloud.
func dataOf(c *domain.Cloud) *PointData {
	c = c.Clone()
	return &PointData{c.X, c.Normals, c.Weights, c.Columns}
}

// cloud is a copy of the points.
func (p *PointData) cloud(coords []*ph.Coord) *domain.Cloud {
	return (&domain.Cloud{Coords: coords, X: p.X, Normals: p.Normals, Weights: p.Weights, Columns: p.Columns}).Clone()
}

// schema is what the compiler needs to know of a cloud.
func schema(c *domain.Cloud, bounds map[*ph.Coord][2]float64) compiler.Group {
	return compiler.Group{
		Coords: c.Coords, Normals: c.Normals != nil, Weighted: c.Weights != nil, Bounds: bounds, Columns: slices.Sorted(maps.Keys(c.Columns)),
	}
}

func batch(c *domain.Cloud) compiler.Batch {
	return compiler.Batch{N: c.Len(), X: c.X, Normals: c.Normals, Columns: c.Columns, Weights: c.Weights}
}

// sameSchema reports how the points b fail to provide what the points a do.
func sameSchema(a, b *domain.Cloud) error {
	if b == nil || b.Len() == 0 {
		return errors.New("there are none")
	}
	if !slices.Equal(a.Coords, b.Coords) {
		return errors.New("they have other coordinates")
	}
	n, d := b.Len(), len(b.Coords)
	if len(b.X) != n*d || a.Normals != nil && len(b.Normals) != n*d || a.Weights != nil && len(b.Weights) != n {
		return fmt.Errorf("%d points of %d coordinates with %d coordinates, %d normals and %d weights", n, d, len(b.X), len(b.Normals),
			len(b.Weights))
	}
	for name := range a.Columns {
		if len(b.Columns[name]) != n {
			return fmt.Errorf("column %q has %d entries for %d points", name, len(b.Columns[name]), n)
		}
	}
	return nil
}

// Points are the points of constraint i now. Callers do not change them.
func (r *Run) Points(i int) *domain.Cloud { return r.plan.group(i).cloud }

// Weights are the factors of the losses in the training loss at this step, those of the constraints included.
func (r *Run) Weights() []float64 { return slices.Clone(r.plan.weights) }

// SetPoints replaces the points of constraint i, and of all constraints that share them, from the next step on: whatever
// belongs to the current step keeps the points it was computed on. The points need the coordinates of the old ones, and
// normals, weights and columns where those have them.
func (r *Run) SetPoints(i int, c *domain.Cloud) error {
	g := r.plan.group(i)
	if err := sameSchema(g.cloud, c); err != nil {
		return fmt.Errorf("crux: new points of constraint %q: %w", r.plan.constraints[i].name, err)
	}
	g.next = c
	return nil
}

// Cloud draws the points of a specification for watching. It depends on the specification and the name only: a point set
// on which a constraint of the problem is enforced gives the points of that constraint's first draw, any other one those of
// the random stream of the given name. Nothing that training reads is changed.
func (r *Run) Cloud(on *domain.Points, name string) (*domain.Cloud, error) {
	if on == nil {
		return nil, fmt.Errorf("crux: no point set; pass one such as box.Grid(101)")
	}
	for _, set := range r.plan.sets {
		if set.on == on {
			name = "points/" + set.name + "/0"
		}
	}
	c, err := on.Draw(r.solver.Stream(name))
	if err != nil {
		return nil, fmt.Errorf("crux: %w", err)
	}
	return c, nil
}

// Rests reports whether constraint i has no points in the stage, so that it is not trained there.
func (r *Run) Rests(i int) bool {
	return i >= 0 && i < len(r.plan.constraints) && r.plan.group(i).rests
}

// Specification is what the points of constraint i are drawn from, in a window those that lie in it; nil if there is no such constraint.
func (r *Run) Specification(i int) *domain.Points {
	if i < 0 || i >= len(r.plan.constraints) {
		return nil
	}
	return r.plan.group(i).from
}
