package optim

import (
	"cmp"
	"fmt"
	"math"

	"github.com/crux-pinn/crux/optim/internal/saved"
	"github.com/crux-pinn/crux/optim/internal/vec"
)

// DLRS is the dynamic learning rate scheduler of Dharanalakota, Raikar & Ghosh (2025, arXiv 2507.21749): the rate
// rises by a fraction of its own order of magnitude while the loss falls, and comes down when it rises. It is a
// [Transform] that takes the place of [ScaleByLR]. After each step, with the latest losses l₁ … l_k, k ≤ Window, and
// their mean l̄:
//
//	slope = (l_k − l₁)/l̄        d = 10^⌊log₁₀ α⌋
//	α ← α − Decrease·d          if slope > 1
//	α ← α − Stagnation·d        if 0 < slope ≤ 1
//	α ← α + Increase·d          if slope ≤ 0
//
// within [Min, Max]. Departure: the paper's losses are those of the batches of an epoch, here those of the latest steps. The
// rate of a step depends on the losses before it. The zero value is ready for use.
type DLRS struct {
	LR         float64 // rate of the first two steps; 0 means 1e-3
	Window     int     // number of losses looked at; 0 means 10
	Decrease   float64 // 0 means 0.5
	Stagnation float64 // 0 means 0.1
	Increase   float64 // 0 means 0.1
	Min, Max   float64 // 0 means 1e-10 and 1

	lr     float64
	losses []float64 // oldest first
}

// Init implements Transform.
func (d *DLRS) Init([]Param) error {
	lo, hi := d.limits()
	d.lr, d.losses = cmp.Or(d.LR, 1e-3), make([]float64, 0, max(d.window(), 0))
	if d.window() < 2 || !(lo > 0 && lo <= d.lr && d.lr <= hi && hi < math.Inf(1)) ||
		!(d.Decrease >= 0 && d.Stagnation >= 0 && d.Increase >= 0) {
		return fmt.Errorf("DLRS: want Window %d of at least 2, 0 < Min %v ≤ LR %v ≤ Max %v, and factors %v, %v, %v that are not negative",
			d.window(), lo, d.lr, hi, d.Decrease, d.Stagnation, d.Increase)
	}
	return nil
}

func (d *DLRS) window() int { return cmp.Or(d.Window, 10) }

func (d *DLRS) limits() (lo, hi float64) { return cmp.Or(d.Min, 1e-10), cmp.Or(d.Max, 1) }

// Apply implements Transform.
func (d *DLRS) Apply(u []float64, at Point) error {
	vec.Scale(d.lr, u)
	d.note(at.Loss)
	return nil
}

func (d *DLRS) note(loss float64) {
	if len(d.losses) == d.window() {
		copy(d.losses, d.losses[1:])
		d.losses = d.losses[:len(d.losses)-1]
	}
	d.losses = append(d.losses, loss)
	if len(d.losses) < 2 {
		return
	}
	mean := 0.0
	for _, l := range d.losses {
		mean += l / float64(len(d.losses))
	}
	slope := (loss - d.losses[0]) / max(mean, 1e-12)
	change := cmp.Or(d.Increase, 0.1)
	switch {
	case slope > 1:
		change = -cmp.Or(d.Decrease, 0.5)
	case slope > 0:
		change = -cmp.Or(d.Stagnation, 0.1)
	}
	lo, hi := d.limits()
	d.lr = min(max(d.lr+change*math.Pow(10, math.Floor(math.Log10(d.lr))), lo), hi)
}

func (d *DLRS) rate(int) float64 { return d.lr }

// String names the transform in [FirstOrder.Describe].
func (d *DLRS) String() string { return "dynamic learning rate" }

const dlrsState = "optim.DLRS/1"

// State implements Stateful.
func (d *DLRS) State() ([]byte, error) { return saved.State(dlrsState, dlrsMemory{d}) }

// SetState implements Stateful.
func (d *DLRS) SetState(state []byte) error { return saved.SetState(dlrsState, state, dlrsMemory{d}) }

// dlrsMemory is what DLRS remembers: the rate and as many losses as there have been, up to the window.
type dlrsMemory struct{ of *DLRS }

func (m dlrsMemory) Save(w *saved.Writer) {
	w.Float(m.of.lr)
	w.Int(len(m.of.losses))
	w.Floats(m.of.losses)
}

func (m dlrsMemory) Load(r *saved.Reader) (set func()) {
	d, lr, n := m.of, r.Float(), r.Int()
	if lo, hi := d.limits(); r.Err == nil && (!(lr >= lo && lr <= hi) || n < 0 || n > d.window()) {
		r.Err = fmt.Errorf("rate %v and %d losses do not fit the settings", lr, n)
		return nil
	}
	losses := r.Vector(n)
	return func() { d.lr, d.losses = lr, append(make([]float64, 0, d.window()), losses...) }
}
