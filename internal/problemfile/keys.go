package problemfile

import (
	"cmp"
	"slices"
	"strings"

	"github.com/crux-pinn/crux/internal/files/tree"
)

// key is a setting of a problem file, a line in the table of all that a file can say.
type key struct {
	name    string // as files write it; "*" stands for names of the file's own
	form    form   // what may stand there
	def     string // what holds without it: written into the resolved file, unless it is in parentheses and only told; "" means nothing
	example string // a value; "" means the default
	means   string
}

// part is a mapping of the file with the keys that it may have.
type part struct {
	path    string // such as optimizer.*.adam, where a star is a place in a list or a name of the file's own
	example string
	keys    []key
}

// parts is the whole table.
var parts = slices.Concat(problemParts, fieldParts, pointParts, methodParts, watchParts)

// partAt finds a part.
func partAt(path string) *part {
	i := slices.IndexFunc(parts, func(p part) bool { return p.path == path })
	if i < 0 {
		panic("problemfile: the table of keys has no part " + path)
	}
	return &parts[i]
}

// names are the keys of a part; with a form given, those of this form.
func (p *part) names(is ...shape) []string {
	var list []string
	for _, k := range p.keys {
		if len(is) == 0 || k.form.is == is[0] {
			list = append(list, k.name)
		}
	}
	return list
}

// networkKeys are those of a kind of network, or of all kinds for "".
func networkKeys(kind string) (list []key) {
	for _, p := range fieldParts {
		if name, ok := strings.CutPrefix(p.path, "net."); ok && (kind == "" || name == kind) {
			list = append(list, p.keys...)
		}
	}
	return list
}

// written is the default that a resolved file shows.
func (k key) written() string {
	if strings.HasPrefix(k.def, "(") {
		return ""
	}
	return k.def
}

// in is the part of the table for a mapping at a key of the given part.
func (k key) in(p *part) *part { return partAt(cmp.Or(k.form.part, tree.Join(p.path, k.name))) }

// valued is an example of the key's value.
func (k key) valued() string {
	if k.example == "" {
		return k.written()
	}
	return k.example
}
