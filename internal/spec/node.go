package spec

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	yaml "github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// node is a part of a problem file: a scalar, a sequence or a mapping, with its place. Scalars keep their text: whether
// "1e-3" is a number is decided by who reads it.
type node struct {
	kind    kind
	text    string  // of a scalar
	quoted  bool    // whether a scalar was written in quotes or as a block
	block   bool    // whether a scalar was written as a block, | or >
	items   []*node // of a sequence
	entries []entry // of a mapping, in the order of the file
	at      place
	path    string // "constraints.pde.residual"
}

type entry struct {
	key   string
	at    place // of the key
	value *node
}

type kind uint8

const (
	nothing kind = iota // an empty value
	scalar
	sequence
	mapping
)

func (k kind) String() string { return [...]string{"nothing", "a value", "a list", "a mapping"}[k] }

// get returns the value of a key, or nil.
func (n *node) get(key string) *node {
	for _, e := range n.entries {
		if e.key == key {
			return e.value
		}
	}
	return nil
}

// put writes the value of a key.
func (n *node) put(key string, v *node) {
	for i := range n.entries {
		if n.entries[i].key == key {
			n.entries[i].value = v
			return
		}
	}
	n.entries = append(n.entries, entry{key, v.at, v})
}

// set writes a text for a key, at the place of the mapping.
func (n *node) set(key, text string) {
	n.put(key, &node{kind: scalar, text: text, path: join(n.path, key), at: n.at})
}

// open writes an empty mapping for a key, at the place of this one.
func (n *node) open(key string) *node {
	v := &node{kind: mapping, path: join(n.path, key), at: n.at}
	n.put(key, v)
	return v
}

// limits of what is read. A file beyond them is not a problem that a person wrote.
const (
	maxBytes = 4 << 20
	maxDepth = 60
	maxNodes = 1 << 20 // counted after aliases are replaced
)

// readYAML turns a text into nodes. It finds mistakes of syntax only.
func readYAML(src *source, text []byte) (root *node, errs Errors) {
	fail := func(at place, format string, args ...any) {
		errs = append(errs, &Error{File: src.name, Line: at.line, Column: at.col, Message: fmt.Sprintf(format, args...), Excerpt: at.excerpt()})
	}
	switch {
	case len(text) > maxBytes:
		fail(place{}, "the file has %d bytes; a problem has at most %d, so keep data in files of its own", len(text), maxBytes)
		return nil, errs
	case !utf8.Valid(text):
		fail(place{}, "the file is not UTF-8 text")
		return nil, errs
	}
	if line, col := tooDeep(src.lines); line > 0 {
		fail(place{src, line, col}, "more than %d levels of nesting", maxDepth)
		return nil, errs
	}
	file, err := parse(text)
	if err != nil {
		var syntax *yaml.SyntaxError
		if errors.As(err, &syntax) && syntax.Token != nil {
			p := syntax.Token.Position
			fail(place{src, p.Line, p.Column}, "%s", strings.TrimSpace(syntax.Message))
		} else {
			fail(place{}, "%v", err)
		}
		return nil, errs
	}
	r := &reader{src: src, anchors: map[string]ast.Node{}, fail: fail}
	for _, d := range file.Docs {
		switch {
		case d.Body == nil:
		case root != nil:
			fail(r.node(d.Body, "", 0).at, "a second document; a file holds one problem")
		default:
			root = r.node(d.Body, "", 0)
		}
	}
	if root == nil && errs == nil {
		fail(place{src, 1, 1}, "the file is empty; a problem has coords, fields and constraints")
	}
	return root, errs
}

// parse is goccy's parser. A panic in it is a file that cannot be read, not the end of the program.
func parse(text []byte) (f *ast.File, err error) {
	defer func() {
		if r := recover(); r != nil {
			f, err = nil, fmt.Errorf("the YAML cannot be read (%v); simplify its layout", r)
		}
	}()
	return parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
}

// tooDeep returns the place where brackets or dashes are nested deeper than any problem needs. The parser's time is
// quadratic in the depth.
func tooDeep(lines []string) (line, col int) {
	depth := 0
	for i, l := range lines {
		dashes := 0
		for j, c := range l {
			switch c {
			case '[', '{':
				depth++
			case ']', '}':
				depth = max(0, depth-1)
			case '-', '?', ':':
				dashes++
			case ' ':
			default:
				dashes = 0
			}
			indented := c == ' ' && j == 8*maxDepth && strings.TrimLeft(l[:j], " ") == "" && strings.TrimSpace(l) != ""
			if depth > maxDepth || dashes > maxDepth || indented {
				return i + 1, utf8.RuneCountInString(l[:j]) + 1
			}
		}
	}
	return 0, 0
}

