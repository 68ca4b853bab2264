package auto

import (
	"fmt"
	"math"
	"slices"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	ph "github.com/crux-pinn/crux/placeholder"
)

// numbers are how many points a region gets where nothing is specified, by the number of coordinates: one, two, more.
var numbers = []struct {
	inside, watched bool
	n               [3]int
	why             string
}{
	// Watched points become more when it shows that they are too few, and until then steps are cheap.
	// docs/results/evidence.md, "Begin with few points, which are watched".
	{true, true, [3]int{200, 1000, 2000}, "there will be more if these are too few"},
	// docs/results/evidence.md, "Files that say nothing of points": fewer end at larger errors where nobody watches.
	{true, false, [3]int{200, 1500, 3000}, "as nothing watches whether they are enough"},
	// A boundary has one dimension less than the interior and needs fewer: an end in one, a line in two, up to six faces in three.
	{false, false, [3]int{1, 200, 800}, "on a boundary"},
}

// redrawn is the number of steps after which points that cannot be watched are drawn again: often enough that Levenberg-Marquardt, which
// fits the points it has within some ten steps, cannot do so without the solution in between (docs/results/evidence.md, "lm fits the points
// it has").
const redrawn = 20

// Number is how many points a region gets where their number is left open, in a problem with that number of coordinates, and why. Points
// that are watched can be fewer.
func Number(on *domain.Points, coords int, watched bool) (n int, why string) {
	inside := on.Dims() >= coords
	for _, r := range numbers {
		if r.inside == inside && (r.watched == watched || !inside) {
			return r.n[min(coords, 3)-1], r.why
		}
	}
	return 0, ""
}

// points decides how many points there are, and what becomes of them.
func (c *Choice) points(p Problem) {
	list := c.Problem.Constraints
	done := map[*domain.Points]*domain.Points{}
	for i := range list {
		on := list[i].On
		if on == nil {
			continue // New says so
		}
		if done[on] == nil {
			var members []crux.Constraint
			for _, k := range list[i:] {
				if k.On == on {
					members = append(members, k)
				}
			}
			done[on] = c.drawn(p, on, members)
		}
		list[i].On = done[on]
	}
	if len(c.Watched) > 0 { // together, as it is their common loss that tells
		c.Callbacks = append(c.Callbacks, &callbacks.HeldOut{Constraints: slices.Clone(c.Watched)})
	}
}

// drawn decides for one point set.
func (c *Choice) drawn(p Problem, on *domain.Points, members []crux.Constraint) *domain.Points {
	count, _, every := on.Said()
	name := members[0].Name
	if !count && !every && on.Random() && !slices.ContainsFunc(members, depends) {
		c.decide(name+": 1 point", "its residual is the same everywhere")
		return on.Count(1).Every(0)
	}
	asked := slices.ContainsFunc(members, func(k crux.Constraint) bool { return slices.Contains(p.Watch, k.Name) })
	why := c.unwatchable(members)
	watched := asked
	switch {
	case asked || every || !on.Random():
	case why == "" && (!count || p.Watching):
		watched = true
		c.decide(name+": points are watched", "they are random, and the problem does not say when to redraw them")
	case !count:
		on = on.Every(redrawn)
		c.decide(fmt.Sprintf("%s: points are redrawn every %d steps", name, redrawn), why+", so they cannot be watched")
	}
	if watched {
		for _, k := range members {
			c.Watched = append(c.Watched, k.Name)
		}
	}
	if !count {
		coords := len(on.Coords())
		if p.Domain != nil {
			coords = len(p.Domain.Coords())
		}
		n, why := Number(on, coords, watched)
		if on.Dims() == coords && c.apart > n {
			n, why = c.apart, "as many as the networks of all materials have parameters; with fewer they fit the points and not the equation"
		} else if on.Dims() > 0 && on.Dims() < coords {
			n = c.more(n, coords)
		}
		on = on.Count(n)
		c.decide(fmt.Sprintf("%s: %d points", name, n), why)
	}
	return on
}

// more is a number of points on a boundary, or where materials meet, by how many more than otherwise there are inside of materials with a
// network each.
func (c *Choice) more(n, coords int) int {
	inside := numbers[0].n[min(coords, 3)-1]
	return int(float64(n) * math.Sqrt(max(1, float64(c.apart)/float64(inside))))
}

// depends reports whether a residual is not the same at all points, as those of integral(u, x) = 1 and, in one dimension, of u(x = 0) = 0
// are.
func depends(k crux.Constraint) bool {
	return k.Residual == nil || len(ph.FreeCoords(k.Residual)) > 0 || k.PointWeights != nil ||
		ph.Contains(k.Residual, func(e ph.Expr) bool { return e.Op() == ph.OpColumn || e.Op() == ph.OpNormal })
}

// unwatchable says why the points of constraints cannot be watched; empty if they can.
func (c *Choice) unwatchable(members []crux.Constraint) string {
	for _, k := range members {
		switch {
		case k.Loss.Kind != crux.MSE:
			return "the loss is not a mean square"
		case k.PointWeights != nil:
			return "points have weights, which belong to them"
		}
	}
	return ""
}
