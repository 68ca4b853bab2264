package trackers

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/linalg"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Error estimates how far fields are from the solution, without the solution.
//
// With u the field, u* the solution and r the residuals at points that were not trained on, each constraint in units in which the norm of
// its derivatives by all parameters is 1, so that neither weights nor physical units count, and with twice the nodes in its integrals, the
// error e = u − u* obeys L·e = r to first order, L being the linearised operator. On the tangent space of the network L is known: J = ∂r/∂θ
// and F = ∂u/∂θ. So
//
//	d = −κ(JᵀJ + λ)⁻¹Jᵀr,  λ = 1e-10·tr(JᵀJ)/P      what the network could still repair
//	C = max_v ‖F·v‖ / √(‖J·v‖² + ε²σ²‖v‖²),  ε = 1e-6   how much u can change where the residuals change by one
//	c = the root mean square of the same over residuals in random directions
//	r + J·d = s + n                                  what it cannot: a smooth part s, polynomials, and the rest
//	η² = ‖F·d‖² + (C‖s‖)² + (c‖n‖)²                  the estimate, relative to ‖u‖
//
// with root mean squares for norms. Where more points are trained, N, than held out, M, J and r have rows for both: of a steep layer most is
// known there, and a change that is fitted to points held out alone fits what they miss. The points of training then hold d back, as far as
// residuals are noise, and κ = √(1 + N/M) makes up for that; otherwise it is 1. s and n are taken from the points held out.
//
// C is what a residual can come to at worst, as a smooth one does; one that changes its sign from point to point comes to c. Where the
// change behind C is one that hides in the gaps between the points, as a steep layer does, all is measured again at more points, those of
// training among them. C grows without bound as ε falls where there is a change that no residual sees: a missing condition, a free
// constant, an eigenvalue. It does not see a residual that is not a function, such as the jump of a coefficient inside a derivative, nor
// that the problem is not the one that was meant.
//
// Where most of r is left and C is still growing between ε = 1e-4 and 1e-6, changes count that the residuals see up to 1e-11 times as well
// as others: d and C are then measured with λ and ε as small as that, by a factorisation of J itself.
//
// Beside it, at the same points, is the residual of each constraint over its largest term: of the order of 1 where the equation is
// not solved at all.
//
// Cost: one J of 2P + 512 residuals; or where more are trained of these, at most 16e6/P and 16P + 4096, and half as many others; and three
// factorisations of a matrix of size P: about as much as three steps of LevenbergMarquardt on all residuals. With more than 3000 parameters
// it is J of 2000 residuals and a matrix of that size. Always in float64.
type Error struct {
	Of       []Quantity  // whose error is wanted; nil means every component of all fields
	Params   []*ph.Param // scalars whose error is wanted as well
	Derived  []Quantity  // numbers that follow from these, of which it is said how well noisy data determine them
	Interval int         // steps between measurements; 0 means 1000
	Seed     uint64      // of the points

	History[ErrorValue]
}

// Quantity is an expression with a name.
type Quantity struct {
	Name string
	Expr ph.Expr
}

const (
	damping            = 1e-10 // of the repair, relative to the mean eigenvalue
	fineEps, coarseEps = 1e-6, 1e-4
	veryFineEps        = 1e-9       // of changes that stiff equations see, and a free constant does not
	finestEps          = 1e-11      // of changes that residuals hardly see
	mostly             = 0.3        // the part of the residuals that is left from which such changes may matter
	fewParameters      = 3000       // with a matrix of their number
	mostResiduals      = 2000       // with more parameters
	mostEntries        = 64_000_000 // of a matrix of residuals, or values of a function, by parameters: 512 MB, as lm has at most for its blocks
	leastResiduals     = 64         // of a point set
	spareResiduals     = 512
	valuesOfField      = 500        // points at which a function is compared
	manyValues         = 2000       // the same with few parameters: of 500 hardly one lies in a steep layer
	denseEntries       = 8_000_000  // of a Jacobian at denser points
	trainedEntries     = 16_000_000 // of a Jacobian at points of training
	manyTimes          = 8          // ample residuals: the most of training that are looked at
	probes             = 10         // of the typical gain
)

