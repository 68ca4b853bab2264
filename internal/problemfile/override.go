package problemfile

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/crux-pinn/crux/internal/files/tree"
)

// override applies "path=value", such as "optimizer.0.adam.lr=1e-3", to the nodes. A key that is not there is added; whether
// it is a valid one shows when the file is read.
func (l *loader) override(root *tree.Node, set string) {
	path, value, ok := strings.Cut(set, "=")
	path = strings.TrimSpace(path)
	src := tree.NewSource("--set "+set, []byte(value))
	fail := func(format string, args ...any) {
		l.errs = append(l.errs, &Error{File: src.Name, Message: fmt.Sprintf(format, args...)})
	}
	if !ok || path == "" {
		fail("an override has the form path=value, such as seed=3 or optimizer.0.adam.lr=1e-3")
		return
	}
	v, errs := tree.Read(src, []byte(value))
	if len(errs) > 0 {
		if strings.TrimSpace(value) != "" {
			l.errs = append(l.errs, errs...)
			return
		}
		v = &tree.Node{Kind: tree.Nothing, At: src.Start()}
	}
	v.Rename(path)
	keys := ourKeys(strings.Split(path, "."))
	l.translate(v, sectionOf(keys))
	n := root
	for i, key := range keys {
		last := i == len(keys)-1
		here := strings.Join(keys[:i], ".")
		switch n.Kind {
		case tree.Sequence:
			k, err := strconv.Atoi(key)
			if err != nil || k < 0 || k >= len(n.Items) {
				fail("%s has %d entries, counted from 0; %q is none of them", here, len(n.Items), key)
				return
			}
			if last {
				n.Items[k] = v
				return
			}
			n = n.Items[k]
		case tree.Mapping, tree.Nothing:
			n.Kind = tree.Mapping
			if last {
				n.Put(key, v)
				return
			}
			next := n.Get(key)
			if next == nil {
				next = n.Open(key)
				next.At = v.At
			}
			n = next
		default:
			fail("%s is %q and has no part %s", here, n.Text, key)
			return
		}
	}
}

// turn turns a key on or off.
func (l *loader) turn(root *tree.Node, key string, on bool) {
	now := root.Get(key)
	if root.Kind != tree.Mapping || now != nil && (now.Kind == tree.Mapping || now.Text == "true") == on {
		return
	}
	root.Set(key, strconv.FormatBool(on))
}
