// Package exec is crux's virtual machine. It runs a gorgonia.ExprGraph whose operations are those of internal/graph over any
// number of points, a chunk at a time, so memory does not depend on how many points there are. It implements gorgonia.VM.
//
// A sweep has three parts. Work on parameters only is done once, before the chunks. Every chunk then passes through the
// same planned steps in one worker's buffers. Values without a row for each point that depend on the chunk, such as
// gradients, are accumulated; what depends on them is computed once, after the chunks.
//
// The points are divided into slabs by a rule that knows only their number, and slabs into chunks. Each slab has its own accumulators,
// which are added along a fixed tree, so the bits of the result do not depend on how many workers there are, nor on how many
// processes (package team) share the slabs.
package exec

import (
	"fmt"
	"slices"

	"gorgonia.org/gorgonia"

	"github.com/crux-pinn/crux/internal/graph"
	"github.com/crux-pinn/crux/internal/kern"
)

// Spec says what of a graph is to be computed. The program is the graph: its order, its operands, and the *graph.Op of each node.
type Spec struct {
	Graph  *gorgonia.ExprGraph
	N      int            // points that the shapes of the graph stand for; the machine takes chunks of its own
	Points gorgonia.Nodes // inputs with one row for each point
	Params gorgonia.Nodes // inputs without
	Sums   gorgonia.Nodes // results without a row for each point: summed over all points
	Rows   gorgonia.Nodes // results with one row for each point
}

// phase is the part of the sweep in which a value is computed.
type phase uint8

const (
	before phase = iota // from parameters only
	chunk               // for the points of a chunk
	accum               // in the chunk, added up over all chunks
	after               // from accumulated values
)

// place says where a value lies: a view of the base value, or the base itself.
type place struct {
	base int // index of the value that owns the memory
	slot int // first slot within it
}

type step struct {
	op    *graph.Op
	in    []int
	out   int
	lanes *laneCode
	pack  [2]int // MatMul: index of the packed right operand in plan.packs, for plain and transposed
	skip  []bool // Assemble of an accumulated value: patches that come after the chunks
}

type pack struct {
	value int
	trans bool
}

// plan is the program of a machine: everything that does not depend on the element type or on the points.
type plan struct {
	spec    Spec
	values  gorgonia.Nodes
	dims    []graph.Dims
	phase   []phase
	place   []place
	buffer  []int // chunk value → buffer, or −1
	buffers []int // length of each buffer for a full chunk
	early   []step
	steps   []step
	late    []step
	accums  []int // accumulated values
	packs   []pack
	scratch int // elements that a chunk's sums need before they are added
	cap     int
}

func newPlan(s Spec, elementSize int) (*plan, error) {
	p := &plan{spec: s}
	index, operands, err := p.order()
	if err != nil {
		return nil, err
	}
	p.phase = make([]phase, len(p.values))
	p.place = make([]place, len(p.values))
	for i, n := range p.values {
		p.place[i] = place{base: i}
		d := p.dims[i]
		o, ok := n.Op().(*graph.Op)
		if !ok {
			if d.Channels > 0 {
				p.phase[i] = chunk
			}
			continue
		}
		// a program per point has sums over the points even if it reads nothing of them
		fromChunk, fromAccum := o.Code == graph.Pointwise && o.Program.PerPoint, false
		st := step{op: o, out: i, pack: [2]int{-1, -1}}
		for _, c := range operands[i] {
			k := index[c]
			st.in = append(st.in, k)
			switch p.phase[k] {
			case chunk:
				fromChunk = true
			case accum, after:
				fromAccum = true
			}
		}
		switch {
		case d.Channels > 0 && fromAccum:
			return nil, fmt.Errorf("exec: %v needs sums over all points for every point; this takes two sweeps", o)
		case d.Channels > 0:
			p.phase[i] = chunk
		case fromChunk:
			p.phase[i] = accum
		case fromAccum:
			p.phase[i] = after
		}
		if p.view(&st) {
			continue
		}
		if o.Code == graph.Pointwise {
			st.lanes = compileLanes(o.Program, o.In, elementSize)
		}
		if err := p.schedule(&st); err != nil {
			return nil, err
		}
	}
	p.allocate(minChunk)
	p.allocate(p.chunkSize(elementSize))
	return p, nil
}

