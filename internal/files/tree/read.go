package tree

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	yaml "github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// limits of what is read. A file beyond them is not a problem that a person wrote.
const (
	maxBytes = 4 << 20
	maxLines = 10_000 // the parser's time is quadratic in them
	maxDepth = 60
	maxKeys  = 2000
)

// Read turns a text into nodes. It finds mistakes of syntax only.
func Read(src *Source, text []byte) (root *Node, errs Errors) {
	fail := func(at Place, format string, args ...any) {
		errs = append(errs, &Error{File: src.Name, Line: at.Line, Column: at.col, Message: fmt.Sprintf(format, args...), Excerpt: at.excerpt()})
	}
	switch {
	case len(text) > maxBytes:
		fail(Place{}, "the file has %d bytes; a problem has at most %d, so keep data in files of its own", len(text), maxBytes)
		return nil, errs
	case len(src.lines) > maxLines:
		fail(Place{}, "the file has %d lines; a problem has at most %d, so keep data in files of its own", len(src.lines), maxLines)
		return nil, errs
	case !utf8.Valid(text):
		i := slices.IndexFunc(src.lines, func(l string) bool { return !utf8.ValidString(l) })
		valid := strings.ToValidUTF8(src.lines[i], "\x00")
		fail(Place{src, i + 1, utf8.RuneCountInString(valid[:strings.IndexByte(valid, 0)]) + 1}, "the file is not UTF-8 text")
		return nil, errs
	}
	if line, col := tooDeep(src.lines); line > 0 {
		fail(Place{src, line, col}, "more than %d levels of nesting", maxDepth)
		return nil, errs
	}
	file, err := parse(text)
	if err != nil {
		if syntax, ok := errors.AsType[*yaml.SyntaxError](err); ok && syntax.Token != nil {
			p := syntax.Token.Position
			fail(Place{src, p.Line, p.Column}, "%s", strings.TrimSpace(syntax.Message))
		} else {
			fail(Place{}, "%v", err)
		}
		return nil, errs
	}
	r := &reader{src: src, fail: fail}
	for _, d := range file.Docs {
		switch {
		case d.Body == nil:
		case root != nil:
			fail(r.node(d.Body, "").At, "a second document; a file holds one problem")
		default:
			root = r.node(d.Body, "")
		}
	}
	if root == nil && errs == nil {
		fail(src.Start(), "the file is empty; a problem has coords, fields and constraints")
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
	src  *Source
	fail func(at Place, format string, args ...any)
	full bool // it has been said that a mapping is too large
}

func (r *reader) place(t *token.Token) Place {
	if t == nil || t.Position == nil {
		return Place{src: r.src}
	}
	return Place{r.src, t.Position.Line, max(1, t.Position.Column)}
}

func (r *reader) node(a ast.Node, path string) *Node {
	n := &Node{Path: path}
	if a == nil {
		return n
	}
	n.At = r.place(a.GetToken())
	switch a := a.(type) {
	case *ast.AnchorNode, *ast.AliasNode:
		r.fail(n.At, "anchors and aliases (&x, *x) are not used in problem files; write the value itself, in quotes if it begins with & or *")
	case *ast.TagNode:
		r.fail(n.At, "tags such as %s are not used in problem files; write the value alone", a.Start.Value)
	case *ast.MappingNode:
		n.Kind = Mapping
		if a.Start != nil && a.IsFlowStyle {
			n.At = r.place(a.Start)
		}
		for _, v := range a.Values {
			r.entry(n, v)
		}
		if len(n.Entries) > 0 && !a.IsFlowStyle {
			n.At = n.Entries[0].At
		}
	case *ast.MappingValueNode:
		n.Kind = Mapping
		r.entry(n, a)
		n.At = r.place(a.Key.GetToken())
	case *ast.SequenceNode:
		n.Kind = Sequence
		for i, v := range a.Values {
			n.Items = append(n.Items, r.node(v, Join(path, fmt.Sprint(i))))
		}
	case *ast.NullNode:
		n.Kind = Nothing
	case *ast.LiteralNode:
		n.Kind, n.Quoted, n.Block, n.Text = Scalar, true, true, a.Value.Value
	case *ast.StringNode:
		n.Kind, n.Text = Scalar, a.Value
		n.Quoted = a.Token.Type == token.DoubleQuoteType || a.Token.Type == token.SingleQuoteType
	case *ast.MergeKeyNode:
		n.Kind, n.Text = Scalar, "<<"
	default: // numbers, booleans, infinities
		n.Kind, n.Text = Scalar, a.GetToken().Value
	}
	return n
}

func (r *reader) entry(n *Node, v *ast.MappingValueNode) {
	at := r.place(v.Key.GetToken())
	if len(n.Entries) == maxKeys {
		if !r.full {
			r.fail(at, "a mapping of more than %d keys; keep data in files of their own", maxKeys)
		}
		r.full = true
		return
	}
	key := r.key(v.Key)
	for _, e := range n.Entries {
		if e.Key == key {
			r.fail(at, "%s is given twice; it stands on line %d already", Join(n.Path, key), e.At.Line)
			return
		}
	}
	n.Entries = append(n.Entries, Entry{key, at, r.node(v.Value, Join(n.Path, key))})
}

func (r *reader) key(k ast.Node) string {
	if s, ok := k.(*ast.MappingKeyNode); ok && s.Value != nil { // ? key
		k = s.Value
	}
	switch n := r.node(k, ""); n.Kind {
	case Scalar:
		return n.Text
	case Sequence, Mapping:
		r.fail(n.At, "a key is a name, not %s", n.Kind)
	}
	return k.GetToken().Value
}
