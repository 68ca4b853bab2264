package callbacks

import (
	"context"
	"maps"
	"slices"
	"sync/atomic"

	"github.com/crux-pinn/crux/crux"
)

// board is what sinks with a dashboard, WandB and TensorBoard, have in common beyond a sink: images, the vital signs of the run,
// and keys that name the constraints.
type board struct {
	sink
	all     bool             // draw all images
	drawn   func(*plot) bool // whether the medium shows a plot as an image
	planned int
	watched []watched
	newest  map[string]*plot // the newest image of each key, where it was left out
	left    atomic.Int64     // images left out
	aliases aliases
	vitals  vitals
}

// start prepares for a run.
func (b *board) start(r *crux.Run, to medium, every int, all bool, drawn func(*plot) bool) error {
	if err := b.begin(to, every); err != nil {
		return err
	}
	b.all, b.drawn, b.planned = all, drawn, r.Planned()
	b.watched, b.newest, b.aliases, b.vitals = watch(r), map[string]*plot{}, newAliases(r.Names()), newVitals(r, b.every)
	b.left.Store(0)
	return nil
}

// Skipped is the number of images of the latest run that were left out; AllImages has them all. It may be called from any
// goroutine.
func (b *board) Skipped() int { return int(b.left.Load()) }

// Record implements crux.Recorder.
func (b *board) Record(m crux.Metric) error {
	if err := b.sink.Record(m); err != nil {
		return err
	}
	if key := b.aliases.of(m.Key); key != "" {
		return b.sink.Record(crux.Metric{Epoch: m.Epoch, Key: key, Value: m.Value})
	}
	return nil
}

// OnStep implements crux.Callback.
func (b *board) OnStep(ctx context.Context, s *crux.Step) error {
	if b.vitals.due(s) {
		if err := b.vitals.measure(ctx, s, b.at(s.Epoch).set); err != nil {
			return err
		}
	}
	b.look(s.Epoch)
	return b.sink.OnStep(ctx, s)
}

// OnSolveEnd implements crux.Ender. The last measurement of every tracker has its images.
func (b *board) OnSolveEnd(ctx context.Context, r *crux.Run, res *crux.Result) error {
	b.look(res.Epoch)
	end := b.at(res.Epoch)
	for _, key := range slices.Sorted(maps.Keys(b.newest)) {
		end.plots = append(end.plots, b.newest[key])
		b.left.Add(-1)
	}
	if err := b.vitals.final(r, end.set); err != nil {
		return err
	}
	return b.sink.OnSolveEnd(ctx, r, res)
}

// look takes what trackers have measured since it looked last.
func (b *board) look(now int) {
	for i := range b.watched {
		plots, before := b.watched[i].plots(now)
		for _, p := range plots {
			p.also = b.aliases.of(p.Key)
			if b.drawn(p) && !b.all && !spaced(before, p.epoch, b.planned) {
				b.left.Add(1)
				b.newest[p.Key] = p
				continue
			}
			delete(b.newest, p.Key)
			r := b.at(now)
			r.plots = append(r.plots, p)
		}
	}
}
