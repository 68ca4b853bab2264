package docs_test

import (
	"os"
	"strings"
	"testing"
)

// compareSnippets checks that every block of Go on a page stands, but for its indentation, in a file that is compiled and
// run.
func compareSnippets(t *testing.T, page, file string) {
	t.Helper()
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	have := flat(string(source))
	blocks := 0
	for i, part := range strings.Split(string(text), "```") {
		kind, body, _ := strings.Cut(part, "\n")
		if i%2 == 0 || kind != "go" {
			continue
		}
		blocks++
		if !strings.Contains(have, flat(body)) {
			t.Errorf("%s: this is not in %s:\n%s", page, file, body)
		}
	}
	if blocks == 0 {
		t.Errorf("%s has no Go", page)
	}
}

// flat removes the white space around lines.
func flat(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimSpace(l)
	}
	return strings.Join(lines, "\n")
}

// Every file that a page links to is there.
func TestLinks(t *testing.T) {
	pages, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	check := func(dir, page string) {
		text, err := os.ReadFile(dir + page)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range strings.Split(string(text), "](")[1:] {
			link, _, _ := strings.Cut(part, ")")
			link, _, _ = strings.Cut(link, "#")
			if link == "" || strings.Contains(link, "://") {
				continue
			}
			if _, err := os.Stat(dir + link); err != nil {
				t.Errorf("%s links to %s, which is not there", page, link)
			}
		}
	}
	check("../", "README.md")
	for _, p := range pages {
		if strings.HasSuffix(p.Name(), ".md") {
			check("", p.Name())
		}
	}
}
