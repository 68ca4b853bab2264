package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/crux-pinn/crux/crux/mpi"
	"github.com/crux-pinn/crux/internal/team"
)

// goroutineRank is a rank of a team of goroutines, as a process would be.
type goroutineRank struct {
	*team.LocalRank
	closed, aborted bool
}

func (r *goroutineRank) Close(int) error {
	r.closed = true
	return nil
}

func (r *goroutineRank) Abort(int) {
	r.aborted = true
	r.Leave()
}

// onRanks runs a command line on ranks, with a context for each.
func onRanks(t *testing.T, ctx []context.Context, args ...string) (all []outcome, ranks []*goroutineRank) {
	t.Helper()
	all, ranks = make([]outcome, len(ctx)), make([]*goroutineRank, len(ctx))
	var wg sync.WaitGroup
	for i, l := range team.Local(len(ctx)) {
		ranks[i] = &goroutineRank{LocalRank: l}
		wg.Go(func() {
			var out, err, complaint bytes.Buffer
			code := Run(ctx[i], args, Streams{Out: &out, Err: &err, Complain: &complaint, Ranks: func() (Ranks, error) { return ranks[i], nil }})
			if code != 0 && went(code) != 0 {
				l.Leave() // as mpirun ends the others
			}
			all[i] = outcome{went(code), out.String(), err.String() + complaint.String()}
		})
	}
	wg.Wait()
	return all, ranks
}

func contexts(n int) (list []context.Context) {
	for range n {
		list = append(list, context.Background())
	}
	return list
}

// A run on ranks leaves what one process leaves, and nothing elsewhere; another number of ranks extends it bit for bit.
func TestRanks(t *testing.T) {
	folder(t)
	t.Setenv("TMPDIR", t.TempDir())
	quietly(t, "solve", "tiny.yaml", "--steps", "30", "--quiet", "--out", "alone")
	for size := 2; size <= 3; size++ {
		out := fmt.Sprint("ranks-", size)
		all, ranks := onRanks(t, contexts(size), "solve", "tiny.yaml", "--steps", "20", "--quiet", "--out", out)
		for r, o := range all {
			if o.code != 0 || !ranks[r].closed || ranks[r].aborted {
				t.Fatalf("rank %d: %+v", r, o)
			}
		}
		if all, _ = onRanks(t, contexts(5-size), "resume", out, "--steps", "30", "--quiet"); all[0].code != 0 || !strings.Contains(all[0].out, "results in "+out+"\n") {
			t.Fatalf("%+v", all)
		}
		for _, file := range []string{parametersFile, historyFile, solutionFile} {
			a, errA := os.ReadFile(filepath.Join("alone", file))
			b, errB := os.ReadFile(filepath.Join(out, file))
			if errA != nil || errB != nil || !bytes.Equal(a, b) {
				t.Errorf("%d ranks: %s differs (%v, %v)", size, file, errA, errB)
			}
		}
	}
	if left, err := filepath.Glob(filepath.Join(os.TempDir(), "crux-rank-*")); err != nil || len(left) > 0 {
		t.Errorf("%v is left (%v)", left, err)
	}
}

// One rank that is told to end ends all of them after the same step, with its exit code.
func TestRanksEndTogether(t *testing.T) {
	folder(t)
	ctx := contexts(3)
	told, end := context.WithCancelCause(context.Background())
	ctx[1] = told
	go func() {
		for !exists(filepath.Join("run", checkpointFolder)) { // training has begun
			time.Sleep(time.Millisecond)
		}
		end(&Interrupt{"terminated", exitTerminated})
	}()
	all, _ := onRanks(t, ctx, "solve", "tiny.yaml", "--quiet", "--out", "run", "--steps", "1000000")
	for r, o := range all {
		if o.code != exitTerminated {
			t.Errorf("rank %d: %+v", r, o)
		}
	}
	if !strings.Contains(all[0].err, "the results so far are in run; continue with: crux resume run") {
		t.Errorf("%+v", all[0])
	}
}

// Several processes that would each do everything are refused.
func TestRanksRefuse(t *testing.T) {
	folder(t)
	for flag, want := range map[string]string{"--seeds=2": "take crux sweep with --seeds", "--live": "--live is of one process"} {
		if all, _ := onRanks(t, contexts(2), "solve", "tiny.yaml", flag); all[0].code != exitUsage || !strings.Contains(all[0].err, want) {
			t.Errorf("%+v", all[0])
		}
	}
	var err bytes.Buffer
	code := Run(t.Context(), []string{"solve", "tiny.yaml"}, Streams{Out: &err, Err: &err, Ranks: func() (Ranks, error) { return openWorld(2) }})
	if _, e := mpi.Open(); e == nil || code != exitFailed || !strings.Contains(err.String(), "2 processes were started together, which this program cannot use") {
		t.Errorf("exit code %d: %s", code, &err)
	}
}

func TestFingerprint(t *testing.T) {
	a := []float64{1, 2, 3}
	for _, b := range [][]float64{{1, 2}, {2, 1, 3}, {1, 2, 3.0000000000000004}, {1, 2, 3, 0}} {
		if fingerprint(a) == fingerprint(b) {
			t.Errorf("%v and %v have the same", a, b)
		}
	}
}
