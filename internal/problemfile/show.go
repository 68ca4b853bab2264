package problemfile

import (
	"strings"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/files/tree"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Shown is a number that people watch during a run, such as a mass or a flux: an expression of no coordinate.
type Shown struct {
	Name string
	Expr ph.Expr
}

// show reads show: {mass: "integral(u, x)"}.
func (b *builder) show(n *tree.Node) {
	if n == nil {
		return
	}
	s := b.section(n, "show")
	for _, e := range s.n.Entries {
		s.key(e.Key)
		if !ph.IsName(e.Key) {
			b.failAt(e.At, n.Path, "%q is not a name; use letters, digits and underscores, a letter first", e.Key)
			continue
		}
		x, ok := b.expr(e.Value, b.names.env)
		if !ok {
			continue
		}
		var free []string
		for _, c := range b.p.Coords {
			if ph.FreeCoords(x)[c] {
				free = append(free, c.Name())
			}
		}
		switch {
		case x.Dim() != 1:
			b.fail(e.Value, "it has %d components; a number must stand here", x.Dim())
		case uses(x, ph.OpNormal) || uses(x, ph.OpColumn):
			b.fail(e.Value, "normals and data columns belong to points; write an expression of fields, parameters and constants")
		case len(free) > 0:
			c := free[0]
			b.fail(e.Value, "it depends on %s; fix it, as in at(%s, %s = 0), or integrate over it, as in integral(%s, %s)",
				strings.Join(free, " and "), e.Value.Text, c, e.Value.Text, c)
		default:
			b.p.Shown = append(b.p.Shown, Shown{e.Key, x})
		}
	}
	s.done()
}

// Somewhere is one point of the axes, for expressions that are the same everywhere.
func (p *Problem) Somewhere() *domain.Points {
	var x []float64
	for _, c := range p.Coords {
		lo, hi := p.Bounds(c)
		x = append(x, lo/2+hi/2)
	}
	return domain.At(p.Coords, x)
}
