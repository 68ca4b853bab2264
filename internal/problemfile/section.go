package problemfile

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/crux-pinn/crux/internal/files/tree"
	"github.com/crux-pinn/crux/internal/nearest"
)

// section reads a mapping by its part of the table. It writes defaults into the mapping, so that the resolved file shows them, and reports
// in the end which keys do not belong there.
type section struct {
	*loader
	n       *tree.Node
	keys    []key
	read    map[string]bool
	own     []string // keys with names of the file's own
	missing []key
}

// section returns the reader of a mapping; of anything else it reports an error and reads as an empty one. nil is an empty one too.
func (l *loader) section(n *tree.Node, path string) *section { return l.sectionWith(n, path, nil) }

// sectionWith is section with defaults that depend on the rest of the file, by their keys; the table has them in parentheses.
func (l *loader) sectionWith(n *tree.Node, path string, defaults map[string]string) *section {
	if n == nil {
		n = &tree.Node{}
	}
	s := &section{loader: l, n: n, read: map[string]bool{}}
	if n.Kind != tree.Mapping {
		if n.Kind != tree.Nothing {
			l.fail(n, "%s; write a mapping such as %s", wrongKind(n), partAt(path).example)
		}
		s.n = &tree.Node{Kind: tree.Mapping, Path: n.Path, At: n.At}
		if n.Kind == tree.Nothing {
			n.Kind = tree.Mapping
			s.n = n
		}
	}
	s.extend(path, defaults)
	return s
}

// extend adds the keys of a part, with their defaults.
func (s *section) extend(path string, defaults map[string]string) {
	for _, k := range partAt(path).keys {
		s.keys = append(s.keys, k)
		text := k.written()
		if text == "" {
			text = defaults[k.name]
		}
		if v := s.n.Get(k.name); text != "" && (v == nil || v.Kind == tree.Nothing) {
			s.n.Put(k.name, s.defaultOf(k, text))
		}
	}
}

// defaultOf is the node of a default.
func (s *section) defaultOf(k key, text string) *tree.Node {
	n := &tree.Node{Kind: tree.Scalar, Text: text, Path: tree.Join(s.n.Path, k.name), At: s.n.At}
	if k.form.is == widths {
		n.Kind, n.Text = tree.Sequence, ""
		for i, it := range strings.Split(strings.Trim(text, "[]"), ", ") {
			n.Items = append(n.Items, &tree.Node{Kind: tree.Scalar, Text: it, Path: tree.Join(n.Path, fmt.Sprint(i)), At: n.At})
		}
	}
	return n
}

// key finds a key's line in the table. That there is none is a mistake of this package.
func (s *section) key(name string) key {
	s.read[name] = true
	for _, k := range s.keys {
		if k.name == name {
			return k
		}
	}
	if i := slices.IndexFunc(s.keys, func(k key) bool { return k.name == "*" }); i >= 0 {
		s.own = append(s.own, name)
		k := s.keys[i]
		k.name = name
		return k
	}
	panic(fmt.Sprintf("problemfile: the table of keys has no %s in %s", name, s.n.Path))
}

// get returns the value of a key, or nil. An empty value counts as none.
func (s *section) get(name string) *tree.Node {
	if v := s.block(name); v != nil && v.Kind != tree.Nothing {
		return v
	}
	return nil
}

// block returns the value of a key even when it is empty, as in lbfgs: {} or lbfgs: .
func (s *section) block(name string) *tree.Node {
	s.key(name)
	return s.n.Get(name)
}

// need is get for a key that must be there. That it is not is reported by done, unless a misspelt key there explains it.
func (s *section) need(name string) *tree.Node {
	v := s.get(name)
	if v == nil {
		s.missing = append(s.missing, s.key(name))
	}
	return v
}

// orDefault is get with a default that only the reader knows.
func (s *section) orDefault(name, text string) *tree.Node {
	if v := s.get(name); v != nil {
		return v
	}
	s.n.Put(name, s.defaultOf(s.key(name), text))
	return s.n.Get(name)
}

// valueOf is the value of a key, and whether there is one that is right.
func valueOf[T any](s *section, name string) (v T, ok bool) {
	n := s.get(name)
	if n == nil {
		return v, false
	}
	x, ok := s.value(s.key(name), n)
	if !ok {
		return v, false
	}
	return x.(T), true
}

