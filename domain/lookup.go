package domain

import (
	"fmt"
	"math"
	"slices"
	"sort"

	ph "github.com/crux-pinn/crux/placeholder"
	"gonum.org/v1/gonum/interp"
	"gonum.org/v1/gonum/mat"
)

// Interpolation says what a function is between the values that are given.
type Interpolation int

// The kinds of interpolation.
const (
	Cubic  Interpolation = iota // the cubic spline with two continuous derivatives, not-a-knot at the ends
	Linear                      // straight lines: kinks at the values
)

// Lookup is a function of one or two arguments that is given by values on a grid, such as a coefficient that has been measured. Between
// two arguments it is the tensor product of its interpolations. It has derivatives of every order: exact ones of the pieces, and those of
// the piece above where two meet.
type Lookup struct {
	name  string
	axes  [][]float64
	terms [][]*ph.Unary // the function is the sum of their products, one function for each argument
}

// Interpolate makes a function of the coordinates of a data set from one of its columns. The points must form a grid, in any order: for two
// coordinates, every value of one with every value of the other. The spacing may be uneven, and there are at least two values along each. A
// column without a value somewhere is an error.
func Interpolate(p *Points, column string, how Interpolation) (*Lookup, error) {
	wrong := func(format string, a ...any) (*Lookup, error) {
		return nil, fmt.Errorf("domain: column %s: %s", column, fmt.Sprintf(format, a...))
	}
	c, err := p.Draw(nil)
	if err != nil {
		return nil, err
	}
	values := c.Columns[column]
	switch d := len(c.Coords); {
	case how != Cubic && how != Linear:
		return wrong("there is no interpolation %d; take domain.Cubic or domain.Linear", how)
	case values == nil:
		return wrong("the data have none of this name; they have %v", p.Columns())
	case d > 2:
		return wrong("a table is a function of one argument or of two, not of %d (%s)", d, names(c.Coords))
	}
	if i := slices.IndexFunc(values, math.IsNaN); i >= 0 {
		return wrong("it has no value at point %d; a table is without gaps", i+1)
	}
	t := &Lookup{name: column}
	size := 1
	for j := range c.Coords {
		var axis []float64
		for i := range c.Len() {
			axis = append(axis, c.Row(i)[j])
		}
		slices.Sort(axis)
		t.axes = append(t.axes, slices.Compact(axis))
		size *= len(t.axes[j])
		if len(t.axes[j]) < 2 {
			return wrong("all points have the same %s; a function of it needs two values at least", c.Coords[j].Name())
		}
	}
	grid, seen := make([]float64, size), make([]int, size)
	for i, v := range values {
		at := 0
		for j, x := range c.Row(i) {
			at = at*len(t.axes[j]) + sort.SearchFloat64s(t.axes[j], x)
		}
		if seen[at] > 0 {
			return wrong("points %d and %d are the same; a table has one value for each", seen[at], i+1)
		}
		grid[at], seen[at] = v, i+1
	}
	if at := slices.Index(seen, 0); at >= 0 { // for two coordinates only, as one has every value that there is
		n := len(t.axes[1])
		return wrong("there is no value at %s = %v, %s = %v; a table of two arguments is a whole grid", c.Coords[0].Name(), t.axes[0][at/n],
			c.Coords[1].Name(), t.axes[1][at%n])
	}
	return t, t.fit(grid, how)
}

// fit finds the terms. Interpolation is linear in the values, so that of a sum of products is the sum of the products of those of the
// factors, and the singular value decomposition has the fewest products.
func (t *Lookup) fit(grid []float64, how Interpolation) error {
	if len(t.axes) == 1 {
		f, err := spline(t.name, t.axes[0], grid, how)
		t.terms = [][]*ph.Unary{{f}}
		return err
	}
	m, n := len(t.axes[0]), len(t.axes[1])
	largest := 0.0
	for _, v := range grid {
		largest = max(largest, math.Abs(v))
	}
	scale := math.Ldexp(1, math.Ilogb(max(largest, math.SmallestNonzeroFloat64)))
	a := mat.NewDense(m, n, nil)
	a.Apply(func(i, j int, _ float64) float64 { return grid[i*n+j] / scale }, a)
	var svd mat.SVD
	if !svd.Factorize(a, mat.SVDThin) {
		return fmt.Errorf("domain: column %s: the singular value decomposition of its values did not converge", t.name)
	}
	var u, v mat.Dense
	svd.UTo(&u)
	svd.VTo(&v)
	const rounding = 0x1p-52
	for k, s := range svd.Values(nil) {
		if k > 0 && s <= svd.Values(nil)[0]*rounding {
			break
		}
		left, right := mat.Col(nil, k, &u), mat.Col(nil, k, &v)
		for i := range left {
			left[i] *= s * scale
		}
		f, err := spline(t.name, t.axes[0], left, how)
		if err != nil {
			return err
		}
		g, err := spline(t.name, t.axes[1], right, how)
		if err != nil {
			return err
		}
		t.terms = append(t.terms, []*ph.Unary{f, g})
	}
	return nil
}

