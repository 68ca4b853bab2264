package callbacks

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

func TestGoldenResampling(t *testing.T) {
	raw, err := os.ReadFile("../testdata/golden/resampling_deterministic.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]json.RawMessage // the keys hold commas, which struct tags do not allow
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	var abs, refine []float64
	var kept []int
	var published struct{ P []float64 }
	for key, v := range map[string]any{
		"abs_residuals": &abs, "rard_weights(power=2)": &refine, "r3_kept_indices(mean,0.3,0.9)": &kept,
		"true_rad_probabilities(k=1,c=1)": &published,
	} {
		if err := json.Unmarshal(all[key], v); err != nil {
			t.Fatal(key, err)
		}
	}
	for name, c := range map[string]struct {
		got, want []float64
		tol       float64
	}{
		"RAD":   {density(abs, 1, 1), published.P, 1e-15},
		"RAR-D": {density(abs, 2, 0), refine, 1e-10}, // the file adds 1e-10 to |r|
	} {
		for i := range c.want {
			if !(math.Abs(c.got[i]-c.want[i]) <= c.tol) {
				t.Errorf("%s: p[%d] = %v, want %v", name, i, c.got[i], c.want[i])
			}
		}
	}
	if got := aboveMean(abs); !slices.Equal(got, kept) {
		t.Errorf("R3 keeps %v, want %v", got, kept)
	}
}

// The extremes: vanishing residuals, huge ones, one alone.
func TestDensityStaysFinite(t *testing.T) {
	for _, abs := range [][]float64{{0, 0, 0, 0}, {1e300, 1, 0, 1e300}, {5e-324, 0, 0, 5e-324}, {1, 1, 1, 1}} {
		for _, k := range []float64{0.5, 1, 2, 100} {
			p := density(abs, k, 0)
			var sum float64
			for _, x := range p {
				sum += x
			}
			if math.Abs(sum-1) > 1e-14 {
				t.Errorf("|r| = %v, k = %v: p = %v", abs, k, p)
			}
			idx := choose(p, 3, rand.New(rand.NewPCG(1, 1)))
			if len(idx) != 3 || slices.Max(idx) > 3 || len(slices.Compact(idx)) != 3 {
				t.Errorf("chose %v of %v", idx, p)
			}
		}
	}
	if len(aboveMean([]float64{2, 2, 2})) != 0 {
		t.Error("equal residuals are not above their mean")
	}
}

// Of two indices drawn one after the other from p = (½, ⅓, ⅙) the pair {0,1} comes with probability ½·⅔ + ⅓·¾ = 7/12.
func TestChooseFollowsTheDensity(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	const n = 20000
	hits := 0
	for range n {
		if slices.Equal(choose([]float64{1. / 2, 1. / 3, 1. / 6}, 2, rng), []int{0, 1}) {
			hits++
		}
	}
	if p, sigma := float64(hits)/n, math.Sqrt(7./12*5/12/n); math.Abs(p-7./12) > 4*sigma {
		t.Errorf("probability %v, want %v ± %v", p, 7./12, sigma)
	}
}
