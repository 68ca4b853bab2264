package team

import "math/bits"

// Node is a node of the tree over leaves: the sum of those from Lo to Hi−1.
type Node struct{ Lo, Hi int }

// Children of a node that is no leaf: the left one has as many leaves as the largest power of two below the node's number, so
// a node of a power of two stands at a multiple of it, and leaves that come one after the other complete one node after the other.
func (n Node) Children() (left, right Node) {
	m := n.Lo + 1<<(bits.Len(uint(n.Hi-n.Lo-1))-1)
	return Node{n.Lo, m}, Node{m, n.Hi}
}

// Leaf reports whether the node is one.
func (n Node) Leaf() bool { return n.Hi-n.Lo == 1 }

// Cover lists the largest nodes within a range of the leaves, in order.
func Cover(leaves int, within Node) []Node {
	var list []Node
	var visit func(at Node)
	visit = func(at Node) {
		switch {
		case at.Hi <= within.Lo || at.Lo >= within.Hi:
		case at.Lo >= within.Lo && at.Hi <= within.Hi:
			list = append(list, at)
		default:
			left, right := at.Children()
			visit(left)
			visit(right)
		}
	}
	if leaves > 0 {
		visit(Node{0, leaves})
	}
	return list
}

// Parent is the parent of a node that is not the root, and its other child.
func Parent(leaves int, n Node) (parent, sibling Node) {
	parent = Node{0, leaves}
	for {
		left, right := parent.Children()
		switch {
		case left == n:
			return parent, right
		case right == n:
			return parent, left
		case n.Hi <= left.Hi:
			parent = left
		default:
			parent = right
		}
	}
}
