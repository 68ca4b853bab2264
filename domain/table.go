package domain

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	ph "github.com/crux-pinn/crux/placeholder"
)

// Table is what a text file of numbers says: named columns of equal length, some of whose values may be missing.
//
// How the file is written is found out. Columns are separated by tabs, semicolons, commas or blanks; with one of the others than a comma,
// numbers may have decimal commas. Values may be in double quotes. Lines that begin with # or %, and empty ones, are comments. A first line
// that is not all numbers is the header, and so is the last comment above the numbers if it has a word for each column. Otherwise the
// columns are called 1, 2, …. A unit behind a name, as in "T [K]" or "T (K)", is not a part of it unless two columns would be called the
// same. A column without a single number is one of texts, and is left out. A cell that is empty, or says NA, N/A, NaN, null, none, -, -- or
// ?, is a missing value.
type Table struct {
	name    string
	columns []string // of numbers, as they are called
	headers []string // as the file writes them
	places  []int    // where they stand in the file, among all its columns
	width   int      // how many those are
	named   bool     // by the file
	values  [][]float64
	gaps    []Gap
	texts   map[string]error // of columns without numbers: where the first text stands
}

// Gap says where a column of a table has no values.
type Gap struct {
	Column string
	Rows   int    // how many there are without a value
	Line   int    // of the file, of the first one
	At     int    // of that line: the place in bytes, from 1
	Text   string // what stands there
}

// ReadTable reads a file. Errors say line and column.
func ReadTable(path string) (*Table, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("domain: %w", err)
	}
	defer f.Close()
	return ParseTable(f, path)
}

