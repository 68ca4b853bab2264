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

// Auto takes the problem of TestPINN to its end by itself, and says what it did.
func TestAuto(t *testing.T) {
	p, f := pinnFunc()
	theta := p.start(0)
	m := &optim.Auto{}
	loss := settle(t, m, f, theta, 3000)
	if e := p.relL2(theta); !(loss < 1e-18 && e < 1e-11) {
		t.Errorf("loss %.1e, error %.1e", loss, e)
	}
	lines := m.Info(optim.Objective{}).Choices
	if len(lines) < 2 || !strings.HasPrefix(lines[0], "soap, then lm, then ssbroyden: 141 parameters and 48 residuals") || !strings.Contains(lines[1], "lm after soap") {
		t.Errorf("choices:\n%s", strings.Join(lines, "\n"))
	}
	t.Logf("loss %.1e after\n%s", loss, strings.Join(lines, "\n"))
}

func TestAutoChoices(t *testing.T) {
	p, squares := pinnFunc()
	plain := &optimtest.Func{F: p.eval}
	many := optimtest.BowlFunc(3100, 10)
	huge := &optimtest.Func{F: optimtest.Bowl(10)}
	for _, c := range []struct {
		m    *optim.Auto
		n    int
		f    source
		want string
	}{
		{&optim.Auto{}, 141, squares, "soap, then lm, then ssbroyden: 141 parameters and 48 residuals, all in mean squares"},
		{&optim.Auto{Single: true}, 141, squares, "adam, then ssbroyden: 141 parameters, and residuals in float32"},
		{&optim.Auto{}, 141, plain, "adam, then ssbroyden: 141 parameters, and a loss that is not a sum of squares"},
		{&optim.Auto{}, 3100, many, "adam, then ssbroyden: 3100 parameters and 3100 residuals, all in mean squares, both more than the 3000 up to which lm pays"},
		{&optim.Auto{}, 5001, huge, "soap, then ssbroyden: 5001 parameters, and a loss that is not a sum of squares, too many for a matrix of their squares (up to 5000), so ssbroyden with a memory of 300 directions"},
	} {
		initialised(t, c.m, c.n)
		if err := c.m.Info(c.f.Objective()).Err; err != nil {
			t.Fatal(err)
		}
		if got := c.m.Info(optim.Objective{}).Choices; len(got) != 1 || got[0] != c.want {
			t.Errorf("chose %q, want %q", got, c.want)
		}
	}
	for name, bad := range map[string]*optim.Auto{"Steps": {Steps: -1}, "Workers": {Workers: -1}} {
		if err := bad.Init(optim.Flat(2)); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Where the points are others every ten steps, lm works as long as the losses on new ones fall, however well it fits each.
func TestAutoFollowsChanges(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	p := newPINN(50, 5, 5) // more than parameters, so that not all of them can be fitted
	theta := p.start(0)
	m := &optim.Auto{}
	initialised(t, m, len(theta))
	var f *optimtest.Func
	var fresh []float64 // losses on new points
	var err error
	for e := 0; err == nil && len(m.Info(optim.Objective{}).Choices) < 3 && e < 3000; e++ {
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
	lines := m.Info(optim.Objective{}).Choices
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
func TestAutoResumes(t *testing.T) {
	p, f := pinnFunc()
	straight, broken := p.start(1), p.start(1)
	one, two := &optim.Auto{}, &optim.Auto{}
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
			two = &optim.Auto{}
			if err := two.SetState(state); err != nil {
				t.Fatal(err)
			}
			initialised(t, two, len(broken))
		}
	}
	if a, b := one.Info(optim.Objective{}).Choices, two.Info(optim.Objective{}).Choices; len(a) < 2 || !slices.Equal(a, b) {
		t.Errorf("choices %q and, resumed, %q", a, b)
	}
}

// The state of an Auto that warmed up otherwise is not taken for one of this.
func TestAutoOlderState(t *testing.T) {
	m := &optim.Auto{}
	initialised(t, m, 2)
	state, err := m.State()
	if err != nil {
		t.Fatal(err)
	}
	older := bytes.Replace(state, []byte("optim.Auto/3"), []byte("optim.Auto/2"), 1)
	if err := m.SetState(older); err == nil || !strings.Contains(err.Error(), "another version of crux") {
		t.Errorf("%v; want it refused", err)
	}
	if err := m.SetState(state); err != nil {
		t.Error(err)
	}
}

func ExampleAuto() {
	theta := []float64{-1.2, 1}
	m := &optim.Auto{}
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
	// soap, then lm, then ssbroyden: 2 parameters and 2 residuals, all in mean squares
	// step 200: lm after soap: 100 steps lowered the loss by less than 50 %
}
