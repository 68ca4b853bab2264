package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// phrase is what stumbles, and what to write in its place.
type phrase struct {
	find   *regexp.Regexp
	better string
}

// phrases reads testdata/words.txt: what to look for.
func phrases(t *testing.T) (list []phrase) {
	t.Helper()
	text, err := os.ReadFile("testdata/words.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		find, better, ok := strings.Cut(line, " => ")
		if !ok {
			t.Fatalf("testdata/words.txt: %q has no =>", line)
		}
		list = append(list, phrase{regexp.MustCompile(`(?i)` + find), better})
	}
	return list
}

// Pages, exported comments and messages are free of the phrases in testdata/words.txt.
func TestWords(t *testing.T) {
	list := phrases(t)
	checked := 0
	check := func(where, text string) {
		checked++
		text = strings.Join(strings.Fields(text), " ")
		for _, p := range list {
			if found := p.find.FindString(text); found != "" {
				t.Errorf("%s: %q; better: %s\n\t%.160s", where, found, p.better, text)
			}
		}
	}
	for _, page := range append(handwritten(t), results(t)...) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Base(page) == "CHANGELOG.md" {
			continue // what was said, was said
		}
		for paragraph := range strings.SplitSeq(string(text), "\n\n") {
			lines := strings.Split(paragraph, "\n")
			lines = slices.DeleteFunc(lines, func(l string) bool { return strings.HasPrefix(page, "results") && strings.HasPrefix(l, "|") }) // measured
			check(page, strings.Join(lines, "\n"))
		}
	}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && d.Name() != ".."):
			return filepath.SkipDir
		case d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		spoken(f, func(n ast.Node, text string) { check(set.Position(n.Pos()).String(), text) })
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if checked < 5000 {
		t.Errorf("only %d texts were looked at", checked)
	}
}

// spoken visits what readers of a file's package meet: the comments of exported names, and the strings.
func spoken(f *ast.File, visit func(ast.Node, string)) {
	doc := func(groups ...*ast.CommentGroup) {
		for _, g := range groups {
			if g != nil {
				visit(g, g.Text())
			}
		}
	}
	doc(f.Doc)
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() {
				doc(d.Doc)
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					if s.Name.IsExported() {
						doc(d.Doc, s.Doc, s.Comment)
						ast.Inspect(s.Type, func(n ast.Node) bool {
							if field, ok := n.(*ast.Field); ok && (len(field.Names) == 0 || field.Names[0].IsExported()) {
								doc(field.Doc, field.Comment)
							}
							return true
						})
					}
				case *ast.ValueSpec:
					if s.Names[0].IsExported() {
						doc(d.Doc, s.Doc, s.Comment)
					}
				}
			}
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.BasicLit:
			if text, err := strconv.Unquote(n.Value); n.Kind == token.STRING && err == nil {
				visit(n, text)
			}
		}
		return true
	})
}
