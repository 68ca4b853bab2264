package cli

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/files/ckpt"
	"github.com/crux-pinn/crux/internal/files/vtk"
	"github.com/crux-pinn/crux/internal/gallery"
	"github.com/crux-pinn/crux/internal/problemfile"
	ph "github.com/crux-pinn/crux/placeholder"
)

// exportDir is where crux export puts its files, in the run directory.
const exportDir = "export"

// exportFlags are the flags of crux export.
type exportFlags struct {
	exprs []string
	at    []string
	grid  int

	csv, parquet    bool
	golang, c, onnx bool
	out             string
}

func (a *app) export() *cobra.Command {
	var f exportFlags
	c := &cobra.Command{
		Use:   "export RUN",
		Short: "Write the fields of a run for ParaView, as a table, or as Go, C or ONNX",
		Long: `Write the fields of a run for ParaView, as a table, or as functions in Go, C or ONNX.

RUN is the directory that crux solve wrote, of a run that has ended or not. The files go into RUN/` + exportDir + `, and their names are
printed: .vtr on a box, .vtu on a shape, with its holes; with time, one for each of 21 times, and a .pvd file, which is the one to open.
They hold all fields, NAME_reference and NAME_error where a solution is known, NAME_estimate of fields of one component,
residual_NAME of each equation, and what --expr asks for.

--go and --c write source that needs nothing of crux: of each field, unknown number and --expr a function of its coordinates,
and one that gives its first derivatives as well. --onnx writes all of them as one model.`,
		Example: `  crux export runs/plate-1
  crux export runs/plate-1 --expr 'flux=-k*T_x' --at t=0,0.5,1
  crux export runs/plate-1 --csv -o tables
  crux export runs/plate-1 --parquet
  crux export runs/plate-1 --go -o plate`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeRuns,
		RunE:              func(_ *cobra.Command, args []string) error { return a.runExport(args[0], &f) },
	}
	c.Flags().StringArrayVar(&f.exprs, "expr", nil, "an expression with its name, as in 'flux=-k*T_x' (repeatable)")
	must(c.RegisterFlagCompletionFunc("expr", completeNames))
	c.Flags().StringArrayVar(&f.at, "at", nil, "times, as in t=0,0.5,1, or where to cut, as in z=0 (repeatable)")
	c.Flags().IntVar(&f.grid, "grid", 0, "points along each axis; 0 means 1001, 101 or 51 in one, two or three dimensions")
	c.Flags().BoolVar(&f.csv, "csv", false, "write one table of points and fields instead")
	c.Flags().BoolVar(&f.parquet, "parquet", false, "write this table as Apache Parquet, for pandas, DuckDB and others")
	c.Flags().BoolVar(&f.golang, "go", false, "write a Go package instead")
	c.Flags().BoolVar(&f.c, "c", false, "write C instead, with a header")
	c.Flags().BoolVar(&f.onnx, "onnx", false, "write a model for ONNX Runtime instead")
	c.Flags().StringVarP(&f.out, "out", "o", "", "folder; the default is RUN/"+exportDir+", and go or c in it")
	c.MarkFlagsMutuallyExclusive("go", "c", "onnx")
	for _, source := range []string{"go", "c", "onnx"} {
		for _, other := range []string{"csv", "parquet", "at", "grid"} {
			c.MarkFlagsMutuallyExclusive(source, other)
		}
	}
	return c
}

