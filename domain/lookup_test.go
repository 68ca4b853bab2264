package domain_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/pointwise"
	ph "github.com/crux-pinn/crux/placeholder"
)

func ExampleInterpolate() {
	x := ph.NewCoord("x")
	rows := "depth,k\n0,1.2\n0.5,1.5\n1,2.1\n2,2.2\n"
	t, err := domain.ParseTable(strings.NewReader(rows), "soil.csv")
	if err == nil {
		err = t.Rename("depth", "x")
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	soil, err := t.Points(x)
	if err != nil {
		fmt.Println(err)
		return
	}
	k, err := domain.Interpolate(soil, "k", domain.Cubic)
	if err != nil {
		fmt.Println(err)
		return
	}
	e := k.At(x) // stands wherever an expression does
	for _, q := range []ph.Expr{e, e.D(x)} {
		v, err := pointwise.Eval(q, pointwise.Point{Coords: map[*ph.Coord]float64{x: 0.75}})
		fmt.Printf("%v = %.4f %v\n", q, v[0], err)
	}
	// Output:
	// k = 1.7938 <nil>
	// k_x = 1.2417 <nil>
}

// What SciPy makes of the same values, derivatives included; testdata/splines.py wrote that. Rounding is as large as the values and the
// shortest pieces make it.
func TestInterpolateScipy(t *testing.T) {
	text, err := os.ReadFile("testdata/splines.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Axes   [][]float64
		Values []float64
		At     [][]float64
		Linear []float64
		Cubic  map[string][]float64
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	coords := []*ph.Coord{ph.NewCoord("x"), ph.NewCoord("y")}
	for i, c := range cases {
		of := coords[:len(c.Axes)]
		var points []float64
		for k := range c.Values { // from the last to the first, as the order does not matter
			k = len(c.Values) - 1 - k
			if len(of) == 1 {
				points = append(points, c.Axes[0][k])
			} else {
				points = append(points, c.Axes[0][k/len(c.Axes[1])], c.Axes[1][k%len(c.Axes[1])])
			}
		}
		values := make([]float64, len(c.Values))
		size := 0.0
		for k, v := range c.Values {
			values[len(values)-1-k] = v
			size = max(size, math.Abs(v))
		}
		data := domain.FromData(of, points, map[string][]float64{"a": values})
		check := func(how domain.Interpolation, order string, want []float64) {
			table, err := domain.Interpolate(data, "a", how)
			if err != nil {
				t.Fatal(err)
			}
			var args []ph.Expr
			for _, x := range of {
				args = append(args, x)
			}
			e := table.At(args...)
			for _, letter := range order {
				e = e.D(coords[strings.IndexRune("xy", letter)])
			}
			for k, at := range c.At {
				p := pointwise.Point{Coords: map[*ph.Coord]float64{}}
				for j, x := range of {
					p.Coords[x] = at[j]
				}
				v, err := pointwise.Eval(e, p)
				if err != nil || !(math.Abs(v[0]-want[k]) <= 1e-10*size*math.Pow(5, float64(len(order)))) {
					t.Errorf("case %d, interpolation %d, derivative %q at %v: %v (%v), SciPy has %v", i, how, order, at, v, err, want[k])
				}
			}
		}
		check(domain.Linear, "", c.Linear)
		for order, want := range c.Cubic {
			if len(of) == 1 {
				order = strings.Repeat("x", int(order[0]-'0'))
			}
			check(domain.Cubic, order, want)
		}
	}
}

// Beyond its values a table goes on, or stays; a spline that says so has derivatives of zero.
func TestInterpolateOutside(t *testing.T) {
	x := ph.NewCoord("x")
	data := domain.FromData([]*ph.Coord{x}, []float64{0, 1, 3}, map[string][]float64{"a": {0, 1, 9}})
	table, err := domain.Interpolate(data, "a", domain.Cubic)
	if err != nil {
		t.Fatal(err)
	}
	if lo, hi := table.Range(0); lo != 0 || hi != 3 {
		t.Errorf("the range is from %v to %v", lo, hi)
	}
	for _, c := range []struct {
		e    ph.Expr
		want float64
	}{
		{table.At(x), 25},
		{table.At(x).D(x), 10},
		{table.Clamped(x), 9},
		{table.Clamped(x).D(x), 0},
		{table.At(x.Scale(0.2)), 1},
		{table.At(x).D(x, x, x), 0},
	} {
		v, err := pointwise.Eval(c.e, pointwise.Point{Coords: map[*ph.Coord]float64{x: 5}})
		if err != nil || !(math.Abs(v[0]-c.want) < 1e-12) {
			t.Errorf("%v at 5 is %v (%v), want %v", c.e, v, err, c.want)
		}
	}
	if e := table.At(x, x); e.Err() == nil {
		t.Error("two arguments were taken for one")
	}
}

func TestInterpolateErrors(t *testing.T) {
	x, y, z := ph.NewCoord("x"), ph.NewCoord("y"), ph.NewCoord("z")
	data := func(n int, points ...float64) *domain.Points {
		values := make([]float64, len(points)/n)
		return domain.FromData([]*ph.Coord{x, y, z}[:n], points, map[string][]float64{"a": values})
	}
	for _, c := range []struct {
		p      *domain.Points
		column string
		how    domain.Interpolation
		want   string
	}{
		{data(1, 0, 1), "b", 0, "column b: the data have none of this name; they have [a]"},
		{data(1, 0, 1), "a", 7, "column a: there is no interpolation 7; take domain.Cubic or domain.Linear"},
		{data(1, 2, 2), "a", 0, "column a: all points have the same x; a function of it needs two values at least"},
		{data(1, 0, 1, 0), "a", 0, "column a: points 1 and 3 are the same; a table has one value for each"},
		{data(2, 0, 0, 0, 1, 2, 0), "a", 0, "column a: there is no value at x = 2, y = 1; a table of two arguments is a whole grid"},
		{data(3, 0, 0, 0), "a", 0, "column a: a table is a function of one argument or of two, not of 3 (x, y, z)"},
	} {
		if _, err := domain.Interpolate(c.p, c.column, c.how); err == nil || err.Error() != "domain: "+c.want {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
}
