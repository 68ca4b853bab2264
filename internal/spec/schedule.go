package spec

import (
	"slices"
	"strconv"

	"github.com/crux-pinn/crux/optim"
)

// rate is a link of a chain that sets the learning rate: a schedule, or a transform that follows the loss.
type rate struct {
	schedule  optim.Schedule
	transform optim.Transform
}

func (r rate) link() optim.Transform {
	if r.transform != nil {
		return r.transform
	}
	return optim.ScaleByLR(r.schedule)
}

// schedules are the learning rates that a file can name beside a plain number.
var schedules = []string{"cosine", "warmup_cosine", "exponential", "piecewise", "plateau", "dlrs"}

// rate reads a learning rate. The number of steps is that of the phase unless it is given.
//
//	lr: 1e-3
//	lr: {cosine: {lr: 1e-3, end: 1e-5, steps: 2000}}
//	lr: {warmup_cosine: {lr: 1e-3, end: 0, warmup: 100, steps: 2000}}
//	lr: {exponential: {lr: 1e-3, factor: 0.9, steps: 100, staircase: true, floor: 1e-6}}
//	lr: {piecewise: {lr: 1e-3, changes: {1000: 1e-4, 2000: 1e-5}}}
//	lr: {plateau: {lr: 1e-3, factor: 0.5, patience: 1000, cooldown: 0, tol: 0, min: 0}}
//	lr: {dlrs: {lr: 1e-3}}
func (b *builder) rate(n *node, steps int) []rate {
	if n.kind != mapping {
		v, _ := b.positive(n)
		return []rate{{schedule: optim.Constant(v)}}
	}
	s := b.section(n, "{cosine: {lr: 1e-3, end: 1e-5}}")
	defer s.done()
	for _, name := range schedules {
		if v := s.block(name); v != nil {
			m := b.section(v, "{lr: 1e-3}")
			defer m.done()
			return b.schedule(name, m, "lr", "1e-3", steps)
		}
	}
	if len(n.entries) == 0 {
		b.fail(n, "no learning rate; write a number such as 1e-3")
	}
	return []rate{{schedule: optim.Constant(1e-3)}}
}

// schedule reads one schedule; key is the name of the value with which it begins.
func (b *builder) schedule(name string, m *section, key, def string, steps int) []rate {
	lr := m.realOr(key, def)
	switch name {
	case "cosine":
		return []rate{{schedule: optim.Cosine(lr, m.tolerance("end"), m.intOr("steps", max(1, steps)))}}
	case "warmup_cosine":
		return []rate{{schedule: optim.WarmupCosine(lr, m.tolerance("end"), m.intOr("warmup", 100), m.intOr("steps", max(1, steps)))}}
	case "exponential":
		every := m.intOr("steps", 1000)
		r := optim.Exponential(lr, m.realOr("factor", "0.9"), every)
		if v := m.get("staircase"); v != nil && b.boolean(v) {
			r = optim.Staircase(r, every)
		}
		if v := m.get("floor"); v != nil {
			floor, _ := b.positive(v)
			r = optim.AtLeast(r, floor)
		}
		return []rate{{schedule: r}}
	case "piecewise":
		return []rate{{schedule: optim.Piecewise(lr, b.changes(m.need("changes", "{1000: 1e-4}"))...)}}
	case "plateau":
		p := &optim.Plateau{
			Factor: m.fraction("factor", "0.5"), Patience: m.intOr("patience", 1000), Cooldown: int(m.tolerance("cooldown")),
			Tol: m.tolerance("tol"), Min: m.tolerance("min"),
		}
		return []rate{{schedule: optim.Constant(lr)}, {transform: p}}
	}
	return []rate{{transform: &optim.DLRS{
		LR: lr, Window: m.intOr("window", 10), Decrease: m.realOr("decrease", "0.5"), Stagnation: m.realOr("stagnation", "0.1"),
		Increase: m.realOr("increase", "0.1"), Min: m.realOr("min", "1e-10"), Max: m.realOr("max", "1"),
	}}}
}

// changes reads {1000: 1e-4, 2000: 1e-5}: the rate from each step on.
func (b *builder) changes(n *node) []optim.Breakpoint {
	if n == nil {
		return nil
	}
	s := b.section(n, "{1000: 1e-4, 2000: 1e-5}")
	var list []optim.Breakpoint
	for _, e := range s.n.entries {
		step, err := strconv.Atoi(e.key)
		if err != nil || step < 1 {
			b.failAt(e.at, n.path, "%q is no step; write a whole number such as 1000", e.key)
			continue
		}
		v, _ := b.positive(e.value)
		list = append(list, optim.Breakpoint{Step: step, LR: v})
	}
	slices.SortFunc(list, func(x, y optim.Breakpoint) int { return x.Step - y.Step })
	return list
}
