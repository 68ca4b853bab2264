package auto

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/sizes"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Spectrum is what is known of an eigenvalue problem before training.
type Spectrum struct {
	Values []float64          // eigenvalues, from the lowest: the smallest, or the largest where the problem has no smallest one
	Sizes  map[string]float64 // constraints that fix the size of functions, by name, with what is left of them where all functions are zero
}

// Eigenvalues are those of a linear problem A(u) + λB(u) = 0, to three digits and often to eight, so that training can start from them.
// The equations and conditions of p are linear in the functions, and in value, which is λ; constraints of which something is left where
// all functions are zero are no part of it.
//
// Functions are sums Σ a_k cos(π/2·k·s) + b_k sin(π/2·k·s) of plane waves with twice the period of the box around the domain, s
// from −1 to 1, which can have any values on its sides. Of these, those that satisfy the conditions and the equations without λ, and
// of what is left those for which Bᵀ(A + λB)u = 0 on points of the other equations (Galerkin's method, where B is the identity).
func Eigenvalues(p Problem, value *ph.Param) (Spectrum, error) {
	e, err := newEigen(p, value)
	if err != nil {
		return Spectrum{}, err
	}
	defer e.solver.Close() //nolint:errcheck // it only ends workers
	list, err := e.values()
	return Spectrum{list, e.sizes}, err
}

// eigen is an eigenvalue problem with sums of waves in the place of its functions.
type eigen struct {
	solver *crux.Solver
	parts  []eigenPart
	inside []*mat.Dense // the waves themselves, at points inside
	sizes  map[string]float64
}

// eigenPart is a constraint at points: what it makes of each wave, without λ and by λ.
type eigenPart struct{ a, b *mat.Dense }

// waves are as many as there are numbers k up to so many along each axis, by the number of axes.
var waves = map[int]int{1: 20, 2: 6, 3: 3}

// series is a linear network: a sum of waves.
type series struct{ axes, out int }

// Apply implements ph.Module.
func (w series) Apply(s *ph.Scope, in ph.Expr) ph.Expr {
	var k [][]int
	most := waves[w.axes]
	var count func(head []int, first bool)
	count = func(head []int, first bool) { // one of k and −k
		if len(head) == w.axes {
			k = append(k, slices.Clone(head))
			return
		}
		lo := -most
		if first {
			lo = 0
		}
		for v := lo; v <= most; v++ {
			count(append(head, v), first && v == 0)
		}
	}
	count(nil, true)
	n := 2*len(k) - 1 // the sine of 0 is left out
	frequency := func(_ *rand.Rand, dst []float64, _ []int) {
		for i := range n {
			for j := range w.axes {
				dst[j*n+i] = math.Pi / 2 * float64(k[(i+1)/2][j])
			}
		}
	}
	phase := func(_ *rand.Rand, dst []float64, _ []int) {
		for i := range n {
			dst[i] = math.Pi / 2 * float64(1-i%2) // even ones are cosines
		}
	}
	each := ph.Sin(ph.Affine(s.Constant("frequency", frequency, w.axes, n), s.Constant("phase", phase, n), ph.Normalize(in)))
	zero := func(_ *rand.Rand, dst []float64, _ []int) { clear(dst) }
	return ph.Affine(s.Param("weight", zero, n, w.out), nil, each)
}

