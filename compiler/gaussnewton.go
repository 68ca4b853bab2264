package compiler

import (
	"unsafe"

	"github.com/crux-pinn/crux/internal/kern"
	"github.com/crux-pinn/crux/internal/team"
)

// blockBytes is the memory for a block of rows of J; there is a second copy of it, in panels.
const blockBytes = 48 << 20

// AddGaussNewton adds the Gauss–Newton matrix of Σ_i w_i L_i to a, a row-major P×P matrix of which the upper triangle
// counts and the strict lower one is scratch:
//
//	A += Σ_i w_i f_i Σ_k 2 v_k ∂r_ik/∂θᵀ ∂r_ik/∂θ
//
// where L_i = f_i Σ_k v_k r_ik² is a mean square over the points k with weights v_k, those of SetPointWeights included. It is the Hessian
// but for the terms with second derivatives of r, or of the root of ρ(r) where the loss is robust, and JᵀJ for the J of MulJT. J is
// computed in blocks of rows, so memory stays below 100 MB and 1 + log₂ n further matrices for n > 1 blocks. All reductions must be [MSE]
// or robust, no point weight may be negative, and neither may w. Residuals with w_i = 0 are skipped. The bits do not depend on the number
// of workers, nor on that of the ranks which share the rows.
func (p *Program) AddGaussNewton(a, theta, fixed, w []float64) error {
	n := p.layout.Len()
	if w == nil {
		w = []float64{}
	}
	if err := p.checkRows(theta, fixed, w, size{"entries of the matrix", len(a), n * n}); err != nil {
		return err
	}
	return p.run.gaussNewton(a, theta, fixed, w)
}

// gaussNewton adds up the rows of all residuals along a tree, whose leaves are divided among the ranks of a team.
func (r *typedRunner[T]) gaussNewton(a, theta, fixed, w []float64) error {
	width := r.p.layout.Len()
	s := normalSum[T]{r: r, theta: theta, fixed: fixed, w: w, width: width}
	for i := range w {
		if w[i] != 0 {
			s.rows += r.p.n * r.p.Dim(i)
		}
	}
	if width == 0 || s.rows == 0 {
		return nil
	}
	s.leaves = leavesOf(s.rows)
	s.most = max(blockBytes/(width*int(unsafe.Sizeof(T(0)))), 1)
	t := r.p.pool.Team
	if !team.Divides(t, s.leaves) {
		return s.add(a, team.Node{Lo: 0, Hi: s.leaves}, 0)
	}
	var mine [][]float64
	whole := s.matrix(0)
	for k, node := range team.Cover(s.leaves, team.Range(s.leaves, t.Rank(), t.Size())) {
		if err := s.write(whole, node, 1); err != nil {
			return err
		}
		mine = append(mine, r.packed(k+1, width))
		eachUpper(width, func(at, row, n int) { copy(mine[k][at:at+n], whole[row:row+n]) })
	}
	total := r.packed(0, width)
	if err := r.summer.Sum(t, s.leaves, total, mine); err != nil {
		return err
	}
	eachUpper(width, func(at, row, n int) { kern.AddTo(a[row:row+n], total[at:at+n]) })
	return nil
}

// normalSum is JᵀJ of the rows of all residuals with a weight, one after the other.
type normalSum[T kern.Float] struct {
	r               *typedRunner[T]
	theta, fixed, w []float64
	width           int
	rows, leaves    int
	most            int // rows of a block
}

// add adds the sum of a node to the upper triangle of dst. Matrices of a lower depth are in use.
func (s *normalSum[T]) add(dst []float64, node team.Node, depth int) error {
	if first, end := s.rowsOf(node); end-first <= s.most {
		return s.block(dst, first, end, node)
	}
	m := s.matrix(depth)
	if err := s.write(m, node, depth+1); err != nil {
		return err
	}
	s.r.p.pool.Run(s.width, func(_, i int) { kern.AddTo(dst[i*s.width+i:(i+1)*s.width], m[i*s.width+i:(i+1)*s.width]) })
	return nil
}

