package callbacks

import (
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/trackers"
	"github.com/crux-pinn/crux/trackers/explain"
)

// plot is a picture of a measurement, under the whole key that sinks give it.
type plot struct {
	trackers.Plot
	also  string // another key under which it is shown, or empty
	epoch int
}

// histogram is the plot as counts, if it is a histogram.
func (p *plot) histogram() (h *trackers.Histogram, ok bool) {
	h, ok = p.Picture.(*trackers.Histogram)
	return h, ok
}

// measurer is what measures now and then: a tracker, or a Solution.
type measurer interface {
	LatestEpoch() (int, bool)
	Latest(at explain.Setting) (trackers.Measurement, bool)
}

// watched is a measurer whose plots are shown.
type watched struct {
	measurer
	prefix, suffix string // of keys
	names          []string
	latest         int // epoch of the last measurement that was seen, −1 before
}

// watch finds what measures in a run. What it measured in an earlier life of the run counts as seen.
func watch(r *crux.Run) []watched {
	var list []watched
	for _, c := range r.Callbacks() {
		m, ok := c.(measurer)
		if !ok {
			continue
		}
		w := watched{measurer: m, names: r.Names(), latest: -1}
		if _, ok := c.(trackers.Tracker); ok {
			w.prefix, w.suffix = "explainability/", r.Suffix(c)
		}
		if e, ok := m.LatestEpoch(); ok && e < r.Epoch() {
			w.latest = e
		}
		list = append(list, w)
	}
	return list
}

// plots are those of a new measurement, none if there is none, and the step of the measurement before.
func (w *watched) plots(now int) (list []*plot, before int) {
	before = w.latest
	epoch, ok := w.LatestEpoch()
	if !ok || epoch == w.latest || epoch > now {
		return nil, before
	}
	w.latest = epoch
	if m, _ := w.Latest(explain.Setting{Constraints: w.names}); m.Plots != nil {
		for _, p := range m.Plots() {
			p.Key = w.prefix + p.Key + w.suffix
			list = append(list, &plot{Plot: p, epoch: epoch})
		}
	}
	return list, before
}
