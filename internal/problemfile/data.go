package problemfile

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"

	"github.com/crux-pinn/crux/crux/auto"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/files/tree"
	"github.com/crux-pinn/crux/internal/known"
	"github.com/crux-pinn/crux/internal/seed"
	ph "github.com/crux-pinn/crux/placeholder"
)

// dataSets reads data: {meas: {file: meas.csv}, twin: {builtin: burgers_cole_hopf, n: 2000, noise: 0.01, seed: 7}}.
// Constraints that take their points from one data set share them.
func (b *builder) dataSets(n *tree.Node) {
	s := b.section(n, "data")
	for _, e := range s.n.Entries {
		if slices.Contains(b.regionNames(), e.Key) {
			b.failAt(e.At, n.Path, "%s is a region already; give the data another name", e.Key)
			continue
		}
		b.regions[e.Key] = b.dataSet(e.Value) // nil if there is a mistake in it
	}
}

// dataSet reads {file: meas.csv} (or data: for file:) and {builtin: name, n: 2000}.
func (b *builder) dataSet(n *tree.Node) *domain.Points {
	s := b.section(n, "data.*")
	builtin, file := s.get("builtin"), s.get("data")
	if f := s.get("file"); f != nil {
		file = f
	}
	switch {
	case builtin != nil:
		return b.generated(s, builtin)
	case file == nil:
		b.fail(n, "no region and no data; write {x: 0} for a face, {data: file.csv} or {builtin: burgers_cole_hopf, n: 2000}")
		return nil
	}
	missing := only[string](s, "missing")
	p := b.read(s, file, missing == "error")
	s.done()
	if p != nil && !b.inside(file, p) {
		return nil
	}
	return p
}

// inside reports the first point of data that lies outside of the axes: nothing is trained there, and the networks know nothing of it.
func (b *builder) inside(n *tree.Node, p *domain.Points) bool {
	cloud, err := p.Complete().Draw(nil)
	if err != nil {
		return true // reported where it is trained
	}
	for i := range cloud.Len() {
		for j, c := range cloud.Coords {
			axis, ok := b.axes[c]
			slack := 1e-9 * (axis.Hi - axis.Lo) // numbers in files are rounded
			if x := cloud.Row(i)[j]; ok && (x < axis.Lo-slack || x > axis.Hi+slack) {
				b.fail(n, "point %d: %s = %g lies outside the axis from %g to %g; leave it out of the data, or make the axis longer", i+1, c.Name(),
					x, axis.Lo, axis.Hi)
				return false
			}
		}
	}
	return true
}

// read reads a data file, which may have to be without missing values.
func (b *builder) read(s *section, n *tree.Node, whole bool) *domain.Points {
	coords := b.p.Coords
	if of := s.get("of"); of != nil {
		coords = nil
		for _, it := range itemsOf(of) {
			c := b.coord(it)
			if c == nil {
				return nil
			}
			coords = append(coords, c)
		}
	}
	var gaps string
	if whole {
		gaps = "leave out missing: error, and crux leaves out such rows"
	}
	return b.tabulated(s, n, coords, gaps)
}

// tabulated are the points of a data file whose columns have the names of some coordinates. With a way out of gaps given, a cell without a
// value is an error.
func (b *builder) tabulated(s *section, n *tree.Node, coords []*ph.Coord, gaps string) *domain.Points {
	columns := s.get("columns")
	name, path, ok := b.path(n)
	if !ok {
		return nil
	}
	var header []string
	var renamed []tree.Entry
	switch {
	case columns != nil && columns.Kind == tree.Mapping:
		of := b.section(columns, "data.*.columns")
		for _, e := range of.n.Entries {
			of.key(e.Key)
		}
		renamed = of.n.Entries
	case columns != nil:
		header = b.words(columns, "the name of a column")
	}
	var p *domain.Points
	var err error
	switch ext := strings.ToLower(filepath.Ext(path)); ext {
	case ".csv", ".txt", ".tsv", ".dat":
		var t *domain.Table
		if t, err = domain.ReadTable(path); err != nil {
			break
		}
		if columns == nil && !t.Named() {
			b.fail(n, "%s has no header, as its first line is all numbers; name its columns in order, as in columns: [%s, u]", name,
				coordNames(coords))
			return nil
		}
		if err = b.name(t, header, renamed); err != nil {
			b.fail(columns, "%s", strings.ReplaceAll(strings.TrimPrefix(err.Error(), "domain: "), path, name))
			return nil
		}
		for _, g := range t.Gaps() {
			if gaps != "" {
				b.fail(n, "%s:%d:%d: column %s has no value; %s", name, g.Line, g.At, g.Column, gaps)
				return nil
			}
		}
		if p, err = t.Points(coords...); err == nil && p.Len() < t.Len() {
			b.note(fmt.Sprintf("%s: %d of %d rows", filepath.Base(name), p.Len(), t.Len()), "the others do not say where they were measured")
		}
	case ".npy":
		if renamed != nil {
			b.fail(columns, "a .npy file has no names; list those of its columns, in order")
			return nil
		}
		p, err = domain.ReadNPY(path, header, coords...)
	case ".npz":
		p, err = domain.ReadNPZ(path, coords...)
	default:
		b.fail(n, "%s: files of kind %q are not read; give a .csv, .txt, .tsv, .dat, .npy or .npz file", name, ext)
		return nil
	}
	if err == nil {
		err = p.Err()
	}
	if err != nil {
		b.fail(n, "%s", b.wayOut(err, path, name))
		return nil
	}
	if !b.bind(s, n, path) {
		return nil
	}
	return p
}