// reader turns goccy's tree into nodes.
type reader struct {
	src     *source
	anchors map[string]ast.Node
	open    []string // anchors being replaced, against recursion
	count   int
	fail    func(at place, format string, args ...any)
}

func (r *reader) place(t *token.Token) place {
	if t == nil || t.Position == nil {
		return place{src: r.src}
	}
	return place{r.src, t.Position.Line, max(1, t.Position.Column)}
}

func (r *reader) node(a ast.Node, path string, depth int) *node {
	n := &node{path: path}
	if r.count++; a == nil || r.count > maxNodes || depth > 2*maxDepth {
		if r.count == maxNodes+1 || depth > 2*maxDepth {
			r.fail(place{src: r.src}, "too many values; aliases multiply what they stand for")
		}
		return n
	}
	n.at = r.place(a.GetToken())
	switch a := a.(type) {
	case *ast.AnchorNode:
		r.anchors[name(a.Name)] = a.Value
		return r.node(a.Value, path, depth+1)
	case *ast.AliasNode:
		return r.alias(a, path, depth)
	case *ast.TagNode:
		r.fail(n.at, "tags such as %s are not used in problem files; write the value alone", a.Start.Value)
	case *ast.MappingNode:
		n.kind = mapping
		if a.Start != nil && a.IsFlowStyle {
			n.at = r.place(a.Start)
		}
		for _, v := range a.Values {
			r.entry(n, v, depth)
		}
		if len(n.entries) > 0 && !a.IsFlowStyle {
			n.at = n.entries[0].at
		}
	case *ast.MappingValueNode:
		n.kind = mapping
		r.entry(n, a, depth)
		n.at = r.place(a.Key.GetToken())
	case *ast.SequenceNode:
		n.kind = sequence
		for i, v := range a.Values {
			n.items = append(n.items, r.node(v, join(path, fmt.Sprint(i)), depth+1))
		}
	case *ast.NullNode:
		n.kind = nothing
	case *ast.LiteralNode:
		n.kind, n.quoted, n.block, n.text = scalar, true, true, a.Value.Value
	case *ast.StringNode:
		n.kind, n.text = scalar, a.Value
		n.quoted = a.Token.Type == token.DoubleQuoteType || a.Token.Type == token.SingleQuoteType
	case *ast.MergeKeyNode:
		n.kind, n.text = scalar, "<<"
	default: // numbers, booleans, infinities
		n.kind, n.text = scalar, a.GetToken().Value
	}
	return n
}

func (r *reader) entry(n *node, v *ast.MappingValueNode, depth int) {
	at := r.place(v.Key.GetToken())
	key := r.key(v.Key, depth)
	for _, e := range n.entries {
		if e.key == key {
			r.fail(at, "%s is given twice; it stands on line %d already", join(n.path, key), e.at.line)
			return
		}
	}
	n.entries = append(n.entries, entry{key, at, r.node(v.Value, join(n.path, key), depth+1)})
}

func (r *reader) key(k ast.Node, depth int) string {
	n := r.node(k, "", depth+1)
	if n.kind != scalar {
		if s, ok := k.(*ast.MappingKeyNode); ok && s.Value != nil {
			if n = r.node(s.Value, "", depth+1); n.kind == scalar {
				return n.text
			}
		}
		if n.kind != nothing {
			r.fail(n.at, "a key is a name, not %s", n.kind)
		}
		return k.GetToken().Value
	}
	return n.text
}

func (r *reader) alias(a *ast.AliasNode, path string, depth int) *node {
	s := name(a.Value)
	at := r.place(a.Start)
	target, ok := r.anchors[s]
	if !ok {
		r.fail(at, "no anchor &%s stands before *%s", s, s)
		return &node{path: path, at: at}
	}
	for _, o := range r.open {
		if o == s {
			r.fail(at, "the alias *%s contains itself", s)
			return &node{path: path, at: at}
		}
	}
	r.open = append(r.open, s)
	n := r.node(target, path, depth+1)
	r.open = r.open[:len(r.open)-1]
	return n
}

func name(n ast.Node) string {
	if n == nil || n.GetToken() == nil {
		return ""
	}
	return n.GetToken().Value
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
