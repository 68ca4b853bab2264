package callbacks

import (
	"context"
	"errors"
	"maps"
	"math"
	"slices"

	"github.com/crux-pinn/crux/crux"
)

// Rollback trains a solver and goes back where it diverges: to a state some hundred steps before, from which it takes steps a tenth as
// long, for the rest of the run. When that has not helped a few times, the run ends as diverged, with the parameters of the good state.
//
//	res, err := (&callbacks.Rollback{}).Solve(ctx, solver, 20000, &callbacks.Checkpoint{Dir: "run"})
//
// Good states are kept in memory, three of them, at least 100 steps apart; of these the newest counts whose loss is at most ten times the
// least. A run that does not diverge is bit for bit the one without. Records and checkpoints of steps that are gone back on are cut, as
// when a run is resumed, which also keeps the shorter steps.
//
// Any method can be shortened: it is the change of θ that is. Those that reject a step whose loss is not a number, such as
// LevenbergMarquardt and the quasi-Newton ones, mostly diverge where shorter steps do not help.
type Rollback struct {
	Times int // that it goes back to try shorter steps; 0 means 3. If negative it never does, and only ends with the good state
	// Back is called after the solver has gone back, because of a divergence, to try steps shortened by a factor, 0 at the end of the run;
	// nil does nothing.
	Back func(why *crux.DivergedError, to int, factor float64)

	ofRun[shortened]
	solving bool      // Solve is at work
	kept    []*good   // oldest first
	next    int       // the step at which there will be another one
	theta   []float64 // with which a step began; nil as long as steps have their own length
}

// shortened is what a run that is resumed knows of it.
type shortened struct {
	Times int // by tenths
}

func (shortened) latest() int { return 0 } // it does not know when

// factor is by how much steps are shorter.
func (s shortened) factor() float64 { return math.Pow(0.1, float64(s.Times)) }

// good is a state to which a run can go back.
type good struct {
	Saved
	history int     // its length, of which the solver has the rest
	loss    float64 // NaN as long as it is not known
}

const (
	keptStates   = 3
	apart        = 100    // steps between states, at least
	share        = 50     // of the steps so far they are apart, so that copying them costs nothing in long runs
	bytesPerStep = 20_000 // of a state, by which large ones are further apart
	exploding    = 10     // a loss that is as many times the least is on the way to infinity
)

// Solve trains as [crux.Solver.Solve] does, with this callback before the others. The result has the steps, evaluations and time of all
// that was tried.
func (b *Rollback) Solve(ctx context.Context, s *crux.Solver, steps int, callbacks ...crux.Callback) (*crux.Result, error) {
	end := s.Epoch() + steps
	if !slices.Contains(callbacks, crux.Callback(b)) {
		callbacks = append([]crux.Callback{b}, callbacks...)
	}
	b.kept, b.theta, b.solving = nil, nil, true
	defer func() { b.kept, b.solving = nil, false }()
	sum := crux.Result{}
	for {
		res, err := s.Solve(ctx, end-s.Epoch(), callbacks...)
		sum.Steps, sum.Evals, sum.Time = sum.Steps+res.Steps, sum.Evals+res.Evals, sum.Time+res.Time
		var why *crux.DivergedError
		to := b.choose()
		if errors.As(err, &why) && to != nil {
			last := b.state.Times >= b.most()
			if backErr := b.back(s, to, last, callbacks); backErr != nil {
				return res, errors.Join(err, backErr)
			}
			if b.Back != nil && last {
				b.Back(why, to.State.Epoch, 0)
			} else if b.Back != nil {
				b.Back(why, to.State.Epoch, b.state.factor())
			}
			if !last {
				continue
			}
			var endErr error
			res, endErr = s.Solve(context.WithoutCancel(ctx), 0, callbacks...) // records and checkpoints end with the good state
			res.Status, res.Reason = crux.Diverged, why.Error()
			err = errors.Join(err, endErr)
		}
		res.Steps, res.Evals, res.Time = sum.Steps, sum.Evals, sum.Time
		return res, err
	}
}

