package domain_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/domain"
	ph "github.com/crux-pinn/crux/placeholder"
)

func TestCSV(t *testing.T) {
	tc, x := ph.Coords2("t", "x")
	p, err := domain.ParseCSV(strings.NewReader("\ufeffx, u ,t\n# a comment\n1,2,3\n\n 4, 5e-1 ,6\n"), "obs.csv", tc, x)
	if err != nil {
		t.Fatal(err)
	}
	c := draw(t, p)
	if !slices.Equal(c.X, []float64{3, 1, 6, 4}) || !slices.Equal(c.Columns["u"], []float64{2, 0.5}) {
		t.Errorf("got %v and %v", c.X, c.Columns)
	}
	lo, hi := p.Bounds()
	if !slices.Equal(lo, []float64{3, 1}) || !slices.Equal(hi, []float64{6, 4}) {
		t.Errorf("bounds %v %v", lo, hi)
	}
	if p.Random() || p.Len() != 2 || !slices.Equal(p.Columns(), []string{"u"}) {
		t.Errorf("random %v, %d points, columns %q", p.Random(), p.Len(), p.Columns())
	}
	if e := p.Column("u"); e.Err() != nil || e.Op() != ph.OpColumn {
		t.Errorf("column u: %v", e.Err())
	}
}

func TestCSVMistakes(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	for _, tc := range []struct{ name, text, want string }{
		{"empty", "", "obs.csv is empty"},
		{"only comments", "# nothing\n", "obs.csv is empty"},
		{"header only", "x,y\n", "no rows"},
		{"no header", "1,2\n3,4\n", "obs.csv has no header, as its first line is all numbers; name its 2 columns in order"},
		{"missing column", "x,Y,u\n1,2,3\n", "no column for coordinate y; did you mean \"Y\"?"},
		{"ragged", "x,y\n1,2\n3\n", "obs.csv:3: 1 values, but the header names 2 columns"},
		{"long row", "x,y\n1,2,3\n", "obs.csv:2: 3 values"},
		{"NaN", "x,y\n1,2\n3,nan\n", "obs.csv:3:3: column y: \"nan\" is not a finite number"},
		{"Inf", "x,y\n1,2\n+Inf,4\n", "obs.csv:3:1: column x"},
		{"overflow", "x,y\n1,1e999\n", "obs.csv:2:3: column y"},
		{"word", "x,y\n1,two\n", "\"two\" is not a finite number"},
		{"missing value", "x,y\n1,\n", "\"\" is not a finite number"},
		{"twice", "x,y,x\n1,2,3\n", "column x occurs twice"},
		{"quote", "x,y\n\"1,2\n", "obs.csv:2:1: the quote does not end on its line"},
		{"two decimal marks", "x;y\n0.5;1\n1,234;2\n", "obs.csv:3:1: column x: \"1,234\" and line 2 have different decimal marks"},
		{"thousands", "x;y\n\"1,234.5\";2\n1;2\n", "obs.csv:2:1: column x: \"1,234.5\" is not a finite number"},
		{"texts alone", "x,y\na,b\n", "obs.csv has no numbers, only texts (x, y)"},
		{"a half text", "x,y,u\n1,2,3\n1,2,high\n", "obs.csv:3:5: column u: \"high\" is not a finite number"},
		{"no place at all", "x,y,u\n1,,3\n,2,3\n", "obs.csv:3:1: column x: \"\""},
	} {
		p, err := domain.ParseCSV(strings.NewReader(tc.text), "obs.csv", x, y)
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error %v, want … %s …", tc.name, err, tc.want)
		}
		if p != nil && p.Err() == nil {
			t.Errorf("%s: usable points in spite of the error", tc.name)
		}
	}
	if _, err := domain.ReadCSV(filepath.Join(t.TempDir(), "none.csv"), x); err == nil {
		t.Error("no error for a file that is not there")
	}
	if _, err := domain.ParseCSV(strings.NewReader("x\n1\n"), "obs.csv"); err == nil {
		t.Error("no error without coordinates")
	}
}

