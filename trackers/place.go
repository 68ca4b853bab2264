package trackers

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	ph "github.com/crux-pinn/crux/placeholder"
)

// place is where a tracker looks: at points of its own, or at those of a constraint, which it follows when they move.
type place struct {
	follows int // the constraint; −1 means none
	cloud   *domain.Cloud
}

// begin finds the points: those of the set on, of the first constraint without one. The first draw of a constraint's set is that of
// the constraint, which the place then follows unless it is to stay there; other sets are drawn from a stream of the given name.
func (p *place) begin(r *crux.Run, on *domain.Points, stay bool, stream string) (err error) {
	if on == nil {
		on = r.Constraint(0).On
	}
	p.follows = -1
	for i := len(r.Names()) - 1; i >= 0 && !stay; i-- {
		if r.Constraint(i).On == on {
			p.follows = i
		}
	}
	p.cloud, err = r.Cloud(on, stream)
	return err
}

// move goes to the points of the step and reports whether these are others than before.
func (p *place) move(s *crux.Step) (moved bool) {
	if p.follows < 0 {
		return false
	}
	now := s.Run.Points(p.follows)
	moved = now != p.cloud
	p.cloud = now
	return moved
}

// some are n of the points, in their order, or all if there are no more.
func some(c *domain.Cloud, n int, rng *rand.Rand) *domain.Cloud {
	if c.Len() <= n {
		return c
	}
	at := rng.Perm(c.Len())[:n]
	slices.Sort(at)
	return c.Subset(at)
}

// where says for an error which points are meant, if that was not said.
func where(on *domain.Points, r *crux.Run, err error) error {
	if err == nil || on != nil {
		return err
	}
	return fmt.Errorf("on the points of constraint %q, the first, because there is no On: %w", r.Names()[0], err)
}

// shown is the text of an expression, cut where it grows long.
func shown(e ph.Expr) string {
	const most = 60
	text := []rune(e.String())
	if len(text) > most {
		return string(text[:most]) + "…"
	}
	return string(text)
}
