package callbacks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/files/ckpt"
	"github.com/crux-pinn/crux/internal/files/npy"
	"github.com/crux-pinn/crux/trackers"
)

// Arrays writes the whole history of every tracker of the run to a file of its own, which numpy.load opens:
//
//	gradient_norms.npz     epochs (S), norms (S,N), weighted_norms (S,N)
//	cos_similarity.npz     epochs (S), cos_sim_matrix (S,N,N)
//	gradient_alignment.npz, residual_stats.npz, input_sensitivity.npz, ntk_spectrum.npz, hessian_spectrum.npz,
//	loss_landscape.npz
//
// with the arrays that the Arrays method of each tracker names. A second tracker of one type has a file such as
// ntk_spectrum-2.npz. Any callback with methods Arrays and LatestEpoch counts as a tracker.
//
// Files are replaced whole, at the end and now and then before, on a goroutine of its own. An error of the disk does not end
// the run: Solve returns it together with the result.
type Arrays struct {
	Dir   string        // folder of the files, made if it does not exist; needed
	Every time.Duration // between files of one tracker; 0 means a minute

	sink
	files []*arrayFile
}

// arraysSource is a tracker as Arrays sees it.
type arraysSource interface {
	LatestEpoch() (int, bool)
	Arrays() []trackers.Array
}

// arrayFile is the file of one tracker.
type arrayFile struct {
	path    string
	source  arraysSource
	latest  int // epoch of the last measurement in the file, −1 for no file
	changed time.Time
}

// OnSolveBegin implements crux.Callback.
func (c *Arrays) OnSolveBegin(_ context.Context, r *crux.Run) error {
	if c.Dir == "" {
		return errors.New("no Dir; give the folder for the files")
	}
	if c.Every < 0 {
		return fmt.Errorf("option Every is %v; it must be positive, and 0 means a minute", c.Every)
	}
	if err := c.take(r); err != nil {
		return err
	}
	c.files = nil
	now := time.Now()
	for _, cb := range r.Callbacks() {
		if s, ok := cb.(arraysSource); ok {
			kind := reflect.TypeOf(cb)
			if kind.Kind() == reflect.Pointer {
				kind = kind.Elem()
			}
			name := trackers.FileName(kind.Name()) + strings.ReplaceAll(r.Suffix(cb), "@", "-") + ".npz"
			c.files = append(c.files, &arrayFile{filepath.Join(c.Dir, name), s, -1, now})
		}
	}
	if len(c.files) > 0 {
		if err := os.MkdirAll(c.Dir, 0o755); err != nil {
			return err
		}
	}
	return c.begin(c, 0)
}

// Record implements crux.Recorder: arrays hold more than scalars do.
func (c *Arrays) Record(crux.Metric) error { return nil }

func (c *Arrays) open() error      { return nil }
func (c *Arrays) write(*row) error { return nil }

// flush implements medium.
func (c *Arrays) flush() error {
	for _, f := range c.files {
		if now := time.Now(); now.Sub(f.changed) >= cmp.Or(c.Every, time.Minute) {
			f.changed = now
			if err := f.save(); err != nil {
				return err
			}
		}
	}
	return nil
}

// close implements medium.
func (c *Arrays) close(*crux.Result) error {
	for _, f := range c.files {
		if err := f.save(); err != nil {
			return err
		}
	}
	return nil
}

// save writes the file if there is something new.
func (f *arrayFile) save() error {
	epoch, ok := f.source.LatestEpoch()
	if !ok || epoch == f.latest {
		return nil
	}
	var list []npy.Array
	for _, a := range f.source.Arrays() {
		n := npy.Array{Name: a.Name, Shape: a.Shape}
		switch d := a.Data.(type) {
		case []float64:
			n.Data = d
		case []int64:
			n.Ints = d
		default:
			return fmt.Errorf("array %q of %s holds %T; it must be []float64 or []int64", a.Name, f.path, d)
		}
		list = append(list, n)
	}
	if err := ckpt.WriteFile(f.path, func(w io.Writer) error { return npy.WriteZip(w, list) }); err != nil {
		return err
	}
	f.latest = epoch
	return nil
}
