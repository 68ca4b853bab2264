package spec

import (
	"bytes"
	"strconv"
	"strings"
)

// resolved writes nodes as YAML that reads back to the same nodes: mappings in block form, lists of scalars in one line.
func resolved(n *node) []byte {
	var b bytes.Buffer
	writeMapping(&b, n, 0)
	return b.Bytes()
}

func writeMapping(b *bytes.Buffer, n *node, indent int) {
	for _, e := range n.entries {
		b.WriteString(strings.Repeat(" ", indent) + plain(e.key) + ":")
		writeValue(b, e.value, indent)
	}
}

func writeValue(b *bytes.Buffer, n *node, indent int) {
	switch {
	case flat(n):
		b.WriteString(" ")
		writeFlow(b, n)
		b.WriteString("\n")
	case n.kind == mapping:
		b.WriteString("\n")
		writeMapping(b, n, indent+2)
	default:
		b.WriteString("\n")
		for _, it := range n.items {
			b.WriteString(strings.Repeat(" ", indent+2) + "-")
			if it.kind == mapping && !flat(it) {
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
func flat(n *node) bool {
	var b bytes.Buffer
	switch n.kind {
	case sequence:
		for _, it := range n.items {
			if it.kind == mapping && len(it.entries) > 0 {
				return false
			}
		}
		return true
	case mapping:
		for _, e := range n.entries {
			if e.value.kind == mapping && len(e.value.entries) > 0 {
				return false
			}
		}
		writeFlow(&b, n)
		return b.Len() <= 72
	}
	return true
}

func writeFlow(b *bytes.Buffer, n *node) {
	switch n.kind {
	case nothing:
		b.WriteString("null")
	case scalar:
		b.WriteString(plain(n.text))
	case sequence:
		b.WriteString("[")
		for i, it := range n.items {
			if i > 0 {
				b.WriteString(", ")
			}
			writeFlow(b, it)
		}
		b.WriteString("]")
	case mapping:
		b.WriteString("{")
		for i, e := range n.entries {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(plain(e.key) + ": ")
			writeFlow(b, e.value)
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
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteString("\\" + string(r))
		case r == '\n':
			b.WriteString("\\n")
		case r == '\t':
			b.WriteString("\\t")
		case r < 0x20 || r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0x2028 || r == 0x2029 || r == 0xfeff:
			b.WriteString("\\u" + strconv.FormatInt(0x10000+int64(r), 16)[1:])
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
