package docs_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/internal/cli"
)

// The page of geometry prints what validate prints of its problems, and plot draws them.
func TestGeometryPage(t *testing.T) {
	page, err := os.ReadFile("geometry.md")
	if err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) string {
		var out, said bytes.Buffer
		if code := cli.Run(context.Background(), args, cli.Streams{Out: &out, Err: &said}); code != 0 {
			t.Fatalf("%q: exit %d, %s", args, code, said.String())
		}
		return out.String()
	}
	printed := run("validate", "files/heatsink.yaml")
	if want := "    docs/" + strings.ReplaceAll(strings.TrimSpace(printed), "\n", "\n    "); !strings.Contains(string(page), want) {
		t.Errorf("geometry.md lacks\n%s", want)
	}
	dir := t.TempDir()
	for _, name := range []string{"heatsink", "bracket"} {
		run("plot", "files/"+name+".yaml", "-o", dir)
		if b, err := os.ReadFile(filepath.Join(dir, name+"-domain.png")); err != nil || !bytes.HasPrefix(b, []byte("\x89PNG")) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "heatsink-domain.vtp")); err != nil {
		t.Error(err)
	}
}
