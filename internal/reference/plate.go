package reference

import (
	"math"
)

// Plate is plane stress in a plate of blocks, by elements of nine nodes.
type Plate struct {
	E, Nu  float64 // Young's modulus and Poisson's ratio
	Blocks []Block
	// Held says which displacements are zero at a node.
	Held func(p [2]float64) (x, y bool)
	// Pull is the traction at a point of the outline.
	Pull func(p [2]float64) (x, y float64)
}

// Block is a part of a plate: the image of the unit square, which is divided into Rows × Columns elements. Its map keeps
// orientation. Blocks beside each other have the same nodes on their common side.
type Block struct {
	At            func(s, t float64) [2]float64
	Columns, Rows int // along s and t
}

// Refined has twice as many elements both ways.
func (p Plate) Refined() Plate {
	var list []Block
	for _, b := range p.Blocks {
		list = append(list, Block{b.At, 2 * b.Columns, 2 * b.Rows})
	}
	p.Blocks = list
	return p
}

// Stress is a solution.
type Stress struct {
	Nodes  [][2]float64
	Moved  [][2]float64 // the displacement of each node
	Values [][3]float64 // σxx, σyy and σxy at each node: the mean of the elements around
}

// Mises is von Mises' stress at a node.
func (s *Stress) Mises(i int) float64 {
	x, y, xy := s.Values[i][0], s.Values[i][1], s.Values[i][2]
	return math.Sqrt(x*x - x*y + y*y + 3*xy*xy)
}

// gauss are the places and weights of Gauss' rule with three points.
var gauss = [3][2]float64{{-math.Sqrt(0.6), 5. / 9}, {0, 8. / 9}, {math.Sqrt(0.6), 5. / 9}}

// lagrange are the three parabolas through −1, 0 and 1, and their slopes.
func lagrange(s float64) (v, d [3]float64) {
	return [3]float64{s * (s - 1) / 2, 1 - s*s, s * (s + 1) / 2}, [3]float64{s - 0.5, -2 * s, s + 0.5}
}

// shape are the functions of the nine nodes of an element, their slopes along x and y, and how much of the area a point of the
// square stands for.
func shape(nodes [9][2]float64, s, t float64) (v [9]float64, d [9][2]float64, det float64) {
	a, da := lagrange(s)
	b, db := lagrange(t)
	var j [2][2]float64 // ∂(x, y)/∂(s, t)
	var local [9][2]float64
	for n := range 9 {
		i, k := n%3, n/3
		v[n], local[n] = a[i]*b[k], [2]float64{da[i] * b[k], a[i] * db[k]}
		for r := range 2 {
			for c := range 2 {
				j[r][c] += nodes[n][r] * local[n][c]
			}
		}
	}
	det = j[0][0]*j[1][1] - j[0][1]*j[1][0]
	for n, l := range local {
		d[n] = [2]float64{(l[0]*j[1][1] - l[1]*j[1][0]) / det, (l[1]*j[0][0] - l[0]*j[0][1]) / det}
	}
	return v, d, det
}

// elements are nodes, each once, and the nine of each element.
func (p Plate) elements() (nodes [][2]float64, list [][9]int) {
	known := map[[2]int64]int{}
	largest := 0.0
	for _, b := range p.Blocks {
		for _, x := range [][2]float64{b.At(0, 0), b.At(1, 0), b.At(0, 1), b.At(1, 1)} {
			largest = max(largest, math.Abs(x[0]), math.Abs(x[1]))
		}
	}
	node := func(x [2]float64) int {
		key := [2]int64{int64(math.Round(x[0] / largest * 1e8)), int64(math.Round(x[1] / largest * 1e8))}
		for a := int64(-1); a <= 1; a++ { // beside a place where rounding turns
			for c := int64(-1); c <= 1; c++ {
				if n, ok := known[[2]int64{key[0] + a, key[1] + c}]; ok {
					return n
				}
			}
		}
		known[key] = len(nodes)
		nodes = append(nodes, x)
		return len(nodes) - 1
	}
	for _, b := range p.Blocks {
		for i := range b.Columns {
			for j := range b.Rows {
				var e [9]int
				for n := range e {
					e[n] = node(b.At(float64(2*i+n%3)/float64(2*b.Columns), float64(2*j+n/3)/float64(2*b.Rows)))
				}
				list = append(list, e)
			}
		}
	}
	return nodes, list
}