// OnSolveBegin implements crux.Callback.
func (t *Error) OnSolveBegin(_ context.Context, r *crux.Run) error {
	return t.Begin(t.Interval, 1000, len(r.Names()))
}

// OnStep implements crux.Callback.
func (t *Error) OnStep(ctx context.Context, s *crux.Step) error {
	if !t.Due(s) {
		return nil
	}
	v, err := t.Estimate(ctx, s.Run)
	if err != nil {
		return err
	}
	return t.Publish(s, v)
}

// stream is a random stream of the tracker.
func (t *Error) stream(r *crux.Run, what string) *rand.Rand {
	return r.Solver().Stream(fmt.Sprintf("tracker/error/%d/%s", t.Seed, what))
}

// Estimate measures at the present parameters, and records nothing. Where a change hides between the points, it measures again at more of
// them.
func (t *Error) Estimate(ctx context.Context, run *crux.Run) (ErrorValue, error) {
	v, _, err := t.estimate(ctx, run)
	return v, err
}

// estimate is Estimate, with what it has measured by.
func (t *Error) estimate(ctx context.Context, run *crux.Run) (v ErrorValue, m *measure, err error) {
	held, err := t.heldOut(run)
	if err != nil {
		return v, nil, err
	}
	sets := t.withTrained(run, held)
	if v, m, err = t.at(ctx, run, sets); err != nil {
		return v, nil, err
	}
	if slices.ContainsFunc(slices.Concat(v.Fields, v.Params), FieldError.hides) {
		more, err := t.denser(run, held)
		if err != nil {
			return v, nil, err
		}
		if v, m, err = t.at(ctx, run, slices.Concat(sets, more)); err != nil {
			return v, nil, err
		}
	}
	if slices.ContainsFunc(held, func(set rows) bool { return set.noisy }) {
		if err := t.known(ctx, run, held, m, &v); err != nil {
			return v, nil, err
		}
	}
	if v.Residuals, err = shares(run, held); err != nil {
		return v, nil, err
	}
	for k, part := range m.stays()[:len(held)] {
		v.Residuals[k].Stays = part
	}
	return v, m, nil
}

// at measures fields and numbers by residuals at given points.
//
// What is left of noisy data is no error that training could mend: it does not count.
func (t *Error) at(ctx context.Context, run *crux.Run, sets []rows) (v ErrorValue, m *measure, err error) {
	if m, err = t.linear(ctx, run, sets); err != nil {
		return v, nil, err
	}
	for _, q := range t.quantities(run) {
		f, err := t.function(run, q, sets)
		if err != nil {
			return v, nil, err
		}
		if f == nil {
			continue // no equation contains it
		}
		e, err := m.of(f)
		if err != nil {
			return v, nil, err
		}
		v.Fields, m.functions = append(v.Fields, e), append(m.functions, f)
	}
	for _, p := range t.Params {
		at, err := selected(run, ph.Paths(p.Path()))
		if err != nil || len(at) != 1 {
			return v, nil, fmt.Errorf("%s is not a trainable number of the problem", p.Path())
		}
		f := &function{
			Quantity: Quantity{Name: p.Path(), Expr: p}, by: mat.NewDense(1, run.Parameters(), nil),
			size: math.Abs(run.Solver().Value(p)),
		}
		f.by.Set(0, at[0], run.Solver().Unit(p))
		e, err := m.of(f)
		if err != nil {
			return v, nil, err
		}
		v.Params, m.functions = append(v.Params, e), append(m.functions, f)
	}
	return v, m, m.settle(v)
}

// stays are the parts of the residuals of each set that no small change of the parameters would take away.
func (m *measure) stays() []float64 {
	var parts []float64
	at := 0
	for _, set := range m.sets {
		n := at + set.at.Len()*set.dim
		part := 0.0
		if all := floats.Norm(m.r[at:n], 2); all > 0 {
			part = floats.Norm(m.left[at:n], 2) / all
		}
		parts, at = append(parts, part), n
	}
	return parts
}

