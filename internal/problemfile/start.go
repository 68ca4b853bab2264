package problemfile

import (
	"context"
	"os"
	"path/filepath"
	"slices"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/crux/auto"
	"github.com/crux-pinn/crux/internal/files/tree"
	ph "github.com/crux-pinn/crux/placeholder"
)

// begin reads init: the run from which this one starts. The resolved file has its place from the root, so that it can be read anywhere.
func (b *builder) begin(n *tree.Node) {
	s := b.section(n, "init")
	if n == nil {
		return
	}
	defer s.done()
	at := s.need("from")
	if at == nil {
		return
	}
	name, ok := b.textOf(at, "the directory of a run")
	if !ok {
		return
	}
	if b.marching != nil {
		b.fail(n, "windows begin where the one before has ended, so init has no place here; leave out one of the two")
		return
	}
	dir := name
	if !filepath.IsAbs(dir) {
		if dir = filepath.Join(b.dir, name); !isFolder(dir) && isFolder(name) {
			dir = name
		}
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		b.fail(at, "%v", err)
		return
	}
	b.p.From, at.Text = dir, dir
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// Start gives a solver of the problem what a solver of another one has found, for functions and numbers of the same names, and notes in
// Choice what that is.
func (p *Problem) Start(ctx context.Context, s *crux.Solver, from *Problem, found *crux.Solver, name string) error {
	b := auto.Start{From: found, Name: name, Domain: p.geometry, Fields: map[*ph.Field]*ph.Field{}, Numbers: map[*ph.Param]*ph.Param{}}
	theirs := from.networks()
	for _, f := range p.networks() {
		if i := slices.IndexFunc(theirs, func(g *ph.Field) bool { return g.Name() == f.Name() }); i >= 0 {
			b.Fields[f] = theirs[i]
		} else {
			p.Choice.Decisions = append(p.Choice.Decisions, auto.Decision{
				What: f.Name() + " starts at random", Why: name + " has no function of this name",
			})
		}
	}
	for _, k := range p.Params {
		if i := slices.IndexFunc(from.Params, func(q *ph.Param) bool { return q.Path() == k.Path() }); i >= 0 {
			b.Numbers[k] = from.Params[i]
		}
	}
	said, err := b.Apply(ctx, s, p.Crux, p.Options)
	p.Choice.Decisions = append(p.Choice.Decisions, said...)
	return err
}

// networks are the unknown functions of the problem, in the order in which its constraints name them.
func (p *Problem) networks() (list []*ph.Field) {
	for _, c := range p.Conditions {
		for _, f := range ph.Occurring[*ph.Field](c.Residual) {
			if !slices.Contains(list, f) {
				list = append(list, f)
			}
		}
	}
	return list
}
