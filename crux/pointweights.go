package crux

import (
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
	"slices"

	"github.com/crux-pinn/crux/compiler"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/weights"
)

// pointWeights are the weights of the points of one constraint, and what its scheme sees at the next step.
type pointWeights struct {
	scheme   weights.PointScheme
	loss     Loss
	mu, next []float64     // weights now, and room for new ones
	at       *domain.Cloud // the points at which residuals were measured last; nil before the first step
	residual []float64     // |r| at them
	losses   []float64     // their shares of the loss
	stale    bool          // mu belongs to other points, or there is none
	view     weights.Points
}

// checkPointScheme checks the point scheme of the next constraint.
func (s *statement) checkPointScheme(c Constraint, k *constraint) error {
	if c.PointWeights == nil {
		return nil
	}
	if v := reflect.ValueOf(c.PointWeights); v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return fmt.Errorf("PointWeights is a nil %T; give a scheme such as &weights.Causal{}, or leave it out", c.PointWeights)
		}
		for i, o := range s.constraints {
			if q := s.problem.Constraints[i].PointWeights; reflect.ValueOf(q).Kind() == reflect.Pointer && q == c.PointWeights {
				return fmt.Errorf("PointWeights is the scheme of constraint %q as well; "+
					"it keeps numbers for the points of one, so give each its own", o.name)
			}
		}
	}
	if k := c.Loss.Kind; k == compiler.Mean || k == compiler.Sum {
		return fmt.Errorf("PointWeights with the loss %s, whose terms may be negative; take mse, mae or huber", k)
	}
	if q, ok := c.PointWeights.(weights.PointChecker); ok {
		var coords []string
		for _, x := range c.On.Coords() {
			coords = append(coords, x.Name())
		}
		if err := q.CheckPoints(coords); err != nil {
			return err
		}
	}
	if q, ok := c.PointWeights.(stateful); ok {
		var err error
		if k.fresh, err = q.State(); err != nil {
			return fmt.Errorf("state of %T: %w", q, err)
		}
	}
	return nil
}

// newPointWeights are those of a constraint as a stage begins; nil without a scheme.
func newPointWeights(c Constraint, stage *Stage) *pointWeights {
	if c.PointWeights == nil {
		return nil
	}
	q := &pointWeights{scheme: c.PointWeights, loss: c.Loss, stale: true}
	q.view.Lo, q.view.Hi = c.On.Bounds()
	for i, x := range c.On.Coords() {
		q.view.Coords = append(q.view.Coords, x.Name())
		if b, ok := stage.Limits[x]; ok {
			q.view.Lo[i], q.view.Hi[i] = b[0], b[1]
		}
	}
	return q
}

// weighPoints asks the point schemes for the weights of this step.
func (p *plan) weighPoints() error {
	for i, q := range p.byPoint {
		if q == nil {
			continue
		}
		c, g := p.constraints[i], p.group(i)
		if q.at == nil { // a scheme that reads residuals has none yet
			r, err := p.residuals(i)
			if err != nil {
				return err
			}
			q.measure(r.RawMatrix().Data, g.cloud)
		}
		if err := q.weigh(p.epoch, g.cloud); err != nil {
			return fmt.Errorf("crux: step %d: constraint %q: %w", p.epoch, c.name, err)
		}
		if !q.stale && slices.Equal(q.next, q.mu) {
			continue
		}
		if err := g.program.SetPointWeights(c.index, q.next); err != nil {
			return fmt.Errorf("crux: step %d: %w", p.epoch, err)
		}
		q.mu, q.next = q.next, q.mu
		q.stale = false
		p.obj.forget()
	}
	return nil
}

// weigh writes the weights of the points now to next.
func (q *pointWeights) weigh(epoch int, now *domain.Cloud) error {
	v := q.view
	v.Epoch, v.X, v.At, v.Residual, v.Loss = epoch, now.X, q.at.X, q.residual, q.losses
	if q.at != now && !slices.Equal(q.at.X, now.X) {
		v.From = places(q.at, now)
	}
	if n := now.Len(); len(q.next) != n {
		q.next = make([]float64, n)
	}
	return q.scheme.WeighPoints(q.next, v)
}

// places are those of the points now among the points before, −1 where there was none.
func places(before, now *domain.Cloud) []int {
	key := func(row []float64) string {
		var b []byte
		for _, x := range row {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
		}
		return string(b)
	}
	at := make(map[string]int, before.Len())
	for k := before.Len() - 1; k >= 0; k-- { // the first of points that are one counts
		at[key(before.Row(k))] = k
	}
	from := make([]int, now.Len())
	for k := range from {
		i, ok := at[key(now.Row(k))]
		if !ok {
			i = -1
		}
		from[k] = i
	}
	return from
}

// measurePoints keeps the residuals that the gradient at θ_e has found.
func (p *plan) measurePoints() {
	for i, q := range p.byPoint {
		if q != nil {
			g := p.group(i)
			q.measure(g.program.TrainingResiduals(p.constraints[i].index), g.cloud)
		}
	}
}

// measure reduces residuals, one row for each point, to |r| and the point's share of the loss.
func (q *pointWeights) measure(r []float64, at *domain.Cloud) {
	n := at.Len()
	dim := len(r) / n
	if len(q.residual) != n {
		q.residual, q.losses = make([]float64, n), make([]float64, n)
	}
	for k := range n {
		row := r[k*dim : (k+1)*dim]
		var squares, rho float64
		for _, x := range row {
			squares += x * x
			rho += q.loss.Rho(x)
		}
		q.residual[k], q.losses[k] = math.Sqrt(squares), rho/float64(dim)
	}
	q.at = at
}

// finished is the first point scheme's wish to end the run, or nil.
func (p *plan) finished() error {
	for _, q := range p.byPoint {
		if q != nil {
			if f, ok := q.scheme.(weights.Finisher); ok {
				if reason, done := f.Finished(); done {
					return NextStage(reason)
				}
			}
		}
	}
	return nil
}

// PointWeights are the weights that the points of a constraint have in training, in the order of Cloud; nil if the constraint
// has no point scheme or no step has been made.
func (s *Solver) PointWeights(name string) ([]float64, error) {
	i, err := s.indices(name)
	if err != nil {
		return nil, err
	}
	if q := s.plan.byPoint[i[0]]; q != nil && !q.stale {
		return slices.Clone(q.mu), nil
	}
	return nil, nil
}
