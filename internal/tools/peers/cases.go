package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/crux-pinn/crux/internal/problemfile"
)

// row is one comparison: a residual on points of [−1, 1]^d, where networks take coordinates as they are.
type row struct {
	name     string
	pde      string // as in jax_peer.py and equations
	work     string // step, hvp, jacobian, jtj or kernel
	in, out  int
	hidden   []int
	act      string
	points   int
	single   bool
	target   float64  // least ratio against the tuned variants
	users    float64  // least ratio against what users write
	variants []string // of jax_peer.py, tuned by hand
}

func (r row) precision() string {
	if r.single {
		return "f32"
	}
	return "f64"
}

func (r row) sizes() []int { return append(append([]int{r.in}, r.hidden...), r.out) }

// rows are the comparisons that issue 4 names.
func rows() []row {
	second := func(n int, pde string) []string {
		v := []string{"sep", "stack"}
		if pde != "poisson" { // where it has all coordinates, the forward Laplacian is cheaper than one jet for each
			v = append(v, "jet", "nested")
		}
		for _, c := range []int{512, 1024} {
			if n > c && n%c == 0 {
				v = append(v, fmt.Sprint("sep", c))
			}
		}
		if n%500 == 0 {
			v = append(v, "sep500", "sep1000")
		}
		return v
	}
	var rs []row
	add := func(r row) {
		shape := fmt.Sprintf("%d-%d×%d-%d", r.in, r.hidden[0], len(r.hidden), r.out)
		for _, single := range []bool{false, true} {
			r := r
			r.single = single
			if r.work == "" {
				r.work = "step"
			}
			if r.act == "" {
				r.act = "tanh"
			}
			if r.variants == nil {
				r.variants = second(r.points, r.pde)
			}
			name := r.pde
			if r.act != "tanh" {
				name += " " + r.act
			}
			if r.work != "step" {
				name += " " + r.work
			}
			r.name = fmt.Sprintf("%s %s N=%d %s", name, shape, r.points, r.precision())
			rs = append(rs, r)
		}
	}
	for _, depth := range []int{3, 4} {
		for _, n := range []int{256, 1024, 8192} {
			add(row{pde: "poisson", in: 2, hidden: stack(64, depth), out: 1, points: n, target: 2})
		}
	}
	add(row{pde: "burgers", in: 2, hidden: stack(20, 8), out: 1, points: 10000, target: 2})
	add(row{pde: "navier_stokes", in: 2, hidden: stack(64, 4), out: 3, points: 4096, target: 2})
	add(row{
		pde: "biharmonic", in: 2, hidden: stack(32, 3), out: 1, points: 2048, target: 2,
		variants: []string{"jet", "nested", "jet512", "nested512"},
	})
	for _, act := range []string{"sin", "gelu"} {
		add(row{pde: "allen_cahn", in: 2, hidden: stack(64, 4), out: 1, act: act, points: 4096, target: 2})
	}
	add(row{pde: "poisson", in: 5, hidden: stack(64, 3), out: 1, points: 1024, target: 2})
	add(row{pde: "poisson", work: "hvp", in: 2, hidden: stack(64, 3), out: 1, points: 1024, target: 1.5, variants: []string{"sep", "stack"}})
	for _, width := range []int{20, 46} { // 921 and 4509 parameters
		for _, work := range []string{"jacobian", "jtj", "kernel"} { // J, JᵀJ and JJᵀ
			add(row{pde: "poisson", work: work, in: 2, hidden: stack(width, 3), out: 1, points: 1024, target: 1.5, variants: []string{"sep"}})
		}
	}
	for i := range rs {
		if rs[i].pde == "poisson" && rs[i].work == "step" && rs[i].in == 2 {
			rs[i].users = 6
			if rs[i].single {
				rs[i].users = 8
			}
		}
	}
	return rs
}

func stack(width, depth int) []int { return slices.Repeat([]int{width}, depth) }

// equations are the residuals, and what stands for f in them.
var equations = map[string]struct {
	residuals []string
	f         string
}{
	"poisson":    {[]string{"laplacian(u) + f"}, "%d*pi^2"},
	"burgers":    {[]string{"u_x + u*u_y - 0.01/pi*u_yy"}, ""},
	"allen_cahn": {[]string{"u_x - 1e-4*u_yy + 5*u*u*u - 5*u"}, ""},
	"navier_stokes": {[]string{
		"u*u_x + v*u_y + p_x - 0.025*laplacian(u)", "u*v_x + v*v_y + p_y - 0.025*laplacian(v)", "u_x + v_y",
	}, ""},
	"biharmonic": {[]string{"u_xxxx + 2*u_xxyy + u_yyyy - f"}, "4*pi^4"},
}

// problem states the row as a user of crux would.
func (r row) problem() (*problemfile.Problem, error) {
	e := equations[r.pde]
	var axes, residuals []string
	f := "0"
	if e.f != "" {
		f = strings.ReplaceAll(e.f, "%d", fmt.Sprint(r.in))
	}
	for i := range r.in {
		x := string("xyzvw"[i])
		axes, f = append(axes, x+": [-1, 1]"), f+"*sin(pi*"+x+")"
	}
	for i, text := range e.residuals {
		residuals = append(residuals, fmt.Sprintf("r%d: %q", i, text))
	}
	field := "u: {"
	if r.out > 1 {
		field = "flow: {out: [u, v, p], "
	}
	hidden := strings.ReplaceAll(fmt.Sprint(r.hidden), " ", ", ")
	return read(fmt.Sprintf("coords: {%s}\nfields: {%shidden: %s, activation: %s, raw: true}}\ndefine: {f: %q}\n"+
		"constraints: {on: {residual: {%s}, points: %d, resample: 0}}\n",
		strings.Join(axes, ", "), field, hidden, r.act, f, strings.Join(residuals, ", "), r.points), r.single)
}

// read reads a problem that leaves nothing to crux and is trained by Adam for as long as it takes.
func read(text string, single bool) (*problemfile.Problem, error) {
	precision := "float64"
	if single {
		precision = "float32"
	}
	return problemfile.Parse("peers.yaml", []byte("problem: peers\n"+text+
		"hard: none\nscale: none\nseed: 7\noptimizer: {adam: {}, steps: 1000000}\nprecision: "+precision+"\n"), "", nil)
}
