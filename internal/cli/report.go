package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crux-pinn/crux/internal/draw"
	"github.com/crux-pinn/crux/internal/files/ckpt"
	"github.com/crux-pinn/crux/internal/files/npy"
	"github.com/crux-pinn/crux/internal/gallery"
	"github.com/crux-pinn/crux/internal/page"
	"github.com/crux-pinn/crux/internal/report"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers/explain"
)

// reportFile is the page of a run in its directory.
const reportFile = "report.html"

func (a *app) report() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "report [RUN]",
		Short: "Write what a run came to as one HTML page that opens offline",
		Long: `Write what a run came to as one HTML page that opens offline and makes no request: the verdict, the problem as mathematics,
what was chosen and why, solution, errors and residuals with a slider over time, losses, unknown parameters, what trackers
measured, and how to do it again.

RUN is the directory that crux solve wrote, of a run that has ended or not; by default the newest one in runs. The page is
` + reportFile + ` in it unless -o says otherwise. crux solve --report writes it at the end of a run.`,
		Example: `  crux report
  crux report runs/burgers-1 -o burgers.html`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completeRuns,
		RunE: func(_ *cobra.Command, args []string) error {
			dir, err := theRun(args)
			if err != nil {
				return err
			}
			if out == "" {
				out = filepath.Join(dir, reportFile)
			}
			return a.runReport(dir, out)
		},
	}
	c.Flags().StringVarP(&out, "out", "o", "", "file to write")
	return c
}

func (a *app) runReport(dir, out string) error {
	r, err := a.readRun(dir)
	if err != nil {
		return err
	}
	t, err := a.openTrained(dir)
	if err != nil {
		return err
	}
	defer t.solver.Close() //nolint:errcheck // it only ends workers
	if err := writePage(t, r.report, dir, out); err != nil {
		return err
	}
	fmt.Fprintln(a.Out, out) //nolint:errcheck // Run checks the writer at the end
	return nil
}

// writePage writes the page of a run whose networks are there.
func writePage(t *training, r *report.Report, dir, out string) error {
	p, err := newPage(t, r, dir)
	if err != nil {
		return fail(exitFailed, err)
	}
	return fail(exitFailed, ckpt.WriteFile(out, p.Write))
}

// newPage gathers what the page of a run shows.
func newPage(t *training, r *report.Report, dir string) (*page.Page, error) {
	r.Parameters = len(t.solver.Theta()) // which a run that has not ended has not written
	p := &page.Page{
		Report: r, Run: filepath.Base(dir),
		Description: t.problem.Description, Statement: t.problem.Statement(), Resolved: string(t.problem.Resolved),
	}
	run := &gallery.Run{Problem: t.problem, Solver: t.solver, Dir: dir}
	p.Results = results(run, t, p)
	trained := "By constraint, as they were trained, on a logarithmic scale."
	if by := r.Divided(); by != "" {
		trained += " Residuals were divided: " + by + ". The table of the constraints has the losses of undivided ones."
	}
	for _, k := range []struct{ kind, title, about string }{
		{"losses", "Losses", trained},
		{"convergence", "Errors over the steps", ""},
		{"parameters", "Unknown parameters over the steps", ""},
		{"weights", "Weights", "Of the constraints, as the scheme balanced them."},
	} {
		add(&p.Course, run, k.kind, k.title, k.about, p)
	}
	addMoves(&p.Course, run, p)
	var err error
	p.Trackers, err = trackerGroups(run, t, dir, p)
	return p, err
}

// addMoves adds the points of training, with a slider over the steps if they have moved.
func addMoves(to *[]page.Group, run *gallery.Run, p *page.Page) {
	moves, err := run.Moves()
	if err != nil {
		if none := (*gallery.NoneError)(nil); !errors.As(err, &none) {
			p.Missing = append(p.Missing, fmt.Sprintf("points: %v", err))
		}
		add(to, run, "points", "Points", "The points of training at the end.", p)
		return
	}
	m := page.Movie{Name: "points", Axis: "step"}
	for _, f := range moves {
		m.Frames = append(m.Frames, page.Frame{Label: f.Title, Panels: f.Panels})
	}
	*to = append(*to, page.Group{Title: "Points", About: "The points of training over the steps.", Movies: []page.Movie{m}})
}

