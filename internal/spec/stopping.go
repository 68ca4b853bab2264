package spec

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
)

// earlyStopping reads when a run that gets no better shall end:
//
//	early_stopping: {patience: 2000, min_delta: 0, mode: min, metric: loss, restore: true}
//
// mode is min, max or rel; metric is loss or the name of a constraint, whose unweighted loss it then is.
func (b *builder) earlyStopping(n *node) {
	if n == nil {
		return
	}
	s := b.section(n, "{patience: 2000}")
	e := &callbacks.EarlyStopping{MinDelta: s.tolerance("min_delta")}
	if p := s.need("patience", "2000"); p != nil {
		e.Patience, _ = b.integer(p, 1)
	}
	modes := map[string]callbacks.Mode{"min": callbacks.Min, "max": callbacks.Max, "rel": callbacks.Relative}
	e.Mode = modes[b.choice(s.orDefault("mode", "min"), "mode", "min", "max", "rel")]
	e.Metric = b.metric(s.orDefault("metric", "loss"))
	e.RestoreBest = b.boolean(s.orDefault("restore", "true"))
	if v := s.get("baseline"); v != nil {
		if x, ok := b.float(v); ok {
			e.Baseline = &x
		}
	}
	s.done()
	b.p.EarlyStopping = e
}

// metric reads loss, or the name of a constraint. nil is the training loss.
func (b *builder) metric(n *node) func(*crux.Step) float64 {
	t, ok := b.textOf(n, "loss, or the name of a constraint")
	if !ok || t == "loss" {
		return nil
	}
	var at []int
	for _, name := range b.constraintsNamed(n, "loss") {
		if i := slices.IndexFunc(b.p.Crux.Constraints, func(c crux.Constraint) bool { return c.Name == name }); i >= 0 {
			at = append(at, i)
		}
	}
	return func(s *crux.Step) float64 {
		sum := 0.0
		for _, i := range at {
			sum += s.Losses[i]
		}
		return sum
	}
}

// checkpoint reads how often all that a run needs to go on is saved:
//
//	checkpoint: {every: 30s, keep: 3}
//	checkpoint: {interval: 1000, best: loss}
//	checkpoint: none
//
// every is wall time, interval steps. The first line is the default.
func (b *builder) checkpoint(n *node, root *section) {
	if n != nil && n.kind == scalar {
		if n.text != "none" {
			b.fail(n, "%q says nothing about checkpoints; write none for no files, or how often, as in {every: 30s}", n.text)
		}
		return
	}
	if n == nil {
		n = &node{kind: mapping, path: "checkpoint", at: root.n.at}
		root.n.put("checkpoint", n)
	}
	s := b.section(n, "{every: 30s, keep: 3}")
	c := &callbacks.Checkpoint{}
	steps := s.get("interval")
	if steps != nil {
		c.Interval, _ = b.integer(steps, 1)
	}
	every := s.get("every")
	if every == nil && steps == nil {
		every = s.orDefault("every", "30s")
	}
	if every != nil {
		c.Every = b.duration(every, "30s")
	}
	c.Keep = s.intOr("keep", 3)
	if v := s.get("best"); v != nil {
		if c.Best = b.metric(v); c.Best == nil {
			c.Best = func(s *crux.Step) float64 { return s.Loss }
		}
	}
	s.done()
	b.p.Checkpoint = c
}

// duration reads a time above zero; 0 stands for a mistaken one.
func (b *builder) duration(n *node, example string) time.Duration {
	t, ok := b.textOf(n, "a time such as "+example)
	if !ok {
		return 0
	}
	d, err := time.ParseDuration(strings.ReplaceAll(t, " ", ""))
	if err != nil || d <= 0 {
		b.fail(n, "%q is no time; write one such as %s or 5m", t, example)
		return 0
	}
	return d
}

