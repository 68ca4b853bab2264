package cli

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// readParquet reads a table of numbers: names of columns, and rows.
func readParquet(t *testing.T, path string) (names []string, rows [][]float64) {
	t.Helper()
	b, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close() //nolint:errcheck // it was only read
	r := parquet.NewReader(b)
	defer r.Close() //nolint:errcheck // as above
	for _, c := range r.Schema().Columns() {
		names = append(names, c[0])
	}
	buf := make([]parquet.Row, 1)
	for {
		n, err := r.ReadRows(buf)
		if n == 1 {
			var row []float64
			for _, v := range buf[0] {
				row = append(row, v.Double())
			}
			rows = append(rows, row)
		}
		if err == io.EOF {
			return names, rows
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// The two tables of export have the same columns in the same order, whatever an expression is called, and the same numbers.
func TestExportTables(t *testing.T) {
	folder(t)
	if r := call(t, "solve", "tiny.yaml", "--quiet", "--out", "run"); r.code != exitOK {
		t.Fatalf("%+v", r)
	}
	args := []string{"export", "run", "--grid", "5", "--csv", "--parquet", "-o", "tables", "--expr", "a=u_x", "--expr", "max(u, 0.1)"}
	if r := call(t, args...); r.code != exitOK || filepath.ToSlash(r.out) != "tables/tiny.csv\ntables/tiny.parquet\n" {
		t.Fatalf("%+v", r)
	}
	text, err := os.ReadFile("tables/tiny.csv")
	if err != nil {
		t.Fatal(err)
	}
	names, want := readTable(t, string(text))
	got, rows := readParquet(t, "tables/tiny.parquet")
	if !reflect.DeepEqual(got, names) || !reflect.DeepEqual(rows, want) {
		t.Errorf("got %v\n%v\nwant %v\n%v", got, rows, names, want)
	}
}

// pandas, pyarrow, NumPy and safetensors open every table, array and parameter of a run, and find the same numbers in all.
func TestPythonReadsRun(t *testing.T) {
	if testing.Short() {
		t.Skip("starts Python")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		t.Skip(err)
	}
	python := filepath.Join(home, ".cache", "crux-sinks", "bin", "python")
	if out, err := exec.Command(python, "-c", "import pandas, pyarrow, safetensors").CombinedOutput(); err != nil {
		if os.Getenv("CRUX_READERS") != "" { // in CI they must not be missing
			t.Fatalf("%v %s", err, out)
		}
		t.Skip("no pandas, pyarrow and safetensors: bash .ci/run readers")
	}
	script, err := filepath.Abs("testdata/readers.py")
	if err != nil {
		t.Fatal(err)
	}
	folder(t)
	for _, args := range [][]string{
		{"solve", "tiny.yaml", "--quiet", "--out", "run", "--set", "trackers=[gradient_norms]"},
		{"export", "run", "--grid", "5", "--csv", "--parquet", "--expr", "a=u_x", "--expr", "max(u, 0.1)"},
		{"eval", "run", "--grid", "5", "--expr", "u", "-o", "run/eval.npz"},
	} {
		if r := call(t, args...); r.code != exitOK {
			t.Fatalf("%+v", r)
		}
	}
	out, err := exec.Command(python, script, "run").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}
