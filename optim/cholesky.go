package optim

import (
	"math"

	gblas "gonum.org/v1/gonum/blas"
)

// cholesky is the factorisation A = UᵀU of a positive definite matrix. The zero value is ready for factorize.
//
// It is the right-looking blocked algorithm (Golub & Van Loan 2013, §4.2.6): with a block row of A divided into
// a square and the rest,
//
//	A₁₁ = U₁₁ᵀU₁₁      U₁₂ = U₁₁⁻ᵀA₁₂      A₂₂ ← A₂₂ − U₁₂ᵀU₁₂
//
// and so on with A₂₂. Nearly all work is in the last product.
type cholesky struct {
	n int
	u []float64 // row-major; the strict lower triangle is scratch
}

// blockRows is the height of a block row: long enough for the product, short enough that the other two steps, which go
// row by row, cost little.
const blockRows = 64

// factorize factorises A, in place: u holds A on entry and U on return, and belongs to c until the last solve. ok is
// false when A is not positive definite to working precision, or not finite.
func (c *cholesky) factorize(crew crew, u []float64, n int) (ok bool) {
	c.n, c.u = n, u
	for k := 0; k < n; k += blockRows {
		b := min(blockRows, n-k)
		if !c.square(k, b) {
			return false
		}
		tiles := (n - k - b + blockRows - 1) / blockRows
		crew.Run(tiles, func(_, t int) { c.row(k, b, t) })
		crew.Run(tiles*(tiles+1)/2, func(_, t int) { c.product(k, b, t) })
	}
	return true
}

// square factorises the diagonal block of rows k … k+b.
func (c *cholesky) square(k, b int) bool {
	n, u := c.n, c.u
	for i := k; i < k+b; i++ {
		d := u[i*n+i]
		if !(d > 0) || math.IsInf(d, 1) {
			return false
		}
		d = math.Sqrt(d)
		u[i*n+i] = d
		row := u[i*n+i+1 : i*n+k+b]
		for j := range row {
			row[j] /= d
		}
		for j, v := range row {
			axpy(-v, row[j:], u[(i+1+j)*n+i+1+j:(i+1+j)*n+k+b])
		}
	}
	return true
}

// row computes tile t of U₁₂ by forward substitution.
func (c *cholesky) row(k, b, t int) {
	n, u := c.n, c.u
	at := k + b + t*blockRows
	w := min(blockRows, n-at)
	for i := range b {
		dst := u[(k+i)*n+at:][:w]
		for j := range i {
			axpy(-u[(k+j)*n+k+i], u[(k+j)*n+at:][:w], dst)
		}
		d := u[(k+i)*n+k+i]
		for j := range dst {
			dst[j] /= d
		}
	}
}

// product subtracts U₁₂ᵀU₁₂ from tile (i, j), i ≤ j, of A₂₂; the tiles are numbered column by column.
func (c *cholesky) product(k, b, task int) {
	i, j := task, 0
	for i > j {
		i -= j + 1
		j++
	}
	n, u := c.n, c.u
	ri, cj := k+b+i*blockRows, k+b+j*blockRows
	blas.Dgemm(gblas.Trans, gblas.NoTrans, min(blockRows, n-ri), min(blockRows, n-cj), b, -1, u[k*n+ri:], n, u[k*n+cj:], n, 1, u[ri*n+cj:], n)
}

// solve writes the solution of A·x = b to x, which may be b.
func (c *cholesky) solve(x, b []float64) {
	n, u := c.n, c.u
	copy(x, b)
	for i := range n { // Uᵀy = b
		x[i] /= u[i*n+i]
		axpy(-x[i], u[i*n+i+1:(i+1)*n], x[i+1:n])
	}
	for i := n - 1; i >= 0; i-- { // U·x = y
		x[i] = (x[i] - dot(u[i*n+i+1:(i+1)*n], x[i+1:n])) / u[i*n+i]
	}
}
