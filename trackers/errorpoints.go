package trackers

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/linalg"
	"github.com/crux-pinn/crux/internal/sizes"
	ph "github.com/crux-pinn/crux/placeholder"
)

// rows are the residuals of one constraint at points.
type rows struct {
	constraint int
	dim        int  // components of the residual
	noisy      bool // they are data, and what is left of them is noise
	likely     bool // they say what is likely, and need not vanish
	at         *domain.Cloud

	trained bool // the points are those of training; otherwise nothing was fitted to them
	heldOut int  // of rows at points of training, which ones of the list are their constraint's others
	shared  bool // there are rows of both kinds
}

// share is the part of the constraint that rows stand for. Where there are both kinds each is a half: residuals differ more from point to
// point than noise does, and there are many more points of training.
func (set rows) share() float64 {
	if set.shared {
		return 0.5
	}
	return 1
}

// withLikely adds rows, at points of training, of what is likely, as far as that has a weight: it holds parameters there as in training.
func withLikely(r *crux.Run, sets []rows) []rows {
	for i, w := range r.Weights() {
		if r.Constraint(i).Prior && w > 0 {
			sets = append(sets, rows{constraint: i, dim: r.Constraint(i).Residual.Dim(), likely: true, at: r.Points(i)})
		}
	}
	return sets
}

// heldOut draws points for all constraints whose residuals should vanish.
func (t *Error) heldOut(r *crux.Run) ([]rows, error) {
	var list []rows
	all := 0 // residuals of training
	for i := range r.Names() {
		if c := r.Constraint(i); c.Prior || c.Loss.Kind == crux.Mean || c.Loss.Kind == crux.Sum {
			continue
		}
		dim := r.Constraint(i).Residual.Dim()
		all += r.Points(i).Len() * dim
		noisy, err := Noisy(r, i)
		if err != nil {
			return nil, err
		}
		list = append(list, rows{constraint: i, dim: dim, noisy: noisy})
	}
	if len(list) == 0 {
		return nil, errors.New("no constraint has a residual that should vanish, only losses that can be negative")
	}
	wanted := wantedResiduals(r.Parameters(), all)
	drawn := map[*domain.Points]*domain.Cloud{}
	for k := range list {
		i := list[k].constraint
		on, own := r.Specification(i), r.Points(i)
		cloud, ok := drawn[on]
		if !ok {
			// each set has the share that it has among the residuals of training
			n := max(leastResiduals, own.Len()*wanted/max(all, 1))
			var err error
			if cloud, err = t.points(r, on, own, n, r.Names()[i]); err != nil {
				return nil, err
			}
			drawn[on] = cloud
		}
		list[k].at = cloud
	}
	return list, nil
}

// withTrained are rows at points that were held out, and at points of training beside them where these are others, and more. Only with both
// is a change of the parameters known that fits steep layers better: training has put most of its points there, and those held out are few.
func (t *Error) withTrained(r *crux.Run, held []rows) []rows {
	all := 0
	for _, set := range held {
		all += r.Points(set.constraint).Len() * set.dim
	}
	list := slices.Clone(held)
	for k, set := range held {
		own := r.Points(set.constraint)
		n := own.Len() * besideResiduals(r.Parameters(), all) / max(all, 1)
		if n <= set.at.Len() || !redrawn(r.Specification(set.constraint), own) {
			continue
		}
		list[k].shared = true
		list = append(list, rows{
			constraint: set.constraint, dim: set.dim, noisy: set.noisy, at: some(own, n, t.stream(r, "trained/"+r.Names()[set.constraint])),
			trained: true, heldOut: k, shared: true,
		})
	}
	return withLikely(r, list)
}

// wantedResiduals is how many are held out, with this many parameters and residuals in training: at least half as many as there are of these
// beside them.
func wantedResiduals(parameters, trained int) int {
	if parameters > fewParameters {
		return min(mostResiduals, max(leastResiduals, mostEntries/parameters))
	}
	return max(ampleResiduals(parameters), besideResiduals(parameters, trained)/2)
}

// besideResiduals is how many of those in training are looked at beside them.
func besideResiduals(parameters, trained int) int {
	if parameters > fewParameters {
		return 0
	}
	return min(trained, trainedEntries/parameters, manyTimes*ampleResiduals(parameters))
}

// ampleResiduals are enough to tell all parameters by, where nothing is steep.
func ampleResiduals(parameters int) int { return 2*parameters + spareResiduals }

