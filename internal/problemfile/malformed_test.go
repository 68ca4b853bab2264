package problemfile_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/internal/problemfile"
)

var rewrite = flag.Bool("rewrite", false, "rewrite the expected messages of testdata/malformed")

// Every file of testdata/malformed is wrong in the way that its first line says. Beside it stands the exact message.
func TestMalformed(t *testing.T) {
	const dir = "../../testdata/malformed"
	list, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil || len(list) < 30 {
		t.Fatalf("%d files, %v", len(list), err)
	}
	for _, path := range list {
		t.Run(name(path), func(t *testing.T) {
			_, err := readFile(path, nil)
			if err == nil {
				t.Fatal("no error")
			}
			var all problemfile.Errors
			var one *problemfile.Error
			if !errors.As(err, &all) || !errors.As(err, &one) {
				t.Fatalf("the error is a %T", err)
			}
			for _, e := range all {
				if e.File != path || (e.Line == 0) != (e.Excerpt == "") {
					t.Errorf("no place: %+v", e)
				}
				if e.Line == 0 && name(path) != "empty" {
					t.Errorf("no line: %+v", e)
				}
			}
			got := strings.ReplaceAll(err.Error(), dir+"/", "") + "\n"
			golden := strings.TrimSuffix(path, ".yaml") + ".golden"
			if *rewrite {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}
