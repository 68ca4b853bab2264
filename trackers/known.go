package trackers

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/linalg"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Known says how well noisy data determine a number.
type Known struct {
	Name    string
	Value   float64
	Sigma   float64 // its standard deviation
	Freedom float64 // degrees of freedom with which Sigma is known; +Inf where the noise of the data is given
}

// Interval is where the number lies with the given probability, such as 0.95, by Student's distribution.
func (k Known) Interval(probability float64) (low, high float64) {
	half := k.Sigma * student(k.Freedom, (1+probability)/2)
	return k.Value - half, k.Value + half
}

func student(freedom, q float64) float64 {
	if math.IsInf(freedom, 1) {
		return distuv.UnitNormal.Quantile(q)
	}
	return distuv.StudentsT{Sigma: 1, Nu: freedom}.Quantile(q)
}

// Noise is the standard deviation of the errors of measured values, of one component of a constraint.
type Noise struct {
	Constraint string
	Component  int
	Sigma      float64 // in the units of the residual
	Given      bool    // the residual is in standard deviations, so Sigma should be 1
	Values     int
	Freedom    float64 // of them, those that the fit has left
}

// size is the standard deviation that counts, and the degrees of freedom with which it is known.
func (n Noise) size() (sigma, freedom float64) {
	if n.Given {
		return 1, math.Inf(1)
	}
	return n.Sigma, n.Freedom
}

const (
	// leastShare is that of the squares of the data's derivatives beside those of equations. Smaller ones make no difference to numbers, by
	// less than 1 % on the problems of testdata/coverage and docs/files, and let rounding and damping hide what data hardly see.
	leastShare   = 1e-3
	spreadDamped = 1e-13 // of the trace: what is damped is a change of parameters that no residual sees
	mostLevers   = 400   // values whose leverage is computed; others have the mean of these
	leastFreedom = 0.5   // of data: with less, the fit goes through them, and nothing tells their errors
	spreadPoints = 40    // of a field, at which its standard deviation is computed
)

// covariance is that of what is fitted to noisy data. With J the derivatives of all residuals by all parameters, the networks' among
// them, weighted as in the training loss, errors ε of the data move a function with the derivatives g by
//
//	δ = gᵀ(JᵀJ + λ)⁻¹Jᵀε
//
// whether the equations are weighted much, as they should be, or little. The variance of ε is that of the residuals, over the degrees of
// freedom tr((I − H)ᵀ(I − H)) that the fit has left, H = J(JᵀJ + λ)⁻¹Jᵀ.
//
// What is likely ([crux.Constraint.Prior]) counts as data whose errors are as large as those of others in the loss. So a band holds what
// smoothing takes away as well (Wahba 1983, J. R. Statist. Soc. B 45, 133).
type covariance struct {
	run     *crux.Run
	tangent *linalg.Tangent
	data    int       // the first rows of J are those of data
	loose   int       // those, and of what is likely
	group   []int     // of each row of data: constraint and component
	unit    []float64 // of each: by what its residual is multiplied
	raised  float64   // of that, by what data count more than in the training loss
	per     float64   // the mean over the rows of data of the square of an error, as it is in J
	likely  []likely  // the constraints that say it, in the order of their rows
	j       *mat.Dense
	values  []float64 // of the residuals, as in J
	noise   []Noise   // by group
	scale   []float64 // by group: of the residual in the problem's own units
	step    []float64 // of θ, to where the weighted residuals are least
}

// noisyData are the held-out points of constraints, with the covariance. That none of them has noisy data is an error.
func noisyData(ctx context.Context, run *crux.Run) (sets []rows, s *covariance, err error) {
	if sets, err = (&Error{}).heldOut(run); err != nil {
		return nil, nil, err
	}
	if !slices.ContainsFunc(sets, func(set rows) bool { return set.noisy }) {
		return nil, nil, errors.New("the data have no errors that could be told from what is left of them; say how large these are with sigma")
	}
	s, err = covarianceOf(ctx, run, sets)
	return sets, s, err
}

