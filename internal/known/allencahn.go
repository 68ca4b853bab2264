package known

import (
	"math"

	"gonum.org/v1/gonum/dsp/fourier"
)

// allenCahn solves u_t = ε u_xx + γ(u − u³) for t in [0, 1], periodic on [−1, 1], from u(0, x) = x² cos πx.
//
// The initial value is smooth only inside: continued periodically it has a kink at x = ±1, where its slope jumps by 4.
// Its Fourier coefficients fall like k⁻², and a truncated series leaves an error of 1e-4 there at early times that no
// affordable number of modes removes. So the kink is split off in closed form, u = v + w (see kink), and what is left
//
//	v_t = ε v_xx + γ(u − u³) + 2γ w,   v(0, x) = x²(1 + cos πx)
//
// is smooth. The term 2γw cancels the part of the reaction that is linear in w at u = −1, the value at the kink, so
// no kink grows back.
//
// v is even and periodic, so it is a cosine series. It is advanced by etdrk4; the products are formed on the grid of
// modes+1 points of [0, 1], which is a full Fourier grid of 2·modes points on [−1, 1]. Dealiasing: the reaction
// keeps only modes up to modes/2, so the cubic's aliases fall outside the modes that are kept. At the resolution in
// use the field has nothing left in the other half, and leaving it out changes the result by less than its error.
//
// Errors against 8192 modes and 8000 steps with ε = 1e-4 and γ = 5; the largest is over 150 000 points, most of them
// beside the kink at t < 0.02, the relative one over 50 000 points of the whole region:
//
//	modes  steps  largest error  relative L2 error  time
//	  512    500     6e-6             2e-7          0.1 s
//	 1024   1000     9e-9             8e-11         0.2 s
//	 2048   2000     6e-10            3e-12         0.8 s    what the library uses
//
// With 512 modes the fronts, of width √(2ε/γ) = 0.006, are not resolved. Then what remains is the start, where the
// third derivative of v jumps at x = ±1.
type allenCahn struct {
	diffusion, reaction float64 // ε and γ
	modes               int     // cosine modes, half the Fourier modes
	steps               int     // time steps to t = 1
	stride              int     // time steps between stored fields; divides steps
}

// solve computes the field once and returns its interpolant.
func (p allenCahn) solve() formula {
	m := p.modes
	dct := fourier.NewDCT(m + 1) // unnormalised: twice gives 2m times the input
	linear := make([]float64, m+1)
	for k := range linear {
		linear[k] = -p.diffusion * math.Pow(math.Pi*float64(k), 2)
	}
	grid, w := make([]float64, m+1), make([]float64, m+1)
	scheme := newETDRK4(1/float64(p.steps), linear, func(dst []float64, t float64, v []float64) {
		p.kink(t).fill(w)
		dct.Transform(grid, v)
		for j := range grid {
			u := grid[j]/float64(2*m) + w[j]
			grid[j] = p.reaction * (u*(1-u*u) + 2*w[j])
		}
		dct.Transform(dst, grid)
		clear(dst[m/2+1:])
	})

	for j := range grid {
		x := float64(j) / float64(m)
		grid[j] = x * x * (1 + math.Cos(math.Pi*x))
	}
	history := newLatticeField(p.steps/p.stride, m)
	copy(history.row(0), grid)
	v := dct.Transform(nil, grid)
	for i := range p.steps {
		scheme.step(float64(i)/float64(p.steps), v)
		if (i+1)%p.stride == 0 {
			row := dct.Transform(history.row((i+1)/p.stride), v)
			for j := range row {
				row[j] /= float64(2 * m)
			}
		}
	}
	return func(dst, at []float64) {
		t, x := min(max(at[0], 0), 1), min(math.Abs(at[1]), 1) // u is even; at may lie outside by rounding
		dst[0] = history.at(t, x) + p.kink(t).at(x)
	}
}

// kink is the part of the Allen–Cahn field that is not smooth, at one time:
//
//	w(t, x) = e^{−2γt} (−x² − 2εt + 2s ierfc((1 − |x|)/s)),   s = 2√(εt)
//
// with ierfc z = e^{−z²}/√π − z erfc z. At t = 0 it is −x², whose periodic continuation has the same kink as x² cos πx.
// It solves w_t = ε w_xx − 2γw: the heat kernel applied to the kink, damped at the rate −2γ that the reaction has at
// u = −1. On each side of x = 0 only the nearer kink counts; for s ≤ 0.07 the other adds less than 1e-80.
type kink struct{ scale, shift, s float64 }

func (p allenCahn) kink(t float64) kink {
	return kink{
		scale: math.Exp(-2 * p.reaction * t),
		shift: -2 * p.diffusion * t,
		s:     2 * math.Sqrt(p.diffusion*t),
	}
}

// at returns w at x, for 0 ≤ x ≤ 1.
func (k kink) at(x float64) float64 {
	w := k.shift - x*x
	if z := (1 - x) / k.s; z < 6 { // beyond, ierfc is below 1e-17; s = 0 gives z = +Inf or, at the kink, NaN
		w += 2 * k.s * (math.Exp(-z*z)/math.SqrtPi - z*math.Erfc(z))
	}
	return k.scale * w
}

// fill writes w to dst at the len(dst) points of a uniform grid of [0, 1].
func (k kink) fill(dst []float64) {
	m := float64(len(dst) - 1)
	for j := range dst {
		dst[j] = k.at(float64(j) / m)
	}
}

// besideTheKink is where the Allen–Cahn field is least exact: the first snapshots, a few grid cells from x = 1.
var besideTheKink = []axis{{"t", 0, 0.02}, {"x", 0.98, 1}}

func allenCahnField(c map[string]float64) recipe {
	fine := allenCahn{diffusion: c["diffusion"], reaction: c["reaction"], modes: 2048, steps: 2000, stride: 5}
	coarse := fine
	coarse.modes, coarse.steps = fine.modes/2, fine.steps/2
	return recipe{field: fine.solve, check: coarse.solve, hard: besideTheKink}
}
