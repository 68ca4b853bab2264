package linalg

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/internal/kern"
)

// Tangent is what small changes d of parameters do to residuals, r(θ + d) ≈ r + J·d. J has one row for each residual and one column
// for each parameter. Its normal equations are solved in the smaller of the two dimensions.
type Tangent struct {
	workers Workers
	j       *mat.Dense
	dual    bool      // there are fewer residuals than parameters
	gram    []float64 // the upper triangle of JᵀJ, or of JJᵀ
	n       int       // its dimension
	trace   float64

	chol   Cholesky
	factor []float64 // of the Gram matrix with its diagonal raised
	shift  float64   // by so much; NaN before the first
	fine   bool      // by way of J itself: see Fine

	of, image *mat.Dense // F, and F·Jᵀ
}

// ErrTangent is that there is nothing to be told from a Jacobian of residuals.
var ErrTangent = errors.New("the Jacobian of the residuals is not finite")

// NewTangent takes J, which must not change any more.
func NewTangent(w Workers, j *mat.Dense) (*Tangent, error) {
	rows, params := j.Dims()
	t := &Tangent{workers: w, j: j, dual: rows < params, n: min(rows, params), shift: math.NaN()}
	y, cols := j.RawMatrix().Data, params
	if !t.dual {
		y, cols = transposed(w, j), rows
	}
	t.gram, t.factor = make([]float64, t.n*t.n), make([]float64, t.n*t.n)
	t.chol.AddGram(w, t.gram, y, t.n, cols)
	for i := range t.n {
		t.trace += t.gram[i*t.n+i]
	}
	if math.IsNaN(t.trace) || math.IsInf(t.trace, 0) {
		return nil, ErrTangent
	}
	return t, nil
}

// transposed are the numbers of Jᵀ.
func transposed(w Workers, j *mat.Dense) []float64 {
	rows, cols := j.Dims()
	y := make([]float64, rows*cols)
	Transpose(w, y, j.RawMatrix().Data, rows, cols)
	return y
}

// times is dst = J·v.
func (t *Tangent) times(dst, v []float64) { t.product(dst, t.j, v) }

// back is dst = Jᵀ·u.
func (t *Tangent) back(dst, u []float64) { t.productT(dst, t.j, u) }

// share is the number of rows, or columns, of which a worker makes a product at once.
const share = 256

// product is dst = m·v.
func (t *Tangent) product(dst []float64, m *mat.Dense, v []float64) {
	rows, _ := m.Dims()
	t.workers.Run((rows+share-1)/share, func(_, task int) {
		for i := task * share; i < min((task+1)*share, rows); i++ {
			dst[i] = kern.Dot(m.RawRowView(i), v)
		}
	})
}

// productT is dst = mᵀ·u.
func (t *Tangent) productT(dst []float64, m *mat.Dense, u []float64) {
	rows, cols := m.Dims()
	t.workers.Run((cols+share-1)/share, func(_, task int) {
		from, to := task*share, min((task+1)*share, cols)
		clear(dst[from:to])
		for i := range rows {
			kern.Axpy(dst[from:to], u[i], m.RawRowView(i)[from:to])
		}
	})
}

// Fine makes shifts below 1e-13 of the trace possible, which are lost in the rounding of the Gram matrix: from here on the factor is that
// of J itself. It costs about three times as much.
func (t *Tangent) Fine() { t.fine, t.shift = true, math.NaN() }

// coarse is the part of the trace below which a shift is lost in the rounding of the Gram matrix.
const coarse = 1e-13

// raise factorises the Gram matrix with so much added to its diagonal, or a little more where rounding asks for it.
func (t *Tangent) raise(shift float64) error {
	if t.shift == shift {
		return nil
	}
	if t.fine && shift < coarse*t.trace {
		return t.raiseFine(shift)
	}
	for s := shift; s <= 1e6*shift; s *= 10 {
		copy(t.factor, t.gram)
		for i := range t.n {
			t.factor[i*t.n+i] += s
		}
		if t.chol.Factorize(t.workers, t.factor, t.n) {
			t.shift = shift
			return nil
		}
	}
	return ErrTangent
}

