package compiler

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"github.com/crux-pinn/crux/internal/exec"
	"github.com/crux-pinn/crux/internal/kern"
	ph "github.com/crux-pinn/crux/placeholder"
)

// typedRunner runs the variants of a program in one element type.
type typedRunner[T kern.Float] struct {
	p       *Program
	ready   map[variant]*ready[T]
	columns map[any][]T // coordinate, column name, normal, weights
	hoisted [][]T
	normalScratch[T]
	kernelScratch[T]
}

// ready is a variant with the machine that runs it and the slices that bind it.
type ready[T kern.Float] struct {
	*built
	exec.Operands[T]
	vm     gorgonia.VM
	points [][]T // inputs for all points, of which a sweep takes a part
	own    [][]T // memory behind Params, for element types other than float64
	stale  bool  // the points have changed
}

func newRunner[T kern.Float](p *Program) runner {
	return &typedRunner[T]{p: p, ready: map[variant]*ready[T]{}, columns: map[any][]T{}}
}

type normalKey struct{ c *ph.Coord }

func (r *typedRunner[T]) setPoints(b Batch) {
	g := r.p.group
	d := len(g.Coords)
	column := func(key any, n int, at func(i int) float64) {
		c := r.columns[key]
		if len(c) != n {
			c = make([]T, n)
		}
		for i := range c {
			c[i] = T(at(i))
		}
		r.columns[key] = c
	}
	for k, c := range g.Coords {
		column(c, b.N, func(i int) float64 { return b.X[i*d+k] })
		if g.Normals {
			column(normalKey{c}, b.N, func(i int) float64 { return b.Normals[i*d+k] })
		}
	}
	for _, name := range g.Columns {
		data := b.Columns[name]
		column(name, b.N, func(i int) float64 { return data[i] })
	}
	for i, q := range g.Residuals {
		if q.ByPoint {
			column(pointColumn(i), b.N, func(int) float64 { return 1 })
		}
	}
	if g.Weighted {
		column(weightColumn, b.N, func(i int) float64 { return b.Weights[i] })
	}
	for _, v := range r.ready {
		v.stale = true
	}
}

// column is what fills a point input.
func (r *typedRunner[T]) column(in pointInput) []T {
	switch in.op {
	case opCoord:
		return r.columns[in.ref.(*ph.Coord)]
	case opNormal:
		return r.columns[normalKey{in.ref.(*ph.Coord)}]
	case opColumn:
		return r.columns[in.ref.(string)]
	}
	return r.hoisted[in.k]
}

func (r *typedRunner[T]) setHoists(rows [][]float64) {
	r.hoisted = make([][]T, len(rows))
	for k, x := range rows {
		if same, ok := any(x).([]T); ok {
			r.hoisted[k] = same
			continue
		}
		r.hoisted[k] = make([]T, len(x))
		for i, v := range x {
			r.hoisted[k][i] = T(v)
		}
	}
	for _, v := range r.ready {
		v.stale = true
	}
}

func (r *typedRunner[T]) build(v variant) (*built, error) {
	q, err := r.variant(v)
	if err != nil {
		return nil, err
	}
	return q.built, nil
}

func (r *typedRunner[T]) graphs() int { return len(r.ready) }

func (r *typedRunner[T]) work(v variant) (Work, error) {
	q, err := r.variant(v)
	if err != nil {
		return Work{}, err
	}
	m, ok := q.vm.(*exec.Machine[T])
	if !ok {
		if m, err = exec.New(r.p.pool, q.spec, &q.Operands); err != nil {
			return Work{}, err
		}
	}
	return Work{Flops: m.Flops(), Bytes: m.Bytes(), Chunk: m.Chunk()}, nil
}

