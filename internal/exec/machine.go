package exec

import (
	"fmt"
	"unsafe"

	"gorgonia.org/gorgonia"

	"github.com/crux-pinn/crux/internal/graph"
	"github.com/crux-pinn/crux/internal/kern"
	"github.com/crux-pinn/crux/internal/team"
)

// Operands are what a sweep reads and writes: N points, N rows of each input Spec.Points, the value of each Spec.Params. Sums
// receive Spec.Sums and Rows the N rows of Spec.Rows; any of them may be nil. Strides say which of Rows are part of a wider
// matrix: this many elements lie between consecutive points. 0, or no entry, is for points that lie side by side, channel after
// channel. A sweep with Strides is not divided among the ranks of a team: who lays out a matrix also divides it.
type Operands[T kern.Float] struct {
	N              int
	Points, Params [][]T
	Sums           [][]float64
	Rows           [][]T
	Strides        []int
}

// check reports operands that a graph with these inputs cannot work on.
func (o *Operands[T]) check(s *Spec) error {
	if len(o.Points) != len(s.Points) || len(o.Params) != len(s.Params) {
		return fmt.Errorf("exec: %d point inputs and %d parameters bound, the graph has %d and %d",
			len(o.Points), len(o.Params), len(s.Points), len(s.Params))
	}
	if o.N < 1 {
		return fmt.Errorf("exec: a sweep over %d points", o.N)
	}
	return nil
}

// stride is how many elements lie between consecutive points of Rows[k], whose points have length elements.
func (o *Operands[T]) stride(k, length int) int {
	if k < len(o.Strides) && o.Strides[k] > 0 {
		return o.Strides[k]
	}
	return length
}

var _ gorgonia.VM = (*Machine[float64])(nil)

// Machine runs one graph on its operands: RunAll makes one sweep. It is not safe for concurrent use; machines that share a pool
// take turns.
type Machine[T kern.Float] struct {
	*plan
	*Operands[T]
	pool    *Pool
	workers []*worker[T]
	packed  []kern.Packed[T]
	global  [][]T              // values without points: parameters, and what is computed before and after the chunks
	adder   adder[T]           // of the slabs' accumulators
	outside [2][]*laneState[T] // lanes of the steps before and after the chunks
	points  []int              // value index of each point input, or −1 if it is not needed
	params  []int
	sums    []int
	rows    []int
	stamp   uint64
	ins     [][]T // operands of a step outside the chunks

	// of the current sweep
	slabCount int
	own       team.Node // slabs of this process
	onSlab    func(w, task int)
}

// New plans a machine whose workers are those of the pool.
func New[T kern.Float](pool *Pool, s Spec, o *Operands[T]) (*Machine[T], error) {
	var zero T
	p, err := newPlan(s, int(unsafe.Sizeof(zero)))
	if err != nil {
		return nil, err
	}
	m := &Machine[T]{plan: p, Operands: o, pool: pool, packed: make([]kern.Packed[T], len(p.packs)), global: make([][]T, len(p.values))}
	index := map[*gorgonia.Node]int{}
	for i, n := range p.values {
		index[n] = i
	}
	find := func(ns gorgonia.Nodes) []int {
		at := make([]int, len(ns))
		for k, n := range ns {
			i, ok := index[n]
			if !ok {
				i = -1
			}
			at[k] = i
		}
		return at
	}
	m.points, m.params, m.sums, m.rows = find(s.Points), find(s.Params), find(s.Sums), find(s.Rows)
	for i, n := range p.values {
		if n.Op() != nil && p.phase[i] != chunk && p.place[i].base == i {
			m.global[i] = kern.AlignedSlice[T](p.dims[i].Len(0))
		}
		if holdsValue(n) {
			copy(m.global[i], graph.Data[T](n.Value()))
		}
	}
	for range pool.Workers() {
		m.workers = append(m.workers, m.newWorker())
	}
	for k, steps := range [2][]step{p.early, p.late} {
		for _, st := range steps {
			var l *laneState[T]
			if st.lanes != nil {
				l = newLaneState[T](st.lanes)
			}
			m.outside[k] = append(m.outside[k], l)
		}
	}
	widest := 0
	for _, steps := range [2][]step{p.early, p.late} {
		for _, st := range steps {
			widest = max(widest, len(st.in))
		}
	}
	m.ins = make([][]T, widest)
	m.onSlab = m.slab
	for _, v := range p.accums {
		m.adder.lengths = append(m.adder.lengths, p.dims[v].Len(0))
	}
	pool.planned++
	return m, nil
}

