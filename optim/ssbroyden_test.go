package optim

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
)

// Both forms of H are the same method to its user: the switch says so, and a state is of one form.
func TestMemorySwitch(t *testing.T) {
	for _, c := range []struct {
		memory, n int
		describe  string
		choice    string
	}{
		{0, 5000, "SSBroyden", ""},
		{0, 5001, "SSBroyden(memory 300)", "SSBroyden with a memory of 300 directions: a matrix is kept up to 5000 parameters, and there are 5001"},
		{0, 4_000_000, "SSBroyden(memory 33)", "SSBroyden with a memory of 33 directions: a matrix is kept up to 5000 parameters, and there are 4000000"},
		{0, 100_000_000, "SSBroyden(memory 30)", "SSBroyden with a memory of 30 directions: a matrix is kept up to 5000 parameters, and there are 100000000"},
		{50, 5001, "SSBroyden(memory 50)", ""},
		{50, 51, "SSBroyden(memory 50)", ""},
		{50, 50, "SSBroyden", ""},
		{6000, 5001, "SSBroyden", ""},
	} {
		if n := (&SSBroyden{Memory: c.memory}).Directions(c.n); n > 0 && !strings.Contains(c.describe, "memory") {
			t.Errorf("%d of %d: a limit of %d", c.memory, c.n, n)
		}
		m := &SSBroyden{Memory: c.memory}
		m.layout = layout{n: c.n, known: true}
		if got := Describe(m); got != c.describe {
			t.Errorf("%d of %d: %q, want %q", c.memory, c.n, got, c.describe)
		}
		if got := strings.Join(m.Info(Objective{}).Choices, "\n"); got != c.choice {
			t.Errorf("%d of %d: choice %q, want %q", c.memory, c.n, got, c.choice)
		}
	}

	m := &SSBroyden{Memory: 1}
	if err := m.Init(Flat(9)); err == nil || !strings.Contains(err.Error(), "Memory 1") {
		t.Errorf("a memory of one direction: %v", err)
	}
	m.Memory = -1
	if err := m.Init(Flat(9)); err == nil || !strings.Contains(err.Error(), "Memory -1") {
		t.Errorf("a negative memory: %v", err)
	}

	// Another memory starts afresh, and does not take the state of the other.
	theta := make([]float64, 9)
	var states [][]byte
	for _, memory := range []int{0, 4, 0, 4, 3} {
		m.Memory = memory
		if err := m.Init(Flat(9)); err != nil {
			t.Fatal(err)
		}
		clear(theta)
		for range 6 {
			if _, err := m.Step(context.Background(), lending(0).Objective(), theta); err != nil && !errors.Is(err, ErrConverged) {
				t.Fatal(err)
			}
		}
		s, err := m.State()
		if err != nil {
			t.Fatal(err)
		}
		states = append(states, s)
	}
	if !slices.Equal(states[0], states[2]) || !slices.Equal(states[1], states[3]) {
		t.Error("a method whose Memory was changed and changed back is not as a fresh one")
	}
	for _, s := range [][]byte{states[0], states[1]} {
		if err := m.SetState(s); err == nil {
			t.Error("a state of another memory was accepted")
		}
	}
}
