package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crux-pinn/crux/internal/draw"
	"github.com/crux-pinn/crux/internal/files/vtk"
	"github.com/crux-pinn/crux/internal/gallery"
	"github.com/crux-pinn/crux/internal/problemfile"
	ph "github.com/crux-pinn/crux/placeholder"
)

// plotsDir is where crux plot puts its pictures, in the run directory.
const plotsDir = "plots"

// plotFlags are the flags of crux plot.
type plotFlags struct {
	what    []string
	at      []string
	exprs   []string
	grid    int
	dpi     int
	format  string
	out     string
	animate bool
}

func (a *app) plot() *cobra.Command {
	var f plotFlags
	var kinds strings.Builder
	for _, k := range gallery.Kinds() {
		fmt.Fprintf(&kinds, "  %-11s %s\n", k[0], k[1])
	}
	c := &cobra.Command{
		Use:   "plot RUN|problem.yaml",
		Short: "Draw a run, or a problem before it is trained",
		Long: `Draw a run: solution, errors, residuals, losses, points, and what trackers measured.

RUN is the directory that crux solve wrote, of a run that has ended or not. The pictures go into RUN/` + plotsDir + `, and the names of the
files are printed. Without --what or --expr they are ` + strings.Join(gallery.Default(), ", ") + `, as far as the run has them.

--what takes, separated by commas, all or some of
` + kinds.String() + `
Functions of three coordinates and more are cut: time, or the last coordinate, has three values side by side. --at says where instead.

Of a problem file the domain is drawn, with its parts and the conditions on its boundary, into NAME-domain.png in this
folder, or into -o. In space the surface is written for ParaView too, NAME-domain.vtp, with the number of the condition of
each triangle, −1 for none.`,
		Example: `  crux plot runs/burgers-1
  crux plot plate.yaml
  crux plot runs/burgers-1 --what solution,points --format pdf
  crux plot runs/plate-1 --expr 'k*laplacian(T)' --at t=0,0.5,1
  crux plot runs/burgers-1 --what ntk_spectrum -o spectrum.svg
  crux plot runs/burgers-1 --animate`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeRuns,
		RunE: func(_ *cobra.Command, args []string) error {
			if info, err := os.Stat(args[0]); err == nil && !info.IsDir() {
				return a.plotProblem(args[0], &f)
			}
			return a.runPlot(args[0], &f)
		},
	}
	c.Flags().StringSliceVar(&f.what, "what", nil, "kinds of pictures, separated by commas")
	c.Flags().StringArrayVar(&f.exprs, "expr", nil, "draw an expression in the names of the problem (repeatable)")
	must(c.RegisterFlagCompletionFunc("expr", completeNames))
	c.Flags().StringArrayVar(&f.at, "at", nil, "cut where coordinates have these values, as in t=0,0.5,1 or z=0 (repeatable)")
	c.Flags().IntVar(&f.grid, "grid", 0, "points along each axis; 0 means 101, and 401 for curves")
	c.Flags().IntVar(&f.dpi, "dpi", 200, "dots per inch of png files, and of the colours in others")
	c.Flags().StringVar(&f.format, "format", "", "png, svg or pdf; the default is the ending of -o, or png")
	c.Flags().StringVarP(&f.out, "out", "o", "", "file, of one picture, or folder")
	c.Flags().BoolVar(&f.animate, "animate", false, "draw fields, or expressions, over time into moving GIF files")
	must(c.RegisterFlagCompletionFunc("what", func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		list := []cobra.Completion{"all"}
		for _, k := range gallery.Kinds() {
			list = append(list, cobra.CompletionWithDesc(k[0], k[1]))
		}
		return list, cobra.ShellCompDirectiveNoFileComp
	}))
	must(c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(draw.Formats(), cobra.ShellCompDirectiveNoFileComp)))
	return c
}

