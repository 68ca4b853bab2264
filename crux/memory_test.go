package crux_test

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/crux/auto"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
)

// heap is what is in use.
func heap() float64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// What a step leaves allocated is what was announced, on both sides: with a λ for which the matrix is factorised from J. Beside that there
// are the machines of all programs that a step needs, and again those of a part of the points.
func TestMemory(t *testing.T) {
	for name, c := range map[string]struct {
		points int
		method optim.Method
		sets   float64 // of machines
	}{
		"normal equations": {2000, &optim.LevenbergMarquardt{Rows: 2000, Damping: 1e-18, MaxTrials: 1}, 1},
		"kernel":           {400, &optim.LevenbergMarquardt{Rows: 400, Damping: 1e-18, MaxTrials: 1}, 1},
		"some residuals":   {2000, &optim.LevenbergMarquardt{Damping: 1e-18, MaxTrials: 1}, 2},
		"SSBroyden":        {100, &optim.SSBroyden{}, 1},
		"two phases":       {400, optim.Phases(optim.Phase{Method: &optim.LevenbergMarquardt{}, Steps: 1}, optim.Phase{Method: &optim.SSBroyden{}}), 2},
	} {
		p := newPoisson()
		p.u = ph.NewField("u", net.MLP{Hidden: []int{20, 20, 20}}, p.x, p.y)
		s := newSolver(t, crux.Problem{Name: "memory", Constraints: []crux.Constraint{
			{Name: "pde", Residual: ph.Laplacian(p.u, p.x, p.y).Sub(ph.Const(1)), On: p.box.Interior(c.points)},
		}}, crux.Options{Method: c.method})
		demands, err := s.Memory(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := 0.0
		for _, d := range demands {
			want += float64(d.Bytes)
		}
		before := heap()
		if _, err := s.Solve(t.Context(), 2); err != nil {
			t.Fatal(err)
		}
		got := heap() - before
		const machines = 20e6 // of two workers; 2 MB where there are gradients only
		if !(got <= want+c.sets*machines && got >= want/2) {
			t.Errorf("%s: %.1f MB, and %v were announced", name, got/1e6, demands)
		}
		t.Logf("%s: %.1f MB, announced %.1f", name, got/1e6, want/1e6)
		runtime.KeepAlive(s)
	}
}

// A method that does not fit is refused before the first step, by name; one that keeps vectors is not.
func TestTooMuchMemory(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(50e3))
	for _, c := range []struct {
		method  optim.Method
		refused string
	}{
		{&optim.LevenbergMarquardt{}, "LevenbergMarquardt: about 1 MB of memory, more than"},
		{optim.Phases(optim.Phase{Method: &optim.Adam{}, Steps: 1}, optim.Phase{Method: &optim.SSBroyden{}}), "SSBroyden: about"},
		{auto.Method(auto.MethodOptions{}), "LevenbergMarquardt and SSBroyden: about"},
		{inGroups(optim.Group{Method: &optim.SSBroyden{BFGS: true}}), "SSBFGS: about"},
		{&optim.Adam{}, ""},
	} {
		s := newSolver(t, newPoisson().Problem, crux.Options{Method: c.method})
		_, asked := s.Memory(t.Context())
		_, err := s.Solve(t.Context(), 1)
		if c.refused == "" {
			if asked != nil || err != nil {
				t.Errorf("%s: %v, %v", optim.Describe(c.method), asked, err)
			}
			continue
		}
		if err == nil || asked == nil || asked.Error() != err.Error() || !strings.Contains(err.Error(), c.refused) {
			t.Errorf("%s: %v; asked before: %v", optim.Describe(c.method), err, asked)
		}
	}
}

func ExampleSolver_Memory() {
	x, y := ph.Coords2("x", "y")
	u := ph.NewField("u", net.MLP{Hidden: []int{30, 30, 30}}, x, y)
	square := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
	solver, err := crux.New(crux.Problem{Constraints: []crux.Constraint{
		{Residual: ph.Laplacian(u, x, y).Add(ph.Const(math.Pi)), On: square.Interior(20000)},
		{Residual: u, On: square.Boundary(400)},
	}}, crux.Options{Method: optim.Phases(optim.Phase{Method: &optim.Adam{}, Steps: 500}, optim.Phase{Method: &optim.LevenbergMarquardt{}})})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer solver.Close() //nolint:errcheck
	demands, err := solver.Memory(context.Background())
	fmt.Println(demands, err)
	// Output:
	// [LevenbergMarquardt: about 396 MB] <nil>
}
