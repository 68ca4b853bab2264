package problemfile_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/internal/cases"
	"github.com/crux-pinn/crux/internal/problemfile"
)

// Whatever a file holds, reading it ends with a problem or with errors that have a place, and the resolved file of a
// problem reads back.
func FuzzYAML(f *testing.F) {
	right, err := filepath.Glob("../../testdata/problems/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range append(right, cases.Unpack(f, malformed)...) {
		src, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src, "")
	}
	f.Add([]byte("problem: a\ncoords: &c {x: [0, 1]}\nfields: {u: }\nconstraints: {pde: {residual: u_x, points: 3}}\n"), "optimizer.steps=3")
	f.Fuzz(func(t *testing.T, src []byte, set string) {
		if costly(src) || costly([]byte(set)) {
			t.Skip("valid, but its compilation takes long")
		}
		var sets []string
		if set != "" {
			sets = []string{set}
		}
		p, err := readText("fuzz.yaml", src, t.TempDir(), sets)
		if err == nil {
			if _, err := readText("resolved.yaml", p.Resolved, t.TempDir(), nil); err != nil {
				t.Fatalf("the resolved file does not read back: %v\n%s", err, p.Resolved)
			}
			return
		}
		var all problemfile.Errors
		if !errors.As(err, &all) || len(all) == 0 {
			t.Fatalf("the error is a %T: %v", err, err)
		}
		for _, e := range all {
			if e.File == "" || e.Message == "" || e.Line < 0 || e.Column < 0 || e.Line > 0 && e.Excerpt == "" {
				t.Errorf("%+v", e)
			}
		}
	})
}

// costly reports what would only make the fuzzer slow.
func costly(src []byte) bool {
	return len(src) > 1<<12 || strings.Count(string(src), "integral") > 1
}
