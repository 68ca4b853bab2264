package trackers_test

import (
	"math"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/trackers"
	"github.com/crux-pinn/crux/trackers/explain"
)

var two = explain.Setting{Constraints: []string{"pde", "bc"}, Coords: [][]string{{"x", "y"}, {"x", "y"}}, Rate: 1e-3}

var three = explain.Setting{Constraints: []string{"pde", "bc", "ic"}}

// want is a finding that must be among those given: ! before the text stands for a warning. With no, it must not.
type want struct {
	level explain.Level
	text  string
}

func warning(text string) want { return want{explain.Warning, text} }
func says(text string) want    { return want{explain.Note, text} }

// said are the findings of a measurement.
func said(at explain.Setting, v trackers.Value) explain.Findings {
	return v.Measurement(at).Findings()
}

// check compares all findings with the expected beginnings or parts of them, in order.
func check(t *testing.T, name string, got explain.Findings, wants ...want) {
	t.Helper()
	if len(got) != len(wants) {
		t.Errorf("%s: %d findings, want %d:\n%v", name, len(got), len(wants), got)
		return
	}
	for i, w := range wants {
		if got[i].Level != w.level || !strings.Contains(got[i].Text, w.text) {
			t.Errorf("%s: finding %d is a %v: %s\nwant a %v with %q", name, i, got[i].Level, got[i].Text, w.level, w.text)
		}
	}
}

func TestFindingsOfGradientNorms(t *testing.T) {
	for _, c := range []struct {
		name  string
		at    explain.Setting
		v     trackers.GradientNormsValue
		wants []want
	}{
		{"weak", two, trackers.GradientNormsValue{Norms: []float64{12, 0.1}, Weighted: []float64{12, 0.1}}, []want{warning("the gradient of bc is 120 times smaller than that of pde: it is hardly trained")}},
		{"just not weak", two, trackers.GradientNormsValue{Norms: []float64{9.99, 0.1}, Weighted: []float64{9.99, 0.1}}, []want{says("the gradient of bc is 100 times smaller")}},
		{"even", two, trackers.GradientNormsValue{Norms: []float64{1, 2.5}, Weighted: []float64{1, 2.5}}, []want{says("within a factor of 2.5")}},
		{"balanced", two, trackers.GradientNormsValue{Norms: []float64{120, 1}, Weighted: []float64{120, 110}}, []want{says("within a factor of 1.1 of each other, as weighted (without weights of 120)")}},
		{"reversed by weights", two, trackers.GradientNormsValue{Norms: []float64{4, 1}, Weighted: []float64{4, 2000}}, []want{warning("of pde is 500 times smaller than that of bc, as weighted (without weights 4 times larger)")}},
		{"zero", three, trackers.GradientNormsValue{Norms: []float64{1, 0, 1}, Weighted: []float64{1, 0, 1}}, []want{warning("the gradient of bc is zero"), says("within a factor of 1")}},
		{"all zero", two, trackers.GradientNormsValue{Norms: []float64{0, 0}, Weighted: []float64{0, 0}}, []want{warning("all gradients are zero")}},
		{"one", explain.Setting{Constraints: []string{"pde"}}, trackers.GradientNormsValue{Norms: []float64{3}, Weighted: []float64{3}}, []want{says("norm 3")}},
		{"none", two, trackers.GradientNormsValue{}, nil},
	} {
		check(t, c.name, said(c.at, c.v), c.wants...)
	}
}

func TestFindingsOfCosSimilarity(t *testing.T) {
	value := func(n int, upper ...float64) trackers.CosSimilarityValue {
		v := trackers.CosSimilarityValue{N: n, Matrix: make([]float64, n*n)}
		k := 0
		for i := range n {
			v.Matrix[i*n+i] = 1
			for j := i + 1; j < n; j++ {
				v.Matrix[i*n+j], v.Matrix[j*n+i] = upper[k], upper[k]
				k++
			}
		}
		return v
	}
	check(t, "opposed", said(two, value(2, -0.7)), warning("pde and bc oppose each other, cosine -0.7"))
	without := two
	without.Rate = math.NaN() // a quasi-Newton method is at work: no need to recommend one
	if f := said(without, value(2, -0.7)); strings.Contains(f[0].Text, "ssbroyden") || !strings.Contains(f[0].Text, "oppose") {
		t.Errorf("%v", f)
	}
	check(t, "orthogonal", said(two, value(2, 0)), says("no two constraints oppose each other"))
	check(t, "together", said(two, value(2, 0.9)), says("all constraints pull together: the smallest cosine is 0.9"))
	check(t, "mixed", said(three, value(3, 0.8, 0.1, -0.5)), warning("bc and ic oppose each other, cosine -0.5"), says("pde and bc pull together, cosine 0.8"))
	check(t, "one", said(two, value(1)), says("one constraint"))
	five := explain.Setting{Constraints: []string{"a", "b", "c", "d", "e"}}
	check(t, "many", said(five, value(5, -1, -.9, -.8, -.7, 0, 0, 0, 0, 0, 0)),
		warning("a and b"), warning("a and c"), warning("a and d"), warning("1 more pairs"))
}

