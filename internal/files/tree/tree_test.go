package tree_test

import (
	"strings"
	"testing"

	"github.com/crux-pinn/crux/internal/files/tree"
)

// What Write writes reads back to the same nodes, and so to the same text; overrides of values keep their quotes.
func TestWriteReadsBack(t *testing.T) {
	const text = `
a: {b: [1, 2, {c: "x: y"}], d: 'it''s', e: null, "a b": "-"}
f: |
  several
  lines
g: [[0, 1], []]
h: {}
i: "\u00e9 \t # no comment"
`
	root := read(t, text)
	first := string(tree.Write(root))
	again := read(t, first)
	if second := string(tree.Write(again)); second != first {
		t.Errorf("first\n%s\nthen\n%s", first, second)
	}
	for _, path := range [][]string{{"a", "d"}, {"f"}, {"i"}} {
		x, y := root, again
		for _, key := range path {
			x, y = x.Get(key), y.Get(key)
		}
		if x.Text != y.Text {
			t.Errorf("%v: %q and %q", path, x.Text, y.Text)
		}
	}
}

// A letter of a text is found in the file behind quotes, escapes and folded lines.
func TestWithin(t *testing.T) {
	for _, c := range []struct {
		text      string
		line, col int // in the value
		want      string
	}{
		{"k: abc", 1, 2, "bc"},
		{"k: 'a''bc'", 1, 3, "bc'"},
		{`k: "a\"bc"`, 1, 3, `bc"`},
		{"k: |\n  abc\n  def", 2, 2, "ef"},
		{"k: abc\n  def", 1, 5, "def"},
	} {
		root := read(t, c.text)
		src := tree.NewSource("f", []byte(c.text))
		e := &tree.Error{}
		e.Locate(root.Get("k").Within(c.line, c.col), src)
		line := strings.Split(c.text, "\n")[e.Line-1]
		if got := line[e.Column-1:]; got != c.want {
			t.Errorf("%q, %d:%d: %q, not %q", c.text, c.line, c.col, got, c.want)
		}
	}
}

// Put and Set replace a value where it stands, and Rename follows.
func TestPut(t *testing.T) {
	root := read(t, "a: 1\nb: {c: 2}")
	root.Set("a", "3")
	root.Open("d").Set("e", "4")
	if got := string(tree.Write(root)); got != "a: 3\nb: {c: 2}\nd: {e: 4}\n" {
		t.Error(got)
	}
	root.Get("d").Rename("x.y")
	if got := root.Get("d").Get("e").Path; got != "x.y.e" {
		t.Error(got)
	}
}

func read(t *testing.T, text string) *tree.Node {
	t.Helper()
	root, errs := tree.Read(tree.NewSource("f", []byte(text)), []byte(text))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return root
}

// Whatever letter stands in a text, the written file reads back to it.
func TestWriteEveryLetter(t *testing.T) {
	for r := rune(1); r < 0x11000; r++ {
		if r == 0xd800 { // to 0xdfff there are no letters
			r = 0xe000
		}
		n := &tree.Node{Kind: tree.Mapping}
		n.Set("k", "a"+string(r)+"b: c")
		if got := read(t, string(tree.Write(n))).Get("k").Text; got != n.Get("k").Text {
			t.Errorf("%U is %q", r, got)
		}
	}
}
