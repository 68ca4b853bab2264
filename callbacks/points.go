package callbacks

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/files/ckpt"
	"github.com/crux-pinn/crux/internal/files/npy"
)

// Points writes where the points of the constraints were, as far as they move, to a file that numpy.load opens. For each constraint NAME
// whose points have moved it has
//
//	NAME.steps   (P)     int64: the step at which a point was there
//	NAME.points  (P,D)   the coordinates of the point, in the order of its constraint
//
// It looks at step 0 and then whenever points have moved and the step is a quarter above that of the last look, so that the file grows with
// the logarithm of the steps. Of many points it keeps every second, third and so on, a thousand at most.
//
// The file is replaced whole, on a goroutine of its own. A run that continues from a state continues its file. An error of the disk does
// not end the run: Solve returns it together with the result.
type Points struct {
	Path string // of the file; its folder exists. Needed

	sink
	guard sync.Mutex // of what follows
	paths []*pointPath
	fresh bool // there is something that the file does not have
}

// pointPath is where the points of one constraint were.
type pointPath struct {
	constraint int
	name       string
	dim        int // coordinates of a point
	steps      []int
	points     [][]float64   // at each of these steps, point by point
	last       *domain.Cloud // of which the latest are some
}

// mostMoving is the number of points of one constraint that are kept of a step.
const mostMoving = 1000

// due reports whether points that have moved are kept at a step.
func (p *pointPath) due(step int) bool {
	if len(p.steps) == 0 {
		return true
	}
	before := p.steps[len(p.steps)-1]
	return step >= before+max(1, before/4)
}

// add keeps the points of a step, unless they are the same as before.
func (p *pointPath) add(step int, c *domain.Cloud) bool {
	p.last = c
	var some []float64
	for i := 0; i < c.Len(); i += (c.Len() + mostMoving - 1) / mostMoving {
		some = append(some, c.Row(i)...)
	}
	if n := len(p.points); n > 0 && slices.Equal(some, p.points[n-1]) {
		return false
	}
	p.steps, p.points = append(p.steps, step), append(p.points, some)
	return true
}

// OnSolveBegin implements crux.Callback.
func (c *Points) OnSolveBegin(_ context.Context, r *crux.Run) error {
	if c.Path == "" {
		return errors.New("no Path; give that of the file")
	}
	if err := c.take(r); err != nil {
		return err
	}
	var before map[string]*npy.Array
	if r.Epoch() > 0 {
		before, _ = npy.ReadZip(c.Path) // without a file, or with a damaged one, the run is worth continuing all the same
	}
	c.guard.Lock()
	defer c.guard.Unlock()
	c.paths, c.fresh = nil, false
	owned := map[*domain.Cloud]bool{}
	for i, name := range r.Names() {
		now := r.Points(i)
		if owned[now] { // of several residuals of one constraint
			continue
		}
		owned[now] = true
		p := &pointPath{constraint: i, name: name, dim: len(now.Coords)}
		c.paths = append(c.paths, p)
		if r.Epoch() == 0 {
			continue
		}
		p.restore(before, r.Epoch())
		if on := r.Specification(i); len(p.steps) == 0 && on != nil { // they have not moved before
			first, err := r.Cloud(on, name)
			if err != nil {
				return err
			}
			p.add(0, first)
		}
	}
	return c.begin(c, 0)
}

// restore takes over what a file has of the steps before one.
func (p *pointPath) restore(arrays map[string]*npy.Array, epoch int) {
	steps, points := arrays[p.name+".steps"], arrays[p.name+".points"]
	if steps == nil || points == nil || len(points.Data) != p.dim*len(steps.Data) {
		return
	}
	for i, s := range steps.Data {
		step := int(s)
		if step >= epoch {
			return
		}
		if n := len(p.steps); n == 0 || p.steps[n-1] != step {
			p.steps, p.points = append(p.steps, step), append(p.points, nil)
		}
		last := len(p.points) - 1
		p.points[last] = append(p.points[last], points.Data[i*p.dim:(i+1)*p.dim]...)
	}
}

// OnStep implements crux.Callback.
func (c *Points) OnStep(ctx context.Context, s *crux.Step) error {
	if !s.Measuring() {
		c.guard.Lock()
		for _, p := range c.paths {
			if now := s.Run.Points(p.constraint); now != p.last && p.due(s.Epoch) && p.add(s.Epoch, now) {
				c.fresh = true
			}
		}
		c.guard.Unlock()
	}
	return c.sink.OnStep(ctx, s)
}

// Record implements crux.Recorder: points are no scalars.
func (c *Points) Record(crux.Metric) error { return nil }

func (c *Points) open() error      { return nil }
func (c *Points) write(*row) error { return nil }

// close implements medium.
func (c *Points) close(*crux.Result) error { return c.flush() }

// flush implements medium.
func (c *Points) flush() error {
	c.guard.Lock()
	defer c.guard.Unlock()
	if !c.fresh {
		return nil
	}
	c.fresh = false
	var list []npy.Array
	for _, p := range c.paths {
		if len(p.steps) < 2 {
			continue
		}
		steps, points := npy.Array{Name: p.name + ".steps"}, npy.Array{Name: p.name + ".points"}
		for k, x := range p.points {
			points.Data = append(points.Data, x...)
			for range len(x) / p.dim {
				steps.Ints = append(steps.Ints, int64(p.steps[k]))
			}
		}
		n := len(steps.Ints)
		steps.Shape, points.Shape = []int{n}, []int{n, p.dim}
		list = append(list, steps, points)
	}
	if len(list) == 0 {
		return nil
	}
	return ckpt.WriteFile(c.Path, func(w io.Writer) error { return npy.WriteZip(w, list) })
}
