package compiler

import (
	"fmt"
	"sort"
	"strings"

	ph "github.com/crux-pinn/crux/placeholder"
)

// schedule is the result of the pass "fuse": which linear maps share one matrix product, and which elementwise values
// are computed and stored together.
type schedule struct {
	level  map[*value]int // number of matrix products on the longest way from the inputs
	groups []*product
	of     map[*value]*product // of each opLinear
	slot   map[*value]int      // place of each opLinear in its product
	bundle map[*value]*bundle  // elementwise values that are stored
}

// product is one matrix product: all Taylor coefficients that meet the same weight at the same level.
type product struct {
	weight *ph.Param
	level  int
	in     []*value // the channels
	out    []*value
}

// bundle is one elementwise program: values of one width that are stored as the channels of one result.
type bundle struct {
	level  int
	width  int
	points bool
	values []*value
	shared bool // stored because several programs read it, not because a product does
}

func fuse(c *compilation) error {
	c.schedule = newSchedule(c.trace, c.trace.roots)
	c.ahead = newSchedule(c.trace, c.trace.hoists)
	return nil
}

func newSchedule(t *trace, roots []*value) *schedule {
	s := &schedule{
		level: map[*value]int{}, of: map[*value]*product{}, slot: map[*value]int{}, bundle: map[*value]*bundle{},
	}
	all := t.reachable(roots)
	for _, v := range all {
		l := 0
		for _, a := range v.args {
			l = max(l, s.level[a])
		}
		if v.op == opLinear {
			l++
		}
		s.level[v] = l
	}
	// products
	type key struct {
		w      *ph.Param
		level  int
		points bool
	}
	byKey := map[key]*product{}
	for _, v := range all {
		if v.op != opLinear {
			continue
		}
		k := key{v.ref.(*ph.Param), s.level[v], v.args[0].points}
		p := byKey[k]
		if p == nil {
			p = &product{weight: k.w, level: k.level - 1}
			byKey[k] = p
			s.groups = append(s.groups, p)
		}
		s.slot[v] = len(p.in)
		p.in, p.out = append(p.in, v.args[0]), append(p.out, v)
		s.of[v] = p
	}
	sort.SliceStable(s.groups, func(i, j int) bool { return s.groups[i].level < s.groups[j].level })
	for _, p := range s.groups {
		s.store(p.in, p.level)
	}
	s.share(roots, all)
	return s
}

// reachable lists the values that the roots need, arguments first.
func (t *trace) reachable(roots []*value) []*value {
	seen := make([]bool, len(t.values))
	stack := append([]*value(nil), roots...)
	for len(stack) > 0 {
		v := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if !seen[v.id] {
			seen[v.id] = true
			stack = append(stack, v.args...)
		}
	}
	var all []*value
	for _, v := range t.values {
		if seen[v.id] {
			all = append(all, v)
		}
	}
	return all
}

// leaf reports whether a value is read from memory rather than computed in an elementwise program.
func leaf(v *value) bool {
	switch v.op {
	case opCoord, opColumn, opNormal, opHoist, opParam, opRow, opLinear, opSlice, opConcat:
		return true
	}
	return false
}

// store makes the inputs of a product one bundle, if they are elementwise and not stored yet.
func (s *schedule) store(in []*value, level int) {
	b := &bundle{level: level, width: in[0].dim, points: in[0].points}
	for _, v := range in {
		if leaf(v) || v.op == opConst || s.bundle[v] != nil || v.points != b.points {
			return // the emitter copies what is needed into place
		}
	}
	b.values = in
	for _, v := range in {
		s.bundle[v] = b
	}
}

// share stores values that several programs would compute again: the encoders of a modified MLP, skip connections.
func (s *schedule) share(roots, all []*value) {
	type region struct {
		level int
		roots []*value
		width int
	}
	var regions []region
	done := map[*bundle]bool{}
	for _, p := range s.groups {
		for _, v := range p.in {
			if b := s.bundle[v]; b != nil && !done[b] {
				done[b] = true
				regions = append(regions, region{b.level, b.values, b.width})
			}
		}
	}
	top := 0
	for _, v := range roots {
		top = max(top, s.level[v]+1)
	}
	regions = append(regions, region{top, roots, 1})

	count := map[*value]int{}
	parents := map[*value][]*value{}
	for _, r := range regions {
		seen := map[*value]bool{}
		var visit func(v *value, root bool)
		visit = func(v *value, root bool) {
			if seen[v] || leaf(v) || !v.points {
				return
			}
			if b := s.bundle[v]; !root && b != nil && b.level < r.level {
				return // read from memory
			}
			seen[v] = true
			count[v]++
			for _, a := range v.args {
				parents[a] = append(parents[a], v)
				visit(a, false)
			}
		}
		for _, v := range r.roots {
			visit(v, true)
		}
	}
	type key struct{ level, width int }
	extra := map[key]*bundle{}
	for _, v := range all {
		if count[v] < 2 || v.dim == 1 || s.bundle[v] != nil || !s.dear(v) {
			continue
		}
		frontier := false
		for _, p := range parents[v] {
			frontier = frontier || count[p] < 2 || s.bundle[p] != nil
		}
		if !frontier {
			continue
		}
		k := key{s.level[v], v.dim}
		if extra[k] == nil {
			extra[k] = &bundle{level: k.level, width: k.width, points: true, shared: true}
		}
		extra[k].values = append(extra[k].values, v)
		s.bundle[v] = extra[k]
	}
}

// dear reports whether v is expensive, so that reading it back is cheaper than computing it: a function, or more than two operations.
func (s *schedule) dear(v *value) bool {
	ops := 0
	seen := map[*value]bool{}
	var visit func(v *value) bool
	visit = func(v *value) bool {
		if seen[v] || leaf(v) {
			return false
		}
		seen[v] = true
		if v.op == opUnary || v.op == opPower {
			return true
		}
		ops++
		for _, a := range v.args {
			if visit(a) {
				return true
			}
		}
		return ops > 2
	}
	return visit(v)
}

func (s *schedule) String() string {
	var b strings.Builder
	for _, p := range s.groups {
		fmt.Fprintf(&b, "product level %d: %s × %d coefficients\n", p.level, p.weight.Path(), len(p.in))
	}
	return b.String()
}
