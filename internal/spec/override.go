package spec

import (
	"fmt"
	"strconv"
	"strings"
)

// override applies "path=value", such as "optimizer.0.adam.lr=1e-3", to the nodes. A key that is not there is added; whether
// it is a valid one shows when the file is read.
func (l *loader) override(root *node, set string) {
	path, value, ok := strings.Cut(set, "=")
	path = strings.TrimSpace(path)
	src := newSource("--set "+set, []byte(value))
	fail := func(format string, args ...any) {
		l.errs = append(l.errs, &Error{File: src.name, Message: fmt.Sprintf(format, args...)})
	}
	if !ok || path == "" {
		fail("an override has the form path=value, such as seed=3 or optimizer.0.adam.lr=1e-3")
		return
	}
	v, errs := readYAML(src, []byte(value))
	if len(errs) > 0 {
		if strings.TrimSpace(value) != "" {
			l.errs = append(l.errs, errs...)
			return
		}
		v = &node{kind: nothing, at: place{src, 1, 1}}
	}
	v.rename(path)
	keys := ourKeys(strings.Split(path, "."))
	l.translate(v, sectionOf(keys))
	n := root
	for i, key := range keys {
		last := i == len(keys)-1
		here := strings.Join(keys[:i], ".")
		switch n.kind {
		case sequence:
			k, err := strconv.Atoi(key)
			if err != nil || k < 0 || k >= len(n.items) {
				fail("%s has %d entries, counted from 0; %q is none of them", here, len(n.items), key)
				return
			}
			if last {
				n.items[k] = v
				return
			}
			n = n.items[k]
		case mapping, nothing:
			n.kind = mapping
			if last {
				n.put(key, v)
				return
			}
			next := n.get(key)
			if next == nil {
				next = n.open(key)
				next.at = v.at
			}
			n = next
		default:
			fail("%s is %q and has no part %s", here, n.text, key)
			return
		}
	}
}

// turn turns a key on or off.
func (l *loader) turn(root *node, key string, on bool) {
	now := root.get(key)
	if root.kind != mapping || now != nil && (now.kind == mapping || now.text == "true") == on {
		return
	}
	root.set(key, strconv.FormatBool(on))
}

// rename gives a node and its parts the paths under a new one.
func (n *node) rename(path string) {
	n.path = path
	for i, it := range n.items {
		it.rename(join(path, strconv.Itoa(i)))
	}
	for _, e := range n.entries {
		e.value.rename(join(path, e.key))
	}
}
