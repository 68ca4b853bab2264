package spec

import (
	"slices"
	"strconv"

	"github.com/crux-pinn/crux/optim"
)

// schedules are the learning rates that a file can name beside a plain number.
var schedules = []string{"cosine", "warmup_cosine", "exponential", "piecewise", "dlrs"}

// rate reads a learning rate, which is a schedule or follows the loss. The number of steps is that of the phase unless it is given.
//
//	lr: 1e-3
//	lr: {cosine: {lr: 1e-3, end: 1e-5, steps: 2000}}
//	lr: {warmup_cosine: {lr: 1e-3, end: 0, warmup: 100, steps: 2000}}
//	lr: {exponential: {lr: 1e-3, factor: 0.9, steps: 100, staircase: true, floor: 1e-6}}
//	lr: {piecewise: {lr: 1e-3, changes: {1000: 1e-4, 2000: 1e-5}}}
//	lr: {dlrs: {lr: 1e-3}}
func (b *builder) rate(n *node, steps int) (schedule optim.Schedule, follows optim.Transform) {
	if n.kind != mapping {
		v, _ := b.positive(n)
		return optim.Constant(v), nil
	}
	s := b.section(n, "{cosine: {lr: 1e-3, end: 1e-5}}")
	defer s.done()
	if v := s.n.get("plateau"); v != nil {
		s.known = append(s.known, "plateau")
		b.fail(v, "plateau is gone; use exponential or cosine")
		return optim.Constant(1e-3), nil
	}
	for _, name := range schedules {
		if v := s.block(name); v != nil {
			m := b.section(v, "{lr: 1e-3}")
			defer m.done()
			if name == "dlrs" {
				return nil, &optim.DLRS{
					LR: m.realOr("lr", "1e-3"), Window: m.intOr("window", 10), Decrease: m.realOr("decrease", "0.5"), Stagnation: m.realOr("stagnation", "0.1"),
					Increase: m.realOr("increase", "0.1"), Min: m.realOr("min", "1e-10"), Max: m.realOr("max", "1"),
				}
			}
			return b.schedule(name, m, "lr", "1e-3", steps), nil
		}
	}
	if len(n.entries) == 0 {
		b.fail(n, "no learning rate; write a number such as 1e-3")
	}
	return optim.Constant(1e-3), nil
}

// schedule reads one schedule; key is the name of the value with which it begins.
func (b *builder) schedule(name string, m *section, key, def string, steps int) optim.Schedule {
	lr := m.realOr(key, def)
	switch name {
	case "cosine":
		return optim.Cosine(lr, m.tolerance("end"), m.intOr("steps", max(1, steps)))
	case "warmup_cosine":
		return optim.WarmupCosine(lr, m.tolerance("end"), m.intOr("warmup", 100), m.intOr("steps", max(1, steps)))
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
		return r
	}
	return optim.Piecewise(lr, b.changes(m.need("changes", "{1000: 1e-4}"))...)
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
