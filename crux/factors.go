package crux

import (
	"context"
	"fmt"

	"github.com/crux-pinn/crux/compiler"
	"github.com/crux-pinn/crux/optim"
)

// layers is Layers of optim.Factors.
func (o *objective) layers() ([]optim.Layer, error) {
	var programs []*compiler.Program
	for _, g := range o.p.groups {
		programs = append(programs, g.program)
	}
	found, err := compiler.Layers(programs)
	if err != nil {
		return nil, err
	}
	var all []optim.Layer
	for _, l := range found {
		m := optim.Layer{Weight: paramOf(l.Weight)}
		if l.Bias.Param != nil {
			m.Bias = paramOf(l.Bias)
		}
		all = append(all, m)
	}
	return all, nil
}

// paramOf is an entry of the layout as methods see it.
func paramOf(e compiler.Entry) optim.Param {
	return optim.Param{Path: e.Path, Offset: e.Offset, Len: e.Len, Shape: e.Shape}
}

// curvature is Curvature of optim.Factors. The pairs of a layer are those of the groups' members, group by group.
func (o *objective) curvature(ctx context.Context, theta []float64, how optim.Averaging, layers []optim.LayerFactors, blocks []optim.MatrixBlock) error {
	var programs []*compiler.Program
	var w [][]float64
	if err := o.eachGroup(ctx, func(g *group) error {
		programs, w = append(programs, g.program), append(w, g.w)
		return nil
	}); err != nil {
		return err
	}
	ls, bs := make([]compiler.LayerCurvature, len(layers)), make([]compiler.Block, len(blocks))
	for i, l := range layers {
		ls[i] = compiler.LayerCurvature{A: l.A, B: l.B}
		var err error
		if ls[i].Weight, err = o.entry(l.Weight); err != nil {
			return err
		}
		if l.Bias.Len > 0 {
			if ls[i].Bias, err = o.entry(l.Bias); err != nil {
				return err
			}
		}
	}
	for i, b := range blocks {
		bs[i] = compiler.Block{Diagonal: b.Diagonal, M: b.M}
		for _, p := range b.Params {
			e, err := o.entry(p)
			if err != nil {
				return err
			}
			bs[i].Entries = append(bs[i].Entries, e)
		}
	}
	as := compiler.Traces
	if how == optim.Expand {
		as = compiler.Expand
	}
	return compiler.Curvature(programs, theta, o.p.fixed, w, as, ls, bs)
}

// entry is the place of a method's parameter.
func (o *objective) entry(p optim.Param) (compiler.Entry, error) {
	if e, fixed, ok := o.p.layout.Lookup(p.Path); ok && !fixed {
		return e, nil
	}
	return compiler.Entry{}, fmt.Errorf("crux: there is no parameter %q", p.Path)
}
