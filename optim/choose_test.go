package optim_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/optim"
	"github.com/crux-pinn/crux/optim/optimtest"
)

func pinnFunc() (*pinn, *optimtest.Func) {
	p := newPINN(48, 10, 10)
	return p, &optimtest.Func{F: p.eval, Squares: p.squares, Count: len(p.xs)}
}

// warmed is SOAP, then lm, then SSBroyden, each as long as it pays. It refuses losses that are no sums of squares.
func warmed() *optim.Phased {
	return optim.Choose("Warmed", func(s optim.Size) ([]optim.Phase, string, error) {
		if s.Residuals == 0 {
			return nil, "", errors.New("no squares")
		}
		return []optim.Phase{
			{Method: &optim.SOAP{LR: optim.Constant(1e-2)}, Steps: 300, Stall: optim.Stall{Window: 100, Keep: 0.5}},
			{Name: "lm", Method: &optim.LevenbergMarquardt{}, Stall: optim.Stall{Window: 50, Keep: 0.5, Descent: true}, Enough: 1e-14},
			{Method: &optim.SSBroyden{}, Stall: optim.Stall{Window: 500, Keep: 0.9, Descent: true}},
		}, fmt.Sprintf("%d parameters and %d residuals", s.Parameters, s.Residuals), nil
	})
}

func choicesOf(m optim.Method) []string { return m.Info(optim.Objective{}).Choices }

// A chosen method takes the problem of TestPINN to its end by itself, and says what it did.
func TestChoose(t *testing.T) {
	p, f := pinnFunc()
	theta := p.start(0)
	m := warmed()
	loss := settle(t, m, f, theta, 3000)
	if e := p.relL2(theta); !(loss < 1e-18 && e < 1e-11) {
		t.Errorf("loss %.1e, error %.1e", loss, e)
	}
	lines := choicesOf(m)
	if len(lines) < 2 || lines[0] != "soap, then lm, then ssbroyden: 141 parameters and 48 residuals" || !strings.Contains(lines[1], "lm after soap") {
		t.Errorf("choices:\n%s", strings.Join(lines, "\n"))
	}
	t.Logf("loss %.1e after\n%s", loss, strings.Join(lines, "\n"))
}

// Phases are chosen once, by the first Info or Step with an objective, and what speaks against an objective is an error of both.
func TestChooseAsks(t *testing.T) {
	var asked []optim.Size
	m := optim.Choose("Any", func(s optim.Size) ([]optim.Phase, string, error) {
		asked = append(asked, s)
		return []optim.Phase{{Method: &optim.SSBroyden{}}}, "it is there", nil
	})
	m.Info(optimtest.BowlFunc(3, 1).Objective()) // before Init
	initialised(t, m, 3)
	if i := m.Info(optim.Objective{}); len(asked) > 0 || i.String() != "Any" {
		t.Errorf("%v: asked for %v without an objective", i, asked)
	}
	for range 2 {
		m.Info(optimtest.BowlFunc(3, 1).Objective())
	}
	take(t, m, &optimtest.Func{F: optimtest.Bowl(1)}, []float64{1, 1, 1}, 1)
	if !slices.Equal(asked, []optim.Size{{Parameters: 3, Residuals: 3}}) {
		t.Errorf("asked for %v", asked)
	}
	if i := m.Info(optim.Objective{}); i.String() != "Any" || !slices.Equal(i.Choices, []string{"ssbroyden: it is there"}) || len(i.Phases) != 1 {
		t.Errorf("%v chose %q, phases %v", i, i.Choices, i.Phases)
	}

	plain := (&optimtest.Func{F: optimtest.Bowl(1)}).Objective()
	for want, m := range map[string]*optim.Phased{
		"Warmed: no squares": warmed(),
		"Any: no phases":     optim.Choose("Any", func(optim.Size) ([]optim.Phase, string, error) { return nil, "", nil }),
		"Any: phase 0: optim: SSBroyden: Memory -1": optim.Choose("Any", func(optim.Size) ([]optim.Phase, string, error) {
			return []optim.Phase{{Method: &optim.SSBroyden{Memory: -1}}}, "", nil
		}),
	} {
		initialised(t, m, 3)
		_, err := m.Step(t.Context(), plain, make([]float64, 3))
		if info := m.Info(plain).Err; info == nil || err == nil || err.Error() != info.Error() || !strings.Contains(err.Error(), want) {
			t.Errorf("Info: %v, Step: %v; want %q", info, err, want)
		}
	}
}

