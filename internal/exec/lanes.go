package exec

import (
	"math"

	"github.com/crux-pinn/crux/internal/graph"
	"github.com/crux-pinn/crux/internal/kern"
)

// microOp is one kernel call over a block: values are named by index, −1 where unused.
type microOp struct {
	kind    microKind
	op      int // kern.Op or kern.ConstOp
	dst     int
	a, b, c int
	s       float64
	f       func(float64) float64
}

type microKind uint8

const (
	plain    microKind = iota // Table
	constant                  // ConstTable
	sincos                    // dst = sin a, b = cos a
	call                      // f, element by element
)

// laneCode is a graph.Program made ready for the block interpreter: multiplications fused into additions, values given
// lanes by liveness, results computed where they are to be stored.
type laneCode struct {
	ops    []microOp
	values int
	lane   []int // value → lane, or −1 for a value that lies in memory
	lanes  int
	loads  []laneLoad
	consts []laneConst
	out    []int // value stored as channel k
	sums   []int // value summed into row k
	rows   int   // rows of one block
	width  int
}

type laneLoad struct {
	value  int
	from   graph.Operand
	direct bool // the operand lies in memory as the kernels want it
	fixed  bool // the same for all blocks: filled once before a sweep
}

type laneConst struct {
	value int
	s     float64
}

// blockRows is the number of rows in a block: all its lanes stay in the first-level cache, and as little as possible is
// left over when kernels work on groups of elements.
func blockRows(lanes, width, elementSize int) int {
	const (
		l1    = 24 << 10
		group = 512 // bytes: what kernels work on at a time
	)
	most := max(1, min(max(l1/elementSize/max(lanes, 1), 2*group/elementSize), 4096/elementSize)/width)
	best, least := most, math.Inf(1)
	for rows := most; 2*rows >= most && rows > 0; rows-- {
		n := rows * width * elementSize
		cost := 1 + float64(n/group) // the block itself, and its groups
		if n%group > 0 {
			cost += 1.5
		}
		if cost /= float64(n); cost < least {
			best, least = rows, cost
		}
	}
	return best
}

// compileLanes makes a program ready for elements of a size in bytes.
func compileLanes(p *graph.Program, in []graph.Dims, elementSize int) *laneCode {
	c := &laneCode{width: p.Width}
	uses := make([]int, len(p.Code))
	for v := range p.Code {
		for _, a := range p.Code[v].Inputs() {
			uses[a]++
		}
	}
	for _, v := range p.Out {
		uses[v]++
	}
	for _, v := range p.Sums {
		uses[v]++
	}
	s := &selector{p: p, c: c, uses: uses, value: make([]int, len(p.Code)), in: in}
	for v := range s.value {
		s.value[v] = -1
	}
	s.run()
	s.allocate()
	c.rows = blockRows(c.lanes, c.width, elementSize)
	return c
}

// allocate gives every value that is not in memory a lane, reusing lanes whose value is dead.
func (s *selector) allocate() {
	c := s.c
	last := make([]int, c.values)
	for i := range last {
		last[i] = -1
	}
	for k, m := range c.ops {
		for _, v := range []int{m.a, m.b, m.c} {
			if v >= 0 && !(m.kind == sincos && v == m.b) {
				last[v] = k
			}
		}
	}
	end := len(c.ops)
	for _, v := range c.sums {
		last[v] = end
	}
	inMemory := make([]bool, c.values)
	for _, l := range c.loads {
		inMemory[l.value] = l.direct
	}
	fixed := make([]bool, c.values) // values that exist before the first operation
	for _, l := range c.loads {
		fixed[l.value] = !l.direct
	}
	for _, k := range c.consts {
		fixed[k.value] = true
	}
	// a result is computed in place in the output, unless it is a load, a constant, or stored twice
	stored := map[int]bool{}
	for i, v := range c.out {
		if fixed[v] || inMemory[v] || stored[v] {
			w := c.values
			c.values++
			last, inMemory, fixed = append(last, -1), append(inMemory, false), append(fixed, false)
			c.ops = append(c.ops, microOp{kind: plain, op: int(kern.OpCopy), dst: w, a: v, b: -1, c: -1})
			last[v] = max(last[v], len(c.ops)-1)
			c.out[i], v = w, w
		}
		stored[v] = true
		inMemory[v] = true
	}
	end = len(c.ops)
	for _, v := range c.sums {
		last[v] = end
	}
	c.lane = make([]int, c.values)
	var free []int
	take := func() int {
		if n := len(free); n > 0 {
			l := free[n-1]
			free = free[:n-1]
			return l
		}
		c.lanes++
		return c.lanes - 1
	}
	for v := range c.lane {
		c.lane[v] = -1
	}
	for v := range c.lane {
		if fixed[v] {
			c.lane[v] = take() // gathered or filled ahead: kept for the whole block
		}
	}
	for k, m := range c.ops {
		for _, v := range []int{m.a, m.b, m.c} {
			// an operand that dies here may share its lane with the result: kernels allow dst = operand
			if v >= 0 && last[v] == k && !fixed[v] && c.lane[v] >= 0 && !(m.kind == sincos && v == m.b) {
				free = append(free, c.lane[v])
				last[v] = -2 // once, even if it is read twice
			}
		}
		dsts := []int{m.dst}
		if m.kind == sincos {
			dsts = append(dsts, m.b)
		}
		for _, v := range dsts {
			if !inMemory[v] {
				c.lane[v] = take()
				if last[v] == -1 {
					free = append(free, c.lane[v]) // never read
				}
			}
		}
	}
}