// covarianceOf prepares it for the sets of held-out points, some of which are noisy data.
func covarianceOf(ctx context.Context, run *crux.Run, sets []rows) (*covariance, error) {
	s := &covariance{run: run, raised: 1}
	weights := run.Weights()
	var all, values []float64 // rows of J, and the residuals
	var size [2]float64       // of the derivatives, of data and of the rest
	add := func(k int, wanted bool) error {
		if sets[k].noisy != wanted {
			return nil
		}
		set := sets[k]
		if wanted {
			set.at = run.Points(set.constraint)
		}
		c := run.Constraint(set.constraint)
		ev, err := run.CompileGradient(ph.ParamGrad(c.Residual, nil), set.at, crux.ForJacobian)
		if err != nil {
			return err
		}
		j, err := ev.Jacobian()
		if err != nil {
			return err
		}
		r, err := ev.Eval()
		if err != nil {
			return err
		}
		n := set.at.Len()
		unit := math.Sqrt(weights[set.constraint] / float64(n*set.dim))
		if c.Loss.Robust() {
			unit *= straightened(c.Loss, r.RawMatrix().Data)
		}
		m := j.RawMatrix().Data
		floats.Scale(unit, m)
		part := 1
		if wanted {
			part = 0
			for i := range set.dim {
				given := c.Standard && !c.Loss.Robust()
				s.noise = append(s.noise, Noise{Constraint: run.Names()[set.constraint], Component: i, Given: given, Values: n})
			}
			first := len(s.noise) - set.dim
			for i := range n * set.dim {
				s.group, s.unit = append(s.group, first+i%set.dim), append(s.unit, unit)
			}
			for range set.dim {
				s.scale = append(s.scale, c.Scale)
			}
		}
		size[part] += floats.Dot(m, m)
		all = append(all, m...)
		for _, x := range r.RawMatrix().Data {
			values = append(values, unit*x)
		}
		return nil
	}
	addAll := func(wanted bool) error {
		for k := range sets {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err := add(k, wanted); err != nil {
				return err
			}
		}
		return nil
	}
	if err := addAll(true); err != nil {
		return nil, err
	}
	s.data = len(s.group)
	for i := range run.Names() {
		if !run.Constraint(i).Prior {
			continue
		}
		x, err := s.prior(i)
		if err != nil {
			return nil, err
		}
		s.likely = append(s.likely, x)
		unit := math.Sqrt(weights[i] / float64(len(x.values)))
		for _, v := range x.rows {
			all = append(all, unit*v)
		}
		for _, v := range x.values {
			values = append(values, unit*v)
		}
	}
	s.loose = len(values)
	if err := addAll(false); err != nil {
		return nil, err
	}
	p := run.Parameters()
	if least := leastShare * size[1]; size[0] > 0 && size[0] < least {
		f := math.Sqrt(least / size[0])
		s.raised = f
		floats.Scale(f, all[:s.loose*p])
		floats.Scale(f, values[:s.loose])
		floats.Scale(f, s.unit)
	}
	var err error
	s.j, s.values = mat.NewDense(len(values), p, all), values
	if s.tangent, err = linalg.NewTangent(run.Pool(), s.j); err != nil {
		return nil, err
	}
	if s.step, _, err = s.tangent.Repair(values, spreadDamped*float64(p)); err != nil {
		return nil, err
	}
	return s, s.measure()
}

// likely is a constraint that says what is likely.
type likely struct {
	constraint   int
	rows, values []float64 // the derivatives of its residual, row by row, and the residual
}

// prior is one that says what is likely, at its points of training.
func (s *covariance) prior(i int) (x likely, err error) {
	ev, err := s.run.CompileGradient(ph.ParamGrad(s.run.Constraint(i).Residual, nil), s.run.Points(i), crux.ForJacobian)
	if err != nil {
		return x, err
	}
	j, err := ev.Jacobian()
	if err != nil {
		return x, err
	}
	r, err := ev.Eval()
	return likely{i, j.RawMatrix().Data, r.RawMatrix().Data}, err
}

// straightened puts ψ(r)/m in the place of residuals with a robust loss, m the mean of ψ′: errors of that size move the fit as the
// outliers do (Huber 1981, 6.5). It returns by what the square root of the weight is multiplied beside that of a mean square.
func straightened(loss crux.Loss, r []float64) float64 {
	mean := 0.0
	for i, x := range r {
		psi, slope := loss.Psi(x)
		r[i], mean = psi, mean+slope/float64(len(r))
	}
	mean = max(mean, 0.1) // where most values lie far out, nothing is known in any case
	floats.Scale(1/mean, r)
	return math.Sqrt(mean / 2)
}

