package ckpt_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/files/ckpt"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// small is a solver with weights, biases and a scalar.
func small(t testing.TB, seed uint64, width int) *crux.Solver {
	t.Helper()
	x := ph.NewCoord("x")
	u := ph.NewField("u", net.MLP{Hidden: []int{width}}, x)
	kappa := ph.NewParam("kappa", 0.5)
	s, err := crux.New(crux.Problem{Name: "small", Constraints: []crux.Constraint{
		{Name: "pde", Residual: u.D(x, x).Mul(kappa).Sub(u), On: domain.NewInterval(x, 0, 1).Interior(5)},
	}}, crux.Options{Seed: seed, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() }) //nolint:errcheck
	return s
}

func TestRoundTrip(t *testing.T) {
	a, b := small(t, 1, 4), small(t, 2, 4)
	path := filepath.Join(t.TempDir(), "p.safetensors")
	origin := ckpt.Origin{Problem: "small", Epoch: 7, Seed: math.MaxUint64, Version: "v1"}
	if err := ckpt.Save(path, a.Parameters(), origin); err != nil {
		t.Fatal(err)
	}
	ps, o, err := ckpt.Load(path)
	if err != nil || o != origin {
		t.Fatal(o, err)
	}
	if err := ckpt.Restore(b, ps); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(a.Parameters(), b.Parameters()) {
		t.Error("parameters differ after the round trip")
	}
}

// Fixed says which parameters are not trained, and bits survive, NaN and −0 included.
func TestBitsAndFlagsSurvive(t *testing.T) {
	in := []crux.Parameter{
		{Path: "a", Shape: []int{2, 2}, Data: []float64{math.NaN(), math.Inf(-1), math.Copysign(0, -1), 5e-324}},
		{Path: "b", Fixed: true, Data: []float64{1}},
	}
	var b bytes.Buffer
	if err := ckpt.Write(&b, in, ckpt.Origin{}); err != nil {
		t.Fatal(err)
	}
	out, _, err := ckpt.Decode(b.Bytes())
	if err != nil || len(out) != 2 || out[0].Fixed || !out[1].Fixed || len(out[1].Shape) != 0 {
		t.Fatal(out, err)
	}
	for i, v := range in[0].Data {
		if math.Float64bits(v) != math.Float64bits(out[0].Data[i]) {
			t.Errorf("value %d: %v became %v", i, v, out[0].Data[i])
		}
	}
}

// The file was written by Python's safetensors.
func TestReadsPython(t *testing.T) {
	ps, o, err := ckpt.Load("testdata/python.safetensors")
	if err != nil || o != (ckpt.Origin{}) {
		t.Fatal(o, err)
	}
	want := []crux.Parameter{{Path: "kappa", Data: []float64{0.5}}, {Path: "u/layer0/weight", Shape: []int{2, 3}, Data: []float64{1, 2, 3, 4, 5, 6}}}
	if !reflect.DeepEqual(ps, want) {
		t.Errorf("got %v", ps)
	}
}

func TestDamagedFiles(t *testing.T) {
	var b bytes.Buffer
	if err := ckpt.Write(&b, small(t, 1, 4).Parameters(), ckpt.Origin{}); err != nil {
		t.Fatal(err)
	}
	whole := b.Bytes()
	for n := range whole { // every truncation
		if _, _, err := ckpt.Decode(whole[:n]); err == nil {
			t.Fatalf("the first %d of %d bytes were read as a file", n, len(whole))
		}
	}
	for name, c := range map[string]struct{ path, want string }{
		"absent":  {"testdata/none.safetensors", "no such file"},
		"foreign": {"ckpt.go", "not a safetensors file"},
		"float32": {"testdata/float32.safetensors", "F32"},
	} {
		if _, _, err := ckpt.Load(c.path); err == nil || !strings.Contains(err.Error(), c.want) || strings.Count(err.Error(), c.path) != 1 {
			t.Errorf("%s: %v", name, err)
		}
	}
	later := bytes.Replace(whole, []byte("crux.parameters/2"), []byte("crux.parameters/3"), 1)
	if _, _, err := ckpt.Decode(later); err == nil || !strings.Contains(err.Error(), "crux.parameters/3") {
		t.Error(err)
	}
}