// Memory is about how many bytes [Error.Estimate] takes at most, by the numbers of trainable parameters, of functions, of constraints, and
// of residuals in training.
func (t *Error) Memory(parameters, functions, constraints, trained int) int64 {
	residuals := max(wantedResiduals(parameters, trained), leastResiduals*constraints) + besideResiduals(parameters, trained)
	values := functions * valuesFor(parameters)
	// derivatives of the residuals, again while they come, and the square matrix of residuals; derivatives of the functions
	return 8 * (int64(parameters)*int64(2*residuals+2*values) + int64(residuals)*int64(min(residuals, parameters)))
}

// valuesFor is the number of points at which a function is compared, by that of parameters.
func valuesFor(parameters int) int {
	if parameters <= fewParameters {
		return manyValues
	}
	return min(valuesOfField, max(leastResiduals, mostEntries/parameters))
}

// points draws n points of a specification, or takes some of those that there are.
func (t *Error) points(r *crux.Run, on *domain.Points, own *domain.Cloud, n int, name string) (*domain.Cloud, error) {
	if redrawn(on, own) {
		return on.Count(n).Draw(t.stream(r, name))
	}
	return some(own, n, t.stream(r, name)), nil
}

// redrawn reports whether there are other points of a specification than those of training.
func redrawn(on *domain.Points, own *domain.Cloud) bool { return on.Random() && len(own.Columns) == 0 }

// denser are residuals at other points than those of heldOut: at those of training, and at twice as many that are redrawn.
func (t *Error) denser(r *crux.Run, sets []rows) ([]rows, error) {
	most := max(leastResiduals, denseEntries/r.Parameters())
	var list []rows
	for _, set := range sets {
		set.at = some(r.Points(set.constraint), most, t.stream(r, "trained/"+r.Names()[set.constraint]))
		list = append(list, set)
	}
	for _, set := range sets {
		name := "denser/" + r.Names()[set.constraint]
		var err error
		if set.at, err = t.points(r, r.Specification(set.constraint), r.Points(set.constraint), min(2*set.at.Len(), most), name); err != nil {
			return nil, err
		}
		list = append(list, set)
	}
	return list, nil
}

// linearised are the residuals, each constraint in units in which its derivatives have the norm 1, and these derivatives. Units that are
// given are those of as many points as each set has, and only scale.
func linearised(r *crux.Run, sets []rows, units []float64) (j *mat.Dense, values, own []float64, err error) {
	n := 0
	for _, set := range sets {
		n += set.at.Len() * set.dim
	}
	data := make([]float64, 0, n*r.Parameters()) // at once: where there are many parameters it is most of the memory
	for k, set := range sets {
		ev, err := set.compile(r, crux.ForJacobian)
		if err != nil {
			return nil, nil, nil, err
		}
		rows, err := ev.Jacobian()
		if err != nil {
			return nil, nil, nil, err
		}
		m := rows.RawMatrix().Data
		unit := 0.0 // of a root mean square over the points
		switch norm := linalg.Length(m); {
		case units != nil:
			unit = units[k]
		case set.trained:
			unit = own[set.heldOut]
		case norm > 0: // otherwise no parameter changes it
			unit = norm / math.Sqrt(float64(set.at.Len()))
		}
		at, err := set.values(ev, unit)
		if err != nil {
			return nil, nil, nil, err
		}
		weight := set.weight(unit)
		for _, x := range m {
			data = append(data, weight*x)
		}
		values, own = append(values, at...), append(own, unit)
	}
	return mat.NewDense(len(values), r.Parameters(), data), values, own, nil
}

// compile prepares the residuals of a set.
func (set rows) compile(r *crux.Run, purpose crux.Purpose) (*crux.Evaluator, error) {
	return r.CompileGradient(ph.ParamGrad(refined(r.Constraint(set.constraint).Residual), nil), set.at, purpose)
}

// weight is what residuals of a set are multiplied by: 0 where no parameter changes them.
func (set rows) weight(unit float64) float64 {
	if unit > 0 {
		return math.Sqrt(set.share()/float64(set.at.Len())) / unit
	}
	return 0
}

// values are the residuals of a set in its unit.
func (set rows) values(ev *crux.Evaluator, unit float64) ([]float64, error) {
	at, err := ev.Eval()
	if err != nil {
		return nil, err
	}
	v := at.RawMatrix().Data
	floats.Scale(set.weight(unit), v)
	return v, nil
}

