package trackers

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/claim"
	"github.com/crux-pinn/crux/internal/linalg"
)

// Direction says where an axis of a LossLandscape comes from.
type Direction uint8

// The directions. Random ones, and those that Directions gives, are fixed for the run; the others belong to the step at
// which they are measured. They are scaled as a whole to the norm of the selected parameters, and the second is made
// orthogonal to the first.
const (
	// RandomDirection is drawn once, and scaled as the landscape says.
	RandomDirection Direction = iota
	// GradientDirection is the gradient of the landscape's loss: for the training loss, the way that gradient descent takes.
	GradientDirection
	// CurvatureDirection is the leading eigenvector of the Hessian of the landscape's loss, for both axes the first two. It costs 20 products.
	CurvatureDirection
	// PCADirection is the leading principal component of the parameters that the run has gone through, for both axes the
	// first two: the plane in which the path lies best (Li et al. 2018, section 7). Parameters are kept twenty times an
	// interval, the latest forty of them. As long as there are fewer than four, and in solver.Measure of a solver that has
	// not been watched, the random direction takes its place.
	PCADirection
)

func (d Direction) String() string {
	if int(d) < len(directionNames) {
		return directionNames[d]
	}
	return fmt.Sprintf("direction %d", uint8(d))
}

var directionNames = [...]string{"random", "gradient", "curvature", "pca"}

// ParseDirection finds a direction by its name: random, gradient, curvature or pca.
func ParseDirection(name string) (d Direction, ok bool) {
	i := slices.Index(directionNames[:], name)
	return Direction(max(i, 0)), i >= 0
}

const (
	curvatureIters = 20 // Lanczos iterations for CurvatureDirection
	pathPerFiring  = 20 // parameters kept in an interval for PCADirection
	pathMost       = 40
	pathLeast      = 4 // for two components
)

// checkAlong finds mistakes in Along.
func (t *LossLandscape) checkAlong() error {
	for k, d := range t.Along {
		switch {
		case int(d) >= len(directionNames):
			return fmt.Errorf("option Along[%d] is %v; take a Direction such as trackers.GradientDirection", k, d)
		case d != RandomDirection && t.Directions[k] != nil:
			return fmt.Errorf("option Along[%d] is the %v direction and Directions[%d] gives another; leave one out", k, d, k)
		}
	}
	if t.Along[0] == GradientDirection && t.Along[1] == GradientDirection {
		return errors.New("both directions are the gradient, which is one; take another for the second, such as trackers.CurvatureDirection")
	}
	return nil
}

// moving reports whether a direction belongs to the step.
func (t *LossLandscape) moving() bool { return t.Along != [2]Direction{} }

// measured are the scaled directions at a step, for the selected parameters theta.
func (t *LossLandscape) measured(ctx context.Context, s *crux.Step, part *crux.Part, theta []float64) (ds [2][]float64, err error) {
	whole := s.Theta()
	var curvature, path [][]float64
	for k, kind := range t.Along {
		var d []float64
		switch kind {
		case GradientDirection:
			d, err = t.gradient(ctx, s, part)
		case CurvatureDirection:
			if curvature == nil {
				curvature, err = t.curvature(ctx, s, part)
			}
			if len(curvature) > 0 {
				d, curvature = curvature[0], curvature[1:]
			}
		case PCADirection:
			if path == nil && len(t.path.Theta) >= pathLeast {
				path = linalg.Principal(t.taken(part), 2)
			}
			if len(path) > 0 {
				d, path = path[0], path[1:]
			}
		}
		if err != nil {
			return ds, err
		}
		if d == nil {
			ds[k] = part.Take(t.scaled(t.raw[k*len(whole):(k+1)*len(whole)], whole))
			continue
		}
		if k == 1 {
			if n := floats.Dot(ds[0], ds[0]); n > 0 {
				floats.AddScaled(d, -floats.Dot(ds[0], d)/n, ds[0])
			}
		}
		floats.Scale(floats.Norm(theta, 2)/(floats.Norm(d, 2)+1e-12), d)
		ds[k] = d
	}
	return ds, nil
}

// gradient is that of the landscape's loss.
func (t *LossLandscape) gradient(ctx context.Context, s *crux.Step, part *crux.Part) ([]float64, error) {
	if !t.Unweighted {
		return part.Take(s.Grad), nil
	}
	g, err := t.grads.At(ctx, s)
	if err != nil {
		return nil, err
	}
	mean := make([]float64, part.Len())
	for i := range s.Losses {
		floats.AddScaled(mean, 1/float64(len(s.Losses)), g.RawRowView(i))
	}
	return mean, nil
}

// curvature are the two leading eigenvectors of the Hessian of the landscape's loss, or fewer.
func (t *LossLandscape) curvature(ctx context.Context, s *crux.Step, part *crux.Part) ([][]float64, error) {
	ritz, err := linalg.Lanczos{
		Iters: curvatureIters, Vectors: 2, Rand: s.Run.Solver().Stream(fmt.Sprintf("tracker/landscape/%d/curvature", t.Seed)),
	}.Run(ctx, part.Len(), t.of.hessian(part, t.of.weights(s)))
	if err != nil {
		return nil, err
	}
	return ritz.Vectors, nil
}

// path is what PCADirection knows of the way of the parameters.
type path struct {
	Epochs []int
	Theta  [][]float64
}

// follow keeps the parameters of a step, if they are due.
func (t *LossLandscape) follow(s *crux.Step) {
	if !slices.Contains(t.Along[:], PCADirection) || s.Measuring() || s.Epoch%max(1, t.interval/pathPerFiring) != 0 {
		return
	}
	t.pathMu.Lock()
	defer t.pathMu.Unlock()
	p := &t.path
	p.Epochs, p.Theta = append(p.Epochs, s.Epoch), append(p.Theta, s.Theta())
	if n := len(p.Epochs) - pathMost; n > 0 {
		p.Epochs, p.Theta = slices.Delete(p.Epochs, 0, n), slices.Delete(p.Theta, 0, n)
	}
}

// taken are the kept parameters, selected ones only.
func (t *LossLandscape) taken(part *crux.Part) [][]float64 {
	rows := make([][]float64, len(t.path.Theta))
	for i, theta := range t.path.Theta {
		rows[i] = part.Take(theta)
	}
	return rows
}

// keptLandscape is a landscape as checkpoints store it.
type keptLandscape struct {
	History []byte
	Path    path
}

// State implements crux.Stateful: the history, and for PCADirection the parameters that the run has gone through.
func (t *LossLandscape) State() ([]byte, error) {
	h, err := t.History.State()
	if err != nil {
		return nil, err
	}
	t.pathMu.Lock()
	defer t.pathMu.Unlock()
	return claim.Encode(keptLandscape{h, t.path})
}

// SetState implements crux.Stateful. The state of another kind of tracker is an error, and then nothing changes.
func (t *LossLandscape) SetState(state []byte) error {
	k, err := claim.Decode[keptLandscape](state)
	if err != nil {
		return fmt.Errorf("trackers: loss landscape: %w", err)
	}
	if len(k.Path.Epochs) != len(k.Path.Theta) {
		return fmt.Errorf("trackers: state of a loss landscape: %d steps with %d vectors of parameters", len(k.Path.Epochs), len(k.Path.Theta))
	}
	if err := t.History.SetState(k.History); err != nil {
		return err
	}
	t.pathMu.Lock()
	defer t.pathMu.Unlock()
	t.path = k.Path
	return nil
}
