package trackers

import (
	"context"
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/linalg"
)

// Prior is how much a constraint that says what is likely ([crux.Constraint.Prior]) should count beside noisy data.
type Prior struct {
	Constraint int
	Weight     float64 // in the training loss
	Freedom    float64 // the degrees of freedom that data determine of what it bounds
}

const (
	priorRounds = 12   // of the fixed point, at most
	priorClose  = 1.1  // the factor by which a weight changes in the last one
	firmly      = 1e3  // times the length of all other derivatives: what is likely leaves no freedom
	barely      = 1e-6 // of that of the derivatives of data: where a weight begins
	exactShare  = 1e-6 // that of the squares of the data's derivatives beside those of equations, which then hold
)

// Priors weighs what is likely by the evidence for it (MacKay 1992, Neural Computation 4, 415): with J linear around the parameters of the run,
// σ² the variance of the errors of data and Q the mean square of a prior's residual, its weight w is that with
//
//	w·Q = γ·σ²    γ = tr(J_d A⁻¹J_dᵀ) − the same where w → ∞    A = JᵀJ
//
// where σ² stands for its part in the loss, J_d are the rows of data, and γ is how many degrees of freedom data determine of what the prior
// bounds. ok is false where data are not noisy, or there is no prior.
func Priors(ctx context.Context, run *crux.Run) (list []Prior, ok bool, err error) {
	has := false
	for i := range run.Names() {
		has = has || run.Constraint(i).Prior
	}
	if !has {
		return nil, false, nil
	}
	sets, err := (&Error{}).heldOut(run)
	if err != nil {
		return nil, false, err
	}
	s, err := covarianceOf(ctx, run, sets)
	if err != nil || s.data == 0 || !(s.per > 0) || math.IsInf(s.per, 0) {
		return nil, false, err
	}
	p := &priors{covariance: s, weight: make([]float64, len(s.likely))}
	data, others := p.stiffen()
	var free, firm []float64 // tr(J_d A⁻¹J_dᵀ) where each of them leaves no freedom, and the weight with which that is so
	for k := range s.likely {
		size := linalg.Length(s.likely[k].rows)
		if !(size > 0) {
			return nil, false, nil
		}
		p.weight[k] = math.Sqrt(barely) * data / size // from below: a fit that a prior has made straight shows no evidence against it
		firm = append(firm, firmly*others/size)
	}
	for k := range s.likely {
		before := p.weight[k]
		p.weight[k] = firm[k]
		taken, _, err := p.fit()
		if err != nil {
			return nil, false, err
		}
		free, p.weight[k] = append(free, taken), before
	}
	list = make([]Prior, len(s.likely))
	for range priorRounds {
		if ctx.Err() != nil {
			return nil, false, context.Cause(ctx)
		}
		taken, bends, err := p.fit()
		if err != nil {
			return nil, false, err
		}
		most := 1.0
		for k, x := range s.likely {
			freedom := max(taken-free[k], leastFreedom)
			weight := math.Sqrt(freedom * s.per / bends[k]) // of each residual: w·Q over their number is its square
			if !(weight < firm[k]) {
				weight = firm[k]
			}
			most = max(most, weight/p.weight[k], p.weight[k]/weight)
			p.weight[k] = weight
			w := weight / s.raised
			list[k] = Prior{Constraint: x.constraint, Weight: w * w * float64(len(x.values)), Freedom: freedom}
		}
		if most < priorClose {
			break
		}
	}
	return list, true, nil
}

// priors is Priors at work: it changes the matrix of the covariance, of which nothing is asked any more.
type priors struct {
	*covariance
	weight []float64 // by what residuals of each are multiplied
}

// stiffen lets equations hold as well as rounding permits, whatever they weigh in training: by violating them the data could be fitted with any
// coefficient. It returns the lengths of all derivatives of data, and of these with those of equations.
func (p *priors) stiffen() (data, others float64) {
	params := p.run.Parameters()
	all := p.j.RawMatrix().Data
	data, others = linalg.Length(all[:p.data*params]), linalg.Length(all[p.loose*params:])
	f := math.Sqrt(exactShare) * others / data
	if !(f > 0) || math.IsInf(f, 0) { // there are no equations
		return data, math.Hypot(data, others)
	}
	floats.Scale(f, all[:p.data*params])
	floats.Scale(f, p.values[:p.data])
	p.per *= f * f
	p.raised *= f
	return f * data, math.Hypot(f*data, others)
}

// fit fits all linear residuals with the weights that there are. taken is the trace of J_d A⁻¹J_dᵀ, and bends are the sums of the squares of
// the priors' residuals, without their weights.
func (p *priors) fit() (taken float64, bends []float64, err error) {
	params := p.run.Parameters()
	j, values := p.j, p.values
	at := p.data
	for k, x := range p.likely {
		rows := j.RawMatrix().Data[at*params : (at+len(x.values))*params]
		copy(rows, x.rows)
		floats.Scale(p.weight[k], rows)
		copy(values[at:], x.values)
		floats.Scale(p.weight[k], values[at:at+len(x.values)])
		at += len(x.values)
	}
	t, err := linalg.NewTangent(p.run.Pool(), j)
	if err != nil {
		return 0, nil, err
	}
	_, left, err := t.Repair(values, spreadDamped*float64(params))
	if err != nil {
		return 0, nil, err
	}
	at = p.data
	for k, x := range p.likely {
		sum := floats.Dot(left[at:at+len(x.values)], left[at:at+len(x.values)])
		bends = append(bends, sum/(p.weight[k]*p.weight[k]))
		at += len(x.values)
	}
	h, looked := make([]float64, p.data), 0
	for i := 0; i < p.data; i += max(1, p.data/mostLevers) {
		if err := t.Influence(h, j.RawRowView(i), spreadDamped); err != nil {
			return 0, nil, err
		}
		taken += h[i]
		looked++
	}
	return taken / float64(looked) * float64(p.data), bends, nil
}
