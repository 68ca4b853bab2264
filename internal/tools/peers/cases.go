package main

import (
	"fmt"
	"math"
	"slices"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// row is one comparison: a residual on points of [−1, 1]^d, where networks take coordinates as they are.
type row struct {
	name     string
	pde      string // as in jax_peer.py
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
	add(row{pde: "biharmonic", in: 2, hidden: stack(32, 3), out: 1, points: 2048, target: 2, variants: []string{"jet", "nested", "jet512", "nested512"}})
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

// problem states the row as a user of crux would. source is the closed form that the residual contains, at a point.
func (r row) problem() (p crux.Problem, source func(x []float64) float64) {
	act := map[string]net.Activation{"tanh": net.Tanh, "sin": net.Sin, "gelu": net.GELU}[r.act]
	var xs []*ph.Coord
	var axes []domain.Axis
	for i := range r.in {
		x := ph.NewCoord(fmt.Sprint("x", i))
		xs, axes = append(xs, x), append(axes, domain.In(x, -1, 1))
	}
	u := ph.NewField("u", net.MLP{Hidden: r.hidden, Out: r.out, Act: act, Raw: true}, xs...)
	waves := ph.Expr(ph.Const(1))
	for _, x := range xs {
		waves = waves.Mul(ph.Sin(x.Scale(math.Pi)))
	}
	product := func(scale float64) func([]float64) float64 {
		return func(x []float64) float64 {
			v := scale
			for _, c := range x {
				v *= math.Sin(math.Pi * c)
			}
			return v
		}
	}
	source = product(0)
	var residuals []ph.Expr
	switch r.pde {
	case "poisson":
		c := float64(r.in) * math.Pi * math.Pi
		residuals, source = []ph.Expr{ph.Laplacian(u, xs...).Add(waves.Scale(c))}, product(c)
	case "burgers":
		residuals = []ph.Expr{u.D(xs[0]).Add(u.Mul(u.D(xs[1]))).Sub(u.D(xs[1], xs[1]).Scale(0.01 / math.Pi))}
	case "allen_cahn":
		residuals = []ph.Expr{u.D(xs[0]).Sub(u.D(xs[1], xs[1]).Scale(1e-4)).Add(u.Mul(u).Mul(u).Scale(5)).Sub(u.Scale(5))}
	case "navier_stokes":
		a, b, q := u.Index(0), u.Index(1), u.Index(2)
		for k, v := range []ph.Expr{a, b} {
			residuals = append(residuals, ph.Advect([]ph.Expr{a, b}, v, xs...).Add(q.D(xs[k])).Sub(ph.Laplacian(v, xs...).Scale(0.025)))
		}
		residuals = append(residuals, a.D(xs[0]).Add(b.D(xs[1])))
	case "biharmonic":
		x, y := xs[0], xs[1]
		c := 4 * math.Pow(math.Pi, 4)
		residuals = []ph.Expr{u.D(x, x, x, x).Add(u.D(x, x, y, y).Scale(2), u.D(y, y, y, y)).Sub(waves.Scale(c))}
		source = product(c)
	}
	on := domain.NewBox(axes...).Interior(r.points)
	p = crux.Problem{Name: r.pde}
	for i, e := range residuals {
		p.Constraints = append(p.Constraints, crux.Constraint{Name: fmt.Sprint("r", i), Residual: e, On: on})
	}
	return p, source
}
