package optim

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/crux-pinn/crux/internal/kern"
	"github.com/crux-pinn/crux/optim/internal/vec"
)

// Transform is one link of a [Chain]: it turns an update into a better one. The first link receives the gradient; what
// leaves the last is subtracted from θ.
//
// A Transform with state implements [Stateful] too; then its SetState is only called after Init.
type Transform interface {
	// Init is called when the layout of θ is new, before the first Apply. It drops any state and checks the settings.
	Init(params []Param) error
	// Apply changes u in place. It reads at and keeps no reference to either.
	Apply(u []float64, at Point) error
}

// Point is where a step starts from.
type Point struct {
	Theta []float64 // θ_e, read only
	Loss  float64   // L(θ_e)
	Step  int       // steps taken before this one, so 0 first
	Pool  Pool      // workers that long vectors may be shared with; nil if there are none
}

// Chain returns the first-order method whose direction is the gradient passed through the transforms, first to last:
//
//	u ← ∇L(θ);  u ← T_k(… T_2(T_1(u)));  θ ← θ − u
//
// It evaluates the objective once a step. Without transforms it is gradient descent with learning rate 1. The design
// is that of Optax (Babuschkin et al., 2020), with the minus sign in the last line instead of in the learning rate.
func Chain(transforms ...Transform) *FirstOrder {
	return &FirstOrder{name: "Chain", transforms: transforms}
}

// FirstOrder is a method made by [Chain]. [Adam], [AdamW] and [SGD] are built on it. It must not be copied after Init.
type FirstOrder struct {
	name       string
	transforms []Transform

	resumable
	step int       // steps taken
	u    []float64 // the gradient, then the update
}

// chain is what the named methods embed.
type chain = FirstOrder

// begins makes it the named method with these transforms.
func (c *FirstOrder) begins(name string, params []Param, transforms ...Transform) error {
	c.name, c.transforms = name, append(c.transforms[:0], transforms...)
	return c.Init(params)
}

// rated is the Info of the named method with a learning rate.
func (c *FirstOrder) rated(name string, lr Schedule, settings string) Info {
	rate := lr(c.step)
	return Info{Name: name, Settings: fmt.Sprintf("learning rate %.3g%s", rate, settings), Rate: rate}
}

// Init implements Method.
func (c *FirstOrder) Init(params []Param) error {
	for i, t := range c.transforms {
		if t == nil {
			return fmt.Errorf("optim: %s: transform %d is nil", c.name, i)
		}
	}
	return c.init(params, c.reset, c.restore)
}

func (c *FirstOrder) reset() error {
	c.step = 0
	c.u = make([]float64, c.layout.n)
	for _, t := range c.transforms {
		if err := t.Init(c.layout.params); err != nil {
			return fmt.Errorf("optim: %s: %w", c.name, err)
		}
	}
	return nil
}

// Step implements Method.
func (c *FirstOrder) Step(ctx context.Context, f Objective, theta []float64) (float64, error) {
	if err := c.layout.check(c.name, theta); err != nil {
		return math.NaN(), err
	}
	if err := ctx.Err(); err != nil {
		return math.NaN(), err
	}
	loss, err := f.Grad(ctx, c.u, theta)
	if err != nil {
		return loss, err
	}
	if err := entryError(c.name, loss, c.u); err != nil {
		return loss, err
	}
	at := Point{Theta: theta, Loss: loss, Step: c.step, Pool: f.Pool}
	for _, t := range c.transforms {
		if err := t.Apply(c.u, at); err != nil {
			return loss, fmt.Errorf("optim: %s: step %d: %w", c.name, c.step, err)
		}
	}
	kern.Table[float64]()[kern.OpSub](c.u, theta, c.u, nil)
	if i := vec.FirstNonFinite(c.u); i >= 0 {
		return loss, fmt.Errorf("optim: %s: step %d: the update makes θ[%d] = %v of %v: %w; lower the learning rate", c.name, c.step, i,
			c.u[i], theta[i], ErrNonFinite)
	}
	copy(theta, c.u)
	c.step++
	return loss, nil
}

// rater is a transform with a learning rate.
type rater interface{ rate(step int) float64 }

// Info implements Method. Rate is the product of the rates of the links that have one, 1 when none has.
func (c *FirstOrder) Info(Objective) Info {
	info := Info{Name: c.name, Rate: 1}
	names := make([]string, len(c.transforms))
	for i, t := range c.transforms {
		if r, ok := t.(rater); ok {
			info.Rate *= r.rate(c.step)
		}
		names[i] = fmt.Sprintf("%T", t)
		if s, ok := t.(fmt.Stringer); ok {
			names[i] = s.String()
		}
	}
	info.Settings = strings.Join(names, ", ")
	return info
}

const chainState = "optim.Chain/1"

// State implements Method.
func (c *FirstOrder) State() ([]byte, error) { return c.state(chainState, c.fields()...) }

// SetState implements Method. It is all or nothing, except that a link may fail after an earlier one was restored.
func (c *FirstOrder) SetState(state []byte) error { return c.setState(state, c.restore) }

func (c *FirstOrder) restore(state []byte) error { return c.adopt(chainState, state, c.fields()...) }

func (c *FirstOrder) fields() []any {
	all := []any{&c.step}
	for _, t := range c.transforms {
		if s, ok := t.(Stateful); ok {
			all = append(all, s)
		}
	}
	return all
}
