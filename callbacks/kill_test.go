package callbacks_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
)

// Names by which the test starts itself as the process to be killed.
const (
	killDir    = "CRUX_TEST_KILL_DIR"
	killMethod = "CRUX_TEST_KILL_METHOD"
	killScheme = "CRUX_TEST_KILL_SCHEME"
	killSteps  = 150
)

// ending is all that a user can see of a run, with floats that JSON keeps exactly.
type ending struct {
	Theta, Points, Weights []float64
	History                crux.History
	Epochs                 []int // of the gradient norms
	Norms                  []float64
}

func endingOf(t *testing.T, s *setup) ending {
	t.Helper()
	c, err := s.solver.Cloud("pde")
	if err != nil {
		t.Fatal(err)
	}
	st, err := s.solver.State()
	if err != nil {
		t.Fatal(err)
	}
	r := s.norms.Result()
	return ending{s.solver.Theta(), c.X, st.Weights, s.solver.History(), r.Epochs, r.Matrix("weighted_norms").RawMatrix().Data}
}

// A run that is killed at ten random moments, without a chance to say so, ends with the same bits as one that was not:
// with trackers, weights that read them, and points that follow the residual.
func TestKilledRunsResume(t *testing.T) {
	if dir := os.Getenv(killDir); dir != "" {
		runToTheEnd(t, os.Getenv(killMethod), os.Getenv(killScheme), dir)
		return
	}
	kills := 10
	if testing.Short() {
		kills = 3
	}
	rng := rand.New(rand.NewPCG(8, 9))
	for _, c := range []struct{ method, scheme string }{{"adam", "norms"}, {"adam", "traces"}, {"lbfgs", "norms"}, {"lbfgs", "relobralo"}} {
		t.Run(c.method+"/"+c.scheme, func(t *testing.T) {
			plain := build(t, c.method, c.scheme, "rad", "")
			plain.solve(t, killSteps)
			dir := t.TempDir()
			for k := range kills {
				// the moments are spread over the run, so that each life takes some steps
				step := 1 + 130*k/kills + rng.IntN(130/kills)
				killAt(t, c.method, c.scheme, dir, step, time.Duration(rng.IntN(3000))*time.Microsecond)
			}
			killAt(t, c.method, c.scheme, dir, killSteps, 0) // not killed
			raw, err := os.ReadFile(filepath.Join(dir, "ending.json"))
			if err != nil {
				t.Fatal(err)
			}
			var got ending
			if err := json.Unmarshal(raw, &got); err != nil {
				t.Fatal(err)
			}
			if want := endingOf(t, plain); !reflect.DeepEqual(got, want) {
				t.Errorf("another ending after the kills:\n%v\nwant\n%v", got, want)
			}
		})
	}
}

// killAt starts a life of the process and kills it some time after it has said that it takes the step, or a later one if
// the life before came further than it was meant to before it was killed.
func killAt(t *testing.T, method, scheme, dir string, step int, wait time.Duration) {
	t.Helper()
	c := exec.Command(os.Args[0], "-test.run=^TestKilledRunsResume$")
	c.Env = append(os.Environ(), killDir+"="+dir, killMethod+"="+method, killScheme+"="+scheme)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	lines := bufio.NewScanner(out)
	for killed := false; lines.Scan(); {
		fmt.Fprintln(&said, lines.Text())
		var at int
		if n, _ := fmt.Sscanf(lines.Text(), "step %d", &at); n != 1 || at < step || step == killSteps || killed { //nolint:errcheck // n tells
			continue
		}
		killed = true
		time.Sleep(wait)
		if err := c.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, out) //nolint:errcheck // the rest does not matter
	}
	err = c.Wait()
	if step == killSteps {
		if err != nil {
			t.Fatalf("%v: %s", err, said.String())
		}
		return
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("the process was not killed at step %d (%v): %s", step, err, said.String())
	}
}

// runToTheEnd is one life of the process: it goes on from the latest checkpoint, slowly enough to be killed.
func runToTheEnd(t *testing.T, method, scheme, dir string) {
	s := build(t, method, scheme, "rad", dir)
	saved, err := callbacks.Latest(dir)
	switch {
	case err == nil:
		if err := saved.Restore(s.solver, s.cs...); err != nil {
			t.Fatal(err)
		}
	case errors.Is(err, os.ErrNotExist):
		t.Fatal(err)
	}
	s.cs = append(s.cs, callbacks.OnStep(func(_ context.Context, s *crux.Step) error {
		fmt.Printf("step %d\n", s.Epoch)
		time.Sleep(500 * time.Microsecond)
		return nil
	}))
	s.solve(t, killSteps-s.solver.Epoch())
	b, err := json.Marshal(endingOf(t, s)) // Go prints floats so that they read back exactly
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "ending.json"), b, 0o600); err != nil {
		t.Fatal(err)
	}
}
