// Package cases reads the text files of tests. A file has cases with empty lines between them. A case is a line that names it, a text,
// a line ---- and the answer that is expected to the text. go test -rewrite writes the answers again. What has no ---- and begins with # is
// a comment.
//
// Cases can share a text: the block whose name is base. A case named "NAME changes base" has that text, with its own lines in place of
// those with the same keys, and new keys at the end. Indented lines belong to the key above them, and the comment is a key too.
//
// Pictures are expected answers as well; see Picture.
package cases

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Rewrite is the flag -rewrite.
var Rewrite = flag.Bool("rewrite", false, "write the expected answers again")

// Case is one case of a file.
type Case struct{ Name, Text, Want string }

const line = "\n----\n"

// Read returns the cases of a file.
func Read(t testing.TB, path string) (list []Case) {
	t.Helper()
	var base string
	for _, block := range blocks(t, path) {
		ask, want, isCase := strings.Cut(block, line)
		name, text, _ := strings.Cut(strings.TrimSuffix(ask, "\n")+"\n", "\n")
		switch {
		case !isCase && name == "base":
			base = text
			continue
		case !isCase && strings.HasPrefix(name, "#"):
			continue
		case !isCase:
			t.Fatalf("%s: %s has no ----", path, name)
		}
		if of, ok := strings.CutSuffix(name, " changes base"); ok {
			name, text = of, change(base, text)
		}
		list = append(list, Case{name, text, strings.TrimRight(want, "\n")})
	}
	return list
}

// Check compares the answers to all cases of a file with those that it expects.
func Check(t *testing.T, path string, answer func(*testing.T, Case) string) {
	t.Helper()
	rest, all := Read(t, path), blocks(t, path)
	for i, block := range all {
		ask, _, isCase := strings.Cut(block, line)
		if !isCase {
			continue
		}
		c := rest[0]
		rest = rest[1:]
		t.Run(c.Name, func(t *testing.T) {
			got := strings.TrimRight(answer(t, c), "\n")
			if all[i] = ask + line + got + "\n"; got != c.Want && !*Rewrite {
				t.Errorf("%sgot\n%s\nwant\n%s", c.Text, got, c.Want)
			}
		})
	}
	if *Rewrite {
		if err := os.WriteFile(path, []byte(strings.Join(all, "\n")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// Unpack copies a folder to a temporary one, with each case of its text files as a file NAME.yaml, and returns those.
func Unpack(t testing.TB, folder string) (files []string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(folder)); err != nil {
		t.Fatal(err)
	}
	texts, err := filepath.Glob(filepath.Join(folder, "*.txt"))
	if err != nil || len(texts) == 0 {
		t.Fatalf("%s: no text files, %v", folder, err)
	}
	for _, path := range texts {
		for _, c := range Read(t, path) {
			file := filepath.Join(dir, c.Name+".yaml")
			if slices.Contains(files, file) {
				t.Fatalf("%s: there are two cases %s", path, c.Name)
			}
			if err := os.WriteFile(file, []byte(c.Text), 0o600); err != nil {
				t.Fatal(err)
			}
			files = append(files, file)
		}
	}
	return files
}

func blocks(t testing.TB, path string) []string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	list := strings.Split(strings.TrimRight(string(raw), "\n"), "\n\n")
	for i := range list {
		list[i] += "\n"
	}
	return list
}

// change puts the parts of a text in place of those of the base with the same keys, or behind them.
func change(base, text string) string {
	whole := parts(base)
	for _, p := range parts(text) {
		i := slices.IndexFunc(whole, func(q string) bool { return key(q) == key(p) })
		if i < 0 {
			whole = append(whole, p)
		} else {
			whole[i] = p
		}
	}
	return strings.Join(whole, "")
}

// parts are the lines that begin with a key, each with the indented ones below it.
func parts(text string) (list []string) {
	for l := range strings.Lines(text) {
		if len(list) > 0 && strings.HasPrefix(l, " ") {
			list[len(list)-1] += l
		} else {
			list = append(list, l)
		}
	}
	return list
}

// key is what a part begins with, up to a colon; all comments have one key.
func key(part string) string {
	if strings.HasPrefix(part, "#") {
		return "#"
	}
	name, _, _ := strings.Cut(part, ":")
	return name
}
