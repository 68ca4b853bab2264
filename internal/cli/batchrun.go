package cli

import (
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/files/ckpt"
	"github.com/crux-pinn/crux/internal/problemfile"
	"github.com/crux-pinn/crux/internal/report"
	"github.com/crux-pinn/crux/internal/schema"
)

// runBatch takes every run of a batch to its end, some at once, and prints what they came to.
func (a *app) runBatch(ctx context.Context, b *batch, f *solveFlags) error {
	if err := canceled(ctx); err != nil {
		return err
	}
	if err := a.trainBatch(ctx, b, f); err != nil {
		return err
	}
	return a.showBatch(ctx, b, f.json)
}

// look reads what the runs have come to, whoever has trained them.
func (b *batch) look() {
	for _, m := range b.runs {
		if m.err != nil && m.report == nil {
			continue // this process has tried
		}
		m.report, m.err, m.missed = nil, nil, nil
		r, err := report.Read(filepath.Join(b.dir, m.Name, resultFile))
		switch {
		case err == nil:
			m.report = r
			if r.Status == crux.Diverged.String() {
				m.err = fail(exitDiverged, errors.New(r.Reason))
			}
			p, err := problemfile.Load(filepath.Join(b.dir, m.Name, problemFile), nil)
			m.missed = missed(r, err == nil && p.Accuracy > 0)
		case !errors.Is(err, os.ErrNotExist):
			m.err = fail(exitFailed, err)
			continue
		}
		if !m.done() {
			m.report = nil // of the part before a break
		}
	}
}

// trainBatch takes the runs that this process may take to their ends, some at once.
func (a *app) trainBatch(ctx context.Context, b *batch, f *solveFlags) error {
	if err := canceled(ctx); err != nil {
		return err
	}
	defer saving(ctx)()
	b.look()
	var pending []*member
	for i, m := range b.runs {
		if m.open() && (b.takes == nil || b.takes(i)) {
			pending = append(pending, m)
		}
	}
	jobs, workers := share(runtime.GOMAXPROCS(0), len(pending), f.jobs, f.workers)
	view := newOverview(a.Streams, b, len(pending), f.quiet)
	own := *a
	own.Err = view // warnings of runs come one at a time

	next := make(chan *member)
	var wg sync.WaitGroup
	for range jobs {
		wg.Go(func() {
			for m := range next {
				own.runMember(ctx, b, m, workers, view, f)
				view.ended(m)
			}
		})
	}
	for _, m := range pending {
		if ctx.Err() != nil {
			break
		}
		select {
		case next <- m:
		case <-ctx.Done():
		}
	}
	close(next)
	wg.Wait()
	view.close()
	return nil
}

// report gathers what the runs came to.
func (b *batch) report() *report.Batch {
	rep := &report.Batch{Schema: schema.Version, Problem: b.Problem, RunDir: b.dir}
	for _, m := range b.runs {
		r := report.Run{Run: m.Name, Seed: m.Seed, Status: m.status(), Result: m.report, Combination: m.Combination}
		for i, x := range b.Grid {
			r.Values.Add(x.Key, m.Values[i])
		}
		if m.err != nil && r.Status != "canceled" {
			r.Error = m.err.Error()
		}
		rep.Runs = append(rep.Runs, r)
	}
	rep.Sum(len(b.Grid) > 0)
	return rep
}

// runsFile has the table of a batch.
const runsFile = "runs.csv"

// showBatch prints what the runs of a batch came to, and writes it into their directory.
func (a *app) showBatch(ctx context.Context, b *batch, asJSON bool) error {
	rep, failed := b.report(), b.conclusion(ctx)
	text, err := report.JSON(rep)
	if err != nil {
		return fail(exitFailed, errors.Join(failed, err))
	}
	saved := errors.Join(
		ckpt.WriteFile(filepath.Join(b.dir, runsFile), func(w io.Writer) error { return csv.NewWriter(w).WriteAll(rep.Table()) }),
		saveBytes(b.dir, resultFile, text),
	)
	hints := a.Out
	if asJSON {
		a.Out.Write(text) //nolint:errcheck // Run checks the writer at the end
		hints = a.Err
	} else {
		a.printBatch(rep)
	}
	for _, m := range b.runs {
		if m.records != nil {
			m.records.hints(hints)
		}
	}
	if err := errors.Join(failed, saved); err != nil {
		return fail(max(exitCode(failed), exitFailed), err)
	}
	return b.missed()
}

