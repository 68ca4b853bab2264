package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/files/ckpt"
	"github.com/crux-pinn/crux/internal/problemfile"
	"github.com/crux-pinn/crux/internal/report"
)

// openTrained builds the problem of a run directory as the run left it: in the state of its newest checkpoint, with the
// parameters of its end where it came to one. That it diverged is said, and that it solves another problem, with a curriculum that is
// not finished. The caller closes the solver.
func (a *app) openTrained(dir string) (*training, error) {
	t, err := a.openRun(dir)
	if err != nil {
		return nil, err
	}
	if r, err := report.Read(filepath.Join(dir, resultFile)); err == nil && r.Status == crux.Diverged.String() {
		fmt.Fprintf(a.Err, "%s: the run diverged; this is what there was at step %d\n", dir, t.solver.Epoch()) //nolint:errcheck
	}
	if line := curriculumOf(t.problem, t.solver).Unfinished(); line != "" {
		fmt.Fprintf(a.Err, "%s: %s\n", dir, line) //nolint:errcheck
	}
	return t, nil
}

func (a *app) openRun(dir string) (*training, error) {
	if err := isRun(dir); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, parametersFile)
	params, origin, bad := ckpt.Load(path)
	if bad == nil {
		bad = report.Strayed(dir, parametersFile)
	}
	if isNewer(bad) {
		return nil, fail(exitUsage, bad)
	}
	there, ended := exists(path), bad == nil
	var t *training
	if files, _ := callbacks.Checkpoints(filepath.Join(dir, checkpointFolder)); len(files) > 0 {
		var err error
		switch t, err = a.restore(dir, newest, asIs); {
		case err == nil && there && !ended:
			fmt.Fprintf(a.Err, "crux: warning: %v; taking the checkpoint of step %d\n", bad, t.solver.Epoch()) //nolint:errcheck
			return t, nil
		case err == nil && (!ended || origin.Epoch < t.solver.Epoch()):
			return t, nil
		case err != nil && (!ended || !errors.As(err, new(*misfitError))):
			return nil, err
		case err != nil:
			fmt.Fprintf(a.Err, "crux: warning: %v; taking %s alone, without the history of the run\n", err, path) //nolint:errcheck
			t = nil
		}
	}
	if there && !ended {
		return nil, fail(exitUsage, fmt.Errorf("%w; without a checkpoint nothing else of the run can be evaluated", bad))
	}
	if !ended {
		return nil, fail(exitUsage, fmt.Errorf("%s has neither %s nor a checkpoint: "+
			"the run has not come so far; give a directory that crux solve wrote", dir, parametersFile))
	}
	if t == nil {
		if err := report.Strayed(dir, problemFile); err != nil {
			return nil, fail(exitUsage, fmt.Errorf("%w; bring back the file with which the parameters were trained", err))
		}
		var err error
		if t, err = a.begin(dir, asIs, nil); err != nil {
			return nil, err
		}
	}
	if err := setParameters(t.solver, params, origin.Epoch); err != nil {
		t.solver.Close() //nolint:errcheck // the error counts
		return nil, fail(exitUsage, fmt.Errorf("%s: %w", path, err))
	}
	return t, nil
}

// setParameters gives a solver the parameters that a run ended with, and their step.
func setParameters(s *crux.Solver, ps []crux.Parameter, epoch int) error {
	if s.Epoch() != epoch {
		st, err := s.State()
		if err != nil {
			return err
		}
		st.Epoch = epoch
		if err := s.SetState(st); err != nil {
			return err
		}
	}
	return ckpt.Restore(s, ps)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// curriculumOf is how far a solver has come with the curriculum of its problem; nil without one.
func curriculumOf(p *problemfile.Problem, s *crux.Solver) *report.Curriculum {
	c := p.Options.Curriculum
	if c == nil {
		return nil
	}
	own, _ := c.Of.Constant()
	r := &report.Curriculum{Constant: c.Of.Path(), Value: report.Number(s.Value(c.Of)), Final: report.Number(own)}
	for _, l := range s.Lessons() {
		r.Lessons = append(r.Lessons, report.Lesson{Value: report.Number(l.Value), Steps: l.Steps, Loss: report.Number(l.Loss)})
	}
	return r
}
