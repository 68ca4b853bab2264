package examples_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var names = []string{"poisson2d", "burgers1d", "kovasznay", "inverse_burgers", "volterra"}

// TestRun builds every example and lets it take a few steps.
func TestRun(t *testing.T) {
	figure := regexp.MustCompile(`relative L2 error \d\.\de[+-]\d\d`)
	bin := t.TempDir()
	if out, err := exec.Command("go", "build", "-o", bin+string(filepath.Separator), "./...").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			out, err := exec.Command(filepath.Join(bin, name), "-steps", "21").CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if !strings.Contains(string(out), "completed after 21 steps") {
				t.Errorf("no 21 steps in\n%s", out)
			}
			if !figure.Match(out) {
				t.Errorf("no error figure in\n%s", out)
			}
		})
	}
}

// TestPublicPackages keeps the examples to what every user can import.
func TestPublicPackages(t *testing.T) {
	for _, name := range names {
		out, err := exec.Command("go", "list", "-f", `{{join .Imports "\n"}}`, "./"+name).Output()
		if err != nil {
			t.Fatal(err)
		}
		for path := range strings.FieldsSeq(string(out)) {
			if strings.Contains(path, "/internal/") {
				t.Errorf("%s imports %s", name, path)
			}
		}
	}
}

// TestPages checks that what the pages quote is what is there: each block of Go is a part of one of the example's files,
// and the block of YAML is the problem file.
func TestPages(t *testing.T) {
	block := regexp.MustCompile("(?ms)^```(go|yaml)\n(.*?)^```$")
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			page := read(t, filepath.Join("..", "docs", "examples", name+".md"))
			files, err := filepath.Glob(filepath.Join(name, "*.go"))
			if err != nil {
				t.Fatal(err)
			}
			sources := map[string][]string{"yaml": {read(t, filepath.Join("..", "testdata", "problems", name+".yaml"))}}
			for _, file := range files {
				sources["go"] = append(sources["go"], read(t, file))
			}
			quoted := map[string]int{}
			for _, b := range block.FindAllStringSubmatch(page, -1) {
				language, text := b[1], b[2]
				quoted[language]++
				if !anyContains(sources[language], text) {
					t.Errorf("the example has no such %s:\n%s", language, text)
				}
			}
			for language := range sources {
				if quoted[language] == 0 {
					t.Errorf("the page quotes no %s", language)
				}
			}
		})
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func anyContains(sources []string, text string) bool {
	for _, s := range sources {
		if strings.Contains(s, text) {
			return true
		}
	}
	return false
}
