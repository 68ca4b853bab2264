package compiler

import (
	"fmt"
	"unsafe"

	"github.com/crux-pinn/crux/internal/kern"
)

// Kernel writes K = J·Jᵀ over the rows of all programs, one program after the other, to k: row-major n×n for n = Σ Rows, of
// which the upper triangle counts; the strict lower one is left as it is. w[p] are the weights of program p as in
// [Program.MulJT], and nil ones or a nil w stand for the residuals as they are: then K is the neural tangent kernel. If only is
// not nil, just the parameters for which it is true count.
//
// The programs must share layout, pool and precision. Neither J nor, for weights of wide layers, its factors' products are
// formed: with J_i[W] = Σ_c A_c[i] ⊗ D_c[i] over the Taylor coefficients c, where A is the layer's input and D the cotangent
// of its output,
//
//	K_ij = Σ_W Σ_cc' (A_c[i]·A_c'[j]) (D_c[i]·D_c'[j])
//
// which costs C²(k+h) multiplications for a k×h weight instead of k·h; the cheaper way is taken for each weight. Memory
// beyond K stays below 150 MB. The bits do not depend on the number of workers.
func Kernel(k []float64, programs []*Program, theta, fixed []float64, w [][]float64, only func(Entry) bool) error {
	if err := checkTogether("a kernel", programs, theta, fixed, w); err != nil {
		return err
	}
	n := 0
	for _, p := range programs {
		n += p.Rows()
	}
	if len(k) != n*n {
		return fmt.Errorf("compiler: %d places for a kernel of %d rows", len(k), n)
	}
	return programs[0].run.kernel(k, n, programs, theta, fixed, w, only)
}

// checkTogether tells whether the rows of all programs make one matrix. w may be nil.
func checkTogether(what string, programs []*Program, theta, fixed []float64, w [][]float64) error {
	if len(programs) == 0 {
		return fmt.Errorf("compiler: %s of no programs", what)
	}
	if w != nil && len(w) != len(programs) {
		return fmt.Errorf("compiler: weights for %d programs, there are %d", len(w), len(programs))
	}
	for q, p := range programs {
		var wp []float64
		if w != nil {
			wp = w[q]
		}
		if err := p.checkRows(theta, fixed, wp); err != nil {
			return err
		}
		if p.layout != programs[0].layout || p.pool != programs[0].pool {
			return fmt.Errorf("compiler: groups %q and %q do not share layout and pool", programs[0].group.Name, p.group.Name)
		}
	}
	return nil
}

// KernelWork is how many multiplications an entry of [Kernel] takes, for rows of all these programs: as many as there are parameters
// where no weight is factored.
func KernelWork(programs []*Program) (float64, error) {
	if len(programs) == 0 {
		return 0, nil
	}
	return programs[0].run.kernelWork(programs)
}

// strip is one component of one residual: a row of J for each point.
type strip[T kern.Float] struct {
	r     *typedRunner[T]
	v     variant
	q     *ready[T]
	n     int
	base  int       // row of K of its first point
	step  int       // rows of K from point to point
	scale []float64 // of each row; nil means 1
	terms []int     // number of coefficients C of each factored weight; 0 if the strip does not depend on it
}

// features are the columns of what is computed for every row: the columns of J of parameters that are not factored, and
// the factors of the others.
type features struct {
	place   []int    // of each entry of the layout: its first column, or −1
	dense   int      // columns of J
	weights []weight // factored
	width   int      // of all features
}

// weight is a factored k×h weight: columns a… are A_0, A_1, …, each of length k, and columns d… are D_0, ….
type weight struct{ entry, k, h, a, d, terms int }

func (r *typedRunner[T]) kernel(k []float64, ldk int, programs []*Program, theta, fixed []float64, w [][]float64,
	only func(Entry) bool,
) error {
	strips, err := r.allStrips(programs, w)
	if err != nil {
		return err
	}
	f, err := r.prepare(strips, theta, fixed, only)
	if err != nil {
		return err
	}
	for i := range ldk {
		clear(k[i*ldk+i : (i+1)*ldk])
	}
	if f.width == 0 {
		return nil
	}
	return r.blocks(k, ldk, strips, f)
}

func (r *typedRunner[T]) kernelWork(programs []*Program) (float64, error) {
	strips, err := r.allStrips(programs, nil)
	if err != nil {
		return 0, err
	}
	f, err := r.choose(strips, nil)
	work := float64(f.dense)
	for _, w := range f.weights {
		work += float64(w.terms * w.terms * (w.k + w.h + hadamardCost))
	}
	return work, err
}

