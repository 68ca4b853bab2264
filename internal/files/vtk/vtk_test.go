package vtk

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/xml"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/mesh"
)

// decode reads the arrays of a file as the format says: a header of block sizes, then the compressed blocks.
func decode(t *testing.T, b []byte) map[string][]float64 {
	t.Helper()
	arrays := map[string][]float64{}
	d := xml.NewDecoder(bytes.NewReader(b))
	for {
		token, err := d.Token()
		if err == io.EOF {
			return arrays
		}
		if err != nil {
			t.Fatal(err)
		}
		start, ok := token.(xml.StartElement)
		if !ok || start.Name.Local != "DataArray" {
			continue
		}
		var a struct {
			Type string `xml:"type,attr"`
			Name string `xml:"Name,attr"`
			Text string `xml:",chardata"`
		}
		if err := d.DecodeElement(&a, &start); err != nil {
			t.Fatal(err)
		}
		arrays[a.Name] = unpack(t, a.Type, strings.TrimSpace(a.Text))
	}
}

func unpack(t *testing.T, kind, text string) []float64 {
	t.Helper()
	first, err := base64.StdEncoding.DecodeString(text[:12]) // the first number, in three groups of four letters
	if err != nil {
		t.Fatal(err)
	}
	blocks := int(binary.LittleEndian.Uint64(first))
	letters := (8*(3+blocks) + 2) / 3 * 4
	head, err := base64.StdEncoding.DecodeString(text[:letters])
	if err != nil {
		t.Fatal(err)
	}
	data, err := base64.StdEncoding.DecodeString(text[letters:])
	if err != nil {
		t.Fatal(err)
	}
	var all []byte
	for k := range blocks {
		n := binary.LittleEndian.Uint64(head[8*(3+k):])
		z, err := zlib.NewReader(bytes.NewReader(data[:n]))
		if err != nil {
			t.Fatal(err)
		}
		part, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		all, data = append(all, part...), data[n:]
	}
	var x []float64
	switch kind {
	case "UInt8":
		for _, v := range all {
			x = append(x, float64(v))
		}
	case "Int64":
		for ; len(all) > 0; all = all[8:] {
			x = append(x, float64(int64(binary.LittleEndian.Uint64(all))))
		}
	case "Float64":
		for ; len(all) > 0; all = all[8:] {
			x = append(x, math.Float64frombits(binary.LittleEndian.Uint64(all)))
		}
	}
	return x
}

// ring is a plate with a hole, with a scalar and a vector on it.
func ring() (*mesh.Mesh, []Field) {
	t := domain.Ticks(0, 1, 41)
	m := mesh.New([][]float64{t, t}, func(x []float64) float64 { return 0.2 - math.Hypot(x[0]-0.5, x[1]-0.5) })
	return m, onNodes(m)
}

func onNodes(m *mesh.Mesh) []Field {
	u := Field{Name: "u"}
	v := Field{Name: `k<"2"&`, Components: 2}
	for i := range m.Len() {
		s := 0.0
		for j, x := range m.Node(i) {
			s += math.Pow(10, float64(j)) * x
		}
		u.Data, v.Data = append(u.Data, s), append(v.Data, s, -s)
	}
	return []Field{u, v}
}

// The numbers of a file are those that were written; those of a grid stand with the first axis running fastest.
func TestGrid(t *testing.T) {
	m := mesh.New([][]float64{domain.Ticks(0, 1, 2), domain.Ticks(0, 2, 3), domain.Ticks(-1, 1, 3)}, nil)
	var b bytes.Buffer
	if err := Write(&b, m, onNodes(m)); err != nil {
		t.Fatal(err)
	}
	got := decode(t, b.Bytes())
	if !strings.Contains(b.String(), `WholeExtent="0 1 0 2 0 2"`) || !slices.Equal(got["y"], []float64{0, 1, 2}) || !slices.Equal(got["z"], []float64{-1, 0, 1}) {
		t.Errorf("grid %s: %v, %v", b.String()[:400], got["y"], got["z"])
	}
	if want := []float64{-100, -99, -90, -89, -80, -79, 0, 1}; !slices.Equal(got["u"][:8], want) {
		t.Errorf("values %v, want %v", got["u"][:8], want)
	}
	if v := got[`k<"2"&`]; len(v) != 36 || v[2] != -99 || v[3] != 99 {
		t.Errorf("vectors %v", v)
	}
}

// A shape keeps its hole: the triangles have the area of the plate without it.
func TestCells(t *testing.T) {
	m, fields := ring()
	var b bytes.Buffer
	if err := Write(&b, m, fields); err != nil {
		t.Fatal(err)
	}
	got := decode(t, b.Bytes())
	if !slices.Equal(got["u"], fields[0].Data) {
		t.Error("the values are others")
	}
	x, c := got["Points"], got["connectivity"]
	area := 0.0
	for k := 0; k < len(c); k += 3 {
		p, q, r := 3*int(c[k]), 3*int(c[k+1]), 3*int(c[k+2])
		area += ((x[q]-x[p])*(x[r+1]-x[p+1]) - (x[r]-x[p])*(x[q+1]-x[p+1])) / 2
	}
	if want := 1 - math.Pi*0.04; math.Abs(area-want) > 1e-3 {
		t.Errorf("area %v, want %v", area, want)
	}
	if o := got["offsets"]; len(o) != len(c)/3 || o[len(o)-1] != float64(len(c)) || got["types"][0] != 5 {
		t.Errorf("%d offsets, %d nodes of cells, type %v", len(o), len(c), got["types"][0])
	}
}

