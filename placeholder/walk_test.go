package placeholder_test

import (
	"runtime/debug"
	"slices"
	"testing"

	ph "github.com/crux-pinn/crux/placeholder"
	"pgregory.net/rapid"
)

// TestWalk: operands come first and shared ones once, what is not entered stays out, and a loop may end early.
func TestWalk(t *testing.T) {
	w := newWorld()
	shared := ph.Sin(w.x)
	e := shared.Mul(shared).Add(w.u.D(w.t))
	ops := func(into func(ph.Expr) bool) (list []ph.Op) {
		for part := range ph.Walk(e, into) {
			list = append(list, part.Op())
		}
		return list
	}
	if got := ops(nil); !slices.Equal(got, []ph.Op{ph.OpCoord, ph.OpUnary, ph.OpMul, ph.OpField, ph.OpD, ph.OpAdd}) {
		t.Errorf("walked %v", got)
	}
	neither := func(e ph.Expr) bool { return e.Op() != ph.OpMul && e.Op() != ph.OpD }
	if got := ops(neither); !slices.Equal(got, []ph.Op{ph.OpMul, ph.OpD, ph.OpAdd}) {
		t.Errorf("walked %v without products and derivatives", got)
	}
	for part := range ph.Walk(e, nil) {
		if part.Op() != ph.OpCoord {
			t.Errorf("a loop went on to %v", part)
		}
		break
	}
	for range ph.Walk(nil, nil) {
		t.Error("nil has parts")
	}
	for part := range ph.Walk(w.x.Add(nil), nil) {
		if part == nil {
			t.Error("a part is nil")
		}
	}
}

// TestDeepExpressions: no traversal recurses, for which the stack would not suffice, nor does one visit again what is shared, as in
// this sum of 2^100000 terms.
func TestDeepExpressions(t *testing.T) {
	defer debug.SetMaxStack(debug.SetMaxStack(1 << 20))
	w := newWorld()
	const depth = 100_000
	n := ph.Const(0)
	var e ph.Expr = w.x
	for range depth {
		e = e.Add(e)
	}
	if free := ph.FreeCoords(e); len(free) != 1 || !free[w.x] {
		t.Errorf("depends on %v", free)
	}
	if ph.Contains(e, func(part ph.Expr) bool { return part == n }) {
		t.Error("contains a stranger")
	}
	r := ph.Replace(e, func(part ph.Expr) ph.Expr {
		if part.Op() == ph.OpCoord {
			return w.y
		}
		return nil
	})
	if free := ph.FreeCoords(r); len(free) != 1 || !free[w.y] {
		t.Errorf("depends on %v after a replacement", free)
	}
	got := ph.Fold(e, func(_ ph.Expr, operands []int) int {
		if len(operands) == 0 {
			return 0
		}
		return 1 + slices.Max(operands)
	})
	if got != depth {
		t.Errorf("%d deep", got)
	}
}

