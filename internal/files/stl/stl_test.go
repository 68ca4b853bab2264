package stl

import (
	"bytes"
	"math"
	"reflect"
	"strings"
	"testing"
)

var pyramid = [][3][3]float64{
	{{0, 0, 0}, {0, 1, 0}, {1, 0, 0}},
	{{0, 0, 0}, {1, 0, 0}, {0, 0, 0.1}},
	{{0, 0, 0}, {0, 0, 0.1}, {0, 1, 0}},
	{{1, 0, 0}, {0, 1, 0}, {0, 0, 0.1}},
}

func write(t testing.TB, as string) []byte {
	t.Helper()
	var b bytes.Buffer
	err := Write(&b, []Solid{{"floor", pyramid[:1]}, {"", pyramid[1:]}})
	if as == "binary" {
		b.Reset()
		err = WriteBinary(&b, pyramid)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// What is written is read again, whatever the case of the words, the ends of lines and blanks.
func TestRoundTrip(t *testing.T) {
	text := string(write(t, "text"))
	want := []Solid{{"floor", pyramid[:1]}, {"", pyramid[1:]}}
	for _, s := range []string{text, strings.ReplaceAll(text, "\n", "\r\n\t "), strings.ToUpper(text[:6]) + text[6:], "\ufeff" + text} {
		got, err := Parse([]byte(s))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%v, %v", got, err)
		}
	}
	got, err := Parse(write(t, "binary"))
	if err != nil || !reflect.DeepEqual(got, []Solid{{"", pyramid}}) {
		t.Errorf("%v, %v", got, err)
	}
	// binary files that begin as text do are known by their length
	b := write(t, "binary")
	copy(b, "solid of some program")
	if got, err := Parse(b); err != nil || len(got[0].Triangles) != 4 {
		t.Errorf("%v, %v", got, err)
	}
}

func TestBroken(t *testing.T) {
	binary, text := write(t, "binary"), string(write(t, "text"))
	long := append(bytes.Clone(binary), 1, 2, 3)
	bad := bytes.Clone(binary)
	copy(bad[84+50+12:], []byte{0, 0, 0xc0, 0x7f})
	for _, tc := range []struct {
		name string
		b    []byte
		want string
	}{
		{"empty", nil, "0 bytes are no STL file"},
		{"cut off", binary[:100], "it is cut off: its header says 4 triangles, and there are 0"},
		{"longer", long, "it is no STL file: its header says 4 triangles, and 3 bytes follow them"},
		{"NaN", bad, "triangle 2 has a coordinate that is NaN"},
		{"no triangle", append(make([]byte, 80), 0, 0, 0, 0), "it has no triangles"},
		{"text cut off", []byte(text[:len(text)/2]), "it is cut off"},
		{"no solid", []byte(text + "hello"), `"hello" where "solid" should be`},
		{"four corners", []byte(strings.Replace(text, "endloop", "vertex 0 0 0", 1)), `line 7: "vertex" where "endloop" should be`},
		{"no facet", []byte("solid\nface"), `line 2: "face" where "facet or endsolid" should be`},
		{"infinite", []byte("solid\nfacet normal 0 0 1 outer loop vertex 1e999 0 0"), "1e999 is no finite number"},
		{"long word", []byte("solid\n" + strings.Repeat("x", 1000)), "xxx…"},
	} {
		if _, err := Parse(tc.b); err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want … %s …", tc.name, err, tc.want)
		}
	}
}

// Whatever a file holds, it is read or refused, and what is read is finite.
func FuzzParse(f *testing.F) {
	f.Add(write(f, "binary"))
	f.Add(write(f, "text"))
	f.Add([]byte("solid\nendsolid"))
	f.Add([]byte("solid a\nfacet normal nan nan nan\nouter loop\nvertex 0 0 0"))
	f.Fuzz(func(t *testing.T, b []byte) {
		solids, err := Parse(b)
		if err != nil {
			return
		}
		for _, s := range solids {
			for _, c := range s.Triangles {
				for _, v := range [9]float64{c[0][0], c[0][1], c[0][2], c[1][0], c[1][1], c[1][2], c[2][0], c[2][1], c[2][2]} {
					if math.IsNaN(v) || math.IsInf(v, 0) {
						t.Fatalf("a coordinate is %v", v)
					}
				}
			}
		}
	})
}
