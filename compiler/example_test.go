package compiler_test

import (
	"fmt"
	"math/rand/v2"

	"github.com/crux-pinn/crux/compiler"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Lower the heat equation for a linear model u = a t + b x + c, whose residual u_t − u_xx is a, and evaluate its loss.
func ExampleTraceCompiler() {
	t, x := ph.Coords2("t", "x")
	u := ph.NewField("u", net.MLP{Hidden: []int{}, Init: net.Constant(3), Raw: true}, t, x)
	var c compiler.TraceCompiler
	p, err := c.Compile(compiler.Group{
		Name:      "interior",
		Coords:    []*ph.Coord{t, x},
		Residuals: []compiler.Residual{{Name: "heat", Expr: u.D(t).Sub(u.D(x, x))}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer p.Close() //nolint:errcheck // always nil
	l := p.Layout()
	theta := make([]float64, l.Len())
	l.Initialize(theta, nil, func(string) *rand.Rand { return rand.New(rand.NewPCG(1, 1)) })
	if err := p.SetPoints(compiler.Batch{N: 2, X: []float64{0, 0, 0.5, 1}}, nil); err != nil {
		fmt.Println(err)
		return
	}
	grad, losses := make([]float64, l.Len()), make([]float64, 1)
	if err := p.Gradient(grad, theta, nil, []float64{1}, losses); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("loss", losses[0])
	for _, e := range l.Entries() {
		fmt.Println(e.Path, e.Shape, grad[e.Offset:e.Offset+e.Len])
	}
	// Output:
	// loss 9
	// u/layer0/weight [2 1] [6 0]
	// u/layer0/bias [1] [0]
}

// The program of a training step as Gorgonia sees it: run on Gorgonia's own machine, and printed.
func ExampleProgram_Graph() {
	x := ph.NewCoord("x")
	u := ph.NewField("u", net.MLP{Hidden: []int{}, Init: net.Constant(3), Raw: true}, x) // u = a x + b
	c := compiler.TraceCompiler{Reference: true}
	p, err := c.Compile(compiler.Group{
		Name:      "points",
		Coords:    []*ph.Coord{x},
		Residuals: []compiler.Residual{{Name: "slope", Expr: u.D(x).Sub(ph.Const(1))}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer p.Close() //nolint:errcheck // always nil
	if err := p.SetPoints(compiler.Batch{N: 2, X: []float64{0, 1}}, nil); err != nil {
		fmt.Println(err)
		return
	}
	grad, losses := make([]float64, 2), make([]float64, 1)
	if err := p.Gradient(grad, []float64{3, 0}, nil, []float64{1}, losses); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("loss", losses[0], "gradient", grad)
	for _, n := range p.Graph().AllNodes() {
		fmt.Println(n.ID(), n.Name(), n.Shape())
	}
	// Output:
	// loss 4 gradient [4 0]
	// 0 param/u/layer0/weight (1, 1)
	// 1 pointwise 1→1+0 ×1, 3 instructions(%0) (1, 1)
	// 2 pointwise 1→0+1 ×1, 1 instructions(%1) (1, 1)
	// 3 seed0/slope (1, 1)
	// 4 pointwise 1→0+1 ×1, 1 instructions(%3) (1, 1)
	// 5 pointwise 2→1+0 ×1, 5 instructions(%0, %4) (1, 1)
}
