package compiler

import (
	"fmt"
	"slices"

	"gorgonia.org/gorgonia"

	"github.com/crux-pinn/crux/internal/exec"
	"github.com/crux-pinn/crux/internal/graph"
)

// variant names one graph of a program. Graphs are built when they are first asked for.
type variant struct {
	kind      variantKind
	index     int    // of the residual
	component int    // of the residual
	factored  string // of vJacobian, for each entry of the layout: '1' factors, '0' columns, '-' nothing; empty means columns of all
}

type variantKind uint8

const (
	vLosses      variantKind = iota // losses
	vGradient                       // losses and the gradient of their weighted sum
	vGradientOf                     // gradient of one loss
	vHVP                            // Hessian of the weighted sum times a vector
	vTrainingHVP                    // the same with the weights of the points
	vRows                           // values of one residual
	vRoots                          // the same of its root, where its loss is robust
	vHoists                         // values that depend on the points alone
	vJacobian                       // derivatives of one component of one residual, row by row
	vReverse                        // Jᵀ·u: the gradient of Σ u·r over all residuals
)

// built is the graph of a variant and what its inputs and results mean.
type built struct {
	spec     exec.Spec
	inputs   inputs
	seeds    int    // inputs after the parameters: one for each residual that is seeded
	tangents bool   // inputs after the seeds: one for each parameter
	losses   int    // results before the gradient: one for each residual, and one for each that is weighted by point
	grads    []int  // parameter of each further result
	right    []bool // of vJacobian: whether a row result is the right factor of a weight
}

// points of a chunk as Gorgonia sees it. The virtual machine chooses its own chunk.
const graphPoints = 64

func (p *Program) assemble(v variant, points int, single bool) (*built, error) {
	g := graph.New(points, single)
	t := p.comp.trace
	s := p.comp.schedule
	if v.kind == vHoists {
		s = p.comp.ahead
	}
	e := newEmitter(g, t, s, v.kind != vLosses && v.kind != vRows && v.kind != vRoots && v.kind != vHoists)
	b := &built{}
	b.spec.Graph, b.spec.N = g.Expr, points
	switch v.kind {
	case vHoists:
		for _, h := range t.hoists {
			n, err := e.rows(h)
			if err != nil {
				return nil, err
			}
			b.spec.Rows = append(b.spec.Rows, n)
		}
	case vRows:
		n, err := e.rows(t.roots[v.index])
		if err != nil {
			return nil, err
		}
		b.spec.Rows = gorgonia.Nodes{n}
	case vRoots:
		root, err := p.root(t, v.index)
		if err != nil {
			return nil, err
		}
		n, err := e.rows(root)
		if err != nil {
			return nil, err
		}
		b.spec.Rows = gorgonia.Nodes{n}
	case vReverse:
		if err := p.emitProduct(b, e); err != nil {
			return nil, err
		}
	case vJacobian:
		if err := p.emitJacobian(b, e, v); err != nil {
			return nil, err
		}
	default:
		if err := p.emitLosses(b, e, v); err != nil {
			return nil, err
		}
	}
	b.inputs = e.inputs
	b.spec.Points = append(append(gorgonia.Nodes{}, e.inputs.points...), b.spec.Points...)
	b.spec.Params = append(append(gorgonia.Nodes{}, e.inputs.params...), b.spec.Params...)
	return b, nil
}

// rows emits v as a value with one row for each point. What the reverse sweep would have to compute again lies behind it.
func (e *emitter) rows(v *value) (*gorgonia.Node, error) {
	n, err := e.region(v.dim, true, []*value{v}, nil, 1<<30)
	if err != nil || e.g.Dims(n).Channels == 1 {
		return n, err
	}
	return e.g.Slots(n, 0, 1)
}

const weightColumn = "\x00weight" // the point weights, as a column no user can name

