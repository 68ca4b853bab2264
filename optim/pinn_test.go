package optim_test

import (
	"math"
	"math/rand/v2"
)

// pinn is the loss of a small physics-informed network: −u″ = π² sin πx on [−1,1], u(±1) = 0, with the hard boundary
// condition u = (1−x²)·N(x), tanh layers, and the mean squared residual at equidistant points. It is smooth, far from
// convex and badly conditioned: what the methods of this package are for.
type pinn struct {
	sizes []int // such as 1, 12, 12, 1
	xs    []float64
	h     [][3][]float64 // per layer: input value, first and second derivative
	z     [][3][]float64 // per layer: before the activation
	adj   [2][3][]float64
}

func newPINN(points int, hidden ...int) *pinn {
	p := &pinn{sizes: append(append([]int{1}, hidden...), 1)}
	for i := range points {
		p.xs = append(p.xs, -1+2*(float64(i)+0.5)/float64(points))
	}
	widest := 1
	three := func(n int) (c [3][]float64) {
		for k := range c {
			c[k] = make([]float64, n)
		}
		return c
	}
	for l, n := range p.sizes {
		widest = max(widest, n)
		p.h = append(p.h, three(n))
		if l > 0 {
			p.z = append(p.z, three(n))
		}
	}
	p.adj = [2][3][]float64{three(widest), three(widest)}
	return p
}

// start is a Glorot initialisation.
func (p *pinn) start(seed uint64) []float64 {
	rng := rand.New(rand.NewPCG(seed, 1))
	var theta []float64
	for l := range len(p.sizes) - 1 {
		in, out := p.sizes[l], p.sizes[l+1]
		for range in * out {
			theta = append(theta, rng.NormFloat64()*math.Sqrt(2/float64(in+out)))
		}
		theta = append(theta, make([]float64, out)...)
	}
	return theta
}

// eval propagates (N, N′, N″) forwards and its adjoint backwards, point by point. A layer is W (out×in), then b.
func (p *pinn) eval(grad, theta []float64) float64 {
	clear(grad)
	loss := 0.0
	for _, x := range p.xs {
		n0, n1, n2 := p.forward(theta, x)
		q := 1 - x*x
		r := q*n2 - 4*x*n1 - 2*n0 + math.Pi*math.Pi*math.Sin(math.Pi*x) // u″ + f
		loss += r * r / float64(len(p.xs))
		d := 2 * r / float64(len(p.xs))
		p.backward(grad, theta, -2*d, -4*x*d, q*d)
	}
	return loss
}

// squares are the residuals √(2/points)·(u″ + f).
func (p *pinn) squares(theta []float64, row func(s float64, ds []float64)) {
	c := math.Sqrt(2 / float64(len(p.xs)))
	for _, x := range p.xs {
		n0, n1, n2 := p.forward(theta, x)
		q := 1 - x*x
		ds := make([]float64, len(theta))
		p.backward(ds, theta, -2*c, -4*x*c, q*c)
		row(c*(q*n2-4*x*n1-2*n0+math.Pi*math.Pi*math.Sin(math.Pi*x)), ds)
	}
}

func (p *pinn) forward(theta []float64, x float64) (n0, n1, n2 float64) {
	p.h[0][0][0], p.h[0][1][0], p.h[0][2][0] = x, 1, 0
	for l := range p.z {
		in, out := p.sizes[l], p.sizes[l+1]
		w, b := theta[:in*out], theta[in*out:in*out+out]
		theta = theta[in*out+out:]
		for j := range out {
			z := [3]float64{b[j]}
			for i, wij := range w[j*in : j*in+in] {
				z[0] += wij * p.h[l][0][i]
				z[1] += wij * p.h[l][1][i]
				z[2] += wij * p.h[l][2][i]
			}
			for k := range z {
				p.z[l][k][j] = z[k]
			}
			if l < len(p.z)-1 {
				t := math.Tanh(z[0])
				t1 := 1 - t*t
				t2 := -2 * t * t1
				z = [3]float64{t, t1 * z[1], t2*z[1]*z[1] + t1*z[2]}
			}
			for k := range z {
				p.h[l+1][k][j] = z[k]
			}
		}
	}
	last := p.h[len(p.h)-1]
	return last[0][0], last[1][0], last[2][0]
}

func (p *pinn) backward(grad, theta []float64, d0, d1, d2 float64) {
	a, next := &p.adj[0], &p.adj[1]
	a[0][0], a[1][0], a[2][0] = d0, d1, d2
	end := len(theta)
	for l := len(p.z) - 1; l >= 0; l-- {
		in, out := p.sizes[l], p.sizes[l+1]
		end -= (in + 1) * out
		w := theta[end : end+in*out]
		gw, gb := grad[end:end+in*out], grad[end+in*out:end+in*out+out]
		for i := range in {
			next[0][i], next[1][i], next[2][i] = 0, 0, 0
		}
		for j := range out {
			c0, c1, c2 := a[0][j], a[1][j], a[2][j]
			if l < len(p.z)-1 {
				z1, z2 := p.z[l][1][j], p.z[l][2][j]
				t := p.h[l+1][0][j]
				t1 := 1 - t*t
				t2 := -2 * t * t1
				t3 := -2 * (t1*t1 + t*t2)
				c0, c1, c2 = c0*t1+c1*t2*z1+c2*(t3*z1*z1+t2*z2), c1*t1+c2*2*t2*z1, c2*t1
			}
			gb[j] += c0
			for i := range in {
				wij := w[j*in+i]
				gw[j*in+i] += c0*p.h[l][0][i] + c1*p.h[l][1][i] + c2*p.h[l][2][i]
				next[0][i] += c0 * wij
				next[1][i] += c1 * wij
				next[2][i] += c2 * wij
			}
		}
		a, next = next, a
	}
}

// relL2 is the relative L2 error of u against sin πx on 101 points.
func (p *pinn) relL2(theta []float64) float64 {
	num, den := 0.0, 0.0
	for i := range 101 {
		x := -1 + 2*float64(i)/100
		n, _, _ := p.forward(theta, x)
		u, want := (1-x*x)*n, math.Sin(math.Pi*x)
		num += (u - want) * (u - want)
		den += want * want
	}
	return math.Sqrt(num / den)
}