// TestFreeCoords: what is put in the place of a coordinate counts where that coordinate does, and what is bound does not.
func TestFreeCoords(t *testing.T) {
	w := newWorld()
	s := ph.NewCoord("s")
	instead := func(e, of, new ph.Expr) ph.Expr { // leaves a substitution in place that has lost its effect
		return ph.Replace(e, func(part ph.Expr) ph.Expr {
			if part.Attr() == of.Attr() {
				return new
			}
			return nil
		})
	}
	for _, c := range []struct {
		e    ph.Expr
		want []*ph.Coord
	}{
		{w.u, []*ph.Coord{w.t, w.x}},
		{w.u.D(w.t), []*ph.Coord{w.t, w.x}},
		{w.u.At(w.t, 0), []*ph.Coord{w.x}},
		{w.u.Subst(w.t, s), []*ph.Coord{w.x, s}},
		{w.u.Subst(w.t, ph.Sin(w.x)), []*ph.Coord{w.x}},
		{w.u.Subst(w.t, w.t.Add(s)), []*ph.Coord{w.t, w.x, s}},
		{w.u.Subst(w.y, s), []*ph.Coord{w.t, w.x}},
		{instead(w.u.Subst(w.t, s), w.u, ph.Sin(w.x)), []*ph.Coord{w.x}},
		{instead(w.u.Subst(w.t, s).Mul(s), w.u, ph.Sin(w.x)), []*ph.Coord{w.x, s}},
		{w.u.Subst(w.t, s).Subst(s, w.y), []*ph.Coord{w.x, w.y}},
		{ph.Integrate(w.u.Subst(w.t, s), s, w.y, ph.Const(1), 2), []*ph.Coord{w.x, w.y}},
		{ph.Integrate(w.u, w.x, ph.Const(0), w.x, 2), []*ph.Coord{w.t, w.x}},
		{ph.Integrate(w.u, w.x, ph.Const(0), ph.Const(1), 2).Subst(w.x, s), []*ph.Coord{w.t}},
		{w.env.Names["h"], []*ph.Coord{w.t, w.x}},
		{ph.Column("u_obs").Mul(ph.Normal(w.x)), nil},
	} {
		free := ph.FreeCoords(c.e)
		for _, x := range []*ph.Coord{w.t, w.x, w.y, w.theta, s} {
			if free[x] != slices.Contains(c.want, x) {
				t.Errorf("%v depends on %s: %v", c.e, x.Name(), free[x])
			}
		}
	}
}

// TestFreeCoordsMatter: no value changes with a coordinate on which it does not depend.
func TestFreeCoordsMatter(t *testing.T) {
	w := newWorld()
	rapid.Check(t, func(r *rapid.T) {
		e := w.scalar(r, rapid.IntRange(1, 3).Draw(r, "depth"))
		free := ph.FreeCoords(e)
		before := w.eval(t, e)
		for c, at := range w.point.Coords {
			if !free[c] {
				w.point.Coords[c] = at + 0.125
				after := w.eval(t, e)
				w.point.Coords[c] = at
				if !same(before, after) {
					r.Fatalf("%v changes with %s", e, c.Name())
				}
			}
		}
	})
}

// TestOrder counts derivatives along t of u by hand.
func TestOrder(t *testing.T) {
	w := newWorld()
	tt, x, u := w.t, w.x, w.u
	s := ph.NewCoord("s")
	for _, c := range []struct {
		e    ph.Expr
		want int
	}{
		{x, -1},
		{u, 0},
		{u.D(x, x), 0},
		{u.D(tt, tt).Add(u), 2},
		{ph.Sin(u.D(tt)).D(x, tt), 2},
		{w.env.Names["h"].D(tt), 1},
		// at a fixed time there is no derivative along time, wherever along other coordinates
		{u.D(tt, tt).At(tt, 0), -1},
		{u.D(tt, tt).Subst(tt, w.kappa), -1},
		{u.D(tt, tt).At(tt, 0).Add(u.D(tt)), 1},
		{u.D(tt).At(x, 0), 1},
		{u.D(tt).Subst(x, s).At(s, 1), 1},
		{u.Subst(tt, s).At(s, 1), -1},
		// the time of another place or of an earlier time is no fixed one
		{u.D(tt).Subst(tt, x), 1},
		{u.D(tt).Subst(tt, tt.Shift(-1)), 1},
		// the chain rule
		{u.Subst(tt, tt.Scale(2)).D(tt, tt), 2},
		{u.Subst(tt, x.Scale(2)).D(x), 1},
		{u.Subst(tt, x.Scale(2)).D(tt), 0},
		{u.Subst(x, tt).D(tt), 1},
		{u.At(tt, 0).D(x), -1},
		{u.Subst(x, u.D(tt)), 1},
		// d/dt of an integral over time is what stands in it
		{ph.Integrate(u.Subst(tt, s), s, ph.Const(0), tt, 2).D(tt), 0},
		{ph.Integrate(u.D(tt).Subst(tt, s), s, ph.Const(0), tt, 2), 1},
	} {
		got := ph.Order(c.e, tt, func(part ph.Expr) (is, inside bool) { return part.Attr() == any(u), true })
		if got != c.want {
			t.Errorf("%v is of order %d in t, want %d", c.e, got, c.want)
		}
	}
}
