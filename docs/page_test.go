package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/internal/problemfile"
)

// The tables of explainability.md that hold the page of jNO against crux. Each is the first one below its heading.
const (
	pageNames    = "## The page and crux, row by row"
	pageDefaults = "### Arguments and defaults"
	pageResults  = "### Results"
	pageKeys     = "### Keys in W&B"
	pageRules    = "### Rules"
)

// pageTable is the rows of a table, without its head.
func pageTable(t *testing.T, heading string, columns int) [][]string {
	t.Helper()
	text, err := os.ReadFile("explainability.md")
	if err != nil {
		t.Fatal(err)
	}
	_, below, ok := strings.Cut(string(text), heading+"\n")
	if !ok {
		t.Fatalf("no %q", heading)
	}
	var rows [][]string
	for _, line := range strings.Split(below, "\n") {
		if !strings.HasPrefix(line, "| ") && !strings.HasPrefix(line, "|-") {
			if len(rows) > 0 {
				break
			}
			continue
		}
		cells := strings.Split(strings.TrimSuffix(strings.TrimPrefix(line, "|"), "|"), "|")
		if len(cells) != columns {
			t.Fatalf("%d cells, want %d: %s", len(cells), columns, line)
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		rows = append(rows, cells)
	}
	if len(rows) < 5 {
		t.Fatalf("%d rows below %q", len(rows), heading)
	}
	return rows[2:]
}

// code is what stands between backquotes in a cell, in order.
func code(cell string) []string {
	var list []string
	for i, part := range strings.Split(cell, "`") {
		if i%2 == 1 {
			list = append(list, part)
		}
	}
	return list
}

// pronounced is the first word of the column that compares.
func pronounced(t *testing.T, row []string, column int, words ...string) string {
	t.Helper()
	word, _, _ := strings.Cut(row[column], ":")
	if !slices.Contains(words, word) {
		t.Errorf("%q is none of %q: %s", word, words, strings.Join(row, " | "))
	}
	return word
}

const nothing = "–"

// A name of the page in a file has the meaning that the table gives it. That the table has all of them is tested in problemfile.
func TestPageNames(t *testing.T) {
	values := map[string]string{
		"expr": "u_y", "points": "9", "iters": "17", "grid": "3", "interval": "7", "keep": "2", "gradient_norm": "{ema: 0.5}", "ntk": "{ema: 0.5}",
	}
	for _, row := range pageTable(t, pageNames, 3) {
		section, page, ours := code(row[0])[0], code(row[1])[0], code(row[2])[0]
		var resolved []string
		for _, name := range []string{page, ours} {
			p, err := problemfile.Parse("p.yaml", []byte(pageProblem), ".", []string{section + "." + name + "=" + values[ours]})
			if err != nil {
				t.Fatal(err)
			}
			resolved = append(resolved, string(p.Resolved))
		}
		if resolved[0] != resolved[1] || values[ours] == "" || !strings.Contains(resolved[0], strings.Trim(values[ours], "{}")) {
			t.Errorf("%s and %s of %s differ:\n%s\n%s", page, ours, section, resolved[0], resolved[1])
		}
	}
}

// Every rule names a test or example that there is.
func TestPageRules(t *testing.T) {
	folders := map[string]string{
		"trackers": "../trackers", "crux": "../crux", "callbacks": "../callbacks", "weights": "../weights",
		"compiler": "../compiler", "cli": "../internal/cli",
	}
	for _, row := range pageTable(t, pageRules, 4) {
		pronounced(t, row, 2, "same", "better", "other")
		for _, test := range code(row[3]) {
			pkg, name, _ := strings.Cut(test, ".")
			files, err := filepath.Glob(filepath.Join(folders[pkg], "*_test.go"))
			if err != nil || folders[pkg] == "" {
				t.Fatalf("no package %s (%v)", pkg, err)
			}
			function := regexp.MustCompile(`(?m)^func ` + name + `\(`)
			if !slices.ContainsFunc(files, func(path string) bool {
				source, err := os.ReadFile(path)
				return err == nil && function.Match(source)
			}) {
				t.Errorf("there is no %s", test)
			}
		}
		if len(code(row[3])) == 0 {
			t.Errorf("no test shows %q", row[0])
		}
	}
}
