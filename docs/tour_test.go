package docs_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/internal/cli"
)

// walked are the commands of a page that stand behind a dollar sign, each with the lines that it prints there.
func walked(page string) (list [][]string) {
	inside := false
	for line := range strings.Lines(page) {
		text, indented := strings.CutPrefix(strings.TrimRight(line, "\n"), "    ")
		command, is := strings.CutPrefix(text, "$ crux ")
		switch {
		case indented && is:
			list, inside = append(list, []string{command}), true
		case indented && inside && strings.TrimSpace(text) != "":
			list[len(list)-1] = append(list[len(list)-1], text)
		case !indented && strings.TrimSpace(line) != "":
			inside = false
		}
	}
	return list
}

// masked is a line without its numbers and the width of its columns: they differ between machines.
func masked(line string) string {
	line = regexp.MustCompile(`[0-9]+([.][0-9]+)?(e[-+][0-9]+)?`).ReplaceAllString(line, "N")
	return strings.Join(strings.Fields(strings.ReplaceAll(line, "NmNs", "Ns")), " ")
}

// TestTour walks the tour in an empty folder that has the files of the docs, as after a clone. Every command succeeds, and what the page shows of its
// answer is there in this order, but for numbers; the page leaves lines out.
func TestTour(t *testing.T) {
	if testing.Short() {
		t.Skip("it trains")
	}
	page, err := os.ReadFile("tour.md")
	if err != nil {
		t.Fatal(err)
	}
	steps := walked(string(page))
	if len(steps) < 10 {
		t.Fatalf("%d commands on the page", len(steps))
	}
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "docs", "files"), os.DirFS("files")); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	used := map[string]bool{}
	for _, s := range steps {
		args := strings.Fields(s[0])
		used[args[0]] = true
		var out, said bytes.Buffer
		if code := cli.Run(t.Context(), args, cli.Streams{Out: &out, Err: &said}); code != 0 {
			t.Fatalf("crux %s: exit %d\n%s%s", s[0], code, out.String(), said.String())
		}
		left := strings.Split(out.String(), "\n")
		for _, line := range s[1:] {
			k := 0
			for k < len(left) && masked(left[k]) != masked(line) {
				k++
			}
			if k == len(left) {
				t.Errorf("crux %s does not print\n%s\nbut\n%s", s[0], line, out.String())
				break
			}
			left = left[k+1:]
		}
	}
	for _, name := range []string{"init", "validate", "solve", "show", "plot", "report", "export", "compare", "ls"} {
		if !used[name] {
			t.Errorf("the tour does not use crux %s", name)
		}
	}
}
