package compiler

import (
	"fmt"
	"io"
	"strings"

	"gorgonia.org/gorgonia"

	"github.com/crux-pinn/crux/internal/graph"
)

// Graph is the expression graph of Gradient, which the machine runs as it is: losses, the residuals behind them, and the
// derivatives with respect to θ. Shapes stand for chunks of 64 points. Inputs are named for what fills them: point0/x is a
// coordinate, param/… a parameter, seed0/… the derivative of the total loss with respect to the sum behind one loss.
//
// Gorgonia's own machines can run it, once every input has a value (gorgonia.Let); TraceCompiler.Reference does so for any
// number of points. The graph belongs to the program: do not add to it. It is nil for a program that cannot be differentiated.
func (p *Program) Graph() *gorgonia.ExprGraph {
	b, err := p.run.build(variant{kind: vGradient})
	if err != nil {
		return nil
	}
	return b.spec.Graph
}

// PrintGraph writes the graph of Gradient as text: one node a line with its operation, its operands and its dimensions, where n
// is the number of points; under a pointwise operation its instructions; at the end what the results mean.
func (p *Program) PrintGraph(w io.Writer) error {
	b, err := p.run.build(variant{kind: vGradient})
	if err != nil {
		return err
	}
	for _, n := range b.spec.Graph.AllNodes() {
		fmt.Fprintf(w, "n%d = %s", n.ID(), b.operation(n)) //nolint:errcheck // the caller checks the writer
		for _, c := range graph.Operands(n) {
			fmt.Fprintf(w, " n%d", c.ID()) //nolint:errcheck
		}
		fmt.Fprintf(w, "  %v\n", b.dims(n)) //nolint:errcheck
		if o, ok := n.Op().(*graph.Op); ok && o.Code == graph.Pointwise {
			fmt.Fprint(w, o.Program) //nolint:errcheck
		}
	}
	for k, n := range b.spec.Sums {
		if n != nil {
			fmt.Fprintf(w, "%s: n%d\n", p.result(b, k), n.ID()) //nolint:errcheck
		}
	}
	return nil
}

// DrawGraph writes the graph of Gradient in Graphviz's language, to be drawn by dot -Tsvg: inputs are ellipses, operations
// boxes, results stand at the bottom.
func (p *Program) DrawGraph(w io.Writer) error {
	b, err := p.run.build(variant{kind: vGradient})
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "digraph %q {\n", p.group.Name)                                             //nolint:errcheck
	fmt.Fprint(w, "\tnode [shape=box, style=rounded, fontname=\"Helvetica\", fontsize=11];\n") //nolint:errcheck
	fmt.Fprint(w, "\tedge [color=gray40, arrowsize=0.6];\n")                                   //nolint:errcheck
	for _, n := range b.spec.Graph.AllNodes() {
		style := ""
		if n.Op() == nil {
			style = ", shape=ellipse, style=filled, fillcolor=lightsteelblue1"
			if b.dims(n).Channels > 0 {
				style = ", shape=ellipse, style=filled, fillcolor=palegoldenrod"
			}
		}
		fmt.Fprintf(w, "\tn%d [label=\"%s\\n%v\"%s];\n", n.ID(), quoted(b.operation(n)), b.dims(n), style) //nolint:errcheck
		for _, c := range graph.Operands(n) {
			fmt.Fprintf(w, "\tn%d -> n%d;\n", c.ID(), n.ID()) //nolint:errcheck
		}
	}
	for k, n := range b.spec.Sums {
		if n != nil {
			fmt.Fprintf(w, "\tr%d [label=\"%s\", shape=plaintext, style=\"\", fontcolor=firebrick];\n", k, quoted(p.result(b, k))) //nolint:errcheck
			fmt.Fprintf(w, "\tn%d -> r%d;\n", n.ID(), k)                                                                           //nolint:errcheck
		}
	}
	_, err = fmt.Fprintln(w, "}")
	return err
}

var quoted = strings.NewReplacer(`"`, `\"`, `\`, `\\`).Replace

// operation is what a node does: its input's name, or its operation.
func (b *built) operation(n *gorgonia.Node) string {
	if n.Op() == nil {
		return "input " + n.Name()
	}
	if o, ok := n.Op().(*graph.Op); ok {
		return o.String()
	}
	return "constant " + n.Name()
}

func (b *built) dims(n *gorgonia.Node) graph.Dims {
	for _, q := range b.spec.Points {
		if q == n {
			return graph.DimsOf(n, true, b.spec.N)
		}
	}
	return graph.DimsOf(n, false, b.spec.N)
}

// result says what result k of the gradient's graph is.
func (p *Program) result(b *built, k int) string {
	if k < p.Len() {
		return "loss " + p.group.Residuals[k].Name
	}
	if k < b.losses {
		return "loss weighted by point"
	}
	return "gradient " + b.inputs.paramRef[b.grads[k-b.losses]].Path()
}
