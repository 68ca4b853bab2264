package problemfile

import "github.com/crux-pinn/crux/internal/files/tree"

// scale reads by what a residual is divided: scale: 10, scale: auto, or one by the residual's name. auto, which may stand for the
// whole problem as well, is measured once: the root mean square of the residual at step 0. The resolved file has the number in its
// place, so that a run that continues, or is repeated, has the same. 0 means 1.
func (b *builder) scale(constraint, n *tree.Node, name, part string) (by float64, measured bool) {
	group := n
	if n != nil && n.Kind == tree.Mapping && part != "" {
		n = n.Get(part)
	}
	switch {
	case n == nil && !b.allScaled:
		return 0, false
	case n != nil && (n.Kind != tree.Scalar || n.Text != "auto"):
		by, _ = b.positive(n)
		return by, false
	}
	full := name
	if part != "" {
		full += "." + part
	}
	at := constraint
	if n != nil {
		at = n
	}
	b.unscaled[full] = unscaled{at, func(v string) {
		if part == "" {
			constraint.Set("scale", v)
			return
		}
		parts := constraint.Get("scale")
		if parts == nil || parts == group && parts.Kind != tree.Mapping {
			parts = constraint.Open("scale")
		}
		parts.Set(part, v)
	}}
	return 0, true
}

// unscaled is a constraint whose scale is to be measured.
type unscaled struct {
	at  *tree.Node // where the file asks for it
	put func(v string)
}
