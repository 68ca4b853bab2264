package auto_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/crux/auto"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// The first three tones of a string of the length 1: π², 4π², 9π².
func ExampleEigenvalues() {
	x := ph.NewCoord("x")
	u, lambda := ph.NewField("u", net.MLP{}, x), ph.NewParam("lambda", 1)
	line := domain.NewInterval(x, 0, 1)
	s, err := auto.Eigenvalues(auto.Problem{Domain: line, Constraints: []crux.Constraint{
		{Name: "string", Residual: u.D(x, x).Add(lambda.Mul(u)), On: line.Interior(0)},
		{Name: "ends", Residual: u, On: line.Boundary(0)},
	}}, lambda)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.4f\n", s.Values[:3])
	// Output: [9.8696 39.4784 88.8264]
}

// The lowest eigenvalues of problems whose spectrum is known.
func TestEigenvalues(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	lambda := ph.NewParam("lambda", 1)
	line := domain.NewInterval(x, 0, 2)
	square := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
	z := ph.NewCoord("z")
	cube := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1), domain.In(z, 0, 1))
	c := ph.NewField("c", net.MLP{}, x, y, z)
	disk := domain.NewDisk(x, y, 0, 0, 1)
	well := domain.NewInterval(x, -7, 7)
	u, v, w := ph.NewField("u", net.MLP{}, x), ph.NewField("v", net.MLP{}, x, y), ph.NewField("w", net.MLP{}, x)
	laplace := v.D(x, x).Add(v.D(y, y))
	size := crux.Constraint{Name: "norm", Residual: ph.Integrate(u.Pow(2), x, ph.Const(0), ph.Const(2), 0).Shift(-1), On: line.Interior(1)}
	pi2 := math.Pi * math.Pi
	for _, c := range []struct {
		name string
		p    auto.Problem
		want []float64
	}{
		{"a string", auto.Problem{Domain: line, Constraints: []crux.Constraint{
			{Name: "eq", Residual: u.D(x, x).Add(lambda.Mul(u)), On: line.Interior(0)}, {Name: "ends", Residual: u, On: line.Boundary(0)}, size,
		}}, []float64{pi2 / 4, pi2, 9 * pi2 / 4, 4 * pi2}},
		{"of the other sign", auto.Problem{Domain: line, Constraints: []crux.Constraint{
			{Name: "eq", Residual: u.D(x, x).Sub(lambda.Mul(u)), On: line.Interior(0)}, {Name: "ends", Residual: u, On: line.Boundary(0)}, size,
		}}, []float64{-pi2 / 4, -pi2, -9 * pi2 / 4}},
		{"one end free", auto.Problem{Domain: line, Constraints: []crux.Constraint{
			{Name: "eq", Residual: u.D(x, x).Add(lambda.Mul(u)), On: line.Interior(0)},
			{Name: "left", Residual: u, On: line.Face(x, 0, 0)},
			{Name: "right", Residual: u.D(x), On: line.Face(x, 2, 0)},
			size,
		}}, []float64{pi2 / 16, 9 * pi2 / 16, 25 * pi2 / 16}},
		{"an oscillator", auto.Problem{Domain: well, Constraints: []crux.Constraint{
			{Name: "eq", Residual: w.D(x, x).Scale(-0.5).Add(x.Pow(2).Scale(0.5).Mul(w)).Sub(lambda.Mul(w)), On: well.Interior(0)},
			{Name: "ends", Residual: w, On: well.Boundary(0)},
		}}, []float64{0.5, 1.5, 2.5, 3.5}},
		{"a membrane", auto.Problem{Domain: square, Constraints: []crux.Constraint{
			{Name: "eq", Residual: laplace.Add(lambda.Mul(v)), On: square.Interior(0)}, {Name: "edge", Residual: v, On: square.Boundary(0)},
		}}, []float64{2 * pi2, 5 * pi2, 5 * pi2, 8 * pi2}},
		{"a room", auto.Problem{Domain: cube, Constraints: []crux.Constraint{
			{Name: "eq", Residual: c.D(x, x).Add(c.D(y, y)).Add(c.D(z, z)).Add(lambda.Mul(c)), On: cube.Interior(0)},
			{Name: "edge", Residual: c, On: cube.Boundary(0)},
		}}, []float64{3 * pi2, 6 * pi2, 6 * pi2, 6 * pi2, 9 * pi2}},
		{"a drum", auto.Problem{Domain: disk, Constraints: []crux.Constraint{
			{Name: "eq", Residual: laplace.Add(lambda.Mul(v)), On: disk.Interior(0)}, {Name: "edge", Residual: v, On: disk.Boundary(0)},
		}}, []float64{5.7832, 14.6820, 14.6820, 26.3746}}, // zeros of Bessel functions, squared
	} {
		got, err := auto.Eigenvalues(c.p, lambda)
		if err != nil || len(got.Values) < len(c.want) {
			t.Errorf("%s: %v, %v", c.name, got, err)
			continue
		}
		for i, want := range c.want {
			if math.Abs(got.Values[i]/want-1) > 1e-5 {
				t.Errorf("%s: %v, want %v", c.name, got.Values[i], want)
			}
		}
		last := c.p.Constraints[len(c.p.Constraints)-1].Name
		if left, ok := got.Sizes["norm"]; ok != (last == "norm") || ok && left != -1 {
			t.Errorf("%s: the norm leaves %v", c.name, got.Sizes)
		}
	}
}
