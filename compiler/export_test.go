package compiler

import (
	"gorgonia.org/gorgonia"

	"github.com/crux-pinn/crux/internal/exec"
	"github.com/crux-pinn/crux/internal/graph"
)

// Transplant runs Gradient from a copy of its graph, made node by node with Gorgonia's own functions. apply adds one operation.
func (p *Program) Transplant(apply func(o *graph.Op, in ...*gorgonia.Node) (*gorgonia.Node, error)) error {
	r := p.run.(*typedRunner[float64])
	q, err := r.variant(variant{kind: vGradient})
	if err != nil {
		return err
	}
	if p.reference {
		q.vm = exec.NewReference(func(n int) (exec.Spec, error) {
			b, err := p.assemble(variant{kind: vGradient}, n, false)
			if err != nil {
				return exec.Spec{}, err
			}
			return transplant(b.spec, apply)
		}, &q.Operands)
		return nil
	}
	if q.spec, err = transplant(q.spec, apply); err != nil {
		return err
	}
	q.vm, err = exec.New(p.pool, q.spec, &q.Operands)
	return err
}

func transplant(s exec.Spec, apply func(o *graph.Op, in ...*gorgonia.Node) (*gorgonia.Node, error)) (exec.Spec, error) {
	g := gorgonia.NewGraph()
	to := map[*gorgonia.Node]*gorgonia.Node{}
	nodes := func(ns gorgonia.Nodes) (moved gorgonia.Nodes) {
		for _, n := range ns {
			moved = append(moved, to[n])
		}
		return moved
	}
	for _, n := range s.Graph.AllNodes() {
		switch o := n.Op().(type) {
		case nil:
			to[n] = gorgonia.NewMatrix(g, n.Dtype(), gorgonia.WithName(n.Name()), gorgonia.WithShape(n.Shape()...))
		case *graph.Op:
			c := *o
			m, err := apply(&c, nodes(graph.Operands(n))...)
			if err != nil {
				return s, err
			}
			to[n] = m
		default:
			to[n] = g.AddNode(gorgonia.NewConstant(n.Value(), gorgonia.In(g), gorgonia.WithName(n.Name())))
		}
	}
	return exec.Spec{Graph: g, N: s.N, Points: nodes(s.Points), Params: nodes(s.Params), Sums: nodes(s.Sums), Rows: nodes(s.Rows)}, nil
}

// Required reports whether the compiler cannot do without the pass.
func (p Pass) Required() bool { return required[p.Name] }

// GradientFlops is what GradientOf of all residuals costs for each point, and AheadFlops what SetPoints does.
func (p *Program) GradientFlops() (int, error) {
	sum := 0
	for i := range p.Len() {
		w, err := p.run.work(variant{kind: vGradientOf, index: i})
		if err != nil {
			return 0, err
		}
		sum += w.Flops
	}
	return sum, nil
}

func (p *Program) AheadFlops() (int, error) {
	if len(p.comp.trace.hoists) == 0 {
		return 0, nil
	}
	w, err := p.run.work(variant{kind: vHoists})
	return w.Flops, err
}
