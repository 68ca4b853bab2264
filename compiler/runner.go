package compiler

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"github.com/crux-pinn/crux/internal/exec"
	"github.com/crux-pinn/crux/internal/graph"
	"github.com/crux-pinn/crux/internal/kern"
	ph "github.com/crux-pinn/crux/placeholder"
)

// variant names one graph of a program. Graphs are built when they are first asked for.
type variant struct {
	kind      variantKind
	index     int // of the residual
	component int // of the residual
}

type variantKind uint8

const (
	vLosses     variantKind = iota // losses
	vGradient                      // losses and the gradient of their weighted sum
	vGradientOf                    // gradient of one loss
	vHVP                           // Hessian of the weighted sum times a vector
	vRows                          // values of one residual
	vHoists                        // values that depend on the points alone
	vJacobian                      // derivatives of one component of one residual, row by row
)

// built is the graph of a variant and what its inputs and results mean.
type built struct {
	spec     exec.Spec
	inputs   inputs
	seeds    int   // inputs after the parameters: one for each residual that is seeded
	tangents bool  // inputs after the seeds: one for each parameter
	losses   int   // results before the gradient: one for each residual
	grads    []int // parameter of each further result
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
	e := newEmitter(g, t, s, v.kind != vLosses && v.kind != vRows && v.kind != vHoists)
	b := &built{}
	b.spec.Graph = g
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
	b.spec.Points = e.inputs.points
	b.spec.Params = append(append(gorgonia.Nodes{}, e.inputs.params...), b.spec.Params...)
	return b, nil
}

// rows emits v as a value with one row for each point.
func (e *emitter) rows(v *value) (*gorgonia.Node, error) {
	return e.region(v.dim, true, []*value{v}, nil, 1<<30)
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
	losses := make(gorgonia.Nodes, last-first)
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
		var sums []*value
		for _, i := range byWidth[w] {
			rho, err := p.group.Residuals[i].Loss.pointwise(t, t.roots[i])
			if err != nil {
				return err
			}
			if p.group.Weighted {
				rho = t.mul(rho, t.add(value{op: opColumn, dim: 1, ref: weightColumn}))
			}
			sums = append(sums, rho)
		}
		n, err := e.region(w, true, nil, sums, 1<<30)
		if err != nil {
			return err
		}
		stashed := e.g.Dims(n).Channels
		for k, i := range byWidth[w] {
			if losses[i-first], err = e.g.Slots(n, stashed+k, stashed+k+1); err != nil {
				return err
			}
		}
	}
	if v.kind != vGradientOf && v.kind != vHVP {
		b.spec.Sums = losses
		b.losses = len(losses)
	}
	if v.kind == vLosses {
		return nil
	}
	seeds := make(gorgonia.Nodes, len(losses))
	for k, n := range losses {
		seeds[k] = e.g.Input(fmt.Sprintf("seed/%d", k), e.g.Dims(n))
	}
	b.seeds = len(seeds)
	b.spec.Params = seeds
	var wrt gorgonia.Nodes
	var params []int
	for k, q := range e.inputs.paramRef {
		if !q.Fixed() {
			wrt = append(wrt, e.inputs.params[k])
			params = append(params, k)
		}
	}
	grads, err := e.g.Grad(losses, seeds, wrt)
	if err != nil {
		return err
	}
	if v.kind == vHVP {
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
	for k, n := range grads {
		if n != nil {
			b.spec.Sums = append(b.spec.Sums, n)
			b.grads = append(b.grads, params[k])
		}
	}
	return nil
}

// typedRunner runs the variants of a program in one element type.
type typedRunner[T kern.Float] struct {
	p       *Program
	ready   map[variant]*ready[T]
	columns map[any][]T // coordinate, column name, normal, weights
	hoisted [][]T
}

// ready is a variant with its machine and the slices that bind it.
type ready[T kern.Float] struct {
	*built
	machine *exec.Machine[T]
	points  [][]T
	params  [][]T
	own     [][]T // memory behind params, for element types other than float64
	sums    [][]float64
	rows    [][]T
	stale   bool // the points have changed
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

func (r *typedRunner[T]) work(v variant) (Work, error) {
	q, err := r.variant(v)
	if err != nil {
		return Work{}, err
	}
	return Work{Flops: q.machine.Flops(), Bytes: q.machine.Bytes(), Chunk: q.machine.Chunk()}, nil
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
	m, err := exec.New[T](r.p.pool, b.spec)
	if err != nil {
		return nil, err
	}
	q := &ready[T]{built: b, machine: m, stale: true}
	q.points = make([][]T, len(b.spec.Points))
	q.params = make([][]T, len(b.spec.Params))
	q.own = make([][]T, len(b.spec.Params))
	q.sums = make([][]float64, len(b.spec.Sums))
	q.rows = make([][]T, len(b.spec.Rows))
	for k, n := range b.spec.Params {
		q.own[k] = make([]T, b.spec.Graph.Dims(n).Len(0))
	}
	r.ready[v] = q
	return q, nil
}

func (r *typedRunner[T]) eval(v variant, theta, fixed, seeds, tangents []float64, sums, rows [][]float64) error {
	q, err := r.variant(v)
	if err != nil {
		return err
	}
	if err := r.bindInputs(q, theta, fixed); err != nil {
		return err
	}
	layout := r.p.layout
	at := len(q.inputs.paramRef)
	for k := range q.seeds {
		s := q.own[at+k]
		for i := range s {
			s[i] = T(seeds[k])
		}
		q.params[at+k] = s
	}
	at += q.seeds
	if q.tangents {
		for _, p := range q.inputs.paramRef {
			if i := layout.at[p]; i >= 0 {
				e := &layout.entries[i]
				bind(q, at, tangents[e.Offset:e.Offset+e.Len])
				at++
			}
		}
	}
	copy(q.sums, sums[:q.losses])
	if len(q.grads) > 0 {
		dst := sums[q.losses]
		for k, i := range q.grads {
			e := &layout.entries[layout.at[q.inputs.paramRef[i]]]
			q.sums[q.losses+k] = dst[e.Offset : e.Offset+e.Len]
		}
	}
	for k := range q.rows {
		if d, ok := any(rows[k]).([]T); ok {
			q.rows[k] = d
		} else if len(q.rows[k]) != len(rows[k]) {
			q.rows[k] = make([]T, len(rows[k]))
		}
	}
	q.machine.Run(r.p.n, q.points, q.params, q.sums, q.rows)
	for k := range q.rows {
		if _, ok := any(rows[k]).([]T); !ok {
			for i, x := range q.rows[k] {
				rows[k][i] = float64(x)
			}
		}
	}
	return nil
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
	if d, ok := any(v).([]T); ok {
		q.params[k] = d
		return
	}
	d := q.own[k]
	for i, x := range v {
		d[i] = T(x)
	}
	q.params[k] = d
}
