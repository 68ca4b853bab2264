package docs_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/crux-pinn/crux/internal/cli"
	"github.com/crux-pinn/crux/internal/problemfile"
)

// block is a fenced block of a page.
type block struct {
	kind, name, body string // of ```yaml plate.yaml
}

// fenced are the fenced blocks of a page.
func fenced(t *testing.T, page string) []block {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var list []block
	for i, part := range strings.Split(string(text), "```") {
		if i%2 == 0 {
			continue
		}
		info, body, _ := strings.Cut(part, "\n")
		kind, name, _ := strings.Cut(info, " ")
		list = append(list, block{kind, name, body})
	}
	return list
}

// Files that a page shows are those in docs/files, or the beginning of a table of data; problems load and compile, and other pieces of YAML
// load beside a small problem.
func TestUserPages(t *testing.T) {
	const small = "problem: page\ncoords: {t: [0, 1], x: [0, 1]}\nfields: {u: {net: mlp, hidden: [4]}}\nconstraints: {pde: {residual: u_t - u_xx}}\n"
	shown := map[string]bool{}
	for _, page := range []string{"start.md", "first-problem.md", "data.md", "geometry.md", "inverse.md", "trouble.md", "from-deepxde.md", "from-physicsnemo-sym.md", "materials.md"} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\]\(files/([^)]+)\)`).FindAllStringSubmatch(string(text), -1) {
			shown[m[1]] = true
		}
		for _, b := range fenced(t, page) {
			file, err := os.ReadFile(filepath.Join("files", b.name))
			if b.name != "" && b.name != "problem.yaml" {
				shown[b.name] = true
				same := string(file) == b.body || b.kind == "csv" && strings.HasPrefix(string(file), b.body)
				if err != nil || !same {
					t.Errorf("%s: this is not docs/files/%s (%v):\n%s", page, b.name, err, b.body)
				}
			}
			if b.kind != "yaml" {
				continue
			}
			src := b.body
			if b.name == "" {
				src = small + src
			}
			p, err := problemfile.Parse(page, []byte(src), "files", nil)
			if err != nil {
				t.Errorf("%v\n%s", err, src)
				continue
			}
			s, err := p.New()
			if err != nil {
				t.Errorf("%v\n%s", err, src)
				continue
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	files, err := os.ReadDir("files")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !shown[f.Name()] {
			t.Errorf("no page shows docs/files/%s", f.Name())
		}
	}
}

// Every place that the tutorial names for a constraint is one.
func TestPlaces(t *testing.T) {
	text, err := os.ReadFile("first-problem.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "| `on` | where |")
	table, _, _ = strings.Cut(table, "\n\n")
	checked := 0
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)`").FindAllStringSubmatch(table, -1) {
		file, set := "plate.yaml", []string{"constraints.walls.on=" + m[1]}
		if m[1] == "initial" { // and final, where there is time
			file, set = "cooling.yaml", []string{"constraints.law.on=initial"}
		}
		if _, err := problemfile.Load(filepath.Join("files", file), set); err != nil {
			t.Error(err)
		}
		checked++
	}
	if checked != 6 {
		t.Errorf("%d places", checked)
	}
}

// command matches a line of code, or code in a sentence, that runs crux.
var command = regexp.MustCompile("(?m)^ {4,}(?:bin/)?(crux [a-z].*)$|`(crux [a-z][^`]*)`")

// words splits a command as a shell does, up to a comment, a pipe or a redirection.
func words(line string) []string {
	var list []string
	var word strings.Builder
	quote, in := rune(0), false
	flush := func() {
		if in {
			list = append(list, word.String())
		}
		word.Reset()
		in = false
	}
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			quote, in = r, true
		case quote == 0 && (r == '|' || r == '>' || r == '#' && !in):
			flush()
			return list
		case quote == 0 && (r == ' ' || r == '\n' || r == '\\'):
			flush()
		default:
			word.WriteRune(r)
			in = true
		}
	}
	flush()
	return list
}

// Every command of crux that a page has exists, with its flags.
func TestCommands(t *testing.T) {
	checked := 0
	for _, page := range append(handwritten(t), results(t)...) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Base(page) == "CHANGELOG.md" {
			continue // it names what is gone
		}
		joined := regexp.MustCompile(`\\\n +`).ReplaceAllString(string(text), " ")
		for _, m := range command.FindAllStringSubmatch(joined, -1) {
			args := append(words(m[1] + m[2])[1:], "--help")
			for i, a := range args {
				if a == "N" { // any number
					args[i] = "1"
				}
			}
			var stdout, stderr bytes.Buffer
			code := cli.Run(context.Background(), args, cli.Streams{Out: &stdout, Err: &stderr})
			if code != 0 || !strings.Contains(stdout.String(), "crux "+args[0]) {
				t.Errorf("%s: %s: exit %d, %s", page, m[1]+m[2], code, stderr.String())
			}
			checked++
		}
	}
	if checked < 60 {
		t.Errorf("only %d commands", checked)
	}
}

// Targets of make that a page names are in the Makefile, and tools that it runs are there.
func TestTargets(t *testing.T) {
	makefile, err := os.ReadFile("../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	target := regexp.MustCompile("(?m)(?:^ {4}|`)make ([a-z-]+)")
	tool := regexp.MustCompile(`go -C internal/tools run \./([a-z]+)`)
	for _, page := range append(handwritten(t), results(t)...) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Base(page) == "CHANGELOG.md" {
			continue // it names what is gone
		}
		for _, m := range target.FindAllStringSubmatch(string(text), -1) {
			if !strings.Contains(string(makefile), "\n"+m[1]+":") {
				t.Errorf("%s: there is no make %s", page, m[1])
			}
		}
		for _, m := range tool.FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.Join("../internal/tools", m[1])); err != nil {
				t.Errorf("%s: there is no tool %s", page, m[1])
			}
		}
	}
}

// The index leads to every page, and to the answers that a newcomer looks for.
func TestIndex(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	index := string(text)
	for _, page := range append(handwritten(t), results(t)...) {
		if page == "README.md" || strings.HasPrefix(page, "..") {
			continue
		}
		if !strings.Contains(index, "]("+page+")") {
			t.Errorf("docs/README.md does not lead to %s", page)
		}
	}
	for what, link := range map[string]string{
		"a hole": "first-problem.md#shape-and-hole", "a flux": "first-problem.md#sides-and-fluxes", "a CSV file": "data.md",
		"the functions": "problem-file.md#expressions", "a wrong result": "trouble.md",
	} {
		if !strings.Contains(index, "]("+link+")") {
			t.Errorf("docs/README.md does not lead to %s, %s", what, link)
		}
	}
}

// No line of a page is longer than a window is wide; rows of tables cannot be broken.
func TestWidth(t *testing.T) {
	const most = 160
	for _, page := range handwritten(t) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		body, _, _ := strings.Cut(string(text), "\n<!-- made by ") // what a test writes
		for i, line := range strings.Split(body, "\n") {
			if n := utf8.RuneCountInString(line); n > most && !strings.HasPrefix(line, "|") {
				t.Errorf("%s:%d has %d characters", page, i+1, n)
			}
		}
	}
}
