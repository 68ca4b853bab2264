package problemfile_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

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
	accepted := func(pattern string) (ok, all int) {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatal(pattern, err)
		}
		c := exec.Command(python, append([]string{"testdata/schema.py", path}, files...)...)
		var said bytes.Buffer
		c.Stderr = &said
		out, err := c.Output()
		if err != nil {
			t.Fatalf("%v: %s", err, said.String())
		}
		for line := range strings.Lines(string(out)) {
			if all++; strings.HasPrefix(line, "ok ") {
				ok++
			} else if !strings.Contains(pattern, "malformed") {
				t.Error(line)
			}
		}
		return ok, all
	}
	for _, folder := range []string{"problems", "unseen"} {
		if ok, all := accepted("../../testdata/" + folder + "/*.yaml"); ok < all {
			t.Errorf("%s: %d of %d are accepted", folder, ok, all)
		}
	}
	if ok, all := accepted("../../testdata/malformed/*.yaml"); all-ok < 40 {
		t.Errorf("only %d of %d malformed files are refused", all-ok, all)
	}
}
