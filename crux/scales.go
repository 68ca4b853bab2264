package crux

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"

	ph "github.com/crux-pinn/crux/placeholder"
)

// Scale is how large the residual of a constraint is at the current parameters, and how large the terms are of which it is the
// sum. At step 0 it says whether the constraints of a problem, and the terms of an equation, are of comparable size.
type Scale struct {
	Name  string  // of the constraint
	RMS   float64 // root mean square over points and components, before it is divided by Constraint.Scale
	Terms []Term  // in the order in which they are written; one if the residual is no sum
}

// Term is a summand of a residual.
type Term struct {
	Text string
	RMS  float64
}

// Scales measures the residuals of all constraints and their terms at the current parameters and points. It computes no
// gradient and changes nothing.
func (s *Solver) Scales() ([]Scale, error) {
	if s.closed {
		return nil, errClosed
	}
	var list []Scale
	for i, c := range s.constraints {
		residual := c.stated
		terms := summands(residual, nil)
		ev, err := s.compileOn(ph.Concat(append(terms[:len(terms):len(terms)], residual)...), s.plan.group(i).cloud)
		if err != nil {
			return nil, fmt.Errorf("crux: constraint %q: %w", c.name, err)
		}
		v, err := ev.Eval()
		if err != nil {
			return nil, fmt.Errorf("crux: constraint %q: %w", c.name, err)
		}
		rows, _ := v.Dims()
		at := 0
		size := func(e ph.Expr) float64 {
			norm := 0.0
			for n := range rows {
				norm = math.Hypot(norm, floats.Norm(v.RawRowView(n)[at:at+e.Dim()], 2))
			}
			at += e.Dim()
			return norm / math.Sqrt(float64(rows*e.Dim()))
		}
		sc := Scale{Name: c.name}
		for _, t := range terms {
			sc.Terms = append(sc.Terms, Term{t.String(), size(t)})
		}
		sc.RMS = size(residual)
		list = append(list, sc)
	}
	return list, nil
}

// summands are the terms of a sum or difference, without their signs.
func summands(e ph.Expr, list []ph.Expr) []ph.Expr {
	switch e.Op() {
	case ph.OpAdd, ph.OpSub, ph.OpNeg:
		for _, a := range e.Args() {
			list = summands(a, list)
		}
		return list
	}
	return append(list, e)
}

// Scaled is the residual divided by Scale.
func (c Constraint) Scaled() ph.Expr {
	if c.Residual == nil || c.Scale == 0 || c.Scale == 1 {
		return c.Residual
	}
	return c.Residual.Scale(1 / c.Scale)
}