// edges are the four of an element, as places of their nodes.
var edges = [4][3]int{{0, 1, 2}, {2, 5, 8}, {8, 7, 6}, {6, 3, 0}}

// Solve is the solution.
func (p Plate) Solve() (*Stress, error) {
	nodes, elements := p.elements()
	s := &Stress{Nodes: nodes, Moved: make([][2]float64, len(nodes)), Values: make([][3]float64, len(nodes))}
	at := func(e [9]int) (list [9][2]float64) {
		for n, i := range e {
			list[n] = nodes[i]
		}
		return list
	}
	c := p.E / (1 - p.Nu*p.Nu)
	law := [3][3]float64{{c, c * p.Nu, 0}, {c * p.Nu, c, 0}, {0, 0, p.E / 2 / (1 + p.Nu)}}
	m, load := newEntries(2*len(nodes)), make([]float64, 2*len(nodes))
	sides := map[[2]int]int{} // how many elements have an edge, by its ends
	for _, e := range elements {
		where := at(e)
		for _, g := range gauss {
			for _, h := range gauss {
				_, d, det := shape(where, g[0], h[0])
				w := g[1] * h[1] * det
				for a, na := range e {
					for b, nb := range e {
						x, y := d[a], d[b]
						m.add(2*na, 2*nb, w*(law[0][0]*x[0]*y[0]+law[2][2]*x[1]*y[1]))
						m.add(2*na, 2*nb+1, w*(law[0][1]*x[0]*y[1]+law[2][2]*x[1]*y[0]))
						m.add(2*na+1, 2*nb, w*(law[1][0]*x[1]*y[0]+law[2][2]*x[0]*y[1]))
						m.add(2*na+1, 2*nb+1, w*(law[1][1]*x[1]*y[1]+law[2][2]*x[0]*y[0]))
					}
				}
			}
		}
		for _, l := range edges {
			sides[ends(e[l[0]], e[l[2]])]++
		}
	}
	for _, e := range elements {
		for _, l := range edges {
			if sides[ends(e[l[0]], e[l[2]])] == 1 {
				p.pull(load, nodes, [3]int{e[l[0]], e[l[1]], e[l[2]]})
			}
		}
	}
	for i, x := range nodes {
		held := [2]bool{}
		held[0], held[1] = p.Held(x)
		for k := range 2 {
			if held[k] {
				m.held[2*i+k] = true
				load[2*i+k] = 0
			}
		}
	}
	u, err := m.matrix().solve(load)
	if err != nil {
		return nil, err
	}
	for i := range nodes {
		s.Moved[i] = [2]float64{u[2*i], u[2*i+1]}
	}
	s.stresses(elements, at, law)
	return s, nil
}

// ends name an edge.
func ends(a, b int) [2]int { return [2]int{min(a, b), max(a, b)} }

// pull adds the traction on an edge to the load.
func (p Plate) pull(load []float64, nodes [][2]float64, edge [3]int) {
	for _, g := range gauss {
		v, d := lagrange(g[0])
		var x, dx [2]float64
		for n, i := range edge {
			for k := range 2 {
				x[k] += v[n] * nodes[i][k]
				dx[k] += d[n] * nodes[i][k]
			}
		}
		fx, fy := p.Pull(x)
		w := g[1] * math.Hypot(dx[0], dx[1])
		for n, i := range edge {
			load[2*i] += w * v[n] * fx
			load[2*i+1] += w * v[n] * fy
		}
	}
}

// stresses are the means over the elements around a node.
func (s *Stress) stresses(elements [][9]int, at func([9]int) [9][2]float64, law [3][3]float64) {
	around := make([]float64, len(s.Nodes))
	for _, e := range elements {
		for n, i := range e {
			_, d, _ := shape(at(e), float64(n%3-1), float64(n/3-1))
			var strain [3]float64
			for a, j := range e {
				strain[0] += d[a][0] * s.Moved[j][0]
				strain[1] += d[a][1] * s.Moved[j][1]
				strain[2] += d[a][1]*s.Moved[j][0] + d[a][0]*s.Moved[j][1]
			}
			for r := range 3 {
				for k := range 3 {
					s.Values[i][r] += law[r][k] * strain[k]
				}
			}
			around[i]++
		}
	}
	for i, n := range around {
		for r := range 3 {
			s.Values[i][r] /= n
		}
	}
}
