package problemfile

import (
	"slices"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/files/tree"
)

// windows reads into how many pieces of time training is divided: 4, the times between them, or a mapping. The
// phases of the optimizer are run through in each.
func (b *builder) windows(n, stopping *tree.Node) {
	if n == nil || n.Kind == tree.Scalar && n.Text == "none" {
		return
	}
	w := &crux.Windows{Coord: b.p.Time}
	count, times := n, n
	if n.Kind == tree.Mapping {
		s := b.section(n, "windows")
		count, times = s.get("count"), s.get("times")
		switch {
		case count != nil && times != nil:
			b.fail(times, "give count or times, not both; equal windows need a count, others the times between them")
			times = nil
		case count == nil && times == nil:
			s.need("count")
		}
		if v := s.get("coord"); v != nil {
			w.Coord = b.coord(v)
		}
		w.Onset = only[float64](s, "onset")
		s.done()
	} else if n.Kind == tree.Sequence {
		count = nil
	} else {
		times = nil
	}
	if count != nil {
		w.Count, _ = b.whole(windowCount, count)
	}
	if times != nil {
		w.Times = b.windowTimes(times, w)
	}
	if w.Coord == nil {
		b.fail(n, "no coordinate is time; name one, as in windows: {count: 4, coord: %s}", b.anyCoord())
	}
	if stopping != nil {
		b.fail(stopping,
			"early_stopping ends a run, and windows have to be gone through; leave it out, a window ends where its optimizer converges")
	}
	if len(b.p.Params) > 0 {
		b.fail(n, "%s belongs to all times, so it cannot be learnt from one window after the other; leave out windows", b.p.Params[0].Path())
	}
	w.Steps = max(1, b.p.PhaseSteps)
	b.p.Options.Windows, b.p.windows = w, n
	k := max(w.Count, len(w.Times)+1)
	b.p.PhaseSteps *= k
	if b.p.Stages = k; b.p.Coords != nil && !slices.Contains(b.p.Coords, w.Coord) {
		b.p.Options.Windows = nil // reported
	}
}

// windowTimes reads the times between windows.
func (b *builder) windowTimes(n *tree.Node, w *crux.Windows) []float64 {
	if n.Kind != tree.Sequence || len(n.Items) == 0 {
		b.fail(n, "%s; write the times at which one window ends and the next begins, as in [0.1, 0.5]", wrongKind(n))
		return nil
	}
	var list []float64
	axis, bounded := b.axes[w.Coord]
	for i, it := range n.Items {
		v, ok := b.float(it)
		switch {
		case !ok:
		case bounded && !(v > axis.Lo && v < axis.Hi):
			b.fail(it, "%v does not lie between the ends of the axis, %v and %v; name the times between windows only", v, axis.Lo, axis.Hi)
		case i > 0 && len(list) == i && !(v > list[i-1]):
			b.fail(it, "%v comes after %v; name the times in ascending order", v, list[i-1])
		default:
			list = append(list, v)
		}
	}
	if len(n.Items) >= crux.MaxStages {
		b.fail(n, "%d windows are more than fit; take at most %d", len(n.Items)+1, crux.MaxStages)
	}
	return list
}

// anyCoord is the name of a coordinate, for an example.
func (b *builder) anyCoord() string {
	if len(b.p.Coords) > 0 {
		return b.p.Coords[0].Name()
	}
	return "t"
}
