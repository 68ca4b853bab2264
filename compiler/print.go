package compiler

import (
	"fmt"
	"io"
	"slices"
	"strings"

	ph "github.com/crux-pinn/crux/placeholder"
)

// print writes the trace, one value a line, roots last.
func (c *compilation) print(w io.Writer) {
	t := c.trace
	number := map[*value]int{}
	all := t.reachable(append(slices.Clone(t.hoists), t.roots...))
	for _, v := range all {
		number[v] = len(number) + 1
	}
	for _, v := range all {
		fmt.Fprintf(w, "v%d = %s\n", number[v], v.text(number))
	}
	for i, h := range t.hoists {
		fmt.Fprintf(w, "hoist %d: v%d\n", i, number[h])
	}
	for i, r := range t.roots {
		fmt.Fprintf(w, "%s: v%d\n", c.group.Residuals[i].Name, number[r])
	}
	if c.schedule != nil {
		fmt.Fprint(w, c.schedule)
	}
}

func (v *value) text(number map[*value]int) string {
	var b strings.Builder
	b.WriteString(v.op.String())
	switch r := v.ref.(type) {
	case *ph.Coord:
		b.WriteString(" " + r.Name())
	case *ph.Param:
		b.WriteString(" " + r.Path())
		if v.op == opRow {
			fmt.Fprintf(&b, "[%d]", v.k)
		}
	case *ph.Unary:
		b.Reset()
		b.WriteString(r.Name)
	case ph.Range:
		fmt.Fprintf(&b, " [%d:%d]", r.Lo, r.Hi)
	case ph.Relation:
		b.WriteString(" " + r.String())
	case *diffSpec:
		for _, c := range r.coords {
			b.WriteString(" " + c.Name())
		}
	case *lapSpec:
		for i, c := range r.coords {
			fmt.Fprintf(&b, " %g·%s%s", r.coef[i], c.Name(), c.Name())
		}
	case *ph.Integral:
		fmt.Fprintf(&b, " d%s, %d nodes", r.Var.Name(), r.Nodes)
	case string:
		if v.op == opHoist {
			fmt.Fprintf(&b, " %d", v.k)
		} else {
			b.WriteString(" " + r)
		}
	}
	switch v.op {
	case opConst:
		fmt.Fprintf(&b, " %g", v.c0)
	case opPow:
		fmt.Fprintf(&b, " %g", v.c0)
	case opLin:
		if v.c0 != 0 {
			fmt.Fprintf(&b, " %g", v.c0)
		}
	}
	for i, a := range v.args {
		b.WriteByte(' ')
		if v.op == opLin {
			fmt.Fprintf(&b, "%+g·", v.coef[i])
		}
		fmt.Fprintf(&b, "v%d", number[a])
	}
	if v.dim != 1 {
		fmt.Fprintf(&b, "  ×%d", v.dim)
	}
	return b.String()
}
