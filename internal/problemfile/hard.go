package problemfile

import (
	"github.com/crux-pinn/crux/crux/auto"
	"github.com/crux-pinn/crux/internal/files/tree"
)

// hard reads which boundary and initial conditions are built into the fields, by auto.Hard: auto, none, names, or a mapping.
// Without it, those of which the file says where they hold and nothing of how to train them. What that came to is in the resolved
// file, as a list or none.
func (b *builder) hard(n *tree.Node) (h auto.Hard) {
	if n == nil {
		return h
	}
	list := n
	if n.Kind == tree.Mapping {
		s := b.section(n, "hard")
		list = s.get("conditions")
		h.Onset = only[float64](s, "onset")
		s.done()
	}
	if list.Kind != tree.Sequence {
		h.None = b.choice(list, "choice", "auto", "none") == "none"
		h.All = !h.None
		return h
	}
	if len(list.Items) == 0 {
		b.fail(list, "no constraint; name at least one, or write auto or none")
	}
	for _, it := range list.Items {
		if _, ok := b.textOf(it, "the name of a constraint"); ok {
			b.named = append(b.named, it)
		}
	}
	return h
}

// hardNames finds the constraints that hard names, and where it does.
func (b *builder) hardNames() map[string]*tree.Node {
	at := map[string]*tree.Node{}
	for _, n := range b.named {
		for _, name := range b.constraintsNamed(n) {
			at[name] = n
			b.stated.Hard.Names = append(b.stated.Hard.Names, name)
		}
	}
	return at
}