// name gives the columns of a table the names that the file wants: all of them in order, or some by those that they have.
func (b *builder) name(t *domain.Table, header []string, renamed []tree.Entry) error {
	if header != nil {
		return t.Name(header...)
	}
	for _, e := range renamed {
		if from, ok := b.textOf(e.Value, "the name of a column in the file"); ok {
			if err := t.Rename(from, e.Key); err != nil {
				return err
			}
		}
	}
	return nil
}

// note says with the decisions what has become of data.
func (b *builder) note(what, why string) {
	b.notes = append(b.notes, auto.Decision{What: what, Why: why})
}

// complete are the points of a data set at which a residual has all columns that it uses. Residuals that use the same share them.
func (b *builder) complete(name string, on *domain.Points, residual ph.Expr) *domain.Points {
	columns := columnsOf(residual)
	key := set{on, strings.Join(columns, "\x00")}
	if b.parted[key] == nil {
		b.parted[key] = on.Complete(columns...)
	}
	p := b.parted[key]
	if n := on.Len(); p.Len() < n && p.Err() == nil {
		b.note(fmt.Sprintf("%s: %d of %d points", name, p.Len(), n), "the others have no value of "+strings.Join(columns, " and "))
	}
	return p
}

// columnsOf are the data columns in an expression.
func columnsOf(e ph.Expr) (columns []string) {
	for part := range ph.Walk(e, nil) {
		if part.Op() == ph.OpColumn {
			columns = append(columns, part.Attr().(string))
		}
	}
	slices.Sort(columns)
	return slices.Compact(columns)
}

// set is a part of a data set.
type set struct {
	of      *domain.Points
	columns string // with values
}

// knownSolution is one of the library, with the expressions of its constants.
type knownSolution struct {
	*known.Solution
	params map[string]ph.Expr
}

// at is the solution where the constant of a curriculum has another value than its own.
func (k *knownSolution) at(value func(*ph.Param) float64) (*known.Solution, error) {
	if value == nil || k.varying() == nil {
		return k.Solution, nil
	}
	values := map[string]float64{}
	for name, e := range k.params {
		v, err := number(e, value)
		if err != nil {
			return nil, fmt.Errorf("problemfile: %s of %s: %w", name, k.Name, err)
		}
		values[name] = v
	}
	sol, err := known.Lookup(k.Name, values)
	if err != nil {
		return nil, fmt.Errorf("problemfile: %s", strings.TrimPrefix(err.Error(), "known: "))
	}
	return sol, nil
}

// varying is an expression of a constant that takes several values by a curriculum, or nil.
func (k *knownSolution) varying() ph.Expr {
	for _, name := range slices.Sorted(maps.Keys(k.params)) {
		if e := k.params[name]; len(parameters(e)) > 0 {
			return e
		}
	}
	return nil
}

// solution looks a known solution up, with its constants.
func (b *builder) solution(name, params *tree.Node) *knownSolution {
	text, ok := b.textOf(name, "the name of a known solution")
	if !ok {
		return nil
	}
	found := &knownSolution{}
	var values map[string]float64
	if params != nil {
		values, found.params = map[string]float64{}, map[string]ph.Expr{}
		s := b.section(params, "data.*.params")
		for _, e := range s.n.Entries {
			x, v, ok := b.quantity(e.Value)
			if !ok {
				return nil
			}
			values[e.Key], found.params[e.Key] = v, x
		}
	}
	if !slices.Contains(known.Names(), text) {
		b.fail(name, "unknown solution %q; %s", text, oneOf(text, known.Names()))
		return nil
	}
	sol, err := known.Lookup(text, values)
	if err != nil {
		at := params
		if at == nil {
			at = name
		}
		b.fail(at, "%s", strings.TrimPrefix(err.Error(), "known: "))
		return nil
	}
	found.Solution = sol
	return found
}

// coordsOf matches the coordinates of a known solution with those of the file, by name.
func (b *builder) coordsOf(sol *known.Solution, n *tree.Node) []*ph.Coord {
	var list []*ph.Coord
	for _, name := range sol.Coords {
		i := slices.IndexFunc(b.p.Coords, func(c *ph.Coord) bool { return c.Name() == name })
		if i < 0 {
			b.fail(n, "%s is a function of %s, but there is no coordinate %s; the coordinates are %s",
				sol.Name, strings.Join(sol.Coords, ", "), name, coordNames(b.p.Coords))
			return nil
		}
		list = append(list, b.p.Coords[i])
	}
	return list
}

// generated measures a known solution at random points, with noise if that is asked for. The columns are its fields.
func (b *builder) generated(s *section, builtin *tree.Node) *domain.Points {
	s.need("n")
	params := s.get("params")
	n, counted := valueOf[int](s, "n")
	noise, root := only[float64](s, "noise"), b.seed
	if k, ok := valueOf[int](s, "seed"); ok {
		root = uint64(k)
	}
	found := b.solution(builtin, params)
	s.done()
	if !counted || found == nil {
		return nil
	}
	if e := found.varying(); e != nil && !b.fixed(params, e) {
		return nil
	}
	sol := found.Solution
	coords := b.coordsOf(sol, builtin)
	if coords == nil {
		return nil
	}
	p, err := measure(sol, coords, n, noise, seed.Stream(root, "data/"+sol.Name))
	if err != nil {
		b.fail(builtin, "%v", err)
		return nil
	}
	return p
}

func measure(sol *known.Solution, coords []*ph.Coord, n int, noise float64, rng *rand.Rand) (*domain.Points, error) {
	d, err := known.NoisyData(sol, n, noise, rng)
	if err != nil {
		return nil, fmt.Errorf("%s", strings.TrimPrefix(err.Error(), "known: "))
	}
	columns := map[string][]float64{}
	for i, f := range sol.Fields {
		columns[f] = d.Values[i*n : (i+1)*n]
	}
	p := domain.FromData(coords, d.Points, columns)
	return p, p.Err()
}
