package optim

import (
	"fmt"
	"math"

	"github.com/crux-pinn/crux/optim/internal/saved"
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

func (c clipNorm) Init([]Param) error { return checkLimit("ClipNorm", float64(c)) }
func (c clipNorm) String() string     { return fmt.Sprintf("clip norm %g", float64(c)) }

func (c clipNorm) Apply(u []float64, _ Point) error {
	if n := vec.Norm2(u); n > float64(c) {
		vec.Scale(float64(c)/n, u)
	}
	return nil
}

// ClipValue limits every element of the update to [−limit, limit]. The limit is positive.
func ClipValue(limit float64) Transform { return clipValue(limit) }

type clipValue float64

func (c clipValue) Init([]Param) error { return checkLimit("ClipValue", float64(c)) }
func (c clipValue) String() string     { return fmt.Sprintf("clip value %g", float64(c)) }

func (c clipValue) Apply(u []float64, _ Point) error {
	limit := float64(c)
	for i, v := range u {
		u[i] = min(max(v, -limit), limit)
	}
	return nil
}

func checkLimit(name string, limit float64) error {
	if !(limit > 0) {
		return fmt.Errorf("%s(%v): the limit must be positive", name, limit)
	}
	return nil
}

// AddDecayedWeights adds decay·θ to the update. After [ScaleByAdam] it is the decoupled weight decay of AdamW; before it,
// an L2 penalty (Loshchilov & Hutter 2019). The choice selects the parameters that decay by path; nil means all.
func AddDecayedWeights(decay float64, choice func(path string) bool) Transform {
	return &weightDecay{decay: decay, choice: choice}
}

type weightDecay struct {
	decay  float64
	choice func(path string) bool
	params []Param // those that decay
}

func (d *weightDecay) String() string { return fmt.Sprintf("weight decay %g", d.decay) }

func (d *weightDecay) Init(params []Param) error {
	d.params = d.params[:0]
	for _, p := range params {
		if d.choice == nil || d.choice(p.Path) {
			d.params = append(d.params, p)
		}
	}
	return d.check()
}

func (d *weightDecay) check() error {
	if !(d.decay >= 0) || math.IsInf(d.decay, 0) {
		return fmt.Errorf("weight decay %v: it must be finite and not negative", d.decay)
	}
	return nil
}

func (d *weightDecay) Apply(u []float64, at Point) error {
	for _, p := range d.params {
		end := p.Offset + p.Len
		vec.Axpy(d.decay, at.Theta[p.Offset:end], u[p.Offset:end])
	}
	return nil
}

// ScaleByRMS divides the update by the root of its running mean square (RMSProp; Tieleman & Hinton 2012):
//
//	v ← decay·v + (1−decay)·u²        u ← u/(√v + eps)
//
// There is no bias correction and eps is outside the root. The usual constants are 0.9 and 1e-8.
func ScaleByRMS(decay, eps float64) Transform { return &rmsScale{decay: decay, eps: eps} }

type rmsScale struct {
	decay, eps float64
	v          []float64
}

func (s *rmsScale) String() string { return fmt.Sprintf("rms %g %g", s.decay, s.eps) }

func (s *rmsScale) Init(params []Param) error {
	if !(s.decay >= 0 && s.decay < 1 && s.eps >= 0) {
		return fmt.Errorf("ScaleByRMS(%v, %v): decay lies in [0,1) and eps is not negative", s.decay, s.eps)
	}
	s.v = make([]float64, size(params))
	return nil
}

func (s *rmsScale) Apply(u []float64, _ Point) error {
	for i, g := range u {
		s.v[i] = s.decay*s.v[i] + (1-s.decay)*(g*g)
		if g != 0 {
			u[i] = g / (math.Sqrt(s.v[i]) + s.eps)
		}
	}
	return nil
}

const rmsState = "optim.ScaleByRMS/1"

func (s *rmsScale) State() ([]byte, error) { return saved.State(rmsState, &s.v) }

func (s *rmsScale) SetState(state []byte) error { return saved.SetState(rmsState, state, &s.v) }
