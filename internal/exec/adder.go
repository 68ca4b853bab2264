package exec

import (
	"sync"
	"unsafe"

	"github.com/crux-pinn/crux/internal/kern"
	"github.com/crux-pinn/crux/internal/team"
)

// adder adds up the accumulators of slabs along the tree of package team. Workers take slabs in order and add as soon as both children
// of a node are there, so few accumulators are in use at a time, however many slabs there are.
type adder[T kern.Float] struct {
	lengths []int // of the accumulated values
	summer  team.Summer[T]

	mu     sync.Mutex
	free   []accumulators[T]
	slabs  int
	within team.Node
	done   map[int]settled[T] // by the first slab of the node
}

// accumulators are the memory of all accumulated values, one after the other.
type accumulators[T kern.Float] struct {
	all []T
	at  [][]T // of each value
}

type settled[T kern.Float] struct {
	node team.Node
	acc  accumulators[T]
}

// begin prepares for the slabs of this process, of so many in all.
func (a *adder[T]) begin(slabs int, within team.Node) {
	a.slabs, a.within = slabs, within
	if a.done == nil {
		a.done = map[int]settled[T]{}
	}
}

// take returns accumulators that are zero.
func (a *adder[T]) take() accumulators[T] {
	acc := a.reuse()
	clear(acc.all)
	return acc
}

// reuse returns accumulators that hold anything.
func (a *adder[T]) reuse() accumulators[T] {
	a.mu.Lock()
	if n := len(a.free); n > 0 {
		acc := a.free[n-1]
		a.free = a.free[:n-1]
		a.mu.Unlock()
		return acc
	}
	a.mu.Unlock()
	const line = kern.Alignment
	size := int(unsafe.Sizeof(T(0)))
	total := 0
	for _, n := range a.lengths {
		total += (n*size + line - 1) / line * line / size
	}
	acc := accumulators[T]{all: kern.AlignedSlice[T](total)}
	at := 0
	for _, n := range a.lengths {
		acc.at = append(acc.at, acc.all[at:at+n])
		at += (n*size + line - 1) / line * line / size
	}
	return acc
}

func (a *adder[T]) release(acc accumulators[T]) {
	a.mu.Lock()
	a.free = append(a.free, acc)
	a.mu.Unlock()
}

// settle hands in the sum of a node, which is added to that of its sibling if it is there, and so on.
func (a *adder[T]) settle(n team.Node, acc accumulators[T]) {
	for {
		parent, other, ok := a.meet(n, acc)
		if !ok {
			return
		}
		left, right := acc, other.acc
		if other.node.Lo < n.Lo {
			left, right = right, left
		}
		kern.AddTo(left.all, right.all)
		a.release(right)
		n, acc = parent, left
	}
}

// meet takes the sum of a node's sibling, if it is there, and leaves that of the node otherwise.
func (a *adder[T]) meet(n team.Node, acc accumulators[T]) (parent team.Node, other settled[T], ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if n.Hi-n.Lo < a.slabs {
		var sibling team.Node
		parent, sibling = team.Parent(a.slabs, n)
		if other = a.done[sibling.Lo]; other.node == sibling {
			delete(a.done, sibling.Lo)
			return parent, other, true
		}
	}
	a.done[n.Lo] = settled[T]{n, acc}
	return parent, other, false
}

// total is the sum over all slabs, with the help of the team if they are divided among its ranks.
func (a *adder[T]) total(t team.Team, divided bool) (accumulators[T], error) {
	defer clear(a.done)
	if !divided {
		return a.done[0].acc, nil
	}
	var mine [][]T
	for _, n := range team.Cover(a.slabs, a.within) {
		mine = append(mine, a.done[n.Lo].acc.all)
	}
	sum := a.reuse()
	err := a.summer.Sum(t, a.slabs, sum.all, mine)
	for _, d := range a.done {
		a.release(d.acc)
	}
	return sum, err
}
