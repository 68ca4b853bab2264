package npy_test

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/internal/files/npy"
)

// What numpy.save (NumPy 2.4) wrote for the same arrays.
var saved = []struct {
	array npy.Array
	want  string
}{
	{npy.Array{Shape: []int{3}, Data: []float64{1, 2.5, -3}}, "k05VTVBZAQB2AHsnZGVzY3InOiAnPGY4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDMsKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAADwPwAAAAAAAARAAAAAAAAACMA="},
	{npy.Array{Shape: []int{2, 3}, Data: []float64{0, 1, 2, 3, 4, 5}}, "k05VTVBZAQB2AHsnZGVzY3InOiAnPGY4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAAAAAAAAAAAAPA/AAAAAAAAAEAAAAAAAAAIQAAAAAAAABBAAAAAAAAAFEA="},
	{npy.Array{Shape: []int{3}, Ints: []int64{0, -1, 1 << 60}}, "k05VTVBZAQB2AHsnZGVzY3InOiAnPGk4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDMsKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAAAAP//////////AAAAAAAAABA="},
	{npy.Array{Data: []float64{7.5}}, "k05VTVBZAQB2AHsnZGVzY3InOiAnPGY4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKCksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAAeQA=="},
	{npy.Array{Shape: []int{0, 2}}, "k05VTVBZAQB2AHsnZGVzY3InOiAnPGY4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDAsIDIpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAo="},
}

func TestWriteEqualsNumPy(t *testing.T) {
	for _, c := range saved {
		var b bytes.Buffer
		if err := npy.Write(&b, c.array); err != nil {
			t.Fatal(err)
		}
		if got := base64.StdEncoding.EncodeToString(b.Bytes()); got != c.want {
			t.Errorf("shape %v: got %q", c.array.Shape, b.Bytes())
		}
	}
}

// An archive is read with the standard library's zip, and its members compared with what Write gives.
func TestWriteZip(t *testing.T) {
	var b bytes.Buffer
	in := []npy.Array{{Name: "x", Shape: []int{3}, Data: []float64{1, 2.5, -3}}, {Name: "k.u", Shape: []int{2, 3}, Data: []float64{0, 1, 2, 3, 4, 5}}}
	if err := npy.WriteZip(&b, in); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range z.File {
		if f.Name != in[i].Name+".npy" || f.Method != zip.Store {
			t.Errorf("member %d is %q, method %d", i, f.Name, f.Method)
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if want, _ := base64.StdEncoding.DecodeString(saved[i].want); !bytes.Equal(got, want) {
			t.Errorf("%s: got %q", f.Name, got)
		}
	}
}

// NumPy itself opens the archive, where it is installed.
func TestNumPyReadsZip(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil || exec.Command(python, "-c", "import numpy").Run() != nil {
		t.Skip("python3 with numpy is not installed")
	}
	path := filepath.Join(t.TempDir(), "a.npz")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := npy.WriteZip(f, []npy.Array{{Name: "u", Shape: []int{2, 2}, Data: []float64{1, 2, 3, 4}}, {Name: "k.s", Data: []float64{0.1}}}); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(python, "-c", "import numpy,sys; z=numpy.load(sys.argv[1]); print(sorted(z.files), z['u'].tolist(), z['k.s'].item(), z['u'].dtype)", path).CombinedOutput()
	if want := "['k.s', 'u'] [[1.0, 2.0], [3.0, 4.0]] 0.1 float64"; err != nil || strings.TrimSpace(string(out)) != want {
		t.Errorf("got %s, %v; want %s", out, err, want)
	}
}

func TestWrongArrays(t *testing.T) {
	for name, arrays := range map[string][]npy.Array{
		"two kinds":       {{Name: "a", Shape: []int{2}, Data: []float64{1}, Ints: []int64{1}}},
		"too few entries": {{Name: "a", Shape: []int{3}, Data: []float64{1}}},
		"negative":        {{Name: "a", Shape: []int{-1}, Data: nil}},
		"overflow":        {{Name: "a", Shape: []int{1 << 40, 1 << 40}, Data: nil}},
		"no name":         {{Data: []float64{1}}},
		"same name":       {{Name: "a", Data: []float64{1}}, {Name: "a", Data: []float64{1}}},
	} {
		var b bytes.Buffer
		if err := npy.WriteZip(&b, arrays); err == nil || b.Len() > 0 {
			t.Errorf("%s: error %v after %d bytes", name, err, b.Len())
		}
	}
}
