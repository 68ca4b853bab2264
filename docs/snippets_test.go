package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
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

// handwritten are the pages that people write, from the top of the module; those in docs/results are written by tools.
func handwritten(t *testing.T) []string {
	t.Helper()
	var pages []string
	for _, pattern := range []string{"../*.md", "*.md", "examples/*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, found...)
	}
	if len(pages) < 15 {
		t.Fatalf("only %d pages: %v", len(pages), pages)
	}
	return pages
}

// results are the pages of measurements.
func results(t *testing.T) []string {
	t.Helper()
	pages, err := filepath.Glob("results/*.md")
	if err != nil || len(pages) < 7 {
		t.Fatalf("%v, %v", pages, err)
	}
	return pages
}

// heading is the line of a heading of Markdown.
var heading = regexp.MustCompile(`(?m)^#+ (.*)$`)

// anchors are the names by which links reach the headings of a page, as GitHub makes them.
func anchors(text string) map[string]bool {
	found := map[string]bool{}
	for _, m := range heading.FindAllStringSubmatch(text, -1) {
		found[strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, regexp.MustCompile(`\]\([^)]*\)`).ReplaceAllString(m[1], "]"))] = true
	}
	return found
}

// Every file that a page links to is there, with the heading that the link names.
func TestLinks(t *testing.T) {
	for _, page := range append(handwritten(t), results(t)...) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range strings.Split(string(text), "](")[1:] {
			link, _, _ := strings.Cut(part, ")")
			file, name, named := strings.Cut(link, "#")
			if strings.Contains(link, "://") {
				continue
			}
			target := filepath.Join(filepath.Dir(page), file)
			if file == "" {
				target = page
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s, which is not there", page, link)
				continue
			}
			if !named || filepath.Ext(target) != ".md" {
				continue
			}
			if text, err := os.ReadFile(target); err != nil || !anchors(string(text))[name] {
				t.Errorf("%s links to %s, which has no such heading", page, link)
			}
		}
	}
}