// emitLosses emits the sums of ρ(r), and their gradients as the variant asks.
func (p *Program) emitLosses(b *built, e *emitter, v variant) error {
	t := e.t
	first, last := 0, p.Len()
	if v.kind == vGradientOf {
		first, last = v.index, v.index+1
	}
	// residuals of one width are reduced by one program
	losses, trained := make(gorgonia.Nodes, last-first), make(gorgonia.Nodes, last-first)
	rows := make(gorgonia.Nodes, last-first)
	product := v.kind == vHVP || v.kind == vTrainingHVP
	training := v.kind == vLosses || v.kind == vGradient || v.kind == vTrainingHVP
	byWidth := map[int][]int{}
	var widths []int
	for i := first; i < last; i++ {
		w := t.roots[i].dim
		if byWidth[w] == nil {
			widths = append(widths, w)
		}
		byWidth[w] = append(byWidth[w], i)
	}
	for _, w := range widths {
		var sums, stored []*value
		var byPoint []int
		for _, i := range byWidth[w] {
			rho, err := p.group.Residuals[i].Loss.pointwise(t, t.roots[i])
			if err != nil {
				return err
			}
			if p.group.Weighted {
				rho = t.mul(rho, t.add(value{op: opColumn, dim: 1, ref: weightColumn}))
			}
			sums = append(sums, rho)
			if training && p.group.Residuals[i].ByPoint {
				byPoint = append(byPoint, i)
			}
		}
		for k, i := range byWidth[w] {
			if slices.Contains(byPoint, i) {
				mu := t.add(value{op: opColumn, dim: 1, ref: pointColumn(i)})
				sums = append(sums, t.mul(sums[k], mu))
				if v.kind == vGradient {
					stored = append(stored, t.roots[i])
				}
			}
		}
		n, err := e.region(w, true, stored, sums, 1<<30)
		if err != nil {
			return err
		}
		stashed := e.g.Dims(n).Channels
		for k, i := range append(slices.Clone(byWidth[w]), byPoint...) {
			s, err := e.g.Slots(n, stashed+k, stashed+k+1)
			if err != nil {
				return err
			}
			if k < len(byWidth[w]) {
				losses[i-first] = s
			}
			trained[i-first] = s // the one with weights replaces the one without
		}
		for k := range stored {
			if rows[byPoint[k]], err = e.g.Slots(n, k, k+1); err != nil {
				return err
			}
		}
	}
	if v.kind != vGradientOf && !product {
		b.spec.Sums = slices.Clone(losses)
		for k, n := range trained {
			if n != losses[k] {
				b.spec.Sums = append(b.spec.Sums, n)
			}
		}
		for _, n := range rows {
			if n != nil {
				b.spec.Rows = append(b.spec.Rows, n)
			}
		}
		b.losses = len(b.spec.Sums)
	}
	if v.kind == vLosses {
		return nil
	}
	seeds := make(gorgonia.Nodes, len(losses))
	for k, n := range losses {
		seeds[k] = e.g.Input(fmt.Sprintf("seed%d/%s", k, p.group.Residuals[first+k].Name), e.g.Dims(n))
	}
	b.seeds = len(seeds)
	b.spec.Params = seeds
	wrt, params := e.inputs.trainable(p.layout)
	grads, err := e.g.Grad(trained, seeds, wrt)
	if err != nil {
		return err
	}
	if product {
		var outs, cots gorgonia.Nodes
		for k, n := range grads {
			in := e.g.Input(fmt.Sprintf("tangent/%d", k), e.g.Dims(wrt[k]))
			b.spec.Params = append(b.spec.Params, in)
			if n != nil {
				outs, cots = append(outs, n), append(cots, in)
			}
		}
		b.tangents = true
		if grads, err = e.g.Grad(outs, cots, wrt); err != nil {
			return err
		}
	}
	b.addSums(grads, params)
	return nil
}

// addSums makes sums over the points results, those with respect to the given parameters; nil ones are zero.
func (b *built) addSums(grads gorgonia.Nodes, params []int) {
	for k, n := range grads {
		if n != nil {
			b.spec.Sums = append(b.spec.Sums, n)
			b.grads = append(b.grads, params[k])
		}
	}
}