// missed is the worst of what runs have come to, with its exit code; nil where all are good.
func (b *batch) missed() error {
	worst := slices.MaxFunc(b.runs, func(x, y *member) int { return cmp.Compare(exitCode(x.missed), exitCode(y.missed)) })
	if worst.missed == nil {
		return nil
	}
	return fail(exitCode(worst.missed), fmt.Errorf("%s: %w", b.title(worst.entry), worst.missed))
}

// share divides the cores among runs: how many are trained at once, and by how many goroutines each. What is 0 is chosen.
func share(cores, runs, jobs, workers int) (atOnce, each int) {
	if jobs == 0 {
		jobs = max(1, cores/max(1, workers))
	}
	jobs = max(1, min(jobs, runs))
	if workers == 0 {
		workers = max(1, cores/jobs)
	}
	return jobs, workers
}

// runMember begins a run of a batch, or continues it.
func (a *app) runMember(ctx context.Context, b *batch, m *member, workers int, view *overview, f *solveFlags) {
	dir := filepath.Join(b.dir, m.Name)
	if m.err = isRun(dir); m.err != nil {
		return
	}
	owner, err := a.own(dir)
	if b.shared && errors.Is(err, errOwned) {
		return // another process is at it
	}
	if err != nil {
		m.err = err
		return
	}
	defer owner.release()
	if r, err := report.Read(filepath.Join(dir, resultFile)); b.shared && err == nil &&
		(report.Counts(r.Status) || r.Status == crux.Diverged.String()) {
		m.report = r // another process has just been at it
		return
	}
	t, err := a.openMember(dir, func(path string, text []byte) (*problemfile.Problem, error) {
		p, err := asIs(path, text)
		if err == nil {
			err = f.contain(p)
		}
		if err != nil {
			return nil, err
		}
		p.Options.Workers = workers
		if w := p.WandB; w != nil {
			w.Group = cmp.Or(w.Group, filepath.Base(b.dir))
		}
		if w := p.TensorBoard; w != nil && w.Dir != "" { // a folder is one run to TensorBoard
			w.Dir = filepath.Join(w.Dir, m.Name)
		}
		return p, nil
	})
	if err != nil {
		m.err = err
		return
	}
	defer t.solver.Close() //nolint:errcheck // it only ends workers
	if err := removeResult(dir); err != nil {
		m.err = err
		return
	}
	if t.origin, err = a.ofBatch(b.dir, dir); err != nil {
		m.err = err
		return
	}
	if t.saved == nil {
		if m.err = a.start(ctx, t); m.err != nil {
			return
		}
	}
	e := a.train(ctx, t, max(0, t.problem.Steps-t.solver.Epoch()), dir, view.begin(m, t))
	m.report, m.records, m.err = e.report, e.records, e.err
	if m.report != nil {
		m.missed = missed(m.report, t.problem.Accuracy > 0)
	}
}

// openMember builds the problem of a run directory: in the state of its newest checkpoint, or as at the beginning if it
// has none.
func (a *app) openMember(dir string, load loader) (*training, error) {
	if files, _ := callbacks.Checkpoints(filepath.Join(dir, checkpointFolder)); len(files) > 0 {
		return a.restore(dir, newest, load)
	}
	return a.begin(dir, load, nil)
}

// failures are the errors of the runs, with their names; of those that an interrupt ended there are none.
func (b *batch) failures() error {
	var errs []error
	code := exitOK
	for _, m := range b.runs {
		if m.err == nil || m.status() == crux.Canceled.String() {
			continue
		}
		errs = append(errs, fmt.Errorf("%s: %w", b.title(m.entry), m.err))
		switch c := exitCode(m.err); {
		case code == exitOK:
			code = c
		case code != c:
			code = exitFailed
		}
	}
	return fail(code, errors.Join(errs...))
}

// conclusion is the error with which a batch ends: that it was interrupted, and that runs failed.
func (b *batch) conclusion(ctx context.Context) error {
	failed := b.failures()
	done := 0
	for _, m := range b.runs {
		if m.done() {
			done++
		}
	}
	if ctx.Err() == nil || done == len(b.runs) {
		return failed
	}
	code := statusCode(ctx, crux.Canceled)
	err := fmt.Errorf("%w: %d of %d runs are done; the results so far are in %s; continue with: crux resume %s", context.Cause(ctx), done,
		len(b.runs), b.dir, b.dir)
	return fail(code, errors.Join(err, failed))
}
