package gallery

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/cases"
	"github.com/crux-pinn/crux/internal/draw"
	"github.com/crux-pinn/crux/internal/files/npy"
	"github.com/crux-pinn/crux/internal/problemfile"
	"github.com/crux-pinn/crux/internal/report"
	ph "github.com/crux-pinn/crux/placeholder"
)

// The problems of these tests. Networks are not trained: they are the small part of functions that are given.
const (
	plate = `
problem: plate
coords: {x: [0, 1], y: [0, 1]}
domain: {difference: [box, {disk: {center: [0.6, 0.4], radius: 0.2}}]}
regions: {hole: {on: boundary, where: (x - 0.6)^2 + (y - 0.4)^2 < 0.09}}
constants: {k: 2}
fields: {T: {net: mlp, hidden: [6], output: 300*sin(pi*x)*y + T}}
constraints:
  heat: {residual: k*laplacian(T), points: 150}
  hole: {residual: dn(T), on: hole, points: 60}
steps: 1
hard: none
reference: {T: 300*sin(pi*x)*y}
seed: 1
`
	disk = `
problem: disk
coords: {t: [0, 2], x: [-1, 1], y: [-1, 1]}
domain: {difference: [{disk: {center: [0, 0], radius: 1}}, {disk: {center: [0.3, 0.2], radius: 0.25}}]}
fields: {u: {net: mlp, hidden: [6], output: "exp(-t)*cos(2*x)*cos(y) + 0.1*u"}}
constraints:
  pde: {residual: u_t - laplacian(u), points: 100}
  rim: {residual: u, on: boundary, points: 60}
  start: {residual: u - 1, on: initial, points: 60}
steps: 1
hard: none
seed: 1
`
	wave = `
problem: wave
coords: {t: [0, 1], x: [-1, 1]}
fields: {u: {net: mlp, hidden: [6], output: sin(pi*(x - t)) + 0.05*u}}
constraints: {pde: {residual: u_t + u_x, points: 100}}
steps: 1
hard: none
reference: {u: sin(pi*(x - t))}
seed: 1
`
	decay = `
problem: decay
coords: {t: [0, 3]}
params: {rate: {init: 0.5, true: 1}}
fields: {n: {net: mlp, hidden: [6], out: [a, b], output: {a: exp(-t) + 0.02*a, b: 1 - exp(-t) + 0.02*b}}}
constraints:
  ode: {residual: {a: a_t + rate*a, b: b_t - rate*a}, points: 20}
  start: {residual: a - 1, on: {t: 0}}
steps: 1
hard: none
reference: {a: exp(-t)}
seed: 1
`
	cube = `
problem: cube
coords: {x: [-1, 1], y: [-1, 1], z: [-1, 1]}
domain: {ball: {center: [0, 0, 0], radius: 1}}
fields: {u: {net: mlp, hidden: [6], output: x + y*z + 0.1*u}}
constraints: {pde: {residual: laplacian(u), points: 100}}
steps: 1
hard: none
seed: 1
`
)

// open builds a problem, with a directory.
func open(t *testing.T, text string) *Run {
	t.Helper()
	p, err := problemfile.Parse("test.yaml", []byte(text), ".", nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() }) //nolint:errcheck // it only ends workers
	return &Run{Problem: p, Solver: s, Dir: t.TempDir()}
}

