package crux

import (
	"encoding/binary"
	"errors"
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
	stale    bool          // the program has forgotten mu
	view     weights.Points
}

// pointScheme checks the point scheme of a constraint; nil if there is none.
func (s *Solver) pointScheme(c Constraint) (*pointWeights, error) {
	if c.PointWeights == nil {
		return nil, nil
	}
	if v := reflect.ValueOf(c.PointWeights); v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return nil, fmt.Errorf("PointWeights is a nil %T; give a scheme such as &weights.Causal{}, or leave it out", c.PointWeights)
		}
		for _, k := range s.cons {
			if k.points != nil && reflect.ValueOf(k.points.scheme).Kind() == reflect.Pointer && k.points.scheme == c.PointWeights {
				return nil, fmt.Errorf("PointWeights is the scheme of constraint %q as well; it keeps numbers for the points of one, so give each its own", k.name)
			}
		}
	}
	if k := c.Loss.Kind; k == compiler.Mean || k == compiler.Sum {
		return nil, fmt.Errorf("PointWeights with the loss %s, whose terms may be negative; take mse, mae or huber", k)
	}
	p := &pointWeights{scheme: c.PointWeights, loss: c.Loss}
	p.view.Lo, p.view.Hi = c.On.Bounds()
	for _, x := range c.On.Coords() {
		p.view.Coords = append(p.view.Coords, x.Name())
	}
	if k, ok := c.PointWeights.(weights.PointChecker); ok {
		return p, k.CheckPoints(slices.Clone(p.view.Coords))
	}
	return p, nil
}

