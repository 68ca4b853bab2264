package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/files/ckpt"
	"github.com/crux-pinn/crux/internal/kern"
	"github.com/crux-pinn/crux/internal/problemfile"
	"github.com/crux-pinn/crux/internal/report"
	"github.com/crux-pinn/crux/internal/schema"
)

func (a *app) resume() *cobra.Command {
	var f solveFlags
	c := &cobra.Command{
		Use:   "resume RUN",
		Short: "Continue a run that was interrupted, killed or stopped, or extend a complete one",
		Long: `Continue a run that was interrupted, killed or stopped, or extend a complete one.

RUN is the directory that crux solve wrote. The run continues from its newest readable checkpoint and ends, bit
for bit, as it would have without the break: optimiser, weights, trackers, points and random numbers included. Its
problem is the problem.yaml of the directory. --set changes the rest of the run, as long as the checkpoint fits.

For the directory of several runs, of solve --seeds or sweep, all incomplete runs continue, and it ends in the same table.`,
		Example: `  crux resume runs/burgers-1
  crux resume runs/burgers-1 --steps 20000
  crux resume runs/burgers-1 --from 4000 --set optimizer.0.adam.lr=1e-4
  crux resume runs/burgers-1 --set optimizer.0.adam.lr=1e-4 --set early_stopping=`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeRuns,
		RunE: func(c *cobra.Command, args []string) error {
			return a.runResume(c.Context(), args[0], &f)
		},
	}
	f.flagRun(c)
	f.flagSteps(c)
	c.Flags().IntVar(&f.from, "from", newest, "go back to the checkpoint of this step, and leave those after it")
	f.flagJobs(c)
	f.flagOutput(c)
	return c
}

// newest is the step of the newest checkpoint, whatever it is.
const newest = -1

func (a *app) runResume(ctx context.Context, dir string, f *solveFlags) error {
	if exists(filepath.Join(dir, batchFile)) {
		return a.resumeBatch(ctx, dir, f)
	}
	if err := isRun(dir); err != nil {
		return err
	}
	if f.changed("jobs") {
		return fail(exitUsage, fmt.Errorf("--jobs says how many of several runs are trained at once; %s is one run", dir))
	}
	err := canceled(ctx)
	if err != nil {
		return err
	}
	if ctx, err = a.join(ctx); err != nil {
		return err
	}
	if a.team == nil || a.team.Rank() == 0 {
		owner, err := a.own(dir)
		if err != nil {
			return err
		}
		defer owner.release()
	}
	if dir, err = a.ofRank(dir); err != nil {
		return err
	}
	t, err := a.restore(dir, f.from, func(path string, text []byte) (*problemfile.Problem, error) { return f.loadText(path, text) })
	if err != nil {
		if len(f.sets) > 0 {
			err = fail(exitCode(err), fmt.Errorf("%w\nwithout --set the run continues as it was", err))
		}
		return err
	}
	defer t.solver.Close() //nolint:errcheck // it only ends workers
	if f.changed("steps") && f.steps < t.solver.Epoch() {
		return fail(exitUsage, fmt.Errorf("the run in %s is at step %d already; take more --steps than that, "+
			"or go back to one of its checkpoints with --from", dir, t.solver.Epoch()))
	}
	if f.changed("from") {
		if err := a.leaveLater(dir, f.from); err != nil {
			return fail(exitFailed, err)
		}
	}
	left := t.problem.Steps - t.solver.Epoch()
	if left <= 0 && exists(filepath.Join(dir, resultFile)) {
		return fail(exitUsage, fmt.Errorf("the run in %s has taken %d steps, as many as it should; extend it with --steps %d", dir,
			t.solver.Epoch(), 2*t.solver.Epoch()))
	}
	if err := removeResult(dir); err != nil {
		return err
	}
	if now, then := kern.Instructions(), t.saved.About[aboutArithmetic]; then != "" && then != now {
		fmt.Fprintf(a.Err, "crux: warning: the run was trained with arithmetic of %s, and this is %s: "+ //nolint:errcheck
			"it goes on, but rounds otherwise\n", then, now)
	}
	if err := t.rebind(dir); err != nil {
		return fail(exitFailed, err)
	}
	if t.origin, err = a.continued(dir); err != nil {
		return err
	}
	if !f.quiet {
		fmt.Fprintf(a.Err, "%s: going on from step %d of %d\n", t.problem.Name, t.solver.Epoch(), t.problem.Steps) //nolint:errcheck
	}
	defer saving(ctx)()
	return a.present(t, a.train(ctx, t, max(0, left), dir, a.watch(t.problem, f, nil)...), f.json)
}

