package main

import (
	"bytes"
	"maps"
	"os"
	"slices"
	"strings"
)

// rows are the rows of a page's table by the problem's name, each as its cells from the fourth on. The first three, name,
// must and aim, always come from the targets.
type rows map[string][]string

// write adds the table of all rows to a page.
func (r rows) write(b *bytes.Buffer) {
	for _, name := range slices.Sorted(maps.Keys(r)) {
		must, aim := targets[name].text()
		b.WriteString("| " + strings.Join(append([]string{"`" + name + "`", must, aim}, r[name]...), " | ") + " |\n")
	}
}

// readRows takes the rows of an earlier page, so that one problem can be run again alone. Rows that do not have as many
// cells as the page has now are left out.
func readRows(path string, cells int) rows {
	r := rows{}
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
		r[strings.Trim(list[0], "`")] = list[3:]
	}
	return r
}

// columns is the number of columns of the table at the end of a page's head.
func columns(head string) int {
	head = strings.TrimSpace(head)
	return strings.Count(head[strings.LastIndex(head, "\n")+1:], "|") - 1
}