// weighPoints asks the point schemes for the weights of this step.
func (s *Solver) weighPoints() error {
	for i := range s.cons {
		c := &s.cons[i]
		q, g := c.points, s.groups[c.group]
		if q == nil {
			continue
		}
		if q.at == nil { // a scheme that reads residuals has none yet
			r, err := s.residuals(i)
			if err != nil {
				return err
			}
			q.measure(r.RawMatrix().Data, g.cloud)
		}
		if err := q.weigh(s.epoch, g.cloud); err != nil {
			return fmt.Errorf("crux: epoch %d: constraint %q: %w", s.epoch, c.name, err)
		}
		if !q.stale && slices.Equal(q.next, q.mu) {
			continue
		}
		if err := g.program.SetPointWeights(c.index, q.next); err != nil {
			return fmt.Errorf("crux: epoch %d: %w", s.epoch, err)
		}
		q.mu, q.next = q.next, q.mu
		q.stale = false
		s.obj.forget()
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
	key := func(b []byte, row []float64) []byte {
		b = b[:0]
		for _, x := range row {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
		}
		return b
	}
	at := make(map[string]int, before.Len())
	var b []byte
	for k := range before.Len() {
		if b = key(b, before.Row(k)); !has(at, b) {
			at[string(b)] = k
		}
	}
	from := make([]int, now.Len())
	for k := range from {
		b = key(b, now.Row(k))
		i, ok := at[string(b)]
		if !ok {
			i = -1
		}
		from[k] = i
	}
	return from
}

func has(m map[string]int, b []byte) bool {
	_, ok := m[string(b)]
	return ok
}

// measurePoints keeps the residuals that the gradient at θ_e has found.
func (s *Solver) measurePoints() {
	for i := range s.cons {
		if c := &s.cons[i]; c.points != nil {
			g := s.groups[c.group]
			c.points.measure(g.program.TrainingResiduals(c.index), g.cloud)
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
func (s *Solver) finished() error {
	for i := range s.cons {
		if q := s.cons[i].points; q != nil {
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
	i, err := s.constraints(name)
	if err != nil {
		return nil, err
	}
	if q := s.cons[i[0]].points; q != nil && !q.stale {
		return slices.Clone(q.mu), nil
	}
	return nil, nil
}

// PointWeightState is what decides the weights of the points of one constraint from now on.
type PointWeightState struct {
	Constraint string
	Scheme     []byte    // of the point scheme, if it is Stateful
	Weights    []float64 // of the last step; nil if the points are others since
	Residual   []float64 // |r| measured at the last step; nil before the first
	Loss       []float64 // shares of the loss, likewise
	At         []float64 // coordinates of the points of the last step; nil if they are those of the constraint now
}

func (q *pointWeights) state(name string, now *domain.Cloud) (PointWeightState, error) {
	st := PointWeightState{Constraint: name}
	if q.at != nil {
		st.Residual, st.Loss = slices.Clone(q.residual), slices.Clone(q.losses)
		if !q.stale {
			st.Weights = slices.Clone(q.mu)
		}
		if q.at != now && !slices.Equal(q.at.X, now.X) {
			st.At = slices.Clone(q.at.X)
		}
	}
	if k, ok := q.scheme.(stateful); ok {
		var err error
		if st.Scheme, err = k.State(); err != nil {
			return st, fmt.Errorf("crux: state of %T: %w", k, err)
		}
	}
	return st, nil
}

// fits reports what a state lacks to be that of the constraint, whose points are p.
func (q *pointWeights) fits(st PointWeightState, name string, coords int, p PointData) error {
	x := st.At
	if x == nil {
		x = p.X
	}
	n, m := len(st.Residual), len(st.Weights)
	switch {
	case st.Constraint != name:
		return fmt.Errorf("its point weights are those of constraint %q where %q comes next", st.Constraint, name)
	case len(st.Loss) != n || n > 0 && len(x) != n*coords || m > 0 && (n == 0 || len(p.X) != m*coords):
		return fmt.Errorf("%d point weights of constraint %q, %d residuals and %d losses for %d points do not fit together", m, name, n, len(st.Loss), len(x)/coords)
	}
	for k, m := range st.Weights {
		if !(m >= 0) || math.IsInf(m, 0) {
			return fmt.Errorf("the weight of point %d of constraint %q is %v", k, name, m)
		}
	}
	if _, ok := q.scheme.(stateful); !ok && len(st.Scheme) > 0 {
		return fmt.Errorf("constraint %q was not trained with the point scheme %T", name, q.scheme)
	}
	return nil
}

// restore takes over a state that fits, all but the scheme's own. now are the constraint's points.
func (q *pointWeights) restore(st PointWeightState, now *domain.Cloud) {
	q.mu, q.residual, q.losses = slices.Clone(st.Weights), slices.Clone(st.Residual), slices.Clone(st.Loss)
	q.next, q.at, q.stale = nil, nil, true
	if len(st.Residual) == 0 {
		return
	}
	if q.at = now; st.At != nil {
		q.at = &domain.Cloud{Coords: now.Coords, X: slices.Clone(st.At)}
	}
}

var errNoPointScheme = errors.New("it has point weights, and the problem has none; give its constraints the PointWeights they had")

// pointWeightsFit compares the point weights of a state with the solver's.
func (s *Solver) pointWeightsFit(st *State) error {
	at := 0
	for _, c := range s.cons {
		if c.points == nil {
			continue
		}
		if at == len(st.PointWeights) {
			return fmt.Errorf("it has no point weights of constraint %q", c.name)
		}
		if err := c.points.fits(st.PointWeights[at], c.name, len(s.groups[c.group].cloud.Coords), st.Points[c.group].PointData); err != nil {
			return err
		}
		at++
	}
	if at < len(st.PointWeights) {
		return errNoPointScheme
	}
	return nil
}

// restorePointWeights takes over states that fit.
func (s *Solver) restorePointWeights(list []PointWeightState) error {
	at := 0
	for i := range s.cons {
		c := &s.cons[i]
		if c.points == nil {
			continue
		}
		g := s.groups[c.group]
		c.points.restore(list[at], g.cloud)
		if len(list[at].Weights) > 0 {
			if err := g.program.SetPointWeights(c.index, c.points.mu); err != nil {
				return err
			}
			c.points.stale = false
		}
		at++
	}
	return nil
}
