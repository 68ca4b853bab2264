// Package tree reads and writes YAML as nodes that know their places, so that a mistake can be shown where it was made, down to the letter
// within a text. It knows nothing of what files say.
package tree

import "strconv"

// Node is a part of a problem file: a scalar, a sequence or a mapping, with its place. Scalars keep their text: whether
// "1e-3" is a number is decided by who reads it.
type Node struct {
	Kind    Kind
	Text    string  // of a scalar
	Quoted  bool    // whether a scalar was written in quotes or as a block
	Block   bool    // whether a scalar was written as a block, | or >
	Items   []*Node // of a sequence
	Entries []Entry // of a mapping, in the order of the file
	At      Place
	Path    string // where in the file's structure, "constraints.pde.residual"; an override has its own as the user wrote it
}

// Entry is a key of a mapping with its value.
type Entry struct {
	Key   string
	At    Place // of the key
	Value *Node
}

// Kind is what stands somewhere.
type Kind uint8

// The kinds.
const (
	Nothing Kind = iota // an empty value
	Scalar
	Sequence
	Mapping
)

// String is the kind as messages have it: "a list".
func (k Kind) String() string { return [...]string{"nothing", "a value", "a list", "a mapping"}[k] }

// Get returns the value of a key, or nil; nil has no keys.
func (n *Node) Get(key string) *Node {
	if n == nil {
		return nil
	}
	for _, e := range n.Entries {
		if e.Key == key {
			return e.Value
		}
	}
	return nil
}

// Put writes the value of a key.
func (n *Node) Put(key string, v *Node) {
	for i := range n.Entries {
		if n.Entries[i].Key == key {
			n.Entries[i].Value = v
			return
		}
	}
	n.Entries = append(n.Entries, Entry{key, v.At, v})
}

// Set writes a text for a key, at the place of the mapping.
func (n *Node) Set(key, text string) {
	n.Put(key, &Node{Kind: Scalar, Text: text, Path: Join(n.Path, key), At: n.At})
}

// Open writes an empty mapping for a key, at the place of this one.
func (n *Node) Open(key string) *Node {
	v := &Node{Kind: Mapping, Path: Join(n.Path, key), At: n.At}
	n.Put(key, v)
	return v
}

// Rename gives a node and its parts the paths under another.
func (n *Node) Rename(path string) {
	n.Path = path
	for i, it := range n.Items {
		it.Rename(Join(path, strconv.Itoa(i)))
	}
	for _, e := range n.Entries {
		e.Value.Rename(Join(path, e.Key))
	}
}

// Join is the path of a key below another.
func Join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