// settle measures again what can be repaired, and what cannot, with changes of the parameters that residuals hardly see, where most of the
// residuals is left and such changes matter: where a solution is sensitive, as one that grows a hundred thousandfold, they are its errors.
func (m *measure) settle(v ErrorValue) (err error) {
	if floats.Norm(m.left, 2) <= mostly*floats.Norm(m.r, 2) || !slices.ContainsFunc(slices.Concat(v.Fields, v.Params), FieldError.faint) {
		return nil
	}
	m.tangent.Fine()
	m.damping = finestEps * finestEps
	if err := m.mend(); err != nil {
		return err
	}
	for i, f := range m.functions {
		e := v.at(i)
		gain, _, err := m.tangent.Gain(m.ctx, f.by, finestEps, m.stream("gain", e.Name))
		if err != nil {
			return err
		}
		typical, err := m.tangent.Typical(f.by, finestEps, probes, m.stream("typical", e.Name))
		if err != nil {
			return err
		}
		e.Repairable, e.Left = m.repaired(f), math.Hypot(gain*m.smooth, typical*m.rough)
	}
	return nil
}

// linear linearises the residuals.
func (t *Error) linear(ctx context.Context, run *crux.Run, sets []rows) (*measure, error) {
	j, all, units, err := linearised(run, sets, nil)
	if err != nil {
		return nil, err
	}
	r := slices.Clone(all)
	first := 0
	for _, set := range sets {
		n := first + set.at.Len()*set.dim
		if set.noisy || set.likely {
			clear(r[first:n])
		}
		first = n
	}
	m := &measure{ctx: ctx, tracker: t, run: run, sets: sets, units: units, all: all, r: r, damping: damping}
	if m.tangent, err = linalg.NewTangent(run.Pool(), j); err != nil {
		return nil, err
	}
	return m, m.mend()
}

// mend looks for the change of the parameters that repairs the residuals, and what it leaves.
//
// What fits noise at N points of training has an error of σ²/N; with M more points it moves by σ²·M/(N(N + M)) only. So the change is
// multiplied by κ = √(1 + N/M), as far as the residuals are noise: by the part of them that no change repairs. As both kinds count half, that
// is too much by (1 + N/M)/2, at most 1.5; residuals in layers, which vary more than noise, need it.
func (m *measure) mend() (err error) {
	if m.repair, m.left, err = m.tangent.Repair(m.r, m.damping); err != nil {
		return err
	}
	m.smooth, m.rough = parts(m.sets, m.left)
	more := 0.0
	for _, set := range m.sets {
		if set.trained {
			more = max(more, float64(set.at.Len())/float64(m.sets[set.heldOut].at.Len()))
		}
	}
	if all := floats.Dot(m.r, m.r); all > 0 {
		floats.Scale(math.Sqrt(1+more*floats.Dot(m.left, m.left)/all), m.repair)
	}
	return nil
}

// repaired is by how much a function changes where the residuals are repaired.
func (m *measure) repaired(f *function) float64 { return mat.Norm(moved(f.by, m.repair), 2) }

// known says how well noisy data determine functions and numbers, and how far these are from where the data have them.
func (t *Error) known(ctx context.Context, run *crux.Run, sets []rows, m *measure, v *ErrorValue) error {
	c, err := covarianceOf(ctx, run, sets)
	if err != nil {
		return err
	}
	v.Noise = c.noise
	for i, f := range m.functions[:len(v.Fields)] {
		e := &v.Fields[i]
		if e.Noise, err = c.field(f.by); err != nil {
			return err
		}
		e.Repairable = math.Hypot(e.Repairable, mat.Norm(moved(f.by, c.step), 2))
	}
	var numbers []Quantity
	for _, p := range t.Params {
		numbers = append(numbers, Quantity{p.Path(), p})
	}
	var moves [][]float64
	for k, q := range slices.Concat(numbers, t.Derived) {
		value, g, err := gradientOf(run, q)
		if err != nil {
			return err
		}
		known, by, err := c.known(q.Name, value, g)
		if err != nil {
			return err
		}
		v.Known, moves = append(v.Known, known), append(moves, by)
		if k < len(v.Params) {
			e := &v.Params[k]
			e.Noise, e.Repairable = known.Sigma, math.Hypot(e.Repairable, math.Abs(floats.Dot(g, c.step)))
		}
	}
	v.Correlation = correlation(moves)
	return nil
}

