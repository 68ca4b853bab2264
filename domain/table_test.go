package domain_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/domain"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Files as people have them. All of them say the same.
func TestTable(t *testing.T) {
	for _, tc := range []struct{ name, text string }{
		{"commas", "t,u\n0,1\n0.5,-2.5\n1,3e-1\n"},
		{"blanks after commas", "t, u\n0, 1\n0.5, -2.5\n1, 3e-1\n"},
		{"semicolons, decimal commas", "t;u\n0;1\n0,5;-2,5\n1;3e-1\n"},
		{"quoted decimal commas", "\"t\",\"u\"\n0,1\n\"0,5\",\"-2,5\"\n1,\"0,3\"\n"},
		{"tabs", "t\tu\n0\t1\n0.5\t-2.5\n1\t0.3\n"},
		{"tabs, decimal commas", "t\tu\n0\t1\n0,5\t-2,5\n1\t0,3\n"},
		{"blanks", "   t     u\n 0.0   1.0\n 0.5  -2.5\n 1.0   0.3\n"},
		{"blanks, decimal commas", "t u\n0 1\n0,5 -2,5\n1 0,3\n"},
		{"blanks and tabs", "t \t u\n0 \t 1\n0.5 -2.5\n1\t0.3\n"},
		{"COMSOL", "% Model:    rod.mph\n% t    u\n0    1\n0.5    -2.5\n1    0.3\n"},
		{"COMSOL with units", "% Version:    COMSOL 6.1\n% t [s]    u (m/s)\n0    1\n0.5    -2.5\n1    0.3\n"},
		{"gnuplot", "# t u\n0 1\n0.5 -2.5\n\n1 0.3\n"},
		{"units", "t [s],\"u (m/s)\"\n0,1\n0.5,-2.5\n1,0.3\n"},
		{"units and blanks", "t [s]   u [m/s]\n0  1\n0.5  -2.5\n1  0.3\n"},
		{"Windows, byte order mark", "\ufefft;u\r\n0;1\r\n0,5;-2,5\r\n1;0,3\r\n"},
		{"an old Mac", "t,u\r0,1\r0.5,-2.5\r1,0.3"},
		{"lines of separators", "t,u\n0,1\n,\n0.5,-2.5\n1,0.3\n,\n"},
		{"a column of texts", "t,label,u\n0,start,1\n0.5,\"mid, way\",-2.5\n1,,0.3\n"},
		{"comments between", "t,u\n0,1\n# pause\n0.5,-2.5\n% go on\n1,0.3\n"},
		{"one line without a value", "t,u\n0,1\n0.5,-2.5\n,7\n1,0.3\n"},
	} {
		table, err := domain.ParseTable(strings.NewReader(tc.text), "obs")
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		p, err := table.Points(ph.NewCoord("t"))
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		c := draw(t, p)
		if !slices.Equal(c.X, []float64{0, 0.5, 1}) || !slices.Equal(c.Columns["u"], []float64{1, -2.5, 0.3}) || len(c.Columns) != 1 {
			t.Errorf("%s: %v %v", tc.name, c.X, c.Columns)
		}
	}
}

// A file without a header has its columns by number, and a single one is a column as well.
func TestTableWithoutHeader(t *testing.T) {
	for _, tc := range []struct {
		text    string
		columns []string
		first   []float64
	}{
		{"1,5 2,5\n3,5 4,5\n", []string{"1", "2"}, []float64{1.5, 3.5}},
		{"1.5,2.5\n3.5,4.5\n", []string{"1", "2"}, []float64{1.5, 3.5}},
		{"1\n2\n", []string{"1"}, []float64{1, 2}},
		{"t\n1,5\n2\n", []string{"t"}, []float64{1.5, 2}},
		{",t,u\n0,1,2\n1,3,4\n", []string{"1", "t", "u"}, []float64{0, 1}}, // an index, as pandas writes it
		{"T [K],T [C]\n1,2\n", []string{"T [K]", "T [C]"}, []float64{1}},
	} {
		table, err := domain.ParseTable(strings.NewReader(tc.text), "obs")
		if err != nil {
			t.Errorf("%q: %v", tc.text, err)
			continue
		}
		first, err := table.Column(tc.columns[0])
		if err != nil || !slices.Equal(table.Columns(), tc.columns) || !slices.Equal(first, tc.first) {
			t.Errorf("%q: %q %v %v", tc.text, table.Columns(), first, err)
		}
	}
}

