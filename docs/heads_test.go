package docs_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/internal/cases"
)

// reaches is the line of a problem file that says what it comes to: the medians of its row on the page on accuracy.
func reaches(cells []string) string {
	spread := regexp.MustCompile(` \([^)]*\)`)
	took := spread.ReplaceAllString(cells[6], "")
	seconds, unit, _ := strings.Cut(took, " ")
	if whole, _, ok := strings.Cut(seconds, "."); ok && len(whole) > 1 {
		seconds = whole
	}
	if seconds == "0.0" {
		seconds = "less than 0.1"
	}
	return "# Relative error: " + spread.ReplaceAllString(cells[3], "") + ". Time on two cores: " + seconds + " " + unit + " (make accuracy).\n"
}

// accuracies are the rows of the page on accuracy by the names of the problems.
func accuracies(t *testing.T) map[string][]string {
	t.Helper()
	page, err := os.ReadFile("results/accuracy.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "<!-- make accuracy -->")
	table, _, _ = strings.Cut(table, "<!-- end -->")
	rows := map[string][]string{}
	for row := range strings.Lines(table) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(row), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if strings.HasPrefix(cells[0], "`") {
			rows[strings.Trim(cells[0], "`")] = cells
		}
	}
	return rows
}

// Heads of shipped problem files say what the file shows, and what it comes to, as docs/results/accuracy.md has it. With -rewrite they are
// made to, and the pages of examples that quote them.
func TestHeads(t *testing.T) {
	files, err := filepath.Glob("../testdata/problems/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(err, len(files))
	}
	rows := accuracies(t)
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		row := rows[strings.TrimSuffix(filepath.Base(path), ".yaml")]
		if row == nil {
			t.Errorf("%s has no row in results/accuracy.md; make accuracy ONLY=… measures it", path)
			continue
		}
		head, _, _ := strings.Cut(string(text), "\nproblem:")
		var about, said []string
		for line := range strings.Lines(head + "\n") {
			if strings.HasPrefix(line, "# Relative error: ") {
				said = append(said, line)
			} else {
				about = append(about, line)
			}
		}
		if len(about) == 0 || !strings.HasPrefix(about[0], "# ") {
			t.Errorf("%s does not begin with what it shows", path)
		}
		want := reaches(row)
		switch {
		case len(said) == 1 && said[0] == want:
		case !*cases.Rewrite:
			t.Errorf("%s says %q, and should %q; go test ./docs -run Heads -rewrite", path, said, want)
		default:
			now := strings.Replace(string(text), head+"\n", strings.Join(about, "")+want, 1)
			replaceIn(t, path, string(text), now)
			pages, err := filepath.Glob("examples/*.md")
			if err != nil {
				t.Fatal(err)
			}
			for _, page := range pages {
				replaceIn(t, page, string(text), now)
			}
		}
	}
}

// replaceIn replaces a text in a file, if it is there.
func replaceIn(t *testing.T, path, from, to string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err == nil && bytes.Contains(b, []byte(from)) {
		err = os.WriteFile(path, bytes.Replace(b, []byte(from), []byte(to), 1), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}
