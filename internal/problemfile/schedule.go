package problemfile

import (
	"slices"
	"strconv"

	"github.com/crux-pinn/crux/internal/files/tree"
	"github.com/crux-pinn/crux/optim"
)

// rate reads a learning rate: a number, a schedule, or what follows the loss. The number of steps is that of the phase unless it is given.
func (b *builder) rate(n *tree.Node, steps int) (schedule optim.Schedule, follows optim.Transform) {
	if n.Kind != tree.Mapping {
		v, _ := b.positive(n)
		return optim.Constant(v), nil
	}
	s := b.section(n, "optimizer.*.lr")
	defer s.done()
	if v := s.n.Get("plateau"); v != nil {
		s.own = append(s.own, "plateau")
		b.fail(v, "plateau is gone; use exponential or cosine")
		return optim.Constant(1e-3), nil
	}
	if v := s.block("dlrs"); v != nil {
		m, d := b.section(v, "optimizer.*.lr.dlrs"), &optim.DLRS{}
		m.fill(d)
		m.done()
		return nil, d
	}
	if schedule := b.scheduleOf(s, "optimizer.*.lr", "lr", steps); schedule != nil {
		return schedule, nil
	}
	if len(n.Entries) == 0 {
		b.fail(n, "no learning rate; write a number such as 1e-3")
	}
	return optim.Constant(1e-3), nil
}

// scheduleOf reads the schedule that a section names, from the key of its first value; nil if it names none.
func (b *builder) scheduleOf(s *section, path, first string, steps int) optim.Schedule {
	for _, name := range []string{"cosine", "warmup_cosine", "exponential", "piecewise"} {
		if v := s.block(name); v != nil {
			m := b.sectionWith(v, path+"."+name, map[string]string{"steps": strconv.Itoa(max(1, steps))})
			defer m.done()
			return b.schedule(name, m, first)
		}
	}
	return nil
}

func (b *builder) schedule(name string, m *section, first string) optim.Schedule {
	from := only[float64](m, first)
	switch name {
	case "cosine":
		return optim.Cosine(from, only[float64](m, "end"), only[int](m, "steps"))
	case "warmup_cosine":
		return optim.WarmupCosine(from, only[float64](m, "end"), only[int](m, "warmup"), only[int](m, "steps"))
	case "exponential":
		every := only[int](m, "steps")
		r := optim.Exponential(from, only[float64](m, "factor"), every)
		if only[bool](m, "staircase") {
			r = optim.Staircase(r, every)
		}
		if floor, ok := valueOf[float64](m, "floor"); ok {
			r = optim.AtLeast(r, floor)
		}
		return r
	}
	return optim.Piecewise(from, b.changes(m.need("changes"))...)
}

// changes reads {1000: 1e-4, 2000: 1e-5}: the rate from each step on.
func (b *builder) changes(n *tree.Node) []optim.Breakpoint {
	s := b.section(n, "changes")
	var list []optim.Breakpoint
	for _, e := range s.n.Entries {
		step, err := strconv.Atoi(e.Key)
		if err != nil || step < 1 {
			b.failAt(e.At, n.Path, "%q is not a step; write a whole number such as 1000", e.Key)
			continue
		}
		v, _ := b.positive(e.Value)
		list = append(list, optim.Breakpoint{Step: step, LR: v})
	}
	slices.SortFunc(list, func(x, y optim.Breakpoint) int { return x.Step - y.Step })
	return list
}