const (
	chunkBytes = 5 << 18 // a chunk's values stay in a second-level cache of 1 to 2 MiB
	minChunk   = 16
	maxChunk   = 256
	// A sweep has this many slabs, if each still has leastShare points: few points keep some workers busy too.
	fewSlabs   = 8
	leastShare = 32
	// More points have a slab for each slabPoints of them, so 8192 points are work for 64 cores. With 64 points, small networks take 6 to 8 %
	// longer on one core, and with 128 hardly: a chunk has no more points than its slab.
	slabPoints = 128
	// From 131072 points on slabs become longer.
	maxSlabs = 1024
)

// chunkSize is the number of points whose values fill chunkBytes, as buffers for minChunk points show.
func (p *plan) chunkSize(elementSize int) int {
	n := 1
	for _, b := range p.buffers {
		n += b
	}
	points := chunkBytes * minChunk / (n * elementSize)
	return min(max(points/minChunk*minChunk, minChunk), maxChunk)
}

// order lists what the results need in the graph's own order, in which operands come first, and checks it: every operand is
// there and is what the operation takes, and whatever is not computed is given or constant.
func (p *plan) order() (index map[*gorgonia.Node]int, operands []gorgonia.Nodes, err error) {
	given := map[*gorgonia.Node]bool{} // whether an input has a row for each point
	for k, ns := range []gorgonia.Nodes{p.spec.Params, p.spec.Points} {
		for _, n := range ns {
			if n.Op() != nil {
				return nil, nil, fmt.Errorf("exec: %s is given as an input but is computed", n.Name())
			}
			given[n] = k == 1
		}
	}
	need := map[*gorgonia.Node]gorgonia.Nodes{} // with its operands
	for stack := slices.Concat(p.spec.Sums, p.spec.Rows); len(stack) > 0; {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if _, ok := need[n]; n == nil || ok {
			continue
		}
		if n.Graph() != p.spec.Graph {
			return nil, nil, fmt.Errorf("exec: %s is not of this graph", n.Name())
		}
		need[n] = graph.Operands(n)
		stack = append(stack, need[n]...)
	}
	index = map[*gorgonia.Node]int{}
	for _, n := range p.spec.Graph.AllNodes() {
		in, ok := need[n]
		if !ok {
			continue
		}
		perPoint, isInput := given[n]
		d := graph.DimsOf(n, perPoint, p.spec.N)
		switch o := n.Op().(type) {
		case *graph.Op:
			dims := make([]graph.Dims, len(in))
			for k, c := range in {
				i, ok := index[c]
				if !ok {
					return nil, nil, fmt.Errorf("exec: operand %d of %v comes after it in the graph", k, o)
				}
				dims[k] = p.dims[i]
			}
			if err := o.Check(dims); err != nil {
				return nil, nil, fmt.Errorf("exec: %w", err)
			}
		case nil:
			if !isInput {
				return nil, nil, fmt.Errorf("exec: the input %s is not given", n.Name())
			}
		default:
			if !holdsValue(n) {
				return nil, nil, fmt.Errorf("exec: no kernel for %v, which is Gorgonia's own", o)
			}
		}
		index[n] = len(p.values)
		p.values, p.dims, operands = append(p.values, n), append(p.dims, d), append(operands, in)
	}
	return index, operands, nil
}

// holdsValue reports whether a node is a constant: it holds its value, now and for ever.
func holdsValue(n *gorgonia.Node) bool {
	return n.Op() != nil && n.Value() != nil && len(graph.Operands(n)) == 0
}

// view makes the result of an Assemble that lies in its source as it is a view of it.
func (p *plan) view(st *step) bool {
	o := st.op
	if o.Code != graph.Assemble || len(o.Patches) != 1 || len(st.in) != 1 || !o.Patches[0].View(o.In[0], o.Out) {
		return false
	}
	src := st.in[0]
	if (p.phase[src] == chunk) != (p.phase[st.out] == chunk) {
		return false // single rows of a chunk are accumulated, not viewed
	}
	q := p.place[src]
	p.place[st.out] = place{base: q.base, slot: q.slot + o.Patches[0].Src}
	if p.phase[src] == accum {
		p.phase[st.out] = after
	}
	return true
}

