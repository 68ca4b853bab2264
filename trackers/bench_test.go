package trackers_test

import (
	"context"
	"math"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers"
)

// BenchmarkWatching trains the Poisson problem of jNO's documentation with the trackers and intervals of its page on
// explainability, 500 steps at a time: as many as the longest interval, so that each tracker has its share. Compare ms/step
// with and without trackers; "go -C internal/tools run ./peers -only trackers" does so against jNO.
func BenchmarkWatching(b *testing.B) {
	x, y := ph.Coords2("x", "y")
	box := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
	one := ph.Const(1)
	raw := ph.NewField("u", net.MLP{Hidden: []int{64, 64, 64, 64}, Raw: true}, x, y)
	u := ph.Define("u", x.Mul(one.Sub(x), y, one.Sub(y), raw))
	f := ph.Sin(x.Scale(math.Pi)).Mul(ph.Sin(y.Scale(math.Pi))).Scale(2 * math.Pi * math.Pi)
	inside := box.Interior(790)
	all := func(mask ph.Selector) []crux.Callback {
		return []crux.Callback{
			&trackers.GradientNorms{Interval: 50, Mask: mask},
			&trackers.CosSimilarity{Interval: 50, Mask: mask},
			&trackers.GradientAlignment{Interval: 50, Mask: mask},
			&trackers.ResidualStats{Interval: 50},
			&trackers.InputSensitivity{Expr: u.D(x), On: inside, Interval: 100},
			&trackers.NTKSpectrum{Grad: ph.ParamGrad(u, mask), On: inside, Points: 128, Interval: 500},
			&trackers.HessianSpectrum{K: 5, Iters: 20, Interval: 500, Mask: mask},
			&trackers.LossLandscape{Grid: 11, Interval: 500, Mask: mask},
		}
	}
	for _, c := range []struct {
		name string
		cs   []crux.Callback
	}{
		{"none", nil},
		{"all", all(nil)},
		{"all, output layer", all(raw.LastLayer())},
		{"three gradient trackers", all(nil)[:3]},
		{"residuals", all(nil)[3:4]},
		{"sensitivity", all(nil)[4:5]},
		{"kernel", all(nil)[5:6]},
		{"Hessian", all(nil)[6:7]},
		{"landscape", all(nil)[7:8]},
		{"kernel, output layer", all(raw.LastLayer())[5:6]},
		{"Hessian, output layer", all(raw.LastLayer())[6:7]},
		{"landscape, output layer", all(raw.LastLayer())[7:8]},
	} {
		b.Run(c.name, func(b *testing.B) {
			s, err := crux.New(crux.Problem{Name: "poisson", Constraints: []crux.Constraint{
				{Name: "pde", Residual: ph.Laplacian(u, x, y).Add(f), On: inside},
			}}, crux.Options{Method: &optim.Adam{}, Seed: 1, Precision: crux.Float32})
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			for b.Loop() {
				if _, err := s.Solve(context.Background(), 500, c.cs...); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(500*b.N), "ms/step")
		})
	}
}

// BenchmarkMasks trains three constraints with the three gradient trackers firing at every step, without a mask and with masks, on
// points that all of them share and on points of their own. Compare ms/step with that of no trackers.
func BenchmarkMasks(b *testing.B) {
	x, y := ph.Coords2("x", "y")
	box := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
	u := ph.NewField("u", net.MLP{Hidden: []int{64, 64, 64, 64}}, x, y)
	wave := ph.Sin(x.Scale(math.Pi)).Mul(ph.Sin(y.Scale(math.Pi)))
	shared := box.Interior(1000)
	for _, on := range []struct {
		name string
		sets [3]*domain.Points
	}{
		{"shared points", [3]*domain.Points{shared, shared, shared}},
		{"own points", [3]*domain.Points{box.Interior(1000), box.Interior(1000), box.Interior(1000)}},
	} {
		for _, c := range []struct {
			name string
			mask ph.Selector
			off  bool
		}{
			{"no trackers", nil, true},
			{"no mask", nil, false},
			{"output layer", u.LastLayer(), false},
			{"last two layers", ph.Paths("u/layer3", "u/layer4"), false},
			{"first layer", ph.Paths("u/layer0"), false},
		} {
			b.Run(on.name+"/"+c.name, func(b *testing.B) {
				s, err := crux.New(crux.Problem{Name: "masks", Constraints: []crux.Constraint{
					{Name: "pde", Residual: ph.Laplacian(u, x, y).Add(wave.Scale(2 * math.Pi * math.Pi)), On: on.sets[0]},
					{Name: "data", Residual: u.Sub(wave), On: on.sets[1]},
					{Name: "slope", Residual: u.D(x).Sub(wave.D(x)), On: on.sets[2]},
				}}, crux.Options{Method: &optim.Adam{}, Seed: 1})
				if err != nil {
					b.Fatal(err)
				}
				defer s.Close()
				cs := []crux.Callback{
					&trackers.GradientNorms{Interval: 1, Mask: c.mask}, &trackers.CosSimilarity{Interval: 1, Mask: c.mask},
					&trackers.GradientAlignment{Interval: 1, Mask: c.mask},
				}
				if c.off {
					cs = nil
				}
				const steps = 50
				for b.Loop() {
					if _, err := s.Solve(context.Background(), steps, cs...); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(1000*steps*b.N), "ms/step")
			})
		}
	}
}
