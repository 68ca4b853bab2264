package callbacks

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
)

// resampler is what RAD, RARD and R3 share: which constraints, when, and residuals at points of one's choice. Its random
// numbers depend on seed, constraint and step only, so the step of the last change is all that it can tell of a run.
type resampler struct {
	ofRun[lastChange]
	interval int
	at       []int
	evals    residualsAt
}

// lastChange is the step of the last change, 0 before.
type lastChange int

func (l lastChange) latest() int { return int(l) }

func (r *resampler) begin(run *crux.Run, interval int, names []string, of []crux.Constraint) error {
	if interval < 0 {
		return fmt.Errorf("option Interval is %d; it must be at least 1, and 0 means 100", interval)
	}
	all, err := run.Subset(names, of)
	if err != nil {
		return err
	}
	r.interval, r.at, r.evals = cmp.Or(interval, 100), nil, residualsAt{}
	owner := map[*domain.Points]int{}
	for _, i := range all {
		on, name := run.Specification(i), run.Names()[i]
		if first, ok := owner[on]; ok {
			return fmt.Errorf("constraints %q and %q share one point set, which can follow one residual only; name the one", run.Names()[first],
				name)
		}
		owner[on] = i
		switch why := settled(on); {
		case why == "":
			r.at = append(r.at, i)
		case names != nil || of != nil: // otherwise such points stay as they are
			return fmt.Errorf("constraint %q: %s; leave it to itself", name, why)
		}
	}
	if len(r.at) == 0 {
		return errors.New("no constraint has random points that are drawn once; resampling needs such")
	}
	return nil
}

// settled says why no other points can be chosen in the place of some; empty if they can.
func settled(on *domain.Points) string {
	switch {
	case !on.Random():
		return "its points are not random, so there are no others to choose from"
	case on.Interval() > 0:
		return fmt.Sprintf("its points are redrawn every %d steps, which would undo the choice", on.Interval())
	}
	return ""
}

// each gives every constraint new points at the steps at which it is due.
func (r *resampler) each(s *crux.Step, points func(i int, now *domain.Cloud) (*domain.Cloud, error)) error {
	if s.Measuring() || s.Epoch == 0 || s.Epoch%r.interval != 0 { // the first points are those of the specification
		return nil
	}
	r.state = lastChange(s.Epoch)
	for _, i := range r.at {
		now := s.Run.Points(i)
		next, err := points(i, now)
		if err != nil {
			return err
		}
		if next == now {
			continue
		}
		if err := s.Run.SetPoints(i, next); err != nil {
			return err
		}
	}
	return nil
}

// residualsAt evaluates residuals at points of one's choice. The programs are compiled once.
type residualsAt map[int]*crux.Evaluator

// of are those of constraint i, one row for each point.
func (evals residualsAt) of(run *crux.Run, i int, at *domain.Cloud) (m *mat.Dense, err error) {
	e, ok := evals[i]
	if ok {
		err = e.Move(at)
	} else if e, err = run.ResidualAt(i, at); err == nil {
		evals[i] = e
	}
	if err != nil {
		return nil, err
	}
	return e.Eval()
}

// magnitudes are |r| of constraint i at points, the Euclidean norm over components.
func (r *resampler) magnitudes(run *crux.Run, i int, at *domain.Cloud) ([]float64, error) {
	m, err := r.evals.of(run, i, at)
	if err != nil {
		return nil, err
	}
	abs := make([]float64, at.Len())
	for k := range abs {
		if abs[k] = floats.Norm(m.RawRowView(k), 2); math.IsNaN(abs[k]) || math.IsInf(abs[k], 0) {
			return nil, fmt.Errorf("the residual of constraint %q at the candidate %v is %v", run.Names()[i], at.Row(k), abs[k])
		}
	}
	return abs, nil
}

// stream is the random stream of a constraint at a step.
func stream(s *crux.Step, what string, seed uint64, i int) *rand.Rand {
	return s.Run.Solver().Stream(fmt.Sprintf("resample/%s/%d/%s/%d", what, seed, s.Run.Names()[i], s.Epoch))
}

// density is p_i ∝ |r_i|^k / mean|r|^k + c, normalised to the sum 1. Where all residuals vanish it is uniform.
func density(abs []float64, k, c float64) []float64 {
	p := make([]float64, len(abs))
	most := slices.Max(abs)
	var mean float64
	for i, a := range abs {
		if most > 0 {
			p[i] = math.Pow(a/most, k) // relative to the largest, so that no power overflows
		}
		mean += p[i] / float64(len(p))
	}
	for i := range p {
		if mean > 0 {
			p[i] /= mean
		} else {
			p[i] = 1
		}
		p[i] += c
	}
	floats.Scale(1/floats.Sum(p), p)
	return p
}

// choose draws n different indices with probabilities p, one after the other: those of the n smallest E_i/p_i with
// standard exponential E_i (Efraimidis and Spirakis 2006). Entries of probability 0 come last.
func choose(p []float64, n int, rng *rand.Rand) []int {
	keys, idx := make([]float64, len(p)), make([]int, len(p))
	for i := range p {
		keys[i], idx[i] = rng.ExpFloat64()/p[i], i
	}
	slices.SortFunc(idx, func(a, b int) int { return cmp.Or(cmp.Compare(keys[a], keys[b]), a-b) })
	idx = idx[:min(n, len(idx))]
	slices.Sort(idx)
	return idx
}
