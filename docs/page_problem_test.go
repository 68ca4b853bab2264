package docs_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers"
	"github.com/crux-pinn/crux/weights"
)

// page is a problem on which every default shows: it has more points than a kernel has rows, which move, more parameters than
// Lanczos makes iterations, and a constraint with zero gradient.
type page struct {
	problem       crux.Problem
	u             ph.Expr
	x             *ph.Coord
	inside, other *domain.Points
}

func newPage() *page {
	x, y := ph.Coords2("x", "y")
	box := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
	u := ph.NewField("u", net.MLP{Hidden: []int{6, 6}}, x, y)
	p := &page{u: u, x: x, inside: box.Interior(300).Every(1), other: box.Interior(11)}
	p.problem = crux.Problem{Name: "page", Constraints: []crux.Constraint{
		{Name: "pde", Residual: ph.Laplacian(u, x, y).Add(ph.Const(1)), On: p.inside},
		{Name: "bc", Residual: u, On: box.Boundary(20), Weight: 10},
		{Name: "given", Residual: x.Sub(y), On: box.Interior(5)},
	}}
	return p
}

// owner is a new value of a type whose fields the table lists, with what it needs.
func (p *page) owner(name string) any {
	switch name {
	case "GradientNorms":
		return &trackers.GradientNorms{}
	case "CosSimilarity":
		return &trackers.CosSimilarity{}
	case "GradientAlignment":
		return &trackers.GradientAlignment{}
	case "ResidualStats":
		return &trackers.ResidualStats{}
	case "InputSensitivity":
		return &trackers.InputSensitivity{Expr: p.u.D(p.x), On: p.other}
	case "NTKSpectrum":
		return &trackers.NTKSpectrum{Grad: ph.ParamGrad(p.u, nil), On: p.inside}
	case "HessianSpectrum":
		return &trackers.HessianSpectrum{}
	case "LossLandscape":
		return &trackers.LossLandscape{}
	case "Error":
		return &trackers.Error{}
	case "GradientNormBalanced":
		return &weights.GradientNormBalanced{Norms: &trackers.GradientNorms{Interval: 1}}
	case "NTKBalanced", "NewNTKBalanced":
		p.problem.Constraints = p.problem.Constraints[:2] // the third has no kernel
		var traces []weights.TraceSource
		for i, c := range p.problem.Constraints {
			traces = append(traces, &trackers.NTKSpectrum{Grad: ph.ParamGrad(c.Residual, nil), On: c.On, Interval: 1, Points: 4 + i})
		}
		if name == "NTKBalanced" {
			return &weights.NTKBalanced{Traces: traces}
		}
		return weights.NewNTKBalanced(traces...)
	case "Checkpoint":
		return &callbacks.Checkpoint{}
	case "EarlyStopping":
		return &callbacks.EarlyStopping{Patience: 1 << 30}
	}
	return nil
}

// whole are the types of which every option has a row.
var whole = []string{
	"GradientNorms", "CosSimilarity", "GradientAlignment", "ResidualStats", "InputSensitivity", "NTKSpectrum", "HessianSpectrum", "LossLandscape",
	"GradientNormBalanced", "NTKBalanced",
}

// observe is all that can be seen of a run with an owner.
func (p *page) observe(t *testing.T, owner any, steps int) (string, error) {
	t.Helper()
	o := crux.Options{Seed: 1, Workers: 1}
	var cs []crux.Callback
	dir := t.TempDir()
	switch v := owner.(type) {
	case weights.Scheme:
		o.Weights = v
		if s, ok := v.(weights.Sourced); ok {
			for _, c := range s.Sources() {
				if c, ok := c.(crux.Callback); ok {
					cs = append(cs, c)
				}
			}
		}
	case *callbacks.Checkpoint:
		v.Dir = dir
		cs = append(cs, v)
	case crux.Callback:
		cs = append(cs, v)
	}
	s, err := crux.New(p.problem, o)
	if err != nil {
		return "", err
	}
	defer s.Close() //nolint:errcheck // it only ends workers
	res, err := s.Solve(context.Background(), steps, cs...)
	if err != nil {
		if s.Epoch() != 0 {
			err = fmt.Errorf("only after %d steps: %w", s.Epoch(), err)
		}
		return "", err
	}
	seen := fmt.Sprint(res.Status, res.Steps, res.Weights, s.Theta())
	if tr, ok := owner.(trackers.Tracker); ok {
		seen += fmt.Sprint(tr.Arrays())
	}
	files, err := os.ReadDir(dir)
	for _, f := range files {
		seen += f.Name()
	}
	return seen, err
}
