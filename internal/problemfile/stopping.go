package problemfile

import (
	"slices"
	"strings"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/files/tree"
)

// earlyStopping reads when a run that gets no better should end.
func (b *builder) earlyStopping(n *tree.Node) {
	if n == nil {
		return
	}
	s := b.section(n, "early_stopping")
	s.need("patience")
	e := &callbacks.EarlyStopping{Metric: b.metric(s.get("metric")), RestoreBest: only[bool](s, "restore")}
	s.fill(e, "metric", "restore")
	s.done()
	b.p.Stopping = append(b.p.Stopping, e)
}

// metric reads loss, or the name of a constraint. nil is the training loss.
func (b *builder) metric(n *tree.Node) func(*crux.Step) float64 {
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

// checkpoint reads how often all that a run needs to continue is saved. Without it, that is every 30 s.
func (b *builder) checkpoint(n *tree.Node, root *section) {
	if n != nil && n.Kind == tree.Scalar {
		if n.Text != "none" {
			b.fail(n, "%q says nothing about checkpoints; write none for no files, or how often, as in {every: 30s}", n.Text)
		}
		return
	}
	if n == nil {
		n = root.n.Open("checkpoint")
	}
	defaults := map[string]string{}
	if v := n.Get("interval"); v == nil || v.Kind == tree.Nothing {
		defaults["every"] = "30s"
	}
	s := b.sectionWith(n, "checkpoint", defaults)
	c := &callbacks.Checkpoint{}
	s.fill(c, "best")
	if v := s.get("best"); v != nil {
		if c.Best = b.metric(v); c.Best == nil {
			c.Best = func(s *crux.Step) float64 { return s.Loss }
		}
	}
	s.done()
	b.p.Checkpoint = c
}

// divergence reads what becomes of a run that diverges.
func (b *builder) divergence(n *tree.Node) {
	b.p.Rollback = &callbacks.Rollback{}
	if n != nil && b.choice(n, "choice", "rollback", "stop") == "stop" {
		b.p.Rollback.Times = -1
	}
}

// follow reads resample: {rad: {…}} of a constraint, whose points follow the residual.
func (b *builder) follow(n *tree.Node, name constraintName, random bool) {
	defaults := map[string]string{}
	if len(name.parts) > 1 {
		defaults["residual"] = strings.TrimPrefix(name.parts[0], name.key+".")
	}
	way, s := b.choose(n, "constraints.*.resample", defaults,
		"no way to resample; write one of %s, or a number of steps", "points follow the residual in one way")
	if s == nil {
		return
	}
	defer s.done()
	by := name.parts[:1]
	if len(name.parts) > 1 {
		by = b.residualOf(s.get("residual"), name)
	}
	if !b.redrawable(n, random) {
		return
	}
	var c crux.Callback
	switch way {
	case "rad":
		c = &callbacks.RAD{Constraints: by}
	case "rar_d":
		c = &callbacks.RARD{Constraints: by}
	case "r3":
		c = &callbacks.R3{Constraints: by}
	}
	s.fill(c, "residual")
	b.p.Resamplers = append(b.p.Resamplers, c)
}

// watch reads resample: auto of a constraint: its points are watched by callbacks.HeldOut.
func (b *builder) watch(n *tree.Node, name constraintName, on *domain.Points, loss crux.Loss, weighed bool) {
	switch {
	case n == nil || !isAuto(n) || !b.redrawable(n, on.Random()):
	case loss.Kind != crux.MSE || weighed:
		b.fail(n, "points are watched for mean squares without point_weights only; write {rad: {}}, a number of steps, or 0")
	default:
		b.stated.Watch = append(b.stated.Watch, name.parts...)
	}
}

func isAuto(n *tree.Node) bool { return n.Kind == tree.Scalar && n.Text == "auto" }

// choosesItself reports whether the optimizer, or one of its phases, is auto.
func choosesItself(n *tree.Node) bool {
	if n == nil || isAuto(n) {
		return true
	}
	return slices.ContainsFunc(itemsOf(n), func(it *tree.Node) bool { return it.Kind == tree.Mapping && it.Get("auto") != nil })
}

// residualOf is the one residual, of several that share points, which the points follow.
func (b *builder) residualOf(n *tree.Node, name constraintName) []string {
	var valid []string
	for _, p := range name.parts {
		short := strings.TrimPrefix(p, name.key+".")
		if n.Text == short {
			return []string{p}
		}
		valid = append(valid, short)
	}
	b.fail(n, "unknown residual %q; %s", n.Text, oneOf(n.Text, valid))
	return name.parts[:1]
}