func (r *Run) write(t *testing.T, name string, b []byte) {
	t.Helper()
	path := filepath.Join(r.Dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// recorded gives a run a history and the arrays of trackers, whose numbers are formulas.
func (r *Run) recorded(t *testing.T) {
	t.Helper()
	var h strings.Builder
	h.WriteString("epoch,loss,loss/heat,loss/hole,weight/heat,weight/hole,param/rate,explainability/estimated_error/T\n")
	for i := range 201 {
		x := float64(i)
		row := []float64{x, 2 * math.Exp(-x/20), math.Exp(-x / 20), math.Exp(-x/20) * (1 + 0.3*math.Sin(x/4)), 1, 3 - 2*math.Exp(-x/50), 1 - math.Exp(-x/40)*math.Cos(x/20)}
		for _, v := range row {
			h.WriteString(decimal(v) + ",")
		}
		if i%50 == 0 {
			h.WriteString(decimal(0.5 * math.Exp(-x/60)))
		}
		h.WriteString("\n")
	}
	r.write(t, "history.csv", []byte(h.String()))
	steps := []int64{0, 50, 100, 150, 200}
	table := func(shape []int, f func(s, k int) float64) ([]int, []float64) {
		n := 1
		for _, d := range shape {
			n *= d
		}
		var data []float64
		for s := range steps {
			for k := range n {
				data = append(data, f(s, k))
			}
		}
		return append([]int{len(steps)}, shape...), data
	}
	save := func(name string, arrays ...npy.Array) {
		var b bytes.Buffer
		if err := npy.WriteZip(&b, append(arrays, npy.Array{Name: "epochs", Shape: []int{len(steps)}, Ints: steps})); err != nil {
			t.Fatal(err)
		}
		r.write(t, "trackers/"+name+".npz", b.Bytes())
	}
	array := func(name string, shape []int, f func(s, k int) float64) npy.Array {
		sh, data := table(shape, f)
		return npy.Array{Name: name, Shape: sh, Data: data}
	}
	falling := func(s, k int) float64 { return 100 * math.Exp(-float64(s)-float64(k)/3) }
	save("gradient_norms", array("norms", []int{2}, falling), array("weighted_norms", []int{2}, falling))
	save("cos_similarity", array("cos_sim_matrix", []int{2, 2}, func(s, k int) float64 {
		if k == 0 || k == 3 {
			return 1
		}
		return -0.9 + 0.3*float64(s)
	}))
	save("gradient_alignment", array("alignment", nil, func(s, _ int) float64 { return 0.2*float64(s) - 0.5 }))
	save("residual_stats", array("maxes", []int{2}, falling), array("p99", []int{2}, falling), npy.Array{Name: "indices", Shape: []int{2}, Ints: []int64{0, 1}},
		array("histogram_edges", []int{2, 11}, func(_, k int) float64 { return float64(k%11) - 5 }),
		array("histogram_counts", []int{2, 10}, func(_, k int) float64 { return float64((k % 10) * (k%10 + 1)) }))
	var points []float64
	for i := range 100 {
		points = append(points, float64(i%10)/9, float64(i/10)/9)
	}
	save("input_sensitivity", npy.Array{Name: "points", Shape: []int{100, 2}, Data: points},
		array("values", []int{100, 2}, func(s, k int) float64 { return points[k] - 0.5 + 0.1*float64(s) }))
	save("ntk_spectrum", array("all_eigvals", []int{40}, falling), array("eigvals_topk", []int{5}, falling), array("condition_number", nil, falling))
	save("hessian_spectrum", array("eigvals", []int{5}, falling), array("ritz", []int{12}, func(_, k int) float64 { return float64(k*k) - 20 }),
		array("mass", []int{12}, falling), array("sharpness", nil, falling))
	axis := []float64{-1, -0.5, 0, 0.5, 1}
	bowl := func(_, k int) float64 {
		k %= 25
		return math.Exp(4 * (axis[k/5]*axis[k/5] + 3*axis[k%5]*axis[k%5]))
	}
	save("loss_landscape", npy.Array{Name: "axis", Shape: []int{5}, Data: axis}, array("landscapes", []int{5, 5}, bowl), array("constraint_landscapes", []int{2, 5, 5}, bowl))
	save("error", array("estimated_error", []int{1}, falling), array("residual_share", []int{2}, falling))
	save("mine-2", array("some_numbers", []int{3}, falling))
}

func decimal(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// Every picture looks as it did when somebody looked at it.
func TestGolden(t *testing.T) {
	pl, d, w, n, c := open(t, plate), open(t, disk), open(t, wave), open(t, decay), open(t, cube)
	pl.recorded(t)
	n.recorded(t)
	expr := func(r *Run, text string) []Named {
		e, err := ph.Parse(text, r.Problem.Env)
		if err != nil {
			t.Fatal(err)
		}
		return []Named{{text, e}}
	}
	few := Options{Points: 31}
	type page struct {
		name string
		list func() ([]Picture, error)
	}
	pages := []page{
		{"slope", func() ([]Picture, error) { return pl.Expressions(expr(pl, "-k*T_x"), few) }},
		{"disk", func() ([]Picture, error) { return d.Pictures("solution", few) }},
		{"disk-residual", func() ([]Picture, error) {
			return d.Pictures("residual", Options{Points: 31, At: map[string][]float64{"t": {0.5}}})
		}},
		{"disk-points", func() ([]Picture, error) { return d.Pictures("points", few) }},
		{"disk-line", func() ([]Picture, error) {
			return d.Pictures("solution", Options{At: map[string][]float64{"t": {0, 1, 2}, "y": {0.2}}})
		}},
		{"wave", func() ([]Picture, error) { return w.Pictures("solution", few) }},
		{"decay", func() ([]Picture, error) { return n.Pictures("solution", Options{}) }},
		{"decay-residual", func() ([]Picture, error) { return n.Pictures("residual", Options{}) }},
		{"decay-points", func() ([]Picture, error) { return n.Pictures("points", Options{}) }},
		{"parameters", func() ([]Picture, error) { return n.Pictures("parameters", Options{}) }},
		{"cube", func() ([]Picture, error) { return c.Pictures("solution", few) }},
	}
	for _, kind := range []string{"solution", "error", "residual", "points", "losses", "weights", "estimate", "convergence", "trackers"} {
		pages = append(pages, page{"plate-" + kind, func() ([]Picture, error) { return pl.Pictures(kind, few) }})
	}
	for _, p := range pages {
		list, err := p.list()
		if err != nil {
			t.Errorf("%s: %v", p.name, err)
			continue
		}
		for _, pic := range list {
			img, err := pic.Figure.Image(60)
			if err != nil {
				t.Errorf("%s: %v", p.name, err)
				continue
			}
			name := p.name
			if len(list) > 1 {
				name += "-" + pic.Name
			}
			cases.Picture(t, filepath.Join("testdata", name+".png"), img)
		}
	}
}

// A slice has the values of the function at its nodes, where the coordinates that are cut have their values, and nothing of the hole.
func TestSlices(t *testing.T) {
	r := open(t, disk)
	coords := r.Problem.Coords
	sections, err := r.sections(coords, Options{Points: 21, At: map[string][]float64{"t": {0.5, 1.5}}})
	if err != nil || len(sections) != 2 || names(sections[1].Free) != "x, y" || sections[1].Label() != "t = 1.5" {
		t.Fatalf("%d sections, %v", len(sections), err)
	}
	fs, err := r.functions("v", mustParse(t, r, "t + 10*x + 100*y"), nil)
	if err != nil {
		t.Fatal(err)
	}
	v, err := fs[0].on(sections[1])
	if err != nil {
		t.Fatal(err)
	}
	for i := range sections[1].Mesh.Len() {
		x := sections[1].Mesh.Node(i)
		if want := 1.5 + 10*x[0] + 100*x[1]; math.Abs(v[i]-want) > 1e-12 {
			t.Fatalf("%v at %v, want %v", v[i], x, want)
		}
		if math.Hypot(x[0]-0.3, x[1]-0.2) < 0.25-1e-9 || math.Hypot(x[0], x[1]) > 1+1e-9 {
			t.Fatalf("%v is not in the domain", x)
		}
	}
	// Without values, time has three, and a cut through the hole is in two pieces.
	if sections, err = r.sections(coords, Options{Points: 11}); err != nil || len(sections) != 3 || sections[2].Fixed[0].Value != 2 {
		t.Errorf("%d sections, %v", len(sections), err)
	}
	if sections, err = r.sections(coords, Options{Points: 401, At: map[string][]float64{"t": {0}, "y": {0.2}}}); err != nil || len(sections) != 1 {
		t.Fatalf("%d sections, %v", len(sections), err)
	}
	for i := range sections[0].Mesh.Len() {
		if x := sections[0].Mesh.Node(i)[0]; x > 0.05+1e-9 && x < 0.55-1e-9 {
			t.Errorf("a node at x = %v, in the hole", x)
		}
	}
	if b := sections[0].Mesh.Boundary(); len(b) != 4 {
		t.Errorf("%d ends", len(b))
	}
	l := line(sections[0], sections[0].Mesh.X, draw.Line{})
	gaps := 0
	for i := 1; i < len(l.X); i++ {
		switch gap := math.IsNaN(l.X[i]) || math.IsNaN(l.X[i-1]); {
		case math.IsNaN(l.X[i]):
			gaps++
		case !gap && !(l.X[i] > l.X[i-1] && l.X[i] < l.X[i-1]+0.01):
			t.Fatalf("the line goes from %v to %v", l.X[i-1], l.X[i])
		}
	}
	if gaps != 1 {
		t.Errorf("%d gaps", gaps)
	}
	// A function of some coordinates lives on their axes.
	if sections, err = r.sections([]*ph.Coord{coords[1]}, Options{Points: 5}); err != nil || sections[0].Mesh.Len() != 5 {
		t.Errorf("x alone: %v", err)
	}
	for text, at := range map[string]map[string][]float64{
		"all of t, x, y have a value": {"t": {0}, "x": {0}, "y": {0}}, "t = 3 is not in [0, 2]": {"t": {3}},
		"50 places": {"t": make([]float64, 50)},
	} {
		if _, err := r.sections(coords, Options{At: at}); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%v: %v; want %s", at, err, text)
		}
	}
}

func mustParse(t *testing.T, r *Run, text string) ph.Expr {
	t.Helper()
	e, err := ph.Parse(text, r.Problem.Env)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// What trackers write during a run is what is drawn: each family finds its arrays, whether points stay or more of them come.
func TestTrackersOfARun(t *testing.T) {
	for _, points := range []string{"points: 150", "points: 150, resample: {rar_d: {interval: 2, add: 20}}"} {
		trackersOfARun(t, strings.Replace(plate, "points: 150", points, 1))
	}
	for _, name := range problemfile.TrackerNames() {
		if families()[name] == nil {
			t.Errorf("the tracker %s has no picture of its own", name)
		}
	}
}

func trackersOfARun(t *testing.T, text string) {
	t.Helper()
	r := open(t, text+"trackers: {gradient_norms: {interval: 2}, cos_similarity: {interval: 2}, gradient_alignment: {interval: 2}, residual_stats: {interval: 2}, "+
		"input_sensitivity: {interval: 2}, ntk_spectrum: {points: 10, interval: 2}, hessian_spectrum: {k: 2, iters: 4, interval: 2}, "+
		"loss_landscape: {grid: 3, interval: 2}, error: {interval: 2}}\n")
	list := append(r.Problem.Callbacks(""), crux.Callback(&callbacks.Arrays{Dir: filepath.Join(r.Dir, "trackers")}), &callbacks.CSV{Path: filepath.Join(r.Dir, "history.csv")})
	if _, err := r.Solver.Solve(t.Context(), 5, list...); err != nil {
		t.Fatal(err)
	}
	want := map[string]int{
		"cos_similarity": 2, "error": 2, "gradient_alignment": 1, "gradient_norms": 2, "hessian_spectrum": 3, "input_sensitivity": 2, "loss_landscape": 3,
		"ntk_spectrum": 3, "residual_stats": 4,
	}
	pictures, err := r.Pictures("trackers", Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pictures {
		if n := len(p.Figure.Panels); n != want[p.Name] {
			t.Errorf("%s has %d panels, want %d", p.Name, n, want[p.Name])
		}
		delete(want, p.Name)
	}
	if len(want) > 0 || len(families()) != 9 {
		t.Errorf("no picture of %v", want)
	}
	for _, kind := range []string{"losses", "convergence"} {
		if _, err := r.Pictures(kind, Options{}); err != nil {
			t.Error(err)
		}
	}
}

// What a run does not have is a NoneError, and a kind that there is not is another error.
func TestNone(t *testing.T) {
	r := open(t, wave)
	for _, kind := range []string{"losses", "estimate", "bands", "convergence", "weights", "parameters", "trackers", "ntk_spectrum"} {
		if r = open(t, wave); kind == "estimate" {
			r = open(t, wave+"windows: 2\n") // each of which has an estimate of its own
		}
		var none *NoneError
		if _, err := r.Pictures(kind, Options{}); !errors.As(err, &none) || none.Kind != kind {
			t.Errorf("%s: %v", kind, err)
		}
	}
	if _, err := r.Pictures("picture", Options{}); err == nil || !strings.Contains(err.Error(), "take solution, error,") {
		t.Errorf("picture: %v", err)
	}
	if _, err := open(t, cube).Movies(nil, Options{}); !errors.As(err, new(*NoneError)) {
		t.Errorf("a movie without time: %v", err)
	}
	if _, err := r.Expressions([]Named{{"2", ph.Const(2)}}, Options{}); err == nil {
		t.Error("a number was drawn")
	}
}

// A movie has the same axes and colours at all times.
func TestMovie(t *testing.T) {
	for _, text := range []string{wave, disk} {
		r := open(t, text)
		movies, err := r.Movies(nil, Options{Points: 9})
		if err != nil || len(movies) != 1 || len(movies[0].Frames) != frames || movies[0].Name != "solution-u" {
			t.Fatalf("%d movies, %v", len(movies), err)
		}
		first, last := movies[0].Frames[0].Panels[0], movies[0].Frames[frames-1].Panels[0]
		switch f := first.(type) {
		case *draw.Curves:
			if l := last.(*draw.Curves); f.YEnds != l.YEnds || f.YEnds == (draw.Ends{}) || slices.Equal(f.Lines[0].Y, l.Lines[0].Y) {
				t.Errorf("%v, %v", f.YEnds, l.YEnds)
			}
		case *draw.Map:
			if l := last.(*draw.Map); f.Low != l.Low || f.High != l.High || slices.Equal(f.Values, l.Values) {
				t.Errorf("%v to %v, %v to %v", f.Low, f.High, l.Low, l.High)
			}
		}
	}
}

// What other programs are given are the numbers of the solver, on the domain at each time.
func TestQuantities(t *testing.T) {
	r := open(t, plate)
	list, err := r.Quantities([]Named{{"slope", mustParse(t, r, "T_x")}})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, q := range list {
		names = append(names, q.Name)
	}
	if got := strings.Join(names, " "); got != "T T_reference T_error T_estimate residual_heat slope" {
		t.Errorf("quantities %s", got)
	}
	series, err := r.Series(Options{Points: 11})
	if err != nil || len(series) != 1 {
		t.Fatal(series, err)
	}
	s := series[0]
	var values [][]float64
	for _, q := range list {
		v, err := q.On(s)
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, v)
	}
	m, err := r.Solver.Eval(r.Problem.Fields[0].Expr, domain.At(r.Problem.Coords, s.Mesh.X))
	if err != nil {
		t.Fatal(err)
	}
	for i := range s.Mesh.Len() {
		x := s.Mesh.Node(i)
		ref := 300 * math.Sin(math.Pi*x[0]) * x[1]
		if values[0][i] != m.At(i, 0) || math.Abs(values[1][i]-ref) > 1e-10 || math.Abs(values[2][i]-(m.At(i, 0)-ref)) > 1e-10 {
			t.Fatalf("%v: %v, %v, %v", x, values[0][i], values[1][i], values[2][i])
		}
	}
	if _, err := r.Quantities([]Named{{"T", mustParse(t, r, "x")}}); err == nil {
		t.Error("two quantities are called T")
	}
	over := open(t, disk)
	if series, err = over.Series(Options{Points: 11}); err != nil || len(series) != movieTimes || series[20].Fixed[0].Value != 2 || series[0].Mesh.Ticks != nil {
		t.Errorf("%d times, %v", len(series), err)
	}
	if series, err = over.Series(Options{Points: 11, At: map[string][]float64{"t": {0, 1}, "x": {0}}}); err != nil || len(series) != 2 || len(series[0].Free) != 1 {
		t.Errorf("%d times, %v", len(series), err)
	}
	if series, err = open(t, wave).Series(Options{Points: 11}); err != nil || len(series) != movieTimes || len(series[0].Free) != 1 || series[0].Mesh.Ticks == nil {
		t.Errorf("%d times, %v", len(series), err)
	}
	if series, err = open(t, decay).Series(Options{Points: 11}); err != nil || len(series) != 1 {
		t.Errorf("time alone: %d, %v", len(series), err)
	}
	for _, o := range []Options{{At: map[string][]float64{"x": {0, 1}}}, {At: map[string][]float64{"t": {0}, "x": {0}, "y": {0}}}, {Points: 1 << 20}} {
		if _, err := over.Series(o); err == nil {
			t.Errorf("%+v was exported", o)
		}
	}
}

func TestFileName(t *testing.T) {
	for in, want := range map[string]string{"k*laplacian(T)": "k-laplacian-T", "u": "u", "-x": "x", "***": "picture", "../u": "u"} {
		if got := fileName(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

// The errors over the steps end with those of the result.
func TestConvergenceEnds(t *testing.T) {
	r := open(t, decay)
	end := &report.Report{Steps: 7}
	end.Estimate.Add("u", 1e-5)
	end.Errors.Add("u", report.FieldError{RelL2: 2e-5})
	b, err := report.Sealed(end)
	if err != nil {
		t.Fatal(err)
	}
	r.write(t, "result.json", b)
	r.write(t, "history.csv", []byte("epoch,explainability/estimated_error/u\n0,0.5\n5,0.1\n"))
	list, err := r.Pictures("convergence", Options{})
	if err != nil {
		t.Fatal(err)
	}
	lines := list[0].Figure.Panels[0].(*draw.Curves).Lines
	if len(lines) != 2 || !slices.Equal(lines[0].X, []float64{0, 5, 7}) || lines[0].Y[2] != 1e-5 || lines[1].Name != "u, true" || lines[1].Y[0] != 2e-5 {
		t.Errorf("%+v", lines)
	}
}

// A panel of an unknown number says how well it is known as the report does: by the standard deviation and the interval that noisy data
// leave, and otherwise by the estimated error. Numbers that follow from others have theirs too.
func TestHowWellNumbersAreKnown(t *testing.T) {
	r := open(t, decay)
	end := &report.Report{Steps: 2}
	end.Params.Add("rate", 0.9987)
	end.Estimate.Add("rate", 1e-5)
	end.Known.Add("rate", report.Known{Sigma: 0.01, Interval: &[2]report.Number{0.979, 1.018}})
	end.Params.Add("twice", 1.9974)
	end.Known.Add("twice", report.Known{Sigma: 0.02})
	end.Params.Add("wide", 0.5)
	end.Known.Add("wide", report.Known{Sigma: 100})
	b, err := report.Sealed(end)
	if err != nil {
		t.Fatal(err)
	}
	draws := func(last string) []*draw.Curves {
		r.write(t, "history.csv", []byte("epoch,param/rate,param/twice,param/wide\n0,0.5,1,0.1\n"+last+",0.9987,1.9974,0.5\n"))
		list, err := r.Pictures("parameters", Options{})
		if err != nil {
			t.Fatal(err)
		}
		var cs []*draw.Curves
		for _, p := range list[0].Figure.Panels {
			cs = append(cs, p.(*draw.Curves))
		}
		return cs
	}
	r.write(t, "result.json", b)
	cs := draws("2")
	for k, want := range []struct {
		title, band string
		low, high   float64
	}{{"rate = 0.999 ± 0.01", "95 % interval", 0.979, 1.018}, {"twice = 1.997 ± 0.02", "±", 1.9774, 2.0174}, {"wide = 0.5 ± 1e+02", "±", -99.5, 100.5}} {
		l := cs[k].Lines[1]
		if cs[k].Title != want.title || l.Name != want.band || l.Low[0] != want.low || l.High[1] != want.high {
			t.Errorf("%q, %q from %v to %v; want %v", cs[k].Title, l.Name, l.Low, l.High, want)
		}
	}
	if e := cs[2].YEnds; !(e[0] > -1 && e[1] < 1 && e[1] > 0.5) || cs[0].YEnds != (draw.Ends{}) {
		t.Errorf("axes %v and %v", e, cs[0].YEnds)
	}
	if cs = draws("3"); cs[0].Title != "rate = 0.9987" || len(cs[0].Lines) != 2 { // the line and its true value: the run has gone on
		t.Errorf("%q, %d lines", cs[0].Title, len(cs[0].Lines))
	}
}

// Points of a shape over time have time last, whatever the file has first: the axes say what the points are, and holes are seen.
func TestAxesOfAShapeOverTime(t *testing.T) {
	r := open(t, disk)
	var b bytes.Buffer
	err := npy.WriteZip(&b, []npy.Array{
		{Name: "epochs", Shape: []int{1}, Ints: []int64{0}},
		{Name: "points", Shape: []int{2, 3}, Data: []float64{0.1, 0.2, 1.5, 0.3, 0.4, 1.7}},
		{Name: "values", Shape: []int{1, 2, 3}, Data: []float64{1, 2, 3, 4, 5, 6}},
	})
	if err != nil {
		t.Fatal(err)
	}
	r.write(t, "trackers/input_sensitivity.npz", b.Bytes())
	list, err := r.Pictures("input_sensitivity", Options{})
	if err != nil {
		t.Fatal(err)
	}
	m := list[0].Figure.Panels[0].(*draw.Map)
	if m.X != "x" || m.Y != "y" || !m.Equal || m.Mesh.X[1] != 0.2 || m.Title != "sensitivity to t, step 0" {
		t.Errorf("%s, %s, %v, %q", m.X, m.Y, m.Equal, m.Title)
	}
	clouds, err := r.clouds()
	if err != nil {
		t.Fatal(err)
	}
	fig, err := r.at(clouds)
	if err != nil {
		t.Fatal(err)
	}
	if c := space(fig); c.X != "x" || c.Y != "y" {
		t.Errorf("moving points over %s and %s", c.X, c.Y)
	}
}

// Values of coordinates have their units in titles, as axes have.
func TestUnitsOfPlaces(t *testing.T) {
	r := open(t, disk+"units: {t: s}\n")
	sections, err := r.sections(r.Problem.Coords, Options{Points: 5, At: map[string][]float64{"t": {0.5}}})
	if err != nil || sections[0].Label() != "t = 0.5 s" {
		t.Errorf("%v, %v", sections, err)
	}
	movies, err := r.Movies(nil, Options{Points: 3})
	if err != nil || movies[0].Frames[frames-1].Title != "t = 2.000 s" {
		t.Errorf("%v, %v", movies, err)
	}
}

// The band of a line k·t through values with known errors is 1.96 standard deviations wide on both sides, each t times that of k, 1/√Σ(t/σ)²; one
// over t and x has a map of them.
func TestBands(t *testing.T) {
	dir := t.TempDir()
	table, sum := "t,x,y\n", 0.0
	for i := range 21 {
		at := float64(i) / 10
		table += fmt.Sprintf("%g,%g,%g\n", at, float64(i%3)/2, 2*at+0.1*float64(i%2))
		sum += at * at / 0.01
	}
	if err := os.WriteFile(filepath.Join(dir, "d.csv"), []byte(table), 0o600); err != nil {
		t.Fatal(err)
	}
	end, err := report.Sealed(&report.Report{Steps: 1, Noise: []report.Noise{{}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, coords := range []string{"t: [0, 2]", "t: [0, 2], x: [0, 1]"} {
		p, err := problemfile.Parse("test.yaml", []byte("problem: line\ncoords: {"+coords+"}\nparams: {k: 2}\n"+
			"fields: {y: {net: mlp, hidden: [2], output: k*t + 1e-9*y}}\ndata: {d: {file: d.csv, columns: {"+
			map[bool]string{true: "t: t, x: x, y: y", false: "t: t, y: y"}[len(coords) > 10]+"}}}\n"+
			"constraints: {m: {residual: y = y_data, on: d, sigma: 0.1}}\nsteps: 1\nhard: none\n"), dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		s, err := p.New()
		if err != nil {
			t.Fatal(err)
		}
		r := &Run{Problem: p, Solver: s, Dir: t.TempDir()}
		r.write(t, "result.json", end)
		list, err := r.Pictures("bands", Options{Points: 5})
		if err != nil || len(list) != 1 || list[0].Name != "bands-y" {
			t.Fatalf("%+v, %v", list, err)
		}
		sigma := 2 / math.Sqrt(sum) // at the end
		switch panel := list[0].Figure.Panels[0].(type) {
		case *draw.Curves:
			i := slices.IndexFunc(panel.Lines, func(l draw.Line) bool { return l.Stroke == draw.Band })
			l := panel.Lines[i]
			if n := len(l.X); l.X[n-1] != 2 || math.Abs(l.High[n-1]-l.Y[n-1]-1.96*sigma) > 1e-6 || math.Abs(l.Y[n-1]-l.Low[n-1]-1.96*sigma) > 1e-6 {
				t.Errorf("%+v, want ± %v at the end", l, 1.96*sigma)
			}
		case *draw.Map:
			if math.Abs(panel.High-sigma) > 1e-6 {
				t.Errorf("up to %v, want %v", panel.High, sigma)
			}
		default:
			t.Errorf("%T", panel)
		}
		s.Close() //nolint:errcheck // it only ends workers
	}
}
