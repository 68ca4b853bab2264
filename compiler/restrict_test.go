package compiler_test

import (
	"fmt"
	"testing"

	"github.com/crux-pinn/crux/compiler"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// What a restricted program computes are the selected blocks of what the whole one does, also after the frozen parameters
// have changed.
func TestRestrictedProgram(t *testing.T) {
	for _, c := range []struct {
		name  string
		mask  ph.Selector
		ahead bool // whether some values depend on frozen parameters alone
	}{
		{"all", nil, false},
		{"output layers", ph.Paths("u/layer2", "flow/layer1"), true},
		{"one bias", ph.Paths("u/layer1/bias"), true},
		{"first layer", ph.Paths("u/layer0"), true}, // flow is frozen as a whole
		{"parameter", ph.Paths("kappa"), true},
	} {
		for _, ahead := range []bool{false, true} {
			for _, single := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s,ahead=%v,single=%v", c.name, ahead, single), func(t *testing.T) {
					tol := 1e-12
					if single {
						tol = 2e-4
					}
					w := newWorld()
					g := w.system()
					whole := w.compile(t, compiler.TraceCompiler{}, g, w.batch(150, 1))
					layout, err := whole.p.Layout().Restrict(c.mask)
					if err != nil {
						t.Fatal(err)
					}
					part := w.compile(t, compiler.TraceCompiler{Layout: layout, Ahead: ahead, Single: single}, g, w.batch(150, 1))
					if got, plain := part.p.Ahead(), whole.p.Ahead(); (got > plain) != (ahead && c.ahead) {
						t.Errorf("%d numbers ahead for each point, %d without frozen parameters", got, plain)
					}
					for range 2 {
						whole.theta = perturbed(whole.theta)
						compareRestricted(t, whole, part, layout, tol)
					}
				})
			}
		}
	}
}

func compareRestricted(t *testing.T, whole, part *run, layout *compiler.Layout, tol float64) {
	t.Helper()
	n, m, k := len(whole.theta), layout.Len(), whole.p.Len()
	fixed, scratch := make([]float64, layout.FixedLen()), make([]float64, layout.FixedLen())
	copy(fixed, whole.fixed)
	split := func(v []float64) []float64 {
		p := make([]float64, m)
		layout.Split(p, scratch, v)
		return p
	}
	theta := make([]float64, m)
	layout.Split(theta, fixed, whole.theta)
	if err := part.p.SetPoints(part.b, fixed); err != nil {
		t.Fatal(err)
	}
	check := func(what string, got, want []float64, err ...error) {
		t.Helper()
		for _, e := range err {
			if e != nil {
				t.Fatal(e)
			}
		}
		if e := relative(got, want); !(e <= tol) {
			t.Errorf("%s: relative error %.2e", what, e)
		}
	}
	w := make([]float64, k)
	for i := range w {
		w[i] = 0.5 + float64(i)
	}
	a, b := make([]float64, k), make([]float64, k)
	check("losses", a, b, part.p.Losses(a, theta, fixed), whole.p.Losses(b, whole.theta, whole.fixed))
	ga, gb := make([]float64, m), make([]float64, n)
	check("losses of the gradient", a, b, part.p.Gradient(ga, theta, fixed, w, a), whole.p.Gradient(gb, whole.theta, whole.fixed, w, b))
	check("gradient", ga, split(gb))
	v, vWhole := make([]float64, m), make([]float64, n)
	for i := range v {
		v[i] = float64(i%7) - 3
	}
	layout.Join(vWhole, v)
	ha, hb := make([]float64, m), make([]float64, n)
	check("product", ha, ha, part.p.HVP(ha, theta, fixed, w, v), whole.p.HVP(hb, whole.theta, whole.fixed, w, vWhole))
	check("product", ha, split(hb))
	for i := range k {
		rows := part.p.Points() * part.p.Dim(i)
		ja, jb := make([]float64, rows*m), make([]float64, rows*n)
		check("Jacobian", ja, ja, part.p.Jacobian(i, ja, theta, fixed), whole.p.Jacobian(i, jb, whole.theta, whole.fixed))
		var want []float64
		for r := range rows {
			want = append(want, split(jb[r*n:(r+1)*n])...)
		}
		check("Jacobian", ja, want)
	}
}

func TestRestrictSelectsSomething(t *testing.T) {
	w := newWorld()
	r := w.compile(t, compiler.TraceCompiler{}, w.system(), w.batch(5, 1))
	if _, err := r.p.Layout().Restrict(ph.Paths("v")); err == nil {
		t.Error("no error for a selection of nothing")
	}
}

// The gradients of a restricted program cost a part of those of the whole one, what it computes ahead for the points included:
// of the output layer one forward sweep for all residuals, of the first layer all but the products for the other weights.
func TestRestrictedGradientsCostLess(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	u := ph.NewField("u", net.MLP{Hidden: []int{32, 32, 32}}, x, y)
	g := compiler.Group{
		Name: "shared", Coords: []*ph.Coord{x, y}, Bounds: map[*ph.Coord][2]float64{x: {0, 1}, y: {0, 1}},
		Residuals: []compiler.Residual{{Name: "pde", Expr: ph.Laplacian(u, x, y)}, {Name: "data", Expr: u}, {Name: "slope", Expr: u.D(x)}},
	}
	compiled := func(c compiler.TraceCompiler) *compiler.Program {
		p, err := c.Compile(g)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { p.Close() })
		return p
	}
	flops := func(p *compiler.Program) float64 {
		n, err := p.GradientFlops()
		if err != nil {
			t.Fatal(err)
		}
		m, err := p.AheadFlops()
		if err != nil {
			t.Fatal(err)
		}
		return float64(n + m)
	}
	whole := compiled(compiler.TraceCompiler{})
	for _, c := range []struct {
		name string
		mask ph.Selector
		most float64 // of the whole
	}{
		{"output layer", u.LastLayer(), 0.25}, {"last two layers", ph.Paths("u/layer2", "u/layer3"), 0.6}, {"first layer", ph.Paths("u/layer0"), 0.75},
	} {
		layout, err := whole.Layout().Restrict(c.mask)
		if err != nil {
			t.Fatal(err)
		}
		part := compiled(compiler.TraceCompiler{Layout: layout, Ahead: true})
		got := flops(part) / flops(whole)
		t.Logf("%s: %.2f of the operations", c.name, got)
		if got > c.most {
			t.Errorf("%s: %.2f of the operations, want at most %.2f", c.name, got, c.most)
		}
	}
}
