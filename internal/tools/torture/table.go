package main

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"
)

// page is where the table of the long torture stands, behind the command that makes it.
const (
	page  = "docs/reliability.md"
	makes = "make torture LONG=1"
)

const head = "| fault | times | lost | silently other | panics | hangs | commit |\n|---|---|---|---|---|---|---|\n"

// merged is the table of the page with new rows: in the order of the faults, with the rows of earlier commands for those that this one has
// not tried, so that it can be made in parts. Rows of faults that there are no more are left out.
func merged(old string, rows []string, seed uint64) string {
	made := map[string]string{}
	for _, row := range append(strings.SplitAfter(old, "\n"), rows...) {
		if cells := strings.Split(row, " | "); len(cells) == 7 {
			made[strings.TrimPrefix(cells[0], "| ")] = row
		}
	}
	var text strings.Builder
	fmt.Fprintf(&text, "On %s/%s with %d cores, seed %d.\n\n%s", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), seed, head)
	var all [5]int
	for _, f := range faults {
		row := made[f.name]
		text.WriteString(row)
		for i, cell := range strings.Split(row, " | ") {
			if n, err := strconv.Atoi(cell); err == nil && i >= 1 && i <= len(all) {
				all[i-1] += n
			}
		}
	}
	fmt.Fprintf(&text, "| all | %d | %d | %d | %d | %d | |\n", all[0], all[1], all[2], all[3], all[4])
	return text.String()
}
