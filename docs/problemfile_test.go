package docs_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/internal/problemfile"
	ph "github.com/crux-pinn/crux/placeholder"
)

// The examples are problems that crux takes, and every function of the language is named.
func TestProblemFile(t *testing.T) {
	b, err := os.ReadFile("problem-file.md")
	if err != nil {
		t.Fatal(err)
	}
	prose, _, _ := strings.Cut(string(b), "<!-- made by")
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