// A file of which a bit has changed is refused, unless it says the same: no number is ever another one in silence.
func TestFlippedBits(t *testing.T) {
	var b bytes.Buffer
	want, from := small(t, 1, 4).Parameters(), ckpt.Origin{Problem: "small", Epoch: 7, Seed: 3, Version: "devel"}
	if err := ckpt.Write(&b, want, from); err != nil {
		t.Fatal(err)
	}
	want, _, err := ckpt.Decode(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for i := range b.Bytes() {
		for bit := range 8 {
			damaged := bytes.Clone(b.Bytes())
			damaged[i] ^= 1 << bit
			got, o, err := ckpt.Decode(damaged)
			if err != nil {
				continue
			}
			if read++; o != from || !reflect.DeepEqual(got, want) {
				t.Errorf("bit %d of byte %d: read as %v %v", bit, i, o, got)
			}
		}
	}
	t.Logf("%d of %d were read, as what they were", read, 8*b.Len())
}

// The file is of before there were checksums.
func TestReadsFirstFormat(t *testing.T) {
	ps, o, err := ckpt.Load("testdata/first.safetensors")
	if err != nil || len(ps) != 6 || o.Problem != "p" || o.Epoch != 200 || o.Seed != 1 {
		t.Error(len(ps), o, err)
	}
}

// Restore reports all that does not fit, and then changes nothing.
func TestRestoreRefuses(t *testing.T) {
	s := small(t, 1, 4)
	before := s.Parameters()
	ps := small(t, 2, 4).Parameters()
	ps[0].Shape = []int{9}
	ps[1].Path = "stranger"
	ps[2].Data[0] = math.NaN()
	err := ckpt.Restore(s, ps)
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{"shape [9]", `"` + before[1].Path + `" is missing`, `"stranger" is not part`, "value 0 is NaN"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in: %v", want, err)
		}
	}
	if !reflect.DeepEqual(before, s.Parameters()) {
		t.Error("parameters changed")
	}
}

func TestWrongParameters(t *testing.T) {
	for name, ps := range map[string][]crux.Parameter{
		"same path":   {{Path: "a", Data: []float64{1}}, {Path: "a", Data: []float64{1}}},
		"no path":     {{Data: []float64{1}}},
		"reserved":    {{Path: "__metadata__", Data: []float64{1}}},
		"wrong shape": {{Path: "a", Shape: []int{3}, Data: []float64{1}}},
	} {
		if err := ckpt.Write(io.Discard, ps, ckpt.Origin{}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// A write that fails leaves the old file and nothing else.
func TestWriteFileIsWholeOrNot(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	write := func(text string, err error) error {
		return ckpt.WriteFile(path, func(w io.Writer) error {
			io.WriteString(w, text) //nolint:errcheck // the error is the point
			return err
		})
	}
	if err := write("old", nil); err != nil {
		t.Fatal(err)
	}
	full := errors.New("no space left on device")
	if err := write("new, cut sh", full); !errors.Is(err, full) || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v", err)
	}
	got, err := os.ReadFile(path)
	entries, _ := os.ReadDir(dir)
	if err != nil || string(got) != "old" || len(entries) != 1 {
		t.Errorf("file %q, %v, entries %v", got, err, entries)
	}
	if err := ckpt.WriteFile(filepath.Join(dir, "no", "f"), func(io.Writer) error { return nil }); err == nil {
		t.Error("wrote into a folder that does not exist")
	}
}

func FuzzDecode(f *testing.F) {
	var b bytes.Buffer
	if err := ckpt.Write(&b, []crux.Parameter{{Path: "a", Shape: []int{2}, Data: []float64{1, 2}}}, ckpt.Origin{}); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte("\x02\x00\x00\x00\x00\x00\x00\x00{}"))
	f.Fuzz(func(_ *testing.T, b []byte) {
		ckpt.Decode(b) //nolint:errcheck // it must not panic
	})
}

func ExampleDecode() {
	var file bytes.Buffer
	params := []crux.Parameter{{Path: "lambda", Data: []float64{0.25}}}
	if err := ckpt.Write(&file, params, ckpt.Origin{Problem: "burgers", Epoch: 100}); err != nil {
		fmt.Println(err)
	}
	read, origin, err := ckpt.Decode(file.Bytes())
	fmt.Println(read[0].Path, read[0].Data, origin.Problem, origin.Epoch, err)
	// Output: lambda [0.25] burgers 100 <nil>
}

// A pipe is not waited for, and a file that has become huge is not read.
func TestReadFileLimits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	if err := ckpt.Save(path, small(t, 1, 4).Parameters(), ckpt.Origin{}); err != nil {
		t.Fatal(err)
	}
	huge := path + "-huge"
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string][]byte{huge: b, path + "-zeros": nil} {
		if err := os.WriteFile(name, file, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(name, 30<<30); err != nil {
			t.Skip("no sparse files: ", err)
		}
		if _, _, err := ckpt.Load(name); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := ckpt.Load(os.DevNull); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Error(err)
	}
}
