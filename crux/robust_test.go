package crux_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
)

// What SciPy's least_squares makes of values with outliers by its losses linear, huber and cauchy (testdata/robust.py): the same numbers
// and the same loss, by LevenbergMarquardt from the matrix and from the rows, and by a method of gradients.
func TestRobustScipy(t *testing.T) {
	text, err := os.ReadFile("testdata/robust.json")
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		T, Y []float64
		Fits []struct {
			Loss              string
			Delta, A, B, Cost float64
		}
	}
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	tc := ph.NewCoord("t")
	data := domain.FromData([]*ph.Coord{tc}, want.T, map[string][]float64{"y": want.Y})
	kinds := map[string]crux.Loss{"mse": {Kind: crux.MSE}, "huber": {Kind: crux.Huber}, "student": {Kind: crux.Student}}
	for _, f := range want.Fits {
		for name, method := range map[string]optim.Method{
			"lm": &optim.LevenbergMarquardt{}, "lm of rows": &optim.LevenbergMarquardt{Rows: 20}, "ssbroyden": &optim.SSBroyden{},
		} {
			loss := kinds[f.Loss]
			loss.Delta = f.Delta
			a, b := ph.NewParam("a", 2), ph.NewParam("b", 0.5)
			residual := a.Mul(ph.Exp(b.Mul(tc).Neg())).Sub(ph.Column("y"))
			s, err := crux.New(crux.Problem{Name: "robust", Constraints: []crux.Constraint{{Name: "fit", Residual: residual, On: data, Loss: loss}}},
				crux.Options{Method: method})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close() //nolint:errcheck // it only ends workers
			if _, err := s.Solve(t.Context(), 200); err != nil {
				t.Fatal(err)
			}
			cost := s.History().Loss[len(s.History().Loss)-1] * float64(len(want.T))
			if f.Loss == "mse" {
				cost /= 2 // SciPy's is half of the sum of squares
			}
			near := func(got, want float64) bool { return math.Abs(got-want) <= 1e-6*want }
			if va, vb := s.Value(a), s.Value(b); !near(va, f.A) || !near(vb, f.B) || !near(cost, f.Cost) {
				t.Errorf("%s, %s %v: a = %v, b = %v, cost %v; SciPy has %v, %v, %v", name, f.Loss, f.Delta, va, vb, cost, f.A, f.B, f.Cost)
			}
		}
	}
}
