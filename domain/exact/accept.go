package exact

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	ph "github.com/crux-pinn/crux/placeholder"
)

// try adds a condition if all that have been accepted, and itself, then hold. Otherwise nothing changes, and the error says why.
func (f *frame) try(c Condition, u unknown) error {
	switch {
	case f.err != nil:
		return f.err
	case c.Residual == nil:
		return errors.New("it has no residual")
	case c.Residual.Err() != nil:
		return c.Residual.Err()
	case c.Residual.Dim() != 1:
		return fmt.Errorf("it has %d components; give each its own condition", c.Residual.Dim())
	case !ph.Mentions(c.Residual, u.field):
		return errors.New("it does not contain the function")
	}
	if p, err := f.pairIn(c); p != nil {
		if err != nil {
			return err
		}
		return f.tryPeriodic(c.Name, p, u)
	}
	pieces, err := f.covers(c.On)
	if err != nil {
		return err
	}
	g := *f
	g.ends = map[int]*[2]end{}
	for i, e := range f.ends {
		both := *e
		g.ends[i] = &both
	}
	g.held = slices.Clone(f.held)
	b := built{name: c.Name}
	var sect *sector
	for _, k := range pieces {
		p := f.pieces[k]
		var normals map[*ph.Coord]float64
		if p.axis >= 0 {
			normals = f.noNormal()
			normals[f.coords[p.axis]] = float64(2*p.side - 1)
		}
		var lead ph.Expr
		form, ok := affine{}, false
		if p.axis >= 0 {
			form, ok = split(c.Residual, u, normals)
		} else {
			form, lead, ok = f.sideForm(c.Residual, u, p.part)
		}
		if !ok {
			return errors.New("it is not a combination a*u + b*du/dn = h of the function and one normal derivative with given a, b and h")
		}
		maps.DeleteFunc(form.b, func(_ *ph.Coord, e ph.Expr) bool { return zero(e) })
		b.at = append(b.at, hold{k, form, lead})
		if p.axis < 0 {
			if len(form.b) > 0 {
				if err := g.onSide(k, form, lead, f.all); err != nil {
					return err
				}
				continue
			}
			if zero(form.a) {
				return fmt.Errorf("on %s the function drops out of it", f.describe(k))
			}
			if slices.ContainsFunc(g.held, func(s sector) bool { return slices.Contains(s.parts, p.part) }) {
				return fmt.Errorf("%s has a value already", f.describe(k))
			}
			if sect == nil {
				sect = &sector{name: c.Name, value: value(form)}
			}
			sect.parts = append(sect.parts, p.part)
			continue
		}
		if err := g.onFace(k, form); err != nil {
			return err
		}
	}
	if sect != nil {
		for _, other := range g.held {
			if !g.all && f.meet(*sect, other) && !f.same(sect.value, other.value) {
				return &cornerError{other.name}
			}
		}
		g.held = append(g.held, *sect)
	}
	if n := g.conditioned(); n > mostAxes {
		return fmt.Errorf("conditions along %d axes, joined, have 3^%d terms; up to %d axes are built in", n, n, mostAxes)
	}
	g.done = append(slices.Clone(f.done), b)
	if err := g.check(c.Name, f); err != nil {
		return err
	}
	*f = g
	return nil
}

// mostAxes is the largest number of axes along which conditions are built in: each axis corrects at both ends what the axes before have
// given, which makes three terms of one. Four axes take a second to build and check, six 20, ten do not come to an end.
const mostAxes = 4

// conditioned is the number of axes with conditions whose data do not vanish: zeros are a factor, and cost nothing.
func (f *frame) conditioned() int {
	n := 0
	for _, e := range f.ends {
		if slices.ContainsFunc(e[:], func(x end) bool { return x.flux != nil || !zero(x.value) }) {
			n++
		}
	}
	return n
}

// onFace notes a condition on a face.
func (f *frame) onFace(k int, form affine) error {
	p := f.pieces[k]
	c := f.coords[p.axis]
	e := &f.ends[p.axis][p.side]
	for d := range form.b {
		if d != c {
			return fmt.Errorf("on %s it has a derivative along the face", f.describe(k))
		}
	}
	switch at := [2]float64{f.lo[p.axis], f.hi[p.axis]}[p.side]; {
	case form.b[c] == nil && zero(form.a):
		return fmt.Errorf("on %s the function drops out of it", f.describe(k))
	case form.b[c] == nil && e.value != nil:
		return fmt.Errorf("%s has a value already", f.describe(k))
	case form.b[c] == nil:
		e.value = fixedAt(value(form), c, at)
	case e.flux != nil:
		return fmt.Errorf("%s has a derivative already", f.describe(k))
	default:
		e.flux = &flux{fixedAt(form.a, c, at), fixedAt(form.rest, c, at), map[*ph.Coord]ph.Expr{c: fixedAt(form.b[c], c, at)}}
	}
	return nil
}

// value is u of a·u + rest = 0.
func value(f affine) ph.Expr {
	if zero(f.rest) {
		return ph.Const(0)
	}
	return affine{rest: f.rest}.times(ph.Const(-1), ph.OpMul).times(f.a, divisor(f.a)).rest
}

// divisor leaves a division by 1 out.
func divisor(a ph.Expr) ph.Op {
	if isConst(a, 1) {
		return ph.OpMul
	}
	return ph.OpDiv
}