// even are residuals that are the same everywhere: 1 in the unit of each set.
func (m *measure) even() (values []float64) {
	for _, set := range m.sets {
		values = append(values, slices.Repeat([]float64{set.weight(1)}, set.at.Len()*set.dim)...)
	}
	return values
}

// now are the residuals at the parameters of a run, in the units of the measurement.
func (m *measure) now(r *crux.Run) (values []float64, err error) {
	for k, set := range m.sets {
		ev, err := set.compile(r, crux.ForResiduals)
		if err != nil {
			return nil, err
		}
		at, err := set.values(ev, m.units[k])
		if err != nil {
			return nil, err
		}
		values = append(values, at...)
	}
	return values, nil
}

// refined is a residual with twice as many nodes in its integrals, so that what these leave out is a part of it.
func refined(e ph.Expr) ph.Expr {
	return ph.Replace(e, func(part ph.Expr) ph.Expr {
		a, ok := part.Attr().(*ph.Integral)
		if !ok || part.Op() != ph.OpIntegral {
			return nil
		}
		of := part.Args()
		return ph.Integrate(refined(of[0]), a.Var, of[1], of[2], finer(a.Nodes))
	})
}

// finer are the nodes with which an integral is measured.
func finer(nodes int) int { return min(2*nodes, ph.MostNodes) }

// quantities are those whose error is wanted.
func (t *Error) quantities(r *crux.Run) []Quantity {
	if t.Of != nil {
		return t.Of
	}
	var list []Quantity
	for _, f := range r.Fields() {
		if f.Dim() == 1 {
			list = append(list, Quantity{f.Name(), f})
			continue
		}
		for k := range f.Dim() {
			list = append(list, Quantity{fmt.Sprintf("%s[%d]", f.Name(), k), f.Index(k)})
		}
	}
	return list
}

// function is one whose error is wanted, or a number, with root mean squares over its points for norms.
type function struct {
	Quantity
	at     *domain.Cloud
	by     *mat.Dense // F, its derivatives
	values []float64
	size   float64 // its norm, or its natural size where it vanishes
}

// function is one at points of an equation that contains it, of the highest dimension that there is; nil where there is none.
func (t *Error) function(r *crux.Run, q Quantity, sets []rows) (*function, error) {
	f := &function{Quantity: q}
	dims := -1
	for _, set := range sets {
		if d := r.Specification(set.constraint).Dims(); d > dims && r.Uses(set.constraint, q.Expr) {
			f.at, dims = set.at, d
		}
	}
	if f.at == nil {
		return nil, nil //nolint:nilnil // no error either
	}
	f.at = some(f.at, valuesFor(r.Parameters()), t.stream(r, "values/"+q.Name))
	ev, err := r.CompileGradient(ph.ParamGrad(q.Expr, nil), f.at, crux.ForJacobian)
	if err != nil {
		return nil, err
	}
	if f.by, err = ev.Jacobian(); err != nil {
		return nil, err
	}
	if f.values, err = weighed(ev); err != nil {
		return nil, err
	}
	floats.Scale(1/math.Sqrt(float64(len(f.values))), f.by.RawMatrix().Data)
	f.size = floats.Norm(f.values, 2)
	if isField(q.Expr) { // whose natural size is its own
		return f, nil
	}
	most, err := natural(r, q.Expr, f.at)
	if f.size < vanishing*most {
		f.size = most
	}
	return f, err
}

// now are the values of a function at the parameters of a run.
func (f *function) now(r *crux.Run) ([]float64, error) {
	ev, err := r.CompileGradient(ph.ParamGrad(f.Expr, nil), f.at, crux.ForResiduals)
	if err != nil {
		return nil, err
	}
	return weighed(ev)
}

// weighed are values divided by the root of their number, so that their norm is a root mean square.
func weighed(ev *crux.Evaluator) ([]float64, error) {
	m, err := ev.Eval()
	if err != nil {
		return nil, err
	}
	v := m.RawMatrix().Data
	floats.Scale(1/math.Sqrt(float64(len(v))), v)
	return v, nil
}

// vanishing is the part of its natural size below which a function counts as zero, and is judged by that size: what is left of it is error.
const vanishing = 1e-4

// isField reports whether an expression is a field, or components of one.
func isField(e ph.Expr) bool {
	for e.Op() == ph.OpNamed || e.Op() == ph.OpSlice {
		e = e.Args()[0]
	}
	return e.Op() == ph.OpField
}

