package compiler

import (
	"unsafe"

	"github.com/crux-pinn/crux/internal/kern"
)

// RowNorms writes ‖J_k‖² of every row to dst, of length Rows, with w as in MulJ: the diagonal of the kernel, whose sum is its
// trace. Neither J nor the kernel is formed, and memory does not depend on the number of points: with J_k[W] = Σ_c A_c ⊗ D_c,
//
//	‖J_k[W]‖² = Σ_cc' (A_c·A_c') (D_c·D_c')
func (p *Program) RowNorms(dst, theta, fixed, w []float64) error {
	if err := p.checkRows(theta, fixed, w, size{"places for norms of rows", len(dst), p.Rows()}); err != nil {
		return err
	}
	return p.run.rowNorms(dst, theta, fixed, w)
}

// normBytes is the memory for a block of features: it stays in the second-level caches.
const normBytes = 2 << 20

func (r *typedRunner[T]) rowNorms(dst, theta, fixed, w []float64) error {
	strips := r.strips(0, w)
	f, err := r.prepare(strips, theta, fixed, nil, func(terms float64, k, h int) bool {
		return terms*terms/2*float64(k+h) < (terms+1)*float64(k*h) // the outer products, and their squares
	})
	if err != nil {
		return err
	}
	clear(dst)
	if f.width == 0 {
		return nil
	}
	block := &r.kernelScratch.x
	most := max(normBytes/(f.width*int(unsafe.Sizeof(T(0)))), 64)
	for _, s := range strips {
		for first := 0; first < s.n; first += most {
			r.fill(block, []rowTile[T]{{s: s, first: first, rows: min(most, s.n-first)}}, f)
			t := block.tiles[0]
			const share = 32 // rows of a task
			r.p.pool.Run((t.rows+share-1)/share, func(_, task int) {
				for k := task * share; k < min((task+1)*share, t.rows); k++ {
					norm := s.norm(block.data[k*f.width:][:f.width], f)
					if s.scale != nil {
						norm *= s.scale[first+k] * s.scale[first+k]
					}
					dst[s.base+(first+k)*s.step] = norm
				}
			})
		}
	}
	return nil
}

// norm is ‖J_k‖² from the features of a row.
func (s *strip[T]) norm(x []T, f features) float64 {
	sum := float64(kern.Dot(x[:f.dense], x[:f.dense]))
	for q, w := range f.weights {
		for c := range s.terms[q] {
			a, d := x[w.a+c*w.k:][:w.k], x[w.d+c*w.h:][:w.h]
			sum += float64(kern.Dot(a, a)) * float64(kern.Dot(d, d))
			for e := range c {
				sum += 2 * float64(kern.Dot(a, x[w.a+e*w.k:][:w.k])) * float64(kern.Dot(d, x[w.d+e*w.h:][:w.h]))
			}
		}
	}
	return sum
}
