package npy

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// What is written is read again. How NumPy's other types are read is tested where data sets are, in package domain.
func TestReadBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.npz")
	var b bytes.Buffer
	if err := WriteZip(&b, []Array{{Name: "u", Shape: []int{2, 3}, Data: []float64{1, 2, 3, 4, 5, 6}}, {Name: "epochs", Shape: []int{2}, Ints: []int64{7, 8}}}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := ReadZip(path)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]*Array{
		"u":      {Name: "u", Shape: []int{2, 3}, Data: []float64{1, 2, 3, 4, 5, 6}},
		"epochs": {Name: "epochs", Shape: []int{2}, Data: []float64{7, 8}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read %v", got)
	}
	if _, err := Read(bytes.NewReader([]byte("nothing"))); err == nil {
		t.Error("text was read as an array")
	}
}
