package problemfile

import (
	"slices"
	"strconv"

	"github.com/crux-pinn/crux/internal/files/tree"
)

// Paths are the dotted paths of all settings that a problem file can have, for completion: with the names that the text has for its
// coordinates, fields, constraints and so on. Of a text that is not a problem file they are those without such names.
func Paths(text []byte) []string {
	root, errs := tree.Read(tree.NewSource("", text), text)
	if len(errs) > 0 {
		root = &tree.Node{Kind: tree.Mapping}
	}
	list := partAt("").paths("", root)
	slices.Sort(list)
	return slices.Compact(list)
}

// paths are those of a part that stands at a path, and of all below it. n is what the file has there, or nil.
func (p *part) paths(path string, n *tree.Node) (list []string) {
	keys := p.keys
	if p.path == "fields.*" { // it has the keys of its network too
		kind := "mlp"
		if v := n.Get("net"); v != nil {
			kind = v.Text
		}
		keys = slices.Concat(keys, networkKeys(kind))
	}
	for _, k := range keys {
		names := []string{k.name}
		if k.name == "*" {
			names = nil
		}
		if k.name == "*" && n != nil {
			for _, e := range n.Entries {
				names = append(names, e.Key)
			}
		}
		for _, name := range names {
			at, v := tree.Join(path, name), n.Get(name)
			if list = append(list, at); k.form.is != settings && k.form.part == "" {
				continue
			}
			switch below := k.in(p); {
			case v == nil && at == "optimizer": // the first phase
				list = append(list, below.paths(at+".0", nil)...)
			case v == nil && k.form.is == own, v != nil && v.Kind == tree.Scalar: // there is no place for keys
			case v != nil && v.Kind == tree.Sequence && slices.ContainsFunc(v.Items, func(n *tree.Node) bool { return n.Kind == tree.Mapping }):
				for i, it := range v.Items {
					list = append(list, below.paths(tree.Join(at, strconv.Itoa(i)), it)...)
				}
			default:
				list = append(list, below.paths(at, v)...)
			}
		}
	}
	return list
}
