package problemfile

import (
	"strconv"

	"github.com/crux-pinn/crux/internal/files/tree"
)

// pageNames are the names of jNO's documentation that differ from those of problem files. In their section they mean the same,
// and the resolved file has ours in their place.
var pageNames = []struct{ section, page, ours string }{
	{"trackers.ntk_spectrum", "grad_expr", "expr"},
	{"trackers.ntk_spectrum", "n_points", "points"},
	{"trackers.hessian_spectrum", "n_iter", "iters"},
	{"trackers.loss_landscape", "n_grid", "grid"},
	{"weights", "gradient_norm_balanced", "gradient_norm"},
	{"weights", "ntk_balanced", "ntk"},
	{"weights.ntk", "n_points", "points"},
	{"checkpoint", "save_interval_epochs", "interval"},
	{"checkpoint", "max_to_keep", "keep"},
}

// ourName is the name of a key, or of a word that stands for the section as a whole.
func ourName(section, key string) string {
	for _, p := range pageNames {
		if p.section == section && p.page == key {
			return p.ours
		}
	}
	return key
}

// translate gives the keys of a node and of its parts our names. section is where it stands, in our names; its entries of a
// list stand in the same section. Paths stay as the user wrote them.
func (l *loader) translate(n *tree.Node, section string) {
	if n.Kind == tree.Scalar {
		n.Text = ourName(section, n.Text)
	}
	for _, it := range n.Items {
		l.translate(it, section)
	}
	first := map[string]tree.Entry{} // as written, by our name
	entries := n.Entries[:0]
	for _, e := range n.Entries {
		key := ourName(section, e.Key)
		if f, twice := first[key]; twice {
			l.failAt(e.At, n.Path, "%s and %s are two names of one setting, which stands on line %d already; leave out one of them",
				f.Key, e.Key, f.At.Line)
			continue
		}
		first[key] = e
		e.Key = key
		l.translate(e.Value, tree.Join(section, key))
		entries = append(entries, e)
	}
	n.Entries = entries
}

// ourKeys are the keys of an override's path in our names.
func ourKeys(keys []string) []string {
	list := make([]string, len(keys))
	for i, k := range keys {
		list[i] = ourName(sectionOf(list[:i]), k)
	}
	return list
}

// sectionOf is the section to which a path leads: without the places in lists.
func sectionOf(keys []string) string {
	section := ""
	for _, k := range keys {
		if _, err := strconv.Atoi(k); err != nil {
			section = tree.Join(section, k)
		}
	}
	return section
}
