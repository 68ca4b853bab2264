package compiler

import (
	"fmt"
	"unsafe"

	"github.com/crux-pinn/crux/internal/kern"
)

// LayerCurvature is the Gauss–Newton matrix of one layer as a sum of Kronecker products, one for each residual of the programs:
// G[W,b] ≈ Σ_i A_i ⊗ B_i, where entry ((p,q),(p',q')) of A ⊗ B is A_pp'·B_qq', and p = k stands for the bias.
type LayerCurvature struct {
	Layer
	A, B [][]float64 // row-major k×k, or (k+1)×(k+1) with a bias, and h×h; all of both is written
}

// Block is an exact part of the Gauss–Newton matrix.
type Block struct {
	Entries  []Entry
	Diagonal bool      // whether only the diagonal is wanted
	M        []float64 // of n parameters n, or row-major n×n, all of which is written
}

// Averaging is how the factors of a layer are made from its inputs a_c and the derivatives d_c of a row of the residual with
// respect to its outputs, c = 1…C being the Taylor coefficients. Row k of J is G_k = Σ_c a_c d_cᵀ there, s_k its scale.
type Averaging int

const (
	// Traces are the partial traces of the exact matrix: A = Σ_k s_k²G_kG_kᵀ / τ, B = Σ_k s_k²G_kᵀG_k, τ being the trace of either sum.
	// Products of different coefficients count, and so does which inputs go with which derivatives.
	Traces Averaging = iota
	// Expand treats coefficients as further points: A is the mean of a_c a_cᵀ over points and coefficients, B = Σ_kc s_k² d_c d_cᵀ.
	// It depends on the scale of a coefficient, which Traces does not: a_c is what the layer's weight is multiplied with in the
	// program, without constant factors, such as the −2 in tanh″ = −2 tanh(1 − tanh²), that have been taken out of the product.
	Expand
)

// Curvature writes layers and blocks of the Gauss–Newton matrix Σ_k s_k²∇r_k∇r_kᵀ of the rows of all programs, which must share
// layout, pool and precision; w is as in [Kernel]. Layers must be among those of [Layers], and no weight be
// wanted twice. Memory stays below 100 MB beside the
// results. The bits do not depend on the number of workers.
func Curvature(programs []*Program, theta, fixed []float64, w [][]float64, how Averaging, layers []LayerCurvature, blocks []Block) error {
	if err := checkTogether("curvature", programs, theta, fixed, w); err != nil {
		return err
	}
	residuals := 0
	for _, p := range programs {
		residuals += p.Len()
	}
	for _, l := range layers {
		if len(l.A) != residuals || len(l.B) != residuals {
			return fmt.Errorf("compiler: layer %q: %d and %d factors for %d residuals", l.Weight.Path, len(l.A), len(l.B), residuals)
		}
		n, h := l.inputs(), l.Weight.Shape[1]
		for i := range l.A {
			if len(l.A[i]) != n*n || len(l.B[i]) != h*h {
				return fmt.Errorf("compiler: layer %q: factors of %d and %d entries, they have %d and %d", l.Weight.Path, len(l.A[i]), len(l.B[i]),
					n*n, h*h)
			}
			clear(l.A[i])
			clear(l.B[i])
		}
	}
	twice := map[string]bool{}
	for _, l := range layers {
		if twice[l.Weight.Path] {
			return fmt.Errorf("compiler: layer %q is wanted twice", l.Weight.Path)
		}
		twice[l.Weight.Path] = true
	}
	for _, b := range blocks {
		for _, e := range b.Entries {
			if twice[e.Path] {
				return fmt.Errorf("compiler: parameter %q is wanted twice", e.Path)
			}
			twice[e.Path] = true
		}
		n := b.len()
		want := n
		if !b.Diagonal {
			want *= n
		}
		if len(b.M) != want {
			return fmt.Errorf("compiler: a block of %d entries, it has %d", len(b.M), want)
		}
		clear(b.M)
	}
	return programs[0].run.curvature(programs, theta, fixed, w, how, layers, blocks)
}

func (b *Block) len() int {
	n := 0
	for _, e := range b.Entries {
		n += e.Len
	}
	return n
}

// curvatureBytes is the memory for a block of features.
const curvatureBytes = 16 << 20

func (r *typedRunner[T]) curvature(programs []*Program, theta, fixed []float64, w [][]float64, how Averaging, layers []LayerCurvature,
	blocks []Block,
) error {
	first := 0                               // residual of the program
	counts := make([][]float64, len(layers)) // points times coefficients, by residual
	for l := range layers {
		counts[l] = make([]float64, len(layers[l].A))
	}
	for q, p := range programs {
		own, ok := p.run.(*typedRunner[T])
		if !ok {
			return fmt.Errorf("compiler: groups %q and %q do not share their precision", programs[0].group.Name, p.group.Name)
		}
		var wp []float64
		if w != nil {
			wp = w[q]
		}
		strips := own.strips(0, wp)
		f, err := own.wanted(strips, layers, blocks)
		if err != nil {
			return err
		}
		for _, s := range strips {
			if s.q, err = own.variant(s.v); err != nil {
				return err
			}
			if err := own.bindInputs(s.q, theta, fixed); err != nil {
				return err
			}
			i := first + s.v.index
			for l := range layers {
				counts[l][i] += float64(s.n * s.terms[l])
			}
			if err := r.addStrip(s, f, how, i, layers, blocks); err != nil {
				return err
			}
		}
		first += p.Len()
	}
	for k := range layers {
		l := &layers[k]
		n, h := l.inputs(), l.Weight.Shape[1]
		for i := range l.A {
			c := counts[k][i]
			if how == Traces {
				c = 0
				for j := range n {
					c += l.A[i][j*n+j]
				}
			}
			if c > 0 {
				scaleBy(l.A[i], 1/c)
			}
			mirror(l.A[i], n)
			mirror(l.B[i], h)
		}
	}
	for _, b := range blocks {
		if !b.Diagonal {
			mirror(b.M, b.len())
		}
	}
	return nil
}