// follow reads resample: {rad: {…}} of a constraint: its points follow the residual.
//
//	resample: {rad: {interval: 500, k: 1, c: 1}}
//	resample: {rar_d: {interval: 500, add: 100}}
//	resample: {r3: {interval: 100}}
func (b *builder) follow(n *node, name constraintName, random bool) {
	s := b.section(n, "{rad: {interval: 500, k: 1, c: 1}}")
	kinds := []string{"rad", "rar_d", "r3"}
	s.known = kinds
	var found []string
	for _, e := range s.n.entries {
		if slices.Contains(kinds, e.key) {
			found = append(found, e.key)
		}
	}
	s.done()
	switch {
	case len(found) > 1:
		b.fail(n, "%s stand together; points follow the residual in one way", strings.Join(found, " and "))
		return
	case len(found) == 0:
		if len(s.n.entries) == 0 {
			b.fail(n, "no way to resample; write one of %s, or a number of steps", strings.Join(kinds, ", "))
		}
		return
	}
	m := b.section(s.n.get(found[0]), "{interval: 500}")
	defer m.done()
	by := name.parts[:1]
	if len(name.parts) > 1 {
		by = b.residualOf(m.orDefault("residual", strings.TrimPrefix(name.parts[0], name.key+".")), name)
	}
	interval := m.intOr("interval", 100)
	if !random {
		b.fail(n, "the points are the same at every draw; take a random sampler such as scrambled_sobol, or leave resample away")
		return
	}
	switch found[0] {
	case "rad":
		b.p.Resamplers = append(b.p.Resamplers, &callbacks.RAD{
			Interval: interval, Constraints: by, K: m.power("1"), C: m.share("1"), Candidates: m.count("candidates"),
		})
	case "rar_d":
		b.p.Resamplers = append(b.p.Resamplers, &callbacks.RARD{
			Interval: interval, Constraints: by, K: m.power("2"), C: m.share("0"), Candidates: m.count("candidates"),
			Add: m.count("add"), Limit: m.count("limit"),
		})
	case "r3":
		b.p.Resamplers = append(b.p.Resamplers, &callbacks.R3{Interval: interval, Constraints: by})
	}
}

// watch reads resample: auto of a constraint: its points are watched by callbacks.HeldOut.
func (b *builder) watch(n *node, name constraintName, on *domain.Points, loss crux.Loss, weighed bool) {
	switch {
	case n == nil || !isAuto(n):
	case !on.Random():
		b.fail(n, "the points are the same at every draw; take a random sampler such as scrambled_sobol, or leave resample away")
	case b.marching != nil:
		b.fail(n, "windows of time have points of their own each, which are not watched; write {rad: {}}, a number of steps, or 0")
	case loss.Kind != crux.MSE || weighed:
		b.fail(n, "points are watched for mean squares without point_weights only; write {rad: {}}, a number of steps, or 0")
	default:
		b.stated.Watch = append(b.stated.Watch, name.parts...)
	}
}

func isAuto(n *node) bool { return n.kind == scalar && n.text == "auto" }

// choosesItself reports whether the optimizer, or one of its phases, is auto.
func choosesItself(n *node) bool {
	if n == nil || isAuto(n) {
		return true
	}
	return slices.ContainsFunc(itemsOf(n), func(it *node) bool { return it.kind == mapping && it.get("auto") != nil })
}

// residualOf is the one residual, of several that share points, which the points follow.
func (b *builder) residualOf(n *node, name constraintName) []string {
	var valid []string
	for _, p := range name.parts {
		short := strings.TrimPrefix(p, name.key+".")
		if n.text == short {
			return []string{p}
		}
		valid = append(valid, short)
	}
	b.fail(n, "unknown residual %q; %s", n.text, oneOf(n.text, valid))
	return name.parts[:1]
}

// power is the exponent k of a density of points.
func (s *section) power(def string) float64 {
	n := s.orDefault("k", def)
	v, ok := s.positive(n)
	if ok && v > 100 {
		s.fail(n, "%v is more than 100; such a density is a single point", v)
	}
	return v
}

// share is the constant c of a density of points.
func (s *section) share(def string) float64 {
	n := s.orDefault("c", def)
	v, ok := s.float(n)
	if ok && !(v >= 0 && v <= 1e100) {
		s.fail(n, "%v is no share; c is at least 0, and large values give uniform points", v)
	}
	return v
}

// count is a number of points that has a default which depends on the constraint: 0.
func (s *section) count(key string) int {
	n := s.get(key)
	if n == nil {
		return 0
	}
	v, ok := s.integer(n, 1)
	if ok && v > maxGrid {
		s.fail(n, "%s points are more than fit; take at most %d", fmt.Sprint(v), maxGrid)
	}
	return v
}
