package compiler

import (
	"fmt"
	"math"
	"strings"

	ph "github.com/crux-pinn/crux/placeholder"
)

// LossKind names a reduction of a residual r with n rows and k components to a number.
type LossKind uint8

// The reductions. MSE is the default.
const (
	MSE     LossKind = iota // Σ r² / nk
	MAE                     // Σ |r| / nk
	Mean                    // Σ r / nk
	Sum                     // Σ r
	Huber                   // Σ h(r) / nk, h = r²/2 where |r| ≤ δ and δ(|r| − δ/2) beyond
	Student                 // Σ h(r) / nk, h = δ²/2 · ln(1 + r²/δ²): errors by Student's distribution
)

var lossNames = [...]string{"mse", "mae", "mean", "sum", "huber", "student"}

func (k LossKind) String() string { return lossNames[k] }

// Loss is a reduction with its parameter.
type Loss struct {
	Kind LossKind
	// Delta is the size of a residual from which on it counts less: linearly with Huber, 0 meaning 1, and like a logarithm with Student, 0
	// meaning 2. In standard deviations σ of the errors, √ν·σ is Student's distribution with ν degrees of freedom.
	Delta float64
}

// Robust reports whether large residuals count less than their squares, so that outliers among data do not pull the fit.
func (l Loss) Robust() bool { return l.Kind == Huber || l.Kind == Student }

// Squares reports whether a loss is a sum of squares: of the residual, or of what Root makes of it.
func (l Loss) Squares() bool { return l.Kind == MSE || l.Robust() }

// Size is δ, the size of a residual from which on it counts less.
func (l Loss) Size() float64 {
	switch {
	case l.Delta != 0:
		return l.Delta
	case l.Kind == Student:
		return 2
	}
	return 1
}

func (l Loss) check() error {
	if int(l.Kind) >= len(lossNames) {
		return fmt.Errorf("unknown reduction %d; take one of %v", l.Kind, lossNames)
	}
	if l.Delta < 0 {
		return fmt.Errorf("delta %v of a %s loss; it must be positive", l.Delta, strings.ToUpper(l.Kind.String()[:1])+l.Kind.String()[1:])
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
		d := l.Size()
		a, err := abs()
		if err != nil {
			return nil, err
		}
		inside := t.add(value{op: opCompare, dim: r.dim, ref: ph.LessEqual, args: []*value{a, t.constant(d, 1)}})
		return t.where(inside, t.scale(t.mul(r, r), 0.5), t.lin(r.dim, -d*d/2, []float64{d}, []*value{a})), nil
	case Student:
		d := l.Size()
		return t.of(ph.Log1p(hole.Pow(2).Scale(1/(d*d))).Scale(d*d/2), r)
	}
	return r, nil
}

// root is s with the sign of r and s² = ρ(r): a robust loss is a sum of squares, too, of smooth functions of the residuals, which methods
// for least squares take as they are (Triggs et al. 2000, without their second-order term). Of a mean square it is r itself.
func (l Loss) root(t *trace, r *value) (*value, error) {
	d := l.Size()
	switch l.Kind {
	case Huber:
		size := ph.Abs(hole)
		beyond := ph.Max(size.Scale(d).Shift(-d*d/2), ph.Const(d*d/2)) // nothing is infinite on the side that is not taken
		return t.of(ph.Where(ph.Compare(size, ph.LessEqual, ph.Const(d)), hole.Scale(math.Sqrt(0.5)), ph.Sign(hole).Mul(ph.Sqrt(beyond))), r)
	case Student: // r·√(ln(1+z)/2z), z = r²/δ², by its series where z is so small that the quotient has no digits of its derivative
		const small = 1e-5
		z := hole.Pow(2).Scale(1 / (d * d))
		series := z.Mul(z).Scale(1.0 / 3).Sub(z.Scale(0.5)).Shift(1)
		quotient := ph.Log1p(z).Div(ph.Max(z, ph.Const(small)))
		share := ph.Where(ph.Compare(z, ph.Less, ph.Const(small)), series, quotient)
		return t.of(hole.Mul(ph.Sqrt(share.Scale(0.5))), r)
	}
	return r, nil
}

// of is a function of the hole, of r.
func (t *trace) of(f ph.Expr, r *value) (*value, error) {
	v, err := t.lower(f)
	if err != nil {
		return nil, err
	}
	return t.subst(v, hole, r)
}

// Rho is ρ(r) of one number, the summand.
func (l Loss) Rho(r float64) float64 {
	switch l.Kind {
	case MSE:
		return r * r
	case MAE:
		return math.Abs(r)
	case Huber:
		d := l.Size()
		if a := math.Abs(r); a > d {
			return d * (a - d/2)
		}
		return r * r / 2
	case Student:
		d := l.Size()
		return d * d / 2 * math.Log1p(r*r/(d*d))
	}
	return r
}

// Psi is ψ(r) = ρ′(r) of a robust loss and its derivative: the residual itself while it is small.
func (l Loss) Psi(r float64) (psi, slope float64) {
	d := l.Size()
	switch {
	case l.Kind == Student:
		z := r * r / (d * d)
		return r / (1 + z), (1 - z) / ((1 + z) * (1 + z))
	case l.Kind == Huber && math.Abs(r) > d:
		return math.Copysign(d, r), 0
	}
	return r, 1
}

// factor is what the sum of ρ over n rows of k components is multiplied with; total is the sum of the point weights, or
// n without weights.
func (l Loss) factor(k int, total float64) float64 {
	if l.Kind == Sum {
		return 1
	}
	return 1 / (total * float64(k))
}
