package docs_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/internal/problemfile"
	ph "github.com/crux-pinn/crux/placeholder"
)

var rewrite = flag.Bool("rewrite", false, "write the tables of problem-file.md again")

// The tables of keys are those that crux reads by, the examples are problems that it takes, and every function of the language is named.
func TestProblemFile(t *testing.T) {
	const path, mark = "problem-file.md", "<!-- made by go test ./docs -run ProblemFile -rewrite -->\n"
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	prose, tables, ok := strings.Cut(string(b), mark)
	if !ok {
		t.Fatal("no mark")
	}
	if *rewrite {
		if err := os.WriteFile(path, []byte(prose+mark+problemfile.Page()), 0o644); err != nil {
			t.Fatal(err)
		}
		tables = problemfile.Page()
	}
	if tables != problemfile.Page() {
		t.Error("the tables are not those of the code; make them again with -rewrite")
	}
	dir := t.TempDir()
	blocks := strings.Split(prose, "```")
	for i := 1; i < len(blocks); i += 2 {
		if kind, body, _ := strings.Cut(blocks[i], "\n"); kind == "csv" {
			if err := os.WriteFile(filepath.Join(dir, "measurements.csv"), []byte(body), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	problems := 0
	for i := 1; i < len(blocks); i += 2 {
		kind, body, _ := strings.Cut(blocks[i], "\n")
		if kind != "yaml" {
			continue
		}
		problems++
		p, err := problemfile.Parse("page.yaml", []byte(body), dir, nil)
		if err != nil {
			t.Error(err)
			continue
		}
		s, err := p.New()
		if err != nil {
			t.Error(err)
			continue
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if problems != 2 {
		t.Errorf("%d problems", problems)
	}
	for _, name := range ph.Functions() {
		if !strings.Contains(prose, "`"+name+"`") && !strings.Contains(prose, "`"+name+"(") {
			t.Errorf("the function %s is not named", name)
		}
	}
}
