package crux_test

import (
	"math"
	"sync"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
)

// A function is what the solver computes when it was made, from any goroutine, whatever the solver does afterwards.
func TestFunction(t *testing.T) {
	tc, y, _, p := decay()
	s, err := crux.New(p, crux.Options{Method: &optim.LevenbergMarquardt{}, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Solve(t.Context(), 20); err != nil {
		t.Fatal(err)
	}
	e := ph.Concat(y, y.D(tc))
	f, err := s.Function(e, tc)
	if err != nil {
		t.Fatal(err)
	}
	points := domain.NewInterval(tc, 0, 2).Grid(500)
	want, err := s.Eval(e, points)
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float64, 500)
	for i := range x {
		x[i] = 2 * float64(i) / 499
	}
	if _, err := s.Solve(t.Context(), 5); err != nil {
		t.Fatal(err)
	}
	s.Close() //nolint:errcheck
	if f.Dim() != 2 {
		t.Fatalf("%d components", f.Dim())
	}
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			for i := g; i < len(x); i += 8 {
				got, err := f.Eval(nil, x[i:i+1])
				if err != nil {
					t.Error(err)
					return
				}
				for k, v := range got {
					if math.Abs(v-want.At(i, k)) > 1e-13 {
						t.Errorf("at %v: component %d is %v, want %v", x[i], k, v, want.At(i, k))
					}
				}
			}
			got, err := f.Eval([]float64{7}, x)
			if err != nil || len(got) != 1+2*len(x) || got[0] != 7 || math.Abs(got[1+2*499+1]-want.At(499, 1)) > 1e-13 {
				t.Errorf("many points at once: %v", err)
			}
		})
	}
	all.Wait()
	if _, err := f.Eval(nil, nil); err != nil {
		t.Errorf("no points: %v", err)
	}
	z := ph.NewCoord("z")
	if _, err := s.Function(e.Mul(z), tc); err == nil {
		t.Error("a coordinate that is not named is accepted")
	}
	two, err := s.Function(e.Mul(z), tc, z)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := two.Eval(nil, x[:3]); err == nil {
		t.Error("one and a half points are accepted")
	}
	if _, err := s.Function(ph.NewParam("stranger", 1), tc); err == nil {
		t.Error("a parameter that is not of the problem is accepted")
	}
}
