package problemfile_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/internal/cases"
	"github.com/crux-pinn/crux/internal/problemfile"
)

// A public validator takes the schema for one, accepts every shipped file by it, and refuses malformed files whose mistake is one of keys,
// kinds or ranges.
func TestReadsSchema(t *testing.T) {
	if testing.Short() {
		t.Skip("starts Python")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		t.Skip(err)
	}
	python := filepath.Join(home, ".cache", "crux-sinks", "bin", "python")
	if out, err := exec.Command(python, "-c", "import jsonschema, yaml").CombinedOutput(); err != nil {
		if os.Getenv("CRUX_READERS") != "" { // in CI it must not be missing
			t.Fatalf("%v %s", err, out)
		}
		t.Skip("no jsonschema: bash .ci/run readers")
	}
	schema, err := problemfile.Schema()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "schema.json")
	if err := os.WriteFile(path, schema, 0o600); err != nil {
		t.Fatal(err)
	}
	accepted := func(files []string) (ok []string) {
		c := exec.Command(python, append([]string{"testdata/schema.py", path}, files...)...)
		var said bytes.Buffer
		c.Stderr = &said
		out, err := c.Output()
		if err != nil {
			t.Fatalf("%v: %s", err, said.String())
		}
		for line := range strings.Lines(string(out)) {
			if file, is := strings.CutPrefix(strings.TrimSpace(line), "ok "); is {
				ok = append(ok, file)
			}
		}
		return ok
	}
	for _, folder := range []string{"problems", "unseen"} {
		files, err := filepath.Glob("../../testdata/" + folder + "/*.yaml")
		if err != nil || len(files) == 0 {
			t.Fatal(folder, err)
		}
		if ok := accepted(files); len(ok) < len(files) {
			t.Errorf("%s: of\n%s\nonly these are accepted:\n%s", folder, files, ok)
		}
	}
	files := cases.Unpack(t, malformed)
	if ok := accepted(files); len(files)-len(ok) < 40 {
		t.Errorf("only %d of %d malformed files are refused", len(files)-len(ok), len(files))
	}
}
