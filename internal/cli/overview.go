package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/report"
)

// overviewEvery is how often the runs under way are shown where there is no terminal.
const overviewEvery = 10 * time.Second

// overview shows how several runs go: on a terminal a block with one line for each that is under way, elsewhere a line for
// all of them now and then, and one for each that ends. It draws on the goroutines of the runs, one at a time. It is also
// where their warnings go.
type overview struct {
	mu     sync.Mutex
	block  block
	now    func() time.Time
	name   string
	quiet  bool
	total  int
	done   int
	failed int
	active []*watcher
	drawn  time.Time
}

func newOverview(s Streams, b *batch, pending int, quiet bool) *overview {
	o := &overview{
		block: block{w: s.Err, size: s.Terminal}, now: s.Now, name: b.Problem, quiet: quiet, total: len(b.runs),
		done: len(b.runs) - pending,
	}
	if !quiet {
		o.drawn = o.now()
		if o.done > 0 {
			fmt.Fprintf(s.Err, "%s: going on with %d of %d runs\n", o.name, pending, o.total) //nolint:errcheck
		}
	}
	return o
}

// Write implements io.Writer: text stands above the block.
func (o *overview) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.block.clear()
	return o.block.w.Write(p)
}

// watcher is the callback of a run that tells the overview how it goes.
type watcher struct {
	o     *overview
	m     *member
	steps int
	epoch int
	loss  float64
}

// begin returns the callback for a run that begins.
func (o *overview) begin(m *member, t *training) crux.Callback {
	o.mu.Lock()
	defer o.mu.Unlock()
	w := &watcher{o: o, m: m, steps: t.problem.Steps, epoch: t.solver.Epoch()}
	o.active = append(o.active, w)
	return w
}

// OnSolveBegin implements crux.Callback.
func (w *watcher) OnSolveBegin(context.Context, *crux.Run) error { return nil }

// OnStep implements crux.Callback.
func (w *watcher) OnStep(_ context.Context, s *crux.Step) error {
	o := w.o
	o.mu.Lock()
	defer o.mu.Unlock()
	w.epoch, w.loss = s.Epoch, s.Loss
	if o.quiet {
		return nil
	}
	every := overviewEvery
	if o.block.size != nil {
		every = blockEvery
	}
	if now := o.now(); now.Sub(o.drawn) >= every {
		o.drawn = now
		o.show()
	}
	return nil
}

func (o *overview) show() {
	head := fmt.Sprintf("%s  %d/%d runs done", o.name, o.done, o.total)
	if o.failed > 0 {
		head += fmt.Sprintf(", %d failed", o.failed)
	}
	lines := []string{head}
	for _, w := range o.active {
		lines = append(lines, fmt.Sprintf("  %s  step %d/%d  loss %.3e", w.m.Name, w.epoch, w.steps, w.loss))
	}
	if o.block.size != nil {
		o.block.draw(lines)
		return
	}
	io.WriteString(o.block.w, strings.Join(lines, "")+"\n") //nolint:errcheck // progress that cannot be shown is no reason to fail
}

// ended notes that a run is over.
func (o *overview) ended(m *member) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.active = slices.DeleteFunc(o.active, func(w *watcher) bool { return w.m == m })
	switch {
	case report.Counts(m.status()):
		o.done++
	case m.status() != crux.Canceled.String():
		o.done++
		o.failed++
	}
	if o.quiet {
		return
	}
	line := fmt.Sprintf("%s  %s: %s", o.name, m.Name, m.status())
	if r := m.report; r != nil {
		line += fmt.Sprintf(", %s in %s, loss %.3e", report.Counted(r.Steps, "step"), seconds(r.Seconds), float64(r.Loss))
		for _, e := range r.Errors {
			line += fmt.Sprintf(", %s %.2e", e.Name, e.Value.RelL2)
		}
	}
	o.block.clear()
	fmt.Fprintln(o.block.w, line) //nolint:errcheck
	if o.block.size != nil {
		o.show()
	}
}

// close removes the block: it gives way to the report.
func (o *overview) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.block.clear()
}