// raiseFine factorises A = [J; √shift·I], or with Jᵀ, by Cholesky QR with a shift (Fukaya, Kannan, Nakatsukasa, Yamamoto, Yanagisawa
// 2020, SIAM J. Sci. Comput. 42): a factor U₁ of AᵀA with a larger shift, and one U₂ of the columns A·U₁⁻¹, which are far
// better conditioned. U = U₂U₁.
func (t *Tangent) raiseFine(shift float64) error {
	if err := t.raise(coarse * t.trace); err != nil {
		return err
	}
	first := slices.Clone(t.factor)
	a := t.j
	if rows, _ := a.Dims(); !t.dual {
		a = mat.NewDense(t.n, rows, transposed(t.workers, a))
	}
	_, long := a.Dims()
	cols := long + t.n
	y := make([]float64, t.n*cols) // Aᵀ
	for i := range t.n {
		copy(y[i*cols:], a.RawRowView(i))
		y[i*cols+long+i] = math.Sqrt(shift)
	}
	t.chol.SolveTMat(t.workers, y, cols)
	clear(t.factor)
	t.chol.AddGram(t.workers, t.factor, y, t.n, cols)
	if !t.chol.Factorize(t.workers, t.factor, t.n) {
		return ErrTangent
	}
	// rows of U₂U₁ from the first on: each needs the later rows of U₁ only
	for i := range t.n {
		row := make([]float64, t.n)
		for k := i; k < t.n; k++ {
			kern.Axpy(row[k:], t.factor[i*t.n+k], first[k*t.n+k:(k+1)*t.n])
		}
		copy(t.factor[i*t.n+i:(i+1)*t.n], row[i:])
	}
	t.shift = shift
	return nil
}

// Repair is the change d of parameters that lowers ‖r + J·d‖² + λ‖d‖² most, with λ = damping·tr(JᵀJ)/P, and what that
// leaves of r.
func (t *Tangent) Repair(r []float64, damping float64) (d, left []float64, err error) {
	rows, params := t.j.Dims()
	d, left = make([]float64, params), make([]float64, rows)
	copy(left, r)
	if t.trace == 0 {
		return d, left, nil
	}
	if err := t.raise(damping * t.trace / float64(params)); err != nil {
		return nil, nil, err
	}
	change, more := make([]float64, rows), make([]float64, params)
	for range 1 + t.refinements() {
		t.solve(more, left)
		floats.Sub(d, more)
		t.times(change, d)
		floats.AddTo(left, r, change)
	}
	return d, left, nil
}

// Gain is by how much at most a change of parameters changes a function more than the residuals:
//
//	max over v of ‖F·v‖ / √(‖J·v‖² + ε²σ²‖v‖²)
//
// for the derivatives F of the function, σ² the sum of the squares of J. It grows as 1/ε where there is a change that residuals do not
// see. Where there are fewer residuals than parameters, only such changes count as a residual can ask for. change is the v of the largest
// one, up to a factor; nil where the residuals see nothing at all.
func (t *Tangent) Gain(ctx context.Context, f *mat.Dense, eps float64, rng *rand.Rand) (gain float64, change []float64, err error) {
	if t.trace == 0 {
		return math.Inf(1), nil, nil
	}
	if err := t.raise(eps * eps * t.trace); err != nil {
		return 0, nil, err
	}
	values, _ := f.Dims()
	g := f // of the smaller dimension
	if t.dual {
		g = t.ofResiduals(f)
	}
	mid, at := make([]float64, values), make([]float64, t.n)
	ritz, err := Lanczos{Iters: 20, Rand: rng, Vectors: 1}.Run(ctx, t.n, func(dst, v []float64) error {
		t.whiten(at, v)
		t.product(mid, g, at)
		t.productT(dst, g, mid)
		t.whitenT(dst)
		return nil
	})
	if err != nil {
		return 0, nil, err
	}
	t.whiten(at, ritz.Vectors[0])
	if change = at; t.dual {
		_, params := t.j.Dims()
		change = make([]float64, params)
		t.back(change, at)
	}
	return math.Sqrt(max(ritz.Values[0], 0)), change, nil
}

// GainOf is what one change v gives for the maximum in [Tangent.Gain], so at most that much. It is 0 where there are fewer residuals than
// parameters.
func (t *Tangent) GainOf(f *mat.Dense, v []float64, eps float64) float64 {
	if t.dual || t.trace == 0 {
		return 0
	}
	rows, _ := t.j.Dims()
	values, _ := f.Dims()
	residuals, function := make([]float64, rows), make([]float64, values)
	t.times(residuals, v)
	t.product(function, f, v)
	return floats.Norm(function, 2) / math.Hypot(floats.Norm(residuals, 2), eps*math.Sqrt(t.trace)*floats.Norm(v, 2))
}

// ofResiduals is F·Jᵀ, remembered for the next call with the same F.
func (t *Tangent) ofResiduals(f *mat.Dense) *mat.Dense {
	if t.of == f {
		return t.image
	}
	values, params := f.Dims()
	t.of, t.image = f, mat.NewDense(values, t.n, nil)
	const tile = 64
	ws := make([]kern.Workspace[float64], t.workers.Workers())
	a, b, c := f.RawMatrix(), t.j.RawMatrix(), t.image.RawMatrix()
	t.workers.Run((values+tile-1)/tile, func(worker, task int) {
		i := task * tile
		kern.GemmFull(c.Data[i*c.Stride:], c.Stride, a.Data[i*a.Stride:], a.Stride, false, b.Data, b.Stride, true, min(tile, values-i), t.n,
			params, false, &ws[worker])
	})
	return t.image
}

