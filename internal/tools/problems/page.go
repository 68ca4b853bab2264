package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// page is a page with a table that has one row for each problem.
type page struct {
	head    string            // up to the line under the table's head
	tail    func(rows) string // what follows the table
	file    string
	of      string // the folder of the problem files
	targets bool   // must and aim are the second and the third column
	row     func(b *binary, name, file string, f flags) ([]string, error)
}

const shipped = "testdata/problems"

// rows are the measured cells of a page's table by the problem's name. Those before, name, must and aim, always come from the
// targets.
type rows map[string][]string

// make solves the problems that the flags name and writes the page.
func (p *page) make(f flags) error {
	names, err := p.names()
	if err != nil {
		return err
	}
	only := names
	if f.only != "" {
		only = strings.Split(f.only, ",")
	}
	for _, name := range only {
		if name != "none" && !slices.Contains(names, name) {
			return fmt.Errorf("-only %s: there are %s, none", name, strings.Join(names, ", "))
		}
	}
	b, err := build(f.binary)
	if err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	out := f.out
	if out == "" {
		out = p.file
	}
	all := p.read(out)
	for _, name := range names {
		if !slices.Contains(only, name) {
			continue
		}
		if all[name], err = p.row(b, name, filepath.Join(p.of, name+".yaml"), f); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		fmt.Println(name, strings.Join(all[name], " | "))
		if err := p.write(out, all, names); err != nil { // what is measured is kept
			return err
		}
	}
	return p.write(out, all, names)
}

// names are those of the problems, in order.
func (p *page) names() ([]string, error) {
	files, err := filepath.Glob(p.of + "/*.yaml")
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no problems under %s (%w)", p.of, err)
	}
	for i, f := range files {
		files[i] = strings.TrimSuffix(filepath.Base(f), ".yaml")
	}
	slices.Sort(files)
	return files, nil
}

// write writes a page. A problem without a row has one that says so.
func (p *page) write(path string, measured rows, names []string) error {
	var b bytes.Buffer
	b.WriteString(p.head)
	all := rows{}
	for _, name := range names {
		row, ok := measured[name]
		if !ok {
			row = append([]string{notMeasured}, slices.Repeat([]string{""}, columns(p.head)-p.before()-1)...)
		}
		all[name] = row
		cells := []string{"`" + name + "`"}
		if p.targets {
			must, aim := targets[name].text()
			cells = append(cells, must, aim)
		}
		b.WriteString("| " + strings.Join(append(cells, row...), " | ") + " |\n")
	}
	b.WriteString(p.tail(all))
	return os.WriteFile(path, b.Bytes(), 0o644)
}

// before is the number of cells that are not measured.
func (p *page) before() int {
	if p.targets {
		return 3
	}
	return 1
}

// read takes the rows of an earlier page, so that one problem can be run again alone. Rows that do not have as many
// cells as the page has now are left out.
func (p *page) read(path string) rows {
	r, cells := rows{}, columns(p.head)
	text, err := os.ReadFile(path)
	if err != nil {
		return r
	}
	for line := range strings.Lines(string(text)) {
		list := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if !strings.HasPrefix(line, "| `") || len(list) != cells {
			continue
		}
		for i := range list {
			list[i] = strings.TrimSpace(list[i])
		}
		r[strings.Trim(list[0], "`")] = list[p.before():]
	}
	return r
}

// columns is the number of columns of the table at the end of a page's head.
func columns(head string) int {
	head = strings.TrimSpace(head)
	return strings.Count(head[strings.LastIndex(head, "\n")+1:], "|") - 1
}