// Range is where argument i has values.
func (t *Lookup) Range(i int) (lo, hi float64) { return t.axes[i][0], t.axes[i][len(t.axes[i])-1] }

// At is the function of arguments, in the order of the coordinates of the data: coordinates, fields, or anything with one component. Beyond
// its values it continues as the pieces at the ends do.
func (t *Lookup) At(args ...ph.Expr) ph.Expr {
	if len(args) != len(t.axes) {
		return ph.Bad("%s has %d arguments, not %d", t.name, len(t.axes), len(args))
	}
	var sum ph.Expr
	for _, factors := range t.terms {
		term := factors[0].Of(args[0])
		if len(factors) == 2 {
			term = term.Mul(factors[1].Of(args[1]))
		}
		if sum == nil {
			sum = term
		} else {
			sum = sum.Add(term)
		}
	}
	return ph.Define(t.name, sum)
}

// Clamped is At with arguments that stay within the values: beyond them the function is as at the ends, with a kink there.
func (t *Lookup) Clamped(args ...ph.Expr) ph.Expr {
	within := slices.Clone(args)
	for i := range min(len(args), len(t.axes)) {
		within[i] = t.Clamp(i, args[i])
	}
	return t.At(within...)
}

// Clamp is argument i where it stays within the values: an end of their range where arg is beyond it.
func (t *Lookup) Clamp(i int, arg ph.Expr) ph.Expr {
	lo, hi := t.Range(i)
	return ph.Max(ph.Min(arg, ph.Const(hi)), ph.Const(lo))
}

// spline is the function of one argument with these values, piece by piece a polynomial in the distance from where the piece begins.
func spline(name string, x, y []float64, how Interpolation) (*ph.Unary, error) {
	pieces := make([][]float64, len(x)-1)
	if how == Linear || len(x) == 2 {
		for i := range pieces {
			pieces[i] = []float64{y[i], (y[i+1] - y[i]) / (x[i+1] - x[i])}
		}
		return piecewise(name, x, pieces, x[1:len(x)-1], 0), nil
	}
	if len(x) == 3 { // a parabola, which the library leaves out
		first, second := (y[1]-y[0])/(x[1]-x[0]), (y[2]-y[1])/(x[2]-x[1])
		bend := (second - first) / (x[2] - x[0])
		return piecewise(name, x[:2], [][]float64{{y[0], first - bend*(x[1]-x[0]), bend}}, nil, 2), nil
	}
	var fit interp.NotAKnotCubic
	if err := fit.Fit(x, y); err != nil {
		return nil, fmt.Errorf("domain: column %s: %w; the arguments lie too close together for a spline", name, err)
	}
	for i := range pieces {
		h := x[i+1] - x[i]
		a, b, slope := fit.PredictDerivative(x[i]), fit.PredictDerivative(x[i+1]), (y[i+1]-y[i])/h
		pieces[i] = []float64{y[i], a, (3*slope - 2*a - b) / h, (a + b - 2*slope) / (h * h)}
	}
	return piecewise(name, x, pieces, x[2:len(x)-2], 2), nil // not-a-knot: the outer pieces are one polynomial each with their neighbours
}

// piecewise is a function that is a polynomial on each piece between ends, with its derivatives, which jump at some of them. They are the
// same functions at each call, by which the compiler knows them.
func piecewise(name string, ends []float64, pieces [][]float64, knots []float64, smooth int) *ph.Unary {
	inner := ends[1 : len(ends)-1]
	u := &ph.Unary{
		Name: name, Smooth: smooth,
		F: func(x float64) float64 {
			i := sort.Search(len(inner), func(i int) bool { return inner[i] > x })
			c, x := pieces[i], x-ends[i]
			v := 0.0
			for k := len(c) - 1; k >= 0; k-- {
				v = v*x + c[k]
			}
			return v
		},
	}
	if len(knots) > 0 {
		between := &ph.Unary{Name: name + " knots", F: func(x float64) float64 { return betweenKnots(knots, x) }}
		u.Knots = between.Of
	}
	if len(pieces[0]) == 1 {
		return u
	}
	slopes := make([][]float64, len(pieces))
	for i, c := range pieces {
		for k := 1; k < len(c); k++ {
			slopes[i] = append(slopes[i], float64(k)*c[k])
		}
	}
	slope := piecewise(name+"'", ends, slopes, knots, smooth-1)
	u.Deriv = func(x, _ ph.Expr) ph.Expr { return slope.Of(x) }
	return u
}

// betweenKnots is the distance from the nearest knot, with another sign on each side of every knot.
func betweenKnots(knots []float64, x float64) float64 {
	i := sort.SearchFloat64s(knots, x) // knots below x
	d := math.Inf(1)
	if i < len(knots) {
		d = knots[i] - x
	}
	if i > 0 {
		d = min(d, x-knots[i-1])
	}
	if i%2 == 0 {
		return -d
	}
	return d
}