func (p *plan) schedule(st *step) error {
	o := st.op
	switch p.phase[st.out] {
	case before:
		p.early = append(p.early, *st)
	case after:
		p.late = append(p.late, *st)
	case chunk:
		if o.Code == graph.MatMul {
			st.pack[0] = p.packed(st.in[1], o.TransB)
		}
		p.steps = append(p.steps, *st)
	case accum:
		p.accums = append(p.accums, st.out)
		switch {
		case o.Code == graph.MatMul && o.TransA:
		case o.Code == graph.Pointwise: // sums only
			p.scratch = max(p.scratch, p.dims[st.out].Len(0))
		case o.Code == graph.Assemble:
			late := *st
			st.skip, late.skip = make([]bool, len(o.Patches)), make([]bool, len(o.Patches))
			rest := false
			for k, q := range o.Patches {
				st.skip[k] = p.phase[st.in[q.In]] != chunk
				late.skip[k] = !st.skip[k]
				rest = rest || st.skip[k]
			}
			if rest {
				p.late = append(p.late, late)
			}
		default:
			return fmt.Errorf("exec: no way to accumulate %v", o)
		}
		p.steps = append(p.steps, *st)
	}
	return nil
}

func (p *plan) packed(value int, trans bool) int {
	for k, q := range p.packs {
		if q.value == value && q.trans == trans {
			return k
		}
	}
	p.packs = append(p.packs, pack{value, trans})
	return len(p.packs) - 1
}

// allocate gives every chunk value a buffer by liveness, for chunks of up to the given number of points.
func (p *plan) allocate(points int) {
	p.cap, p.buffers = points, nil
	last := make([]int, len(p.values))
	for i := range last {
		last[i] = -1
	}
	for k, st := range p.steps {
		for _, v := range st.in {
			last[p.place[v].base] = k
		}
	}
	index := map[*gorgonia.Node]int{}
	for i, n := range p.values {
		index[n] = i
	}
	for _, n := range p.spec.Rows {
		last[p.place[index[n]].base] = len(p.steps)
	}
	p.buffer = make([]int, len(p.values))
	for i := range p.buffer {
		p.buffer[i] = -1
	}
	var free []int
	take := func(n int) int {
		best, grow := -1, -1
		for k, b := range free {
			if p.buffers[b] >= n && (best < 0 || p.buffers[b] < p.buffers[free[best]]) {
				best = k
			}
			if grow < 0 || p.buffers[b] > p.buffers[free[grow]] {
				grow = k
			}
		}
		if best < 0 {
			best = grow // enlarge the largest free buffer rather than add one
		}
		if best < 0 {
			p.buffers = append(p.buffers, n)
			return len(p.buffers) - 1
		}
		b := free[best]
		free = append(free[:best], free[best+1:]...)
		p.buffers[b] = max(p.buffers[b], n)
		return b
	}
	for k, st := range p.steps {
		if p.phase[st.out] == chunk {
			p.buffer[st.out] = take(p.dims[st.out].Len(p.cap))
			if last[st.out] < 0 {
				last[st.out] = k
			}
		}
		released := map[int]bool{}
		for _, v := range append([]int{st.out}, st.in...) {
			b := p.place[v].base
			if last[b] == k && p.buffer[b] >= 0 && !released[b] {
				released[b] = true
				free = append(free, p.buffer[b])
			}
		}
	}
}

// Slabs is the number of slabs for a number of points: enough for as many cores as there may be, of points enough that adding up and short
// chunks cost little. It depends on nothing else, so that results do not depend on the workers.
func Slabs(n int) int { return max(1, min(n/leastShare, fewSlabs), min(n/slabPoints, maxSlabs)) }

// worker is the memory of one worker: one chunk's values, and the lanes of each step.
type worker[T kern.Float] struct {
	buffers [][]T
	scratch []T
	values  [][]T // current chunk
	acc     [][]T // accumulated values of the current slab
	lanes   []*laneState[T]
	ws      kern.Workspace[T]
	ins     [][]T
}