func (r *typedRunner[T]) variant(v variant) (*ready[T], error) {
	if q, ok := r.ready[v]; ok {
		return q, nil
	}
	var t T
	_, single := any(t).(float32)
	b, err := r.p.assemble(v, graphPoints, single)
	if err != nil {
		return nil, err
	}
	q := &ready[T]{built: b, stale: true}
	if r.p.reference {
		q.vm = exec.NewReference(func(n int) (exec.Spec, error) {
			b, err := r.p.assemble(v, n, single)
			if err != nil {
				return exec.Spec{}, err
			}
			return b.spec, nil
		}, &q.Operands)
	} else if q.vm, err = exec.New(r.p.pool, b.spec, &q.Operands); err != nil {
		return nil, err
	}
	q.points = make([][]T, len(b.spec.Points))
	q.Points = make([][]T, len(b.spec.Points))
	q.Params = make([][]T, len(b.spec.Params))
	q.own = make([][]T, len(b.spec.Params))
	q.Sums = make([][]float64, len(b.spec.Sums))
	q.Rows = make([][]T, len(b.spec.Rows))
	q.Strides = make([]int, len(b.spec.Rows))
	for k, n := range b.spec.Params {
		q.own[k] = make([]T, n.Shape().TotalSize())
	}
	r.ready[v] = q
	return q, nil
}

func (r *typedRunner[T]) eval(v variant, o operands) error {
	q, err := r.variant(v)
	if err != nil {
		return err
	}
	if err := r.bindInputs(q, o.theta, o.fixed); err != nil {
		return err
	}
	layout := r.p.layout
	at := len(q.inputs.paramRef)
	for k := range q.seeds {
		s := q.own[at+k]
		for i := range s {
			s[i] = T(o.seeds[k])
		}
		q.Params[at+k] = s
	}
	at += q.seeds
	if q.tangents {
		for _, p := range q.inputs.paramRef {
			if i := layout.at[p]; i >= 0 {
				e := &layout.entries[i]
				bind(q, at, o.tangents[e.Offset:e.Offset+e.Len])
				at++
			}
		}
	}
	for k, u := range o.cotangents {
		c := &q.points[len(q.inputs.pointRef)+k]
		*c = converted(*c, u)
	}
	copy(q.Sums, o.sums[:q.losses])
	if len(q.grads) > 0 {
		dst := o.sums[q.losses]
		for k, i := range q.grads {
			e := &layout.entries[layout.at[q.inputs.paramRef[i]]]
			q.Sums[q.losses+k] = dst[e.Offset : e.Offset+e.Len]
		}
	}
	rows := o.rows
	for k := range q.Rows {
		if d, ok := any(rows[k]).([]T); ok {
			q.Rows[k] = d
		} else if len(q.Rows[k]) != len(rows[k]) {
			q.Rows[k] = make([]T, len(rows[k]))
		}
	}
	if err := r.sweep(q, 0, r.p.n); err != nil {
		return err
	}
	for k := range q.Rows {
		if _, ok := any(rows[k]).([]T); !ok {
			for i, x := range q.Rows[k] {
				rows[k][i] = float64(x)
			}
		}
	}
	return nil
}

// sweep runs a variant over n points from first on.
func (r *typedRunner[T]) sweep(q *ready[T], first, n int) error {
	q.N = n
	for k, x := range q.points {
		per := len(x) / r.p.n
		q.Points[k] = x[first*per : (first+n)*per]
	}
	return q.vm.RunAll()
}

// converted is v in the element type of the runner: v itself, or a copy in the memory of old.
func converted[T kern.Float](old []T, v []float64) []T {
	if same, ok := any(v).([]T); ok {
		return same
	}
	if len(old) != len(v) {
		old = make([]T, len(v))
	}
	for i, x := range v {
		old[i] = T(x)
	}
	return old
}

// bindInputs gives a variant its points and parameters.
func (r *typedRunner[T]) bindInputs(q *ready[T], theta, fixed []float64) error {
	if r.p.n == 0 {
		return fmt.Errorf("compiler: group %q: SetPoints comes first", r.p.group.Name)
	}
	if q.stale {
		for k, in := range q.inputs.pointRef {
			q.points[k] = r.column(in)
		}
		q.stale = false
	}
	layout := r.p.layout
	for k, p := range q.inputs.paramRef {
		i := layout.at[p]
		if i >= 0 {
			e := &layout.entries[i]
			bind(q, k, theta[e.Offset:e.Offset+e.Len])
		} else {
			e := &layout.fixed[-1-i]
			bind(q, k, fixed[e.Offset:e.Offset+e.Len])
		}
	}
	return nil
}

// bind gives parameter input k its value, without a copy where the element types agree.
func bind[T kern.Float](q *ready[T], k int, v []float64) {
	q.Params[k] = converted(q.own[k], v)
}
