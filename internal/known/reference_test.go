package known

import (
	"fmt"
	"math"
	"testing"
)

// The Burgers shock against two computations that share no code with it and agree with each other.
//
// The numbers with 17 digits are the Cole–Hopf integral by mpmath: 40 decimal digits, trapezoidal rule on the line
// with spacings 1/40 and 1/60, which differ by less than 1e-39. Those with 12 digits are the equation itself, by scipy
// 1.17: Legendre spectral elements of degree 20 on 10 intervals of [0, 1], graded towards the shock, and Radau with
// rtol 1e-11.
func TestBurgersAgainstOthers(t *testing.T) {
	s := lookup(t, "burgers_cole_hopf", nil)
	for _, c := range []struct{ t, x, want, tol float64 }{
		{0.05, 0.001, -0.0037187991470635344, 1e-14},
		{0.05, -0.1, 0.36188514995157836, 1e-14},
		{0.25, 0.02, -0.24612563209820297, 1e-13},
		{0.25, 0.5, -0.80319842084063256, 1e-14},
		{0.4, 0.001, -0.11471913526684581, 1e-13},
		{0.4, 0.02, -0.90353712979516993, 1e-13},
		{0.5, 0.001, -0.15063581540133581, 1e-13},
		{0.5, -0.1, 0.95815955341890569, 1e-14},
		{0.75, 0.02, -0.8523589011446916, 1e-13},
		{1, 0.001, -0.083591549991330884, 1e-13},
		{1, 0.5, -0.37618139574812209, 1e-14},
		{1, -0.93, 0.052993662064497273, 1e-14},

		{0.05, 0.5, -0.986503541980, 2e-12},
		{0.25, 0.004, -0.050962107380, 2e-12},
		{0.4, 0.004, -0.424036992312, 2e-12},
		{0.5, 0.004, -0.540374622245, 2e-12},
		{0.75, 0.004, -0.433694975949, 2e-12},
		{1, 0.004, -0.313732455326, 2e-12},
		{1, 0.93, -0.052993662064, 2e-12},
	} {
		u := valueAt(t, s, "u", c.t, c.x)
		near(t, fmt.Sprintf("u(%g, %g)", c.t, c.x), u, c.want, c.tol)
	}
}

// The Allen–Cahn field against a computation that shares nothing with it, by scipy 1.17: Legendre spectral elements of
// degree 24 on [0, 1] with free ends (the field is even and periodic), 52 equal elements of which the last is split into
// seven towards the kink, and Radau with rtol 1e-12. It agrees with degree 22, 44 elements and rtol 2e-12 to 8e-12. The
// early times test the kink at x = 1, the late ones the fronts near x = 0.5.
func TestAllenCahnAgainstOthers(t *testing.T) {
	s := shared(t, "allen_cahn", nil)
	worst := 0.0
	for _, c := range []struct{ t, x, want float64 }{
		{0.0003, 0.13, 0.01553336115},
		{0.0003, 0.998, -0.99599606412},
		{0.0003, 1, -0.99961005292},
		{0.002, 0.97, -0.93786162730},
		{0.002, 1, -0.99900915761},
		{0.01, 0.3, 0.05560224767},
		{0.01, 0.99, -0.98149548300},
		{0.01, 1, -0.99795013658},
		{0.1, 0, 0.00003296466},
		{0.1, 0.9, -0.89365429556},
		{0.1, 1, -0.99732374049},
		{0.25, 0.13, 0.05415180143},
		{0.25, 0.53, -0.09245137249},
		{0.5, 0.3, 0.54135700372},
		{0.5, 0.47, 0.24193799117},
		{0.5, 0.53, -0.30898674353},
		{0.5, 1, -0.99988607479},
		{0.75, 0, 0.00636383802},
		{0.75, 0.13, 0.55170334409},
		{0.75, 0.5, -0.01907528076},
		{0.75, 0.7, -0.99691685605},
		{1, 0, 0.02957972099},
		{1, 0.13, 0.91662422904},
		{1, 0.47, 0.94201643142},
		{1, 0.5, -0.06407679772},
		{1, 0.53, -0.96317815921},
		{1, 0.97, -0.99999670238},
		{1, 1, -0.99999888374},
	} {
		for _, x := range []float64{c.x, -c.x} {
			u := valueAt(t, s, "u", c.t, x)
			near(t, fmt.Sprintf("u(%g, %g)", c.t, x), u, c.want, 1e-9)
			worst = math.Max(worst, math.Abs(u-c.want))
		}
	}
	if e := s.SelfError(); e < worst || e > 1e-8 {
		t.Errorf("SelfError = %g; the error seen here is %.2g, and 1e-8 is promised", e, worst)
	}
}

// The cycle of prey and predators against the same series in Python's decimal arithmetic: 50 digits, order 24 in 1000 steps
// and order 30 in 600, which differ by 1e-37. The period is just below 0.25.
func TestLotkaVolterraAgainstOthers(t *testing.T) {
	s := lookup(t, "lotka_volterra", nil)
	worst := 0.0
	for _, c := range []struct{ t, r, p float64 }{
		{0.05, 0.60330012270675748, 0.54325870958928779},
		{0.1, 0.047288968692168393, 0.41893144703150548},
		{0.25, 0.50081934219785174, 0.075082660650330132},
		{0.5, 0.50163963809230483, 0.075165700748575523},
		{0.75, 0.50246088618481777, 0.075249121687396794},
		{1, 0.50328308495682672, 0.07533292486597018},
	} {
		for name, want := range map[string]float64{"r": c.r, "p": c.p} {
			got := valueAt(t, s, name, c.t)
			near(t, fmt.Sprintf("%s(%g)", name, c.t), got, want, 1e-12)
			worst = math.Max(worst, math.Abs(got-want))
		}
	}
	if e := s.SelfError(); !(e < 1e-12) {
		t.Errorf("SelfError = %g; 1e-12 is promised, the error seen here is %.2g", e, worst)
	} else {
		t.Logf("error %.2g, SelfError %.2g", worst, e)
	}
}

// Each closed form at one point, by mpmath with 30 digits from the formulae of the problem set. This and the laws
// together leave no room for a solution of another problem.
func TestClosedFormsAtOnePoint(t *testing.T) {
	for _, c := range []struct {
		name  string
		point []float64
		want  []float64
	}{
		{"heat1d", []float64{0.4, 0.3}, []float64{0.54513624128859709}},
	} {
		s := lookup(t, c.name, nil)
		got := make([]float64, len(s.Fields))
		if err := s.Eval(got, c.point); err != nil {
			t.Fatal(err)
		}
		for f, name := range s.Fields {
			near(t, c.name+" "+name, got[f], c.want[f], 4e-15)
		}
		if e := s.SelfError(); e != 0 {
			t.Errorf("%s: SelfError = %g; a closed form has 0", c.name, e)
		}
	}
}