func (a *app) runPlot(dir string, f *plotFlags) error {
	file, format, err := f.target()
	if err != nil {
		return fail(exitUsage, err)
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
	o := gallery.Options{At: at, Points: f.grid}
	files, err := f.files(run, exprs, o, format)
	none := (*gallery.NoneError)(nil)
	if err != nil && (len(files) == 0 || !errors.As(err, &none)) {
		return fail(exitUsage, err)
	}
	folder := f.out
	switch {
	case file && len(files) != 1:
		return fail(exitUsage, fmt.Errorf("-o %s is one file, but there are %d pictures (%s); give a folder, or ask for one of them", f.out,
			len(files), strings.Join(pictureNames(files), ", ")))
	case file:
		return cmp.Or(a.writePicture(f.out, files[0].data), fail(exitUsage, err))
	case folder == "":
		folder = filepath.Join(dir, plotsDir)
	}
	if err := makeFolder(folder); err != nil {
		return err
	}
	for _, p := range files {
		if err := a.writePicture(filepath.Join(folder, p.name), p.data); err != nil {
			return err
		}
	}
	return fail(exitUsage, err)
}

// plotProblem draws a problem before it is trained.
func (a *app) plotProblem(path string, f *plotFlags) error {
	file, format, err := f.target()
	if err == nil && (len(f.what) > 0 || len(f.exprs) > 0 || len(f.at) > 0 || f.animate) {
		err = errors.New("--what, --expr, --at and --animate are for runs; of a problem file the domain is drawn")
	}
	if err != nil {
		return fail(exitUsage, err)
	}
	p, err := asIs(path, nil)
	if err != nil {
		return err
	}
	s, err := gallery.NewStatement(p)
	if err != nil {
		return fail(exitFailed, err)
	}
	picture, err := s.Picture()
	if err != nil {
		return fail(exitUsage, err)
	}
	picture.Figure.DPI = f.dpi
	data, err := picture.Figure.Encode(format)
	if err != nil {
		return fail(exitFailed, err)
	}
	name := filepath.Join(f.out, fileName(p.Name)+"-"+picture.Name+"."+format)
	if file {
		name = f.out
	}
	if err := makeFolder(filepath.Dir(name)); err != nil {
		return err
	}
	if err := a.writePicture(name, data); err != nil || !s.Solid() {
		return err
	}
	triangles, owner := s.Surface()
	numbers := vtk.Field{Name: "condition"}
	for _, k := range owner {
		numbers.Data = append(numbers.Data, float64(k))
	}
	return a.writeNamed(strings.TrimSuffix(name, filepath.Ext(name))+".vtp", func(w io.Writer) error {
		return vtk.WriteSurface(w, triangles, []vtk.Field{numbers})
	})
}

// openGallery loads a run whose fields are to be drawn or exported, and reads at which values of coordinates. Its solver must be closed.
func (a *app) openGallery(dir string, where []string) (*gallery.Run, map[string][]float64, error) {
	t, err := a.openTrained(dir)
	if err != nil {
		return nil, nil, err
	}
	at, err := placesAt(where, t.problem.Coords)
	if err != nil {
		t.solver.Close() //nolint:errcheck // the error counts
		return nil, nil, fail(exitUsage, err)
	}
	return &gallery.Run{Problem: t.problem, Solver: t.solver, Dir: dir}, at, nil
}

// target says whether -o is a file, and in which format pictures are.
func (f *plotFlags) target() (file bool, format string, err error) {
	if f.grid == 1 || f.grid < 0 {
		return false, "", fmt.Errorf("--grid %d; take 2 points per axis or more", f.grid)
	}
	if f.dpi < 20 || f.dpi > 1200 {
		return false, "", fmt.Errorf("--dpi %d; take 20 to 1200", f.dpi)
	}
	formats := draw.Formats()
	if f.animate {
		formats = []string{"gif"}
	}
	ending := strings.TrimPrefix(strings.ToLower(filepath.Ext(f.out)), ".")
	file = slices.Contains(append(draw.Formats(), "gif"), ending)
	switch {
	case f.format != "":
		format = strings.ToLower(f.format)
	case file:
		format = ending
	default:
		format = formats[0]
	}
	if !slices.Contains(formats, format) {
		return false, "", fmt.Errorf("%s is no format of these pictures; take %s", format, strings.Join(formats, ", "))
	}
	if file && ending != format {
		return false, "", fmt.Errorf("-o %s ends otherwise than --format %s; leave one of them out", f.out, format)
	}
	return file, format, nil
}

// pictureFile is the content of a file.
type pictureFile struct {
	name string
	data []byte
}

func pictureNames(files []pictureFile) []string {
	var list []string
	for _, f := range files {
		list = append(list, f.name)
	}
	return list
}

// files are the pictures that the flags ask for, drawn. With the pictures that there are may come a *gallery.NoneError about others.
func (f *plotFlags) files(run *gallery.Run, exprs []gallery.Named, o gallery.Options, format string) ([]pictureFile, error) {
	var files []pictureFile
	if f.animate {
		if len(f.what) > 0 {
			return nil, errors.New("--animate draws fields or expressions over time; leave out --what")
		}
		movies, err := run.Movies(exprs, o)
		if err != nil {
			return nil, err
		}
		for _, m := range movies {
			data, err := draw.Movie(m.Frames, 8)
			if err != nil {
				return nil, err
			}
			files = append(files, pictureFile{m.Name + ".gif", data})
		}
		return files, nil
	}
	pictures, missing := f.pictures(run, exprs, o)
	for _, p := range pictures {
		p.Figure.DPI = f.dpi
		data, err := p.Figure.Encode(format)
		if err != nil {
			return nil, err
		}
		files = append(files, pictureFile{p.Name + "." + format, data})
	}
	return files, missing
}

func (f *plotFlags) pictures(run *gallery.Run, exprs []gallery.Named, o gallery.Options) ([]gallery.Picture, error) {
	what, asked := f.what, true
	switch {
	case len(what) == 0 && len(exprs) == 0:
		what, asked = gallery.Default(), false
	case slices.Contains(what, "all"):
		what, asked = nil, false
		for _, k := range gallery.Kinds() {
			what = append(what, k[0])
		}
	}
	var list []gallery.Picture
	var missing []error
	for _, w := range what {
		p, err := run.Pictures(strings.TrimSpace(w), o)
		switch none := (*gallery.NoneError)(nil); {
		case errors.As(err, &none):
			if asked {
				missing = append(missing, err)
			}
		case err != nil:
			return nil, err
		}
		list = append(list, p...)
	}
	p, err := run.Expressions(exprs, o)
	if err != nil {
		return nil, err
	}
	return append(list, p...), errors.Join(missing...)
}

// expressions are those of --expr.
func (f *plotFlags) expressions(p *problemfile.Problem) ([]gallery.Named, error) {
	return namedExpressions(p, f.exprs, func(text string) (name, body string) { return text, text })
}

// namedExpressions reads expressions of --expr, each of which split divides into its name and the expression itself.
func namedExpressions(p *problemfile.Problem, texts []string, split func(text string) (name, body string)) ([]gallery.Named, error) {
	var list []gallery.Named
	var errs []error
	for _, text := range texts {
		name, body := split(text)
		e, err := expression(body, p)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		list = append(list, gallery.Named{Name: name, Expr: e})
	}
	return list, fail(exitUsage, errors.Join(errs...))
}

func (a *app) writePicture(path string, data []byte) error {
	return a.writeNamed(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// placesAt reads values of coordinates, such as t=0,0.5,1 or t=0.5,z=0.2.
func placesAt(texts []string, coords []*ph.Coord) (map[string][]float64, error) {
	at := map[string][]float64{}
	for _, text := range texts {
		name := ""
		for _, part := range strings.Split(text, ",") {
			value := strings.TrimSpace(part)
			if before, after, ok := strings.Cut(value, "="); ok {
				name, value = strings.TrimSpace(before), strings.TrimSpace(after)
				if !slices.ContainsFunc(coords, func(c *ph.Coord) bool { return c.Name() == name }) {
					return nil, fmt.Errorf("--at %s: %q is not a coordinate; there are %s", text, name, coordNames(coords))
				}
			}
			v, err := strconv.ParseFloat(value, 64)
			if err != nil || name == "" {
				return nil, fmt.Errorf("--at %s: %q is not of the form t=0.5 or t=0,0.5,1", text, part)
			}
			at[name] = append(at[name], v)
		}
	}
	return at, nil
}
