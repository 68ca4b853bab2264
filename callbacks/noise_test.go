package callbacks_test

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
)

// noisyDecay is y' = −k·y with values of exp(−t/2) at 41 points; their errors have the given standard deviation, and every other one may have
// errors that are larger by a factor.
type noisyDecay struct {
	*crux.Solver
	k     *ph.Param
	noise *callbacks.Noise
	t, y  []float64
}

func newNoisyDecay(tb testing.TB, sigma, factor float64) *noisyDecay {
	tb.Helper()
	t := ph.NewCoord("t")
	line := domain.NewInterval(t, 0, 6)
	y, k := ph.NewField("y", net.MLP{Hidden: []int{10}}, t), ph.NewParam("k", 1)
	d := &noisyDecay{k: k, noise: &callbacks.Noise{}}
	rng := rand.New(rand.NewPCG(3, 0))
	var at [2][]float64
	var values [2][]float64
	for i := range 41 {
		x := 0.15 * float64(i)
		v, set := math.Exp(-x/2), i%2
		e := sigma * rng.NormFloat64()
		if set == 1 {
			e *= factor
		}
		d.t, d.y = append(d.t, x), append(d.y, v+e)
		at[set], values[set] = append(at[set], x), append(values[set], v+e)
	}
	list := []crux.Constraint{{Name: "law", Residual: y.D(t).Add(k.Mul(y)), On: line.Interior(300)}}
	for set, name := range []string{"one", "other"} {
		data := domain.FromData([]*ph.Coord{t}, at[set], map[string][]float64{"y": values[set]})
		list = append(list, crux.Constraint{Name: name, Residual: y.Sub(data.Column("y")), On: data})
	}
	s, err := crux.New(crux.Problem{Name: "decay", Constraints: list}, crux.Options{Method: &optim.LevenbergMarquardt{}, Weights: d.noise})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { s.Close() })
	d.Solver = s
	return d
}

// fitted is k of the curve A·exp(−k·t) that is nearest to the values, by Gauss and Newton. The two sets count by the mean square of what is
// left of them, or alike.
func (d *noisyDecay) fitted(alike bool) (k float64) {
	a, k := 1.0, 0.5
	w := [2]float64{1, 1}
	for range 50 {
		var aa, ak, kk, ra, rk float64
		var left, n [2]float64
		for i, t := range d.t {
			e, w := math.Exp(-k*t), w[i%2]
			r, ja, jk := d.y[i]-a*e, e, -a*t*e
			aa, ak, kk, ra, rk = aa+w*ja*ja, ak+w*ja*jk, kk+w*jk*jk, ra+w*ja*r, rk+w*jk*r
			left[i%2], n[i%2] = left[i%2]+r*r, n[i%2]+1
		}
		det := aa*kk - ak*ak
		a, k = a+(kk*ra-ak*rk)/det, k+(aa*rk-ak*ra)/det
		if !alike {
			w = [2]float64{n[0] / left[0], n[1] / left[1]}
		}
	}
	return k
}

// Noisy data are fitted by a solution of the equation, as least squares with the closed form do, and sets with larger errors count less.
func TestNoise(t *testing.T) {
	d := newNoisyDecay(t, 0.01, 5)
	res, err := d.Solve(context.Background(), 400, d.noise)
	if err != nil || res.Status != crux.Stopped || !strings.Contains(res.Reason, "the data are fitted to their noise") || !d.noise.Found() {
		t.Fatalf("%+v, %v", res, err)
	}
	k, want, same := d.Value(d.k), d.fitted(false), d.fitted(true)
	if !(math.Abs(k-want) < 0.1*math.Abs(same-want)) {
		t.Errorf("k = %v, least squares by what is left have %v, and without weights %v", k, want, same)
	}
	if res.Losses[0] > 1e-6*res.Losses[1] {
		t.Errorf("the equation is violated by %v, the data by %v", res.Losses[0], res.Losses[1])
	}
}

// Without noise nothing happens: the steps are those of a run without weights.
func TestNoiseOfNothing(t *testing.T) {
	with, without := newNoisyDecay(t, 0, 1), newNoisyDecay(t, 0, 1)
	if _, err := with.Solve(context.Background(), 60, with.noise); err != nil {
		t.Fatal(err)
	}
	if _, err := without.Solve(context.Background(), 60); err != nil {
		t.Fatal(err)
	}
	if with.noise.Found() || len(with.noise.Choices()) > 0 || !slices.Equal(with.Theta(), without.Theta()) {
		t.Errorf("found %v, %q", with.noise.Found(), with.noise.Choices())
	}
}

// A run that is interrupted continues bit for bit.
func TestNoiseResumed(t *testing.T) {
	whole, first, second := newNoisyDecay(t, 0.01, 1), newNoisyDecay(t, 0.01, 1), newNoisyDecay(t, 0.01, 1)
	if _, err := whole.Solve(context.Background(), 400, whole.noise); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, err := first.Solve(context.Background(), 45, first.noise, &callbacks.Checkpoint{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	saved, err := callbacks.Latest(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := saved.Restore(second.Solver, second.noise, &callbacks.Checkpoint{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	if _, err := second.Solve(context.Background(), 355, second.noise); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(whole.Theta(), second.Theta()) || !slices.Equal(whole.noise.Choices(), second.noise.Choices()) {
		t.Errorf("%q, resumed %q", whole.noise.Choices(), second.noise.Choices())
	}
}