// leaveLater puts what a run has come to after a step out of its way: checkpoints get another name, the end of the run is removed.
func (a *app) leaveLater(dir string, step int) error {
	files, err := callbacks.Checkpoints(filepath.Join(dir, checkpointFolder))
	for _, path := range files {
		if callbacks.StepOf(path) > step {
			to := filepath.Join(filepath.Dir(path), "left-"+filepath.Base(path))
			err = errors.Join(err, os.Rename(path, to))
			fmt.Fprintf(a.Err, "%s: left, and kept as %s\n", path, to) //nolint:errcheck
		}
	}
	for _, name := range []string{resultFile, parametersFile, solutionFile} {
		if e := os.Remove(filepath.Join(dir, name)); !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}
	return err
}

// removeResult removes the result of a run that continues. A run counts as complete when it is there, so it goes first and
// comes last.
func removeResult(dir string) error {
	if err := os.Remove(filepath.Join(dir, resultFile)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fail(exitFailed, fmt.Errorf("remove the old %s: %w", filepath.Join(dir, resultFile), ckpt.Cause(err)))
	}
	return nil
}

// isRun reports what a directory lacks to be one that crux solve wrote.
func isRun(dir string) error {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return fail(exitUsage, noRun(dir))
	}
	for _, name := range []string{batchFile, problemFile, resultFile, originFile} {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() { // nobody may ever write into a pipe
			return fail(exitUsage, fmt.Errorf("%s is a folder, a pipe or a device, and not a file of a run; bring the file back", path))
		}
	}
	m, err := readManifest(dir)
	if err == nil {
		return fail(exitUsage, fmt.Errorf("%s holds %d runs; give the directory of one of them, such as %s", dir, len(m.Runs),
			filepath.Join(dir, m.Runs[0].Name)))
	}
	_, ofResult := report.Read(filepath.Join(dir, resultFile))
	for _, err := range []error{err, ofResult} {
		if isNewer(err) {
			return fail(exitUsage, err)
		}
	}
	if inside := runsIn(dir); !exists(filepath.Join(dir, problemFile)) && len(inside) > 0 {
		return fail(exitUsage, fmt.Errorf("%s has no %s, so it is not a run, but there are runs in it; "+
			"give one of them, such as %s; crux ls %s lists them", dir, problemFile, inside[0], dir))
	}
	if !exists(filepath.Join(dir, problemFile)) {
		return fail(exitUsage, fmt.Errorf("%s has no %s, so it is not a run; give a directory that crux solve wrote", dir, problemFile))
	}
	return nil
}

// isNewer reports whether an error is about a file of a newer crux.
func isNewer(err error) bool { return errors.As(err, new(*schema.NewerError)) }

// training is a problem ready to be trained, or trained: its solver, and the callbacks of the run.
type training struct {
	problem   *problemfile.Problem
	solver    *crux.Solver
	clock     *clock
	callbacks []crux.Callback
	origin    *report.Origin
	saved     *callbacks.Saved // from which it continues; nil from step 0
	scales    []crux.Scale     // of the residuals at step 0
	start     []float64        // the parameters at step 0
}

// training builds a problem. The caller closes the solver.
func (a *app) training(p *problemfile.Problem) (*training, error) {
	a.divide(p)
	s, err := compile(p)
	if err != nil {
		return nil, err
	}
	if _, err := forecast(context.Background(), p, s); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	scales, err := s.Scales() // before a checkpoint is restored: at step 0
	if err != nil {
		return nil, fail(exitFailed, errors.Join(err, s.Close()))
	}
	return &training{problem: p, solver: s, clock: &clock{limit: p.Budget, now: a.Now, team: a.team}, scales: scales, start: s.Theta()}, nil
}