// newEigen sets up an eigenvalue problem at points.
func newEigen(p Problem, value *ph.Param) (*eigen, error) {
	sums := map[*ph.Field]ph.Expr{}
	var fields []*ph.Field
	total := ph.Expr(ph.Const(0))
	for _, k := range p.Constraints {
		for _, f := range ph.Occurring[*ph.Field](k.Residual) {
			if sums[f] != nil {
				continue
			}
			if waves[len(f.Coords())] == 0 {
				return nil, fmt.Errorf("auto: %s has %d coordinates; eigenvalues are found for up to three", f.Name(), len(f.Coords()))
			}
			sum := ph.NewField(f.Name(), series{len(f.Coords()), f.Dim()}, f.Coords()...)
			sums[f], fields = sum, append(fields, sum)
			for i := range f.Dim() {
				total = total.Add(sum.Index(i))
			}
		}
	}
	at := func(e ph.Expr, lambda float64) ph.Expr {
		e = ph.ReplaceFields(ph.ReplaceFields(e, p.Fields), sums)
		return ph.Replace(e, func(part ph.Expr) ph.Expr {
			switch q, ok := part.Attr().(*ph.Param); {
			case part == ph.Expr(value):
				return ph.Const(lambda)
			case ok && part.Op() == ph.OpParam && !q.Fixed() && len(q.Shape()) == 0: // another unknown number, at its first guess
				return ph.Const(sizes.First(q))
			}
			return nil
		})
	}
	sum := crux.Constraint{Name: "sum", Residual: total, On: spaced(p.Domain.Interior(0), 8)} // in which all functions stand
	s, err := crux.New(crux.Problem{Constraints: []crux.Constraint{sum}}, crux.Options{})
	if err != nil {
		return nil, err
	}
	e := &eigen{solver: s, sizes: map[string]float64{}}
	var failed error
	err = s.Measure(context.Background(), callbacks.OnStep(func(_ context.Context, step *crux.Step) error {
		failed = e.at(step.Run, p, at, fields)
		return failed
	}))
	if failed != nil { // without the place of the callback
		err = failed
	}
	if err != nil {
		s.Close() //nolint:errcheck // the error counts
		return nil, err
	}
	return e, nil
}

// at looks at constraints and functions at points.
func (e *eigen) at(r *crux.Run, p Problem, at func(e ph.Expr, lambda float64) ph.Expr, fields []*ph.Field) error {
	for _, k := range p.Constraints {
		if !ph.Contains(k.Residual, func(part ph.Expr) bool { return part.Op() == ph.OpField }) {
			continue
		}
		if err := e.add(r, k, at); err != nil {
			return fmt.Errorf("constraint %q: %w", k.Name, err)
		}
	}
	inside, err := spaced(p.Domain.Interior(0), eigenPoints(e.solver)).Draw(nil)
	if err != nil {
		return err
	}
	for _, f := range fields {
		for i := range f.Dim() {
			m, err := columns(r, f.Index(i), inside)
			if err != nil {
				return err
			}
			e.inside = append(e.inside, m)
		}
	}
	return nil
}

// eigenPoints are those inside: some more than there are waves.
func eigenPoints(s *crux.Solver) int { return 2*len(s.Theta()) + 100 }

// columns are the derivatives of an expression by the weights of all waves.
func columns(r *crux.Run, e ph.Expr, at *domain.Cloud) (*mat.Dense, error) {
	ev, err := r.CompileGradient(ph.ParamGrad(e, nil), at, crux.ForJacobian)
	if err != nil {
		return nil, err
	}
	return ev.Jacobian()
}

// add adds a constraint, unless something is left of it where all functions are zero.
func (e *eigen) add(r *crux.Run, k crux.Constraint, at func(e ph.Expr, lambda float64) ph.Expr) error {
	n := eigenPoints(e.solver)
	switch {
	case !depends(k):
		n = 1
	case k.On.Dims() < len(k.On.Coords()):
		n = n/2 + 20
	}
	on := k.On
	if len(on.Patches()) > 0 {
		on = spaced(on, n)
	}
	cloud, err := on.Draw(nil)
	if err != nil {
		return err
	}
	zero, err := r.CompileOn(at(k.Residual, 0), cloud)
	if err != nil {
		return err
	}
	left, err := zero.Eval()
	if err != nil {
		return err
	}
	if mat.Norm(left, math.Inf(1)) > 0 {
		e.sizes[k.Name] = left.At(0, 0)
		return nil
	}
	var by [3]*mat.Dense // with λ = 0, 1, 2
	for lambda := range by {
		if by[lambda], err = columns(r, at(k.Residual, float64(lambda)), cloud); err != nil {
			return err
		}
	}
	a, b, twice := by[0], by[1], by[2]
	b.Sub(b, a)
	twice.Sub(twice, a)
	twice.Sub(twice, b)
	if twice.Sub(twice, b); mat.Norm(twice, 2) > 1e-9*mat.Norm(b, 2) {
		return errors.New("it is not linear in the eigenvalue")
	}
	scale := 1 / cmp.Or(mat.Norm(a, 2), mat.Norm(b, 2), 1)
	a.Scale(scale, a)
	b.Scale(scale, b)
	e.parts = append(e.parts, eigenPart{a, b})
	return nil
}

