package domain_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/domain"
	ph "github.com/crux-pinn/crux/placeholder"
)

// The files were written by numpy; see testdata/arrays.py.
func TestNPY(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	for _, name := range []string{"f8.npy", "f4_fortran.npy", "f8_big.npy"} {
		p, err := domain.ReadNPY("testdata/"+name, []string{"y", "u", "x"}, x, y)
		if err != nil {
			t.Fatal(err)
		}
		c := draw(t, p)
		if !slices.Equal(c.X, []float64{-2, 0.5, 4, 0.25, 6, 0.125, 8, 0}) || !slices.Equal(c.Columns["u"], []float64{1, 3, -5, 7}) {
			t.Errorf("%s: %v %v", name, c.X, c.Columns)
		}
	}
	for _, name := range []string{"i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"} {
		p, err := domain.ReadNPY("testdata/"+name+".npy", nil, x)
		if err != nil {
			t.Fatal(err)
		}
		if c := draw(t, p); !slices.Equal(c.X, []float64{0, 1, 2, 3, 4, 5}) {
			t.Errorf("%s: %v", name, c.X)
		}
	}
	if p, err := domain.ReadNPY("testdata/b1.npy", nil, x); err != nil || !slices.Equal(draw(t, p).X, []float64{1, 0}) {
		t.Errorf("booleans: %v", err)
	}
}

func TestNPZ(t *testing.T) {
	x, tc := ph.Coords2("x", "t")
	p, err := domain.ReadNPZ("testdata/scattered.npz", x, tc)
	if err != nil {
		t.Fatal(err)
	}
	c := draw(t, p)
	if !slices.Equal(c.X, []float64{0, 0, 1, 1, 2, 2}) || !slices.Equal(c.Columns["u"], []float64{0, 1, 4}) || len(c.Columns) != 1 {
		t.Errorf("scattered: %v %v", c.X, c.Columns)
	}
	p, err = domain.ReadNPZ("testdata/grid.npz", x, tc)
	if err != nil {
		t.Fatal(err)
	}
	c = draw(t, p)
	if !slices.Equal(c.X, []float64{0, 10, 0, 20, 1, 10, 1, 20, 2, 10, 2, 20}) ||
		!slices.Equal(c.Columns["u"], []float64{10, 20, 11, 21, 12, 22}) || len(c.Columns) != 1 {
		t.Errorf("grid: %v %v", c.X, c.Columns)
	}
	// With the coordinates the other way round it is the other array that fits.
	p, err = domain.ReadNPZ("testdata/grid.npz", tc, x)
	if err != nil || !slices.Equal(p.Columns(), []string{"transposed"}) {
		t.Errorf("grid: %v", err)
	}
}

func TestArrayMistakes(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	tc := ph.NewCoord("t")
	npy := func(name string, header []string, coords ...*ph.Coord) error {
		_, err := domain.ReadNPY("testdata/"+name, header, coords...)
		return err
	}
	npz := func(name string, coords ...*ph.Coord) error {
		_, err := domain.ReadNPZ("testdata/"+name, coords...)
		return err
	}
	for _, m := range []struct {
		err  error
		want string
	}{
		{npy("none.npy", nil, x), "none.npy"},
		{npy("f8.npy", nil), "no coordinate"},
		{npy("f8.npy", nil, x, y), "2 columns are named (x, y)"},
		{npy("f8.npy", []string{"x", "y", "x"}, x, y), "named twice"},
		{npy("f8.npy", []string{"x", "Y", "u"}, x, y), `did you mean "Y"?`},
		{npy("complex.npy", nil, x), "astype"},
		{npy("cube.npy", nil, x), "shape [2 2 2]"},
		{npy("nan.npy", nil, x), "point 1 has x = NaN"},
		{npy("empty.npy", []string{"x", "y", "u"}, x, y), "no points"},
		{npy("qmc.json", nil, x), "not an npy file"},
		{npz("none.npz", x), "none.npz"},
		{npz("qmc.json", x), "zip"},
		{npz("grid.npz"), "no coordinate"},
		{npz("grid.npz", x, y), "no array for coordinate y"},
		{npz("uneven.npz", x, tc), "x has 3 values and t has 2"},
	} {
		if m.err == nil || !strings.Contains(m.err.Error(), m.want) {
			t.Errorf("%v, want … %s …", m.err, m.want)
		}
	}
}

// FuzzParseNPY: whatever the bytes, the parser returns points or an error and does not panic, nor does it allocate what a
// header promises.
func FuzzParseNPY(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.npy")
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte("\x93NUMPY\x01\x00\x3a\x00{'descr': '<f8', 'fortran_order': True, 'shape': (0, 9999), }"))
	f.Add([]byte("\x93NUMPY\x02\x00\xff\xff\xff\xff"))
	x := ph.NewCoord("x")
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := domain.ParseNPY(bytes.NewReader(b), "fuzz", nil, x)
		if (err == nil) != (p != nil && p.Err() == nil && p.Len() > 0) {
			t.Errorf("points %v, error %v", p, err)
		}
	})
}

func ExampleReadNPY() {
	t, x := ph.Coords2("t", "x")
	p, err := domain.ReadNPY("testdata/f8.npy", []string{"t", "x", "u"}, t, x)
	fmt.Println(p.Len(), p.Columns(), err)
	// Output: 4 [u] <nil>
}

func ExampleReadNPZ() {
	x, t := ph.Coords2("x", "t")
	p, err := domain.ReadNPZ("testdata/grid.npz", x, t)
	lo, hi := p.Bounds()
	fmt.Println(p.Len(), p.Columns(), lo, hi, err)
	// Output: 6 [u] [0 10] [2 20] <nil>
}