// ParseTable is ReadTable from an open source; name stands for it in errors.
func ParseTable(src io.Reader, name string) (*Table, error) {
	text, err := io.ReadAll(src)
	if err != nil {
		return nil, fmt.Errorf("domain: %s: %w", name, err)
	}
	if bytes.IndexByte(text[:min(512, len(text))], 0) >= 0 {
		return nil, fmt.Errorf("domain: %s is not text; a table is a .csv file, or one like it", name)
	}
	t := &Table{name: name}
	rows, comment, err := cut(string(text))
	if err == nil && len(rows) == 0 {
		err = fmt.Errorf(" is empty; the first line must name the columns")
	}
	if err == nil {
		if rows, err = t.header(rows, comment); err == nil {
			err = t.fill(rows)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("domain: %s%w", name, err)
	}
	return t, nil
}

// header names the columns, and returns the rows without the line that does.
func (t *Table) header(rows []line, comment string) ([]line, error) {
	first := rows[0]
	if t.named = slices.ContainsFunc(first.cells, func(c cell) bool { return !c.numeric() }); t.named {
		rows = rows[1:]
	} else if words := withUnits(strings.Fields(comment)); len(words) == len(first.cells) {
		t.named = true
		first.cells = nil
		for _, w := range words {
			first.cells = append(first.cells, cell{text: w})
		}
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf(" has a header but no rows")
	}
	for j, c := range first.cells {
		if !t.named || c.text == "" {
			c.text = strconv.Itoa(j + 1)
		}
		if slices.Contains(t.headers, c.text) {
			return nil, fmt.Errorf(":%d:%d: column %s occurs twice", first.number, c.at, c.text)
		}
		t.headers = append(t.headers, c.text)
	}
	for _, h := range t.headers {
		short := withoutUnits(h)
		if slices.ContainsFunc(t.headers, func(o string) bool { return o != h && withoutUnits(o) == short }) {
			short = h
		}
		t.columns = append(t.columns, short)
	}
	return rows, nil
}

// fill reads the numbers.
func (t *Table) fill(rows []line) error {
	n := len(t.columns)
	for _, r := range rows {
		if len(r.cells) != n {
			return fmt.Errorf(":%d: %d values, but the header names %d columns (%s)", r.number, len(r.cells), n, strings.Join(t.columns, ", "))
		}
	}
	var mark byte // of decimals
	var marked int
	columns, headers := t.columns, t.headers
	t.width = n
	t.columns, t.headers, t.texts = nil, nil, map[string]error{}
	for j, name := range columns {
		values, gap, numbers := make([]float64, len(rows)), Gap{Column: name}, 0
		var bad error
		for i, r := range rows {
			c := r.cells[j]
			values[i] = math.NaN()
			if missing(c.text) {
				if gap.Rows++; gap.Rows == 1 {
					gap.Line, gap.At, gap.Text = r.number, c.at, c.text
				}
				continue
			}
			v, m, err := c.number()
			switch {
			case err != nil:
				if bad == nil {
					bad = fmt.Errorf(":%d:%d: column %s: %q is not a finite number", r.number, c.at, name, c.text)
				}
				continue
			case m != 0 && mark == 0:
				mark, marked = m, r.number
			case m != 0 && m != mark:
				return fmt.Errorf(":%d:%d: column %s: %q and line %d have different decimal marks; write all numbers with points", r.number, c.at,
					name, c.text, marked)
			}
			values[i] = v
			numbers++
		}
		if bad != nil && numbers > 0 {
			return bad
		}
		if bad != nil {
			t.texts[name], t.texts[headers[j]] = bad, bad
			continue
		}
		t.columns, t.headers, t.values, t.places = append(t.columns, name), append(t.headers, headers[j]), append(t.values,
			values), append(t.places, j)
		if gap.Rows > 0 {
			t.gaps = append(t.gaps, gap)
		}
	}
	if len(t.columns) == 0 {
		return fmt.Errorf(" has no numbers, only texts (%s)", strings.Join(columns, ", "))
	}
	return nil
}

// Columns are the names of the columns of numbers, in the order of the file.
func (t *Table) Columns() []string { return slices.Clone(t.columns) }

// Named reports whether the file names its columns.
func (t *Table) Named() bool { return t.named }

// Len is the number of rows.
func (t *Table) Len() int { return len(t.values[0]) }

// Gaps are the columns that lack values, in the order of the file.
func (t *Table) Gaps() []Gap { return slices.Clone(t.gaps) }

// Column are the values of a column; NaN where there are none. They must not be changed.
func (t *Table) Column(name string) ([]float64, error) {
	j, err := t.find(name)
	if err != nil {
		return nil, err
	}
	return t.values[j], nil
}

// find is the place of a column, by its name with or without unit.
func (t *Table) find(name string) (int, error) {
	j := slices.Index(t.columns, name)
	if j < 0 {
		j = slices.Index(t.headers, name)
	}
	if err := t.texts[name]; j < 0 && err != nil {
		return 0, fmt.Errorf("domain: %s%w", t.name, err)
	}
	if j < 0 {
		return 0, fmt.Errorf("domain: %s has no column %q; %sthe columns are %s", t.name, name, didYouMean(name, t.columns),
			strings.Join(t.columns, ", "))
	}
	return j, nil
}

// Rename gives a column another name.
func (t *Table) Rename(column, name string) error {
	j, err := t.find(column)
	if err != nil {
		return err
	}
	if k := slices.Index(t.columns, name); k >= 0 && k != j {
		return fmt.Errorf("domain: %s has a column %q already", t.name, name)
	}
	for k := range t.gaps {
		if t.gaps[k].Column == t.columns[j] {
			t.gaps[k].Column = name
		}
	}
	t.columns, t.headers = slices.Clone(t.columns), slices.Clone(t.headers)
	t.columns[j], t.headers[j] = name, name
	return nil
}

// Name gives all columns of the file their names, in order: also those of texts, which have no other use.
func (t *Table) Name(names ...string) error {
	if len(names) != t.width {
		return fmt.Errorf("domain: %s has %d columns, and there are %d names for them (%s)", t.name, t.width, len(names),
			strings.Join(names, ", "))
	}
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return fmt.Errorf("domain: %s: column %s is named twice", t.name, name)
		}
	}
	for k, g := range t.gaps {
		t.gaps[k].Column = names[t.places[slices.Index(t.columns, g.Column)]]
	}
	t.named, t.columns = true, nil
	for _, j := range t.places {
		t.columns = append(t.columns, names[j])
	}
	t.headers = slices.Clone(t.columns)
	return nil
}