func TestFindingsOfGradientAlignment(t *testing.T) {
	check(t, "orthogonal", said(three, trackers.GradientAlignmentValue{Alignment: -1.0 / 3}), says("hardly disturb"))
	check(t, "conflict", said(two, trackers.GradientAlignmentValue{Alignment: -0.7}), warning("alignment -0.7, where 2 gradients that do not touch give 0: the mean of the unit gradients has length 0.39, so constraints undo"))
	check(t, "together", said(two, trackers.GradientAlignmentValue{Alignment: 0.9}), says("mostly pull together"))
	check(t, "one", said(explain.Setting{Constraints: []string{"a"}}, trackers.GradientAlignmentValue{Alignment: 1}), says("by definition"))
}

func TestFindingsOfResidualStats(t *testing.T) {
	v := trackers.ResidualStatsValue{
		Indices: []int{0, 1}, Means: []float64{0, 0.9}, Stds: []float64{1, 0.1}, Maxes: []float64{60, 1}, P99: []float64{5, 0.95},
		Where: [][]float64{{0.01, 0.99}, {0, 1}},
	}
	check(t, "spot and bias", said(two, v),
		warning("the largest residual of pde, 60, lies at (x = 0.01, y = 0.99) and is 12 times the 99th percentile: a spot"),
		says("the largest residual of bc, 1, lies at (x = 0, y = 1), 1.1 times the 99th percentile"),
		warning("the residual of bc has mean 0.9, 99 % of its root mean square: a bias"))
	check(t, "subset", said(three, trackers.ResidualStatsValue{
		Indices: []int{2},
		Means:   []float64{1}, Stds: []float64{0}, Maxes: []float64{1}, P99: []float64{1}, Where: [][]float64{{2}},
	}), says("the largest residual of ic, 1, lies at (x0 = 2)"))
	check(t, "zero", said(two, trackers.ResidualStatsValue{
		Indices: []int{1},
		Means:   []float64{0}, Stds: []float64{0}, Maxes: []float64{0}, P99: []float64{0}, Where: [][]float64{{0, 0}},
	}), says("the residual of bc is zero at all points"))
}

func TestFindingsOfInputSensitivity(t *testing.T) {
	n := 50
	v := trackers.InputSensitivityValue{Components: 4, Coords: []string{"x"}}
	for i := range n {
		v.Points = append(v.Points, float64(i))
		v.Values = append(v.Values, 0, 1, float64(i), 0.01)
	}
	v.Values[4*7+3] = -20
	check(t, "four components", said(two, v),
		warning("component 0 is zero at all 50 points"), says("component 1 is about the same everywhere, 1"),
		says("component 2 is 24.5 in the mean and 49 at most, at (x = 49)"), says("component 3 is largest, 20, at (x = 7), 49 times its mean"))
	check(t, "none", said(two, trackers.InputSensitivityValue{}))
}

func TestFindingsOfNTKSpectrum(t *testing.T) {
	// λ_k = 10^{−k}: four of ten are within a thousand of the first
	v := trackers.NTKSpectrumValue{Rank: 10}
	for k := range 10 {
		v.Eigenvalues = append(v.Eigenvalues, math.Pow(10, -float64(k)))
		v.Trace += v.Eigenvalues[k]
	}
	check(t, "steep", said(two, v), says("4 of 10 patterns"), says("condition 1e+09, rank 10 of 10; 2 eigenvalues make up 99 % of the trace 1.11, 0.111 per point"))
	steep := trackers.NTKSpectrumValue{Eigenvalues: []float64{1, 1e-6, 1e-7, 1e-8, 1e-9}, Trace: 1, Condition: 1e9, Rank: 5}
	check(t, "biased", said(two, steep), warning("spectral bias: 1 of 5 patterns are learned within 1000 times"), says("condition"))
	// The same spectrum at five points, or of two parameters at five points: the two patterns that these have are learned.
	few := trackers.NTKSpectrumValue{Eigenvalues: []float64{1, 0.1, 0, 0, 0}, Trace: 1.1, Condition: 1e15, Rank: 2}
	check(t, "many parameters", said(two, few), says("2 of 5 patterns"), says("rank 2 of 5; "))
	few.Parameters = 2
	check(t, "few parameters", said(two, few), says("2 of 2 patterns"), says("condition 10, rank 2 of 2, as many as there are parameters for 5 points; "))
	biased := trackers.NTKSpectrumValue{Eigenvalues: []float64{1, 1e-6, 1e-7, 1e-8, 1e-9, 0, 0}, Trace: 1, Rank: 5, Parameters: 5}
	check(t, "biased, few parameters", said(two, biased), warning("spectral bias: 1 of 5 patterns"), says("condition 1e+09, rank 5 of 5"))
	check(t, "zero", said(two, trackers.NTKSpectrumValue{Eigenvalues: []float64{0, 0}}), warning("the kernel is zero"))
	check(t, "none", said(two, trackers.NTKSpectrumValue{}))
}