// measure is what there is at a step to measure functions with.
type measure struct {
	ctx     context.Context
	tracker *Error
	run     *crux.Run
	sets    []rows
	units   []float64 // of each
	all     []float64 // residuals, in these units
	r       []float64 // the same without noise
	tangent *linalg.Tangent
	damping float64   // with which they are repaired
	repair  []float64 // κ·d
	left    []float64 // r + J·d
	smooth  float64   // ‖s‖
	rough   float64   // ‖n‖

	functions []*function // fields, then numbers
}

// spread is the share of points at which a change is of its usual size, (Σw²)²/(n Σw⁴): 1 for a constant, 1/n for a single point.
func spread(w []float64) float64 {
	var two, four float64
	for _, x := range w {
		two += x * x
		four += x * x * x * x
	}
	if four == 0 {
		return 1
	}
	return two * two / (float64(len(w)) * four)
}

// level is the absolute value of the mean of a change over its root mean square: 1 for a constant.
func level(w []float64) float64 {
	if rms := floats.Norm(w, 2); rms > 0 {
		return math.Abs(floats.Sum(w)) / (rms * math.Sqrt(float64(len(w))))
	}
	return 0
}

// of estimates the error of a function, or of a number.
func (m *measure) of(f *function) (e FieldError, err error) {
	e = FieldError{Name: f.Name, Size: f.size}
	e.Repairable = m.repaired(f)
	var most []float64
	if e.Gain, most, err = m.tangent.Gain(m.ctx, f.by, fineEps, m.stream("gain", f.Name)); err != nil {
		return e, err
	}
	if most != nil {
		change := moved(f.by, most).RawVector().Data
		e.Spread, e.Level = spread(change), level(change)
	}
	if e.Typical, err = m.tangent.Typical(f.by, fineEps, probes, m.stream("typical", f.Name)); err != nil {
		return e, err
	}
	// what the change behind the gain comes to is enough where it is nearly all; another factorisation and another maximum cost more
	if e.Coarse = m.tangent.GainOf(f.by, most, coarseEps); most == nil || e.Gain > unsettled*e.Coarse {
		if e.Coarse, _, err = m.tangent.Gain(m.ctx, f.by, coarseEps, m.stream("gain", f.Name)); err != nil {
			return e, err
		}
	}
	e.Left = math.Hypot(e.Gain*m.smooth, e.Typical*m.rough)
	e.Elsewhere = e.Gain
	if most == nil || e.Gain < undetermined*e.Coarse {
		return e, nil
	}
	if e.Elsewhere, err = m.elsewhere(f.by, most); err != nil {
		return e, err
	}
	m.tangent.Fine()
	fine, _, err := m.tangent.Gain(m.ctx, f.by, veryFineEps, m.stream("gain", f.Name))
	if err != nil {
		return e, err
	}
	finest, _, err := m.tangent.Gain(m.ctx, f.by, finestEps, m.stream("gain", f.Name))
	if fine > 0 {
		e.Grows = finest / fine
	}
	return e, err
}

// moved is F·d.
func moved(f *mat.Dense, d []float64) *mat.VecDense {
	var change mat.VecDense
	change.MulVec(f, mat.NewVecDense(len(d), d))
	return &change
}

// stream is a random stream for a function.
func (m *measure) stream(what, name string) *rand.Rand { return m.tracker.stream(m.run, what+"/"+name) }

// elsewhere is the gain of one change v at more points: those of training, and others. What is narrower than the gaps between points is
// seen there, and what no residual sees is not.
func (m *measure) elsewhere(f *mat.Dense, v []float64) (float64, error) {
	var held []rows
	var units []float64
	for k, set := range m.sets {
		if !set.trained {
			held, units = append(held, set), append(units, m.units[k])
		}
	}
	sets, err := m.tracker.denser(m.run, held)
	if err != nil {
		return 0, err
	}
	j, _, _, err := linearised(m.run, sets, slices.Concat(units, units))
	if err != nil {
		return 0, err
	}
	return mat.Norm(moved(f, v), 2) / mat.Norm(moved(j, v), 2), nil
}