// observe sets the callbacks that take part in the run of a directory, and are kept by its checkpoints.
func (a *app) observe(t *training, dir string) {
	if c := t.problem.Checkpoint; c != nil {
		c.About = t.about()
		c.Warn = func(err error) {
			fmt.Fprintf(a.Err, "crux: warning: %v; the run goes on, and tries again\n", err) //nolint:errcheck
		}
	}
	t.callbacks = append(t.problem.Callbacks(filepath.Join(dir, checkpointFolder)), t.clock)
}

// restore builds the problem of a run directory in the state of the checkpoint of a step, or of the newest one that can be read and
// fits. Others are reported as warnings.
func (a *app) restore(dir string, from int, load loader) (*training, error) {
	t, err := a.restoreOnce(dir, from, load)
	for tries := 0; tries < 10 && errors.Is(err, errGone); tries++ {
		t, err = a.restoreOnce(dir, from, load)
	}
	return t, err
}

// errGone says that a checkpoint was there and is not any more: the run lives, and keeps the newest ones.
var errGone = errors.New("the run has removed it")

func (a *app) restoreOnce(dir string, from int, load loader) (*training, error) {
	folder := filepath.Join(dir, checkpointFolder)
	files, err := callbacks.Checkpoints(folder)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fail(exitFailed, fmt.Errorf("read %s: %w", folder, ckpt.Cause(err)))
	}
	if len(files) == 0 {
		return nil, fail(exitUsage, fmt.Errorf("there is no checkpoint in %s, so the run cannot continue; start over with: crux solve %s",
			folder, filepath.Join(dir, problemFile)))
	}
	if from != newest {
		at := slices.DeleteFunc(slices.Clone(files), func(path string) bool { return callbacks.StepOf(path) != from })
		if len(at) == 0 {
			var steps []string
			for _, path := range files {
				steps = append(steps, strconv.Itoa(callbacks.StepOf(path)))
			}
			return nil, fail(exitUsage, fmt.Errorf("--from %d: there is no checkpoint of this step; there are those of %s", from,
				strings.Join(steps, ", ")))
		}
		files = at
	}
	var unusable []error
	for _, path := range files {
		t, err := a.restoreFrom(path, dir, load)
		var misfit *misfitError
		switch {
		case err == nil:
			for _, e := range unusable {
				fmt.Fprintf(a.Err, "crux: warning: %v; taking the checkpoint before it\n", e) //nolint:errcheck
			}
			if s := changed(dir, t.saved); s != "" {
				fmt.Fprintf(a.Err, "crux: warning: %s\n", s) //nolint:errcheck
			}
			return t, nil
		case errors.Is(err, fs.ErrNotExist) && gone(path):
			return nil, fmt.Errorf("%w: %w", errGone, err)
		case !errors.As(err, &misfit):
			return nil, err
		}
		unusable = append(unusable, misfit)
	}
	return nil, &failure{exitUsage, fmt.Errorf("none of the %d checkpoints in %s can be used: %w", len(files), folder,
		errors.Join(unusable...))}
}

func gone(path string) bool {
	_, err := os.Lstat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// misfitError says why a checkpoint cannot be used.
type misfitError struct{ err error }

func (e *misfitError) Error() string { return e.err.Error() }
func (e *misfitError) Unwrap() error { return e.err }

func (a *app) restoreFrom(path, dir string, load loader) (*training, error) {
	saved, err := callbacks.Load(path)
	if isNewer(err) {
		return nil, fail(exitUsage, err)
	}
	if err != nil {
		return nil, &misfitError{err}
	}
	t, err := a.begin(dir, load, trained(dir, saved))
	if err != nil {
		return nil, err
	}
	t.saved = saved
	if err := saved.Restore(t.solver, t.callbacks...); err != nil {
		t.solver.Close() //nolint:errcheck // the error counts
		return nil, &misfitError{err}
	}
	return t, nil
}

// begin builds the problem of a run directory as it is before the first step. text is what its file said; nil is what it says.
func (a *app) begin(dir string, load loader, text []byte) (*training, error) {
	p, err := load(filepath.Join(dir, problemFile), text)
	if err != nil {
		return nil, err
	}
	t, err := a.training(p)
	if err == nil {
		a.observe(t, dir)
	}
	return t, err
}
