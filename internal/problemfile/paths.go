package problemfile

import (
	"slices"
	"strconv"
	"strings"

	"github.com/crux-pinn/crux/internal/files/tree"
)

// Paths are the dotted paths of all settings that a problem file can have, for completion: with the names that the text has for its coordinates,
// fields, constraints and so on. Of a text that is no problem file they are those without such names.
func Paths(text []byte) []string {
	root, errs := tree.Read(tree.NewSource("", text), text)
	if len(errs) > 0 {
		root = &tree.Node{Kind: tree.Mapping}
	}
	var list []string
	for _, p := range parts {
		at := []string{""}
		switch kind, net := strings.CutPrefix(p.path, "net."); {
		case net: // the keys of a network stand in its field
			at = slices.DeleteFunc(places("fields.*", root), func(path string) bool {
				of := node(root, path).Get("net")
				return of == nil && kind != "mlp" || of != nil && of.Text != kind
			})
		case p.path != "":
			at = places(p.path, root)
		}
		for _, path := range at {
			for _, k := range p.keys {
				if k.name != "*" {
					list = append(list, tree.Join(path, k.name))
				}
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// places are the paths for which one with stars stands in a file. Of a list that the file does not have, the first entry is meant.
func places(path string, root *tree.Node) []string {
	list := []string{""}
	for _, step := range strings.Split(path, ".") {
		var next []string
		for _, before := range list {
			n := node(root, before)
			switch {
			case step != "*":
				next = append(next, tree.Join(before, step))
			case n == nil:
				if before == "optimizer" {
					next = append(next, "optimizer.0")
				}
			case n.Kind == tree.Sequence:
				for i := range n.Items {
					next = append(next, tree.Join(before, strconv.Itoa(i)))
				}
			case before == "optimizer": // a phase that stands alone
				next = append(next, before)
			default:
				for _, e := range n.Entries {
					next = append(next, tree.Join(before, e.Key))
				}
			}
		}
		list = next
	}
	return list
}

// node is what stands at a path, or nil.
func node(n *tree.Node, path string) *tree.Node {
	for step := range strings.SplitSeq(path, ".") {
		if path == "" || n == nil {
			return n
		}
		if i, err := strconv.Atoi(step); err == nil && n.Kind == tree.Sequence && i < len(n.Items) {
			n = n.Items[i]
			continue
		}
		n = n.Get(step)
	}
	return n
}
