package domain

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	ph "github.com/crux-pinn/crux/placeholder"
)

// ReadCSV reads a data set from a file of comma-separated values. The first line names the columns; those named like the
// coordinates are the points, all others are data columns. Spaces around values, blank lines and lines that begin with #
// are ignored. Every value must be a finite number; errors say line and column.
func ReadCSV(path string, coords ...*ph.Coord) (*Points, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("domain: %w", err)
	}
	defer f.Close()
	return ParseCSV(f, path, coords...)
}

// ParseCSV is ReadCSV from an open source; name stands for it in errors.
func ParseCSV(src io.Reader, name string, coords ...*ph.Coord) (*Points, error) {
	return parseCSV(src, name, coords, func(string) bool { return true })
}

// ParsePlaces is ParseCSV for points alone: columns that are no coordinates are passed over, whatever they hold.
func ParsePlaces(src io.Reader, name string, coords ...*ph.Coord) (*Points, error) {
	return parseCSV(src, name, coords, func(column string) bool {
		return slices.ContainsFunc(coords, func(c *ph.Coord) bool { return c.Name() == column })
	})
}

func parseCSV(src io.Reader, name string, coords []*ph.Coord, wanted func(column string) bool) (*Points, error) {
	if err := checkCoords(coords); err != nil {
		return nil, err
	}
	r := csv.NewReader(src)
	r.Comment = '#'
	r.TrimLeadingSpace = true
	r.FieldsPerRecord = -1 // counted below, to name line and way out
	r.ReuseRecord = true
	head, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("domain: %s is empty; the first line must name the columns, such as %q", name, names(coords))
	}
	if err != nil {
		return nil, fmt.Errorf("domain: %s: %w", name, err)
	}
	header, err := checkHeader(head, name, r)
	if err != nil {
		return nil, err
	}
	cols, rows := make([][]float64, len(header)), 0
	for ; ; rows++ {
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("domain: %s: %w", name, err)
		}
		if line, _ := r.FieldPos(0); len(rec) != len(header) {
			return nil, fmt.Errorf("domain: %s:%d: %d values, but the header names %d columns (%s)", name, line, len(rec), len(header), strings.Join(header, ", "))
		}
		for j, s := range rec {
			if !wanted(header[j]) {
				continue
			}
			v, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
			if err != nil || !finite(v) {
				line, col := r.FieldPos(j)
				return nil, fmt.Errorf("domain: %s:%d:%d: column %s: %q is not a finite number", name, line, col, header[j], s)
			}
			cols[j] = append(cols[j], v)
		}
	}
	if rows == 0 {
		return nil, fmt.Errorf("domain: %s has a header but no rows", name)
	}
	var names []string
	kept := cols[:0]
	for j, h := range header {
		if wanted(h) {
			names, kept = append(names, h), append(kept, cols[j])
		}
	}
	return assemble(name, names, kept, coords)
}

// checkHeader returns the column names, which must be there once each and be no numbers.
func checkHeader(rec []string, name string, r *csv.Reader) ([]string, error) {
	header := make([]string, len(rec))
	for j, s := range rec {
		line, col := r.FieldPos(j)
		if j == 0 {
			s = strings.TrimPrefix(s, "\ufeff") // spreadsheets begin files with a byte order mark
		}
		s = strings.TrimSpace(s)
		if _, err := strconv.ParseFloat(s, 64); s == "" || err == nil {
			return nil, fmt.Errorf("domain: %s:%d:%d: %q is not a column name; the first line must name the columns", name, line, col, s)
		}
		if slices.Contains(header[:j], s) {
			return nil, fmt.Errorf("domain: %s:%d:%d: column %s occurs twice", name, line, col, s)
		}
		header[j] = s
	}
	return header, nil
}

// assemble makes a data set from named columns of equal length.
func assemble(name string, header []string, cols [][]float64, coords []*ph.Coord) (*Points, error) {
	n, d := 0, len(coords)
	if len(cols) > 0 {
		n = len(cols[0])
	}
	x := make([]float64, n*d)
	taken := make([]bool, len(header))
	for j, c := range coords {
		k := slices.Index(header, c.Name())
		if k < 0 {
			return nil, fmt.Errorf("domain: %s has no column for coordinate %s; %sthe columns are %s", name, c.Name(), didYouMean(c.Name(), header), strings.Join(header, ", "))
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
	p := data(coords, x, columns, "data set "+name)
	return p, p.Err()
}
