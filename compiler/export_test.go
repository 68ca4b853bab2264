package compiler

import (
	"gorgonia.org/gorgonia"

	"github.com/crux-pinn/crux/internal/graph"
)

// Bound is the graph of one evaluation for all points at once, with the values of its inputs: what a stock machine of
// Gorgonia needs to run the same program.
type Bound struct {
	Graph  *graph.Graph
	Inputs map[*gorgonia.Node][]float64
	Losses gorgonia.Nodes // the sums of the losses
	Rows   gorgonia.Nodes // the residual's values
	Grads  gorgonia.Nodes
	At     []Entry // where each of Grads lies in θ
}

// BindGradient is the graph of Gradient; BindHVP that of HVP; BindResidual that of Residuals.
func (p *Program) BindGradient(theta, fixed, w []float64) (*Bound, error) {
	return p.bind(variant{kind: vGradient}, theta, fixed, p.seedValues(w), nil)
}

func (p *Program) BindHVP(theta, fixed, w, v []float64) (*Bound, error) {
	return p.bind(variant{kind: vHVP}, theta, fixed, p.seedValues(w), v)
}

func (p *Program) BindResidual(i int, theta, fixed []float64) (*Bound, error) {
	return p.bind(variant{kind: vRows, index: i}, theta, fixed, nil, nil)
}

func (p *Program) seedValues(w []float64) []float64 {
	s := make([]float64, len(w))
	for i := range w {
		s[i] = w[i] * p.factors[i]
	}
	return s
}

// LossFactor is what the sum of residual i's loss is multiplied with.
func (p *Program) LossFactor(i int) float64 { return p.factors[i] }

func (p *Program) bind(v variant, theta, fixed, seeds, tangents []float64) (*Bound, error) {
	b, err := p.assemble(v, p.n, false)
	if err != nil {
		return nil, err
	}
	o := &Bound{Graph: b.spec.Graph, Inputs: map[*gorgonia.Node][]float64{}, Rows: b.spec.Rows}
	columns := p.run.(*typedRunner[float64])
	for k, n := range b.spec.Points {
		o.Inputs[n] = columns.column(b.inputs.pointRef[k])
	}
	at := 0
	next := func() *gorgonia.Node { at++; return b.spec.Params[at-1] }
	for _, q := range b.inputs.paramRef {
		e, free := p.layout.Find(q)
		if free {
			o.Inputs[next()] = theta[e.Offset : e.Offset+e.Len]
			continue
		}
		e, _, _ = p.layout.Lookup(q.Path())
		o.Inputs[next()] = fixed[e.Offset : e.Offset+e.Len]
	}
	for k := range b.seeds {
		n := next()
		s := make([]float64, b.spec.Graph.Dims(n).Len(0))
		for i := range s {
			s[i] = seeds[k]
		}
		o.Inputs[n] = s
	}
	if b.tangents {
		for _, q := range b.inputs.paramRef {
			if e, free := p.layout.Find(q); free {
				o.Inputs[next()] = tangents[e.Offset : e.Offset+e.Len]
			}
		}
	}
	for _, n := range b.spec.Graph.Nodes() {
		if b.spec.Graph.Op(n) == nil && o.Inputs[n] == nil && b.spec.Graph.IsOnes(n) {
			s := make([]float64, b.spec.Graph.Dims(n).Rows)
			for i := range s {
				s[i] = 1
			}
			o.Inputs[n] = s
		}
	}
	o.Losses, o.Grads = b.spec.Sums[:b.losses], b.spec.Sums[b.losses:]
	for _, k := range b.grads {
		e, _ := p.layout.Find(b.inputs.paramRef[k])
		o.At = append(o.At, e)
	}
	return o, nil
}

// Required reports whether the compiler cannot do without the pass.
func (p Pass) Required() bool { return required[p.Name] }
