package problemfile

import (
	"maps"
	"slices"
	"strings"

	"github.com/crux-pinn/crux/internal/files/tree"
)

// Expectation is what a file expects of a run: a number of its report, and a bound.
type Expectation struct {
	Of    string // the number: loss, steps, seconds, NAME.error, …; see report.Report.Number
	Sign  string // < or >
	Bound float64
}

// expect reads expect: {u.error: "< 1e-3", seconds: "< 60"}. What is unknown at the end of a run cannot be expected.
func (b *builder) expect(n *tree.Node) {
	s := b.section(n, "expect")
	known := b.reported()
	for _, e := range s.n.Entries {
		s.key(e.Key)
		text, ok := b.textOf(e.Value, `a bound such as "< 1e-3"`)
		if !ok {
			continue
		}
		if !slices.Contains(known, e.Key) {
			b.failAt(e.At, s.n.Path, "nothing is reported as %q; %s", e.Key, oneOf(e.Key, known))
			continue
		}
		sign := text[:1]
		if sign != "<" && sign != ">" {
			b.fail(e.Value, `%q is no bound; write "< 1e-3", or "> 1e-3"`, text)
			continue
		}
		number := *e.Value
		number.Text = strings.TrimSpace(text[1:])
		if v, ok := b.float(&number); ok {
			b.p.Expect = append(b.p.Expect, Expectation{e.Key, sign, v})
		}
	}
	s.done()
}

// reported are the numbers of a report of this problem that can be expected to be small, or large.
func (b *builder) reported() []string {
	list := []string{"loss", "steps", "seconds"}
	for _, f := range b.p.Fields {
		list = append(list, f.Name+".estimate")
	}
	for _, r := range b.p.References {
		list = append(list, r.Field+".error", r.Field+".max")
	}
	for _, p := range b.p.Params {
		list = append(list, p.Path()+".estimate")
	}
	for _, name := range slices.Sorted(maps.Keys(b.p.Truths)) {
		list = append(list, name+".error")
	}
	for _, c := range b.constraintNames {
		for _, part := range c.parts {
			list = append(list, part+".loss", part+".p99")
		}
	}
	return list
}
