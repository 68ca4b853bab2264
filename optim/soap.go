package optim

import (
	"cmp"
	"errors"
	"fmt"
	"math"

	"github.com/crux-pinn/crux/optim/internal/saved"
	"github.com/crux-pinn/crux/optim/internal/vec"
	gblas "gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"
)

// SOAP is Adam in the eigenbasis of Shampoo's preconditioner (Vyas et al. 2024, arXiv 2409.11321, Algorithm 3). For each weight
// matrix with gradient G:
//
//	L ← β₂L + (1−β₂)GGᵀ      R ← β₂R + (1−β₂)GᵀG      M ← β₁M + (1−β₁)G
//	G′ = Q_Lᵀ G Q_R          M′ = Q_Lᵀ M Q_R          V ← β₂V + (1−β₂)G′∘G′
//	N′ = M̂′/(√V̂ + ε)         W ← W − lr·Q_L N′ Q_Rᵀ
//
// with Adam's corrections M̂, V̂ for the zero start. Q_L and Q_R are the eigenvectors of L and R: computed once at the first step,
// and improved by one power iteration, Q ← QR(L·Q), every Every steps. Parameters that are no matrices, or have a side longer than
// MostSide, get Adam. A step costs a few products of P·(rows + columns) beside the gradient. Wang et al. (2025, arXiv 2502.00604)
// found it the best first-order method for large PINNs.
//
// Departure from the authors' code: the first step is taken, in the basis of its own gradient, and not skipped.
//
// The zero value is ready for use. It must not be copied after Init.
type SOAP struct {
	LR       Schedule // nil means Constant(3e-3)
	Beta1    float64  // decay of the first moment; 0 means 0.95
	Beta2    float64  // decay of the second moment, and of L and R; 0 means 0.95
	Eps      float64  // added to √v̂; 0 means 1e-8
	Every    int      // steps between improvements of the basis; 0 means 10
	MostSide int      // the longest side of a matrix with a basis of its own; 0 means 1024

	chain
}

// Init implements Method.
func (s *SOAP) Init(params []Param) error {
	if s.transforms == nil {
		t := &soapScale{beta1: s.Beta1, beta2: s.Beta2, eps: s.Eps, every: s.Every, most: s.MostSide}
		return s.begins("SOAP", params, t, ScaleByLR(rateOr(s.LR, 3e-3)))
	}
	return s.chain.Init(params)
}

// Info implements Method.
func (s *SOAP) Info(Objective) Info {
	return Info{Name: "SOAP", Rate: rateOr(s.LR, 3e-3)(s.step)}
}

// ScaleBySOAP turns the gradient into [SOAP]'s direction, as a link of a [Chain]. Zeros mean the defaults of SOAP.
func ScaleBySOAP(beta1, beta2, eps float64, every int) Transform {
	return &soapScale{beta1: beta1, beta2: beta2, eps: eps, every: every}
}

// soapScale turns gradients into SOAP's directions.
type soapScale struct {
	beta1, beta2, eps float64
	every, most       int
	adam              adamScale // of what has no basis
	params            []*soapParam
	rest              []Param // without a basis
	part              []float64
}

// soapParam is one weight matrix with its moments and its basis.
type soapParam struct {
	Param
	rows, cols int
	m, v       []float64 // M, and V in the basis
	l, r       side
	rotated    []float64 // G′, then M′ and N′
	scratch    []float64
}

// side is L with Q_L, or R with Q_R.
type side struct {
	n    int
	a, q []float64 // n×n
}

func (s *soapScale) Init(params []Param) error {
	s.beta1, s.beta2, s.eps = cmp.Or(s.beta1, 0.95), cmp.Or(s.beta2, 0.95), cmp.Or(s.eps, 1e-8)
	s.every, s.most = cmp.Or(s.every, 10), cmp.Or(s.most, 1024)
	if s.every < 0 || s.most < 0 {
		return fmt.Errorf("SOAP: Every %d, MostSide %d; they must not be negative", s.every, s.most)
	}
	s.params, s.rest = nil, nil
	n := 0
	for _, p := range params {
		if len(p.Shape) != 2 || max(p.Shape[0], p.Shape[1]) > s.most || p.Len == 0 {
			s.rest = append(s.rest, p)
			n += p.Len
			continue
		}
		q := &soapParam{Param: p, rows: p.Shape[0], cols: p.Shape[1], l: newSide(p.Shape[0]), r: newSide(p.Shape[1])}
		for _, x := range []*[]float64{&q.m, &q.v, &q.rotated, &q.scratch} {
			*x = make([]float64, p.Len)
		}
		s.params = append(s.params, q)
	}
	s.part = make([]float64, n)
	s.adam = adamScale{beta1: s.beta1, beta2: s.beta2, eps: s.eps}
	if err := s.adam.check(); err != nil {
		return err
	}
	return s.adam.Init([]Param{{Path: "rest", Len: n, Shape: []int{n}}})
}