// allStrips are those of all programs, one after the other.
func (r *typedRunner[T]) allStrips(programs []*Program, w [][]float64) (strips []*strip[T], err error) {
	base := 0
	for q, p := range programs {
		own, ok := p.run.(*typedRunner[T])
		if !ok {
			return nil, fmt.Errorf("compiler: groups %q and %q do not share their precision", programs[0].group.Name, p.group.Name)
		}
		var wp []float64
		if w != nil {
			wp = w[q]
		}
		strips = append(strips, own.strips(base, wp)...)
		base += p.Rows()
	}
	return strips, nil
}

// strips are those of the runner's program, whose rows begin at row base.
func (r *typedRunner[T]) strips(base int, w []float64) (all []*strip[T]) {
	p := r.p
	for i := range p.Len() {
		dim := p.Dim(i)
		var scale []float64
		if w != nil {
			scale = make([]float64, p.n)
			for k := range scale {
				scale[k] = p.rowScale(i, k, w)
			}
		}
		for c := range dim {
			all = append(all, &strip[T]{r: r, v: variant{kind: vJacobian, index: i, component: c}, n: p.n, base: base + c, step: dim, scale: scale})
		}
		base += p.n * dim
	}
	return all
}

// prepare chooses the features and binds the strips' machines.
func (r *typedRunner[T]) prepare(strips []*strip[T], theta, fixed []float64, only func(Entry) bool) (features, error) {
	f, err := r.choose(strips, only)
	if err != nil {
		return f, err
	}
	for _, s := range strips {
		if s.q, err = s.r.variant(s.v); err != nil {
			return f, err
		}
		if err := s.r.bindInputs(s.q, theta, fixed); err != nil {
			return f, err
		}
	}
	return f, nil
}

// factored says for which k×h weights two Gram matrices for each pair of terms cost less than columns of J.
func factored(terms float64, k, h int) bool {
	return terms*terms*float64(k+h+hadamardCost) < float64(k*h)
}

// kernelVariants are the graphs behind the kernel of this program with all parameters.
func (r *typedRunner[T]) kernelVariants() (vs []variant, err error) {
	strips := r.strips(0, nil)
	if _, err = r.choose(strips, nil); err != nil {
		return nil, err
	}
	for _, s := range strips {
		vs = append(vs, s.v)
	}
	return vs, nil
}

// hadamardCost is what one product of two Gram entries costs, in multiplications of a matrix product.
const hadamardCost = 24

// choose lays out the features: factors of the k×h weights for which factored says so, given the mean number of terms, and
// columns of J for all other parameters. It completes the strips' variants.
func (r *typedRunner[T]) choose(strips []*strip[T], only func(Entry) bool) (features, error) {
	layout := r.p.layout
	f := features{place: make([]int, len(layout.entries))}
	found := make([][]int, len(strips)) // C by entry; −1 if the columns of J are no sum of products
	rows := 0
	for s, x := range strips {
		var err error
		if found[s], err = x.r.p.factorable(x.v); err != nil {
			return f, err
		}
		rows += x.n
	}
	mask := make([]byte, len(layout.entries))
	for e := range layout.entries {
		entry := &layout.entries[e]
		f.place[e], mask[e] = -1, '-'
		if only != nil && !only(*entry) {
			continue
		}
		mask[e] = '0'
		total, most, can := 0, 0, len(entry.Shape) == 2
		for s, x := range strips {
			c := found[s][e]
			can = can && c >= 0
			total += c * x.n
			most = max(most, c)
		}
		if can && most > 0 {
			k, h := entry.Shape[0], entry.Shape[1]
			if factored(float64(total)/float64(rows), k, h) {
				mask[e] = '1'
				f.weights = append(f.weights, weight{entry: e, k: k, h: h, terms: most})
				continue
			}
		}
		f.place[e] = f.dense
		f.dense += entry.Len
	}
	f.width = f.dense
	for i := range f.weights {
		w := &f.weights[i]
		w.a, w.d = f.width, f.width+w.terms*w.k
		f.width += w.terms * (w.k + w.h)
	}
	// Rows a multiple of 4 kB apart would share few lines of the first-level cache.
	if size := int(unsafe.Sizeof(T(0))); f.width*size%4096 < 64 && f.width > 0 {
		f.width += 64 / size
	}
	for s, x := range strips {
		x.v.factored = string(mask)
		for _, w := range f.weights {
			x.terms = append(x.terms, found[s][w.entry])
		}
	}
	return f, nil
}