func TestFindingsOfHessianSpectrum(t *testing.T) {
	nan := math.NaN()
	stiff := trackers.HessianSpectrumValue{
		Eigenvalues: []float64{2000, 3, 0.1, nan}, Bounds: []float64{1e-8, 0, 0, nan}, Smallest: -40, SmallBound: 1, Trace: 2100, Training: true,
	}
	check(t, "stiff saddle", said(two, stiff),
		says("sharpness 2e+03: plain gradient descent is stable for learning rates below 2/λ = 0.001; that of the run is 0.001"),
		warning("the 3 largest eigenvalues fall by a factor of 2e+04"), warning("negative curvature, -40"), says("trace 2.1e+03, 1.1 times"))
	stiff.Training = false
	check(t, "of another loss", said(two, stiff),
		says("sharpness 2e+03, which is not that of the training loss by all parameters and sets no limit to its learning rate"),
		says("the 3 largest eigenvalues fall by a factor of 2e+04"), says("negative curvature, -40"), says("trace 2.1e+03, 1.1 times"))
	check(t, "bowl", said(explain.Setting{Rate: nan}, trackers.HessianSpectrumValue{
		Eigenvalues: []float64{10, 5}, Bounds: []float64{0, 0}, Smallest: -1e-6, SmallBound: 1e-5, Trace: 40, Training: true,
	}), says("below 2/λ = 0.2"), says("fall by a factor of 2"), says("4 times the largest"))
	check(t, "not converged", said(explain.Setting{}, trackers.HessianSpectrumValue{
		Eigenvalues: []float64{10}, Bounds: []float64{2}, Smallest: 1, Trace: -1,
	}), warning("known to ± 2 only; raise iters"), says("sharpness 10"))
	check(t, "concave", said(explain.Setting{}, trackers.HessianSpectrumValue{Eigenvalues: []float64{-1}, Bounds: []float64{0}, Smallest: -3}), warning("no direction of positive curvature"))
	check(t, "none", said(two, trackers.HessianSpectrumValue{}))
}

// surface samples the training loss of two constraints on the plane.
func surface(n int, pde, bc func(a, b float64) float64) trackers.LossLandscapeValue {
	v := trackers.LossLandscapeValue{N: n, Axis: make([]float64, n), Constraints: make([][]float64, 2), Weights: []float64{1, 1}, Training: true}
	for i := range v.Axis {
		v.Axis[i] = -1 + 2*float64(i)/float64(n-1)
	}
	for _, a := range v.Axis {
		for _, b := range v.Axis {
			p, q := pde(a, b), bc(a, b)
			v.Loss = append(v.Loss, (p+q)/2)
			v.Constraints[0], v.Constraints[1] = append(v.Constraints[0], p), append(v.Constraints[1], q)
		}
	}
	return v
}

func TestFindingsOfLossLandscape(t *testing.T) {
	small := func(a, b float64) float64 { return 0.01 * (a*a + b*b) }
	v := surface(9, func(a, b float64) float64 { return 1 + 100*a*a + b*b }, small)
	check(t, "valley", said(two, v),
		says("the parameters lie at the bottom of the plane, with a training loss of 0.5"), says("times that of the centre"),
		says("curves 99 times more along d₁ than along the other direction: a valley"), says("100 % of the weighted losses at the edge is that of pde"))
	v.Weights[1] = 1e5
	check(t, "weights", said(two, v), says("bottom"), says("edge"), says("valley"), says("95 % of the weighted losses at the edge is that of bc"))
	v.Training = false
	check(t, "unweighted", said(two, v), says("with an unweighted loss of 0.5"), says("edge"), says("valley"), says("95 % of the losses at the edge is that of bc"))
	v = surface(9, func(a, b float64) float64 { return 1e-8 + (a-0.5)*(a-0.5) + b*b }, small)
	check(t, "beside the bottom", said(two, v),
		warning("lower, 0.00125, at 0.5 d₁ + 0 d₂ than at the parameters"), says("at the edge"), says("curves about alike"), says("of pde"))
	v = surface(9, func(a, b float64) float64 {
		if a == 0.75 && b == 0.75 { // its neighbours are at 1.5 or more
			return 1.4
		}
		return 1 + a*a + b*b
	}, small)
	check(t, "rough", said(two, v), says("bottom"), says("at the edge"), says("alike"), warning("1 more local minimum"), says("of pde"))
	v = surface(9, func(a, b float64) float64 { return 1e-9 + a*a + b*b }, small)
	check(t, "walls", said(two, v), says("bottom"), says("steep walls"), says("alike"), says("of pde"))
	v = surface(4, func(a, b float64) float64 { return 1 + a*a + b*b }, small)
	check(t, "even grid", said(two, v), says("at the edge"), says("of pde"))
	v = surface(3, func(a, b float64) float64 { return math.Inf(1) }, small)
	check(t, "infinite", said(two, v), warning("the loss is +Inf at -1 d₁ + -1 d₂"))
	check(t, "none", said(two, trackers.LossLandscapeValue{}))
}