func (a *app) runExport(dir string, f *exportFlags) error {
	if f.grid == 1 || f.grid < 0 {
		return fail(exitUsage, fmt.Errorf("--grid %d; take 2 points per axis or more", f.grid))
	}
	run, at, err := a.openGallery(dir, f.at)
	if err != nil {
		return err
	}
	defer run.Solver.Close() //nolint:errcheck // it only ends workers
	exprs, err := f.expressions(run.Problem)
	if err != nil {
		return err
	}
	folder := f.out
	switch {
	case folder != "":
	case f.golang: // Go takes no C beside it
		folder = filepath.Join(dir, exportDir, "go")
	case f.c:
		folder = filepath.Join(dir, exportDir, "c")
	default:
		folder = filepath.Join(dir, exportDir)
	}
	if err := makeFolder(folder); err != nil {
		return err
	}
	if f.golang || f.c || f.onnx {
		return a.exportSource(run, exprs, f, folder)
	}
	quantities, err := run.Quantities(exprs)
	if err != nil {
		return fail(exitUsage, err)
	}
	series, err := run.Series(gallery.Options{At: at, Points: f.grid})
	if err != nil {
		return fail(exitUsage, err)
	}
	base := filepath.Join(folder, fileName(run.Problem.Name))
	if f.csv || f.parquet {
		return a.exportTables(base, f, run.Problem, series, quantities)
	}
	return a.exportVTK(base, run.Problem, series, quantities)
}

// exportVTK writes one file for each section, and one that names them all where there is time.
func (a *app) exportVTK(base string, p *problemfile.Problem, series []*gallery.Section, quantities []gallery.Quantity) error {
	var steps []vtk.Step
	for k, s := range series {
		path := base + vtk.Ending(s.Mesh)
		time := slices.IndexFunc(s.Fixed, func(f gallery.Place) bool { return f.Coord == p.Time })
		if time >= 0 {
			path = fmt.Sprintf("%s-%04d%s", base, k, vtk.Ending(s.Mesh))
			steps = append(steps, vtk.Step{Time: s.Fixed[time].Value, File: filepath.Base(path)})
		}
		fields := make([]vtk.Field, len(quantities))
		for i, q := range quantities {
			v, err := q.On(s)
			if err != nil {
				return fail(exitUsage, err)
			}
			fields[i] = vtk.Field{Name: q.Name, Components: q.Components, Data: v}
		}
		if err := a.writeNamed(path, func(w io.Writer) error { return vtk.Write(w, s.Mesh, fields) }); err != nil {
			return err
		}
	}
	if len(steps) == 0 {
		return nil
	}
	return a.writeNamed(base+".pvd", func(w io.Writer) error { return vtk.WriteSeries(w, steps) })
}

// exportTables writes all sections one below the other, in each of the formats that are asked for.
func (a *app) exportTables(
	base string, f *exportFlags, p *problemfile.Problem, series []*gallery.Section, quantities []gallery.Quantity,
) error {
	sh := &sheet{cloud: &domain.Cloud{Coords: p.Coords}}
	for _, q := range quantities {
		sh.columns = append(sh.columns, column{name: q.Name, dim: q.Components})
	}
	for _, s := range series {
		sh.cloud.X = append(sh.cloud.X, s.Cloud(p.Coords).X...)
		for i, q := range quantities {
			v, err := q.On(s)
			if err != nil {
				return fail(exitUsage, err)
			}
			sh.columns[i].data = append(sh.columns[i].data, v...)
		}
	}
	if f.csv {
		if err := a.writeNamed(base+".csv", sh.writeCSV); err != nil {
			return err
		}
	}
	if f.parquet {
		return a.writeNamed(base+".parquet", sh.writeParquet)
	}
	return nil
}

// expressions are those of --expr, each with the name before its first "=", or called as it is written.
func (f *exportFlags) expressions(p *problemfile.Problem) ([]gallery.Named, error) {
	return namedExpressions(p, f.exprs, func(text string) (name, body string) {
		name, body, ok := strings.Cut(text, "=")
		if name = strings.TrimSpace(name); !ok || !ph.IsName(name) {
			name, body = text, text
		}
		return name, strings.TrimSpace(body)
	})
}

// writeNamed writes a file and prints its name.
func (a *app) writeNamed(path string, write func(io.Writer) error) error {
	err := ckpt.WriteFile(path, write)
	if err == nil {
		fmt.Fprintln(a.Out, path) //nolint:errcheck // Run checks the writer at the end
	}
	return fail(exitFailed, err)
}