// results are the fields with their errors, and the residuals. What depends on time and on space has a slider; where space is a plane or
// more, it takes the place of pictures at some of the times.
func results(run *gallery.Run, t *training, p *page.Page) []page.Group {
	moving := t.problem.Time != nil && len(t.problem.Coords) > 1
	flat := !moving || len(t.problem.Coords) == 2
	var list []page.Group
	for _, k := range []struct {
		kind, title, about string
		functions          []gallery.Named // that move; none are the fields
	}{
		{"solution", "Solution", "", nil},
		{
			"estimate", "Estimated errors",
			"Where the fields may be wrong, by residuals at points that were not trained on, without the solution.", nil,
		},
		{"bands", "Bands", "How well the noisy data determine the fields: the 95 % band of a function of one coordinate, the standard deviation of others.", nil},
		{"residual", "Residuals", "How far the equations are from holding, at the points of training and between them.", equations(t)},
	} {
		if flat || k.kind == "estimate" || k.kind == "bands" {
			add(&list, run, k.kind, k.title, k.about, p)
		}
		if !moving || k.kind != "solution" && len(k.functions) == 0 {
			continue
		}
		movies, err := run.Movies(k.functions, gallery.Options{})
		if none := (*gallery.NoneError)(nil); errors.As(err, &none) {
			continue
		}
		if err != nil {
			p.Missing = append(p.Missing, err.Error())
			continue
		}
		g := page.Group{Title: k.title, About: k.about}
		if flat {
			g.Title, g.About = k.title+" over time", ""
		}
		for _, m := range movies {
			v := page.Movie{Name: m.Name, Axis: t.problem.Time.Name()}
			for _, f := range m.Frames {
				if k.kind == "residual" {
					signed(f.Panels)
				}
				v.Frames = append(v.Frames, page.Frame{Label: f.Title, Panels: f.Panels})
			}
			g.Movies = append(g.Movies, v)
		}
		list = append(list, g)
	}
	return list
}

// signed gives maps colours with zero in the middle.
func signed(panels []draw.Panel) {
	for _, p := range panels {
		if m, ok := p.(*draw.Map); ok {
			end := math.Max(math.Abs(m.Low), math.Abs(m.High))
			m.Colours, m.Low, m.High = draw.Diverging, -end, end
		}
	}
}

// equations are the residuals that are there wherever one asks: those that hold inside and have no data in them.
func equations(t *training) []gallery.Named {
	inside := map[string]bool{}
	for _, c := range t.problem.Statement().Constraints {
		inside[c.Name] = c.Where == "inside"
	}
	var list []gallery.Named
	for _, c := range t.problem.Crux.Constraints {
		if inside[c.Name] && !ph.Contains(c.Residual, func(e ph.Expr) bool { return e.Op() == ph.OpColumn || e.Op() == ph.OpNormal }) {
			list = append(list, gallery.Named{Name: "residual of " + c.Name, Expr: c.Residual})
		}
	}
	return list
}

// add adds the pictures of a kind, if the run has some. One that cannot be made is said to be missing: the rest of the page is worth
// having.
func add(to *[]page.Group, run *gallery.Run, kind, title, about string, p *page.Page) {
	pictures, err := run.Pictures(kind, gallery.Options{})
	if none := (*gallery.NoneError)(nil); errors.As(err, &none) {
		return
	}
	if err != nil {
		p.Missing = append(p.Missing, fmt.Sprintf("%s: %v", kind, err))
		return
	}
	g := page.Group{Title: title, About: about}
	for _, x := range pictures {
		g.Panels = append(g.Panels, slices.DeleteFunc(slices.Clone(x.Figure.Panels), bare)...)
	}
	if len(g.Panels) == 0 {
		return
	}
	*to = append(*to, g)
}

// bare reports whether a panel has no line to show: of one measurement there is none over the steps.
func bare(p draw.Panel) bool {
	c, ok := p.(*draw.Curves)
	return ok && !slices.ContainsFunc(c.Lines, func(l draw.Line) bool { return len(l.X) > 1 })
}

// trackerGroups are the trackers of a run, each with what it found, its pictures and the arrays of its file.
func trackerGroups(run *gallery.Run, t *training, dir string, p *page.Page) ([]page.Group, error) {
	entries, err := os.ReadDir(filepath.Join(dir, arraysDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the trackers: %w", ckpt.Cause(err))
	}
	pictures, err := run.Pictures("trackers", gallery.Options{})
	if none := (*gallery.NoneError)(nil); err != nil && !errors.As(err, &none) {
		p.Missing = append(p.Missing, fmt.Sprintf("trackers: %v", err))
	}
	words := map[string]explain.Summary{}
	at := settingOf(t.problem, t.solver)
	for _, k := range t.problem.Trackers {
		if s, ok := k.Explain(at); ok {
			words[family(k.Name)] = s
		}
	}
	var list []page.Group
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".npz")
		if !ok {
			continue
		}
		g := page.Group{Title: strings.ReplaceAll(name, "_", " ")}
		kind, _, _ := strings.Cut(name, "-")
		if s, ok := words[kind]; ok {
			g.Title = s.Tracker
			for _, f := range s.Findings {
				g.Notes = append(g.Notes, page.Note{Text: f.Text, Warning: f.Level == explain.Warning})
			}
		}
		for _, x := range pictures {
			if x.Name == name {
				g.Panels = append(g.Panels, slices.DeleteFunc(slices.Clone(x.Figure.Panels), bare)...)
			}
		}
		g.Contents = arrayNames(filepath.Join(dir, arraysDir, e.Name()))
		list = append(list, g)
	}
	return list, nil
}

// arrayNames are the arrays of a file with their shapes; none where it cannot be read.
func arrayNames(path string) []string {
	arrays, err := npy.ReadZip(path)
	if err != nil {
		return nil
	}
	var list []string
	for name, x := range arrays {
		var axes []string
		for _, n := range x.Shape {
			axes = append(axes, fmt.Sprint(n))
		}
		list = append(list, name+" "+strings.Join(axes, "×"))
	}
	slices.Sort(list)
	return list
}
