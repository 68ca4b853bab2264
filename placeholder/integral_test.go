package placeholder_test

import (
	"math"
	"testing"

	ph "github.com/crux-pinn/crux/placeholder"
)

// The kernel is found in what users write, and only there.
func TestKernelOfAnIntegral(t *testing.T) {
	x := ph.NewCoord("x")
	env := ph.Env{Names: map[string]ph.Expr{"x": x, "alpha": ph.Const(0.25)}}
	for text, want := range map[string][2]float64{
		"integral(cos(s)/sqrt(x - s), s, 0, x)":                      {0, -0.5},
		"integral(cos(s)*(x - s)^(-alpha), s, 0, x)":                 {0, -0.25},
		"integral(cos(s)/(s^0.75*(1 - s)^0.25), s, 0, 1)":            {-0.75, -0.25},
		"integral(3*cos(s)*sqrt(2*(x - s)), s, 0, x)":                {0, 0.5},
		"integral(-(cos(s)/sqrt(x - s)/sqrt(sqrt(x - s))), s, 0, x)": {0, -0.75},
		"integral(cos(s)/sqrt(s - 1), s, 1, x)":                      {-0.5, 0},
		// no singularity at an end, a whole power, or no integral at all
		"integral(cos(s)/sqrt(x + 1 - s), s, 0, x)": {},
		"integral(cos(s)*(x - s)^2, s, 0, x)":       {},
		"integral(cos(s)/(x - s)^1.5, s, 0, x)":     {},
		"integral(cos(s)/sqrt(x - s^2), s, 0, x)":   {},
		"integral(cos(s)/sqrt(x - s) + 1, s, 0, x)": {},
		"integral(exp(-(x - s))*cos(s), s, 0, x)":   {},
	} {
		e, err := ph.Parse(text, env)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if got := e.Attr().(*ph.Integral).Kernel; got != want {
			t.Errorf("%s: kernel %v, want %v", text, got, want)
		}
	}
}

// ∫₋₁¹ (1+ξ)^(p+k) (1−ξ)^q dξ = 2^(p+k+q+1) B(p+k+1, q+1), to the degree for which the rule is exact.
func TestRuleWithKernel(t *testing.T) {
	for _, kernel := range [][2]float64{{}, {-0.5, 0}, {0, -0.5}, {-0.5, -0.5}, {-0.9, 0.3}, {0.5, 0.5}, {-0.3, -0.7}} {
		for _, n := range []int{1, 2, 5, 20, 100} {
			in := ph.Integral{Nodes: n, Kernel: kernel}
			nodes, weights := in.Rule()
			for k := 0; k <= min(2*n-1, 40); k++ {
				p, q := kernel[0], kernel[1]
				got := 0.0
				for i, x := range nodes {
					got += weights[i] * math.Pow(1+x, p+float64(k)) * math.Pow(1-x, q)
				}
				a, b := p+float64(k)+1, q+1
				ga, _ := math.Lgamma(a)
				gb, _ := math.Lgamma(b)
				gab, _ := math.Lgamma(a + b)
				want := math.Exp(math.Ln2*(a+b-1) + ga + gb - gab)
				if !(math.Abs(got-want) <= 1e-11*want) {
					t.Errorf("kernel %v, %d nodes, degree %d: %.15g, want %.15g", kernel, n, k, got, want)
				}
			}
		}
	}
}
