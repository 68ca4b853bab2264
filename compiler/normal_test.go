package compiler

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/crux-pinn/crux/internal/exec"
	"github.com/crux-pinn/crux/internal/team"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// JᵀJ has the same bits whether blocks hold one leaf, several, or all rows.
func TestNormalSumOfBlocks(t *testing.T) {
	x := ph.NewCoord("x")
	u := ph.NewField("u", net.MLP{Hidden: []int{6, 6}}, x)
	pool := exec.NewPool(2)
	defer pool.Close()
	p, err := (&TraceCompiler{Pool: pool}).Compile(Group{
		Name: "points", Coords: []*ph.Coord{x}, Bounds: map[*ph.Coord][2]float64{x: {0, 1}}, Residuals: []Residual{{Name: "r", Expr: u.D(x).Add(u)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	const n = 7000
	b := Batch{N: n}
	rng := rand.New(rand.NewPCG(1, 2))
	for range n {
		b.X = append(b.X, rng.Float64())
	}
	if err := p.SetPoints(b, nil); err != nil {
		t.Fatal(err)
	}
	theta := make([]float64, p.layout.Len())
	for i := range theta {
		theta[i] = rng.NormFloat64()
	}
	width := len(theta)
	sum := func(most int) []float64 {
		r := newRunner[float64](p).(*typedRunner[float64])
		r.setPoints(b)
		s := normalSum[float64]{r: r, theta: theta, w: []float64{1}, width: width, rows: n, leaves: leavesOf(n), most: most}
		a := make([]float64, width*width)
		if err := s.add(a, team.Node{Lo: 0, Hi: s.leaves}, 0); err != nil {
			t.Fatal(err)
		}
		for i := range width {
			clear(a[i*width:][:i])
		}
		return a
	}
	want := sum(n)
	if !slices.ContainsFunc(want, func(v float64) bool { return v != 0 }) {
		t.Fatal("the matrix is 0")
	}
	for _, most := range []int{leafRows, 2 * leafRows, 3000} {
		if !slices.Equal(sum(most), want) {
			t.Errorf("blocks of %d rows have other bits", most)
		}
	}
}
