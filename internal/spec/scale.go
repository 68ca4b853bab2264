package spec

import (
	"math"
	"strconv"

	"github.com/crux-pinn/crux/crux"
)

// unscaled is a constraint whose scale is to be measured.
type unscaled struct {
	at  *node // where the file asks for it
	put func(v string)
}

// scale reads by what a residual is divided: scale: 10, scale: auto, or one by the residual's name. auto, which may stand for the
// whole problem as well, is measured once: the root mean square of the residual at step 0, to three digits. The resolved file
// has the number in its place, so that a run that goes on, or is repeated, has the same. 0 means 1.
func (b *builder) scale(constraint, n *node, name, part string) float64 {
	group := n
	if n != nil && n.kind == mapping && part != "" {
		n = n.get(part)
	}
	switch {
	case n == nil && !b.allScaled:
		return 0
	case n != nil && (n.kind != scalar || n.text != "auto"):
		v, _ := b.positive(n)
		return v
	}
	full := name
	if part != "" {
		full += "." + part
	}
	at := constraint
	if n != nil {
		at = n
	}
	b.unscaled[full] = unscaled{at, func(v string) {
		number := &node{kind: scalar, text: v, path: join(join(constraint.path, "scale"), part), at: constraint.at}
		if part == "" {
			constraint.put("scale", number)
			return
		}
		parts := constraint.get("scale")
		if parts == nil || parts == group && parts.kind != mapping {
			parts = &node{kind: mapping, path: join(constraint.path, "scale"), at: constraint.at}
			constraint.put("scale", parts)
		}
		parts.put(part, number)
	}}
	return 0
}

// measureScales measures the scales that the file leaves to be measured.
func (b *builder) measureScales() {
	if len(b.unscaled) == 0 {
		return
	}
	problem := b.p.Crux
	o := b.p.Options
	o.Method, o.Weights, o.Recorders, o.Curriculum = nil, nil, nil, nil // of the constants' own values
	s, err := crux.New(problem, o)
	if err != nil {
		b.errs = append(b.errs, b.p.explain(err, b.src)...)
		return
	}
	defer s.Close() //nolint:errcheck // it only ends workers
	list, err := s.Scales()
	if err != nil {
		b.errs = append(b.errs, b.p.explain(err, b.src)...)
		return
	}
	for i, sc := range list {
		set, ok := b.unscaled[sc.Name]
		if !ok {
			continue
		}
		text := strconv.FormatFloat(sc.RMS, 'g', 3, 64)
		v, err := strconv.ParseFloat(text, 64)
		switch {
		case math.IsNaN(sc.RMS) || math.IsInf(sc.RMS, 0) || err != nil:
			b.fail(set.at, "its size at step 0 is %v, so it has no scale; give a number in place of auto", sc.RMS)
			continue
		case v == 0 || math.IsInf(1/v, 0):
			text, v = "1", 1 // it vanishes already
		}
		problem.Constraints[i].Scale = v
		set.put(text)
	}
}
