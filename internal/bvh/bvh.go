// Package bvh finds what is near a point, or on a ray, among many items of which only the boxes around them are known: triangles, segments,
// arcs.
//
// A [Tree] is a bounding volume hierarchy, built by the surface area heuristic in bins (Wald 2007, "On fast construction of SAH-based
// bounding volume hierarchies"). A query visits some log n of n boxes.
package bvh

import "math"

// Box is a box along the axes. In the plane the third entries are zero.
type Box struct{ Lo, Hi [3]float64 }

// Around is the smallest box around points; without any it is empty.
func Around(points ...[3]float64) Box {
	b := empty
	for _, p := range points {
		b = b.Join(Box{p, p})
	}
	return b
}

var empty = Box{
	[3]float64{math.Inf(1), math.Inf(1), math.Inf(1)},
	[3]float64{math.Inf(-1), math.Inf(-1), math.Inf(-1)},
}

// Join is the smallest box around both.
func (b Box) Join(c Box) Box {
	for k := range 3 {
		b.Lo[k], b.Hi[k] = min(b.Lo[k], c.Lo[k]), max(b.Hi[k], c.Hi[k])
	}
	return b
}

// area is half the surface of the box, to which the number of queries that visit it is proportional; in the plane, of its edges.
func (b Box) area() float64 {
	x, y, z := b.Hi[0]-b.Lo[0], b.Hi[1]-b.Lo[1], b.Hi[2]-b.Lo[2]
	if x < 0 {
		return 0
	}
	return x*y + y*z + z*x + 1e-9*(x+y+z) // boxes of flat parts have no area in two of three directions
}

// distance is the square of the distance from p to the box.
func (b *Box) distance(p *[3]float64) float64 {
	sum := 0.0
	for k := range 3 {
		if d := b.Lo[k] - p[k]; d > 0 {
			sum += d * d
		} else if d := p[k] - b.Hi[k]; d > 0 {
			sum += d * d
		}
	}
	return sum
}

// Tree is a hierarchy of boxes around items, which are known by their places in an order in which neighbours are neighbours in space. It is
// not changed by queries, so several goroutines may ask at once.
type Tree struct {
	nodes []node
	slab  func(items []int32) Slab // while it is built
}

// node has its children at first and first+1, or, with a count, the items from first on.
type node struct {
	Box
	Slab
	first, count int32
}

// Slab is what lies between two parallel planes: the points with lo ≤ normal·x ≤ hi. It is around a piece of a surface much tighter
// than a box: of a sphere, of which all points are nearly as far from one inside, boxes leave hundreds of triangles to be looked at, and
// slabs a few.
type Slab struct {
	Normal [3]float64 // of length 1 at most
	Lo, Hi float64
}

func (s *Slab) distance(p *[3]float64) float64 {
	h := s.Normal[0]*p[0] + s.Normal[1]*p[1] + s.Normal[2]*p[2]
	return max(s.Lo-h, h-s.Hi, 0)
}

// distance is the square of a distance from p that no item of the node is nearer than.
func (n *node) distance(p *[3]float64) float64 {
	d := n.Slab.distance(p)
	return max(n.Box.distance(p), d*d)
}

const (
	leaf = 4  // items in a leaf at most, where it pays to divide more
	bins = 16 // places at which a division is tried
)

// New returns the tree of items with the given boxes, at least one, and the order of the items: entry i is which of the boxes is at place
// i. slab gives a slab around some of them.
func New(boxes []Box, slab func(items []int32) Slab) (*Tree, []int32) {
	t := &Tree{nodes: make([]node, 1, 2*len(boxes)/leaf+1), slab: slab}
	order := make([]int32, len(boxes))
	for i := range order {
		order[i] = int32(i)
	}
	t.divide(0, 0, order, boxes)
	t.slab = nil
	return t, order
}

// divide makes node n of the items, which begin at a place of the order, and its children.
func (t *Tree) divide(n, first int, items []int32, boxes []Box) {
	all, centres := empty, empty
	for _, i := range items {
		b := &boxes[i]
		all = all.Join(*b)
		c := centre(b)
		centres = centres.Join(Box{c, c})
	}
	t.nodes[n] = node{all, t.slab(items), int32(first), int32(len(items))}
	if len(items) <= leaf {
		return
	}
	mid := split(items, boxes, centres)
	if mid == 0 {
		return // all centres are the same
	}
	child := len(t.nodes)
	t.nodes = append(t.nodes, node{}, node{})
	t.nodes[n].first, t.nodes[n].count = int32(child), 0
	t.divide(child, first, items[:mid], boxes)
	t.divide(child+1, first+mid, items[mid:], boxes)
}