func TestMisfits(t *testing.T) {
	m, _ := ring()
	if err := Write(io.Discard, m, []Field{{Name: "u", Data: []float64{1}}}); err == nil || !strings.HasPrefix(err.Error(), "vtk: u has 1 values") {
		t.Errorf("one value: %v", err)
	}
	if err := Write(io.Discard, &mesh.Mesh{Dim: 4}, nil); err == nil {
		t.Error("four dimensions were written")
	}
}

func TestSeries(t *testing.T) {
	var b bytes.Buffer
	if err := WriteSeries(&b, []Step{{0, "a-0.vtu"}, {0.5, "a&b.vtu"}}); err != nil {
		t.Fatal(err)
	}
	var f struct {
		Sets []struct {
			Time float64 `xml:"timestep,attr"`
			File string  `xml:"file,attr"`
		} `xml:"Collection>DataSet"`
	}
	if err := xml.Unmarshal(b.Bytes(), &f); err != nil {
		t.Fatal(err)
	}
	if len(f.Sets) != 2 || f.Sets[1].Time != 0.5 || f.Sets[1].File != "a&b.vtu" {
		t.Errorf("series %+v", f.Sets)
	}
}

// PyVista, which is VTK itself, and meshio read what is written: nodes, cells, areas and values, and series.
func TestParaViewReads(t *testing.T) {
	if testing.Short() {
		t.Skip("starts Python")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		t.Skip(err)
	}
	python := filepath.Join(home, ".cache", "crux-sinks", "bin", "python")
	if out, err := exec.Command(python, "-c", "import pyvista, meshio").CombinedOutput(); err != nil {
		if os.Getenv("CRUX_PARAVIEW") != "" { // in CI it must not be missing where it could be installed
			t.Fatalf("%v %s", err, out)
		}
		t.Skipf("no pyvista and meshio in %s: bash .ci/run readers", python)
	}
	dir := t.TempDir()
	plate, _ := ring()
	cube := domain.Ticks(-1, 1, 15)
	for name, m := range map[string]*mesh.Mesh{
		"plate": plate,
		"ball":  mesh.New([][]float64{cube, cube, cube}, func(x []float64) float64 { return math.Sqrt(x[0]*x[0]+x[1]*x[1]+x[2]*x[2]) - 0.9 }),
		"line":  mesh.New([][]float64{cube}, func(x []float64) float64 { return math.Abs(x[0]) - 0.55 }),
		"box":   mesh.New([][]float64{domain.Ticks(0, 1, 4), domain.Ticks(0, 2, 3), domain.Ticks(-1, 1, 5)}, nil),
		"axis":  mesh.New([][]float64{domain.Ticks(0, 1, 4)}, nil),
	} {
		save(t, filepath.Join(dir, name+Ending(m)), func(w io.Writer) error { return Write(w, m, onNodes(m)) })
	}
	save(t, filepath.Join(dir, "series.pvd"), func(w io.Writer) error { return WriteSeries(w, []Step{{0, "plate.vtu"}, {0.25, "ball.vtu"}}) })
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, python, filepath.Join("testdata", "read.py"), dir)
	c.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

func save(t *testing.T, path string, write func(io.Writer) error) {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Surfaces have each corner once, and a number for each triangle.
func TestSurface(t *testing.T) {
	a, b, c, d := [3]float64{}, [3]float64{1, 0, 0}, [3]float64{0, 1, 0}, [3]float64{0, 0, 1}
	triangles := [][3][3]float64{{a, c, b}, {a, b, d}, {a, d, c}, {b, c, d}}
	var w bytes.Buffer
	if err := WriteSurface(&w, triangles, []Field{{Name: "condition", Data: []float64{0, 1, -1, 1}}}); err != nil {
		t.Fatal(err)
	}
	got := decode(t, w.Bytes())
	if len(got["Points"]) != 12 || !slices.Equal(got["condition"], []float64{0, 1, -1, 1}) || !slices.Equal(got["offsets"], []float64{3, 6, 9, 12}) {
		t.Errorf("%v", got)
	}
	for i, k := range got["connectivity"] {
		for j := range 3 {
			if got["Points"][3*int(k)+j] != triangles[i/3][i%3][j] {
				t.Fatalf("corner %d is %v", i, k)
			}
		}
	}
	if err := WriteSurface(io.Discard, triangles, []Field{{Name: "n", Data: []float64{1}}}); err == nil {
		t.Error("one number for four triangles")
	}
}
