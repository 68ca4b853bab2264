package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/crux-pinn/crux/internal/tools/checkout"
)

const (
	shipped  = "testdata/problems"
	formulae = "testdata/unseen" // problems that no default was made for
	met      = "testdata/issues" // that users have met
	// published are PINNacle's, which are beside the checkout where they are handed with it.
	published = "../shared/cases/pinnacle"
)

// page is a page with a table that has rows for each problem.
type page struct {
	command string // that makes the table
	file    string
	of      []string // the folders of the problem files; with several, a problem is known by folder and name
	byHand  int      // columns, the name first, that are not measured
	// measure returns the other cells of the rows of a problem.
	measure func(b *binary, file string, byHand []string) ([][]string, error)
	also    func(old string, all rows) string // what else of the page follows from the table; nil for nothing
	misses  func(measured []string) bool      // what a row must reach, and does not; nil where nothing is asked for
}

var pages = map[string]*page{
	"accuracy": {"make accuracy", "docs/results/accuracy.md", []string{shipped}, 3, accuracy, besideOthers, misses},
	"unseen":   {"make unseen", "docs/results/unseen.md", []string{formulae}, 1, unseen, nil, nil},
	"coverage": {"make coverage", "docs/results/coverage.md", []string{measured}, 1, coverage, nil, nil},
	"units":    {"make units", "docs/results/units.md", []string{formulae}, 1, inUnits, nil, nil},
	"estimate": {"make estimate", "docs/results/estimate.md", []string{shipped, formulae, met, published}, 1, estimates, judged, nil},
}

// rows are the rows of a table by the problem's name, which is their first cell.
type rows map[string][][]string

// make solves the problems that are wanted and writes the page.
func (p *page) make(only string) error {
	files, err := p.problems()
	var names []string
	if err == nil {
		names, err = chosen(slices.Sorted(maps.Keys(files)), only)
	}
	if err != nil {
		return err
	}
	all, err := p.read()
	if err != nil {
		return err
	}
	b, err := build()
	if err != nil {
		return err
	}
	defer os.RemoveAll(b.dir) //nolint:errcheck // temporary
	var missed []string
	for _, name := range names {
		byHand := append([]string{"`" + name + "`"}, slices.Repeat([]string{"–"}, p.byHand-1)...)
		if old := all[name]; old != nil {
			byHand = old[0][:p.byHand]
		}
		measured, err := p.measure(b, files[name], byHand)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		delete(all, name)
		for _, cells := range measured {
			all[name] = append(all[name], slices.Concat(byHand, cells))
			fmt.Print(line(slices.Concat(byHand, cells)))
			if p.misses != nil && p.misses(cells) {
				missed = append(missed, name)
			}
		}
		if err := p.write(all); err != nil { // what is measured is kept
			return err
		}
	}
	if err := p.write(all); err != nil || missed == nil {
		return err
	}
	return fmt.Errorf("what they must reach is missed by %s", strings.Join(missed, ", "))
}

// problems are the files, by the names of the problems.
func (p *page) problems() (map[string]string, error) {
	all := map[string]string{}
	for _, folder := range p.of {
		files, err := filepath.Glob(folder + "/*.yaml")
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			name := strings.TrimSuffix(filepath.Base(f), ".yaml")
			if len(p.of) > 1 {
				name = filepath.Base(folder) + "/" + name
			}
			all[name] = f
		}
	}
	return all, nil
}

// read are the rows of the page.
func (p *page) read() (rows, error) {
	all := rows{}
	return all, checkout.Rewrite(p.file, func(command, old string) string {
		for row := range strings.Lines(old) {
			if cells := cellsOf(row); command == p.command && strings.HasPrefix(cells[0], "`") {
				name := strings.Trim(cells[0], "`")
				all[name] = append(all[name], cells)
			}
		}
		return old
	})
}

// write writes rows into the page, under the head that the table has.
func (p *page) write(all rows) error {
	return checkout.Rewrite(p.file, func(command, old string) string {
		if command != p.command {
			return p.also(old, all)
		}
		lines := strings.SplitAfter(old, "\n")[:2]
		for _, name := range slices.Sorted(maps.Keys(all)) {
			for _, cells := range all[name] {
				lines = append(lines, line(cells))
			}
		}
		return strings.Join(lines, "")
	})
}

// cellsOf are the cells of a line of a table, and line is the line of some cells.
func cellsOf(line string) []string {
	cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
	for i := range cells {
		cells[i] = strings.TrimSpace(cells[i])
	}
	return cells
}

func line(cells []string) string { return "| " + strings.Join(cells, " | ") + " |\n" }
