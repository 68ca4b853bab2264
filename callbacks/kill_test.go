package callbacks_test

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
)

// Names by which the test starts itself as the process to be killed.
const (
	killDir    = "CRUX_TEST_KILL_DIR"
	killMethod = "CRUX_TEST_KILL_METHOD"
	killSteps  = 150
)

// A run that is killed at ten random moments, without a chance to say so, ends with the same bits as one that was not.
func TestKilledRunsResume(t *testing.T) {
	if dir := os.Getenv(killDir); dir != "" {
		runToTheEnd(t, os.Getenv(killMethod), dir)
		return
	}
	if testing.Short() {
		t.Skip("starts processes")
	}
	rng := rand.New(rand.NewPCG(8, 9))
	for _, method := range []string{"adam", "lbfgs"} {
		plain := build(t, method, "norms", "rad", "")
		plain.solve(t, killSteps)
		dir := t.TempDir()
		start := func() *exec.Cmd {
			c := exec.Command(os.Args[0], "-test.run=^TestKilledRunsResume$")
			c.Env = append(os.Environ(), killDir+"="+dir, killMethod+"="+method)
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			return c
		}
		for range 10 {
			c := start()
			time.Sleep(time.Duration(10+rng.IntN(90)) * time.Millisecond)
			c.Process.Kill() //nolint:errcheck // it may have ended
			c.Wait()         //nolint:errcheck // it was killed
		}
		if err := start().Wait(); err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(filepath.Join(dir, "theta.json"))
		if err != nil {
			t.Fatal(err)
		}
		var theta []float64
		if err := json.Unmarshal(raw, &theta); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(theta, plain.solver.Theta()) {
			t.Errorf("%s: other parameters after the kills", method)
		}
	}
}

// runToTheEnd is one life of the process: it goes on from the latest checkpoint, slowly.
func runToTheEnd(t *testing.T, method, dir string) {
	s := build(t, method, "norms", "rad", dir)
	saved, err := callbacks.Latest(dir)
	switch {
	case err == nil:
		if err := saved.Restore(s.solver, s.cs...); err != nil {
			t.Fatal(err)
		}
	case errors.Is(err, os.ErrNotExist):
		t.Fatal(err)
	}
	s.cs = append(s.cs, callbacks.OnStep(func(context.Context, *crux.Step) error {
		time.Sleep(2 * time.Millisecond)
		return nil
	}))
	s.solve(t, killSteps-s.solver.Epoch())
	b, err := json.Marshal(s.solver.Theta()) // Go prints floats so that they read back exactly
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "theta.json"), b, 0o600); err != nil {
		t.Fatal(err)
	}
}
