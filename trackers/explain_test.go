package trackers_test

import (
	"context"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers"
	"github.com/crux-pinn/crux/trackers/explain"
)

// All eight trackers of a real problem have a summary with findings, and with a history their series have as many entries as
// there were measurements.
func TestExplain(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	box := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
	u := ph.NewField("u", net.MLP{Hidden: []int{6}}, x, y)
	inside := box.Interior(30)
	s, err := crux.New(crux.Problem{Name: "plate", Constraints: []crux.Constraint{
		{Name: "pde", Residual: ph.Laplacian(u, x, y).Add(ph.Const(1)), On: inside}, {Name: "bc", Residual: u, On: box.Boundary(16)},
	}}, crux.Options{Method: &optim.Adam{LR: optim.Constant(2e-3)}, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	all := []trackers.Tracker{
		&trackers.GradientNorms{Interval: 2},
		&trackers.CosSimilarity{Interval: 2},
		&trackers.GradientAlignment{Interval: 2},
		&trackers.ResidualStats{Interval: 2, Constraints: []string{"bc"}},
		&trackers.InputSensitivity{Expr: ph.Jacobian(u, x, y), On: inside, Interval: 2},
		&trackers.NTKSpectrum{Grad: ph.ParamGrad(u, nil), On: inside, Points: 8, Interval: 2},
		&trackers.HessianSpectrum{K: 2, Iters: 4, Interval: 2},
		&trackers.LossLandscape{Grid: 3, Interval: 2},
	}
	at := explain.For(s)
	if at.Rate != 2e-3 || len(at.Coords) != 2 || at.Coords[0][1] != "y" {
		t.Errorf("setting %+v", at)
	}
	var cs []crux.Callback
	for _, k := range all {
		if _, ok := k.Explain(at); ok {
			t.Errorf("%T is explained before it has measured", k)
		}
		cs = append(cs, k)
	}
	if _, err := s.Solve(context.Background(), 4, cs...); err != nil {
		t.Fatal(err)
	}
	if err := s.Measure(context.Background(), cs...); err != nil {
		t.Fatal(err)
	}
	for _, k := range all {
		sum, ok := k.Explain(at)
		if !ok || sum.Epoch != 4 || len(sum.Findings) == 0 || len(sum.Series) == 0 {
			t.Errorf("%T: %+v", k, sum)
		}
		for _, x := range sum.Series {
			if len(x.Values) != 3 || len(x.Epochs) != 3 || x.Name == "" {
				t.Errorf("%T: series %+v", k, x)
			}
		}
		text := sum.String()
		if strings.Contains(text, "%!") || strings.Contains(text, "NaN") || !strings.Contains(text, "at step 0 → ") {
			t.Errorf("%T:\n%s", k, text)
		}
	}
	// What options leave out of the training loss stands in the title, and no limit for learning rates follows.
	layer := ph.Paths("u/layer0")
	for title, k := range map[string]trackers.Tracker{
		"Hessian":                         &trackers.HessianSpectrum{K: 1},
		"Hessian, unweighted":             &trackers.HessianSpectrum{K: 1, Unweighted: true},
		"Hessian of bc, some parameters":  &trackers.HessianSpectrum{K: 1, Constraints: []string{"bc"}, Mask: layer},
		"loss landscape":                  &trackers.LossLandscape{Grid: 2},
		"loss landscape, unweighted":      &trackers.LossLandscape{Grid: 2, Unweighted: true},
		"loss landscape, some parameters": &trackers.LossLandscape{Grid: 2, Mask: layer},
	} {
		if err := s.Measure(context.Background(), k); err != nil {
			t.Fatal(err)
		}
		sum, _ := k.Explain(at)
		if sum.Tracker != title {
			t.Errorf("%q, want %q", sum.Tracker, title)
		}
		if says := strings.Contains(sum.String(), "2/λ"); says != (title == "Hessian") {
			t.Errorf("%s: it speaks of learning rates: %v", title, says)
		}
	}
}
