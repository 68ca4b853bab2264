package optim

import (
	"cmp"
	"fmt"

	"github.com/crux-pinn/crux/optim/internal/saved"
	"github.com/crux-pinn/crux/optim/internal/vec"
)

// Plateau lowers the learning rate when the loss stops falling. It is a [Transform]: put it last in a [Chain], after
// [ScaleByLR]. It multiplies the update by a scale that starts at 1 and is multiplied by Factor whenever the loss has gone
// more than Patience steps without falling below (1−Tol) times its best. The scale of a step depends on the losses before it.
//
// The rule is that of PyTorch's ReduceLROnPlateau in relative mode, but counted in steps. The zero value is ready for use.
type Plateau struct {
	Factor   float64 // in (0,1); 0 means 0.5
	Patience int     // steps without improvement that are put up with; 0 means 1000
	Cooldown int     // steps after a reduction during which nothing is counted; 0 is none
	Tol      float64 // relative improvement that counts; 0 counts any, PyTorch has 1e-4
	Min      float64 // smallest scale; 0 sets no limit

	s plateauState
}

type plateauState struct {
	started      bool
	best         float64
	scale        float64
	bad, resting int
}

// Init implements Transform.
func (p *Plateau) Init([]Param) error {
	p.s = plateauState{scale: 1}
	if f := p.factor(); !(f > 0 && f < 1) || p.Patience < 0 || p.Cooldown < 0 || !(p.Tol >= 0 && p.Tol < 1) || !(p.Min >= 0 && p.Min <= 1) {
		return fmt.Errorf("Plateau: Factor %v must lie in (0,1), Patience %d and Cooldown %d must not be negative, Tol %v must lie in [0,1) and Min %v in [0,1]",
			f, p.Patience, p.Cooldown, p.Tol, p.Min)
	}
	return nil
}

func (p *Plateau) factor() float64 { return cmp.Or(p.Factor, 0.5) }

// Apply implements Transform.
func (p *Plateau) Apply(u []float64, at Point) error {
	if p.s.scale != 1 {
		vec.Scale(p.s.scale, u)
	}
	p.note(at.Loss)
	return nil
}

func (p *Plateau) note(loss float64) {
	s := &p.s
	if !s.started || loss < s.best*(1-p.Tol) {
		s.started, s.best, s.bad = true, loss, 0
	} else {
		s.bad++
	}
	if s.resting > 0 {
		s.resting--
		s.bad = 0
	}
	if s.bad > cmp.Or(p.Patience, 1000) {
		s.scale = max(s.scale*p.factor(), p.Min)
		s.bad, s.resting = 0, p.Cooldown
	}
}

func (p *Plateau) rate(int) float64 { return p.s.scale }

// String names the transform in [FirstOrder.Describe].
func (p *Plateau) String() string { return fmt.Sprintf("plateau %g", p.factor()) }

const plateauKind = "optim.Plateau/1"

// State implements Stateful.
func (p *Plateau) State() ([]byte, error) {
	w := saved.New(plateauKind)
	w.Bool(p.s.started)
	w.Float(p.s.best)
	w.Float(p.s.scale)
	w.Int(p.s.bad)
	w.Int(p.s.resting)
	return w.State(), nil
}

// SetState implements Stateful.
func (p *Plateau) SetState(state []byte) error {
	r := saved.Read(plateauKind, state)
	s := plateauState{started: r.Bool(), best: r.Float(), scale: r.Float(), bad: r.Int(), resting: r.Int()}
	if err := r.Finish(); err != nil {
		return err
	}
	p.s = s
	return nil
}