// Typical is the root mean square of ‖F·d‖ over residuals r of length 1 in random directions, d being the change of parameters that
// repairs them; see Gain, which is the largest one. It is estimated from the given number of directions.
func (t *Tangent) Typical(f *mat.Dense, eps float64, probes int, rng *rand.Rand) (float64, error) {
	if t.trace == 0 {
		return math.Inf(1), nil
	}
	if err := t.raise(eps * eps * t.trace); err != nil {
		return 0, err
	}
	rows, params := t.j.Dims()
	values, _ := f.Dims()
	r := mat.NewDense(probes, rows, nil)
	for i := range r.RawMatrix().Data {
		r.RawMatrix().Data[i] = rng.NormFloat64() / math.Sqrt(float64(rows))
	}
	for k := 0; t.dual && k < probes; k++ {
		t.chol.Solve(r.RawRowView(k), r.RawRowView(k))
	}
	changes := t.backs(r)
	sum, of := 0.0, make([]float64, values)
	for k := range probes {
		d := changes[k*params : (k+1)*params]
		if !t.dual {
			t.chol.Solve(d, d)
		}
		t.product(of, f, d)
		sum += floats.Dot(of, of)
	}
	return math.Sqrt(sum / float64(probes)), nil
}

// backs are Jᵀ·u for the rows u of a matrix, one after the other: J is read once.
func (t *Tangent) backs(u *mat.Dense) []float64 {
	rows, params := t.j.Dims()
	n, _ := u.Dims()
	c, a, b := make([]float64, n*params), u.RawMatrix(), t.j.RawMatrix()
	ws := make([]kern.Workspace[float64], t.workers.Workers())
	t.workers.Run((params+share-1)/share, func(worker, task int) {
		j := task * share
		kern.GemmFull(c[j:], params, a.Data, a.Stride, false, b.Data[j:], b.Stride, false, n, min(share, params-j), rows, false, &ws[worker])
	})
	return c
}

// refinements are the further solutions for what is left that Fine needs, as the right-hand side is rounded like a Gram matrix: where a
// solution is sensitive one of them finds three quarters of what four do.
func (t *Tangent) refinements() int {
	if t.fine {
		return 4
	}
	return 0
}

// Change writes to d the change of parameters that repairs residuals r, as Typical does.
func (t *Tangent) Change(d, r []float64, eps float64) error {
	if t.trace == 0 {
		clear(d)
		return nil
	}
	if err := t.raise(eps * eps * t.trace); err != nil {
		return err
	}
	t.solve(d, r)
	return nil
}

// Influence writes the first entries of J·(JᵀJ + λ)⁻¹·g to dst, with λ = damping·tr(JᵀJ): by how much a function with the
// derivatives g follows each residual, when residuals change and the parameters are fitted again.
func (t *Tangent) Influence(dst, g []float64, damping float64) error {
	if t.trace == 0 {
		clear(dst)
		return nil
	}
	if err := t.raise(damping * t.trace); err != nil {
		return err
	}
	rows, params := t.j.Dims()
	if t.dual {
		all := make([]float64, rows)
		t.times(all, g)
		t.chol.Solve(all, all)
		copy(dst, all)
		return nil
	}
	d := make([]float64, params)
	t.chol.Solve(d, g)
	some := t.j.Slice(0, len(dst), 0, params)
	mat.NewVecDense(len(dst), dst).MulVec(some, mat.NewVecDense(params, d))
	return nil
}

// solve writes (JᵀJ + δ)⁻¹Jᵀr to d.
func (t *Tangent) solve(d, r []float64) {
	if t.dual {
		x := make([]float64, len(r))
		t.chol.Solve(x, r)
		t.back(d, x)
		return
	}
	t.back(d, r)
	t.chol.Solve(d, d)
}

// whiten is dst = U⁻¹·v; of JJᵀ, which stands for JᵀJ by way of a residual, (JJᵀ + δ)⁻¹·v.
func (t *Tangent) whiten(dst, v []float64) {
	if t.dual {
		t.chol.Solve(dst, v)
		return
	}
	t.chol.SolveU(dst, v)
}

// whitenT is v ← U⁻ᵀ·v, or (JJᵀ + δ)⁻¹·v.
func (t *Tangent) whitenT(v []float64) {
	if t.dual {
		t.chol.Solve(v, v)
		return
	}
	t.chol.SolveT(v, v)
}
