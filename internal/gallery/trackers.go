package gallery

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/crux-pinn/crux/internal/draw"
	"github.com/crux-pinn/crux/internal/files/npy"
	"github.com/crux-pinn/crux/internal/mesh"
)

// trackers are the pictures of all trackers.
func (r *Run) trackers(Options) ([]Picture, error) {
	files, err := r.trackerFiles()
	if err != nil {
		return nil, err
	}
	var all []Picture
	for _, name := range files {
		list, err := r.tracker(name)
		if none := (*NoneError)(nil); errors.As(err, &none) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	if len(all) == 0 {
		return nil, &NoneError{"trackers", "the run has recorded none; name some under trackers: in the problem file"}
	}
	return all, nil
}

// tracker is the picture of one tracker by the name of its file, without the ending.
func (r *Run) tracker(name string) ([]Picture, error) {
	path := filepath.Join(r.Dir, "trackers", name+".npz")
	arrays, err := npy.ReadZip(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	m := &measured{run: r, arrays: arrays}
	if m.steps = m.data("epochs"); len(m.steps) == 0 {
		return nil, &NoneError{name, "it has not measured yet"}
	}
	family, _, _ := strings.Cut(name, "-")
	panels := m.any
	if f, ok := families()[family]; ok {
		panels = func() []draw.Panel { return f(m) }
	}
	fig := &draw.Figure{Title: strings.ReplaceAll(name, "_", " "), Panels: slices.DeleteFunc(panels(), empty)}
	if len(fig.Panels) == 4 {
		fig.Columns = 2
	}
	if len(fig.Panels) == 0 {
		return nil, &NoneError{name, cmp.Or(m.none, "its file has none of the arrays that are drawn")}
	}
	return []Picture{{Name: name, About: "the tracker " + name, Figure: fig}}, nil
}

// empty reports whether a panel has nothing to show.
func empty(p draw.Panel) bool {
	c, ok := p.(*draw.Curves)
	return p == nil || ok && len(c.Lines) == 0
}

// families say how the arrays of the trackers of crux are drawn. Those of others are drawn by any.
func families() map[string]func(*measured) []draw.Panel {
	return map[string]func(*measured) []draw.Panel{
		"gradient_norms": func(m *measured) []draw.Panel {
			return []draw.Panel{
				m.curves("gradient norms", "norms", true, m.constraints),
				m.curves("weighted gradient norms", "weighted_norms", true, m.constraints),
			}
		},
		"gradient_alignment": func(m *measured) []draw.Panel {
			return []draw.Panel{m.curves("alignment of the gradients", "alignment", false, nil)}
		},
		"cos_similarity":    (*measured).cosines,
		"residual_stats":    (*measured).residuals,
		"input_sensitivity": (*measured).sensitivity,
		"ntk_spectrum": func(m *measured) []draw.Panel {
			return []draw.Panel{
				m.spectrum("eigenvalues of the tangent kernel", "all_eigvals"),
				m.curves("the largest ones over the steps", "eigvals_topk", true, ordinal),
				m.curves("condition number", "condition_number", true, nil),
			}
		},
		"hessian_spectrum": func(m *measured) []draw.Panel {
			return []draw.Panel{
				m.curves("largest eigenvalues of the Hessian", "eigvals", true, ordinal), m.density(),
				m.curves("sharpness", "sharpness", true, nil),
			}
		},
		"loss_landscape": (*measured).landscapes,
		"error": func(m *measured) []draw.Panel {
			return []draw.Panel{
				m.curves("estimated relative error", "estimated_error", true, m.judged),
				m.curves("residual over its largest term", "residual_share", true, m.constraints),
			}
		},
	}
}

// measured are the arrays of a tracker: what was measured at some steps.
type measured struct {
	run    *Run
	arrays map[string]*npy.Array
	steps  []float64
	none   string // why there is nothing to draw; "" where nothing is to be said
}

func (m *measured) data(name string) []float64 {
	if a := m.arrays[name]; a != nil {
		return a.Data
	}
	return nil
}

// rows are the measurements of an array, nil if it has not one for each step.
func (m *measured) rows(name string) [][]float64 {
	a := m.arrays[name]
	if a == nil || len(a.Shape) == 0 || a.Shape[0] != len(m.steps) || len(a.Data) == 0 {
		return nil
	}
	return slices.Collect(slices.Chunk(a.Data, len(a.Data)/len(m.steps)))
}

// last is the latest measurement of an array, with its shape.
func (m *measured) last(name string) (x []float64, shape []int) {
	rows := m.rows(name)
	if rows == nil {
		return nil, nil
	}
	return rows[len(rows)-1], m.arrays[name].Shape[1:]
}

// when is the step of the latest measurement.
func (m *measured) when() string { return fmt.Sprintf("step %.0f", m.steps[len(m.steps)-1]) }

// constraints names entry k of n.
func (m *measured) constraints(k, n int) string {
	if names := m.run.Solver.Names(); len(names) == n {
		return names[k]
	}
	return ordinal(k, n)
}

// judged names fields, then parameters.
func (m *measured) judged(k, n int) string {
	var names []string
	for _, f := range m.run.Problem.Fields {
		names = append(names, f.Name)
	}
	for _, p := range m.run.Problem.Params {
		names = append(names, p.Path())
	}
	if len(names) == n {
		return names[k]
	}
	return ordinal(k, n)
}

// few measurements are points; a line between them would say what is not known.
const few = 4

func (m *measured) span() draw.Ends { return m.run.span(m.steps) }

func ordinal(k, _ int) string { return fmt.Sprintf("number %d", k+1) }

// curves are the entries of an array over the steps.
func (m *measured) curves(title, array string, log bool, name func(k, n int) string) *draw.Curves {
	c := &draw.Curves{Title: title, X: "step", LogY: log, XEnds: m.span()}
	rows := m.rows(array)
	if rows == nil {
		return c
	}
	n := len(rows[0])
	c.Ordered = n > 3 && name != nil && name(0, n) == ordinal(0, n)
	for k := range n {
		l := draw.Line{X: m.steps}
		for _, r := range rows {
			l.Y = append(l.Y, r[k])
		}
		if name != nil {
			l.Name = name(k, n)
		}
		if len(m.steps) < few {
			l.Stroke = draw.Points
		}
		c.Lines = append(c.Lines, l)
	}
	return c
}

// spectrum are the numbers of an array in falling order, at some of the steps.
func (m *measured) spectrum(title, array string) *draw.Curves {
	c := &draw.Curves{Title: title, X: "number", Y: "eigenvalue", LogX: true, LogY: true, Ordered: true}
	rows := m.rows(array)
	for _, k := range some(len(rows), 5) {
		l := draw.Line{Name: fmt.Sprintf("step %.0f", m.steps[k])}
		values := slices.DeleteFunc(slices.Clone(rows[k]), math.IsNaN)
		slices.Sort(values)
		slices.Reverse(values)
		for i, v := range values {
			l.X, l.Y = append(l.X, float64(i+1)), append(l.Y, v)
		}
		c.Lines = append(c.Lines, l)
	}
	return c
}

// some are at most k of n places, the first and the last among them.
func some(n, k int) []int {
	var list []int
	for i := range min(n, k) {
		list = append(list, i*(n-1)/max(1, min(n, k)-1))
	}
	return list
}

// cosines are the matrix of the latest measurement, and its entries over the steps.
func (m *measured) cosines() []draw.Panel {
	x, shape := m.last("cos_sim_matrix")
	if len(shape) != 2 || shape[0] != shape[1] {
		return nil
	}
	n := shape[0]
	if n == 1 {
		m.none = "there is one constraint, whose gradient has no other to be compared with"
		return nil
	}
	mat := &draw.Matrix{Title: "cosines, " + m.when(), Values: slices.Collect(slices.Chunk(x, n)), Colours: draw.Diverging, Low: -1, High: 1}
	for k := range n {
		mat.Rows = append(mat.Rows, m.constraints(k, n))
	}
	mat.Columns = mat.Rows
	c := &draw.Curves{Title: "cosines over the steps", X: "step", XEnds: m.span()}
	for i := range n {
		for j := i + 1; j < n; j++ {
			l := draw.Line{Name: m.constraints(i, n) + ", " + m.constraints(j, n), X: m.steps}
			for _, r := range m.rows("cos_sim_matrix") {
				l.Y = append(l.Y, r[i*n+j])
			}
			if len(m.steps) < few {
				l.Stroke = draw.Points
			}
			c.Lines = append(c.Lines, l)
		}
	}
	return []draw.Panel{mat, c}
}

// residuals are sizes over the steps, and the latest histogram of each constraint.
func (m *measured) residuals() []draw.Panel {
	indices, names := m.data("indices"), m.run.Solver.Names()
	name := func(k, n int) string {
		if k < len(indices) && int(indices[k]) < len(names) {
			return names[int(indices[k])]
		}
		return ordinal(k, n)
	}
	list := []draw.Panel{m.curves("largest |residual|", "maxes", true, name), m.curves("99th percentile of |residual|", "p99", true, name)}
	edges, _ := m.last("histogram_edges")
	counts, shape := m.last("histogram_counts")
	if len(shape) != 2 || len(edges) != shape[0]*(shape[1]+1) {
		return list
	}
	for k := range shape[0] {
		list = append(list, &draw.Bars{
			Title: fmt.Sprintf("residual of %s, %s", name(k, shape[0]), m.when()), X: "residual", Y: "points", LogY: true,
			Edges: edges[k*(shape[1]+1) : (k+1)*(shape[1]+1)], Counts: counts[k*shape[1] : (k+1)*shape[1]],
		})
	}
	return list
}

// sensitivity are the latest derivatives at their points: dots in the plane of the first two coordinates, or over the only one.
func (m *measured) sensitivity() []draw.Panel {
	values, shape := m.last("values")
	points, size := m.places()
	if len(shape) != 2 || len(size) != 2 || size[0] > shape[0] || size[1] == 0 {
		return nil
	}
	n, d, k := size[0], size[1], shape[1]
	values = values[:n*k]
	coords := m.run.Problem.Coords           // of which the derivatives are, in the order of the file
	along := m.run.Problem.Domain().Coords() // of the points: a shape has time last
	name := func(j int) string {
		if d == len(coords) {
			return coords[j].Name()
		}
		return fmt.Sprintf("input %d", j+1)
	}
	axis := func(j int) string {
		if d == len(along) {
			return m.run.label(along[j])
		}
		return fmt.Sprintf("input %d", j+1)
	}
	var list []draw.Panel
	for c := range k {
		title := fmt.Sprintf("sensitivity, component %d, %s", c+1, m.when())
		if k == d {
			title = fmt.Sprintf("sensitivity to %s, %s", name(c), m.when())
		}
		v := column(values, c, k)
		if d == 1 {
			list = append(list, &draw.Curves{Title: title, X: axis(0), Lines: []draw.Line{{X: points, Y: v, Stroke: draw.Points}}})
			continue
		}
		at := &mesh.Mesh{Dim: 2}
		for i := range n {
			at.X = append(at.X, points[i*d], points[i*d+1])
		}
		list = append(list, &draw.Map{
			Title: title, X: axis(0), Y: axis(1), Mesh: at, Values: v, Colours: draw.Diverging,
			Equal: d == len(along) && m.run.lengths(along[:2]),
		})
	}
	return list
}

// places are the latest points: there is one array of them while they stay, and one for each step where they have moved. Where there have
// been more of them than now, the rest is filled with NaN.
func (m *measured) places() (x []float64, shape []int) {
	if a := m.arrays["points"]; a != nil && len(a.Shape) == 2 {
		return a.Data, a.Shape
	}
	x, shape = m.last("points")
	if at := slices.IndexFunc(x, math.IsNaN); at >= 0 && len(shape) == 2 {
		n := at / shape[1]
		x, shape = x[:n*shape[1]], []int{n, shape[1]}
	}
	return x, shape
}

// density is the spectral density of the Hessian: the mass of each Ritz value, at the latest step.
func (m *measured) density() *draw.Curves {
	c := &draw.Curves{Title: "spectral density, " + m.when(), X: "eigenvalue", Y: "share", LogY: true}
	ritz, _ := m.last("ritz")
	mass, _ := m.last("mass")
	if len(ritz) == 0 || len(ritz) != len(mass) {
		return c
	}
	c.Lines = []draw.Line{{X: ritz, Y: mass, Stroke: draw.Points}}
	if s := common([][]float64{ritz}); s.high > s.low {
		c.XEnds = wider(draw.Ends{s.low, s.high}) // no dot is cut by the frame
	}
	return c
}

// landscapes are the latest loss around the parameters, in all and by constraint.
func (m *measured) landscapes() []draw.Panel {
	axis := m.data("axis")
	n := len(axis)
	if n < 2 {
		return nil
	}
	plane := mesh.New([][]float64{axis, axis}, nil)
	picture := func(title string, loss []float64) draw.Panel {
		return &draw.Map{
			Title: title, X: "along d₁", Y: "along d₂", Mesh: plane, Values: loss, Log: true, Equal: true,
			Dots: []draw.Dots{{X: []float64{0}, Y: []float64{0}, Size: 3}},
		}
	}
	var list []draw.Panel
	if all, _ := m.last("landscapes"); len(all) == n*n {
		list = append(list, picture("training loss, "+m.when(), all))
	}
	if each, shape := m.last("constraint_landscapes"); len(shape) == 3 && shape[1] == n && shape[0] > 1 {
		for k := range shape[0] {
			list = append(list, picture("loss of "+m.constraints(k, shape[0]), each[k*n*n:(k+1)*n*n]))
		}
	}
	return list
}

// any draws whatever has a few numbers for each step.
func (m *measured) any() []draw.Panel {
	var list []draw.Panel
	const many = 12
	for _, name := range slices.Sorted(maps.Keys(m.arrays)) {
		if rows := m.rows(name); name != "epochs" && rows != nil && len(rows[0]) <= many {
			label := m.constraints
			if len(rows[0]) == 1 {
				label = nil
			}
			list = append(list, m.curves(strings.ReplaceAll(name, "_", " "), name, false, label))
		}
	}
	return list
}