const (
	independent = 1e-10 // of the largest: singular values of waves that are told apart
	satisfied   = 1e-5  // the same, of conditions that hold
	spurious    = 0.05  // of its terms: what may be left of the equations for an eigenvalue
)

// values are all eigenvalues that are found, from the lowest.
func (e *eigen) values() ([]float64, error) {
	basis, err := span(stack(e.inside), independent, true)
	if err != nil {
		return nil, err
	}
	var conditions []*mat.Dense
	var a, b []*mat.Dense
	for _, p := range e.parts {
		if mat.Norm(p.b, 2) == 0 {
			conditions = append(conditions, p.a)
			continue
		}
		a, b = append(a, p.a), append(b, p.b)
	}
	if len(a) == 0 {
		return nil, errors.New("auto: no equation contains the eigenvalue")
	}
	if len(conditions) > 0 {
		var c mat.Dense
		c.Mul(stack(conditions), basis)
		free, err := span(&c, satisfied, false)
		if err != nil {
			return nil, err
		}
		basis = product(basis, free)
	}
	left, right := product(stack(a), basis), product(stack(b), basis)
	var bb, ba mat.Dense
	bb.Mul(right.T(), right)
	ba.Mul(right.T(), left)
	var m mat.Dense
	if err := m.Solve(&bb, &ba); err != nil {
		if _, ill := err.(mat.Condition); !ill { //nolint:errorlint // gonum returns it as it is
			return nil, fmt.Errorf("auto: eigenvalues: %w", err)
		}
	}
	var found mat.Eigen
	if !found.Factorize(&m, mat.EigenRight) {
		return nil, errors.New("auto: the eigenvalues of the waves cannot be computed")
	}
	var vectors mat.CDense
	found.VectorsTo(&vectors)
	var list []float64
	size, _ := vectors.Dims()
	for i, v := range found.Values(nil) {
		if math.Abs(imag(v)) > 1e-6*math.Abs(real(v)) {
			continue
		}
		x := mat.NewVecDense(size, nil)
		for j := range size {
			x.SetVec(j, real(vectors.At(j, i)))
		}
		var ax, bx, rest mat.VecDense
		ax.MulVec(left, x)
		bx.MulVec(right, x)
		lambda := -real(v)
		rest.AddScaledVec(&ax, lambda, &bx)
		if mat.Norm(&rest, 2) <= spurious*math.Abs(lambda)*mat.Norm(&bx, 2) {
			list = append(list, lambda)
		}
	}
	slices.Sort(list)
	if len(list) > 0 && math.Abs(list[0]) > math.Abs(list[len(list)-1]) { // there is no smallest one
		slices.Reverse(list)
	}
	return list, nil
}

// stack puts matrices one below the other.
func stack(list []*mat.Dense) *mat.Dense {
	var data []float64
	_, c := list[0].Dims()
	for _, m := range list {
		for i := range m.RawMatrix().Rows {
			data = append(data, m.RawRowView(i)...)
		}
	}
	return mat.NewDense(len(data)/c, c, data)
}

func product(a, b *mat.Dense) *mat.Dense {
	var m mat.Dense
	m.Mul(a, b)
	return &m
}

// span is a basis, in columns, of what a matrix does not take to almost zero, with images of the norm 1, or, without image, of what it
// does, with the norm 1.
func span(m *mat.Dense, part float64, image bool) (*mat.Dense, error) {
	var svd mat.SVD
	if !svd.Factorize(m, mat.SVDFullV) {
		return nil, errors.New("auto: a singular value decomposition does not converge")
	}
	s := svd.Values(nil)
	var v mat.Dense
	svd.VTo(&v)
	rows, n := v.Dims()
	keep := 0
	for keep < len(s) && s[keep] > part*s[0] {
		keep++
	}
	switch {
	case image:
		out := mat.DenseCopyOf(v.Slice(0, rows, 0, keep))
		for j := range keep {
			for i := range rows {
				out.Set(i, j, out.At(i, j)/s[j])
			}
		}
		return out, nil
	case keep == n:
		return nil, errors.New("auto: no sum of waves satisfies the conditions")
	}
	return mat.DenseCopyOf(v.Slice(0, rows, keep, n)), nil
}
