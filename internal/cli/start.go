package cli

import (
	"context"
	"fmt"
	"path/filepath"
)

// start gives a run that has not begun what the run has found from which its file lets it start.
func (a *app) start(ctx context.Context, t *training) error {
	dir := t.problem.From
	if dir == "" {
		return nil
	}
	from, err := a.openTrained(dir)
	if err != nil {
		return fail(exitCode(err), fmt.Errorf("init: %w", err))
	}
	defer from.solver.Close() //nolint:errcheck // it was only read
	if err := t.problem.Start(ctx, t.solver, from.problem, from.solver, filepath.Base(dir)); err != nil {
		return fail(exitUsage, fmt.Errorf("init: %w", err))
	}
	t.start = t.solver.Theta()
	return nil
}
