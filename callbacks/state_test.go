package callbacks_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Parameters that are not trained, data columns and normals are part of a checkpoint: a solver that began with another seed
// has the values of the first one afterwards, and goes on as it does.
func TestStateHoldsAllKindsOfPoints(t *testing.T) {
	build := func(seed uint64) *crux.Solver {
		x, y := ph.Coords2("x", "y")
		box := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
		u := ph.NewField("u", net.Fourier{Features: 4, Inner: net.MLP{Hidden: []int{6}}}, x, y)
		data := domain.FromData([]*ph.Coord{x, y}, []float64{0.2, 0.3, 0.7, 0.6}, map[string][]float64{"u": {1, 2}})
		s, err := crux.New(crux.Problem{Name: "kinds", Constraints: []crux.Constraint{
			{Name: "pde", Residual: ph.Laplacian(u, x, y), On: box.Interior(20)},
			{Name: "flux", Residual: ph.NormalDerivative(u, x, y), On: box.Boundary(12).Every(3)},
			{Name: "data", Residual: u.Sub(data.Column("u")), On: data},
		}}, crux.Options{Method: &optim.LBFGS{}, Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	dir := t.TempDir()
	a, b := build(1), build(2)
	if _, err := a.Solve(context.Background(), 5, &callbacks.Checkpoint{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	saved, err := callbacks.Latest(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := saved.Restore(b, &callbacks.Checkpoint{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	for i, p := range a.Parameters() {
		if q := b.Parameters()[i]; !slices.Equal(p.Data, q.Data) || p.Fixed != q.Fixed {
			t.Errorf("parameter %q differs", p.Path)
		}
	}
	la, errA := a.Losses(context.Background())
	lb, errB := b.Losses(context.Background())
	if errA != nil || errB != nil || !slices.Equal(la, lb) || math.IsNaN(la[0]) {
		t.Errorf("losses %v and %v (%v, %v)", la, lb, errA, errB)
	}
	// The step itself draws no points (step 5 is not due), so both take the same one.
	ra, errA := a.Solve(context.Background(), 1)
	rb, errB := b.Solve(context.Background(), 1)
	if errA != nil || errB != nil || ra.Loss != rb.Loss {
		t.Errorf("next losses differ (%v, %v)", errA, errB)
	}
	// A copy of the state is a copy.
	st, err := a.State()
	if err != nil {
		t.Fatal(err)
	}
	st.Parameters[0].Data[0], st.Points[0].X[0], st.History.Loss[0] = -9, -9, -9
	again, err := a.State()
	if err != nil || again.Parameters[0].Data[0] == -9 || again.Points[0].X[0] == -9 || again.History.Loss[0] == -9 {
		t.Error("a caller can change the solver through its state")
	}
}
