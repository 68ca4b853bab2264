package trackers

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	ph "github.com/crux-pinn/crux/placeholder"
)

// ErrorMap is where the error that Error estimates for a function lies: in the notation there, at a point x
//
//	η(x)² = (F(x)·d)² + (η_left · t(x)/‖t‖)²
//
// with the change d that the network could still repair; and of what it cannot, η_left² = (C‖s‖)² + (c‖n‖)², as it spreads where residuals
// in random directions move the function: t(x) is the root mean square of F(x)·δ over changes δ that repair these. Both parts have over the
// domain the root mean square that Error gives, at most that of the function itself.
//
// It is measured by crux.Solver.Measure, at the parameters of the moment:
//
//	m := &trackers.ErrorMap{Of: trackers.Quantity{Name: "u", Expr: u}, At: square.Grid(51)}
//	err := solver.Measure(ctx, m) // m.Values
//
// The first measurement costs what one of Error does, further ones, at other points and the same parameters, only derivatives there.
type ErrorMap struct {
	Of   Quantity
	At   *domain.Points // where
	Seed uint64         // of the points of Error

	Values []float64 // absolute, at these points; NaN where no equation contains the function

	parts *errorParts
}

// errorParts are what errors at points are made of.
type errorParts struct {
	changes *mat.Dense // a column each: d, and the changes that random residuals ask for
	left    float64    // η_left/‖t‖
}

// spreads is the number of random directions behind t. It is known to a tenth with these.
const spreads = 50

// mapRows is the number of points at a time.
const mapRows = 1000

// OnSolveBegin implements crux.Callback.
func (*ErrorMap) OnSolveBegin(context.Context, *crux.Run) error { return nil }

// OnStep implements crux.Callback.
func (m *ErrorMap) OnStep(ctx context.Context, s *crux.Step) error {
	if m.Of.Expr.Dim() != 1 {
		return fmt.Errorf("trackers: the map of %s: it has %d components; take one of them", m.Of.Name, m.Of.Expr.Dim())
	}
	if m.parts == nil {
		var err error
		if m.parts, err = (&Error{Of: []Quantity{m.Of}, Seed: m.Seed}).partsOf(ctx, s.Run, m.Of); err != nil {
			return err
		}
	}
	at, err := m.At.Draw(nil)
	if err != nil {
		return err
	}
	m.Values = m.Values[:0]
	for from := 0; from < at.Len(); from += mapRows {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(mapRows, at.Len()-from)
		wide := len(at.Coords)
		few, err := domain.At(at.Coords, at.X[from*wide:(from+n)*wide]).Draw(nil)
		if err != nil {
			return err
		}
		v, err := m.parts.at(s.Run, m.Of, few)
		if err != nil {
			return err
		}
		m.Values = append(m.Values, v...)
	}
	return nil
}

// partsOf measures a function as Estimate does, and keeps what its error consists of.
func (t *Error) partsOf(ctx context.Context, run *crux.Run, q Quantity) (*errorParts, error) {
	held, err := t.heldOut(run)
	if err != nil {
		return nil, err
	}
	sets := t.withTrained(run, held)
	m, err := t.linear(ctx, run, sets)
	if err != nil {
		return nil, err
	}
	f, err := t.function(run, q, sets)
	if err != nil {
		return nil, err
	}
	p := &errorParts{left: math.NaN(), changes: mat.NewDense(run.Parameters(), 1+spreads, nil)}
	if f == nil {
		return p, nil // no equation contains it
	}
	m.functions = []*function{f}
	e, err := m.of(f)
	if err != nil {
		return nil, err
	}
	v := ErrorValue{Fields: []FieldError{e}}
	if err := m.settle(v); err != nil {
		return nil, err
	}
	e = v.Fields[0]
	most := 1.0
	if abs := math.Hypot(e.Repairable, e.Left); abs > e.Size {
		most = e.Size / abs
	}
	floats.Scale(most, m.repair)
	p.changes.SetCol(0, m.repair)
	rng := t.stream(run, "map/"+q.Name)
	even := m.even()
	residual := make([]float64, len(even))
	change := make([]float64, run.Parameters())
	for k := range spreads {
		for i, size := range even {
			residual[i] = size * rng.NormFloat64()
		}
		if err := m.tangent.Change(change, residual, fineEps); err != nil {
			return nil, err
		}
		p.changes.SetCol(1+k, change)
	}
	var spread mat.Dense // F has root mean squares as norms
	spread.Mul(f.by, p.changes.Slice(0, run.Parameters(), 1, 1+spreads))
	p.left = 0
	if norm := mat.Norm(&spread, 2) / math.Sqrt(spreads); norm > 0 {
		p.left = most * e.Left / norm
	}
	return p, nil
}

// at is the error at points.
func (p *errorParts) at(run *crux.Run, q Quantity, at *domain.Cloud) ([]float64, error) {
	ev, err := run.CompileGradient(ph.ParamGrad(q.Expr, nil), at, crux.ForJacobian)
	if err != nil {
		return nil, err
	}
	f, err := ev.Jacobian()
	if err != nil {
		return nil, err
	}
	var all mat.Dense
	all.Mul(f, p.changes)
	values := make([]float64, at.Len())
	for i := range values {
		row := all.RawRowView(i)
		values[i] = math.Hypot(row[0], p.left*floats.Norm(row[1:], 2)/math.Sqrt(spreads))
	}
	return values, nil
}
