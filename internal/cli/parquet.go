package cli

import (
	"cmp"
	"io"
	"slices"

	"github.com/parquet-go/parquet-go"
)

// writeParquet writes a sheet as an Apache Parquet file of numbers in float64, with the columns of writeCSV in their order.
func (sh *sheet) writeParquet(w io.Writer) error {
	columns := ordered{Group: parquet.Group{}, place: map[string]int{}}
	for i, name := range sh.header() {
		columns.Group[name], columns.place[name] = parquet.Compressed(parquet.Leaf(parquet.DoubleType), &parquet.Zstd), i
	}
	out := parquet.NewWriter(w, parquet.NewSchema("crux", columns), parquet.CreatedBy("crux", Version(), ""))
	var values []float64
	row := make(parquet.Row, len(columns.place))
	for i := range sh.cloud.Len() {
		values = sh.row(values[:0], i)
		for k, v := range values {
			row[k] = parquet.DoubleValue(v).Level(0, 0, k)
		}
		if _, err := out.WriteRows([]parquet.Row{row}); err != nil {
			return err
		}
	}
	return out.Close()
}

// ordered is a group of columns in our order: a parquet.Group alone sorts them by name.
type ordered struct {
	parquet.Group
	place map[string]int
}

// Fields implements parquet.Node.
func (o ordered) Fields() []parquet.Field {
	return slices.SortedFunc(slices.Values(o.Group.Fields()), func(a, b parquet.Field) int {
		return cmp.Compare(o.place[a.Name()], o.place[b.Name()])
	})
}
