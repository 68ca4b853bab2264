package npy_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/crux-pinn/crux/internal/files/npy"
)

// Whatever a file holds, arrays or an error come out, and arrays have as many numbers as their shape says.
func FuzzRead(f *testing.F) {
	fuzz(f, "../../../domain/testdata/*.npy", func(b []byte) (map[string]*npy.Array, error) {
		a, err := npy.Read(bytes.NewReader(b))
		return map[string]*npy.Array{"": a}, err
	})
}

func FuzzReadZip(f *testing.F) {
	path := filepath.Join(f.TempDir(), "a.npz")
	fuzz(f, "../../../domain/testdata/*.npz", func(b []byte) (map[string]*npy.Array, error) {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			f.Fatal(err)
		}
		return npy.ReadZip(path)
	})
}

func fuzz(f *testing.F, seeds string, read func(b []byte) (map[string]*npy.Array, error)) {
	files, err := filepath.Glob(seeds)
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		arrays, err := read(b)
		if err != nil {
			return
		}
		for name, a := range arrays {
			n := 1
			for _, k := range a.Shape {
				n *= k
			}
			if n != len(a.Data) {
				t.Errorf("%s has %d numbers and the shape %v", name, len(a.Data), a.Shape)
			}
		}
	})
}
