package cli

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"math/bits"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/crux/mpi"
	"github.com/crux-pinn/crux/internal/files/ckpt"
	"github.com/crux-pinn/crux/internal/problemfile"
)

// Ranks are the processes that solve one problem together. All run the same command line and come to the same bits: rank 0 talks and
// writes the run directory, and the others have a directory of their own, which is removed at the end.
type Ranks interface {
	crux.Team
	Close(code int) error // at the end, together with the others
	Abort(code int)       // ends all of them
}

// join makes this process one of several, where it was started as one. The context that it returns ends at the same step on all ranks.
func (a *app) join(ctx context.Context) (context.Context, error) {
	if a.Ranks == nil {
		return ctx, nil
	}
	r, err := a.Ranks()
	if err != nil || r == nil {
		return ctx, fail(exitFailed, err)
	}
	a.team = &teamwork{Ranks: r, own: ctx, buf: make([]byte, 16*r.Size()), ends: make([]int, r.Size())}
	if a.team.workers, err = a.team.cores(); err != nil {
		return ctx, fail(exitFailed, err)
	}
	ctx, a.team.end = context.WithCancelCause(context.WithoutCancel(ctx))
	if r.Rank() > 0 {
		if a.team.dir, err = os.MkdirTemp("", "crux-rank-*"); err != nil {
			return ctx, fail(exitFailed, fmt.Errorf("a folder for rank %d: %w", r.Rank(), err))
		}
	}
	return ctx, nil
}

// divide shares the work on a problem among the ranks, and the cores among those of one machine.
func (a *app) divide(p *problemfile.Problem) {
	if a.team == nil {
		return
	}
	p.Options.Team = a.team
	if p.Options.Workers == 0 {
		p.Options.Workers = a.team.workers
	}
	if a.team.dir == "" {
		return
	}
	if b := p.TensorBoard; b != nil { // wherever rank 0 writes
		b.Dir = ""
	}
	if w := p.WandB; w != nil {
		w.Dir = ""
	}
}

// cores is how many of the cores on which this process may run are its own, if the ranks that may run on the same ones share them.
func (t *teamwork) cores() (int, error) {
	h := fnv.New64a()
	name, _ := os.Hostname() // ranks on machines without a name have fewer workers than they could
	io.WriteString(h, name+affinity())
	if err := t.gather(h.Sum64(), 0); err != nil {
		return 0, err
	}
	same := 0
	for r := range t.Size() {
		if x, _ := t.of(r); x == h.Sum64() {
			same++
		}
	}
	return max(1, runtime.GOMAXPROCS(0)/same), nil
}

// leave ends this process's part. An error that may be of this rank only is said here: what is wrong with a file or a problem is so on
// all of them, and rank 0 says it.
func (a *app) leave(code int, err error) int {
	t := a.team
	if t == nil {
		return code
	}
	t.end(nil)
	if t.dir != "" {
		os.RemoveAll(t.dir) //nolint:errcheck // best effort
	}
	if t.Rank() > 0 && err != nil && !errors.Is(err, mpi.ErrApart) && exitCode(err) == exitFailed {
		fmt.Fprintf(a.Complain, "crux: rank %d: %s\n", t.Rank(), harmless(err.Error())) //nolint:errcheck
	}
	if err := t.Close(code); err != nil {
		t.Abort(max(code, exitFailed))
		return code
	}
	if code != exitOK { // mpirun kills the ranks that are still closing when one ends so, and says that they were killed
		time.Sleep(closing)
	}
	return code
}

// closing is how long ranks may take until all of them have closed.
const closing = time.Second

// ofRank is the directory that this process writes instead of that of the run: the same one for rank 0 and where there is one process.
// Other ranks have a copy of what they read there.
func (a *app) ofRank(dir string) (string, error) {
	if a.team == nil {
		return dir, nil
	}
	if _, err := a.team.ofFirst(0); err != nil { // rank 0 owns the directory from here on
		return "", fail(exitFailed, err)
	}
	if a.team.Rank() > 0 {
		from := dir
		dir = a.team.dir
		for _, name := range []string{problemFile, dataDir, checkpointFolder, historyFile, metricsFile, arraysDir, originFile} {
			if err := copyAll(filepath.Join(from, name), filepath.Join(dir, name)); err != nil {
				return "", fail(exitFailed, fmt.Errorf("copy the run: %w", ckpt.Cause(err)))
			}
		}
	}
	_, err := a.team.ofFirst(0) // and changes it only now
	return dir, fail(exitFailed, err)
}

// copyAll copies a file, or a folder, if there is one.
func copyAll(from, to string) error {
	info, err := os.Stat(from)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.IsDir():
		return os.CopyFS(to, os.DirFS(from))
	}
	r, err := os.Open(from)
	if err != nil {
		return err
	}
	defer r.Close() //nolint:errcheck // only read
	return ckpt.WriteFile(to, func(w io.Writer) error {
		_, err := io.Copy(w, r)
		return err
	})
}

// teamwork keeps ranks together: a callback that compares parameters after each step and ends the run on all of them when one was told
// to end.
type teamwork struct {
	Ranks
	own     context.Context // of this process
	end     context.CancelCauseFunc
	dir     string // of this rank; empty for rank 0
	workers int    // of this rank, where nobody says how many
	buf     []byte
	ends    []int
}

// gather hands out two numbers of each rank.
func (t *teamwork) gather(x, y uint64) error {
	for r := range t.ends {
		t.ends[r] = 16 * (r + 1)
	}
	at := t.buf[16*t.Rank():]
	binary.LittleEndian.PutUint64(at, x)
	binary.LittleEndian.PutUint64(at[8:], y)
	return t.Gather(t.buf, t.ends)
}

func (t *teamwork) of(rank int) (x, y uint64) {
	return binary.LittleEndian.Uint64(t.buf[16*rank:]), binary.LittleEndian.Uint64(t.buf[16*rank+8:])
}

// ofFirst is the number that rank 0 has. Without a team it is x.
func (t *teamwork) ofFirst(x uint64) (uint64, error) {
	if t == nil {
		return x, nil
	}
	if err := t.gather(x, 0); err != nil {
		return 0, err
	}
	x, _ = t.of(0)
	return x, nil
}

// OnSolveBegin implements crux.Callback.
func (t *teamwork) OnSolveBegin(context.Context, *crux.Run) error { return nil }

// OnStep implements crux.Callback.
func (t *teamwork) OnStep(context.Context, *crux.Step) error { return nil }

// OnStepEnd implements crux.StepEnder.
func (t *teamwork) OnStepEnd(_ context.Context, r *crux.Run) error {
	var ended uint64
	if t.own.Err() != nil {
		ended = exitInterrupted
		if i, ok := errors.AsType[*Interrupt](context.Cause(t.own)); ok {
			ended = uint64(i.Code)
		}
	}
	if err := t.gather(ended, fingerprint(r.Solver().Theta())); err != nil {
		return err
	}
	_, first := t.of(0)
	for rank := range t.Size() {
		code, print := t.of(rank)
		if print != first {
			return fmt.Errorf("rank %d has other parameters than rank 0: its processor rounds otherwise, or its files differ", rank)
		}
		if code != 0 {
			t.end(interruptBy(int(code))) // the first one counts, which is the same on all ranks
		}
	}
	return nil
}

// fingerprint tells parameters apart, bit by bit.
func fingerprint(theta []float64) uint64 {
	h := uint64(len(theta))
	for _, v := range theta {
		h = bits.RotateLeft64(h^math.Float64bits(v), 29) * 0x9e3779b97f4a7c15
	}
	return h
}
