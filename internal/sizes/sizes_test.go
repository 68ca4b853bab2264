package sizes_test

import (
	"math"
	"testing"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/sizes"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Sizes of expressions whose sizes follow from those of their parts by hand.
func TestSize(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	u := ph.NewField("u", net.MLP{Out: 2, Hidden: []int{3}}, x, y)
	k := ph.NewParam("k", 1)
	at, err := domain.At([]*ph.Coord{x, y}, []float64{0, 0, 2, 1, 4, -3}).Draw(nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &sizes.Sizes{
		Of:      map[sizes.Component]float64{{Field: u, Index: 0}: 10, {Field: u, Index: 1}: 0.5},
		Numbers: map[*ph.Param]float64{k: 3}, Lengths: map[*ph.Coord]float64{x: 2, y: 4}, At: at,
	}
	a, b := u.Index(0), u.Index(1)
	for _, c := range []struct {
		of   ph.Expr
		want float64
	}{
		{u, 10},
		{b, 0.5},
		{x.Sub(y), 7},            // 4 − (−3)
		{a.D(x, x).Scale(6), 15}, // 6·10/2²
		{a.D(x).Add(b.D(y)), 5},  // the larger of 10/2 and 0.5/4
		{k.Mul(a).Mul(b), 15},    // 3·10·0.5
		{a.Pow(2).Div(b), 200},   //
		{x.Mul(a).D(y), 10},      // 4·10/4
		{ph.Sin(a), 1},           // bounded
		{ph.Where(ph.Compare(x, ph.Less, y), a, b), 10},           // the larger side
		{ph.Exp(x).Mul(b), 0.5 * math.Exp(4)},                     // a part without unknowns is looked at
		{ph.Exp(x.Sub(k).Scale(10).Pow(2).Neg()), math.Exp(-100)}, // at the first guess: x = 4, k = 3
		{ph.Exp(a.Scale(100).Neg()), 1},                           // never exp(1000)
	} {
		if got := s.Size(c.of); math.Abs(got-c.want) > 1e-12*c.want {
			t.Errorf("%v: size %v, want %v", c.of, got, c.want)
		}
	}
}

// A narrow peak is found at many points where few miss it; what these find already is not looked for.
func TestPeaks(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	few, err := domain.At([]*ph.Coord{x, y}, []float64{0, 0, 0.5, 0.25}).Draw(nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &sizes.Sizes{At: few, Peaks: sizes.NewPeaks(func(n int) (*domain.Cloud, error) {
		return domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1)).Interior(n).With(domain.Sobol{}).Draw(nil)
	})}
	peak := func(width float64) ph.Expr {
		square := func(c ph.Expr, at float64) ph.Expr { return c.Shift(-at).Scale(1 / width).Pow(2) }
		return ph.Exp(square(x, 0.37).Add(square(y, 0.61)).Neg())
	}
	if got := s.Size(peak(0.01)); !(got > 0.7 && got <= 1) {
		t.Errorf("a narrow peak has the size %v", got)
	}
	if got, want := s.Size(x.Shift(1)), 1.5; got != want {
		t.Errorf("1 + x has the size %v, want %v", got, want)
	}
}

// A power of two belongs to the ratio nearest to one.
func TestPower(t *testing.T) {
	for v, want := range map[float64]float64{1: 1, 0.72: 1, 0.7: 0.5, 1.4: 1, 1.42: 2, 1e6: 1 << 20, 3e-12: 0x1p-38} {
		if got := sizes.Power(v); got != want {
			t.Errorf("%v: %v, want %v", v, got, want)
		}
	}
}
