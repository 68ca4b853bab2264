package problemfile

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/files/tree"
	ph "github.com/crux-pinn/crux/placeholder"
)

// tables reads functions that are given by values:
//
//	tables:
//	  k: {file: soil.csv, of: depth, interpolate: linear}
//	  q: {file: heat.csv, of: [t, x]}
//	  c: {file: capacity.csv, of: {celsius: T - 273.15}, outside: clamp}
//
// Their names stand for the functions in all expressions. What stands at the arguments is read when it is needed, as definitions are.
func (b *builder) tables(n *tree.Node) {
	s := b.section(n, "tables")
	for _, e := range s.n.Entries {
		t := b.section(e.Value, "tables.*")
		file, of := t.need("file"), t.need("of")
		how, outside := domain.Cubic, only[string](t, "outside")
		if only[string](t, "interpolate") == "linear" {
			how = domain.Linear
		}
		if !b.names.declare(e.Key, "a table", e.At, n.Path) || file == nil || of == nil {
			t.askAll()
			t.done()
			continue
		}
		args, ok := b.arguments(of)
		var coords []*ph.Coord
		for _, a := range args {
			coords = append(coords, ph.NewCoord(a.name))
		}
		var points *domain.Points
		if ok {
			points = b.tabulated(t, file, coords, "a table is whole, so fill it in or take out its row")
		}
		t.get("columns")
		t.get("sha256")
		t.done()
		if points == nil {
			continue
		}
		column := e.Key
		if all := points.Columns(); len(all) == 1 {
			column = all[0]
		} else if !slices.Contains(all, column) {
			b.fail(file, "no column has the name of the table, and there are several (%s); name the one with the values, as in columns: {%s: %s}",
				strings.Join(all, ", "), column, all[0])
			continue
		}
		table, err := domain.Interpolate(points, column, how)
		if err != nil {
			b.failDomain(file, err)
			continue
		}
		b.names.later(&definition{name: e.Key, node: file, parts: args, join: func(at []ph.Expr) ph.Expr {
			b.nodes[file.Path] = file
			f := ph.Define(e.Key, b.tableAt(table, args, at, outside, filepath.Base(file.Text)))
			return ph.Locate(f, ph.Pos{File: file.Path, Line: 1, Col: 1, Text: file.Text})
		}})
	}
}

// arguments are the columns of a table's arguments, with what stands there.
func (b *builder) arguments(of *tree.Node) (args []*definition, ok bool) {
	if of.Kind == tree.Mapping {
		s := b.section(of, "tables.*.of")
		for _, e := range s.n.Entries {
			s.key(e.Key)
			args = append(args, &definition{name: e.Key, node: e.Value, dim: 1})
		}
	} else {
		for _, it := range itemsOf(of) {
			name, ok := b.textOf(it, "the name of a column")
			if !ok {
				return nil, false
			}
			args = append(args, &definition{name: name, node: it, dim: 1})
		}
	}
	for i, a := range args {
		if slices.ContainsFunc(args[:i], func(o *definition) bool { return o.name == a.name }) {
			b.fail(of, "column %s is listed twice", a.name)
			return nil, false
		}
	}
	if len(args) == 0 || len(args) > 2 {
		b.fail(of, "a table is a function of one argument or of two, not of %d", len(args))
		return nil, false
	}
	return args, true
}

// tableAt is a table at arguments, which stay within its values where they may leave them. An axis that does is an error unless that is
// said, as nothing is known there.
func (b *builder) tableAt(table *domain.Lookup, args []*definition, at []ph.Expr, outside, file string) ph.Expr {
	clamped := slices.Clone(at)
	for i, e := range at {
		lo, hi := table.Range(i)
		axis, isAxis := b.axisOf(e)
		if isAxis {
			slack := 1e-9 * (axis.Hi - axis.Lo) // numbers in files are rounded
			if axis.Lo >= lo-slack && axis.Hi <= hi+slack {
				continue
			}
		}
		if outside == "error" || outside == "" && isAxis {
			what := "what stands at this argument may leave them"
			if isAxis {
				what = fmt.Sprintf("the axis of %s runs from %g to %g", args[i].node.Text, axis.Lo, axis.Hi)
			}
			b.fail(args[i].node, "%s has values from %g to %g, and %s; give it more values, "+
				"or say outside: clamp, with which it stays as at the ends", file, lo, hi, what)
			continue
		}
		b.note(fmt.Sprintf("%s below %g and above %g: as there", file, lo, hi), "the table of "+args[i].name+" ends there")
		clamped[i] = table.Clamp(i, e)
	}
	return table.At(clamped...)
}

// axisOf is the axis of an expression that is a coordinate.
func (b *builder) axisOf(e ph.Expr) (domain.Axis, bool) {
	if e.Op() != ph.OpCoord {
		return domain.Axis{}, false
	}
	axis, ok := b.axes[e.Attr().(*ph.Coord)]
	return axis, ok
}
