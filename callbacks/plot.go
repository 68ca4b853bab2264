package callbacks

import (
	"fmt"
	"math"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/files/picture"
	"github.com/crux-pinn/crux/internal/linalg"
	"github.com/crux-pinn/crux/trackers"
)

// plot is a measurement that is more than a number. Exactly one of heat, hist and lines is set: the numbers to draw from, which
// take less room than a picture.
type plot struct {
	key   string
	also  string // another key under which it is shown, or empty
	epoch int
	heat  *picture.Heatmap
	hist  *picture.Histogram
	lines *picture.Lines
	raw   bool // a histogram that W&B takes as numbers instead of an image
}

// caption says what a plot shows and when.
func (p *plot) caption() string { return fmt.Sprintf("step %d", p.epoch) }

// png draws the plot.
func (p *plot) png() (b []byte, width, height int, err error) {
	switch {
	case p.heat != nil:
		return p.heat.PNG()
	case p.lines != nil:
		return p.lines.PNG()
	}
	return p.hist.PNG()
}

// timed is what every tracker can say.
type timed interface {
	LatestEpoch() (int, bool)
}

// watched is a tracker with plots.
type watched struct {
	tracker timed
	suffix  string // of keys
	names   []string
	indices []int // of the constraints that a ResidualStats describes
	latest  int   // epoch of the last measurement that was seen, −1 before
}

// watch finds the trackers of a run. What they measured in an earlier life of the run counts as seen.
func watch(r *crux.Run) []watched {
	var list []watched
	for _, c := range r.Callbacks() {
		t, ok := c.(timed)
		if !ok {
			continue
		}
		w := watched{tracker: t, suffix: r.Suffix(c), names: r.Names(), latest: -1}
		if e, ok := t.LatestEpoch(); ok && e < r.Epoch() {
			w.latest = e
		}
		if t, ok := c.(*trackers.ResidualStats); ok {
			w.indices, _ = r.Subset(t.Constraints, t.Of) // the tracker reports the error
		}
		list = append(list, w)
	}
	return list
}

// plots are those of a new measurement, none if there is none, and the step of the measurement before.
func (w *watched) plots(now int) (list []*plot, before int) {
	before = w.latest
	epoch, ok := w.tracker.LatestEpoch()
	if !ok || epoch == w.latest || epoch > now {
		return nil, before
	}
	w.latest = epoch
	add := func(key string, p plot) {
		p.key, p.epoch = "explainability/"+key+w.suffix, epoch
		list = append(list, &p)
	}
	switch t := w.tracker.(type) {
	case *trackers.CosSimilarity:
		v, _ := t.Value()
		add("cos_sim_matrix", plot{heat: &picture.Heatmap{
			Title: fmt.Sprintf("cosine of gradients, step %d", epoch), Rows: v.N, Columns: v.N, Values: v.Matrix,
			RowNames: w.names, ColumnNames: w.names, Low: -1, High: 1,
		}})
	case *trackers.ResidualStats:
		v, _ := t.Value()
		for k, i := range w.indices {
			add(fmt.Sprintf("residual/constraint_%d/histogram", i), plot{hist: &picture.Histogram{
				Title: fmt.Sprintf("residual of %s, step %d", w.names[i], epoch), Edges: v.Edges[k], Counts: v.Counts[k],
			}})
		}
	case *trackers.InputSensitivity:
		v, _ := t.Value()
		if h := histogram(fmt.Sprintf("sensitivity, step %d", epoch), v.Values, 50); h != nil {
			add("saliency/histogram", plot{hist: h})
		}
	case *trackers.NTKSpectrum:
		v, _ := t.Value()
		if h := histogram(fmt.Sprintf("eigenvalues of the kernel, step %d", epoch), v.Eigenvalues, 64); h != nil {
			add("ntk/spectrum_hist", plot{hist: h, raw: true})
		}
	case *Solution:
		list = t.plots()
	case *trackers.LossLandscape:
		v, _ := t.Value()
		logs := make([]float64, len(v.Loss))
		for i, l := range v.Loss {
			logs[i] = math.Log10(math.Max(l, math.SmallestNonzeroFloat64))
		}
		add("loss_landscape", plot{heat: &picture.Heatmap{
			Title: fmt.Sprintf("log10 of the loss, step %d", epoch), Rows: v.N, Columns: v.N, Values: logs,
		}})
	}
	return list, before
}

// histogram is nil where there is none, because a value is not finite.
func histogram(title string, x []float64, bins int) *picture.Histogram {
	edges, counts, err := linalg.Histogram(x, bins)
	if err != nil {
		return nil
	}
	return &picture.Histogram{Title: title, Edges: edges, Counts: counts}
}