// natural is how large a function of unknown ones is if nothing in it cancels, with these as large as they are at points and derivatives
// counted as the function over lengths of axes: of a shear stress G·(u_y + v_x) it is G·max|u|/L, whether there is any shear or not.
func natural(r *crux.Run, e ph.Expr, at *domain.Cloud) (float64, error) {
	s := &sizes.Sizes{Of: map[sizes.Component]float64{}, Lengths: map[*ph.Coord]float64{}, At: at}
	for _, c := range at.Coords {
		lo, hi, _ := r.Solver().Bounds(c)
		s.Lengths[c] = hi - lo
	}
	for _, f := range ph.Occurring[*ph.Field](e) {
		ev, err := r.CompileGradient(ph.ParamGrad(f, nil), at, crux.ForResiduals)
		if err != nil {
			return 0, err
		}
		v, err := ev.Eval()
		if err != nil {
			return 0, err
		}
		for k := range f.Dim() {
			s.Of[sizes.Component{Field: f, Index: k}] = mat.Norm(v.ColView(k), math.Inf(1))
		}
	}
	return s.Size(e), nil
}

// shares are the residuals of all constraints beside their largest terms. A condition, and what has one term only, is compared with
// its natural size, if that is larger: all that is left of dn(u) = 0, or of u_xx = 0, is error.
func shares(r *crux.Run, sets []rows) ([]Share, error) {
	most := 0
	for _, set := range sets {
		most = max(most, r.Specification(set.constraint).Dims())
	}
	var list []Share
	for _, set := range sets {
		sc, err := r.ScaleAt(set.constraint, set.at)
		if err != nil {
			return nil, err
		}
		s := Share{Name: sc.Name, Residual: sc.RMS, Equation: r.Specification(set.constraint).Dims() == most}
		for _, term := range sc.Terms {
			s.Term = max(s.Term, term.RMS)
		}
		size, err := natural(r, r.Stated(set.constraint), set.at)
		if err != nil {
			return nil, err
		}
		s.Natural = max(s.Term, size)
		if !s.Equation || len(sc.Terms) == 1 {
			s.Term = s.Natural
			if !s.Equation { // of functions that vanish everywhere there is nothing to compare with
				s.Term = max(s.Term, vanishing*cmp.Or(sc.By, 1))
			}
		}
		if s.LeftOut, s.Nodes, err = leftOut(r, set); err != nil {
			return nil, err
		}
		s.Finer = finer(s.Nodes)
		for _, other := range sets {
			if !s.Equation && other.constraint != set.constraint && r.Specification(other.constraint).Dims() < most && overlap(set.at, other.at) {
				s.Beside = append(s.Beside, r.Names()[other.constraint])
			}
		}
		list = append(list, s)
	}
	return list, nil
}

// leftOut is what the integrals of a residual leave out, in its own units, and the nodes of the coarsest; 0 where it has none.
func leftOut(r *crux.Run, set rows) (rms float64, nodes int, err error) {
	c := r.Constraint(set.constraint)
	for part := range ph.Walk(c.Residual, nil) {
		if a, ok := part.Attr().(*ph.Integral); ok && (nodes == 0 || a.Nodes < nodes) {
			nodes = a.Nodes
		}
	}
	if nodes == 0 {
		return 0, 0, nil
	}
	ev, err := r.CompileGradient(ph.ParamGrad(refined(c.Residual).Sub(c.Residual), nil), set.at, crux.ForResiduals)
	if err != nil {
		return 0, 0, err
	}
	v, err := weighed(ev)
	return floats.Norm(v, 2) / math.Sqrt(float64(set.dim)) * cmp.Or(c.Scale, 1), nodes, err
}

// overlap reports whether the boxes around two sets of points have more than an edge in common: those of two faces that meet do not.
func overlap(a, b *domain.Cloud) bool {
	if a.Len() == 0 || b.Len() == 0 || !slices.Equal(a.Coords, b.Coords) {
		return false
	}
	lo, hi := ends(a)
	from, to := ends(b)
	for i := range lo {
		flat := lo[i] == hi[i] && from[i] == to[i]
		if low, high := max(lo[i], from[i]), min(hi[i], to[i]); low > high || low == high && !flat {
			return false
		}
	}
	return true
}

// ends are those of the box around points.
func ends(c *domain.Cloud) (lo, hi []float64) {
	lo, hi = slices.Clone(c.Row(0)), slices.Clone(c.Row(0))
	for i := range c.Len() {
		for j, x := range c.Row(i) {
			lo[j], hi[j] = min(lo[j], x), max(hi[j], x)
		}
	}
	return lo, hi
}