// What was measured seldom leaves gaps beside what was measured often.
func TestGaps(t *testing.T) {
	table, err := domain.ParseTable(strings.NewReader("t,S,R,who\n0,1,2,me\n1,3,NA,\n2,,4,\nnan,5,6,\n3,7,8,you\n"), "obs")
	if err != nil {
		t.Fatal(err)
	}
	want := []domain.Gap{{"t", 1, 5, 1, "nan"}, {"S", 1, 4, 3, ""}, {"R", 1, 3, 5, "NA"}}
	if got := table.Gaps(); !slices.Equal(got, want) {
		t.Errorf("gaps %v, want %v", got, want)
	}
	all, err := table.Points(ph.NewCoord("t"))
	if err != nil || all.Len() != 4 {
		t.Fatalf("%d points, %v", all.Len(), err)
	}
	if _, err := all.Draw(nil); err == nil || !strings.Contains(err.Error(), "lacks values of R, S") {
		t.Errorf("drawn in spite of gaps: %v", err)
	}
	for _, tc := range []struct {
		columns []string
		x, s    []float64
	}{
		{[]string{"S"}, []float64{0, 1, 3}, []float64{1, 3, 7}},
		{[]string{"S", "R"}, []float64{0, 3}, []float64{1, 7}},
		{[]string{"R"}, []float64{0, 2, 3}, nil},
	} {
		c := draw(t, all.Complete(tc.columns...))
		if !slices.Equal(c.X, tc.x) || !slices.Equal(c.Columns["S"], tc.s) || len(c.Columns) != len(tc.columns) {
			t.Errorf("%q: %v %v", tc.columns, c.X, c.Columns)
		}
	}
	late := all.Where(func(x []float64) bool { return x[0] > 0 }).Complete("S")
	if c := draw(t, late); !slices.Equal(c.X, []float64{1, 3}) {
		t.Errorf("late: %v", c.X)
	}
	if err := all.Where(func(x []float64) bool { return x[0] == 2 }).Complete("S").Err(); err == nil || !strings.Contains(err.Error(), "none of its 1 points has a value of S") {
		t.Errorf("no point: %v", err)
	}
	whole := domain.At([]*ph.Coord{ph.NewCoord("t")}, []float64{1, 2})
	if whole.Complete() != whole {
		t.Error("points without gaps are others afterwards")
	}
	if _, err := table.Column("who"); err == nil || !strings.Contains(err.Error(), `obs:2:7: column who: "me" is not a finite number`) {
		t.Errorf("a text: %v", err)
	}
	if _, err := table.Column("W"); err == nil || !strings.Contains(err.Error(), "the columns are t, S, R") {
		t.Errorf("no column: %v", err)
	}
}

// Columns may have other names than in the file.
func TestNames(t *testing.T) {
	read := func(text string) *domain.Table {
		table, err := domain.ParseTable(strings.NewReader(text), "obs")
		if err != nil {
			t.Fatal(err)
		}
		return table
	}
	tm := ph.NewCoord("t")
	table := read("0;a;1\n1;b;\n")
	if _, err := table.Points(tm); err == nil || !strings.Contains(err.Error(), "obs has no column for coordinate t") {
		t.Errorf("without names: %v", err)
	}
	if err := table.Name("t", "u"); err == nil || !strings.Contains(err.Error(), "obs has 3 columns, and there are 2 names") {
		t.Errorf("too few names: %v", err)
	}
	if err := table.Name("t", "t", "u"); err == nil || !strings.Contains(err.Error(), "column t is named twice") {
		t.Errorf("twice: %v", err)
	}
	if err := table.Name("t", "note", "u"); err != nil || !slices.Equal(table.Columns(), []string{"t", "u"}) || table.Gaps()[0].Column != "u" {
		t.Errorf("%q %v %v", table.Columns(), table.Gaps(), err)
	}
	table = read("t,Zone Air [C](Step),v\n0,,5\n1,2,6\n")
	for _, name := range []string{"Zone Air [C](Step)", "Zone Air"} {
		if _, err := table.Column(name); err != nil {
			t.Error(err)
		}
	}
	if err := table.Rename("Zone Air [C](Step)", "v"); err == nil || !strings.Contains(err.Error(), `has a column "v" already`) {
		t.Errorf("taken: %v", err)
	}
	if err := table.Rename("Zone Air [C](Step)", "u"); err != nil || table.Gaps()[0].Column != "u" {
		t.Errorf("%v %v", table.Gaps(), err)
	}
	if c := draw(t, must(t, table, tm).Complete("u")); !slices.Equal(c.Columns["u"], []float64{2}) || !slices.Equal(c.Columns["v"], []float64{6}) {
		t.Errorf("renamed: %v", c.Columns)
	}
	if err := table.Rename("w", "x"); err == nil {
		t.Error("a column that is not there has a new name")
	}
}

