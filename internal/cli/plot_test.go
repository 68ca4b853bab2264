package cli

import (
	"bytes"
	"encoding/xml"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// solved makes a folder with a run of tiny.yaml.
func solved(t *testing.T) {
	t.Helper()
	folder(t)
	if r := call(t, "solve", "tiny.yaml", "--quiet", "--out", "run"); r.code != exitOK {
		t.Fatalf("%+v", r)
	}
}

// plot draws what a run has into its directory, and prints the names of the files; what it has not is left out, unless it is asked for.
func TestPlot(t *testing.T) {
	solved(t)
	r := call(t, "plot", "run")
	if want := "run/plots/solution-u.png\nrun/plots/estimate-u.png\nrun/plots/residual.png\nrun/plots/losses.png\n"; r.code != exitOK || filepath.ToSlash(r.out) != want || r.err != "" {
		t.Fatalf("%+v, want %s", r, want)
	}
	for _, path := range strings.Fields(r.out) {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if img, err := png.Decode(bytes.NewReader(b)); err != nil || img.Bounds().Dx() < 300 {
			t.Errorf("%s: %v", path, err)
		}
	}
	// a second time, and everything
	r = call(t, "plot", "run", "--what", "all", "--format", "svg")
	want := []string{"solution-u", "error-u", "residual", "losses", "estimate-u", "parameters", "points"}
	if got := strings.Fields(r.out); r.code != exitOK || len(got) != len(want) {
		t.Fatalf("%+v, want %v", r, want)
	}
	for _, name := range want {
		b, err := os.ReadFile(filepath.Join("run", "plots", name+".svg"))
		if err != nil {
			t.Fatal(err)
		}
		if err := xml.Unmarshal(b, new(struct{ XMLName xml.Name })); err != nil || !bytes.Contains(b, []byte("Arial")) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// An expression, a file and a folder of one's own.
func TestPlotInto(t *testing.T) {
	solved(t)
	if r := call(t, "plot", "run", "--expr", "k*u_xx", "-o", "a.pdf"); r.code != exitOK || r.out != "a.pdf\n" {
		t.Errorf("%+v", r)
	}
	if b, err := os.ReadFile("a.pdf"); err != nil || !bytes.HasPrefix(b, []byte("%PDF")) {
		t.Errorf("a.pdf: %v", err)
	}
	r := call(t, "plot", "run", "--what", "losses,points", "--expr", "u^2", "-o", "pictures")
	if got := strings.Fields(filepath.ToSlash(r.out)); r.code != exitOK || !slices.Equal(got, []string{"pictures/losses.png", "pictures/points.png", "pictures/u-2.png"}) {
		t.Errorf("%+v", r)
	}
}

// Of kinds that are asked for, those that there are are drawn, and the others are said.
func TestPlotSome(t *testing.T) {
	solved(t)
	r := call(t, "plot", "run", "--what", "weights,losses,ntk_spectrum")
	if r.code != exitUsage || filepath.ToSlash(r.out) != "run/plots/losses.png\n" || !strings.Contains(r.err, "no picture of weights") ||
		!strings.Contains(r.err, "no picture of ntk_spectrum") {
		t.Errorf("%+v", r)
	}
}

// Every mistake says what to do instead.
func TestPlotMistakes(t *testing.T) {
	solved(t)
	for args, want := range map[string]string{
		"run --what solutions":                  `there are no pictures of "solutions"; take solution, error,`,
		"run --what weights":                    "no picture of weights: no scheme balances the constraints",
		"run --what ntk_spectrum":               "no picture of ntk_spectrum: the run has not recorded it",
		"run --format bmp":                      "bmp is no format of these pictures; take png, svg, pdf",
		"run -o a.svg":                          "-o a.svg is one file, but there are 4 pictures (solution-u.svg, estimate-u.svg, residual.svg, losses.svg)",
		"run -o a.svg --format png":             "-o a.svg ends otherwise than --format png",
		"run --at y=1":                          `--at y=1: "y" is not a coordinate; there are x`,
		"run --at x=one":                        `--at x=one: "x=one" is not of the form t=0.5 or t=0,0.5,1`,
		"run --at 0.5":                          `"0.5" is not of the form`,
		"run --at x=0.5 --what solution":        "all of x have a value, so nothing is left to draw",
		"run --expr u_y":                        "u_y",
		"run --grid 1":                          "--grid 1; take 2 points per axis or more",
		"run --dpi 5":                           "--dpi 5; take 20 to 1200",
		"run --animate":                         "no picture of a movie: no coordinate is time",
		"run --animate --what losses":           "leave out --what",
		"run --animate --format png":            "png is no format of these pictures; take gif",
		"nothing":                               "nothing is not a directory",
		"run --expr u --expr 1+1 --what points": "1+1 depends on no coordinate; crux eval prints the number",
	} {
		r := call(t, append([]string{"plot"}, strings.Fields(args)...)...)
		if r.code != exitUsage || !strings.Contains(r.err, want) || r.out != "" {
			t.Errorf("%s: %+v\nwant %s", args, r, want)
		}
	}
}

// export writes what the solver has for ParaView, or as a table.
func TestExport(t *testing.T) {
	solved(t)
	if r := call(t, "export", "run", "--grid", "5", "--expr", "slope=u_x", "--expr", "k*u"); r.code != exitOK || filepath.ToSlash(r.out) != "run/export/tiny.vtr\n" {
		t.Fatalf("%+v", r)
	}
	b, err := os.ReadFile("run/export/tiny.vtr")
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		Type   string `xml:"type,attr"`
		Arrays []struct {
			Name string `xml:"Name,attr"`
		} `xml:"RectilinearGrid>Piece>PointData>DataArray"`
	}
	if err := xml.Unmarshal(b, &f); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, a := range f.Arrays {
		names = append(names, a.Name)
	}
	if want := []string{"u", "u_reference", "u_error", "u_estimate", "residual_pde", "slope", "k*u"}; f.Type != "RectilinearGrid" || !slices.Equal(names, want) {
		t.Errorf("%s with %v, want %v", f.Type, names, want)
	}
	if r := call(t, "export", "run", "--grid", "5", "--csv", "-o", "tables"); r.code != exitOK || filepath.ToSlash(r.out) != "tables/tiny.csv\n" {
		t.Fatalf("%+v", r)
	}
	table, err := os.ReadFile("tables/tiny.csv")
	if err != nil {
		t.Fatal(err)
	}
	head, rows := readTable(t, string(table))
	r := call(t, "eval", "run", "--grid", "5", "--expr", "u")
	_, values := readTable(t, r.out)
	if !slices.Equal(head, []string{"x", "u", "u_reference", "u_error", "u_estimate", "residual_pde"}) || len(rows) != 5 {
		t.Fatalf("%v, %d rows", head, len(rows))
	}
	for i, row := range rows {
		if row[0] != values[i][0] || row[1] != values[i][1] || row[3] != row[1]-row[2] {
			t.Errorf("row %d: %v, and crux eval %v", i, row, values[i])
		}
	}
	for args, want := range map[string]string{
		"run --expr u=x":      "u is there already; give the expression another name",
		"run --expr slope=v":  "v",
		"run --at x=0,1":      "several values of x are several exports; give one",
		"run --grid 1":        "--grid 1; take 2 points per axis or more",
		"run --grid 20000000": "points along each of x are more than",
	} {
		if r := call(t, append([]string{"export"}, strings.Fields(args)...)...); r.code != exitUsage || !strings.Contains(r.err, want) {
			t.Errorf("%s: %+v\nwant %s", args, r, want)
		}
	}
}

// A shape with a hole, and time: a file for each time, and one that names them.
func TestExportShape(t *testing.T) {
	folder(t)
	file := "problem: disk\ncoords: {t: [0, 1], x: [-1, 1], y: [-1, 1]}\ndomain: {disk: {center: [0, 0], radius: 1}}\nfields: {u: {net: mlp, hidden: [4]}}\n" +
		"constraints: {pde: {residual: u_t - laplacian(u), points: 20}, start: {residual: u - 1, on: initial, points: 10}}\noptimizer: {adam: {}, steps: 1}\nhard: none\n"
	if err := os.WriteFile("disk.yaml", []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := call(t, "solve", "disk.yaml", "--quiet", "--out", "run"); r.code != exitOK {
		t.Fatalf("%+v", r)
	}
	r := call(t, "export", "run", "--grid", "11", "--at", "t=0,0.5")
	if want := "run/export/disk-0000.vtu\nrun/export/disk-0001.vtu\nrun/export/disk.pvd\n"; r.code != exitOK || filepath.ToSlash(r.out) != want {
		t.Fatalf("%+v", r)
	}
	b, err := os.ReadFile("run/export/disk.pvd")
	if err != nil || !strings.Contains(string(b), `timestep="0.5" part="0" file="disk-0001.vtu"`) {
		t.Errorf("%s, %v", b, err)
	}
	if r := call(t, "plot", "run", "--animate", "--grid", "9", "-o", "u.gif"); r.code != exitOK || r.out != "u.gif\n" {
		t.Errorf("%+v", r)
	}
	if r := call(t, "plot", "run", "--at", "t=0,2", "--what", "solution"); r.code != exitUsage || !strings.Contains(r.err, "t = 2 is not in [0, 1]") {
		t.Errorf("%+v", r)
	}
}