func (m *Machine[T]) newWorker() *worker[T] {
	w := &worker[T]{values: make([][]T, len(m.values)), acc: make([][]T, len(m.values)), scratch: make([]T, m.scratch)}
	for _, n := range m.buffers {
		w.buffers = append(w.buffers, kern.AlignedSlice[T](n))
	}
	widest := 0
	for _, st := range m.steps {
		var l *laneState[T]
		if st.lanes != nil {
			l = newLaneState[T](st.lanes)
		}
		w.lanes = append(w.lanes, l)
		widest = max(widest, len(st.in))
	}
	w.ins = make([][]T, widest)
	return w
}

// Bytes is the memory of one worker: its chunk's values and the lanes of its programs.
func (m *Machine[T]) Bytes() int {
	n := m.scratch
	for _, b := range m.buffers {
		n += b
	}
	for _, st := range m.steps {
		if c := st.lanes; c != nil {
			n += (c.lanes + len(c.sums)) * c.rows * c.width
		}
	}
	var t T
	return n * int(unsafe.Sizeof(t))
}

// Flops is the number of floating-point operations of the products for each point, two for each multiplication and
// addition.
func (m *Machine[T]) Flops() int {
	n := 0
	for _, st := range m.steps {
		if o := st.op; o.Code == graph.MatMul {
			n += 2 * o.In[0].Channels * o.In[0].Width * o.Out.Width
		}
	}
	return n
}

// Chunk is the number of points that a worker takes at a time.
func (m *Machine[T]) Chunk() int { return m.cap }

// RunAll makes one sweep over the points.
func (m *Machine[T]) RunAll() error {
	if err := m.check(&m.spec); err != nil {
		return err
	}
	m.slabCount = Slabs(m.N)
	m.own = team.Node{Lo: 0, Hi: m.slabCount}
	t := m.pool.Team
	divided := team.Divides(t, m.slabCount) && len(m.Strides) == 0
	if divided {
		m.own = team.Range(m.slabCount, t.Rank(), t.Size())
	}
	m.stamp++
	for k, v := range m.params {
		if v >= 0 {
			m.global[v] = m.Params[k]
		}
	}
	m.once(m.early, m.outside[0])
	for k, q := range m.packs {
		d := m.dims[q.value]
		rows, cols := d.Rows, d.Width
		if q.trans {
			rows, cols = cols, rows
		}
		m.packed[k].Pack(m.at(nil, q.value, 0), rows, cols, q.trans)
	}
	m.adder.begin(m.slabCount, m.own)
	m.pool.Run(m.own.Hi-m.own.Lo, m.onSlab)
	if len(m.accums) > 0 {
		total, err := m.adder.total(t, divided)
		if err != nil {
			return err
		}
		for k, v := range m.accums {
			copy(m.global[v], total.at[k])
		}
		m.adder.release(total)
	}
	if divided {
		for k, v := range m.rows {
			if v < 0 || m.Rows == nil || m.Rows[k] == nil {
				continue
			}
			if err := team.Rows(t, m.slabCount, m.N, m.dims[v].Channels*m.dims[v].Width, m.Rows[k]); err != nil {
				return err
			}
		}
	}
	m.once(m.late, m.outside[1])
	for k, v := range m.sums {
		if m.Sums == nil || m.Sums[k] == nil || v < 0 {
			continue
		}
		for i, x := range m.at(nil, v, 0) {
			m.Sums[k][i] = float64(x)
		}
	}
	return nil
}

// Reset does nothing: every sweep starts from its operands.
func (m *Machine[T]) Reset() {}

// Close does nothing: the pool owns the goroutines.
func (m *Machine[T]) Close() error { return nil }

// at is the memory of value v: of worker w's chunk of n points, or the global one.
func (m *Machine[T]) at(w *worker[T], v, n int) []T {
	q := m.place[v]
	var base []T
	if m.phase[q.base] == chunk {
		base = w.values[q.base]
	} else {
		base = m.global[q.base]
	}
	if q.base == v {
		return base
	}
	return base[m.dims[q.base].Offset(q.slot, n):][:m.dims[v].Len(n)]
}