func must(t *testing.T, table *domain.Table, coords ...*ph.Coord) *domain.Points {
	t.Helper()
	p, err := table.Points(coords...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Tables of random numbers, written in each way, read back as they were.
func TestTableRoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		columns, rows := 2+rng.IntN(4), 2+rng.IntN(8)
		sep := []string{",", ";", "\t", "  "}[rng.IntN(4)]
		comma := sep != "," && rng.IntN(2) == 0
		var want [][]float64
		var b strings.Builder
		for j := range columns {
			want = append(want, nil)
			if j > 0 {
				b.WriteString(sep)
			}
			fmt.Fprintf(&b, "c%d", j)
		}
		for range rows {
			b.WriteByte('\n')
			for j := range columns {
				v := rng.NormFloat64()
				want[j] = append(want[j], v)
				s := strconv.FormatFloat(v, 'g', -1, 64)
				if comma {
					s = strings.Replace(s, ".", ",", 1)
				}
				if j > 0 {
					b.WriteString(sep)
				}
				b.WriteString(s)
			}
		}
		table, err := domain.ParseTable(strings.NewReader(b.String()), "obs")
		if err != nil {
			t.Fatalf("%q: %v", b.String(), err)
		}
		for j, w := range want {
			if got, err := table.Column(fmt.Sprintf("c%d", j)); err != nil || !slices.Equal(got, w) {
				t.Fatalf("%q: column %d: %v, %v", b.String(), j, got, err)
			}
		}
	}
}

// FuzzParseTable: whatever the text, the reader returns a table or an error and does not panic, and columns are as long as the table.
func FuzzParseTable(f *testing.F) {
	for _, s := range []string{"x,y\n1,2\n", "x;y\n0,5;NA\n", "% x [m] y\n1 2\n", "\"a\"\"b\"\t2\n1\t2", "1\n", ",\n", "\"", "x y\n1"} {
		f.Add(s)
	}
	x := ph.NewCoord("x")
	f.Fuzz(func(t *testing.T, text string) {
		table, err := domain.ParseTable(strings.NewReader(text), "fuzz")
		if err != nil {
			return
		}
		for _, name := range table.Columns() {
			values, err := table.Column(name)
			if err != nil || len(values) != table.Len() || slices.ContainsFunc(values, func(v float64) bool { return math.IsInf(v, 0) }) {
				t.Errorf("column %q: %v, %v", name, values, err)
			}
		}
		if p, err := table.Points(x); err == nil {
			_, _ = p.Complete(table.Columns()...).Draw(nil)
		}
	})
}

func ExampleReadTable() {
	table, err := domain.ParseTable(strings.NewReader("t [s];S;R\n0;10,5;\n1;9,5;1,5\n2;8,5;\n"), "counts.csv")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(table.Columns(), table.Gaps())
	counts, err := table.Points(ph.NewCoord("t"))
	fmt.Println(counts.Len(), counts.Complete("S").Len(), counts.Complete("S", "R").Len(), err)
	// Output:
	// [t S R] [{R 2 2 8 }]
	// 3 3 1 <nil>
}
