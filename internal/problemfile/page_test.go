package problemfile

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/internal/cases"
)

// The reference of the keys on the page for users is made from the table by which crux reads them.
func TestPage(t *testing.T) {
	const path, mark = "../../docs/problem-file.md", "<!-- made by go test ./internal/problemfile -run Page -rewrite -->\n"
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	prose, tables, ok := strings.Cut(string(b), mark)
	switch {
	case !ok:
		t.Fatal("no mark")
	case *cases.Rewrite:
		if err := os.WriteFile(path, []byte(prose+mark+keyTables()), 0o644); err != nil {
			t.Fatal(err)
		}
	case tables != keyTables():
		t.Error("the tables are not those of the code; make them again with -rewrite")
	}
}

// keyTables has a table for each mapping, as Markdown.
func keyTables() string {
	var b strings.Builder
	for _, p := range parts {
		title := "The file"
		if p.path != "" {
			title = "`" + p.path + "`"
		}
		fmt.Fprintf(&b, "\n### %s\n\n", title)
		if len(p.keys) == 0 {
			b.WriteString("Without keys.\n")
			continue
		}
		b.WriteString("| key | what | default | example | |\n|---|---|---|---|---|\n")
		for _, k := range p.keys {
			name := "`" + k.name + "`"
			if k.name == "*" {
				name = "*a name*"
			}
			def := strings.TrimSuffix(strings.TrimPrefix(k.def, "("), ")")
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", name, cell(k.form.kindOf(k, &p)), quoted(def), quoted(k.shown()), cell(k.means))
		}
	}
	return b.String()
}

// shown is the example without the words that messages add to it.
func (k key) shown() string {
	example := k.example
	for _, words := range []string{", a name for", ", the ends"} {
		example, _, _ = strings.Cut(example, words)
	}
	return example
}

// cell is a text in a cell of a table.
func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

// quoted is code in a cell; nothing for nothing.
func quoted(s string) string {
	if s == "" {
		return ""
	}
	return "`" + cell(s) + "`"
}

// kindOf says what may stand at a key of a part.
func (f form) kindOf(k key, p *part) string {
	switch f.is {
	case settings:
		path := f.part
		if path == "" {
			path = k.in(p).path
		}
		return "see `" + path + "`"
	case real:
		return "a number" + f.within()
	case whole:
		return "a whole number" + f.within()
	case flag:
		return "true or false"
	case word:
		return strings.Join(f.words, ", ")
	case texts:
		return f.what + ", or a list of them"
	case reals:
		return "a list of numbers"
	case widths:
		return "a list of whole numbers"
	case period:
		return "a time such as 30s or 5m"
	case pattern:
		return "a pattern of parameter paths, or a list of them"
	}
	return f.what
}

// within is the span in words.
func (f form) within() string {
	switch f.span {
	case "(-inf, inf)":
		return ""
	case "(0, inf)":
		return " above 0"
	}
	if low, ok := strings.CutSuffix(f.span, ", inf)"); ok && low[0] == '[' {
		return " of at least " + low[1:]
	}
	return " in " + f.span
}
