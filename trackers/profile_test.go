package trackers_test

import (
	"context"
	"fmt"
	"log"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers"
)

// series is measured values of a·shape(k, t), with errors of the given size, known or not.
type series struct {
	t, y  []float64
	sigma float64
}

// newSeries are n values from begin to end with errors that a sine makes.
func newSeries(n int, begin, end, sigma float64, f func(t float64) float64) series {
	s := series{sigma: sigma}
	for i := range n {
		t := begin + (end-begin)*float64(i)/float64(n-1)
		s.t, s.y = append(s.t, t), append(s.y, f(t)+1.4*sigma*math.Sin(17.3*float64(i*i)+float64(n)))
	}
	return s
}

// least is the smallest sum of squares over a, where k is given.
func (s series) least(shape func(k, t float64) float64, k float64) float64 {
	var ff, fy, yy float64
	for i, t := range s.t {
		f := shape(k, t)
		ff, fy, yy = ff+f*f, fy+f*s.y[i], yy+s.y[i]*s.y[i]
	}
	return yy - fy*fy/ff
}

// cross is where a function that grows from start to far has a value, by bisection; ±Inf where it does not come to it.
func cross(f func(float64) float64, start, far, value float64) float64 {
	if f(far) < value {
		return math.Inf(int(math.Copysign(1, far-start)))
	}
	for range 100 {
		middle := (start + far) / 2
		if f(middle) < value {
			start = middle
		} else {
			far = middle
		}
	}
	return start
}

// minimum of a function with one valley, by golden sections.
func minimum(f func(float64) float64, low, high float64) float64 {
	const g = 0.6180339887498949
	for range 200 {
		a, b := high-g*(high-low), low+g*(high-low)
		if f(a) < f(b) {
			high = b
		} else {
			low = a
		}
	}
	return (low + high) / 2
}