func centre(b *Box) (c [3]float64) {
	for k := range 3 {
		c[k] = b.Lo[k]/2 + b.Hi[k]/2
	}
	return c
}

// split sorts items into two parts and returns the size of the first; 0 if they cannot be told apart. Along the longest axis of the centres
// it is where area times number, summed over both parts, is smallest.
func split(items []int32, boxes []Box, centres Box) int {
	axis, length := 0, 0.0
	for k := range 3 {
		if l := centres.Hi[k] - centres.Lo[k]; l > length {
			axis, length = k, l
		}
	}
	if length == 0 {
		return 0
	}
	bin := func(i int32) int {
		return min(int(bins*((centre(&boxes[i])[axis]-centres.Lo[axis])/length)), bins-1)
	}
	var count [bins]int
	var box [bins]Box
	for b := range box {
		box[b] = empty
	}
	for _, i := range items {
		b := bin(i)
		count[b]++
		box[b] = box[b].Join(boxes[i])
	}
	var above [bins]float64 // the cost of all bins from one on
	sum, right := empty, 0
	for b := bins - 1; b > 0; b-- {
		sum, right = sum.Join(box[b]), right+count[b]
		above[b] = sum.area() * float64(right)
	}
	best, at := math.Inf(1), 1
	sum, left := empty, 0
	for b := range bins - 1 {
		sum, left = sum.Join(box[b]), left+count[b]
		if cost := sum.area()*float64(left) + above[b+1]; cost < best {
			best, at = cost, b+1
		}
	}
	mid := 0
	for j, i := range items {
		if bin(i) < at {
			items[mid], items[j] = i, items[mid]
			mid++
		}
	}
	return mid
}

// deepest is the depth of a tree up to which a query needs no memory of its own. Trees of a million triangles have some 25.
const deepest = 64

// Nearest visits items from one place to before another, the nearer boxes first, until no other item can be nearer to p. visit returns the
// square of the distance to the nearest item so far.
func (t *Tree) Nearest(p [3]float64, visit func(from, to int) float64) {
	type waiting struct {
		node     int32
		distance float64
	}
	var room [deepest]waiting
	stack := append(room[:0], waiting{0, t.nodes[0].distance(&p)})
	best := math.Inf(1)
	for len(stack) > 0 {
		w := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for w.distance < best {
			n := &t.nodes[w.node]
			if n.count > 0 {
				best = visit(int(n.first), int(n.first+n.count))
				break
			}
			near := waiting{n.first, t.nodes[n.first].distance(&p)}
			far := waiting{n.first + 1, t.nodes[n.first+1].distance(&p)}
			if far.distance < near.distance {
				near, far = far, near
			}
			if far.distance < best {
				stack = append(stack, far)
			}
			w = near
		}
	}
}

// Ray visits the places of items whose boxes the ray from p in a direction meets.
func (t *Tree) Ray(p, direction [3]float64, visit func(item int)) {
	t.visit(func(b *Box) bool {
		from, to := 0.0, math.Inf(1)
		for k, d := range direction {
			if d == 0 {
				if p[k] < b.Lo[k] || p[k] > b.Hi[k] {
					return false
				}
				continue
			}
			u, v := (b.Lo[k]-p[k])/d, (b.Hi[k]-p[k])/d
			from, to = max(from, min(u, v)), min(to, max(u, v))
		}
		return from <= to
	}, visit)
}

// Meeting visits the places of items whose boxes may meet a box.
func (t *Tree) Meeting(box Box, visit func(item int)) {
	t.visit(func(b *Box) bool {
		for k := range 3 {
			if box.Hi[k] < b.Lo[k] || b.Hi[k] < box.Lo[k] {
				return false
			}
		}
		return true
	}, visit)
}

// visit goes through the items in boxes of which all those around are wanted.
func (t *Tree) visit(wanted func(*Box) bool, visit func(item int)) {
	var room [deepest]int32
	stack := append(room[:0], 0)
	for len(stack) > 0 {
		n := &t.nodes[stack[len(stack)-1]]
		stack = stack[:len(stack)-1]
		switch {
		case !wanted(&n.Box):
		case n.count > 0:
			for i := range n.count {
				visit(int(n.first + i))
			}
		default:
			stack = append(stack, n.first, n.first+1)
		}
	}
}
