package callbacks

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/linalg"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Solution follows a field while it is trained, and how far it is from a solution that is known:
//
//	error/NAME/rel_l2 = ‖u − u*‖₂ / ‖u*‖₂        error/NAME/max_abs = max |u − u*|
//
// over the points, recorded for every sink, at the end of the run too. [WandB] and [TensorBoard] show the field, and where it is
// wrong, as images, if the points are a grid: of the first two coordinates other than time, at the middle of further ones and at the
// last time; as curves if there is one coordinate.
//
// It only watches: a run has the same bits with it.
type Solution struct {
	Name string         // of the field, in keys and titles; needed
	Expr ph.Expr        // the field, any number of components; needed
	On   *domain.Points // where it is looked at, such as box.Grid(101); needed

	Exact     ph.Expr                                   // the known solution: of coordinates, constants and columns of On; nil if unknown
	Reference func(at *domain.Cloud) ([]float64, error) // or its values, component by component within each point; nil if there is none

	// Interval is the number of steps between looks; 0 means a number for which all Solutions of the run together take about a hundredth
	// of its time, and at least 50. Steps of methods that solve linear systems take long: of these runs 25 looks are taken at least.
	Interval int

	eval     *crux.Evaluator
	exact    *crux.Evaluator // nil without Exact
	interval int
	stage    int // for which known is
	known    []float64
	latest   int // step of the last look, −1 before
	value    SolutionValue
}

// SolutionValue is what a Solution has seen last.
type SolutionValue struct {
	Values []float64 // of the field, component by component within each point
	Known  []float64 // of the known solution; nil if there is none
	RelL2  float64   // 0 if there is none
	MaxAbs float64   // 0 if there is none
}

// Value is what it has seen last; ok is false before.
func (c *Solution) Value() (v SolutionValue, ok bool) {
	v = c.value
	v.Values, v.Known = slices.Clone(v.Values), slices.Clone(v.Known)
	return v, c.eval != nil && c.latest >= 0
}

// LatestEpoch is the step of the last look; ok is false before the first.
func (c *Solution) LatestEpoch() (epoch int, ok bool) {
	return max(0, c.latest), c.eval != nil && c.latest >= 0
}

// OnSolveBegin implements crux.Callback.
func (c *Solution) OnSolveBegin(_ context.Context, r *crux.Run) (err error) {
	switch {
	case c.Name == "":
		return errors.New("no Name; give the name of the field, such as u")
	case c.Expr == nil:
		return errors.New("no Expr; give the field")
	case c.On == nil:
		return errors.New("no On; give points such as box.Grid(101)")
	case c.Exact != nil && c.Reference != nil:
		return errors.New("both Exact and Reference; give one of them")
	case c.Interval < 0:
		return fmt.Errorf("option Interval is %d; it must be at least 1, and 0 means about a hundredth of the time", c.Interval)
	}
	points := 0
	for _, o := range r.Callbacks() {
		if s, ok := o.(*Solution); ok {
			if s != c && s.Name == c.Name {
				return fmt.Errorf("two Solutions are called %q; give each a Name of its own", c.Name)
			}
			if s.On != nil {
				points += s.On.Len()
			}
		}
	}
	if c.interval = c.Interval; c.interval == 0 {
		c.interval = lookInterval(points, r)
	}
	cloud, err := r.Cloud(c.On, "solution/"+c.Name)
	if err != nil {
		return err
	}
	if c.eval, err = r.CompileOn(c.Expr, cloud); err != nil {
		return err
	}
	if c.exact = nil; c.Exact != nil {
		if ph.Contains(c.Exact, ph.Unknown) {
			return errors.New("the known solution depends on a field or a parameter that is trained; " +
				"give an expression of coordinates and constants")
		}
		if c.exact, err = r.CompileOn(c.Exact, cloud); err != nil {
			return err
		}
		if n, m := c.exact.Components(), c.eval.Components(); n != m {
			return fmt.Errorf("the known solution has %d components, %s has %d", n, c.Name, m)
		}
	}
	c.known, c.stage, c.latest, c.value = nil, -1, -1, SolutionValue{}
	return nil
}

// lookInterval is the default interval. A point that trains costs about ten times as much as one that is looked at: it has derivatives, and
// a gradient.
func lookInterval(points int, r *crux.Run) int {
	trained := 0
	for i := range r.Names() {
		trained += r.Points(i).Len()
	}
	const percent, dearer, least = 100, 10, 50
	n := percent * points / (dearer * max(1, trained))
	n = max(1, (n+least-1)/least) * least
	// what a method demands memory for takes long as well; an error would have come before
	if demands, err := r.Solver().Memory(context.Background()); err == nil && len(demands) > 0 {
		n = min(n, max(1, (r.Planned()-r.Epoch())/25))
	}
	return n
}

// OnStep implements crux.Callback.
func (c *Solution) OnStep(_ context.Context, s *crux.Step) error {
	if s.Epoch%c.interval != 0 && !s.Measuring() {
		return nil
	}
	return c.look(s.Run, s.Epoch)
}

// OnSolveEnd implements crux.Ender.
func (c *Solution) OnSolveEnd(_ context.Context, r *crux.Run, res *crux.Result) error {
	return c.look(r, res.Epoch)
}

func (c *Solution) look(r *crux.Run, epoch int) error {
	m, err := c.eval.Eval()
	if err != nil {
		return err
	}
	v := SolutionValue{Values: m.RawMatrix().Data}
	if v.Known, err = c.reference(r); err != nil {
		return fmt.Errorf("known solution: %w", err)
	}
	if v.Known != nil {
		if len(v.Known) != len(v.Values) {
			return fmt.Errorf("known solution: %d values at %d points, where %s has %d", len(v.Known), c.eval.Points().Len(), c.Name, len(v.Values))
		}
		_, v.RelL2, v.MaxAbs = linalg.Difference(v.Values, v.Known)
		for key, x := range map[string]float64{"rel_l2": v.RelL2, "max_abs": v.MaxAbs} {
			if err := r.Record(crux.Metric{Epoch: epoch, Key: "error/" + c.Name + "/" + key, Value: x}); err != nil {
				return err
			}
		}
	}
	c.value, c.latest = v, epoch
	return nil
}

// reference is the known solution, nil if there is none. It may depend on the constant of a curriculum, which changes with the
// stage.
func (c *Solution) reference(r *crux.Run) (known []float64, err error) {
	stage, _ := r.Stage()
	switch {
	case c.known != nil && c.stage == stage:
		return c.known, nil
	case c.Reference != nil:
		known, err = c.Reference(c.eval.Points())
	case c.exact != nil:
		m, evalErr := c.exact.Eval()
		if evalErr != nil {
			return nil, evalErr
		}
		known = m.RawMatrix().Data
	}
	c.known, c.stage = known, stage
	return known, err
}
