package crux_test

import (
	"math"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
)

// A spline through values of a polynomial of third degree is that polynomial. So with tables for coefficients, of coordinates and of the
// field, a training takes the steps that it takes with the formulas, up to rounding: the compiler has the right values and derivatives.
func TestTables(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	box := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
	u := ph.NewField("u", net.MLP{Hidden: []int{8}}, x, y)
	cubic := func(z ph.Expr) ph.Expr { return z.Pow(3).Sub(z.Pow(2)).Shift(2) }
	both := func(a, b ph.Expr) ph.Expr { return a.Pow(3).Mul(b).Add(b.Pow(2).Scale(0.5)).Add(a).Shift(1) }
	ends := []float64{-9, -4, -1, 0, 0.3, 0.5, 0.8, 1, 2, 5, 9}
	var line, grid, onLine, onGrid []float64
	for _, a := range ends {
		line, onLine = append(line, a), append(onLine, a*a*a-a*a+2)
		for _, b := range ends {
			grid, onGrid = append(grid, a, b), append(onGrid, a*a*a*b+b*b/2+a+1)
		}
	}
	k, err := domain.Interpolate(domain.FromData([]*ph.Coord{x}, line, map[string][]float64{"k": onLine}), "k", domain.Cubic)
	if err != nil {
		t.Fatal(err)
	}
	q, err := domain.Interpolate(domain.FromData([]*ph.Coord{x, y}, grid, map[string][]float64{"q": onGrid}), "q", domain.Cubic)
	if err != nil {
		t.Fatal(err)
	}
	problem := func(ofX, ofU, ofBoth ph.Expr) crux.Problem {
		return crux.Problem{Name: "tables", Constraints: []crux.Constraint{
			{Name: "pde", Residual: ofX.Mul(u.D(x)).D(x).Add(ofU.Mul(u.D(y)).D(y)).Add(ofBoth.D(x, x).Mul(u)).Add(ofBoth), On: box.Interior(200)},
			{Name: "bc", Residual: u.Sub(ofX), On: box.Boundary(40)},
		}}
	}
	var losses [2][]float64
	for i, p := range []crux.Problem{problem(cubic(x), cubic(u), both(x, y)), problem(k.At(x), k.At(u), q.At(x, y))} {
		s, err := crux.New(p, crux.Options{Method: &optim.LevenbergMarquardt{}, Seed: 3})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close() //nolint:errcheck // it only ends workers
		if _, err := s.Solve(t.Context(), 8); err != nil {
			t.Fatal(err)
		}
		losses[i] = s.History().Loss
	}
	for i, want := range losses[0] {
		if got := losses[1][i]; !(math.Abs(got-want) <= 1e-7*want) {
			t.Errorf("step %d: loss %v with tables, %v with formulas", i, got, want)
		}
	}
}