// profiled is the profile of k of a solver that fits all series, each with an a of its own.
func profiled(t *testing.T, list []series, known bool, shape func(k ph.Expr, t *ph.Coord) ph.Expr, start float64) *trackers.Profile {
	t.Helper()
	at, k := ph.NewCoord("t"), ph.NewParam("k", start)
	p := crux.Problem{Name: "decay"}
	for i, s := range list {
		data := domain.FromData([]*ph.Coord{at}, s.t, map[string][]float64{"y": s.y})
		c := crux.Constraint{
			Name: fmt.Sprint("set", i), On: data, Standard: known,
			Residual: ph.NewParam(fmt.Sprint("a", i), 1).Mul(shape(k, at)).Sub(ph.Column("y")),
		}
		if known {
			c.Residual = c.Residual.Scale(1 / s.sigma)
		}
		p.Constraints = append(p.Constraints, c)
	}
	s, err := crux.New(p, crux.Options{Method: &optim.LevenbergMarquardt{}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // it only ends workers
	if _, err := s.Solve(t.Context(), 100); err != nil {
		t.Fatal(err)
	}
	before := s.Theta()
	f := &trackers.Profile{Param: k}
	if err := s.Measure(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(before, s.Theta()) {
		t.Error("the profile has changed the parameters")
	}
	return f
}

func decay(k, t float64) float64 { return math.Exp(-k * t) }

func decayOf(k ph.Expr, t *ph.Coord) ph.Expr { return ph.Exp(k.Mul(t).Neg()) }

// The profile is that of a search over k alone, with the best a by linear least squares for each: with errors of two sizes that are known,
// and of one that is not, where 12 degrees of freedom and Student's quantile of them belong to it. Few noisy values make it asymmetric.
func TestProfile(t *testing.T) {
	truth := func(t float64) float64 { return 3 * math.Exp(-0.8*t) }
	one := newSeries(14, 0, 3, 0.5, truth)
	for name, c := range map[string]struct {
		list  []series
		known bool
		bound float64
	}{
		"known":     {[]series{one, newSeries(7, 0.5, 4, 0.4, truth)}, true, 3.8415},
		"estimated": {[]series{one}, false, math.Pow(distuv.StudentsT{Sigma: 1, Nu: 12}.Quantile(0.975), 2)},
	} {
		t.Run(name, func(t *testing.T) {
			chi := func(k float64) (sum float64) {
				for _, s := range c.list {
					sum += s.least(decay, k) / (s.sigma * s.sigma)
				}
				return sum
			}
			best := minimum(chi, 0.2, 2)
			scale := 1.0
			if !c.known {
				scale = 12 / chi(best) // one standard deviation is what is left, over the degrees of freedom
			}
			delta := func(k float64) float64 { return scale * (chi(k) - chi(best)) }
			low, high := cross(delta, best, -2, c.bound), cross(delta, best, 20, c.bound)
			p := profiled(t, c.list, c.known, decayOf, 0.5)
			width := high - low
			if math.Abs(p.Bound/c.bound-1) > 1e-4 || math.Abs(p.Best-best) > 1e-4*width {
				t.Errorf("the best is %v, the bound %v; want %v and %v", p.Best, p.Bound, best, c.bound)
			}
			if math.Abs(p.Low-low) > 0.005*width || math.Abs(p.High-high) > 0.005*width {
				t.Errorf("from %v to %v, want %v to %v", p.Low, p.High, low, high)
			}
			a, b := p.Known.Interval(0.95)
			if math.Abs(a-low) < 0.02*width {
				t.Errorf("the interval of JᵀJ, from %v to %v, is no other: the test shows little", a, b)
			}
			if len(p.Points) < 7 {
				t.Errorf("%d values", len(p.Points))
			}
			for _, q := range p.Points {
				if math.Abs(q.Delta-delta(q.Value)) > 0.005*(1+q.Delta) {
					t.Errorf("%v at %v, want %v", q.Delta, q.Value, delta(q.Value))
				}
			}
		})
	}
}

// What has settled long before it is measured says only that the rate is not small: the interval is open above. With 14 values the best
// rate is so large that JᵀJ knows nothing of it.
func TestProfileOpen(t *testing.T) {
	shape := func(k, t float64) float64 { return 1 - math.Exp(-k*t) }
	for _, n := range []int{8, 9, 11, 14} {
		s := newSeries(n, 2, 4, 0.2, func(t float64) float64 { return 2 * shape(1.7, t) })
		chi := func(k float64) float64 { return s.least(shape, k) / 0.04 }
		best := minimum(chi, 0.3, 20)
		delta := func(k float64) float64 { return chi(k) - chi(best) }
		low := cross(delta, best, 0.01, 3.8415)
		p := profiled(t, []series{s}, true, func(k ph.Expr, t *ph.Coord) ph.Expr { return ph.Exp(k.Mul(t).Neg()).Neg().Shift(1) }, 1)
		if !math.IsInf(cross(delta, best, 1e4, 3.8415), 1) || !math.IsInf(p.High, 1) {
			t.Errorf("%d values: the interval is from %v to %v, %v", n, p.Low, p.High, p.Points)
		}
		if !(math.Abs(p.Low-low) < 0.01*low) {
			t.Errorf("%d values: from %v, want %v; %v", n, p.Low, low, p.Points)
		}
	}
}

func TestProfileErrors(t *testing.T) {
	at, a := ph.NewCoord("t"), ph.NewParam("a", 1)
	s, err := crux.New(crux.Problem{Name: "exact", Constraints: []crux.Constraint{
		{Name: "a", Residual: a.Sub(ph.Const(2)), On: domain.NewInterval(at, 0, 1).Interior(4)},
	}}, crux.Options{Method: &optim.LevenbergMarquardt{}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // it only ends workers
	for want, p := range map[string]*trackers.Profile{
		"of no number": {}, "b is not a trainable number": {Param: ph.NewParam("b", 1)}, "say how large these are with sigma": {Param: a},
		"must be below 1": {Param: a, Probability: 95},
	} {
		if err := s.Measure(context.Background(), p); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// The mean of n values with errors of one is known to ±1/√n, and its profile is a parabola.
func ExampleProfile() {
	at, mean := ph.NewCoord("t"), ph.NewParam("mean", 0)
	data := domain.FromData([]*ph.Coord{at}, []float64{0, 1, 2, 3}, map[string][]float64{"y": {4.1, 6.2, 5.4, 4.3}})
	s, err := crux.New(crux.Problem{Name: "mean", Constraints: []crux.Constraint{
		{Name: "y", Residual: mean.Sub(ph.Column("y")), On: data, Standard: true},
	}}, crux.Options{Method: &optim.LevenbergMarquardt{}})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // it only ends workers
	if _, err := s.Solve(context.Background(), 20); err != nil {
		log.Fatal(err)
	}
	p := &trackers.Profile{Param: mean}
	if err := s.Measure(context.Background(), p); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.2f, from %.2f to %.2f, where the misfit is %.2f more\n", p.Best, p.Low, p.High, p.Bound)
	// Output: 5.00, from 4.02 to 5.98, where the misfit is 3.84 more
}