func (b *Rollback) most() int {
	if b.Times == 0 {
		return 3
	}
	return max(0, b.Times)
}

// choose is the newest state before the explosion; nil if there is none that is good.
func (b *Rollback) choose() *good {
	least := math.Inf(1)
	for _, g := range b.kept {
		if !math.IsNaN(g.loss) {
			least = min(least, g.loss)
		}
	}
	for _, g := range slices.Backward(b.kept) {
		if g.loss <= exploding*least {
			return g
		}
	}
	return nil
}

// back puts solver and callbacks where they were, and makes that the newest checkpoint. Steps are shorter from there on, or as they were
// where it is the last time.
func (b *Rollback) back(s *crux.Solver, to *good, last bool, callbacks []crux.Callback) error {
	times := b.state.Times + 1
	if last {
		times = 0
	}
	h := s.History()
	saved, state := to.Saved, *to.State
	state.History = crux.History{Epochs: h.Epochs[:to.history], Loss: h.Loss[:to.history], Losses: h.Losses[:to.history]}
	saved.State = &state
	if err := saved.Restore(s, callbacks...); err != nil {
		return err
	}
	b.state.Times = times
	b.kept = slices.DeleteFunc(b.kept, func(g *good) bool { return g.State.Epoch > state.Epoch })
	mine, err := b.State()
	if err != nil {
		return err
	}
	saved.Callbacks = maps.Clone(saved.Callbacks)
	saved.Callbacks[keysOf([]crux.Stateful{b})[0]] = mine
	for _, c := range callbacks {
		if c, ok := c.(*Checkpoint); ok {
			c.backTo(&saved)
		}
	}
	return nil
}

// OnSolveBegin implements crux.Callback.
func (b *Rollback) OnSolveBegin(_ context.Context, r *crux.Run) error {
	if !b.solving {
		return nil
	}
	if len(b.kept) == 0 {
		return b.keep(r)
	}
	b.next = r.Epoch() + apart
	return nil
}

// OnStep implements crux.Callback: what the state with which this step has begun is worth is known now.
func (b *Rollback) OnStep(_ context.Context, s *crux.Step) error {
	if !b.solving || s.Measuring() {
		return nil
	}
	if n := len(b.kept); n > 0 && b.kept[n-1].State.Epoch == s.Epoch {
		b.kept[n-1].loss = s.Loss
	}
	if b.state.Times > 0 {
		b.theta = s.Theta()
	}
	return nil
}

// OnUpdate implements crux.UpdateHook: it shortens the step.
func (b *Rollback) OnUpdate(_ context.Context, r *crux.Run) error {
	if b.state.Times == 0 || b.theta == nil {
		return nil
	}
	theta := r.Solver().Theta()
	for i, x := range b.theta {
		theta[i] = x + b.state.factor()*(theta[i]-x)
		if math.IsNaN(theta[i]) || math.IsInf(theta[i], 0) {
			return nil // the next step says so
		}
	}
	return r.Solver().SetTheta(theta)
}

// OnStepEnd implements crux.StepEnder.
func (b *Rollback) OnStepEnd(_ context.Context, r *crux.Run) error {
	if !b.solving || r.Epoch() < b.next {
		return nil
	}
	return b.keep(r)
}

// keep adds the state of a run to those that are kept.
func (b *Rollback) keep(r *crux.Run) error {
	f, err := savedOf(r)
	if err != nil {
		return err
	}
	g := &good{Saved: *f, history: len(f.State.History.Epochs), loss: math.NaN()}
	g.State.History = crux.History{}
	size := len(f.State.Method) + 8*len(r.Solver().Theta())
	for _, state := range f.Callbacks {
		size += len(state)
	}
	b.next = r.Epoch() + max(apart, r.Epoch()/share, size/bytesPerStep)
	b.kept = append(b.kept, g)
	b.kept = b.kept[max(0, len(b.kept)-keptStates):]
	return nil
}
