package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/internal/tools/checkout"
)

// The tests and the rows that attack.md names exist.
func TestAttackIsTested(t *testing.T) {
	page, err := os.ReadFile("attack.md")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(".") // back at the end
	if err := checkout.Enter(); err != nil {
		t.Fatal(err)
	}
	lines := 0
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 3 || strings.HasPrefix(line, "|---") || strings.HasPrefix(line, "| finding") {
			continue
		}
		lines++
		if !strings.Contains(cells[1], "Test") && !strings.Contains(cells[1], "Fuzz") {
			t.Errorf("no test: %s", line)
		}
		for _, part := range strings.Split(cells[1], ";") {
			words := strings.FieldsFunc(part, func(r rune) bool { return r == ' ' || r == ',' })
			var text strings.Builder
			files, _ := filepath.Glob(filepath.Join(filepath.FromSlash(words[0]), "*_test.go"))
			for _, f := range files {
				b, err := os.ReadFile(f)
				if err != nil {
					t.Fatal(err)
				}
				text.Write(b)
			}
			for _, name := range words[1:] {
				if !regexp.MustCompile(`(?m)^func ` + name + `\(`).MatchString(text.String()) {
					t.Errorf("%s has no %s", words[0], name)
				}
			}
		}
		for _, row := range strings.Split(cells[2], ";") {
			row = strings.TrimSpace(row)
			found := row == ""
			for _, f := range faults {
				found = found || strings.HasPrefix(f.name, row)
			}
			if !found {
				t.Errorf("no fault begins with %q", row)
			}
		}
	}
	if lines < 25 {
		t.Errorf("%d findings", lines)
	}
}

// A row that is made again takes the place of the old one; the others stay, in the order of the faults, and the sums are of all.
func TestMerged(t *testing.T) {
	row := func(f fault, times, commit string) string {
		return "| " + f.name + " | " + times + " | 0 | 1 | 0 | 0 | " + commit + " |\n"
	}
	old := merged("", []string{row(faults[2], "5", "a"), row(faults[0], "7", "a")}, 1)
	now := merged(old, []string{row(faults[2], "11", "b"), "| a fault of before | 3 | 0 | 0 | 0 | 0 | a |\n"}, 1)
	want := head + row(faults[0], "7", "a") + row(faults[2], "11", "b") + "| all | 18 | 0 | 2 | 0 | 0 | |\n"
	if _, table, _ := strings.Cut(now, "\n\n"); table != want {
		t.Errorf("%s\nnot\n%s", table, want)
	}
}
