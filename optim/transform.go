package optim

import (
	"fmt"
	"math"

	"github.com/crux-pinn/crux/optim/internal/vec"
)

// ScaleByLR multiplies the update by the learning rate of the step. It normally ends a [Chain]. A rate that is negative
// or not finite is an error of the step.
func ScaleByLR(s Schedule) Transform { return &lrScale{rateOr(s, 1)} }

type lrScale struct{ s Schedule }

func (l *lrScale) Init([]Param) error    { return nil }
func (l *lrScale) rate(step int) float64 { return l.s(step) }
func (l *lrScale) String() string        { return "learning rate" }

func (l *lrScale) Apply(u []float64, at Point) error {
	lr := l.s(at.Step)
	if !(lr >= 0) || math.IsInf(lr, 0) {
		return fmt.Errorf("the schedule gave the learning rate %v; it must be finite and not negative", lr)
	}
	vec.Scale(lr, u)
	return nil
}

// ClipNorm shortens the update to Euclidean norm limit when it is longer: u ← u·min(1, limit/‖u‖₂). The limit is positive.
// (Pascanu, Mikolov & Bengio 2013.)
func ClipNorm(limit float64) Transform { return clipNorm(limit) }

type clipNorm float64

func (c clipNorm) Init([]Param) error {
	if !(c > 0) {
		return fmt.Errorf("ClipNorm(%v): the limit must be positive", float64(c))
	}
	return nil
}

func (c clipNorm) String() string { return fmt.Sprintf("clip norm %g", float64(c)) }

func (c clipNorm) Apply(u []float64, _ Point) error {
	if n := vec.Norm2(u); n > float64(c) {
		vec.Scale(float64(c)/n, u)
	}
	return nil
}