// Points are the rows as points: the columns named like the coordinates say where, and the others are data columns. Rows without a value of
// a coordinate are left out. Data columns may have gaps: see [Points.Complete].
func (t *Table) Points(coords ...*ph.Coord) (*Points, error) {
	if err := checkCoords(coords); err != nil {
		return nil, err
	}
	if !t.named && !slices.ContainsFunc(coords, func(c *ph.Coord) bool { return slices.Contains(t.columns, c.Name()) }) {
		return nil, fmt.Errorf("domain: %s has no header, as its first line is all numbers; name its %d columns in order", t.name, len(t.columns))
	}
	for _, c := range coords {
		if err := t.texts[c.Name()]; err != nil {
			return nil, fmt.Errorf("domain: %s%w", t.name, err)
		}
	}
	values, rows := t.values, make([]int, 0, t.Len())
	for i := range t.Len() {
		if !slices.ContainsFunc(coords, func(c *ph.Coord) bool { return t.lacks(c.Name(), i) }) {
			rows = append(rows, i)
		}
	}
	switch {
	case len(rows) == 0:
		return nil, fmt.Errorf("domain: %s has no row with a value of every coordinate (%s)", t.name, names(coords))
	case len(rows) < t.Len():
		values = nil
		for _, v := range t.values {
			values = append(values, pick(v, rows, 1))
		}
	}
	x, columns, err := apart(t.name, t.columns, values, coords)
	if err != nil {
		return nil, err
	}
	p := withGaps(coords, x, columns, "data set "+t.name)
	return p, p.Err()
}

// lacks reports whether a row has no value of a column, which the table may not have either.
func (t *Table) lacks(column string, row int) bool {
	j := slices.Index(t.columns, column)
	return j >= 0 && math.IsNaN(t.values[j][row])
}

// ReadCSV reads a data set from a text file, as [ReadTable] does. The columns named like the coordinates are the points, all others are
// data columns. Every value must be there; a Table has a way to do without some.
func ReadCSV(path string, coords ...*ph.Coord) (*Points, error) {
	t, err := ReadTable(path)
	return strict(t, err, coords)
}

// ParseCSV is ReadCSV from an open source; name stands for it in errors.
func ParseCSV(src io.Reader, name string, coords ...*ph.Coord) (*Points, error) {
	t, err := ParseTable(src, name)
	return strict(t, err, coords)
}

func strict(t *Table, err error, coords []*ph.Coord) (*Points, error) {
	if err != nil {
		return nil, err
	}
	for _, g := range t.gaps {
		return nil, fmt.Errorf("domain: %s:%d:%d: column %s: %q is not a finite number", t.name, g.Line, g.At, g.Column, g.Text)
	}
	return t.Points(coords...)
}

// assemble makes a data set from named columns of equal length.
func assemble(name string, header []string, cols [][]float64, coords []*ph.Coord) (*Points, error) {
	x, columns, err := apart(name, header, cols, coords)
	if err != nil {
		return nil, err
	}
	p := data(coords, x, columns, "data set "+name)
	return p, p.Err()
}

// apart takes the coordinates of points, row by row, from named columns of equal length; the others are data.
func apart(name string, header []string, cols [][]float64, coords []*ph.Coord) ([]float64, map[string][]float64, error) {
	n, d := len(cols[0]), len(coords)
	x := make([]float64, n*d)
	taken := make([]bool, len(header))
	for j, c := range coords {
		k := slices.Index(header, c.Name())
		if k < 0 {
			return nil, nil, fmt.Errorf("domain: %s has no column for coordinate %s; %sthe columns are %s", name, c.Name(),
				didYouMean(c.Name(), header), strings.Join(header, ", "))
		}
		taken[k] = true
		for i, v := range cols[k] {
			x[i*d+j] = v
		}
	}
	columns := map[string][]float64{}
	for k, h := range header {
		if !taken[k] {
			columns[h] = cols[k]
		}
	}
	return x, columns, nil
}
