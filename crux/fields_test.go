package crux_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
)

// A problem whose fields stand for something is the one that writes it out, to the bit: in training, in what is evaluated, after a
// resume, in windows of time.
func TestFields(t *testing.T) {
	for _, windows := range []bool{false, true} {
		type of struct {
			solver *crux.Solver
			u, v   ph.Expr
			box    *domain.Box
		}
		build := func(written bool) of {
			tt, x := ph.Coords2("t", "x")
			box := domain.NewBox(domain.In(tt, 0, 1), domain.In(x, 0, 1))
			f, w := ph.NewField("f", net.MLP{Hidden: []int{5}, Out: 2}, tt, x), ph.NewField("w", net.MLP{Hidden: []int{4}}, tt, x)
			var fields map[*ph.Field]ph.Expr
			var u, v, q ph.Expr = f.Index(0), f.Index(1), w
			g := x.Mul(f.Index(0))
			h := tt.Mul(w).Add(g) // depends on another one that stands for something
			if written {
				u, q = g, h
			} else {
				fields = map[*ph.Field]ph.Expr{f: ph.Concat(g, v), w: tt.Mul(w).Add(f.Index(0))}
			}
			o := crux.Options{Seed: 3, Method: &optim.Adam{}}
			if windows {
				o.Windows = &crux.Windows{Coord: tt, Count: 2, Steps: 4}
			}
			s, err := crux.New(crux.Problem{Name: "p", Fields: fields, Constraints: []crux.Constraint{
				{Name: "a", Residual: u.D(tt).Sub(v.D(x, x)).Add(q), On: box.Interior(20)},
				{Name: "b", Residual: q.D(tt).Add(v.Mul(u)), On: box.Interior(20), MeasureScale: true},
				{Name: "c", Residual: u.At(x, 1).Sub(ph.Sin(tt)), On: box.Interior(10)},
			}}, o)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { s.Close() })
			return of{s, u, ph.Concat(v, q, u.D(x)), box}
		}
		a, b := build(false), build(true)
		for _, k := range []of{a, b} {
			if _, err := k.solver.Solve(context.Background(), 3); err != nil {
				t.Fatal(err)
			}
		}
		st, err := a.solver.State()
		if err != nil {
			t.Fatal(err)
		}
		c := build(false)
		if err := c.solver.SetState(st); err != nil {
			t.Fatal(err)
		}
		for _, k := range []of{a, b, c} {
			if _, err := k.solver.Solve(context.Background(), 5); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(k.solver.Theta(), a.solver.Theta()) {
				t.Errorf("windows %v: other parameters", windows)
			}
			for i, e := range []ph.Expr{k.u, k.v} {
				m, err := k.solver.Eval(e, k.box.Grid(5))
				if err != nil {
					t.Fatal(err)
				}
				w, err := a.solver.Eval([]ph.Expr{a.u, a.v}[i], a.box.Grid(5))
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(m.RawMatrix().Data, w.RawMatrix().Data) {
					t.Errorf("windows %v: other values of %v", windows, e)
				}
			}
		}
		scale := a.solver.Constraint(1).Scale
		if list, err := a.solver.Scales(); err != nil || list[1].By != scale || scale == 1 || a.solver.Constraint(0).Scale != 1 {
			t.Errorf("scales %v, %v", list, err)
		}
	}
}

// What was measured is the root mean square of the residual at step 0, to three digits; of a residual that vanishes it is 1.
func TestMeasureScale(t *testing.T) {
	_, y, line, p := decay()
	p.Constraints[0].MeasureScale = true
	p.Constraints = append(p.Constraints, crux.Constraint{Name: "nothing", Residual: y.Sub(y), On: line.Interior(5), MeasureScale: true})
	s := newSolver(t, p, crux.Options{})
	list, err := s.Scales()
	if err != nil {
		t.Fatal(err)
	}
	if rel := math.Abs(list[0].By/list[0].RMS - 1); rel > 5e-3 || rel == 0 || list[2].By != 1 {
		t.Errorf("%+v", list)
	}
	p.Constraints[0].Scale = 2
	if _, err := crux.New(p, crux.Options{}); err == nil || !strings.Contains(err.Error(), "leave out one of the two") {
		t.Errorf("given and measured: %v", err)
	}
	p.Constraints[0].Scale, p.Constraints[0].Residual = 0, ph.Sqrt(y.Shift(-1e9))
	if _, err := crux.New(p, crux.Options{}); err == nil || !strings.Contains(err.Error(), `constraint "ode": its size at step 0 is NaN`) {
		t.Errorf("no number: %v", err)
	}
}

func TestFieldsMistakes(t *testing.T) {
	tt := ph.NewCoord("t")
	line := domain.NewInterval(tt, 0, 1)
	u, v := ph.NewField("u", net.MLP{Hidden: []int{3}}, tt), ph.NewField("v", net.MLP{Hidden: []int{3}, Out: 2}, tt)
	for _, c := range []struct {
		fields map[*ph.Field]ph.Expr
		want   string
	}{
		{map[*ph.Field]ph.Expr{u: nil}, "nothing for u"},
		{map[*ph.Field]ph.Expr{v: u}, "1 components for v, which has 2"},
		{map[*ph.Field]ph.Expr{u: v.Index(0).Add(u), v: ph.Concat(u, u)}, "contains itself by way of"},
		{map[*ph.Field]ph.Expr{u: u.Add(v)}, "components"},
	} {
		_, err := crux.New(crux.Problem{Fields: c.fields, Constraints: []crux.Constraint{
			{Residual: ph.Concat(u.D(tt), v), On: line.Interior(5)},
		}}, crux.Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v", c.want, err)
		}
	}
}