// wanted lays out the features that layers and blocks need, and completes the strips' variants.
func (r *typedRunner[T]) wanted(strips []*strip[T], layers []LayerCurvature, blocks []Block) (f features, err error) {
	layout := r.p.layout
	f.place = make([]int, len(layout.entries))
	mask := make([]byte, len(layout.entries))
	for e := range mask {
		f.place[e], mask[e] = -1, '-'
	}
	for _, b := range blocks {
		for _, e := range b.Entries {
			i := layout.at[e.Param]
			f.place[i], mask[i] = f.dense, '0'
			f.dense += e.Len
		}
	}
	f.width = f.dense
	for _, l := range layers {
		e := layout.at[l.Weight.Param]
		g := weight{entry: e, k: l.Weight.Shape[0], h: l.Weight.Shape[1]}
		mask[e] = '1'
		for _, s := range strips {
			found, err := r.p.factorable(s.v)
			if err != nil {
				return f, err
			}
			if found[e] < 0 {
				return f, fmt.Errorf("compiler: the derivatives with respect to %q are no outer products", l.Weight.Path)
			}
			s.terms = append(s.terms, found[e])
			g.terms = max(g.terms, found[e])
		}
		g.a, g.d = f.width, f.width+g.terms*g.k
		f.width += g.terms * (g.k + g.h)
		f.weights = append(f.weights, g)
	}
	// Rows a multiple of 4 kB apart would share few lines of the first-level cache.
	if size := int(unsafe.Sizeof(T(0))); f.width*size%4096 < 64 && f.width > 0 {
		f.width += 64 / size
	}
	for _, s := range strips {
		s.v.factored = string(mask)
	}
	return f, nil
}

// addStrip adds what the rows of a strip contribute.
func (r *typedRunner[T]) addStrip(s *strip[T], f features, how Averaging, residual int, layers []LayerCurvature, blocks []Block) error {
	if f.width == 0 {
		return nil
	}
	block := &r.kernelScratch.x
	most := max(curvatureBytes/(f.width*int(unsafe.Sizeof(T(0)))), 64)
	biases := s.r.p.biases()
	for first := 0; first < s.n; first += most {
		rows := min(most, s.n-first)
		if err := s.r.fill(block, []rowTile[T]{{s: s, first: first, rows: rows}}, f); err != nil {
			return err
		}
		scale := make([]T, rows)
		for k := range scale {
			scale[k] = 1
			if s.scale != nil {
				scale[k] = T(s.scale[first+k])
			}
		}
		for q := range layers {
			l := &layers[q]
			if s.terms[q] == 0 {
				continue
			}
			x := factorRows[T]{block.data, f.width, f.weights[q], s.terms[q], -1, scale, how}
			if l.Bias.Param != nil {
				if p, ok := biases[l.Weight.Param]; ok && p.bias == l.Bias.Param {
					x.bias = p.channel
				}
			}
			n, h := l.inputs(), l.Weight.Shape[1]
			r.panels.resize(rows*x.terms, n)
			r.eachRow(rows, func(row int) { x.inputs(&r.panels, row, n) })
			r.gram.add(r.p.pool, l.A[residual], n, &r.panels)
			r.panels.resize(rows*x.terms, h)
			r.eachRow(rows, func(row int) { x.outputs(&r.panels, row) })
			r.gram.add(r.p.pool, l.B[residual], h, &r.panels)
		}
		at := 0
		for _, b := range blocks {
			n := b.len()
			r.addExact(b, block.data[at:], scale, f.width, n)
			at += n
		}
	}
	return nil
}

// eachRow shares rows among the workers.
func (r *typedRunner[T]) eachRow(rows int, do func(row int)) {
	const share = 32 // rows of a task
	r.p.pool.Run((rows+share-1)/share, func(_, task int) {
		for row := task * share; row < min((task+1)*share, rows); row++ {
			do(row)
		}
	})
}

// addExact adds the rows' part of a block, whose columns of J begin at x.
func (r *typedRunner[T]) addExact(b Block, x, scale []T, ld, n int) {
	if b.Diagonal {
		for k, s := range scale {
			for j, v := range x[k*ld:][:n] {
				b.M[j] += float64(s*v) * float64(s*v)
			}
		}
		return
	}
	r.panels.resize(len(scale), n)
	multiply := kern.ConstTable[T]()[kern.OpMulC]
	r.p.pool.Run(r.panels.count(), func(_, t int) {
		dst, col, w := r.panels.panel(t)
		for k, s := range scale {
			multiply(dst[k*w:(k+1)*w], x[k*ld+col:][:w], nil, s)
		}
	})
	r.gram.add(r.p.pool, b.M, n, &r.panels)
}

// mirror copies the upper triangle of a square matrix to the lower one.
func mirror(m []float64, n int) {
	for i := range n {
		for j := i + 1; j < n; j++ {
			m[j*n+i] = m[i*n+j]
		}
	}
}

func scaleBy(x []float64, c float64) {
	for i := range x {
		x[i] *= c
	}
}
