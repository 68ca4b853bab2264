package known

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"
)

func stream() *rand.Rand { return rand.New(rand.NewPCG(7, 1)) }

// The noise has the stated standard deviation and no mean, and the points do not depend on it.
func TestNoisyData(t *testing.T) {
	const n = 20_000
	s := lookup(t, "lotka_volterra", nil)
	clean, err := NoisyData(s, n, 0, stream())
	if err != nil {
		t.Fatal(err)
	}
	noisy, err := NoisyData(s, n, 0.01, stream())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(clean.Points, noisy.Points) || !slices.Equal(clean.Exact, noisy.Exact) {
		t.Error("the points depend on the noise")
	}
	if !slices.Equal(clean.Values, clean.Exact) {
		t.Error("data without noise differ from the solution")
	}
	for f, name := range s.Fields {
		exact, values := noisy.Exact[f*n:(f+1)*n], noisy.Values[f*n:(f+1)*n]
		added := make([]float64, n)
		for i := range added {
			added[i] = values[i] - exact[i]
		}
		sigma := 0.01 * stat.PopStdDev(exact, nil)
		near(t, name+" sigma", noisy.Sigma[f], sigma, 1e-15)
		// Four standard errors: σ/√n of the mean and σ/√(2n) of the deviation.
		near(t, name+" mean of the noise", stat.Mean(added, nil)/sigma, 0, 4/math.Sqrt(n))
		near(t, name+" deviation of the noise", stat.PopStdDev(added, nil)/sigma, 1, 4/math.Sqrt(2*n))
	}
}

// Points are uniform over the box: a quarter in each of its quarters.
func TestDataPointsAreUniform(t *testing.T) {
	const n = 30_000
	d, err := NoisyData(lookup(t, "heat1d", nil), n, 0, stream())
	if err != nil {
		t.Fatal(err)
	}
	count := map[[2]bool]float64{}
	for i := range n {
		count[[2]bool{d.Points[2*i] > 0.5, d.Points[2*i+1] > 0.5}]++
	}
	if len(count) != 4 {
		t.Fatalf("points lie in %d quarters", len(count))
	}
	for _, c := range count { // four standard deviations of a binomial share
		near(t, "share of a quarter", c/n, 1.0/4, 4*math.Sqrt(3.0/16/n))
	}
}

func TestNoisyDataErrors(t *testing.T) {
	s := lookup(t, "heat1d", nil)
	for _, c := range []struct {
		s     *Solution
		n     int
		noise float64
		rng   *rand.Rand
		want  string
	}{
		{nil, 1, 0, stream(), "not made by Lookup"},
		{s, 0, 0, stream(), "0 points"},
		{s, 1, -1, stream(), "noise = -1"},
		{s, 1, math.NaN(), stream(), "noise = NaN"},
		{s, 1, math.Inf(1), stream(), "noise = +Inf"},
		{s, 1, 0, nil, "*rand.Rand"},
	} {
		if _, err := NoisyData(c.s, c.n, c.noise, c.rng); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("n=%d noise=%g: error %v, want one with %q", c.n, c.noise, err, c.want)
		}
	}
}