func TestFromDataMistakes(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	xy := []*ph.Coord{x, y}
	nan := []float64{1, 2, 3, 0}
	nan[3] /= 0 * nan[0]
	for _, tc := range []struct {
		name string
		p    *domain.Points
		want string
	}{
		{"no points", domain.At(xy, nil), "no points"},
		{"odd", domain.At(xy, []float64{1, 2, 3}), "do not make rows"},
		{"NaN", domain.At(xy, nan), "point 1 has y = NaN"},
		{"no coordinates", domain.At(nil, []float64{1}), "no coordinate"},
		{"short column", domain.FromData(xy, []float64{1, 2, 3, 4}, map[string][]float64{"u": {1}}), "1 values for 2 points"},
		{"NaN column", domain.FromData(xy, []float64{1, 2}, map[string][]float64{"u": {nan[3]}}), "column \"u\" is NaN at point 0"},
	} {
		if err := tc.p.Err(); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want … %s …", tc.name, err, tc.want)
		}
		if tc.p.Column("u").Err() == nil {
			t.Errorf("%s: a column of broken data", tc.name)
		}
	}
	p := domain.FromData(xy, []float64{1, 2}, map[string][]float64{"speed": {3}})
	if err := p.Column("sped").Err(); err == nil || !strings.Contains(err.Error(), `did you mean "speed"?`) {
		t.Errorf("column sped: %v", err)
	}
	if err := domain.At(xy, []float64{1, 2}).Column("u").Err(); err == nil {
		t.Error("a column of points without data")
	}
}

func TestCloud(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	xy := []*ph.Coord{x, y}
	p := domain.FromData(xy, []float64{1, 2, 3, 4, 5, 6}, map[string][]float64{"u": {7, 8, 9}})
	c := draw(t, p)
	s := c.Subset([]int{2, 0, 2})
	if !slices.Equal(s.X, []float64{5, 6, 1, 2, 5, 6}) || !slices.Equal(s.Columns["u"], []float64{9, 7, 9}) {
		t.Errorf("subset %v %v", s.X, s.Columns)
	}
	both, err := c.Append(s)
	if err != nil || both.Len() != 6 || c.Len() != 3 || both.Columns["u"][3] != 9 {
		t.Errorf("append: %v %v", both, err)
	}
	square := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
	swapped := draw(t, domain.At([]*ph.Coord{y, x}, []float64{1, 2}))
	plain := draw(t, domain.At(xy, []float64{1, 2}))
	for _, o := range []*domain.Cloud{nil, swapped, plain, draw(t, square.Boundary(3)), draw(t, square.Quadrature(2))} {
		if _, err := c.Append(o); err == nil {
			t.Errorf("appended %v", o)
		}
	}
	if w, err := plain.Append(draw(t, square.Quadrature(2))); err == nil {
		t.Errorf("appended weights: %v", w)
	}
	if (&domain.Cloud{}).Len() != 0 {
		t.Error("an empty cloud has points")
	}
}

// FuzzParseCSV: whatever the text, the parser returns points or an error and does not panic.
func FuzzParseCSV(f *testing.F) {
	for _, s := range []string{"x,y\n1,2\n", "", "x\n", "#\n", "x,y,u\n1,2,3\n4,5,6", "\"x\",y\n1,\"2\n"} {
		f.Add(s)
	}
	x, y := ph.Coords2("x", "y")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := domain.ParseCSV(strings.NewReader(text), "fuzz", x, y)
		if (err == nil) != (p != nil && p.Err() == nil && p.Len() > 0) {
			t.Errorf("points %v, error %v", p, err)
		}
	})
}

func ExampleReadCSV() {
	dir, _ := os.MkdirTemp("", "crux")
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "obs.csv")
	_ = os.WriteFile(file, []byte("t,x,u\n0,0.5,1\n0.1,0.5,0.9\n"), 0o600)

	t, x := ph.Coords2("t", "x")
	obs, err := domain.ReadCSV(file, t, x)
	fmt.Println(obs.Len(), obs.Columns(), err)
	u := obs.Column("u") // for a residual such as field.Sub(u)
	fmt.Println(u.Dim(), u.Err())
	// Output:
	// 2 [u] <nil>
	// 1 <nil>
}

func ExampleAt() {
	x, y := ph.Coords2("x", "y")
	sensors := domain.At([]*ph.Coord{x, y}, []float64{0.1, 0.2, 0.3, 0.4})
	c, err := sensors.Draw(nil)
	fmt.Println(c.Len(), c.Row(1), err)
	// Output: 2 [0.3 0.4] <nil>
}

func ExamplePlace() {
	x, y := ph.Coords2("x", "y")
	fmt.Println(domain.Place([]*ph.Coord{x, y}, []float64{0.5, 1. / 3}))
	// Output: x = 0.5, y = 0.3333
}

func ExampleFromData() {
	x := ph.NewCoord("x")
	p := domain.FromData([]*ph.Coord{x}, []float64{0, 1}, map[string][]float64{"u": {2, 3}})
	lo, hi := p.Bounds()
	fmt.Println(p.Len(), p.Columns(), lo, hi)
	// Output: 2 [u] [0] [1]
}
