package main

import (
	"bytes"
	"os"
	"strings"
)

// rows are the measured cells of a page's table by the problem's name. Those before, name, must and aim, always come from the
// targets.
type rows map[string][]string

// before is the number of cells that are not measured.
func (p *page) before() int {
	if p.targets {
		return 3
	}
	return 1
}

// writeRows adds the table of all rows to a page.
func (p *page) writeRows(b *bytes.Buffer, r rows) {
	for _, name := range keys(r) {
		cells := []string{"`" + name + "`"}
		if p.targets {
			must, aim := targets[name].text()
			cells = append(cells, must, aim)
		}
		b.WriteString("| " + strings.Join(append(cells, r[name]...), " | ") + " |\n")
	}
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