// write is add for a matrix that holds anything.
func (s *normalSum[T]) write(dst []float64, node team.Node, depth int) error {
	first, end := s.rowsOf(node)
	if end-first > s.most && !node.Leaf() {
		left, right := node.Children()
		if err := s.write(dst, left, depth); err != nil {
			return err
		}
		return s.add(dst, right, depth)
	}
	clear(dst)
	for ; first < end; first += s.most { // once, but for a leaf that is too large
		if err := s.block(dst, first, min(first+s.most, end), node); err != nil {
			return err
		}
	}
	return nil
}

func (s *normalSum[T]) rowsOf(node team.Node) (first, end int) {
	return team.Leaf(s.rows, s.leaves, node.Lo), team.Leaf(s.rows, s.leaves, node.Hi)
}

// matrix is the memory for a matrix of a depth.
func (s *normalSum[T]) matrix(depth int) []float64 {
	for len(s.r.partial) <= depth {
		s.r.partial = append(s.r.partial, make([]float64, s.width*s.width))
	}
	return s.r.partial[depth]
}

// block adds the product of rows first … end, which are leaves of a node or a part of one.
func (s *normalSum[T]) block(dst []float64, first, end int, node team.Node) error {
	p := s.r.p
	block, scale := s.r.blockOf((end-first)*s.width), s.r.scale[:0]
	base := 0 // the first row of residual i
	for i := range s.w {
		if s.w[i] == 0 {
			continue
		}
		dim := p.Dim(i)
		from, to := max(first-base, 0), min(end-base, p.n*dim)
		base += p.n * dim
		if from >= to {
			continue
		}
		if err := s.r.jacobianRows(i, from, to, block[len(scale)*s.width:], s.width, s.theta, s.fixed); err != nil {
			return err
		}
		for k := from; k < to; k++ {
			scale = append(scale, T(p.rowScale(i, k/dim, s.w)))
		}
	}
	s.r.scale = scale
	s.r.addBlock(dst, block, s.width, scale, func(x *panels[T]) {
		x.ends = x.ends[:0]
		for k := node.Lo; k < node.Hi; k++ {
			if e := team.Leaf(s.rows, s.leaves, k+1); e > first {
				x.ends = append(x.ends, min(e, end)-first)
			}
		}
	})
	return nil
}

// eachUpper goes through the rows of an upper triangle: n entries from row on in a square matrix, from at on where they lie one after the
// other.
func eachUpper(width int, do func(at, row, n int)) {
	at := 0
	for i := range width {
		do(at, i*width+i, width-i)
		at += width - i
	}
}

// addBlock adds the product of a block's rows, each multiplied with its scale, to a matrix.
func (r *typedRunner[T]) addBlock(a []float64, block []T, width int, scale []T, leaves func(x *panels[T])) {
	r.panels.resize(len(scale), width)
	leaves(&r.panels)
	multiply := kern.ConstTable[T]()[kern.OpMulC]
	r.p.pool.Run(r.panels.count(), func(_, t int) {
		dst, col, w := r.panels.panel(t)
		for k, s := range scale {
			multiply(dst[k*w:(k+1)*w], block[k*width+col:][:w], nil, s)
		}
	})
	r.gram.add(r.p.pool, a, width, &r.panels)
}

// normalScratch is what gaussNewton keeps between calls.
type normalScratch[T kern.Float] struct {
	block  []T
	scale  []T
	panels panels[T]
	gram   gram[T]

	partial [][]float64 // matrices of nodes of the tree, by depth
	nodes   [][]float64 // upper triangles: their sum, and those of the nodes of this rank
	summer  team.Summer[float64]
}

// packed is the memory for an upper triangle.
func (s *normalScratch[T]) packed(k, width int) []float64 {
	for len(s.nodes) <= k {
		s.nodes = append(s.nodes, make([]float64, width*(width+1)/2))
	}
	return s.nodes[k]
}

// blockOf is memory for n entries of J.
func (s *normalScratch[T]) blockOf(n int) []T {
	if len(s.block) < n {
		s.block = kern.AlignedSlice[T](n)
	}
	return s.block[:n]
}
