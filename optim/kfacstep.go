package optim

import (
	"context"
	"fmt"
	"math"

	"github.com/crux-pinn/crux/optim/internal/kron"
	"github.com/crux-pinn/crux/optim/internal/vec"
)

// moved is where a step may go: m.x, with the loss there.
type moved struct {
	loss   float64
	lambda float64
	pair   [2]float64
	by     *blocks // M that was used
}

// try makes one step to m.x, whose loss is +Inf if none was found that is lower. It changes nothing that a repeated step would
// see. due tells whether to compute the factors, up whether λ′ is above λ where it can change with them only.
func (m *KFAC) try(ctx context.Context, f Objective, loss float64, due, up bool) (moved, error) {
	to := moved{loss: math.Inf(1), lambda: m.lambda, pair: m.pair, by: m.now}
	if due {
		to.by = m.next
		if err := f.Squares.Factors.Curvature(ctx, m.at, m.Averaging, to.by.layers, to.by.blocks); err != nil {
			return to, err
		}
		if m.Decay > 0 && m.now.Trace > 0 {
			to.by.Average(m.now.Matrix, m.Decay)
		}
		to.by.Sum()
		if !vec.Finite(to.by.Trace) {
			return to, fmt.Errorf("optim: %s: the squares of the residuals' derivatives sum to %v: %w; check the residuals for roots and logarithms at 0", kfacName, to.by.Trace, ErrNonFinite)
		}
	}
	trace := to.by.Trace
	if trace == 0 {
		trace = 1 // J = 0: the negative gradient
	}
	if to.lambda == 0 {
		first := m.Damping
		if first == 0 {
			first = 0.1
		}
		to.lambda = first * trace / float64(m.layout.n)
	}
	to.lambda = min(max(to.lambda, 1e-14*trace), 1e3*trace)
	if due || !to.by.Two {
		if !to.by.Two {
			up = m.age%2 == 0
		}
		to.pair = [2]float64{to.lambda, to.lambda / kfacSpread}
		if up {
			to.pair[1] = to.lambda * kfacSpread
		}
	}
	if due {
		if err := to.by.Decompose(m.pool, to.pair); err != nil {
			return to, fmt.Errorf("optim: %s: %w", kfacName, err)
		}
	}
	better, err := m.direction(ctx, f, &to)
	if err != nil {
		return to, err
	}
	to.lambda = to.pair[better]
	return to, m.search(ctx, f, loss, &to)
}

// direction writes p to m.space.P, and tells which of the two dampings is better.
func (m *KFAC) direction(ctx context.Context, f Objective, to *moved) (better int, err error) {
	s := &m.space
	s.Begin(m.layout.n, f.Squares.Rows())
	for i, lambda := range to.pair {
		d := s.Next()
		if !to.by.Solve(m.pool, d, m.g, i, lambda) {
			copy(d, m.g)
		}
		vec.Scale(-1, d)
	}
	if m.delta != nil {
		copy(s.Next(), m.delta)
	}
	for i, d := range s.D {
		if err := f.Squares.MulJ(ctx, s.JD[i], d, m.at); err != nil {
			return 0, err
		}
	}
	return s.Minimise(m.g), nil
}

// search tries lengths of the step.
func (m *KFAC) search(ctx context.Context, f Objective, loss float64, to *moved) error {
	p := m.space.P
	if slope := vec.Dot(m.g, p); !(slope < 0) || math.IsInf(slope, 0) {
		return nil
	}
	trials := m.MaxTrials
	if trials == 0 {
		trials = 30
	}
	t := 1.0
	for range trials {
		for i, d := range p {
			m.x[i] = m.at[i] + t*d
		}
		t /= kfacShorter
		if vec.FirstNonFinite(m.x) >= 0 {
			continue
		}
		l, err := f.Grad(ctx, m.gx, m.x) // the gradient there must exist; the solver's next step asks for it anyway
		if err != nil {
			return err
		}
		if l < loss && vec.Finite(l) && vec.FirstNonFinite(m.gx) < 0 {
			to.loss = l
			return nil
		}
	}
	return nil
}

// blocks is M with its parts as the objective fills them.
type blocks struct {
	*kron.Matrix
	layers      []LayerFactors
	blocks      []MatrixBlock
	constraints int
}

// newBlocks divides the parameters. Consecutive ones that belong to no wide layer share an exact block of at most this many
// parameters; a single one that is larger has its diagonal.
func newBlocks(params []Param, layers []Layer, constraints, most int) *blocks {
	m := &blocks{constraints: constraints}
	var products []kron.Layer
	wide := map[string]bool{}
	for _, l := range layers {
		if l.Weight.Len+l.Bias.Len <= most || max(l.Inputs(), l.Outputs()) > mostSide {
			continue
		}
		wide[l.Weight.Path] = true
		if l.Bias.Len > 0 {
			wide[l.Bias.Path] = true
		}
		f := LayerFactors{Layer: l}
		n, h := l.Inputs(), l.Outputs()
		for range constraints {
			f.A, f.B = append(f.A, make([]float64, n*n)), append(f.B, make([]float64, h*h))
		}
		m.layers = append(m.layers, f)
		products = append(products, kron.Layer{Weight: span(l.Weight), Bias: span(l.Bias), Inputs: n, Outputs: h, A: f.A, B: f.B})
	}
	length := 0
	for _, p := range params {
		if wide[p.Path] || p.Len == 0 {
			length = most // ends the block
			continue
		}
		if k := len(m.blocks); k > 0 && length+p.Len <= most {
			m.blocks[k-1].Params = append(m.blocks[k-1].Params, p)
		} else {
			m.blocks = append(m.blocks, MatrixBlock{Params: []Param{p}, Diagonal: p.Len > most})
			length = 0
		}
		length += p.Len
	}
	var exact []kron.Block
	for i := range m.blocks {
		b := &m.blocks[i]
		n := size(b.Params)
		if !b.Diagonal {
			n *= n
		}
		b.M = make([]float64, n)
		e := kron.Block{Diagonal: b.Diagonal, M: b.M}
		for _, p := range b.Params {
			e.Spans = append(e.Spans, span(p))
		}
		exact = append(exact, e)
	}
	m.Matrix = kron.New(products, exact)
	return m
}

func span(p Param) kron.Span { return kron.Span{Offset: p.Offset, Len: p.Len} }
