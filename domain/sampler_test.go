package domain_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/domain"
)

func stream(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

type qmc struct {
	Sobol, Halton map[string][][]float64
	Sobol64       [][]float64 `json:"sobol_64"`
	L2Sobol       float64     `json:"l2star_sobol_2_256"`
	L2Halton      float64     `json:"l2star_halton_3_100"`
}

func readQMC(t *testing.T) qmc {
	t.Helper()
	b, err := os.ReadFile("testdata/qmc.json")
	if err != nil {
		t.Fatal(err)
	}
	var q qmc
	if err := json.Unmarshal(b, &q); err != nil {
		t.Fatal(err)
	}
	return q
}

// Our Sobol points are dyadic rationals with at most 32 bits and scipy's with at most 30, so the first 2^30 agree exactly.
func TestSequencesAgreeWithScipy(t *testing.T) {
	q := readQMC(t)
	check := func(name string, s domain.Sampler, dim int, want [][]float64, tol float64) {
		t.Helper()
		got, err := s.Sample(nil, len(want), dim)
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range want {
			for j, w := range row {
				if g := got[i*dim+j]; math.Abs(g-w) > tol {
					t.Fatalf("%s in %d dimensions, point %d, coordinate %d: %v, scipy has %v", name, dim, i, j, g, w)
				}
			}
		}
	}
	for d := 1; d <= 10; d++ {
		check("sobol", domain.Sobol{}, d, q.Sobol[strconv.Itoa(d)], 0)
		check("halton", domain.Halton{}, d, q.Halton[strconv.Itoa(d)], 4e-16)
	}
	check("sobol", domain.Sobol{}, 64, q.Sobol64, 0)
}

// l2star is Warnock's closed form of the L2-star discrepancy:
//
//	D² = 3^{−d} − (2^{1−d}/n) Σ_i Π_k (1−x_ik²) + (1/n²) Σ_ij Π_k (1−max(x_ik, x_jk))
func l2star(u []float64, dim int) float64 {
	n := len(u) / dim
	single, double := 0.0, 0.0
	for i := range n {
		p := 1.0
		for k := range dim {
			p *= 1 - u[i*dim+k]*u[i*dim+k]
		}
		single += p
		for j := range n {
			p := 1.0
			for k := range dim {
				p *= 1 - max(u[i*dim+k], u[j*dim+k])
			}
			double += p
		}
	}
	return math.Sqrt(math.Pow(3, -float64(dim)) - math.Pow(2, 1-float64(dim))/float64(n)*single + double/float64(n*n))
}

func TestDiscrepancy(t *testing.T) {
	q := readQMC(t)
	sobol, _ := domain.Sobol{}.Sample(nil, 256, 2)
	halton, _ := domain.Halton{}.Sample(nil, 100, 3)
	if d := l2star(sobol, 2); math.Abs(d-q.L2Sobol) > 1e-12 {
		t.Errorf("L2-star discrepancy of Sobol points %v, scipy has %v", d, q.L2Sobol)
	}
	if d := l2star(halton, 3); math.Abs(d-q.L2Halton) > 1e-12 {
		t.Errorf("L2-star discrepancy of Halton points %v, scipy has %v", d, q.L2Halton)
	}
	// The root mean square of D over independent points is √((2^{−d} − 3^{−d})/n); every other sampler must be well below.
	random := math.Sqrt((0.25 - 1.0/9) / 256)
	for _, s := range []domain.Sampler{
		domain.Sobol{},
		domain.Sobol{Scramble: true},
		domain.Halton{},
		domain.Halton{Scramble: true},
		domain.Hammersley{},
		domain.LatinHypercube{},
	} {
		u, err := s.Sample(stream(5), 256, 2)
		if err != nil {
			t.Fatal(err)
		}
		limit := random / 4
		if s == (domain.LatinHypercube{}) {
			limit = random // it stratifies lines, not areas
		}
		if d := l2star(u, 2); d > limit {
			t.Errorf("%T%+v: discrepancy %v, independent points have %v", s, s, d, random)
		}
	}
}

// Every elementary interval of volume 2^−m in base 2 holds one of 2^m two-dimensional Sobol points, scrambled or not: they
// are a (0, m, 2)-net.
func TestSobolIsANet(t *testing.T) {
	const m = 8
	for _, s := range []domain.Sobol{{}, {Scramble: true}} {
		for seed := range uint64(5) {
			u, err := s.Sample(stream(seed), 1<<m, 2)
			if err != nil {
				t.Fatal(err)
			}
			for a := 0; a <= m; a++ {
				seen := make([]bool, 1<<m)
				for i := range 1 << m {
					cell := int(u[2*i]*float64(int(1)<<a))<<(m-a) | int(u[2*i+1]*float64(int(1)<<(m-a)))
					if seen[cell] {
						t.Fatalf("%+v seed %d: cell %d of the partition 2^%d×2^%d holds two points", s, seed, cell, a, m-a)
					}
					seen[cell] = true
				}
			}
		}
	}
}

// Scrambling makes each point uniform: over many seeds the first point of the sequence, the origin before scrambling, must
// have mean 1/2 and variance 1/12.
func TestScramblingIsUniform(t *testing.T) {
	for _, s := range []domain.Sampler{domain.Sobol{Scramble: true}, domain.Halton{Scramble: true}} {
		const n = 4000
		sum, sq := make([]float64, 3), make([]float64, 3)
		for seed := range uint64(n) {
			u, err := s.Sample(stream(seed), 1, 3)
			if err != nil {
				t.Fatal(err)
			}
			for j, v := range u {
				sum[j] += v
				sq[j] += v * v
			}
		}
		for j := range sum {
			mean := sum[j] / n
			variance := sq[j]/n - mean*mean
			// Standard errors: √(1/12/n) = 0.0046 for the mean, √(1/180/n) = 0.0012 for the variance; five of each.
			if math.Abs(mean-0.5) > 0.023 || math.Abs(variance-1.0/12) > 0.006 {
				t.Errorf("%T coordinate %d: mean %v, variance %v", s, j, mean, variance)
			}
		}
	}
}

// The error of ∫ Π (π/2) sin(πx_j) dx = 1 falls about like 1/n for low-discrepancy points, like 1/√n for independent ones.
func TestIntegrationError(t *testing.T) {
	integral := func(s domain.Sampler, n, dim int) float64 {
		u, err := s.Sample(stream(3), n, dim)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for i := range n {
			p := 1.0
			for j := range dim {
				p *= math.Pi / 2 * math.Sin(math.Pi*u[i*dim+j])
			}
			sum += p
		}
		return sum / float64(n)
	}
	for _, tc := range []struct {
		s     domain.Sampler
		limit float64
	}{
		{domain.Uniform{}, 0.05},
		{domain.LatinHypercube{}, 0.03},
		{domain.Halton{}, 2e-3},
		{domain.Halton{Scramble: true}, 2e-3},
		{domain.Hammersley{}, 2e-3},
		{domain.Sobol{}, 2e-3},
		{domain.Sobol{Scramble: true}, 6e-4}, // root mean square 1.6e-4, by numpy with Owen's scrambling and with scipy's
		{domain.Grid{}, 4.9e-3},              // midpoint rule: 3 (π/16)²/24 = 4.8e-3
	} {
		if e := math.Abs(integral(tc.s, 4096, 3) - 1); e > tc.limit {
			t.Errorf("%T%+v: error %v, at most %v expected", tc.s, tc.s, e, tc.limit)
		}
	}
}

func TestLatinHypercubeStratifies(t *testing.T) {
	const n, dim = 57, 4
	u, err := domain.LatinHypercube{}.Sample(stream(1), n, dim)
	if err != nil {
		t.Fatal(err)
	}
	for j := range dim {
		var seen [n]bool
		for i := range n {
			seen[int(u[i*dim+j]*n)] = true
		}
		for k, ok := range seen {
			if !ok {
				t.Errorf("coordinate %d: slice %d is empty", j, k)
			}
		}
	}
}

// Whatever the sizes, samplers return the right number of numbers in [0, 1), or an error; and the same for the same seed.
func TestSamplersAreSound(t *testing.T) {
	for _, name := range domain.Samplers() {
		s, err := domain.SamplerByName(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{0, 1, 2, 7, 64, 100} {
			for _, dim := range []int{0, 1, 2, 3, 17} {
				u, err := s.Sample(stream(2), n, dim)
				if err != nil || len(u) != n*dim {
					t.Fatalf("%s: %d×%d: %d numbers, %v", name, n, dim, len(u), err)
				}
				v, _ := s.Sample(stream(2), n, dim)
				for i, x := range u {
					if !(x >= 0 && x < 1) || x != v[i] {
						t.Fatalf("%s: %d×%d: number %d is %v, again %v", name, n, dim, i, x, v[i])
					}
				}
			}
		}
		for _, size := range [][2]int{{-1, 2}, {2, -1}, {math.MaxInt, 2}, {5, math.MaxInt}} {
			if _, err := s.Sample(stream(2), size[0], size[1]); err == nil {
				t.Errorf("%s: no error for size %v", name, size)
			}
		}
		if s.Random() {
			if _, err := s.Sample(nil, 3, 2); err == nil {
				t.Errorf("%s: no error without random numbers", name)
			}
		}
	}
	if _, err := (domain.Sobol{}).Sample(nil, 4, domain.SobolDims+1); err == nil {
		t.Error("sobol: no error for too many dimensions")
	}
}

func TestSamplerByNameNearest(t *testing.T) {
	_, err := domain.SamplerByName("sobel")
	if err == nil || !strings.Contains(err.Error(), `did you mean "sobol"?`) {
		t.Errorf("got %v", err)
	}
}

func ExampleSobol() {
	u, err := domain.Sobol{}.Sample(nil, 4, 2)
	fmt.Println(u, err)
	// Output: [0 0 0.5 0.5 0.75 0.25 0.25 0.75] <nil>
}

func ExampleHalton() {
	u, _ := domain.Halton{}.Sample(nil, 4, 2)
	fmt.Printf("%.3f\n", u)
	// Output: [0.000 0.000 0.500 0.333 0.250 0.667 0.750 0.111]
}

func ExampleHammersley() {
	u, _ := domain.Hammersley{}.Sample(nil, 4, 2)
	fmt.Println(u)
	// Output: [0.125 0 0.375 0.5 0.625 0.25 0.875 0.75]
}

func ExampleGrid() {
	u, _ := domain.Grid{}.Sample(nil, 4, 2)
	fmt.Println(u)
	// Output: [0.25 0.25 0.25 0.75 0.75 0.25 0.75 0.75]
}

func ExampleSamplerByName() {
	_, err := domain.SamplerByName("latin_hypercub")
	fmt.Println(err)
	// Output: no sampler "latin_hypercub"; did you mean "latin_hypercube"? the samplers are uniform, latin_hypercube, lhs, halton, scrambled_halton, sobol, scrambled_sobol, hammersley, grid
}