// Where the points are others every ten steps, lm works as long as the losses on new ones fall, however well it fits each.
func TestStallFollowsChanges(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	p := newPINN(50, 5, 5) // more than parameters, so that not all of them can be fitted
	theta := p.start(0)
	m := warmed()
	initialised(t, m, len(theta))
	var f *optimtest.Func
	var fresh []float64 // losses on new points
	var err error
	for e := 0; err == nil && len(choicesOf(m)) < 3 && e < 3000; e++ {
		if e%10 == 0 {
			for i := range p.xs {
				p.xs[i] = -1 + 2*rng.Float64()
			}
			f = &optimtest.Func{F: p.eval, Squares: p.squares, Count: len(p.xs)}
		}
		var loss float64
		if loss, err = m.Step(t.Context(), f.Objective(), theta); e%10 == 0 {
			fresh = append(fresh, loss)
		}
	}
	lines := choicesOf(m)
	t.Logf("%v; losses on new points %.1e\n%s", err, fresh, strings.Join(lines, "\n"))
	if err != nil && !errors.Is(err, optim.ErrConverged) || len(lines) < 3 {
		t.Fatalf("%v after %q", err, lines)
	}
	n := len(fresh)
	if best := slices.Min(fresh[:n-5]); !(best < 1e-10*fresh[0]) || slices.Min(fresh[n-5:]) < best { // the last 50 steps brought nothing
		t.Errorf("losses on new points %.1e: ended too early or too late", fresh)
	}
}

// A run that is saved and resumed at every tenth step, before and after the methods change, takes the same steps and tells
// the same story.
func TestChooseResumes(t *testing.T) {
	p, f := pinnFunc()
	straight, broken := p.start(1), p.start(1)
	one, two := warmed(), warmed()
	initialised(t, one, len(straight))
	initialised(t, two, len(straight))
	for e := range 320 {
		_, err1 := one.Step(t.Context(), f.Objective(), straight)
		_, err2 := two.Step(t.Context(), f.Objective(), broken)
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(straight, broken) {
			t.Fatalf("step %d: the resumed run has gone another way", e)
		}
		if e%10 == 3 {
			state, err := two.State()
			if err != nil {
				t.Fatal(err)
			}
			two = warmed()
			if err := two.SetState(state); err != nil {
				t.Fatal(err)
			}
			initialised(t, two, len(broken))
		}
	}
	if a, b := choicesOf(one), choicesOf(two); len(a) < 2 || !slices.Equal(a, b) {
		t.Errorf("choices %q and, resumed, %q", a, b)
	}
}

// The state of a version that kept other books is not taken for one of this, nor one of other phases.
func TestPhasesOlderState(t *testing.T) {
	m := warmed()
	initialised(t, m, 2)
	state, err := m.State()
	if err != nil {
		t.Fatal(err)
	}
	older := bytes.Replace(state, []byte("optim.Warmed/4"), []byte("optim.Warmed/3"), 1)
	if err := m.SetState(older); err == nil || !strings.Contains(err.Error(), "another version of crux") {
		t.Errorf("%v; want it refused", err)
	}
	if err := m.SetState(state); err != nil {
		t.Error(err)
	}
	sgd := optim.Phase{Method: &optim.SGD{}}
	if state, err = initialised(t, optim.Phases(sgd, sgd), 2).State(); err != nil {
		t.Fatal(err)
	}
	if err := initialised(t, optim.Phases(sgd, sgd, sgd), 2).SetState(state); err == nil || !strings.Contains(err.Error(), "2 phases, and there are 3") {
		t.Errorf("%v; want it refused", err)
	}
}

func ExampleChoose() {
	m := optim.Choose("Mine", func(s optim.Size) ([]optim.Phase, string, error) {
		if s.Residuals > 0 {
			return []optim.Phase{
				{Method: &optim.Adam{}, Steps: 100},
				{Name: "lm", Method: &optim.LevenbergMarquardt{}},
			}, "a sum of squares", nil
		}
		return []optim.Phase{{Method: &optim.SSBroyden{}}}, "gradients only", nil
	})
	theta := []float64{-1.2, 1}
	if err := m.Init(optim.Flat(2)); err != nil {
		fmt.Println(err)
	}
	f := optimtest.RosenbrockFunc(2)
	var err error
	for err == nil {
		_, err = m.Step(context.Background(), f.Objective(), theta)
	}
	fmt.Printf("%.6f %v\n", theta, errors.Is(err, optim.ErrConverged))
	fmt.Println(strings.Join(m.Info(optim.Objective{}).Choices, "\n"))
	// Output:
	// [1.000000 1.000000] true
	// adam, then lm: a sum of squares
	// step 100: lm after adam: its 100 steps are taken
}