// once runs steps that do not depend on the chunk.
func (m *Machine[T]) once(steps []step, lanes []*laneState[T]) {
	ws := &m.workers[0].ws
	for k := range steps {
		st := &steps[k]
		ins := m.ins[:len(st.in)]
		for j, v := range st.in {
			if m.phase[m.place[v].base] == chunk {
				ins[j] = nil // a patch that was added up chunk by chunk
				continue
			}
			ins[j] = m.at(nil, v, 0)
		}
		out := m.global[st.out]
		o := st.op
		switch o.Code {
		case graph.MatMul:
			a, b := o.In[0], o.In[1]
			rows, inner := a.Rows, a.Width
			if o.TransA {
				rows, inner = inner, rows
			}
			kern.GemmFull(out, o.Out.Width, ins[0], a.Width, o.TransA, ins[1], b.Width, o.TransB, rows, o.Out.Width, inner, false, ws)
		case graph.Pointwise:
			runLanes(st.lanes, lanes[k], o.In, ins, out, 1, m.stamp)
		case graph.Assemble:
			if st.skip == nil {
				clear(out)
			}
			assemble(st, out, ins, 1)
		case graph.Sum:
			copy(out, ins[0])
			for _, v := range ins[1:] {
				kern.AddTo(out, v[:len(out)])
			}
		}
	}
}

// slab runs the chunks of one slab of this process: points that lie side by side, so that the division is the same for any number of
// workers.
func (m *Machine[T]) slab(wi, task int) {
	w, slab := m.workers[wi], m.own.Lo+task
	var acc accumulators[T]
	if len(m.accums) > 0 {
		acc = m.adder.take()
		for k, v := range m.accums {
			w.acc[v] = acc.at[k]
		}
	}
	lo, hi := team.Leaf(m.N, m.slabCount, slab), team.Leaf(m.N, m.slabCount, slab+1)
	chunks := (hi - lo + m.cap - 1) / m.cap
	for c := range chunks {
		// chunks of equal size up to one point: no short tail
		first, end := lo+(hi-lo)*c/chunks, lo+(hi-lo)*(c+1)/chunks
		m.chunk(w, first, end-first)
	}
	if len(m.accums) > 0 {
		m.adder.settle(team.Node{Lo: slab, Hi: slab + 1}, acc)
	}
}

func (m *Machine[T]) chunk(w *worker[T], first, n int) {
	for k, v := range m.points {
		if v >= 0 {
			width := m.dims[v].Width
			w.values[v] = m.Points[k][first*width:][:n*width]
		}
	}
	for k := range m.steps {
		st := &m.steps[k]
		o := st.op
		ins := w.ins[:len(st.in)]
		for j, v := range st.in {
			ins[j] = m.at(w, v, n)
		}
		sum := m.phase[st.out] == accum
		var out []T
		if sum {
			out = w.acc[st.out]
		} else {
			out = w.buffers[m.buffer[st.out]][:o.Out.Len(n)]
			w.values[st.out] = out
		}
		switch o.Code {
		case graph.MatMul:
			a, b := o.In[0], o.In[1]
			if sum {
				kern.GemmTN(out, b.Width, ins[0], a.Width, ins[1], b.Width, a.Height(n), a.Width, b.Width, true, &w.ws)
			} else {
				kern.Gemm(out, o.Out.Width, ins[0], a.Width, &m.packed[st.pack[0]], a.Height(n), nil, false)
			}
		case graph.Pointwise:
			if sum {
				part := w.scratch[:len(out)]
				runLanes(st.lanes, w.lanes[k], o.In, ins, part, n, m.stamp)
				kern.AddTo(out, part)
			} else {
				runLanes(st.lanes, w.lanes[k], o.In, ins, out, n, m.stamp)
			}
		case graph.Assemble:
			if sum {
				assembleAdd(st, out, ins, n)
			} else {
				if !covers(o) {
					clear(out)
				}
				assemble(st, out, ins, n)
			}
		case graph.Outer:
			outer(o, out, ins[0], ins[1], n, &w.ws)
		case graph.Sum:
			copy(out, ins[0][:len(out)])
			for _, v := range ins[1:] {
				kern.AddTo(out, v[:len(out)])
			}
		}
	}
	for k, v := range m.rows {
		if v >= 0 && m.Rows != nil && m.Rows[k] != nil {
			emitRows(m.Rows[k], m.at(w, v, n), m.dims[v], m.stride(k, m.dims[v].Channels*m.dims[v].Width), first, n)
		}
	}
}