// measure finds the noise of each group of data.
func (s *covariance) measure() error {
	n := len(s.noise)
	squares, freedom, looked := make([]float64, n), make([]float64, n), make([]int, n)
	every := max(1, s.data/mostLevers)
	h := make([]float64, s.data)
	for i, x := range s.values[:s.data] {
		g := s.group[i]
		squares[g] += x * x / (s.unit[i] * s.unit[i])
		if i/s.stride()%every != 0 {
			continue
		}
		if err := s.tangent.Influence(h, s.j.RawRowView(i), spreadDamped); err != nil {
			return err
		}
		looked[g]++
		freedom[g] += 1 - 2*h[i] + floats.Dot(h, h) // of errors of equal size
	}
	for g := range s.noise {
		v := &s.noise[g]
		v.Freedom = freedom[g] / float64(max(1, looked[g])) * float64(v.Values)
		if v.Sigma = math.Inf(1); v.Freedom > leastFreedom {
			v.Sigma = s.scale[g] * math.Sqrt(squares[g]/v.Freedom)
		}
	}
	for i := range s.data {
		e := s.deviation(i)
		s.per += e * e / float64(s.data)
	}
	return nil
}

// deviation is the standard deviation of the error of a row of data, as it is in J.
func (s *covariance) deviation(i int) float64 {
	sigma, _ := s.noise[s.group[i]].size()
	return s.unit[i] * sigma / s.scale[s.group[i]]
}

// stride is the number of rows of data that stand for one point.
func (s *covariance) stride() int { return max(1, len(s.noise)) }

// errors are the standard deviations by which each of the data, and then each value of what is likely, moves a function with the
// derivatives g, one entry for each row.
func (s *covariance) errors(g []float64) ([]float64, error) {
	h := make([]float64, s.loose)
	if err := s.tangent.Influence(h, g, spreadDamped); err != nil {
		return nil, err
	}
	for i := range s.data {
		h[i] *= s.deviation(i)
	}
	if like := h[s.data:]; math.IsInf(s.per, 0) {
		clear(like)
	} else {
		floats.Scale(math.Sqrt(s.per), like)
	}
	return h, nil
}

// known is what data say of a number with the derivatives g, and by which part of it each of them does.
func (s *covariance) known(name string, value float64, g []float64) (Known, []float64, error) {
	moves, err := s.errors(g)
	if err != nil {
		return Known{}, nil, err
	}
	by := make([]float64, len(s.noise))
	for i, x := range moves[:s.data] {
		by[s.group[i]] += x * x
	}
	k := Known{Name: name, Value: value, Sigma: floats.Norm(moves, 2)}
	below := 0.0 // Satterthwaite (1946): the noise of several groups is known with different degrees of freedom
	for g, v := range by {
		_, freedom := s.noise[g].size()
		below += v * v / freedom
	}
	if k.Freedom = math.Pow(k.Sigma, 4) / below; math.IsNaN(k.Freedom) {
		k.Freedom = 0
		for _, n := range s.noise {
			k.Freedom += n.Freedom
		}
	}
	return k, moves, nil
}

// field is the root mean square, over some of the rows of f, of the standard deviation of a function with these derivatives.
func (s *covariance) field(f *mat.Dense) (float64, error) {
	n, _ := f.Dims()
	every := max(1, n/spreadPoints)
	sum, rows := 0.0, 0
	for i := 0; i < n; i += every {
		moves, err := s.errors(f.RawRowView(i))
		if err != nil {
			return 0, err
		}
		sum += floats.Dot(moves, moves)
		rows++
	}
	return math.Sqrt(sum / float64(rows) * float64(n)), nil
}

// correlation of the numbers whose moves by the data are given: the matrix, row by row.
func correlation(moves [][]float64) (list []float64) {
	for _, a := range moves {
		for _, b := range moves {
			c := floats.Dot(a, b) / (floats.Norm(a, 2) * floats.Norm(b, 2))
			if math.IsNaN(c) {
				c = 0
			}
			list = append(list, c)
		}
	}
	return list
}

// gradientOf is a number with its derivatives by all parameters.
func gradientOf(run *crux.Run, q Quantity) (value float64, g []float64, err error) {
	at := run.Points(0)
	ev, err := run.CompileGradient(ph.ParamGrad(q.Expr, nil), at.Subset([]int{0}), crux.ForJacobian)
	if err != nil {
		return 0, nil, err
	}
	v, err := ev.Eval()
	if err != nil {
		return 0, nil, err
	}
	j, err := ev.Jacobian()
	if err != nil {
		return 0, nil, err
	}
	if n, k := v.Dims(); n*k != 1 {
		return 0, nil, fmt.Errorf("%s is not a number", q.Name)
	}
	return v.At(0, 0), slices.Clone(j.RawRowView(0)), nil
}