func newSide(n int) side { return side{n: n, a: make([]float64, n*n), q: make([]float64, n*n)} }

func (s *soapScale) String() string { return "SOAP" }

// Apply implements Transform.
func (s *soapScale) Apply(u []float64, at Point) error {
	k := 0
	for _, p := range s.rest {
		k += copy(s.part[k:], u[p.Offset:p.Offset+p.Len])
	}
	if err := s.adam.Apply(s.part, at); err != nil {
		return err
	}
	k = 0
	for _, p := range s.rest {
		k += copy(u[p.Offset:p.Offset+p.Len], s.part[k:])
	}
	t := float64(at.Step + 1)
	c1, c2 := 1/(1-math.Pow(s.beta1, t)), 1/(1-math.Pow(s.beta2, t))
	for _, p := range s.params {
		if err := s.direction(p, u[p.Offset:p.Offset+p.Len], at.Step, c1, c2); err != nil {
			return fmt.Errorf("SOAP: parameter %q: %w", p.Path, err)
		}
	}
	return nil
}

// direction replaces the gradient g of p by its direction.
func (s *soapScale) direction(p *soapParam, g []float64, step int, c1, c2 float64) error {
	r, c := p.rows, p.cols
	b := s.beta2
	vec.BLAS.Dgemm(gblas.NoTrans, gblas.Trans, r, r, c, 1-b, g, c, g, c, b, p.l.a, r)
	vec.BLAS.Dgemm(gblas.Trans, gblas.NoTrans, c, c, r, 1-b, g, c, g, c, b, p.r.a, c)
	for _, side := range []*side{&p.l, &p.r} {
		if step%s.every == 0 {
			if err := side.turn(step == 0); err != nil {
				return err
			}
		}
	}
	p.rotate(p.rotated, g, false)
	for i, x := range p.rotated {
		p.v[i] = b*p.v[i] + (1-b)*x*x
	}
	for i, x := range g {
		p.m[i] = s.beta1*p.m[i] + (1-s.beta1)*x
	}
	p.rotate(p.rotated, p.m, false)
	for i, x := range p.rotated {
		p.rotated[i] = c1 * x / (math.Sqrt(c2*p.v[i]) + s.eps)
	}
	p.rotate(g, p.rotated, true)
	return nil
}

// rotate writes Q_Lᵀ X Q_R, or Q_L X Q_Rᵀ for the way back. dst may be x.
func (p *soapParam) rotate(dst, x []float64, back bool) {
	left, right := gblas.Trans, gblas.NoTrans
	if back {
		left, right = gblas.NoTrans, gblas.Trans
	}
	r, c := p.rows, p.cols
	vec.BLAS.Dgemm(left, gblas.NoTrans, r, c, r, 1, p.l.q, r, x, c, 0, p.scratch, c)
	vec.BLAS.Dgemm(gblas.NoTrans, right, r, c, c, 1, p.scratch, c, p.r.q, c, 0, dst, c)
}

// turn recomputes the eigenvectors, or improves them by a power iteration. Signs are such that R of QR has no negative
// diagonal, so that the basis does not flip.
func (d *side) turn(first bool) error {
	n := d.n
	if first {
		var e mat.EigenSym
		if !e.Factorize(mat.NewSymDense(n, append([]float64(nil), d.a...)), true) {
			return errors.New("the eigenvectors of its preconditioner do not converge; use Adam")
		}
		var q mat.Dense
		e.VectorsTo(&q)
		for i := range n {
			for j := range n {
				d.q[i*n+j] = q.At(i, n-1-j) // largest first, which the power iteration keeps
			}
		}
		return nil
	}
	aq := make([]float64, n*n)
	vec.BLAS.Dgemm(gblas.NoTrans, gblas.NoTrans, n, n, n, 1, d.a, n, d.q, n, 0, aq, n)
	if vec.FirstNonFinite(aq) >= 0 {
		return fmt.Errorf("its preconditioner is %w; lower the learning rate", ErrNonFinite)
	}
	var qr mat.QR
	qr.Factorize(mat.NewDense(n, n, aq))
	var q, r mat.Dense
	qr.QTo(&q)
	qr.RTo(&r)
	for i := range n {
		for j := range n {
			v := q.At(i, j)
			if r.At(j, j) < 0 {
				v = -v
			}
			d.q[i*n+j] = v
		}
	}
	return nil
}

const soapState = "optim.SOAP/1"

// State implements Method.
func (s *soapScale) State() ([]byte, error) { return saved.State(soapState, s.fields()...) }

// SetState implements Method.
func (s *soapScale) SetState(state []byte) error {
	return saved.SetState(soapState, state, s.fields()...)
}

// fields are what a step leaves for the next.
func (s *soapScale) fields() []any {
	all := []any{&s.adam}
	for _, p := range s.params {
		all = append(all, &p.m, &p.v, &p.l.a, &p.l.q, &p.r.a, &p.r.q)
	}
	return all
}
