package problemfile

import (
	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux/verdict"
	"github.com/crux-pinn/crux/internal/files/tree"
)

// accuracy reads at which estimated error a run ends: a number; auto, which is verdict.Accuracy; or best, with which only its method ends
// it. Where nothing is said it is auto if crux chooses how to train, and best if the file, or the command line, says it.
func (b *builder) accuracy(root *section, chosen bool) {
	byDefault := "best"
	if chosen {
		byDefault = "auto"
	}
	n := root.orDefault("accuracy", byDefault)
	below := verdict.Accuracy
	switch {
	case n.Kind == tree.Scalar && n.Text == "best", b.total > 0 && isAuto(n): // so many steps are wanted
		n.Text = "best"
		return
	case !isAuto(n):
		v, ok := b.number(relativeError, n)
		if !ok {
			return
		}
		below = v.(float64)
		b.p.Accuracy = below
	}
	b.p.Chosen = chosen && b.total == 0
	b.p.reached = &callbacks.Accuracy{Below: below}
}
