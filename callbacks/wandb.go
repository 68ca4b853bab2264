package callbacks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/files/wandb"
	"github.com/crux-pinn/crux/optim"
	"github.com/crux-pinn/crux/trackers"
)

// WandB writes what a run records into a run directory of Weights & Biases, as its own client does offline:
//
//	wandb sync DIR/wandb/offline-run-*               # uploads the run
//	wandb beta sync --live DIR/wandb/offline-run-*   # while it goes on
//	wandb leet DIR/wandb                             # shows it without uploading
//
// There are losses, weights and all scalars of trackers; the learning rate, steps per second, residuals and unknown parameters; the matrix
// of cosines, the histograms of residuals and sensitivities, the loss landscape and what a [Solution] shows as images; the eigenvalues of
// kernels as a histogram. How the run ended is in the summary. No account and no network is needed until the run is uploaded.
//
// A run that begins at step 0 is a new one, also when it is that of another solver. One that continues, in the same process or after a
// restart, continues where it was: after a restart in the newest run of the folder, unless that has been uploaded already.
//
// The log is written on a goroutine of its own, within a second. Where trackers fire faster than anyone can look, images are spaced: a
// 32nd of the planned run apart at most, and never more than a sixteenth of the steps so far; the last one of each kind is always there.
// An error of the disk does not end the run: Solve returns it together with the result.
type WandB struct {
	Dir      string         // folder in which the folder wandb is made; empty means the working directory
	Project  string         // empty means crux
	Entity   string         // user or team; empty means that of whoever uploads
	Group    string         // of runs that belong together
	Name     string         // of the run; empty means the problem's
	Notes    string         // a text about the run
	Tags     []string       // short words to find runs by
	Config   map[string]any // settings to compare runs by; what JSON can express
	Interval int            // steps between losses; 0 means 1

	AllImages bool // draw all images, however many there are

	board
	epoch  int // at which the run begins
	about  wandb.Options
	run    *wandb.Run
	path   string
	solver *crux.Solver // whose run is at path
}

// RunDir is the directory of the latest run; empty before anything was written. It is known when Solve has returned.
func (c *WandB) RunDir() string { return c.path }

// OnSolveBegin implements crux.Callback.
func (c *WandB) OnSolveBegin(_ context.Context, r *crux.Run) error {
	about := c.options(r)
	if err := wandb.Check(about); err != nil {
		return err
	}
	if err := writableDir(c.dir()); err != nil {
		return err
	}
	if err := c.take(r); err != nil {
		return err
	}
	if c.solver != r.Solver() {
		c.path, c.solver = "", r.Solver()
	}
	c.epoch, c.about = r.Epoch(), about
	return c.start(r, c, c.Interval, c.AllImages, func(p *plot) bool {
		_, numbers := counted(p)
		return !numbers
	})
}

func (c *WandB) dir() string { return cmp.Or(c.Dir, ".") }

func (c *WandB) options(r *crux.Run) wandb.Options {
	known := map[string]any{"optimizer": optim.Describe(r.Solver().Method()), "parameters": r.Parameters(), "constraints": r.Names()}
	maps.Copy(known, c.Config)
	return wandb.Options{
		Project: cmp.Or(c.Project, "crux"), Entity: c.Entity, Group: c.Group, Name: cmp.Or(c.Name, r.Problem()), Notes: c.Notes, Tags: c.Tags,
		Config: known,
	}
}

// open implements medium.
func (c *WandB) open() (err error) {
	c.run = nil
	switch {
	case c.epoch == 0:
		c.run, err = wandb.Create(c.dir(), c.about, time.Now())
	case c.path != "":
		c.run, err = wandb.Reopen(c.path, c.epoch)
	default:
		c.run, err = wandb.Continue(c.dir(), c.epoch)
	}
	if errors.Is(err, wandb.ErrNone) {
		c.run, err = wandb.Create(c.dir(), c.about, time.Now())
	}
	if err != nil {
		c.run = nil
		return err
	}
	c.path = c.run.Dir
	return nil
}

// write implements medium.
func (c *WandB) write(r *row) error {
	items := make([]wandb.Item, 0, len(r.keys)+3)
	for i, key := range r.keys {
		items = append(items, wandb.Number(key, r.values[i]))
	}
	for _, p := range r.plots {
		i, err := c.plot(p)
		if err != nil {
			return err
		}
		items = append(items, i)
		if p.also != "" {
			i.Key = p.also
			items = append(items, i)
		}
	}
	return c.run.History(r.epoch, r.at, items)
}

// counted is the histogram of a plot that W&B takes as numbers.
func counted(p *plot) (h *trackers.Histogram, ok bool) {
	h, ok = p.histogram()
	return h, ok && p.Numbers && len(h.Counts) <= wandb.MostBins
}

func (c *WandB) plot(p *plot) (wandb.Item, error) {
	if h, ok := counted(p); ok {
		return wandb.Histogram(p.Key, h.Edges, h.Counts)
	}
	b, width, height, err := p.Picture.PNG()
	if err != nil {
		return wandb.Item{}, err
	}
	return c.run.Image(p.Key, p.epoch, b, width, height, fmt.Sprintf("step %d", p.epoch))
}

// flush implements medium.
func (c *WandB) flush() error { return c.run.Flush(time.Now()) }

// close implements medium.
func (c *WandB) close(end *crux.Result) error {
	if c.run == nil {
		return nil
	}
	code := 0
	if end != nil {
		c.run.Summary("status", end.Status.String())
		c.run.Summary("reason", end.Reason)
		switch end.Status {
		case crux.Completed, crux.Converged, crux.Stopped:
		case crux.Canceled:
			code = 255 // what W&B's own client reports for Ctrl-C
		default:
			code = 1
		}
	}
	return c.run.Close(code, time.Now())
}
