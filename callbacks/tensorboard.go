package callbacks

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/files/tfevents"
)

// TensorBoard writes what a run records into an event file: losses, weights and all scalars of trackers as scalars, the
// matrix of cosines and the loss landscape as images, residuals, sensitivities and kernel eigenvalues as histograms.
//
//	tensorboard --logdir run/tensorboard
//
// shows them, also while the run continues. Each call of Solve has a file of its own; what older files of the folder hold from
// its first step on, TensorBoard then no longer shows. Scalars have single precision there; JSONL has all digits.
//
// The file is written on a goroutine of its own, within a second. Images are spaced over the run as those of [WandB] are; histograms are
// all there. An error of the disk does not end the run: Solve returns it together with the result.
type TensorBoard struct {
	Dir       string // folder of the files, made if it does not exist; needed
	Interval  int    // steps between losses; 0 means 1
	AllImages bool   // draw all images, however many there are

	board
	epoch  int // at which the run begins
	file   *os.File
	out    *bufio.Writer
	events *tfevents.Writer
}

// OnSolveBegin implements crux.Callback.
func (c *TensorBoard) OnSolveBegin(_ context.Context, r *crux.Run) error {
	if c.Dir == "" {
		return errors.New("no Dir; give the folder for the files")
	}
	if err := writableDir(c.Dir); err != nil {
		return err
	}
	if err := c.take(r); err != nil {
		return err
	}
	c.epoch = r.Epoch()
	return c.start(r, c, c.Interval, c.AllImages, func(p *plot) bool {
		_, counts := p.histogram()
		return !counts
	})
}

// writableDir makes a folder if need be, and makes sure that it takes files.
func writableDir(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".crux-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// open implements medium. Names sort by time, as readers expect.
func (c *TensorBoard) open() error {
	for {
		now := time.Now()
		path := filepath.Join(c.Dir, fmt.Sprintf("events.out.tfevents.%010d.%06d", now.Unix(), now.Nanosecond()/1000))
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if errors.Is(err, os.ErrExist) {
			continue // a microsecond later
		}
		if err != nil {
			return err
		}
		c.file, c.out = f, bufio.NewWriterSize(f, 1<<16)
		if c.events, err = tfevents.NewWriter(c.out, now); err != nil {
			return err
		}
		return c.events.Start(now, c.epoch)
	}
}

// write implements medium.
func (c *TensorBoard) write(r *row) error {
	var values []tfevents.Value
	for i, key := range r.keys {
		values = append(values, tfevents.Scalar(key, r.values[i]))
	}
	if len(values) > 0 {
		if err := c.events.Summary(r.at, r.epoch, values...); err != nil {
			return err
		}
	}
	for _, p := range r.plots {
		show, err := c.show(p)
		if err != nil {
			return err
		}
		values := []tfevents.Value{show(p.Key)}
		if p.also != "" {
			values = append(values, show(p.also))
		}
		if err := c.events.Summary(r.at, p.epoch, values...); err != nil {
			return err
		}
	}
	return nil
}

// show returns what makes the value of a plot under a key.
func (c *TensorBoard) show(p *plot) (func(key string) tfevents.Value, error) {
	if h, ok := p.histogram(); ok {
		return func(key string) tfevents.Value { return tfevents.Histogram(key, h.Edges, h.Counts) }, nil
	}
	b, width, height, err := p.Picture.PNG()
	return func(key string) tfevents.Value { return tfevents.Image(key, width, height, b) }, err
}

// flush implements medium.
func (c *TensorBoard) flush() error { return c.out.Flush() }

// close implements medium.
func (c *TensorBoard) close(end *crux.Result) error {
	if c.file == nil {
		return nil
	}
	var err error
	if end != nil && c.events != nil {
		err = c.events.Summary(time.Now(), end.Epoch, tfevents.Text("status", fmt.Sprintf("**%v**: %s", end.Status, end.Reason)))
	}
	err = errors.Join(err, c.out.Flush(), c.file.Close())
	c.file, c.out = nil, nil
	return err
}
