package compiler

import (
	"fmt"
	"math"

	ph "github.com/crux-pinn/crux/placeholder"
)

// LossKind names a reduction of a residual r with n rows and k components to a number.
type LossKind uint8

// The reductions. MSE is the default.
const (
	MSE   LossKind = iota // Σ r² / nk
	MAE                   // Σ |r| / nk
	Mean                  // Σ r / nk
	Sum                   // Σ r
	Huber                 // Σ h(r) / nk, h = r²/2 where |r| ≤ δ and δ(|r| − δ/2) beyond
)

var lossNames = [...]string{"mse", "mae", "mean", "sum", "huber"}

func (k LossKind) String() string { return lossNames[k] }

// Loss is a reduction with its parameter.
type Loss struct {
	Kind  LossKind
	Delta float64 // of Huber; 0 means 1
}

func (l Loss) check() error {
	if int(l.Kind) >= len(lossNames) {
		return fmt.Errorf("unknown reduction %d; take one of %v", l.Kind, lossNames)
	}
	if l.Delta < 0 {
		return fmt.Errorf("delta %v of a Huber loss; it must be positive", l.Delta)
	}
	return nil
}

// pointwise is ρ(r), the summand.
func (l Loss) pointwise(t *trace, r *value) (*value, error) {
	abs := func() (*value, error) {
		f, err := t.lower(ph.Abs(hole))
		if err != nil {
			return nil, err
		}
		return t.unary(f.ref.(*ph.Unary), r), nil
	}
	switch l.Kind {
	case MSE:
		return t.mul(r, r), nil
	case MAE:
		return abs()
	case Huber:
		d := l.Delta
		if d == 0 {
			d = 1
		}
		a, err := abs()
		if err != nil {
			return nil, err
		}
		inside := t.add(value{op: opCompare, dim: r.dim, ref: ph.LessEqual, args: []*value{a, t.constant(d, 1)}})
		return t.where(inside, t.scale(t.mul(r, r), 0.5), t.lin(r.dim, -d*d/2, []float64{d}, []*value{a})), nil
	}
	return r, nil
}

// Rho is ρ(r) of one number, the summand.
func (l Loss) Rho(r float64) float64 {
	switch l.Kind {
	case MSE:
		return r * r
	case MAE:
		return math.Abs(r)
	case Huber:
		d := l.Delta
		if d == 0 {
			d = 1
		}
		if a := math.Abs(r); a > d {
			return d * (a - d/2)
		}
		return r * r / 2
	}
	return r
}

// factor is what the sum of ρ over n rows of k components is multiplied with; total is the sum of the point weights, or
// n without weights.
func (l Loss) factor(k int, total float64) float64 {
	if l.Kind == Sum {
		return 1
	}
	return 1 / (total * float64(k))
}
