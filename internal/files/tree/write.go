package tree

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// Write is the YAML of a mapping, which reads back to the same nodes: mappings in block form, lists of scalars in one line.
func Write(n *Node) []byte {
	var b bytes.Buffer
	writeMapping(&b, n, 0)
	return b.Bytes()
}

func writeMapping(b *bytes.Buffer, n *Node, indent int) {
	for _, e := range n.Entries {
		b.WriteString(strings.Repeat(" ", indent) + plain(e.Key) + ":")
		writeValue(b, e.Value, indent)
	}
}

func writeValue(b *bytes.Buffer, n *Node, indent int) {
	switch {
	case flat(n):
		b.WriteString(" ")
		writeFlow(b, n)
		b.WriteString("\n")
	case n.Kind == Mapping:
		b.WriteString("\n")
		writeMapping(b, n, indent+2)
	default:
		b.WriteString("\n")
		for _, it := range n.Items {
			b.WriteString(strings.Repeat(" ", indent+2) + "-")
			if it.Kind == Mapping && !flat(it) {
				var inner bytes.Buffer
				writeMapping(&inner, it, indent+4)
				b.WriteString(" " + strings.TrimLeft(inner.String(), " "))
				continue
			}
			writeValue(b, it, indent+2)
		}
	}
}

// flat reports whether a node fits a line: a scalar, or a short list or mapping of scalars.
func flat(n *Node) bool {
	var b bytes.Buffer
	switch n.Kind {
	case Sequence:
		for _, it := range n.Items {
			if it.Kind == Mapping && len(it.Entries) > 0 {
				return false
			}
		}
		return true
	case Mapping:
		for _, e := range n.Entries {
			if e.Value.Kind == Mapping && len(e.Value.Entries) > 0 {
				return false
			}
		}
		writeFlow(&b, n)
		return b.Len() <= 72
	}
	return true
}

func writeFlow(b *bytes.Buffer, n *Node) {
	switch n.Kind {
	case Nothing:
		b.WriteString("null")
	case Scalar:
		b.WriteString(plain(n.Text))
	case Sequence:
		b.WriteString("[")
		for i, it := range n.Items {
			if i > 0 {
				b.WriteString(", ")
			}
			writeFlow(b, it)
		}
		b.WriteString("]")
	case Mapping:
		b.WriteString("{")
		for i, e := range n.Entries {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(plain(e.Key) + ": ")
			writeFlow(b, e.Value)
		}
		b.WriteString("}")
	}
}

// plain is a scalar as it can stand in block and flow style: in quotes unless every letter is harmless everywhere.
func plain(s string) string {
	switch s {
	case "", "null", "Null", "NULL", "~", "-", "<<":
		return strconv.Quote(s)
	}
	for i, r := range s {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '.'
		operator := r == '+' || r == '-' || r == '*' || r == '/' || r == '^' || r == '(' || r == ')' || r == ' '
		if letter || operator && i > 0 && i < len(s)-1 || i > 0 && r == ')' || i == 0 && r == '-' && len(s) > 1 && s[1] != ' ' {
			continue
		}
		return quote(s)
	}
	return s
}

// quote is a text in double quotes with the escapes of YAML: those of JSON, and no others.
func quote(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.Encode(s) //nolint:errcheck // a text has no error
	return strings.TrimSuffix(b.String(), "\n")
}