// only is valueOf where zero says enough.
func only[T any](s *section, name string) T {
	v, _ := valueOf[T](s, name)
	return v
}

// fill sets the fields of a struct that have the names of keys, as MaxTrials for max_trials. A word sets a whole number to its place among
// the words of the key. Keys that are read elsewhere are listed.
func (s *section) fill(options any, elsewhere ...string) {
	of := reflect.ValueOf(options).Elem()
	for _, k := range s.keys {
		if slices.Contains(elsewhere, k.name) {
			continue
		}
		name := strings.ReplaceAll(k.name, "_", "")
		f := of.FieldByNameFunc(func(s string) bool { return strings.EqualFold(s, name) && s[:1] == strings.ToUpper(s[:1]) })
		if !f.IsValid() {
			panic(fmt.Sprintf("problemfile: %s has no field for %s", of.Type(), k.name))
		}
		n := s.get(k.name)
		if n == nil {
			continue
		}
		v, ok := s.value(k, n)
		if !ok {
			continue
		}
		if k.form.is == word && f.CanInt() {
			v = slices.Index(k.form.words, v.(string))
		}
		if f.Kind() == reflect.Pointer {
			f.Set(reflect.New(f.Type().Elem()))
			f = f.Elem()
		}
		f.Set(reflect.ValueOf(v).Convert(f.Type()))
	}
}

// done reports the keys that have no place there, those that do not matter there, and those that are missing.
func (s *section) done() {
	known, asked := slices.Clone(s.own), slices.Clone(s.own)
	for _, k := range s.keys {
		if k.name != "*" {
			known = append(known, k.name)
		}
		if s.read[k.name] {
			asked = append(asked, k.name)
		}
	}
	meant := map[string]bool{}
	for _, e := range s.n.Entries {
		switch near := nearest.Name(e.Key, known); {
		case !slices.Contains(known, e.Key):
			meant[near] = true
			valid := asked
			if near != "" {
				valid = known
			}
			s.failAt(e.At, s.n.Path, "unknown key %q; %s", e.Key, oneOf(e.Key, valid))
		case !s.read[e.Key]:
			s.unasked = append(s.unasked, tree.Entry{Key: e.Key, At: e.At, Value: s.n})
		}
	}
	for _, k := range s.missing {
		if !meant[k.name] {
			s.fail(s.n, "%s is missing; write %s: %s", k.name, k.name, k.valued())
		}
	}
}

// askAll asks for all keys at once, and returns their names.
func (s *section) askAll() []string {
	var names []string
	for _, k := range s.keys {
		s.read[k.name] = true
		names = append(names, k.name)
	}
	return names
}

// choose reads a mapping of one of several names, whose settings it returns: {rba: {gamma: 0.9}}. Without a name, or with several, that is
// reported: none is the message with the names in place of %s, rule says that there is one. The defaults are those of the settings.
func (l *loader) choose(n *tree.Node, path string, defaults map[string]string, none, rule string) (name string, s *section) {
	outer := l.section(n, path)
	names := outer.askAll()
	var given []string
	for _, e := range outer.n.Entries {
		if slices.Contains(names, e.Key) {
			given = append(given, e.Key)
		}
	}
	outer.done()
	switch {
	case len(given) > 1:
		l.fail(n, "give only one of %s; %s", strings.Join(given, " and "), rule)
	case len(outer.n.Entries) == 0:
		l.fail(n, none, strings.Join(names, ", "))
	case len(given) == 1:
		return given[0], l.sectionWith(outer.n.Get(given[0]), path+"."+given[0], defaults)
	}
	return "", nil
}

// alone writes a name that stands alone, as in weights: ntk, as the mapping {ntk: {}} that it means. nil is a mistake.
func (l *loader) alone(n *tree.Node, path, what string) *tree.Node {
	if n.Kind != tree.Scalar {
		return n
	}
	name := l.choice(n, what, partAt(path).names()...)
	if name == "" {
		return nil
	}
	m := &tree.Node{Kind: tree.Mapping, Path: n.Path, At: n.At}
	m.Open(name)
	return m
}
